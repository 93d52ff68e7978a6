import { type Kysely, sql } from 'kysely'

/** The books: double entry, append-only, balanced by construction (one row is both sides). */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table ledger_accounts (
      code text primary key,
      class text not null check (class in ('asset', 'liability', 'income', 'expense', 'equity')),
      plant text not null references plants,
      account_id text references accounts,
      -- Money held for a customer can never be overdrawn.
      no_overdraft boolean not null default false
    );

    create table postings (
      posting_id bigint generated always as identity primary key,
      event_key text not null,
      leg integer not null check (leg > 0),
      debit text not null references ledger_accounts,
      credit text not null references ledger_accounts,
      amount_minor bigint not null check (amount_minor > 0),
      currency text not null check (currency ~ '^[A-Z]{3}$'),
      account_id text references accounts,
      business_at timestamptz not null,
      recorded_at timestamptz not null default now(),
      unique (event_key, leg),
      check (debit <> credit)
    );
    create index postings_debit on postings (debit);
    create index postings_credit on postings (credit);
    create trigger postings_append_only before update or delete or truncate on postings
      for each statement execute function refuse_change();

    create function balance_of(code text) returns bigint language sql stable as $$
      select coalesce((select sum(amount_minor) from postings where credit = code), 0)
           - coalesce((select sum(amount_minor) from postings where debit = code), 0)
    $$;

    -- Runs as the owner: the application may not change ledger accounts, and so could not lock them.
    create function held_money_is_never_overdrawn() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
    begin
      perform 1 from ledger_accounts where code = new.debit and no_overdraft for update;
      -- A leg that is posted already (looked for under the lock: its poster may have held it) takes nothing: the unique key stops it.
      if found and balance_of(new.debit) < new.amount_minor
        and not exists (select 1 from postings where event_key = new.event_key and leg = new.leg) then
        raise exception 'account % would be overdrawn', new.debit using errcode = 'check_violation';
      end if;
      return new;
    end $$;
    create trigger postings_no_overdraft before insert on postings
      for each row execute function held_money_is_never_overdrawn();
  `.execute(db)
}
