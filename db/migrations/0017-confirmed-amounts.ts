import { type Kysely, sql } from 'kysely'

/** While nothing of a payment is in the books, the amount that is confirmed takes the place of the one that was only promised. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create or replace function payments_go_forward() returns trigger language plpgsql as $$
    declare
      later constant text[] := array['state', 'account_id', 'named_charges', 'receipt_number', 'posted_at', 'remaining_after_minor', 'credit_after_minor', 'mismatches'];
      bounce constant text[] := array['state', 'bounced_at', 'bounce_reason'];
    begin
      if old.state <> 'bounced' and new.state = 'bounced' and (to_jsonb(new) - bounce) = (to_jsonb(old) - bounce) then
        return new;
      end if;
      if old.state in ('pending', 'unknown', 'failed') and (to_jsonb(new) - 'amount_minor') = (to_jsonb(old) - 'amount_minor') then
        return new;
      end if;
      if (to_jsonb(new) - later) <> (to_jsonb(old) - later) or old.state in ('posted', 'bounced') or (old.state = 'suspense' and new.state not in ('suspense', 'posted'))
        or (old.account_id is not null and new.account_id is distinct from old.account_id) then
        raise exception 'payment % cannot be changed so', old.payment_id using errcode = 'restrict_violation';
      end if;
      return new;
    end $$;
  `.execute(db)
}
