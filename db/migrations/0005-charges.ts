import { type Kysely, sql } from 'kysely'

/** What is owed (charges), the documents that say so (bills), what reduced it (allocations, notes) and how it was chased. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table charges (
      charge_id bigint generated always as identity primary key,
      account_id text not null references accounts,
      customer_id text references connections,
      kind text not null,
      source text not null check (source <> ''),
      nature text not null check (nature in ('debt', 'demand')),
      allocation_class integer not null,
      amount_minor bigint not null check (amount_minor >= 0),
      currency text not null check (currency ~ '^[A-Z]{3}$'),
      period_from date,
      period_to date,
      issued_at timestamptz not null,
      due_on date not null,
      -- The terms this charge was made under (package version, readings, dunning terms): pinned at issue.
      terms jsonb not null default '{}',
      voided_at timestamptz,
      void_reason text,
      unique (account_id, kind, source),
      check ((period_from is null) = (period_to is null)),
      check ((voided_at is null) = (void_reason is null)),
      check (voided_at is null or nature = 'demand')
    );
    create index charges_open on charges (account_id, due_on) where voided_at is null;

    create function charges_are_immutable() returns trigger language plpgsql as $$
    begin
      if (to_jsonb(new) - 'voided_at' - 'void_reason') <> (to_jsonb(old) - 'voided_at' - 'void_reason') or old.voided_at is not null then
        raise exception 'charge % is issued and cannot be changed', old.charge_id using errcode = 'restrict_violation';
      end if;
      return new;
    end $$;
    create trigger charges_immutable before update on charges for each row execute function charges_are_immutable();
    create trigger charges_never_deleted before delete or truncate on charges for each statement execute function refuse_change();

    create table charge_lines (
      charge_id bigint not null references charges,
      line integer not null check (line > 0),
      kind text not null,
      amount_minor bigint not null,
      detail jsonb not null default '{}',
      primary key (charge_id, line)
    );
    create trigger charge_lines_append_only before update or delete or truncate on charge_lines
      for each statement execute function refuse_change();

    create table bills (
      bill_id bigint generated always as identity primary key,
      number text not null unique,
      account_id text not null references accounts,
      kind text not null,
      source text not null,
      issued_at timestamptz not null,
      due_on date not null,
      total_minor bigint not null check (total_minor >= 0),
      outstanding_before_minor bigint not null,
      credit_before_minor bigint not null,
      currency text not null,
      document jsonb not null,
      unique (account_id, kind, source)
    );
    create trigger bills_append_only before update or delete or truncate on bills
      for each statement execute function refuse_change();

    create table bill_charges (
      bill_id bigint not null references bills,
      charge_id bigint not null references charges unique,
      primary key (bill_id, charge_id)
    );

    create table payment_notices (
      notice_id bigint generated always as identity primary key,
      provider text not null,
      reference text not null check (reference <> ''),
      fingerprint text not null,
      plant text not null references plants,
      body jsonb not null,
      state text not null default 'received' check (state in ('received', 'done', 'quarantined')),
      quarantine_reason text,
      business_at timestamptz not null,
      recorded_at timestamptz not null default now(),
      unique (provider, reference, fingerprint),
      check ((state = 'quarantined') = (quarantine_reason is not null))
    );
    create index payment_notices_waiting on payment_notices (notice_id) where state = 'received';
    create function notices_stay_as_received() returns trigger language plpgsql as $$
    begin
      if (to_jsonb(new) - 'state' - 'quarantine_reason') <> (to_jsonb(old) - 'state' - 'quarantine_reason') or old.state <> 'received' then
        raise exception 'payment notice % stays as it was received', old.notice_id using errcode = 'restrict_violation';
      end if;
      return new;
    end $$;
    create trigger payment_notices_immutable before update on payment_notices for each row execute function notices_stay_as_received();
    create trigger payment_notices_never_deleted before delete or truncate on payment_notices for each statement execute function refuse_change();

    create table payments (
      payment_id bigint generated always as identity primary key,
      provider text not null,
      reference text not null,
      plant text not null references plants,
      account_id text references accounts,
      channel text not null check (channel in ('cash', 'wallet', 'card', 'transfer', 'cheque')),
      amount_minor bigint not null check (amount_minor > 0),
      currency text not null check (currency ~ '^[A-Z]{3}$'),
      state text not null check (state in ('pending', 'unknown', 'posted', 'suspense', 'failed')),
      collected_by text references staff,
      named_charges bigint[] not null default '{}',
      value_date date not null,
      received_at timestamptz not null,
      receipt_number text unique,
      -- The notice that first told of it, and the ledger account the money came into.
      notice_id bigint references payment_notices,
      paid_into text,
      posted_at timestamptz,
      -- As the receipt states them: what was still owed, and what was credit, right after this payment.
      remaining_after_minor bigint check (remaining_after_minor >= 0),
      credit_after_minor bigint check (credit_after_minor >= 0),
      -- What did not fit and was taken all the same: a bill of somebody else, an account that is closed.
      mismatches text[] not null default '{}',
      recorded_at timestamptz not null default now(),
      unique (provider, reference),
      check (account_id is not null or state <> 'posted'),
      check (receipt_number is null or (state = 'posted' and num_nulls(posted_at, remaining_after_minor, credit_after_minor) = 0))
    );
    create index payments_account on payments (account_id, payment_id);
    create index payments_undecided on payments (plant, payment_id) where state in ('pending', 'unknown', 'suspense');

    -- What was said of a payment stands; it only goes forward, and once posted it is final.
    create function payments_go_forward() returns trigger language plpgsql as $$
    declare
      later constant text[] := array['state', 'account_id', 'named_charges', 'receipt_number', 'posted_at', 'remaining_after_minor', 'credit_after_minor', 'mismatches'];
    begin
      if (to_jsonb(new) - later) <> (to_jsonb(old) - later) or old.state = 'posted' or (old.state = 'suspense' and new.state not in ('suspense', 'posted'))
        or (old.account_id is not null and new.account_id is distinct from old.account_id) then
        raise exception 'payment % cannot be changed so', old.payment_id using errcode = 'restrict_violation';
      end if;
      return new;
    end $$;
    create trigger payments_forward before update on payments for each row execute function payments_go_forward();
    create trigger payments_never_deleted before delete or truncate on payments for each statement execute function refuse_change();

    create table allocations (
      allocation_id bigint generated always as identity primary key,
      account_id text not null references accounts,
      charge_id bigint not null references charges,
      payment_id bigint references payments,
      -- Ordinary money is the account's credit; the deposit pays a debt only by the rule for drawing it.
      origin text not null default 'credit' check (origin in ('credit', 'deposit')),
      amount_minor bigint not null check (amount_minor > 0),
      business_at timestamptz not null,
      recorded_at timestamptz not null default now()
    );
    create index allocations_charge on allocations (charge_id);
    create index allocations_payment on allocations (payment_id);

    create table notes (
      note_id bigint generated always as identity primary key,
      number text not null unique,
      account_id text not null references accounts,
      charge_id bigint not null references charges,
      kind text not null check (kind in ('credit', 'debit')),
      amount_minor bigint not null check (amount_minor > 0),
      reason text not null,
      source text not null unique,
      made_by text not null,
      approved_by text not null,
      business_at timestamptz not null,
      recorded_at timestamptz not null default now()
    );
    create index notes_charge on notes (charge_id);

    create trigger allocations_append_only before update or delete or truncate on allocations
      for each statement execute function refuse_change();
    create trigger notes_append_only before update or delete or truncate on notes
      for each statement execute function refuse_change();

    create function open_amount(charge bigint) returns bigint language sql stable as $$
      select case when c.voided_at is not null then 0 else c.amount_minor
        - coalesce((select sum(a.amount_minor) from allocations a where a.charge_id = c.charge_id), 0)
        - coalesce((select sum(case n.kind when 'credit' then n.amount_minor else -n.amount_minor end) from notes n where n.charge_id = c.charge_id), 0)
        end
      from charges c where c.charge_id = charge
    $$;

    -- No charge is ever paid or credited beyond what it is: the last word is the database's, whatever the code believes.
    create function charge_is_never_overpaid() returns trigger language plpgsql as $$
    begin
      perform 1 from charges where charge_id = new.charge_id and account_id = new.account_id and voided_at is null for update;
      if not found then
        raise exception 'charge % is void or of another account', new.charge_id using errcode = 'check_violation';
      end if;
      if open_amount(new.charge_id) < 0 then
        raise exception 'charge % would be paid beyond its amount', new.charge_id using errcode = 'check_violation';
      end if;
      return null;
    end $$;
    create trigger allocations_within_charge after insert on allocations for each row execute function charge_is_never_overpaid();
    create trigger notes_within_charge after insert on notes for each row execute function charge_is_never_overpaid();

    -- Nor does a payment settle more than was paid.
    create function payment_is_never_overspent() returns trigger language plpgsql as $$
    declare
      paid bigint;
    begin
      select amount_minor into paid from payments where payment_id = new.payment_id and account_id = new.account_id for update;
      if not found then
        raise exception 'payment % is of another account', new.payment_id using errcode = 'check_violation';
      end if;
      if (select sum(amount_minor) from allocations where payment_id = new.payment_id) > paid then
        raise exception 'payment % would settle more than was paid', new.payment_id using errcode = 'check_violation';
      end if;
      return null;
    end $$;
    create trigger allocations_within_payment after insert on allocations for each row when (new.payment_id is not null)
      execute function payment_is_never_overspent();

    create table refunds (
      refund_id bigint generated always as identity primary key,
      account_id text not null references accounts,
      kind text not null check (kind in ('credit', 'deposit')),
      source text not null,
      amount_minor bigint not null check (amount_minor > 0),
      currency text not null,
      method text not null check (method in ('cash', 'upi', 'bank')),
      state text not null default 'requested' check (state in ('requested', 'approved', 'paid', 'unclaimed')),
      proof text,
      requested_at timestamptz not null,
      paid_at timestamptz,
      unique (account_id, kind, source)
    );

    create table dunning_steps (
      charge_id bigint not null references charges,
      step text not null,
      decided_at timestamptz not null,
      sent_at timestamptz,
      delivered_at timestamptz,
      notification_id bigint,
      task_id text,
      primary key (charge_id, step),
      check (delivered_at is null or sent_at is not null)
    );
  `.execute(db)
}
