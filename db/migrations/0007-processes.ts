import { type Kysely, sql } from 'kysely'

/** Where every procedure stands, what it waits for, what was decided, what must still be sent, and the work given to people. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    -- One row a process, written by its workflow only; enough to start it anew at any stage.
    create table processes (
      workflow_id text primary key,
      workflow_type text not null,
      input jsonb not null,
      plant text not null references plants,
      account_id text references accounts,
      customer_id text,
      stage text not null,
      waiting_for text,
      due_at timestamptz,
      outcome text,
      parked_reason text,
      started_at timestamptz not null,
      changed_at timestamptz not null,
      recorded_at timestamptz not null default now()
    );
    create index processes_open on processes (plant, workflow_type, stage) where outcome is null;
    create index processes_account on processes (account_id);

    create table process_waits (
      topic text not null check (topic ~ '^(account|charge|meter|reading|task|process|connection|stock):.+$'),
      workflow_id text not null,
      recorded_at timestamptz not null default now(),
      primary key (topic, workflow_id)
    );

    create table decisions (
      workflow_id text not null,
      step text not null,
      verdict text not null,
      decided_by text not null,
      decided_at timestamptz not null,
      text_id bigint references free_texts,
      detail jsonb not null default '{}',
      recorded_at timestamptz not null default now(),
      primary key (workflow_id, step)
    );
    create trigger decisions_append_only before update or delete or truncate on decisions
      for each statement execute function refuse_change();

    -- Written in the transaction that makes the fact; the relay starts and nudges workflows from it, and deletes it.
    create table outbox (
      outbox_id bigint generated always as identity primary key,
      kind text not null check (kind in ('nudge', 'start')),
      topic text,
      workflow_type text,
      workflow_id text,
      input jsonb,
      attempts integer not null default 0,
      next_attempt_at timestamptz not null default now(),
      recorded_at timestamptz not null default now(),
      check ((kind = 'nudge') = (topic is not null)),
      check ((kind = 'start') = (workflow_type is not null and workflow_id is not null and input is not null))
    );
    create index outbox_next on outbox (next_attempt_at);

    create function wake_relay() returns trigger language plpgsql as $$
    begin perform pg_notify('relay', tg_table_name); return null; end $$;
    create trigger outbox_wakes_relay after insert on outbox for each statement execute function wake_relay();

    -- The last business day on which a plant's daily round was made; whoever moves it makes the round, in that transaction.
    create table daily_rounds (
      plant text not null references plants,
      round text not null,
      made_on date not null,
      primary key (plant, round)
    );

    create function wake_gateway() returns trigger language plpgsql as $$
    begin perform pg_notify('meter_commands', ''); return null; end $$;
    create trigger meter_commands_wake_gateway after insert on meter_commands for each statement execute function wake_gateway();

    create table tasks (
      task_id text primary key check (task_id ~ '^[A-Z]{6}-T[0-9]+$'),
      plant text not null references plants,
      kind text not null,
      account_id text references accounts,
      customer_id text references connections,
      source_workflow_id text not null,
      source_step text not null,
      status text not null check (status in ('requested', 'in-process', 'review', 'completed', 'cancelled')),
      assigned_to text references staff,
      detail jsonb not null default '{}',
      result jsonb,
      -- How many hand-overs (assigned, declined) have been carried out.
      handovers integer not null default 0,
      -- 1, and one more each time a review sent the work back.
      round integer not null default 1,
      -- When somebody was last reminded of it, or told that it is late.
      chased_at timestamptz,
      completed_by text references staff,
      completed_at timestamptz,
      reviewed_by text references staff,
      reviewed_at timestamptz,
      due_at timestamptz not null,
      opened_at timestamptz not null,
      recorded_at timestamptz not null default now(),
      unique (source_workflow_id, source_step),
      check (reviewed_by is null or reviewed_by <> completed_by)
    );
    create index tasks_assignee on tasks (assigned_to, status);

    create table package_requests (
      request_id text primary key check (request_id ~ '^[A-Z]{6}-R[0-9]+$'),
      plant text not null references plants,
      account_id text not null references accounts,
      customer_id text not null references connections,
      from_code text not null,
      from_version integer not null,
      to_code text not null,
      to_version integer not null,
      takes_effect text not null check (takes_effect in ('next-period', 'at-once')),
      requested_by text not null,
      requested_at timestamptz not null,
      -- Kind of meter to be installed with it; null: the meter that is there stays.
      meter_kind text check (meter_kind in ('smart', 'conventional', 'load_limiter')),
      to_feeder text,
      -- How many follow-up visits have been ordered.
      follow_ups integer not null default 0,
      needs_state_approval boolean,
      approved_at timestamptz,
      settled_at timestamptz,
      -- First day of the new price: planned from the settlement on, the true one once applied.
      effective_on date,
      -- Desired version of the meter that carries the new package, and the one that takes it back.
      supply_version bigint,
      switched_at timestamptz,
      applied_at timestamptz,
      set_back_version bigint,
      set_back_at timestamptz,
      failed_as text,
      -- 1, and one more each time the finished work was sent back.
      review_round integer not null default 1,
      ended_at timestamptz,
      ended_as text,
      foreign key (plant, from_code, from_version) references packages (plant, code, version),
      foreign key (plant, to_code, to_version) references packages (plant, code, version),
      foreign key (plant, to_feeder) references feeders,
      check ((ended_at is null) = (ended_as is null)),
      check (applied_at is null or (settled_at is not null and effective_on is not null)),
      check (settled_at is null or approved_at is not null)
    );
    -- Once applied a change only waits to be confirmed: the next one may be asked for.
    create unique index package_requests_one_open on package_requests (customer_id) where ended_at is null and applied_at is null;

    create table closures (
      closure_id text primary key check (closure_id ~ '^[A-Z]{6}-L[0-9]+$'),
      plant text not null references plants,
      account_id text not null references accounts,
      customer_id text not null references connections,
      reason text not null,
      leaving_on date not null,
      requested_by text not null,
      requested_at timestamptz not null,
      refund_method text not null check (refund_method in ('cash', 'upi', 'bank')),
      -- The final bill is issued and the deposit set against it.
      settled_at timestamptz,
      ended_at timestamptz,
      ended_as text
    );
    create unique index closures_one_open on closures (customer_id) where ended_at is null;

    create table notifications (
      notification_id bigint generated always as identity primary key,
      dedupe_key text not null unique,
      plant text not null references plants,
      account_id text references accounts,
      staff_login text references staff,
      kind text not null,
      language text not null check (language in ('en', 'hi')),
      channel text not null check (channel in ('sms', 'print', 'app', 'staff')),
      params jsonb not null,
      state text not null default 'queued' check (state in ('queued', 'sent', 'delivered', 'failed')),
      attempts integer not null default 0,
      next_attempt_at timestamptz not null default now(),
      queued_at timestamptz not null,
      body text,
      sent_at timestamptz,
      delivered_at timestamptz,
      provider_reference text,
      last_error text,
      recorded_at timestamptz not null default now(),
      check (num_nonnulls(account_id, staff_login) >= 1)
    );
    create index notifications_unsent on notifications (next_attempt_at) where state in ('queued', 'failed');
    create index notifications_account on notifications (account_id, notification_id);
    create trigger notifications_wake_relay after insert on notifications for each statement execute function wake_relay();
  `.execute(db)
}
