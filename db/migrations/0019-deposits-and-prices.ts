import { type Kysely, sql } from 'kysely'

/** Reviews of deposits; package versions that never change, and new ones that reach customers only after notice. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    -- What a review found and did, once an account and day it was due.
    create table deposit_reviews (
      account_id text not null references accounts,
      review_on date not null,
      business_at timestamptz not null,
      package_code text not null,
      expected_minor bigint not null check (expected_minor >= 0),
      due_minor bigint not null check (due_minor >= 0),
      held_minor bigint not null check (held_minor >= 0),
      -- What earlier demands still bring.
      asked_minor bigint not null check (asked_minor >= 0),
      top_up_minor bigint not null check (top_up_minor >= 0),
      credited_minor bigint not null check (credited_minor between 0 and held_minor),
      currency text not null check (currency ~ '^[A-Z]{3}$'),
      recorded_at timestamptz not null default now(),
      primary key (account_id, review_on),
      check (top_up_minor = 0 or credited_minor = 0)
    );
    create trigger deposit_reviews_append_only before update or delete or truncate on deposit_reviews
      for each statement execute function refuse_change();
  `.execute(db)
}
