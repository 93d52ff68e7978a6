import { type Kysely, sql } from 'kysely'

/** Meters: stock, installation history, desired and reported state, commands, raw telemetry and readings. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table meters (
      serial text primary key check (serial ~ '^[A-Z0-9]{4,20}$'),
      plant text not null references plants,
      kind text not null check (kind in ('smart', 'conventional', 'load_limiter')),
      state text not null check (state in ('free', 'assigned', 'installed', 'to-be-removed', 'in-repair', 'scrapped')),
      -- Whom an assigned or installed meter is for.
      account_id text references accounts,
      recorded_at timestamptz not null default now(),
      check ((state in ('assigned', 'installed', 'to-be-removed')) = (account_id is not null))
    );
    create unique index meters_one_assigned on meters (account_id) where state = 'assigned';
    create unique index meters_one_installed on meters (account_id) where state = 'installed';

    -- The history of the stock: where each meter came from and went, and by which step.
    create table meter_moves (
      move_id bigint generated always as identity primary key,
      serial text not null references meters,
      from_state text,
      to_state text not null,
      account_id text references accounts,
      source text not null,
      business_at timestamptz not null,
      recorded_at timestamptz not null default now()
    );
    create index meter_moves_serial on meter_moves (serial, move_id);
    create trigger meter_moves_append_only before update or delete or truncate on meter_moves
      for each statement execute function refuse_change();

    create table meter_installations (
      installation_id bigint generated always as identity primary key,
      serial text not null references meters,
      customer_id text not null references connections,
      installed_at timestamptz not null,
      start_register_wh bigint not null check (start_register_wh >= 0),
      removed_at timestamptz,
      final_register_wh bigint,
      final_is_estimate boolean not null default false,
      check ((removed_at is null) = (final_register_wh is null))
    );
    create unique index meter_installations_meter_once on meter_installations (serial) where removed_at is null;
    create unique index meter_installations_connection_once on meter_installations (customer_id) where removed_at is null;

    -- Every version of what a meter should be; the newest is the desired state.
    create table meter_desired (
      serial text not null references meters,
      version bigint not null check (version > 0),
      load_limit_w integer not null check (load_limit_w > 0),
      active_from text not null,
      active_to text not null,
      relay text not null check (relay in ('auto', 'open')),
      valid_until timestamptz,
      source text not null,
      business_at timestamptz not null,
      recorded_at timestamptz not null default now(),
      primary key (serial, version)
    );
    create trigger meter_desired_append_only before update or delete or truncate on meter_desired
      for each statement execute function refuse_change();

    create table meter_reported (
      serial text primary key references meters,
      version bigint not null default 0,
      load_limit_w integer,
      active_from text,
      active_to text,
      relay text check (relay in ('open', 'closed', 'armed')),
      -- What the relay is set to, beside where the contact is: 'auto' may be open too (hours, overload).
      relay_mode text check (relay_mode in ('auto', 'open')),
      utc_offset_min integer,
      valid_until timestamptz,
      boot_id bigint,
      online boolean not null default false,
      refused_version bigint,
      refusal_reason text,
      reported_at timestamptz,
      last_seen_at timestamptz
    );

    create table meter_commands (
      command_id uuid primary key,
      serial text not null,
      desired_version bigint not null,
      -- What was sent beside the desired state: the offset of the plant's zone.
      body jsonb not null,
      state text not null default 'open' check (state in ('open', 'done', 'superseded', 'refused')),
      attempts integer not null default 0,
      published_at timestamptz,
      -- The meter's last answer, a claim: 'SUCCEEDED', 'REJECTED BUSY'. Only its report closes the command.
      last_answer text,
      next_attempt_at timestamptz not null default now(),
      closed_at timestamptz,
      recorded_at timestamptz not null default now(),
      unique (serial, desired_version),
      foreign key (serial, desired_version) references meter_desired (serial, version)
    );
    create index meter_commands_open on meter_commands (next_attempt_at) where state = 'open';
    create unique index meter_commands_one_open on meter_commands (serial) where state = 'open';

    create table meter_telemetry (
      serial text not null,
      boot_id bigint not null,
      seq bigint not null,
      taken_at timestamptz not null,
      kind text not null,
      register_wh bigint not null,
      payload jsonb not null,
      verdict text not null default 'raw' check (verdict in ('raw', 'accepted', 'suspect')),
      received_at timestamptz not null default now(),
      primary key (serial, boot_id, seq)
    );
    create index meter_telemetry_time on meter_telemetry (serial, taken_at);

    create table meter_events (
      event_id bigint generated always as identity primary key,
      serial text not null,
      kind text not null,
      taken_at timestamptz not null,
      payload jsonb not null,
      received_at timestamptz not null default now(),
      unique (serial, kind, taken_at)
    );

    -- What came in and could not be stored where it belongs, for a person to look at; the same bytes again are counted.
    create table meter_rejects (
      reject_id bigint generated always as identity primary key,
      topic text not null,
      payload bytea not null,
      payload_sha256 bytea generated always as (sha256(payload)) stored,
      problem text not null,
      detail text not null default '',
      times integer not null default 1,
      received_at timestamptz not null default now(),
      last_received_at timestamptz not null default now(),
      unique (topic, problem, payload_sha256)
    );

    -- The register as billing may use it: one accepted reading a connection, meter and moment.
    create table readings (
      reading_id bigint generated always as identity primary key,
      customer_id text not null references connections,
      serial text not null references meters,
      taken_at timestamptz not null,
      boundary date,
      register_wh bigint not null check (register_wh >= 0),
      source text not null check (source in ('smart', 'visit', 'estimate', 'import', 'installation', 'removal')),
      state text not null check (state in ('accepted', 'review', 'refused')),
      rules text[] not null default '{}',
      entered_by text not null,
      reviewed_by text,
      task_id text,
      photo_ref text,
      recorded_at timestamptz not null default now(),
      check (reviewed_by is null or reviewed_by <> entered_by)
    );
    create unique index readings_one_a_boundary on readings (customer_id, serial, boundary) where state = 'accepted' and boundary is not null;
    create index readings_connection on readings (customer_id, taken_at);
  `.execute(db)
}
