import { type Kysely, sql } from 'kysely'

/** Cash in people's hands: who has it, counts, hand-overs, what was banked, and what the bank says of it. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await noOverdraftOfAssets(db)
  await holders(db)
  await deposits(db)
}

/** Cash grows by debit, so what may not be overdrawn is looked at on the side that takes away: debit of a liability, credit of an asset. */
async function noOverdraftOfAssets(db: Kysely<unknown>): Promise<void> {
  await sql`
    create or replace function held_money_is_never_overdrawn() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
    declare
      taken record;
    begin
      for taken in
        select code, class from ledger_accounts
        where no_overdraft and ((code = new.debit and class not in ('asset', 'expense')) or (code = new.credit and class in ('asset', 'expense')))
        order by code for update
      loop
        -- A leg that is posted already (looked for under the lock: its poster may have held it) takes nothing: the unique key stops it.
        if (case when taken.class in ('asset', 'expense') then -balance_of(taken.code) else balance_of(taken.code) end) < new.amount_minor
          and not exists (select 1 from postings where event_key = new.event_key and leg = new.leg) then
          raise exception 'account % would be overdrawn', taken.code using errcode = 'check_violation';
        end if;
      end loop;
      return new;
    end $$;
    update ledger_accounts set no_overdraft = true where code like 'cash:%';
  `.execute(db)
}

async function holders(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table cash_holders (
      holder text primary key check (holder ~ '^([a-z][a-z0-9._-]{1,31}|counter-[A-Z]{6})$'),
      plant text not null references plants,
      -- Since when more than the ceiling is in hand, and how often it came to that: both sides are told once a crossing.
      over_ceiling_since timestamptz,
      crossings integer not null default 0
    );
    create index cash_holders_plant on cash_holders (plant, holder);

    create table cash_counts (
      count_id bigint generated always as identity primary key,
      holder text not null references cash_holders,
      plant text not null references plants,
      counted_on date not null,
      counted_by text not null references staff,
      counted_at timestamptz not null,
      currency text not null check (currency ~ '^[A-Z]{3}$'),
      book_minor bigint not null check (book_minor >= 0),
      counted_minor bigint not null check (counted_minor >= 0),
      shortage_minor bigint not null check (shortage_minor >= 0),
      made_good_minor bigint not null check (made_good_minor >= 0),
      overage_minor bigint not null check (overage_minor >= 0),
      denominations jsonb,
      text_id bigint references free_texts,
      recorded_at timestamptz not null default now(),
      unique (holder, counted_on),
      check (counted_minor = book_minor - shortage_minor + made_good_minor + overage_minor),
      check (shortage_minor = 0 or made_good_minor + overage_minor = 0),
      check (overage_minor = 0 or text_id is not null)
    );
    create trigger cash_counts_append_only before update or delete or truncate on cash_counts
      for each statement execute function refuse_change();

    create table cash_handovers (
      handover_id bigint generated always as identity primary key,
      plant text not null references plants,
      from_holder text not null references cash_holders,
      to_holder text not null references cash_holders,
      amount_minor bigint not null check (amount_minor > 0),
      currency text not null check (currency ~ '^[A-Z]{3}$'),
      offered_by text not null references staff,
      offered_at timestamptz not null,
      expires_at timestamptz not null check (expires_at > offered_at),
      state text not null default 'offered' check (state in ('offered', 'accepted', 'refused', 'withdrawn')),
      settled_by text references staff,
      settled_at timestamptz,
      -- How old the oldest of it was: its age goes along, or cash could stay in hands for ever.
      since timestamptz,
      text_id bigint references free_texts,
      recorded_at timestamptz not null default now(),
      check (from_holder <> to_holder),
      check ((state = 'offered') = (settled_by is null) and (settled_by is null) = (settled_at is null)),
      check ((state = 'accepted') = (since is not null)),
      check (state <> 'accepted' or settled_by <> offered_by)
    );
    create index cash_handovers_from on cash_handovers (from_holder, handover_id);
    create index cash_handovers_to on cash_handovers (to_holder, handover_id);
    create function handovers_are_settled_once() returns trigger language plpgsql as $$
    declare
      later constant text[] := array['state', 'settled_by', 'settled_at', 'since', 'text_id'];
    begin
      if old.state <> 'offered' or (to_jsonb(new) - later) <> (to_jsonb(old) - later) then
        raise exception 'hand-over % is settled and cannot be changed', old.handover_id using errcode = 'restrict_violation';
      end if;
      return new;
    end $$;
    create trigger cash_handovers_settled_once before update on cash_handovers for each row execute function handovers_are_settled_once();
    create trigger cash_handovers_never_deleted before delete or truncate on cash_handovers for each statement execute function refuse_change();
  `.execute(db)
}

async function deposits(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table cash_deposits (
      deposit_id text primary key check (deposit_id ~ '^[A-Z]{6}-B[0-9]+$'),
      plant text not null references plants,
      holder text not null references cash_holders,
      declared_by text not null references staff,
      declared_at timestamptz not null,
      amount_minor bigint not null check (amount_minor > 0),
      currency text not null check (currency ~ '^[A-Z]{3}$'),
      slip_reference text not null check (slip_reference <> ''),
      -- The reference as it is compared: capitals and digits.
      slip_key text not null check (slip_key ~ '^[A-Z0-9]+$'),
      photo_ref text,
      deposited_on date not null,
      since timestamptz not null,
      state text not null default 'declared' check (state in ('declared', 'verified', 'returned', 'short')),
      credited_minor bigint not null default 0 check (credited_minor >= 0),
      returned_minor bigint not null default 0 check (returned_minor >= 0),
      short_minor bigint not null default 0 check (short_minor >= 0),
      -- How many decisions were carried out, and how often people were reminded.
      round integer not null default 0,
      chases integer not null default 0,
      chased_at timestamptz,
      recorded_at timestamptz not null default now(),
      check (credited_minor + returned_minor + short_minor <= amount_minor),
      check ((state = 'declared') = (credited_minor + returned_minor + short_minor < amount_minor))
    );
    -- A slip is banked once. One that the bank never saw may be told of again.
    create unique index cash_deposits_slip on cash_deposits (plant, slip_key) where state <> 'returned' or credited_minor > 0;
    create index cash_deposits_open on cash_deposits (plant, deposit_id) where state = 'declared';
    create function deposits_go_forward() returns trigger language plpgsql as $$
    declare
      later constant text[] := array['state', 'credited_minor', 'returned_minor', 'short_minor', 'round', 'chases', 'chased_at'];
    begin
      if old.state <> 'declared' or (to_jsonb(new) - later) <> (to_jsonb(old) - later) or new.round < old.round
        or new.credited_minor < old.credited_minor or new.returned_minor < old.returned_minor or new.short_minor < old.short_minor then
        raise exception 'deposit % cannot be changed so', old.deposit_id using errcode = 'restrict_violation';
      end if;
      return new;
    end $$;
    create trigger cash_deposits_forward before update on cash_deposits for each row execute function deposits_go_forward();
    create trigger cash_deposits_never_deleted before delete or truncate on cash_deposits for each statement execute function refuse_change();

    create table bank_statements (
      statement_id bigint generated always as identity primary key,
      plant text not null references plants,
      bank_account text not null check (bank_account ~ '^[A-Za-z0-9-]{4,40}$'),
      imported_by text not null references staff,
      imported_at timestamptz not null,
      lines_new integer not null check (lines_new >= 0),
      lines_known integer not null check (lines_known >= 0),
      recorded_at timestamptz not null default now()
    );
    create table bank_statement_lines (
      line_id bigint generated always as identity primary key,
      statement_id bigint not null references bank_statements,
      plant text not null references plants,
      bank_account text not null,
      booked_on date not null,
      reference text not null check (reference <> ''),
      amount_minor bigint not null check (amount_minor > 0),
      currency text not null check (currency ~ '^[A-Z]{3}$'),
      -- Lines alike in all else are told apart by their order: the same file read again adds nothing.
      ordinal integer not null check (ordinal > 0),
      unique (bank_account, booked_on, reference, amount_minor, ordinal)
    );
    create index bank_statement_lines_plant on bank_statement_lines (plant, booked_on);
    -- Which line of the bank is which deposit: each line is one.
    create table cash_deposit_credits (
      line_id bigint primary key references bank_statement_lines,
      deposit_id text not null references cash_deposits,
      amount_minor bigint not null check (amount_minor > 0),
      surplus_minor bigint not null check (surplus_minor >= 0),
      verified_by text not null references staff,
      verified_at timestamptz not null
    );
    create index cash_deposit_credits_deposit on cash_deposit_credits (deposit_id);
    create function deposits_are_verified_by_another() returns trigger language plpgsql as $$
    begin
      if exists (select 1 from cash_deposits where deposit_id = new.deposit_id and declared_by = new.verified_by) then
        raise exception 'nobody verifies his own deposit %', new.deposit_id using errcode = 'check_violation';
      end if;
      return new;
    end $$;
    create trigger cash_deposit_credits_by_another before insert on cash_deposit_credits
      for each row execute function deposits_are_verified_by_another();
    create trigger bank_statements_append_only before update or delete or truncate on bank_statements
      for each statement execute function refuse_change();
    create trigger bank_statement_lines_append_only before update or delete or truncate on bank_statement_lines
      for each statement execute function refuse_change();
    create trigger cash_deposit_credits_append_only before update or delete or truncate on cash_deposit_credits
      for each statement execute function refuse_change();
  `.execute(db)
}
