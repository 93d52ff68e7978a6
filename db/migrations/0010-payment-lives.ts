import { type Kysely, sql } from 'kysely'

/**
 * What happens to payments after they were told of (bounces, statements of providers, what people look at and put aside), and what
 * customers agree on before they pay (promises, plans).
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    -- A payment that bounces was posted, waited for its payer, or never was in the books; whatever it was, that is its end.
    create or replace function payments_go_forward() returns trigger language plpgsql as $$
    declare
      later constant text[] := array['state', 'account_id', 'named_charges', 'receipt_number', 'posted_at', 'remaining_after_minor', 'credit_after_minor', 'mismatches'];
      bounce constant text[] := array['state', 'bounced_at', 'bounce_reason'];
    begin
      if old.state <> 'bounced' and new.state = 'bounced' and (to_jsonb(new) - bounce) = (to_jsonb(old) - bounce) then
        return new;
      end if;
      if (to_jsonb(new) - later) <> (to_jsonb(old) - later) or old.state in ('posted', 'bounced') or (old.state = 'suspense' and new.state not in ('suspense', 'posted'))
        or (old.account_id is not null and new.account_id is distinct from old.account_id) then
        raise exception 'payment % cannot be changed so', old.payment_id using errcode = 'restrict_violation';
      end if;
      return new;
    end $$;

    -- Somebody says, with a proof, that a payment came back; head office decides.
    create table bounce_reports (
      report_id bigint generated always as identity primary key,
      payment_id bigint not null references payments,
      reason text not null check (reason in ('bounced', 'charged-back')),
      proof text not null check (proof <> ''),
      reported_by text not null,
      reported_at timestamptz not null,
      verdict text check (verdict in ('confirmed', 'dismissed')),
      decided_at timestamptz,
      recorded_at timestamptz not null default now(),
      check ((verdict is null) = (decided_at is null))
    );
    create unique index bounce_reports_open on bounce_reports (payment_id) where verdict is null;

    -- A notice stays as it was received; that somebody has seen to it stands beside it.
    create table notice_acknowledgements (
      notice_id bigint primary key references payment_notices,
      acknowledged_by text not null,
      acknowledged_at timestamptz not null,
      text_id bigint not null references free_texts,
      recorded_at timestamptz not null default now()
    );

    create table payment_statements (
      statement_id bigint generated always as identity primary key,
      plant text not null references plants,
      provider text not null,
      content_hash text not null,
      from_date date not null,
      to_date date not null check (to_date >= from_date),
      imported_by text not null,
      imported_at timestamptz not null,
      recorded_at timestamptz not null default now(),
      unique (plant, provider, content_hash)
    );
    create table payment_statement_rows (
      statement_id bigint not null references payment_statements,
      line integer not null check (line > 1),
      provider text not null,
      reference text not null,
      amount_minor bigint not null check (amount_minor > 0),
      currency text not null,
      status text not null,
      paid_at timestamptz not null,
      -- 'same': we hold exactly this. 'told': taken in as one more notice of the payment.
      verdict text not null check (verdict in ('same', 'told')),
      notice_id bigint references payment_notices,
      primary key (statement_id, line),
      unique (statement_id, reference, status),
      check ((verdict = 'told') = (notice_id is not null))
    );
    create index payment_statement_rows_reference on payment_statement_rows (provider, reference);

    create table payment_open_items (
      item_id bigint generated always as identity primary key,
      statement_id bigint not null references payment_statements,
      plant text not null references plants,
      kind text not null check (kind in ('not-in-statement', 'another-amount')),
      provider text not null,
      reference text not null,
      payment_id bigint not null references payments,
      ours_minor bigint not null,
      theirs_minor bigint,
      currency text not null,
      opened_at timestamptz not null,
      closed_at timestamptz,
      closed_as text check (closed_as in ('acknowledged', 'found')),
      closed_by text,
      text_id bigint references free_texts,
      recorded_at timestamptz not null default now(),
      unique (payment_id, kind),
      check (num_nulls(closed_at, closed_as, closed_by) in (0, 3)),
      check (closed_as is distinct from 'acknowledged' or text_id is not null)
    );
    create index payment_open_items_open on payment_open_items (plant, item_id) where closed_at is null;

    -- A promise is one day, a plan is several: both cover the debts they were given for and no later one.
    create table promises (
      promise_id bigint generated always as identity primary key,
      account_id text not null references accounts,
      charge_ids bigint[] not null check (cardinality(charge_ids) > 0),
      amount_minor bigint not null check (amount_minor > 0),
      promised_for date not null,
      taken_by text not null,
      taken_at timestamptz not null,
      state text not null default 'open' check (state in ('open', 'kept', 'broken')),
      ended_at timestamptz,
      recorded_at timestamptz not null default now(),
      check ((state = 'open') = (ended_at is null))
    );
    create unique index promises_open on promises (account_id) where state = 'open';

    create table payment_plans (
      plan_id bigint generated always as identity primary key,
      account_id text not null references accounts,
      charge_ids bigint[] not null check (cardinality(charge_ids) > 0),
      total_minor bigint not null check (total_minor > 0),
      proposed_by text not null,
      proposed_at timestamptz not null,
      approver text not null,
      state text not null default 'proposed' check (state in ('proposed', 'refused', 'agreed', 'kept', 'broken')),
      decided_by text,
      decided_at timestamptz,
      ended_at timestamptz,
      recorded_at timestamptz not null default now(),
      check ((state = 'proposed') = (decided_by is null) and (decided_by is null) = (decided_at is null)),
      check ((state in ('proposed', 'agreed')) = (ended_at is null)),
      check (decided_by is distinct from proposed_by)
    );
    create unique index payment_plans_standing on payment_plans (account_id) where state in ('proposed', 'agreed');
    create table payment_plan_parts (
      plan_id bigint not null references payment_plans,
      part integer not null check (part > 0),
      due_on date not null,
      amount_minor bigint not null check (amount_minor > 0),
      reminded_at timestamptz,
      primary key (plan_id, part)
    );
    -- The parts are the debt, to the paisa: looked at when the transaction that makes them is through.
    create function plan_parts_are_the_debt() returns trigger language plpgsql as $$
    begin
      if (select sum(amount_minor) from payment_plan_parts where plan_id = new.plan_id)
        is distinct from (select total_minor from payment_plans where plan_id = new.plan_id) then
        raise exception 'the parts of plan % are not its debt', new.plan_id using errcode = 'check_violation';
      end if;
      return null;
    end $$;
    create constraint trigger payment_plan_parts_sum after insert or update on payment_plan_parts
      deferrable initially deferred for each row execute function plan_parts_are_the_debt();
    create constraint trigger payment_plans_sum after insert on payment_plans
      deferrable initially deferred for each row execute function plan_parts_are_the_debt();
  `.execute(db)
}
