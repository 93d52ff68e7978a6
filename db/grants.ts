import { type Kysely, sql } from 'kysely'
import { APP_ROLE } from './client.ts'

/** Tables whose rows are only ever added: the application's role may not update them. */
export const APPEND_ONLY = [
  'clock_segments',
  'policies',
  'audit_log',
  'ledger_accounts',
  'postings',
  'charge_lines',
  'bills',
  'bill_charges',
  'allocations',
  'notes',
  'note_lines',
  'disputed_charges',
  'cash_counts',
  'cash_repayments',
  'bank_statements',
  'bank_statement_lines',
  'cash_deposit_credits',
  'meter_desired',
  'meter_confirmations',
  'meter_moves',
  'decisions',
  'free_texts',
  'papers',
  'paper_renderings',
  'notice_acknowledgements',
  'payment_statements',
  'payment_statement_rows',
  'book_closings',
  'reconciliation_steps',
  'deposit_reviews',
] as const

/** Tables that hold no history and may lose rows. */
export const DELETABLE = ['sessions', 'process_waits', 'idempotency_keys', 'outbox'] as const

/** Gives the application's role what it needs and no more; run after every migration, safe to repeat. */
export async function applyGrants(db: Kysely<unknown>): Promise<void> {
  const { rows } = await sql<{
    name: string
  }>`select tablename as name from pg_tables where schemaname = current_schema() and tablename not like 'kysely%'`.execute(db)
  await sql`grant usage on schema ${sql.id('public')} to ${sql.id(APP_ROLE)}`.execute(db)
  for (const { name } of rows) await sql`${sql.raw(grantFor(name))}`.execute(db)
}

function grantFor(table: string): string {
  const rights = ['select', 'insert']
  if (!(APPEND_ONLY as readonly string[]).includes(table)) rights.push('update')
  if ((DELETABLE as readonly string[]).includes(table)) rights.push('delete')
  return `revoke all on "${table}" from ${APP_ROLE}; grant ${rights.join(', ')} on "${table}" to ${APP_ROLE}`
}
