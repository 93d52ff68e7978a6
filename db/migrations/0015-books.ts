import { type Kysely, sql } from 'kysely'

/** Books a plant, days that are closed for good, and the reconciler's record: what was proved, and a case for whatever did not agree. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await plantOfPostings(db)
  await closings(db)
  await cases(db)
}

/** A wallet's account serves several plants, so whose books a posting is in must stand in the posting. */
async function plantOfPostings(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table postings add column plant text references plants;
    alter table postings disable trigger postings_append_only;
    update postings p set plant = coalesce((select a.plant from accounts a where a.account_id = p.account_id),
      (select l.plant from ledger_accounts l where l.code in (p.debit, p.credit) order by l.code like 'wallet:%' limit 1));
    alter table postings enable trigger postings_append_only;
    alter table postings alter column plant set not null;
    create index postings_day on postings (plant, business_at);
    create index postings_event_kind on postings (split_part(event_key, ':', 1), plant, business_at);

    create function posting_has_a_plant() returns trigger language plpgsql as $$
    begin
      new.plant := coalesce((select a.plant from accounts a where a.account_id = new.account_id),
        (select l.plant from ledger_accounts l where l.code in (new.debit, new.credit) order by l.code like 'wallet:%' limit 1));
      return new;
    end $$;
    create trigger postings_plant before insert on postings for each row when (new.plant is null) execute function posting_has_a_plant();
  `.execute(db)
}

async function closings(db: Kysely<unknown>): Promise<void> {
  await sql`
    -- Waits for whoever is posting, and for a moment lets nobody begin: up to this posting everything is there and nothing is added.
    -- Runs as the owner: the application may not lock what it may only add to.
    create function last_posting() returns bigint language plpgsql security definer set search_path = public, pg_temp set lock_timeout = '5s' as $$
    begin
      lock table postings in share mode;
      return coalesce((select max(posting_id) from postings), 0);
    end $$;

    create table book_closings (
      plant text not null references plants,
      business_date date not null,
      currency text not null,
      -- The last posting that is in it; what is posted for its day later is late.
      last_posting_id bigint not null,
      figures jsonb not null,
      -- Over the figures and the hash of the closing before: a row cannot be exchanged without all that follow.
      hash text not null check (hash ~ '^[0-9a-f]{64}$'),
      previous_hash text,
      closed_at timestamptz not null,
      recorded_at timestamptz not null default now(),
      primary key (plant, business_date)
    );
    create trigger book_closings_append_only before update or delete or truncate on book_closings
      for each statement execute function refuse_change();
  `.execute(db)
}

async function cases(db: Kysely<unknown>): Promise<void> {
  await sql`
    -- What a reconciliation has proved already: run again it goes on from here.
    create table reconciliation_steps (
      plant text not null references plants,
      business_date date not null,
      step text not null,
      found integer not null check (found >= 0),
      opened integer not null check (opened >= 0),
      gone integer not null check (gone >= 0),
      -- Why it could not be looked at, or not at everything.
      remark text,
      proved_at timestamptz not null,
      recorded_at timestamptz not null default now(),
      primary key (plant, business_date, step)
    );
    create trigger reconciliation_steps_append_only before update or delete or truncate on reconciliation_steps
      for each statement execute function refuse_change();

    create table cases (
      case_id text primary key check (case_id ~ '^[A-Z]{6}-C[0-9]+$'),
      plant text not null references plants,
      rule text not null,
      subject text not null check (subject <> ''),
      detail jsonb not null default '{}',
      found_at timestamptz not null,
      seen_at timestamptz not null,
      state text not null default 'open' check (state in ('open', 'acknowledged', 'closed')),
      acknowledged_by text references staff,
      acknowledged_at timestamptz,
      acknowledged_text_id bigint references free_texts,
      closed_at timestamptz,
      -- 'gone': the next look found it in order. 'settled': a person says so, and why.
      closed_as text check (closed_as in ('gone', 'settled')),
      closed_by text references staff,
      closed_text_id bigint references free_texts,
      recorded_at timestamptz not null default now(),
      check (num_nulls(acknowledged_by, acknowledged_at, acknowledged_text_id) in (0, 3)),
      check (state <> 'acknowledged' or acknowledged_at is not null),
      check (num_nulls(closed_at, closed_as) in (0, 2) and (state = 'closed') = (closed_at is not null)),
      check ((closed_as is not distinct from 'settled') = (closed_by is not null) and num_nulls(closed_by, closed_text_id) in (0, 2))
    );
    create unique index cases_one_open on cases (plant, rule, subject) where state <> 'closed';
    create index cases_list on cases (plant, found_at, case_id);
    create function cases_go_forward() returns trigger language plpgsql as $$
    declare
      later constant text[] := array['detail', 'seen_at', 'state', 'acknowledged_by', 'acknowledged_at', 'acknowledged_text_id', 'closed_at', 'closed_as', 'closed_by', 'closed_text_id'];
    begin
      if old.state = 'closed' or (to_jsonb(new) - later) <> (to_jsonb(old) - later) or (old.state = 'acknowledged' and new.state = 'open')
        or (old.acknowledged_by is not null and new.acknowledged_by is distinct from old.acknowledged_by) then
        raise exception 'case % cannot be changed so', old.case_id using errcode = 'restrict_violation';
      end if;
      return new;
    end $$;
    create trigger cases_forward before update on cases for each row execute function cases_go_forward();
    create trigger cases_never_deleted before delete or truncate on cases for each statement execute function refuse_change();
  `.execute(db)
}
