import { sql } from 'kysely'
import { addDays } from '../../../domain/calendar.ts'
import { CHARGE_KINDS, chargeRule } from '../../../domain/charge.ts'
import type { Tx } from '../../client.ts'
import { find, type Look, type RuleResult } from './finding.ts'

/** A cycle earns an advance when its month begins; so long it may take after it. */
const EARNED_WITHIN_DAYS = 2
/** What is posted of a refund. */
const REFUND_EVENTS = ['refund', 'refund-sent', 'refund-failed', 'refund-returned', 'unclaimed'] as const
const DEPOSIT_KINDS = CHARGE_KINDS.filter((kind) => chargeRule(kind, 'prepaid').paidInto === 'deposit')

/** The ledger against what it was posted for: debts, deposits, advances, payments, allocations; and papers without a gap. */
export async function proveMoney(tx: Tx, look: Look): Promise<RuleResult[]> {
  return [
    await find(tx, 'receivable-open-debts', receivables(look)),
    await find(tx, 'deposit-movements', deposits(look)),
    await find(tx, 'unearned-advances', advances(look)),
    await find(tx, 'payment-postings', payments(look)),
    await find(tx, 'allocation-postings', allocations(look)),
    await find(tx, 'refund-postings', refunds(look)),
    await find(tx, 'number-gaps', series(look)),
  ]
}

/** `(account_id, booked)`: balance of the accounts of one group, on its own side; of some kinds of events only, where named. */
function booked({ plant }: Look, group: 'receivable' | 'deposit' | 'unearned', eventKinds?: readonly string[]) {
  const only = eventKinds === undefined ? sql`true` : sql`split_part(event_key, ':', 1) = any(${[...eventKinds]}::text[])`
  const sign = group === 'receivable' ? sql`1` : sql`-1`
  return sql`(
    select account_id, ${sign} * sum(amount)::bigint as booked from (
      select substr(debit, strpos(debit, ':') + 1) as account_id, amount_minor as amount
      from postings where plant = ${plant} and debit like ${`${group}:%`} and ${only}
      union all
      select substr(credit, strpos(credit, ':') + 1), -amount_minor
      from postings where plant = ${plant} and credit like ${`${group}:%`} and ${only}) s
    group by 1)`
}

function receivables(look: Look) {
  return sql`
    select account_id as subject, jsonb_build_object('ledgerMinor', coalesce(booked, 0), 'openMinor', coalesce(open, 0)) as detail
    from ${booked(look, 'receivable')} l full join (
      select c.account_id, sum(open_amount(c.charge_id))::bigint as open
      from charges c join accounts a on a.account_id = c.account_id where a.plant = ${look.plant} and c.nature = 'debt' group by 1) d using (account_id)
    where coalesce(booked, 0) <> coalesce(open, 0)`
}

/** What was put into a deposit by paying, taken out of it against debts, and credited by a review, is what the ledger moved for that. */
function deposits(look: Look) {
  return sql`
    select account_id as subject, jsonb_build_object('ledgerMinor', coalesce(booked, 0), 'movedMinor', coalesce(moved, 0)) as detail
    from ${booked(look, 'deposit', ['allocation', 'deposit-set-off', 'deposit-excess'])} l full join (
      select account_id, sum(moved)::bigint as moved from (
        select x.account_id, case x.origin when 'deposit' then -x.amount_minor else x.amount_minor end as moved
        from allocations x join charges c on c.charge_id = x.charge_id join accounts a on a.account_id = x.account_id
        where a.plant = ${look.plant} and (x.origin = 'deposit' or c.kind = any(${[...DEPOSIT_KINDS]}::text[]))
        union all
        select r.account_id, -r.credited_minor
        from deposit_reviews r join accounts a on a.account_id = r.account_id where a.plant = ${look.plant}) facts
      group by 1) m using (account_id)
    where coalesce(booked, 0) <> coalesce(moved, 0)`
}

/** Unearned is only what was paid for months that have not begun, or these days, or of an advance that is not paid whole: its supply is off. */
function advances(look: Look) {
  const begun = addDays(look.today, -EARNED_WITHIN_DAYS)
  return sql`
    select account_id as subject, jsonb_build_object('unearnedMinor', booked, 'aheadMinor', coalesce(ahead, 0)) as detail
    from ${booked(look, 'unearned')} l left join (
      select x.account_id, sum(x.amount_minor)::bigint as ahead
      from allocations x join charges c on c.charge_id = x.charge_id join accounts a on a.account_id = x.account_id
      where a.plant = ${look.plant} and c.kind = 'electricity' and c.nature = 'demand'
        and (c.period_from > ${begun}::date or open_amount(c.charge_id) > 0 or x.business_at > ${look.asOf}::timestamptz - make_interval(days => ${EARNED_WITHIN_DAYS}))
      group by 1) p using (account_id)
    where booked < 0 or booked > coalesce(ahead, 0)`
}

/** A payment is in the books exactly when it is posted, or in suspense or returned from there; one that bounced was, if it was taken out again. */
function payments({ plant }: Look) {
  return sql`
    select 'payment:' || y.provider || ':' || y.reference as subject,
      jsonb_build_object('state', y.state, 'amountMinor', y.amount_minor, 'postedMinor', posted, 'reversedMinor', reversed) as detail
    from (select y.*,
        coalesce((select sum(p.amount_minor) from postings p where p.event_key = 'payment:' || y.provider || ':' || y.reference), 0) as posted,
        coalesce((select sum(p.amount_minor) from postings p where p.event_key = 'payment-bounced:' || y.provider || ':' || y.reference), 0) as reversed
      from payments y where y.plant = ${plant}) y
    where case when y.state in ('posted', 'suspense', 'returned') then (posted, reversed) <> (y.amount_minor, 0)
      when y.state = 'bounced' then posted <> reversed or posted not in (0, y.amount_minor) else (posted, reversed) <> (0, 0) end
    union all
    select p.event_key, jsonb_build_object('state', null, 'postedMinor', p.amount_minor)
    from postings p
    where p.plant = ${plant} and split_part(p.event_key, ':', 1) = 'payment'
      and not exists (select 1 from payments y where 'payment:' || y.provider || ':' || y.reference = p.event_key)`
}

function allocations({ plant }: Look) {
  return sql`
    select 'allocation:' || allocation_id as subject, jsonb_build_object('amountMinor', amount_minor, 'postedMinor', posted) as detail
    from (select x.allocation_id, x.amount_minor, coalesce((select sum(p.amount_minor) from postings p
        where p.event_key in ('allocation:' || x.allocation_id, 'deposit-set-off:' || x.allocation_id)), 0) as posted
      from allocations x join accounts a on a.account_id = x.account_id where a.plant = ${plant}) x
    where abs(amount_minor) <> posted
    union all
    select p.event_key, jsonb_build_object('amountMinor', null, 'postedMinor', p.amount_minor)
    from postings p
    where p.plant = ${plant} and split_part(p.event_key, ':', 1) in ('allocation', 'deposit-set-off')
      and not exists (select 1 from allocations x where x.allocation_id::text = split_part(p.event_key, ':', 2))`
}

/**
 * What left of a refund is what it says is paid, what is on its way what it says is sent, and what is kept apart what nobody fetched; each
 * of its tries is of that amount. Nothing is posted as a refund of which there is none.
 */
function refunds({ plant }: Look) {
  return sql`
    select 'refund:' || refund_id as subject,
      jsonb_build_object('state', state, 'restMinor', rest, 'paidMinor', paid, 'sentMinor', sent, 'apartMinor', apart, 'triesMinor', tried) as detail
    from (select r.refund_id, r.state, r.amount_minor - r.lapsed_minor as rest, r.unclaimed_at is not null as is_apart,
        coalesce(sum(case p.kind when 'refund' then p.amount_minor when 'refund-returned' then -p.amount_minor end), 0) as paid,
        coalesce(sum(case when p.credit like 'paying-out:%' then p.amount_minor when p.debit like 'paying-out:%' then -p.amount_minor end), 0) as sent,
        coalesce(sum(p.amount_minor) filter (where p.kind = 'unclaimed'), 0) as apart,
        coalesce((select sum(t.amount_minor) from refund_payments t where t.refund_id = r.refund_id and t.state in ('paid', 'unknown')), 0) as tried
      from refunds r left join accounts a on a.account_id = r.account_id left join payments y on y.payment_id = r.payment_id
      left join (select *, split_part(event_key, ':', 1) as kind, split_part(event_key, ':', 2) as of from postings
        where plant = ${plant} and split_part(event_key, ':', 1) = any(${[...REFUND_EVENTS]}::text[])) p on p.of = r.refund_id::text
      where coalesce(a.plant, y.plant) = ${plant} group by 1, 2, 3, 4) r
    where paid <> case state when 'paid' then rest else 0 end or sent <> case state when 'sending' then rest else 0 end
      or apart <> case when is_apart then rest else 0 end or tried <> case when state in ('paid', 'sending') then rest else 0 end
    union all
    select p.event_key, jsonb_build_object('state', null, 'postedMinor', p.amount_minor)
    from postings p
    where p.plant = ${plant} and split_part(p.event_key, ':', 1) = any(${[...REFUND_EVENTS]}::text[])
      and not exists (select 1 from refunds r where r.refund_id::text = split_part(p.event_key, ':', 2))`
}

/** Bills, notes and receipts: as many papers as numbers were taken, and the last one bears the last number. */
function series({ plant }: Look) {
  return sql`
    select s.series as subject, jsonb_build_object('takenNumbers', s.next_number - 1, 'papers', n.papers, 'lastNumber', n.last) as detail
    from number_series s join lateral (
      select count(*) as papers, coalesce(max(substring(number from '[0-9]+$')::bigint), 0) as last from (
        select number from bills where s.series = ${plant} || ':B' and number like ${plant} || '-B-%'
        union all
        select number from notes where s.series = ${plant} || ':N' and number like ${plant} || '-N-%'
        union all
        select receipt_number from payments where s.series like ${plant} || '-R/%' and receipt_number like s.series || '/%'
        union all
        select receipt_number from cash_repayments where s.series like ${plant} || '-S/%' and receipt_number like s.series || '/%') papers) n on true
    where (s.series in (${plant} || ':B', ${plant} || ':N') or s.series like ${plant} || '-R/%' or s.series like ${plant} || '-S/%')
      and (n.papers <> s.next_number - 1 or n.last <> s.next_number - 1)`
}
