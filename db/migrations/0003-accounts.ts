import { type Kysely, sql } from 'kysely'

/** Packages, accounts, applications, connections, the terms in force and the reasons to hold supply back. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table packages (
      plant text not null references plants,
      code text not null check (code ~ '^[AB][0-9][.][0-9]$'),
      version integer not null check (version > 0),
      mode text not null check (mode in ('prepaid', 'postpaid')),
      timing text not null check (timing in ('NN', 'FD', 'DO')),
      active_from text not null check (active_from ~ '^([01][0-9]|2[0-4]):[0-5][0-9]$'),
      active_to text not null check (active_to ~ '^([01][0-9]|2[0-4]):[0-5][0-9]$'),
      load_limit_w integer not null check (load_limit_w > 0),
      fixed_charge_minor bigint not null check (fixed_charge_minor >= 0),
      energy_rate_minor_per_kwh bigint not null check (energy_rate_minor_per_kwh >= 0),
      expected_kwh integer not null check (expected_kwh >= 0),
      meter_kinds text[] not null check (cardinality(meter_kinds) > 0),
      effective_from date not null,
      retired_on date,
      recorded_at timestamptz not null default now(),
      primary key (plant, code, version),
      check ((mode = 'prepaid') = starts_with(code, 'A')),
      check (mode = 'postpaid' or energy_rate_minor_per_kwh = 0)
    );

    -- The key for money and locks, made with the application; the customer ID is linked to it later, never rewritten.
    create table accounts (
      account_id text primary key check (account_id ~ '^[A-Z]{6}-A[0-9]{4,}$'),
      plant text not null references plants,
      person_id text not null references persons,
      category text not null,
      currency text not null check (currency ~ '^[A-Z]{3}$'),
      customer_id text unique check (customer_id ~ '^[A-Z]{6}[0-9]{5}$'),
      opened_at timestamptz not null,
      closed_at timestamptz
    );
    create function customer_id_is_for_ever() returns trigger language plpgsql as $$
    begin
      if old.customer_id is not null and new.customer_id is distinct from old.customer_id then
        raise exception 'customer id % cannot be changed', old.customer_id using errcode = 'check_violation';
      end if;
      return new;
    end $$;
    create trigger accounts_customer_id before update on accounts for each row execute function customer_id_is_for_ever();

    create table applications (
      application_id text primary key references accounts (account_id),
      plant text not null references plants,
      origin text not null check (origin in ('visit', 'app', 'import')),
      address text not null default '',
      pole text,
      sales_agent text references staff,
      assigned_at timestamptz,
      kyc_at timestamptz,
      kyc_by text,
      commitments_given_at timestamptz,
      package_code text,
      package_version integer,
      meter_kind text check (meter_kind in ('smart', 'conventional', 'load_limiter')),
      package_assigned_at timestamptz,
      deposit_parts integer check (deposit_parts between 1 and 3),
      deadline_at timestamptz,
      extended_at timestamptz,
      -- How many decisions of a step that comes again were carried out: another agent, another pole, another installation.
      agent_round integer not null default 0,
      pole_round integer not null default 0,
      installation_round integer not null default 1,
      ended_at timestamptz,
      ended_as text check (ended_as in ('active', 'withdrawn', 'refused', 'deadline-passed', 'cancelled')),
      applied_at timestamptz not null,
      foreign key (plant, pole) references poles,
      foreign key (plant, package_code, package_version) references packages (plant, code, version)
    );

    create table connections (
      customer_id text primary key references accounts (customer_id),
      account_id text not null unique references accounts,
      plant text not null references plants,
      pole text not null,
      connection_number integer not null check (connection_number between 1 and 99),
      feeder text not null,
      category text not null,
      connected_on date,
      left_on date,
      -- The package whose limit and hours the meter should carry: ahead of the terms while a change is being programmed.
      supply_package_code text not null,
      supply_package_version integer not null,
      foreign key (plant, supply_package_code, supply_package_version) references packages (plant, code, version),
      unique (plant, pole, connection_number),
      foreign key (plant, pole) references poles,
      foreign key (plant, feeder) references feeders,
      check (customer_id = plant || pole || lpad(connection_number::text, 2, '0')),
      -- Who withdraws before the supply begins leaves without ever having been connected; the id stays used.
      check (left_on is null or connected_on is null or left_on >= connected_on)
    );

    -- Which package version holds from which day; at most one open row a connection, days never overlap.
    create table connection_terms (
      customer_id text not null references connections,
      from_date date not null,
      to_date date,
      plant text not null,
      package_code text not null,
      package_version integer not null,
      source text not null,
      primary key (customer_id, from_date),
      foreign key (plant, package_code, package_version) references packages (plant, code, version),
      check (to_date is null or to_date > from_date)
    );
    create unique index connection_terms_one_open on connection_terms (customer_id) where to_date is null;
    create function terms_never_overlap() returns trigger language plpgsql as $$
    begin
      if exists (select 1 from connection_terms t where t.customer_id = new.customer_id and t.from_date <> new.from_date
                 and daterange(t.from_date, t.to_date) && daterange(new.from_date, new.to_date)) then
        raise exception 'terms of % overlap', new.customer_id using errcode = 'exclusion_violation';
      end if;
      return new;
    end $$;
    create trigger connection_terms_no_overlap before insert or update on connection_terms
      for each row execute function terms_never_overlap();

    create table holds (
      hold_id bigint generated always as identity primary key,
      customer_id text not null references connections,
      reason text not null,
      owner text not null,
      placed_at timestamptz not null,
      lifted_at timestamptz,
      check (lifted_at is null or lifted_at >= placed_at)
    );
    create unique index holds_one_open on holds (customer_id, reason, owner) where lifted_at is null;
  `.execute(db)
}
