import { type Kysely, sql } from 'kysely'

/** Reviews of deposits; package versions that never change, and new ones that reach customers only after notice. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    -- What a review found and did, once an account and day it was due.
    create table deposit_reviews (
      account_id text not null references accounts,
      review_on date not null,
      business_at timestamptz not null,
      package_code text not null,
      expected_minor bigint not null check (expected_minor >= 0),
      due_minor bigint not null check (due_minor >= 0),
      held_minor bigint not null check (held_minor >= 0),
      -- What earlier demands still bring.
      asked_minor bigint not null check (asked_minor >= 0),
      top_up_minor bigint not null check (top_up_minor >= 0),
      credited_minor bigint not null check (credited_minor between 0 and held_minor),
      currency text not null check (currency ~ '^[A-Z]{3}$'),
      recorded_at timestamptz not null default now(),
      primary key (account_id, review_on),
      check (top_up_minor = 0 or credited_minor = 0)
    );
    create trigger deposit_reviews_append_only before update or delete or truncate on deposit_reviews
      for each statement execute function refuse_change();

    -- A version of a package is what was promised: only its end may be set, once.
    create function packages_are_immutable() returns trigger language plpgsql as $$
    begin
      if (to_jsonb(new) - 'retired_on') <> (to_jsonb(old) - 'retired_on') or old.retired_on is not null then
        raise exception 'version % of package % cannot be changed: make a new one', old.version, old.code using errcode = 'restrict_violation';
      end if;
      return new;
    end $$;
    create trigger packages_immutable before update on packages for each row execute function packages_are_immutable();
    create trigger packages_never_deleted before delete or truncate on packages for each statement execute function refuse_change();

    create table price_changes (
      price_change_id text primary key check (price_change_id ~ '^[A-Z]{6}-V[0-9]+$'),
      plant text not null references plants,
      package_code text not null,
      -- The newest version when it was asked for, and the one it made.
      from_version integer not null,
      to_version integer,
      fixed_charge_minor bigint not null check (fixed_charge_minor >= 0),
      energy_rate_minor_per_kwh bigint not null check (energy_rate_minor_per_kwh >= 0),
      expected_kwh integer not null check (expected_kwh >= 0),
      wished_from date not null,
      effective_from date,
      text_id bigint references free_texts,
      requested_by text not null,
      requested_at timestamptz not null,
      released_by text,
      released_at timestamptz,
      ended_at timestamptz,
      ended_as text check (ended_as in ('Done', 'Rejected', 'Withdrawn')),
      recorded_at timestamptz not null default now(),
      foreign key (plant, package_code, from_version) references packages (plant, code, version),
      foreign key (plant, package_code, to_version) references packages (plant, code, version),
      check (released_by <> requested_by),
      check (num_nulls(to_version, effective_from, released_by, released_at) in (0, 4)),
      check (effective_from >= wished_from),
      check ((ended_at is null) = (ended_as is null))
    );
    create unique index price_changes_one_unreleased on price_changes (plant, package_code) where released_at is null and ended_at is null;

    -- Who was told of a price, when it arrived, and from when they pay it: never without the former.
    create table price_notices (
      price_change_id text not null references price_changes,
      customer_id text not null references connections,
      account_id text not null references accounts,
      notification_id bigint not null references notifications,
      told_at timestamptz not null,
      delivered_at timestamptz,
      from_date date,
      primary key (price_change_id, customer_id),
      check (from_date is null or delivered_at is not null)
    );
    create index price_notices_waiting on price_notices (price_change_id) where from_date is null;
  `.execute(db)
}
