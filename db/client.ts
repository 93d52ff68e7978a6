import { CamelCasePlugin, Kysely, PostgresDialect, type Transaction } from 'kysely'
import pg from 'pg'
import type { DB } from './tables.ts'

/** The database, or a transaction on it: queries take either and leave transactions to their caller. */
export type Db = Kysely<DB>
export type Tx = Transaction<DB>

/** The role every service acts as. It owns nothing, so grants and triggers hold for it (see `grants.ts`). */
export const APP_ROLE = 'diya_app'

const { builtins } = pg.types
const parsers = new Map<number, (text: string) => unknown>([
  [builtins.INT8, parseInt8],
  [builtins.NUMERIC, parseInt8], // sum(bigint) is numeric; here it is always whole.
  [builtins.DATE, (text) => text],
  [builtins.TIMESTAMPTZ, (text) => new Date(text).toISOString()],
])

/** A whole number, or an error: an amount that a JavaScript number cannot hold exactly must never pass silently. */
function parseInt8(text: string): number {
  const value = Number(text)
  if (!Number.isSafeInteger(value)) throw new RangeError(`integer out of range: ${text}`)
  return value
}

function parserOf(oid: number, format?: 'text' | 'binary'): (text: string) => unknown {
  return parsers.get(oid) ?? (pg.types.getTypeParser(oid, format) as (text: string) => unknown)
}

/**
 * A Kysely client on a pool of its own, acting as {@link APP_ROLE} whoever logs in.
 * `pipeline`: a statement is sent before the one before it is answered.
 * Instants come back as RFC 3339 UTC strings, dates as `YYYY-MM-DD`, bigints as safe integers.
 */
export function createDatabase(
  url: string,
  options: { poolSize?: number; asOwner?: boolean; pipeline?: boolean; onConnect?: (client: pg.PoolClient) => void } = {},
): Db {
  const pool = new pg.Pool({
    connectionString: url,
    max: options.poolSize ?? 10,
    pipeline: options.pipeline ?? false,
    options: options.asOwner ? '-c timezone=UTC' : `-c timezone=UTC -c role=${APP_ROLE}`,
    types: { getTypeParser: parserOf as typeof pg.types.getTypeParser },
  })
  // An idle connection that the server closes (a restart) is replaced at the next use; unheard, the event would end the process.
  pool.on('error', () => undefined)
  // The same for one in use, lost between two statements of a transaction: its next statement fails, and the transaction with it.
  pool.on('connect', (client) => client.on('error', () => undefined))
  if (options.onConnect !== undefined) pool.on('connect', options.onConnect)
  return new Kysely<DB>({
    dialect: new PostgresDialect({ pool }),
    plugins: [new CamelCasePlugin({ maintainNestedObjectKeys: true })],
  })
}
