import { sql } from 'kysely'
import { addDays } from '../../../domain/calendar.ts'
import type { Period } from '../../../domain/period.ts'
import type { Tx } from '../../client.ts'
import { unchasedDebtors } from '../daily-rounds.ts'
import { find, type Look, MOST_FINDINGS, resultOf, type RuleResult } from './finding.ts'

/** The daily round of yesterday has started everybody who was overdue then. */
const CHASED_WITHIN_DAYS = 1

/** Periods billed once each, and nobody overdue without somebody who collects. */
export async function proveBilling(tx: Tx, look: Look, periods: readonly Period[]): Promise<RuleResult[]> {
  const today = addDays(look.today, -CHASED_WITHIN_DAYS)
  const debtors = await unchasedDebtors(tx, { plant: look.plant, today, after: '', limit: MOST_FINDINGS + 1 })
  return [
    await find(tx, 'period-unbilled', unbilled(look, periods)),
    await find(tx, 'period-billed-twice', billedTwice(look)),
    resultOf(
      'overdue-uncollected',
      debtors.map(({ customerId, accountId }) => ({ subject: customerId, detail: { accountId } })),
    ),
  ]
}

/**
 * Post-paid and connected in a period that should be billed by now, without a charge, a cycle at work on it, or one that found nothing to
 * bill. Who left within the period is billed by the closing.
 */
function unbilled({ plant }: Look, periods: readonly Period[]) {
  const column = (of: 'key' | 'from' | 'to') => periods.map((period) => period[of])
  return sql`
    select c.customer_id || ':' || p.key as subject, jsonb_build_object('period', p.key) as detail
    from unnest(${column('key')}::date[], ${column('from')}::date[], ${column('to')}::date[]) as p (key, first, after)
    join connections c on c.plant = ${plant} and c.connected_on < p.after and (c.left_on is null or c.left_on >= p.after)
    join accounts a on a.account_id = c.account_id and a.closed_at is null
    where exists (
        select 1 from connection_terms t join packages k on k.plant = t.plant and k.code = t.package_code and k.version = t.package_version
        where t.customer_id = c.customer_id and k.mode = 'postpaid' and t.from_date < p.after
          and (t.to_date is null or t.to_date > greatest(p.first, c.connected_on)))
      and not exists (select 1 from charges h where h.account_id = c.account_id and h.kind in ('electricity', 'final')
        and (h.source = p.key::text or (h.nature = 'debt' and h.period_from < p.after and h.period_to > p.first)))
      and not exists (select 1 from processes w where w.workflow_id = 'billing:' || c.customer_id || ':' || p.key
        and (w.outcome is null or w.outcome in ('NotBilled', 'CustomerLeft')))`
}

/** The key (account, kind, period) makes the same period twice impossible; two that overlap are not. */
function billedTwice({ plant }: Look) {
  return sql`
    select 'charge:' || b.charge_id as subject,
      jsonb_build_object('accountId', b.account_id, 'period', b.source, 'otherChargeId', o.charge_id, 'otherPeriod', o.source) as detail
    from charges b
    join accounts a on a.account_id = b.account_id and a.plant = ${plant}
    join charges o on o.account_id = b.account_id and o.charge_id < b.charge_id and o.kind in ('electricity', 'final') and o.nature = 'debt'
      and o.amount_minor > 0 and o.period_from < b.period_to and o.period_to > b.period_from
    where b.kind in ('electricity', 'final') and b.nature = 'debt' and b.amount_minor > 0`
}
