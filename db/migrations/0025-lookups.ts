import { type Kysely, sql } from 'kysely'

/** Holds of a connection and what was put where for an account are asked for at every look, the ended ones too. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create index holds_connection on holds (customer_id);
    create index allocations_account on allocations (account_id);
  `.execute(db)
}
