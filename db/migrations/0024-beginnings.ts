import { type Kysely, sql } from 'kysely'

/**
 * Notices and postings are looked for by the beginning of their key, which an ordinary index finds only where the database sorts by bytes. Balances
 * are summed from an index alone, and a meter is found by whose it is.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create index notifications_key_begins on notifications (dedupe_key text_pattern_ops);
    create index postings_event_begins on postings (event_key text_pattern_ops);
    create index postings_debited on postings (debit) include (amount_minor);
    create index postings_credited on postings (credit) include (amount_minor);
    drop index postings_debit;
    drop index postings_credit;
    create index meters_account on meters (account_id) where account_id is not null;
  `.execute(db)
}
