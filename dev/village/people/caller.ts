import { setTimeout as sleep } from 'node:timers/promises'
import type { User } from '../files.ts'

/** What the API answered. `code` is the problem's, when it is one. */
export interface Answer<T> {
  readonly status: number
  readonly code: string | null
  readonly body: T
}

/** Somebody who is logged in, or logs in when it is needed. */
export interface Caller {
  readonly name: string
  /** A read; rejects when it is refused, so that nobody goes on with nothing. */
  get<T>(path: string): Promise<Answer<T>>
  /** All items of a list, page by page. */
  list<T>(path: string): Promise<T[]>
  /** A command under a key of its own; what it is refused with is for the caller to judge. */
  post<T>(path: string, body: object, key: string): Promise<Answer<T>>
}

/** A refusal that a read met. */
export class RefusedError extends Error {
  readonly status: number
  readonly code: string | null
  constructor(text: string, { status, code }: { status: number; code: string | null }) {
    super(text)
    this.name = 'RefusedError'
    this.status = status
    this.code = code
  }
}

const TRIES = 8
const LONGEST_PAUSE_MS = 10_000
/** The server is busy, restarting, or still at the first try of the same command. */
const TRY_AGAIN = new Set([429, 502, 503, 504])

/** A caller of the API with a log-in of staff or of a customer, as anybody's program would be one. */
export function createCaller(apiUrl: string, user: Pick<User, 'login' | 'customerId' | 'password'>): Caller {
  const { login, customerId, password } = user
  const name = login ?? customerId ?? ''
  const logIn = async (): Promise<string> => {
    const body = login === undefined ? { customerId, password } : { login, password }
    const answer = await withPatience(() => request<{ token: string }>(apiUrl, { method: 'POST', path: '/v1/sessions', body }))
    if (answer.status !== 201) throw new RefusedError(`${name} could not log in: ${answer.code ?? answer.status}`, answer)
    return answer.body.token
  }
  return callerWith(apiUrl, { name, logIn })
}

/** A caller with a token that somebody else was given. */
export function createTokenCaller(apiUrl: string, { name, token }: { name: string; token: string }): Caller {
  return callerWith(apiUrl, { name, logIn: () => Promise.resolve(token) })
}

function callerWith(apiUrl: string, { name, logIn }: { name: string; logIn: () => Promise<string> }): Caller {
  let token: Promise<string> | null = null
  const call = async <T>(asked: Asked): Promise<Answer<T>> => {
    token ??= logIn()
    const answer = await withPatience(async () => request<T>(apiUrl, { ...asked, token: await token }))
    if (answer.status !== 401) return answer
    token = logIn()
    return withPatience(async () => request<T>(apiUrl, { ...asked, token: await token }))
  }
  const get = async <T>(path: string): Promise<Answer<T>> => {
    const answer = await call<T>({ method: 'GET', path })
    if (answer.status >= 400) throw new RefusedError(`${name}: GET ${path}: ${answer.code ?? answer.status}`, answer)
    return answer
  }
  const page = <T>(path: string, cursor: string | null): Promise<Answer<Page<T>>> => {
    const next = cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`
    return get<Page<T>>(`${path}${path.includes('?') ? '&' : '?'}limit=200${next}`)
  }
  return {
    name,
    get,
    list: async <T>(path: string): Promise<T[]> => {
      const items: T[] = []
      let cursor: string | null = null
      do {
        const { body }: Answer<Page<T>> = await page<T>(path, cursor)
        items.push(...body.items)
        cursor = body.nextCursor ?? null
      } while (cursor !== null)
      return items
    },
    post: (path, body, key) => call({ method: 'POST', path, body, key }),
  }
}

interface Page<T> {
  readonly items: T[]
  readonly nextCursor?: string | null
}

interface Asked {
  readonly method: string
  readonly path: string
  readonly body?: object
  readonly key?: string
  readonly token?: string | null
}

interface Raw<T> extends Answer<T> {
  readonly retryAfterMs: number | null
}

async function request<T>(apiUrl: string, { method, path, body, key, token }: Asked): Promise<Raw<T>> {
  const response = await fetch(`${apiUrl}${path}`, {
    method,
    headers: {
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...(key !== undefined && { 'idempotency-key': key }),
      ...(token && { authorization: `Bearer ${token}` }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(30_000),
  })
  const text = await response.text()
  const json = (text === '' ? null : JSON.parse(text)) as T & { code?: string }
  const retryAfter = Number(response.headers.get('retry-after') ?? Number.NaN)
  return {
    status: response.status,
    code: response.status >= 400 ? (json.code ?? null) : null,
    body: json,
    retryAfterMs: Number.isFinite(retryAfter) ? retryAfter * 1000 : null,
  }
}

/** Tries again while the server asks for it or is not there; the key makes a second try of a command the same command. */
async function withPatience<T>(attempt: () => Promise<Raw<T>>): Promise<Raw<T>> {
  for (let tries = 1; ; tries += 1) {
    const pauseMs = Math.min(LONGEST_PAUSE_MS, 250 * 2 ** tries)
    const answer = await attempt().catch((error: unknown) => {
      if (tries >= TRIES) throw error
      return undefined
    })
    const isBusy = answer === undefined || TRY_AGAIN.has(answer.status) || answer.code === 'IDEMPOTENCY_IN_PROGRESS'
    if (answer !== undefined && (!isBusy || tries >= TRIES)) return answer
    await sleep(Math.min(LONGEST_PAUSE_MS, answer?.retryAfterMs ?? pauseMs))
  }
}
