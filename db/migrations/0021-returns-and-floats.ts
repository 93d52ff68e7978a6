import { type Kysely, sql } from 'kysely'

/**
 * Money in suspense goes back to its sender (docs/decisions/0026), cash comes from the bank into a hand, and what was short is repaid
 * (docs/decisions/0025).
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await returns(db)
  await returnsOncePaid(db)
  await floats(db)
  await repayments(db)
}

/** A refund of money nobody knows has no account: its payment says whose plant and what currency. It is of all of the payment. */
async function returns(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table refunds
      alter column account_id drop not null,
      drop constraint refunds_kind_check,
      add constraint refunds_kind_check check (kind in ('credit', 'deposit', 'suspense')),
      drop constraint refunds_of_payment_are_credit,
      add constraint refunds_of_payment_are_credit check (payment_id is null or kind in ('credit', 'suspense')),
      add constraint refunds_of_nobody check ((kind = 'suspense') = (account_id is null) and (kind <> 'suspense' or payment_id is not null));
    create unique index refunds_of_suspense on refunds (payment_id) where kind = 'suspense' and state not in ('refused', 'lapsed');
    alter table refund_payments
      drop constraint refund_payments_taken_from_check,
      add constraint refund_payments_taken_from_check check (taken_from in ('credit', 'deposit', 'suspense', 'unclaimed'));
    create or replace function refunds_within_payment() returns trigger language plpgsql as $$
    declare
      paid payments%rowtype;
    begin
      select * into paid from payments where payment_id = new.payment_id for update;
      if new.kind = 'suspense' then
        if paid.state <> 'suspense' or paid.amount_minor <> new.amount_minor or paid.currency <> new.currency then
          raise exception 'payment % is not in suspense with that amount', new.payment_id using errcode = 'check_violation';
        end if;
      elsif paid.account_id is distinct from new.account_id or paid.state <> 'posted' or paid.amount_minor < (
        select sum(amount_minor - lapsed_minor) from refunds where payment_id = new.payment_id and state not in ('refused', 'lapsed')) then
        raise exception 'more than payment % would be given back', new.payment_id using errcode = 'check_violation';
      end if;
      return null;
    end $$;
  `.execute(db)
}

/** `returned`: its money left suspense for its sender. It is in suspense again where that failed, and is given to nobody meanwhile. */
async function returnsOncePaid(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table payments drop constraint payments_state_check;
    alter table payments add constraint payments_state_check
      check (state in ('pending', 'unknown', 'posted', 'suspense', 'returned', 'failed', 'bounced'));
    create or replace function payments_go_forward() returns trigger language plpgsql as $$
    declare
      later constant text[] := array['state', 'account_id', 'named_charges', 'receipt_number', 'posted_at', 'remaining_after_minor', 'credit_after_minor', 'mismatches'];
      bounce constant text[] := array['state', 'bounced_at', 'bounce_reason'];
    begin
      if (old.state, new.state) in (('suspense', 'returned'), ('returned', 'suspense')) and (to_jsonb(new) - 'state') = (to_jsonb(old) - 'state') then
        return new;
      end if;
      if old.state not in ('bounced', 'returned') and new.state = 'bounced' and (to_jsonb(new) - bounce) = (to_jsonb(old) - bounce) then
        return new;
      end if;
      if old.state in ('pending', 'unknown', 'failed') and (to_jsonb(new) - 'amount_minor') = (to_jsonb(old) - 'amount_minor') then
        return new;
      end if;
      if (to_jsonb(new) - later) <> (to_jsonb(old) - later) or old.state in ('posted', 'bounced', 'returned') or new.state = 'returned'
        or (old.state = 'suspense' and new.state not in ('suspense', 'posted'))
        or (old.account_id is not null and new.account_id is distinct from old.account_id) then
        raise exception 'payment % cannot be changed so', old.payment_id using errcode = 'restrict_violation';
      end if;
      if old.state = 'suspense' and new.account_id is not null and exists (
        select 1 from refunds where payment_id = old.payment_id and kind = 'suspense' and state not in ('refused', 'lapsed')) then
        raise exception 'payment % is on its way back to its sender', old.payment_id using errcode = 'restrict_violation';
      end if;
      return new;
    end $$;
  `.execute(db)
}

/** Cash that head office gives out of the bank: in the hand once that side says that it has it. */
async function floats(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table cash_floats (
      float_id bigint generated always as identity primary key,
      plant text not null references plants,
      holder text not null references cash_holders,
      amount_minor bigint not null check (amount_minor > 0),
      currency text not null check (currency ~ '^[A-Z]{3}$'),
      bank_reference text not null check (bank_reference <> ''),
      -- The reference as it is compared: capitals and digits.
      bank_key text not null check (bank_key ~ '^[A-Z0-9]+$'),
      given_by text not null references staff,
      given_at timestamptz not null,
      state text not null default 'given' check (state in ('given', 'accepted', 'refused', 'withdrawn')),
      settled_by text references staff,
      settled_at timestamptz,
      text_id bigint references free_texts,
      recorded_at timestamptz not null default now(),
      check ((state = 'given') = (settled_by is null) and (settled_by is null) = (settled_at is null)),
      check (state not in ('accepted', 'refused') or settled_by <> given_by),
      check (holder <> given_by)
    );
    -- What was drawn from the bank once is one float.
    create unique index cash_floats_reference on cash_floats (plant, bank_key) where state in ('given', 'accepted');
    create index cash_floats_holder on cash_floats (holder, float_id);
    create function floats_are_settled_once() returns trigger language plpgsql as $$
    declare
      later constant text[] := array['state', 'settled_by', 'settled_at', 'text_id'];
    begin
      if old.state <> 'given' or (to_jsonb(new) - later) <> (to_jsonb(old) - later) then
        raise exception 'float % is settled and cannot be changed', old.float_id using errcode = 'restrict_violation';
      end if;
      return new;
    end $$;
    create trigger cash_floats_settled_once before update on cash_floats for each row execute function floats_are_settled_once();
    create trigger cash_floats_never_deleted before delete or truncate on cash_floats for each statement execute function refuse_change();
  `.execute(db)
}

/** What was short, paid back: into another hand, or into the bank. Each has a receipt in a series of its own. */
async function repayments(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table cash_repayments (
      repayment_id bigint generated always as identity primary key,
      plant text not null references plants,
      holder text not null references cash_holders,
      -- The hand that took it; none where it was paid into the bank.
      into_holder text references cash_holders,
      bank_reference text check (bank_reference <> ''),
      bank_key text check (bank_key ~ '^[A-Z0-9]+$'),
      amount_minor bigint not null check (amount_minor > 0),
      rest_minor bigint not null check (rest_minor >= 0),
      currency text not null check (currency ~ '^[A-Z]{3}$'),
      receipt_number text not null unique,
      paid_by text not null references staff,
      received_by text not null references staff,
      received_at timestamptz not null,
      recorded_at timestamptz not null default now(),
      check ((into_holder is null) = (bank_reference is not null) and (bank_reference is null) = (bank_key is null)),
      check (into_holder is distinct from holder),
      check (paid_by <> received_by)
    );
    create unique index cash_repayments_reference on cash_repayments (plant, bank_key) where bank_key is not null;
    create index cash_repayments_holder on cash_repayments (holder, repayment_id);
    create trigger cash_repayments_append_only before update or delete or truncate on cash_repayments
      for each statement execute function refuse_change();
  `.execute(db)
}
