import { sql } from 'kysely'
import type { Db } from '../../../db/client.ts'

/** What a refusal may leave behind: who was here, what was refused, under which key. */
const TRACES = ['sessions', 'audit_log', 'idempotency_keys']

/** One digest over every row of every table but the {@link TRACES}: equal before and after means that nothing changed. */
export async function digestOf(db: Db): Promise<string> {
  const { rows: tables } = await sql<{ name: string }>`
    select tablename as name from pg_tables where schemaname = 'public' and tablename not like 'kysely%' and tablename <> all(${TRACES}) order by 1`.execute(
    db,
  )
  const parts = tables.map(
    ({ name }) =>
      sql`select ${name}::text as name, md5(coalesce(string_agg(t::text, '|' order by t::text), '')) as sum from ${sql.table(name)} t`,
  )
  const { rows } = await sql<{ name: string; sum: string }>`${sql.join(parts, sql` union all `)} order by name`.execute(db)
  return JSON.stringify(rows)
}
