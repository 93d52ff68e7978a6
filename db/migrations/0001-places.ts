import { type Kysely, sql } from 'kysely'

/** Plants, their clock, lines and poles, and the policies and number series that belong to them. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create function refuse_change() returns trigger language plpgsql as $$
    begin
      raise exception '% is append-only: % refused', tg_table_name, lower(tg_op) using errcode = 'restrict_violation';
    end $$;

    create table plants (
      plant text primary key check (plant ~ '^[A-Z]{6}$'),
      state text not null check (state ~ '^[A-Z]{2}$' and starts_with(plant, state)),
      name text not null check (name <> ''),
      cluster text not null check (cluster <> ''),
      time_zone text not null check (time_zone <> ''),
      currency text not null check (currency ~ '^[A-Z]{3}$'),
      capacity_w integer not null check (capacity_w > 0),
      sandbox boolean not null default false,
      recorded_at timestamptz not null default now()
    );

    -- Business time is a pure function of wall time and these rows (design, "Time"): a change of speed adds a row.
    create table clock_segments (
      plant text not null references plants,
      wall_from timestamptz not null,
      business_from timestamptz not null,
      speed double precision not null check (speed >= 0),
      reason text not null,
      primary key (plant, wall_from)
    );
    create trigger clock_segments_append_only before update or delete or truncate on clock_segments
      for each statement execute function refuse_change();

    create function clock_never_runs_back() returns trigger language plpgsql as $$
    begin
      perform 1 from plants where plant = new.plant for update;
      if exists (select 1 from clock_segments where plant = new.plant
                 and (wall_from >= new.wall_from or business_from > new.business_from)) then
        raise exception 'the clock of % cannot run back', new.plant using errcode = 'check_violation';
      end if;
      return new;
    end $$;
    create trigger clock_segments_forward before insert on clock_segments
      for each row execute function clock_never_runs_back();

    -- A sandbox that was killed resumes from here: business time that nobody lived is not lived.
    create table clock_heartbeats (
      plant text primary key references plants,
      wall_at timestamptz not null
    );

    create table feeders (
      plant text not null references plants,
      feeder text not null check (feeder <> ''),
      capacity_w integer not null check (capacity_w > 0),
      primary key (plant, feeder)
    );

    create table poles (
      plant text not null references plants,
      pole text not null check (pole ~ '^[0-9]{3}$'),
      feeder text not null,
      lat double precision,
      lon double precision,
      highest_connection integer not null default 0 check (highest_connection between 0 and 99),
      primary key (plant, pole),
      foreign key (plant, feeder) references feeders
    );

    create table policies (
      plant text not null references plants,
      version integer not null check (version > 0),
      effective_from date not null,
      document jsonb not null,
      recorded_at timestamptz not null default now(),
      primary key (plant, version)
    );
    create trigger policies_append_only before update or delete or truncate on policies
      for each statement execute function refuse_change();

    create table protected_days (
      plant text not null references plants,
      day date not null,
      reason text not null,
      primary key (plant, day)
    );

    -- Numbers are taken inside the transaction that uses them, so a series has no gaps.
    create table number_series (
      series text primary key,
      next_number bigint not null default 1 check (next_number > 0)
    );
  `.execute(db)
}
