import { type Kysely, sql } from 'kysely'

/**
 * Refunds on a process of their own: who asked, approved and paid, every try to pay, and what becomes of those that nobody fetches
 * (docs/decisions/0026).
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await refunds(db)
  await tries(db)
  await guards(db)
}

async function refunds(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table refunds
      drop constraint refunds_state_check,
      add constraint refunds_state_check
        check (state in ('requested', 'refused', 'approved', 'sending', 'unclaimed', 'paid', 'lapsed')),
      -- Who sees it through: whoever asked for it (a closing, an application), or its own process.
      add column handled_by text not null default 'asker' check (handled_by in ('asker', 'pay-out')),
      -- The payment it gives back, where it is one.
      add column payment_id bigint references payments,
      add column reason text,
      add column requested_by text not null default 'system',
      add column text_id bigint references free_texts,
      add column approved_by text,
      -- Since when it can be fetched: approved, come back, or asked for again.
      add column payable_since timestamptz,
      -- What was no longer held when it was paid.
      add column lapsed_minor bigint not null default 0 check (lapsed_minor >= 0),
      add column unclaimed_at timestamptz,
      add column claimed_at timestamptz,
      add constraint refunds_lapsed_within check (lapsed_minor <= amount_minor and (lapsed_minor = amount_minor) = (state = 'lapsed')),
      add constraint refunds_by_another check (approved_by is distinct from requested_by),
      add constraint refunds_of_payment_are_credit check (payment_id is null or kind = 'credit');
    -- When nobody fetched it is the day of its posting.
    update refunds r set unclaimed_at = p.business_at from postings p where p.event_key = 'unclaimed:' || r.refund_id and r.state = 'unclaimed';
    alter table refunds add constraint refunds_unclaimed_since check (state <> 'unclaimed' or unclaimed_at is not null);
    create index refunds_payment on refunds (payment_id) where payment_id is not null;
    create index refunds_open on refunds (refund_id) where state not in ('paid', 'refused', 'lapsed');
  `.execute(db)
}

async function tries(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table refund_payments (
      refund_id bigint not null references refunds,
      try integer not null check (try > 0),
      method text not null check (method in ('cash', 'upi', 'bank')),
      amount_minor bigint not null check (amount_minor > 0),
      -- From where the customer's money was taken, and goes back to.
      taken_from text not null check (taken_from in ('credit', 'deposit', 'unclaimed')),
      state text not null check (state in ('paid', 'unknown', 'failed', 'returned')),
      paid_by text not null,
      paid_at timestamptz not null,
      -- What proves it: a transfer's reference, a signature's.
      reference text,
      -- The provider that can be asked about it.
      provider text,
      settled_by text,
      settled_at timestamptz,
      settled_proof text,
      recorded_at timestamptz not null default now(),
      primary key (refund_id, try),
      check (method <> 'cash' or (state = 'paid' and provider is null)),
      check ((settled_by is null) = (settled_at is null)),
      check (state not in ('failed', 'returned') or settled_by is not null)
    );
    -- Never paid twice, and never again while nobody knows what became of the last try.
    create unique index refund_payments_standing on refund_payments (refund_id) where state in ('paid', 'unknown');
    -- A transfer is one refund's.
    create unique index refund_payments_reference on refund_payments (method, reference) where method <> 'cash' and reference is not null;
    insert into refund_payments (refund_id, try, method, amount_minor, taken_from, state, paid_by, paid_at)
      select refund_id, 1, method, amount_minor, kind, 'paid', 'system', coalesce(paid_at, requested_at) from refunds where state = 'paid';
  `.execute(db)
}

/** What the database refuses, whatever the code believes. */
async function guards(db: Kysely<unknown>): Promise<void> {
  await sql`
    create function refunds_go_forward() returns trigger language plpgsql as $$
    declare
      later constant text[] := array['state', 'method', 'proof', 'paid_at', 'handled_by', 'approved_by', 'payable_since', 'lapsed_minor', 'unclaimed_at', 'claimed_at'];
      may constant jsonb := '{"requested": ["approved", "refused", "lapsed"], "approved": ["sending", "paid", "unclaimed", "lapsed"],
        "sending": ["paid", "approved", "unclaimed"], "unclaimed": ["sending", "paid"], "paid": ["approved", "unclaimed"], "refused": [], "lapsed": []}';
    begin
      if (to_jsonb(new) - later) <> (to_jsonb(old) - later) or new.lapsed_minor < old.lapsed_minor
        or (new.state <> old.state and not may -> old.state ? new.state)
        or (old.approved_by is not null and new.approved_by is distinct from old.approved_by)
        or (old.unclaimed_at is not null and new.unclaimed_at is distinct from old.unclaimed_at) then
        raise exception 'refund % cannot be changed so', old.refund_id using errcode = 'restrict_violation';
      end if;
      return new;
    end $$;
    create trigger refunds_forward before update on refunds for each row execute function refunds_go_forward();
    create trigger refunds_never_deleted before delete or truncate on refunds for each statement execute function refuse_change();

    -- What is given back of a payment is never more than was paid (billing.md rule 3), and to whom paid it.
    create function refunds_within_payment() returns trigger language plpgsql as $$
    declare
      paid payments%rowtype;
    begin
      select * into paid from payments where payment_id = new.payment_id for update;
      if paid.account_id is distinct from new.account_id or paid.state <> 'posted' or paid.amount_minor < (
        select sum(amount_minor - lapsed_minor) from refunds where payment_id = new.payment_id and state not in ('refused', 'lapsed')) then
        raise exception 'more than payment % would be given back', new.payment_id using errcode = 'check_violation';
      end if;
      return null;
    end $$;
    create trigger refunds_of_payments after insert on refunds for each row when (new.payment_id is not null)
      execute function refunds_within_payment();

    create function refunds_are_paid_right() returns trigger language plpgsql as $$
    declare
      refund refunds%rowtype;
    begin
      select * into refund from refunds where refund_id = new.refund_id for update;
      if refund.approved_by = new.paid_by then
        raise exception 'nobody pays the refund % that he approved', new.refund_id using errcode = 'check_violation';
      end if;
      if new.amount_minor <> refund.amount_minor - refund.lapsed_minor then
        raise exception 'refund % is not of that amount', new.refund_id using errcode = 'check_violation';
      end if;
      return null;
    end $$;
    create trigger refund_payments_right after insert on refund_payments for each row execute function refunds_are_paid_right();
    create function refund_payments_go_forward() returns trigger language plpgsql as $$
    declare
      later constant text[] := array['state', 'settled_by', 'settled_at', 'settled_proof'];
    begin
      if (to_jsonb(new) - later) <> (to_jsonb(old) - later)
        or (old.state, new.state) not in (('unknown', 'paid'), ('unknown', 'failed'), ('paid', 'returned')) or new.method = 'cash' then
        raise exception 'try % of refund % cannot be changed so', old.try, old.refund_id using errcode = 'restrict_violation';
      end if;
      return new;
    end $$;
    create trigger refund_payments_forward before update on refund_payments for each row execute function refund_payments_go_forward();
    create trigger refund_payments_never_deleted before delete or truncate on refund_payments
      for each statement execute function refuse_change();
  `.execute(db)
}
