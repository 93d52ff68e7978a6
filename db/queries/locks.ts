import { sql } from 'kysely'
import type { Tx } from '../client.ts'

/** Takes a named lock for the rest of this transaction; false when someone else holds it, without waiting. */
export async function tryLock(tx: Tx, name: string): Promise<boolean> {
  const { rows } = await sql<{ taken: boolean }>`select pg_try_advisory_xact_lock(hashtextextended(${name}, 0)) as taken`.execute(
    tx,
  )
  return rows[0]?.taken ?? false
}
