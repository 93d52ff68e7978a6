import { ApiError } from './errors.ts'

const DEFAULT_LIMIT = 50

/** One page of a list, and where the next begins. */
export interface PageOf<T> {
  readonly items: T[]
  readonly nextCursor: string | null
}

/** What a list's query asks for: how many, and after which key. */
export function pageAsked(query: { limit?: number; cursor?: string }): { limit: number; after: string | undefined } {
  return { limit: query.limit ?? DEFAULT_LIMIT, after: query.cursor === undefined ? undefined : decode(query.cursor) }
}

/** The same for lists whose key is a number. */
export function numberedPageAsked(query: { limit?: number; cursor?: string }): { limit: number; after: number | undefined } {
  const { limit, after } = pageAsked(query)
  if (after !== undefined && !/^[0-9]{1,15}$/.test(after)) throw invalidCursor()
  return { limit, after: after === undefined ? undefined : Number(after) }
}

/** Cuts `limit + 1` rows to a page: the one too many says that there is more. */
export function pageOf<T>(rows: readonly T[], limit: number, keyOf: (row: T) => string | number): PageOf<T> {
  const items = rows.slice(0, limit)
  const last = items.at(-1)
  return {
    items,
    nextCursor: rows.length > limit && last !== undefined ? Buffer.from(String(keyOf(last))).toString('base64url') : null,
  }
}

function decode(cursor: string): string {
  const key = Buffer.from(cursor, 'base64url').toString('utf8')
  if (!/^[\x20-\x7e]{1,300}$/.test(key)) throw invalidCursor()
  return key
}

function invalidCursor(): ApiError {
  return new ApiError('INVALID_REQUEST', 'This cursor is not from this list.', {
    errors: [{ in: 'query', pointer: '#/cursor', detail: 'take nextCursor of the page before' }],
  })
}
