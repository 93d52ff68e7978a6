import { type Kysely, sql } from 'kysely'

/**
 * Money that was put against a charge can be taken off it again: by a row that answers the first, never by a change of it. A posted
 * payment can bounce. Notes name the lines they correct.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table allocations drop constraint allocations_amount_minor_check;
    alter table allocations add column undoes bigint references allocations;
    alter table allocations add constraint allocations_sign check (amount_minor <> 0 and (amount_minor < 0) = (undoes is not null));
    create index allocations_undoes on allocations (undoes) where undoes is not null;

    -- What is taken back is part of what was put there, of the same account, charge, payment and origin.
    create function taken_back_within_allocation() returns trigger language plpgsql as $$
    declare
      was allocations%rowtype;
    begin
      perform 1 from charges where charge_id = new.charge_id for update;
      select * into was from allocations where allocation_id = new.undoes;
      if was.undoes is not null or (was.account_id, was.charge_id, was.payment_id, was.origin)
        is distinct from (new.account_id, new.charge_id, new.payment_id, new.origin) then
        raise exception 'allocation % is not what allocation % takes back', new.undoes, new.allocation_id using errcode = 'check_violation';
      end if;
      if was.amount_minor + (select sum(amount_minor) from allocations where undoes = new.undoes) < 0 then
        raise exception 'more would be taken back than allocation % put there', new.undoes using errcode = 'check_violation';
      end if;
      return null;
    end $$;
    create trigger allocations_within_what_they_undo after insert on allocations for each row when (new.undoes is not null)
      execute function taken_back_within_allocation();

    alter table payments drop constraint payments_state_check;
    alter table payments add constraint payments_state_check
      check (state in ('pending', 'unknown', 'posted', 'suspense', 'failed', 'bounced'));
    alter table payments add column bounced_at timestamptz;
    alter table payments add column bounce_reason text;
    alter table payments add constraint payments_bounce check ((state = 'bounced') = (bounced_at is not null and bounce_reason is not null));
    alter table payments drop constraint payments_check1;
    alter table payments add constraint payments_receipted
      check (receipt_number is null or (state in ('posted', 'bounced') and num_nulls(posted_at, remaining_after_minor, credit_after_minor) = 0));

    create or replace function payments_go_forward() returns trigger language plpgsql as $$
    declare
      later constant text[] := array['state', 'account_id', 'named_charges', 'receipt_number', 'posted_at', 'remaining_after_minor', 'credit_after_minor', 'mismatches'];
      bounce constant text[] := array['state', 'bounced_at', 'bounce_reason'];
    begin
      if old.state = 'posted' and new.state = 'bounced' and (to_jsonb(new) - bounce) = (to_jsonb(old) - bounce) then
        return new;
      end if;
      if (to_jsonb(new) - later) <> (to_jsonb(old) - later) or old.state in ('posted', 'bounced') or (old.state = 'suspense' and new.state not in ('suspense', 'posted'))
        or (old.account_id is not null and new.account_id is distinct from old.account_id) then
        raise exception 'payment % cannot be changed so', old.payment_id using errcode = 'restrict_violation';
      end if;
      return new;
    end $$;

    create table note_lines (
      note_id bigint not null references notes,
      charge_id bigint not null,
      line integer not null,
      amount_minor bigint not null check (amount_minor > 0),
      primary key (note_id, charge_id, line),
      foreign key (charge_id, line) references charge_lines
    );
    create trigger note_lines_append_only before update or delete or truncate on note_lines
      for each statement execute function refuse_change();
  `.execute(db)
}
