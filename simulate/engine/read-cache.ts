import { sql } from 'kysely'
import type pg from 'pg'
import type { Db } from '../../db/client.ts'
import { waitLess, prepareStatements } from './connection.ts'

type Row = Readonly<Record<string, unknown>>

interface Known {
  readonly rows: readonly Row[]
  /** How much had been written when it was read. */
  readonly at: number
}

interface Statement {
  readonly kind: 'read' | 'write' | 'neither'
  readonly tables: readonly string[]
  /** What it answered, by its values. */
  readonly known: Map<string, Known>
}

type Query = (text: unknown, values?: readonly unknown[], ...rest: unknown[]) => unknown

const MOST_KNOWN = 2_000
const WRITES = /\b(insert\s+into|update|delete\s+from)\b/i
/** What locks is asked of the database, and so is what depends on the wall clock or on the server's own state. */
const LOCKS = /\bfor\s+(no\s+key\s+)?(update|share)\b/gi
const OF_THE_MOMENT = /\bnow\(\)|\bcurrent_timestamp\b|\bnextval\b|\bpg_/i
/** Functions of ours that read tables the statement does not name. */
const FUNCTIONS: Readonly<Record<string, readonly string[]>> = {
  open_amount: ['charges', 'allocations', 'notes'],
  balance_of: ['postings'],
  last_posting: ['postings'],
}

/** What a connection knows of its database besides the rows. */
export interface ReadCache {
  /** What to do with each new connection. */
  readonly onConnect: (client: pg.PoolClient) => void
  /** How much was written to these tables so far: as long as it is the same, nothing was. */
  writesTo(...tables: readonly string[]): number
}

/**
 * Answers a read that was made before with the same rows, as long as nobody wrote to a table that it names: most of what a look reads (the
 * plant's rules, terms, meters) seldom changes. Right only where one process is the only one that writes, one thing after another, as in a
 * simulation; what is audited is read without it.
 */
export function createReadCache(tableNames: readonly string[]): ReadCache {
  const writtenAt = new Map<string, number>(tableNames.map((name) => [name, 0]))
  const statements = new Map<string, Statement>()
  let writes = 0
  const statementOf = (text: string): Statement => {
    const before = statements.get(text)
    if (before !== undefined) return before
    const statement = { ...classify(text, tableNames), known: new Map<string, Known>() }
    statements.set(text, statement)
    return statement
  }
  const forget = (tables: readonly string[]): void => {
    writes += 1
    for (const table of tables) writtenAt.set(table, writes)
  }
  const lastWrite = (tables: readonly string[]): number => {
    let last = 0
    for (const table of tables) last = Math.max(last, writtenAt.get(table) ?? 0)
    return last
  }
  const onConnect = (client: pg.PoolClient): void => {
    prepareStatements(client)
    const ask = waitLess(client.query.bind(client), (text) => statementOf(text).kind === 'read')
    const query: Query = async (text, values, ...rest) => {
      if (typeof text !== 'string' || rest.length > 0) return ask(text, values, ...rest)
      const { kind, tables, known } = statementOf(text)
      if (kind === 'write') forget(tables)
      if (/^\s*rollback/i.test(text)) forget(tableNames)
      if (kind !== 'read') return ask(text, values)
      const key = JSON.stringify(values)
      const before = known.get(key)
      if (before !== undefined && lastWrite(tables) <= before.at) return answered(before.rows)
      const at = writes
      const result = (await ask(text, values)) as { rows: Row[] }
      if (known.size >= MOST_KNOWN) known.clear()
      known.set(key, { rows: result.rows.map((row) => ({ ...row })), at })
      return result
    }
    client.query = query as unknown as typeof client.query
  }
  return { onConnect, writesTo: (...tables) => lastWrite(tables) }
}

function answered(rows: readonly Row[]) {
  return { command: 'SELECT', rowCount: rows.length, rows: rows.map((row) => ({ ...row })) }
}

/** Whether it reads or writes, and which tables: all whose name occurs in it, rather one too many. */
function classify(text: string, tableNames: readonly string[]): Pick<Statement, 'kind' | 'tables'> {
  const words = new Set(text.match(/[a-z_]+/g) ?? [])
  const hidden = Object.entries(FUNCTIONS).flatMap(([name, tables]) => (words.has(name) ? tables : []))
  const tables = [...new Set([...tableNames.filter((name) => words.has(name)), ...hidden])]
  const unlocked = text.replaceAll(LOCKS, '')
  if (WRITES.test(unlocked)) return { kind: 'write', tables }
  const isKept = /^\s*(select|with)\b/i.test(text) && unlocked === text && !OF_THE_MOMENT.test(text)
  return { kind: isKept ? 'read' : 'neither', tables }
}

/** The names of all our tables. */
export async function publicTables(db: Db): Promise<string[]> {
  const { rows } = await sql<{ name: string }>`
    select table_name as name from information_schema.tables where table_schema = 'public' order by 1`.execute(db)
  return rows.map(({ name }) => name)
}
