import type pg from 'pg'

type Ask = (text: unknown, values?: readonly unknown[], ...rest: unknown[]) => unknown

interface Answer {
  readonly command: string
  readonly rowCount: number | null
  readonly rows: readonly unknown[]
}

/** Longer ones (whole stocks of meters) are asked once. */
const LONGEST_PREPARED = 20_000
const PREPARABLE = /^\s*(select|with|insert|update|delete)\b/i
/** Which partial index is meant can only be told from the values, which a plan for all values does not know. */
const MEANS_PART_OF_AN_INDEX = /\bon conflict \([^)]*\) where\b/i
const names = new Map<string, string>()

/**
 * Statements of a simulation are few and come again thousands of times: each connection prepares them once, which takes planning, the dearest part
 * of a small statement, out of all others.
 */
export function prepareStatements(client: pg.PoolClient): void {
  const ask = client.query.bind(client) as unknown as Ask
  const query: Ask = (text, values, ...rest) => {
    if (typeof text !== 'string' || rest.length > 0 || !isPrepared(text)) return ask(text, values, ...rest)
    return ask({ name: nameOf(text), text, values })
  }
  client.query = query as unknown as typeof client.query
}

const ENDS = /^(commit|rollback)$/i
const ANSWERS_NOTHING = /^\s*(insert|update|delete)\b(?![^]*\breturning\b)/i

/**
 * Transactions that wait less. Returns `ask`, which takes `begin` and `commit` as every other text:
 * - One begins with its first write or lock: one that only reads, as most looks do, is none where nobody else writes.
 * - A write that answers nothing is sent, and what comes next does not wait for it; where it fails, the next statement or the commit throws that.
 */
export function waitLess(ask: Ask, isRead: (text: string) => boolean): Ask {
  let state: 'none' | 'owed' | 'begun' = 'none'
  let failures: Error[] = []
  let sent: Promise<void>[] = []
  const send = (text: unknown, values?: readonly unknown[]): Answer => {
    const failed = (error: Error): void => void failures.push(error)
    sent.push(Promise.resolve(ask(text, values)).then(() => undefined, failed))
    return done('SENT')
  }
  const end = async (text: string): Promise<unknown> => {
    const wasBegun = state === 'begun'
    state = 'none'
    if (!wasBegun) return done(text.toUpperCase())
    await Promise.all(sent)
    const [first] = failures
    ;[sent, failures] = [[], []]
    if (first === undefined || text === 'rollback') return ask(text)
    await ask('rollback')
    throw first
  }
  return async (text, values, ...rest) => {
    if (typeof text !== 'string') return ask(text, values, ...rest)
    if (text === 'begin') {
      state = 'owed'
      return done('BEGIN')
    }
    if (ENDS.test(text)) return end(text)
    if (state === 'owed' && !isRead(text)) {
      state = 'begun'
      void send('begin')
    }
    if (state === 'begun' && ANSWERS_NOTHING.test(text)) return send(text, values)
    try {
      return await ask(text, values, ...rest)
    } catch (error) {
      // After a statement that failed, all others fail for that reason alone.
      throw failures[0] ?? error
    }
  }
}

function done(command: string): Answer {
  return { command, rowCount: null, rows: [] }
}

function isPrepared(text: string): boolean {
  return text.length <= LONGEST_PREPARED && PREPARABLE.test(text) && !MEANS_PART_OF_AN_INDEX.test(text)
}

function nameOf(text: string): string {
  const known = names.get(text) ?? `s${names.size + 1}`
  names.set(text, known)
  return known
}
