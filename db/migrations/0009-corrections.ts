import { type Kysely, sql } from 'kysely'

/** Corrections of what was issued or read, decided by a second person; disputes of bills; what they keep from being chased. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    -- A debit note raises a debt of its own, with its own due date and notice: nobody is cut for what no notice named.
    alter table notes drop constraint notes_kind_check;
    alter table notes add constraint notes_kind_check check (kind in ('credit', 'debit', 'write-off'));
    alter table notes add constraint notes_maker_is_not_checker check (made_by <> approved_by);
    alter table notes add column raises bigint unique references charges;
    alter table notes add constraint notes_raise_when_debit check ((kind = 'debit') = (raises is not null));

    create or replace function open_amount(charge bigint) returns bigint language sql stable as $$
      select case when c.voided_at is not null then 0 else c.amount_minor
        - coalesce((select sum(a.amount_minor) from allocations a where a.charge_id = c.charge_id), 0)
        - coalesce((select sum(n.amount_minor) from notes n where n.charge_id = c.charge_id and n.kind <> 'debit'), 0)
        end
      from charges c where c.charge_id = charge
    $$;

    -- A line of a bill may be below zero (rounding, true-up): a note takes it off with its sign.
    alter table note_lines drop constraint note_lines_amount_minor_check;
    alter table note_lines add constraint note_lines_amount_minor_check check (amount_minor <> 0);

    create function note_is_within_line() returns trigger language plpgsql as $$
    declare
      note notes%rowtype;
      whole bigint;
      off bigint;
    begin
      select * into note from notes where note_id = new.note_id;
      if note.charge_id <> new.charge_id or note.kind = 'write-off' then
        raise exception 'note % does not correct lines of charge %', new.note_id, new.charge_id using errcode = 'check_violation';
      end if;
      if note.kind = 'debit' then
        return null;
      end if;
      perform 1 from charges where charge_id = new.charge_id for update;
      select amount_minor into whole from charge_lines where charge_id = new.charge_id and line = new.line;
      select sum(l.amount_minor) into off from note_lines l join notes n using (note_id)
        where l.charge_id = new.charge_id and l.line = new.line and n.kind = 'credit';
      if sign(new.amount_minor) <> sign(whole) or abs(off) > abs(whole) then
        raise exception 'line % of charge % would be credited beyond its amount', new.line, new.charge_id using errcode = 'check_violation';
      end if;
      return null;
    end $$;
    create trigger note_lines_within_line after insert on note_lines for each row execute function note_is_within_line();

    -- Asked at the end of the transaction, when the lines are there too.
    create function note_names_its_lines() returns trigger language plpgsql as $$
    begin
      if new.kind <> 'write-off' and exists (select 1 from charge_lines where charge_id = new.charge_id)
        and (select coalesce(sum(amount_minor), 0) from note_lines where note_id = new.note_id) <> new.amount_minor then
        raise exception 'note % does not say which lines it corrects', new.number using errcode = 'check_violation';
      end if;
      return null;
    end $$;
    create constraint trigger notes_name_their_lines after insert on notes deferrable initially deferred
      for each row execute function note_names_its_lines();

    create table disputes (
      dispute_id text primary key check (dispute_id ~ '^[A-Z]{6}-D[0-9]+$'),
      plant text not null references plants,
      account_id text not null references accounts,
      customer_id text references connections,
      -- A bill is disputed once: it cannot be kept from being chased by asking again and again.
      bill_id bigint not null unique references bills,
      is_whole boolean not null,
      amount_minor bigint not null check (amount_minor > 0),
      currency text not null,
      reason text not null,
      text_id bigint references free_texts,
      raised_by text not null,
      raised_at timestamptz not null,
      due_at timestamptz not null,
      -- 1, and one more each time a correction came to nothing.
      round integer not null default 1,
      answered_by text,
      answered_at timestamptz,
      answer text check (answer in ('confirmed', 'corrected')),
      answer_reason text,
      answer_text_id bigint references free_texts,
      closed_at timestamptz,
      closed_as text check (closed_as in ('Confirmed', 'Corrected', 'Withdrawn')),
      recorded_at timestamptz not null default now(),
      check ((closed_at is null) = (closed_as is null)),
      check (answered_by is null or answered_by <> raised_by)
    );
    create index disputes_open on disputes (account_id) where closed_at is null;

    -- How much of which charge is disputed: that part is not chased while the dispute is open.
    create table disputed_charges (
      dispute_id text not null references disputes,
      charge_id bigint not null references charges,
      amount_minor bigint not null check (amount_minor > 0),
      primary key (dispute_id, charge_id)
    );
    create index disputed_charges_charge on disputed_charges (charge_id);
    create trigger disputed_charges_append_only before update or delete or truncate on disputed_charges
      for each statement execute function refuse_change();

    create table corrections (
      correction_id text primary key check (correction_id ~ '^[A-Z]{6}-N[0-9]+$'),
      plant text not null references plants,
      account_id text not null references accounts,
      customer_id text references connections,
      kind text not null check (kind in ('credit', 'debit', 'write-off', 'reading')),
      charge_id bigint references charges,
      amount_minor bigint check (amount_minor > 0),
      currency text not null,
      -- As asked for: [{line, amountMinor}]; empty leaves it to the rule.
      lines jsonb not null default '[]',
      reading_id bigint references readings,
      register_wh bigint check (register_wh >= 0),
      photo_ref text,
      reason text not null,
      text_id bigint references free_texts,
      -- The dispute it answers, and in which round of it.
      dispute_id text references disputes,
      dispute_round integer,
      requested_by text not null,
      requested_at timestamptz not null,
      approved_by text,
      note_id bigint unique references notes,
      ended_at timestamptz,
      ended_as text check (ended_as in ('Corrected', 'Rejected', 'Withdrawn', 'Overtaken')),
      recorded_at timestamptz not null default now(),
      check ((ended_at is null) = (ended_as is null)),
      check (approved_by is null or approved_by <> requested_by),
      check ((dispute_id is null) = (dispute_round is null)),
      unique (dispute_id, dispute_round),
      check (case kind when 'reading' then num_nulls(reading_id, register_wh) = 0 and num_nonnulls(charge_id, amount_minor) = 0
        else num_nulls(charge_id, amount_minor) = 0 and num_nonnulls(reading_id, register_wh) = 0 end)
    );
    create unique index corrections_one_open_a_reading on corrections (reading_id) where ended_at is null;
    create index corrections_account on corrections (account_id);

    -- A corrected reading stays where it is; the one that answers it names it.
    alter table readings drop constraint readings_state_check;
    alter table readings add constraint readings_state_check check (state in ('accepted', 'review', 'refused', 'corrected'));
    alter table readings add column corrects bigint unique references readings;

    -- What a corrected reading changes of bills that are out: charged, or credited, with the next bill.
    create table reading_adjustments (
      correction_id text primary key references corrections,
      account_id text not null references accounts,
      amount_minor bigint not null,
      detail jsonb not null,
      charged_in bigint references charges
    );
    create index reading_adjustments_waiting on reading_adjustments (account_id) where charged_in is null;
  `.execute(db)
}
