import { sql } from 'kysely'
import type { BillingWindows } from '../../domain/billing-calendar.ts'
import { electricitySource } from '../../domain/charge.ts'
import { dateAt } from '../../domain/calendar.ts'
import { HOLD_REASONS, HOLD_RULES } from '../../domain/hold.ts'
import type { PackageMode } from '../../domain/package.ts'
import type { Db, Tx } from '../client.ts'

/** Which customers a look is about: those of one mode around one boundary. */
export interface BillingScope {
  readonly plant: string
  readonly mode: PackageMode
  readonly windows: BillingWindows
  readonly asOf: string
  /** First day of the plant's business time: nothing before it is ours to bill. */
  readonly since: string
}

/** Holds that keep somebody from being asked for an advance: everything but passing ones (policy "status"). */
export const LASTING_HOLDS = HOLD_REASONS.filter((reason) => !HOLD_RULES[reason].temporary)

/** First day of the plant's business time, or undefined for a plant without a clock. */
export async function plantSince(db: Db | Tx, plant: string, zone: string): Promise<string | undefined> {
  const row = await db
    .selectFrom('clockSegments')
    .select('businessFrom')
    .where('plant', '=', plant)
    .orderBy('wallFrom')
    .limit(1)
    .executeTakeFirst()
  return row && dateAt(row.businessFrom, zone)
}

/**
 * Customer IDs after `after`, in order, that have neither a charge nor a cycle of their own for what falls due at the boundary.
 * Derived from what is there, never from a note that it was done: so a run repeated, missed or doubled converges, and who was
 * connected or lit later is found later.
 */
export async function billingCandidates(
  db: Db | Tx,
  scope: BillingScope,
  page: { after: string; limit: number },
): Promise<string[]> {
  const { windows, mode, asOf, since } = scope
  if (mode === 'postpaid' && (asOf < windows.readFrom || windows.boundary <= since)) return []
  if (mode === 'prepaid' && (asOf < windows.advanceFrom || asOf >= windows.advanceUntil || windows.prepaid.to <= since)) return []
  const period = mode === 'postpaid' ? windows.postpaid : windows.prepaid
  const due = mode === 'postpaid' ? postpaidDue(scope) : prepaidDue(scope)
  const { rows } = await sql<{ customerId: string }>`
    select c.customer_id as "customerId"
    from connections c
    join accounts a on a.account_id = c.account_id
    where c.plant = ${scope.plant} and c.customer_id > ${page.after} and c.connected_on < ${period.to} and a.closed_at is null
      and (c.left_on is null or c.left_on > c.connected_on)
      and exists (
        select 1 from connection_terms t
        join packages p on p.plant = t.plant and p.code = t.package_code and p.version = t.package_version
        where t.customer_id = c.customer_id and p.mode = ${mode} and t.from_date < ${period.to}
          and (t.to_date is null or t.to_date > greatest(${period.from}::date, c.connected_on)))
      and not exists (select 1 from charges h where h.account_id = c.account_id and h.kind = 'electricity' and h.source = ${electricitySource(mode, period.key)})
      and not exists (select 1 from processes w where w.workflow_id in ('billing:' || c.customer_id || ':' || ${period.key}, 'billing:' || c.customer_id || ':' || ${period.key} || ':since-change')
        and w.input ->> 'boundary' = ${windows.boundary})
      and ${due}
    order by c.customer_id
    limit ${page.limit}`.execute(db)
  return rows.map(({ customerId }) => customerId)
}

/** Who leaves inside the period is billed by his final bill. Until the boundary only those whose meter must be read by hand are begun. */
function postpaidDue({ windows, asOf }: BillingScope) {
  const whole = sql`(c.left_on is null or c.left_on >= ${windows.postpaid.to})`
  if (asOf >= windows.billFrom) return whole
  return sql`${whole} and exists (
    select 1 from meter_installations i join meters m on m.serial = i.serial
    where i.customer_id = c.customer_id and i.removed_at is null and m.kind = 'conventional')`
}

/**
 * Nobody is asked in advance for a supply that is held back, about to change its package, or that he is about to give up, nor for a period
 * that is post-paid at its end. For one that became pre-paid in its middle he is asked from that day on.
 */
function prepaidDue({ windows }: BillingScope) {
  return sql`not exists (
      select 1 from connection_terms t
      join packages p on p.plant = t.plant and p.code = t.package_code and p.version = t.package_version
      where t.customer_id = c.customer_id and p.mode <> 'prepaid' and t.from_date < ${windows.prepaid.to}
        and (t.to_date is null or t.to_date >= ${windows.prepaid.to}))
    and (c.left_on is null or c.left_on > ${windows.prepaid.from})
    and not exists (select 1 from package_requests r where r.customer_id = c.customer_id and r.ended_at is null and r.applied_at is null
      and r.settled_at is not null and r.effective_on <= ${windows.prepaid.from})
    and not exists (select 1 from closures l where l.customer_id = c.customer_id and l.ended_at is null and l.leaving_on <= ${windows.prepaid.from})
    and not exists (select 1 from holds o where o.customer_id = c.customer_id and o.lifted_at is null
      and o.reason in (${sql.join(LASTING_HOLDS.map((reason) => sql`${reason}`))}))`
}

/** How a boundary's billing stands: bills issued, cycles that wait, cycles that are parked. */
export interface BillingCounts {
  readonly boundary: string
  readonly issued: number
  readonly waiting: number
  readonly parked: number
  readonly amountMinor: number
}

/** Counts of a boundary, from the charges and the cycles themselves. */
export async function countBilling(db: Db | Tx, plant: string, windows: BillingWindows): Promise<BillingCounts> {
  const { postpaid, prepaid, boundary } = windows
  const issued = await db
    .selectFrom('charges')
    .innerJoin('accounts', 'accounts.accountId', 'charges.accountId')
    .select((eb) => [
      eb.fn.countAll<number>().as('issued'),
      eb.fn.coalesce(eb.fn.sum<number>('amountMinor'), sql<number>`0`).as('amountMinor'),
    ])
    .where('plant', '=', plant)
    .where('kind', '=', 'electricity')
    .where((eb) =>
      eb.or([
        eb.and([eb('source', '=', electricitySource('postpaid', postpaid.key)), eb('nature', '=', 'debt')]),
        eb.and([eb('source', '=', electricitySource('prepaid', prepaid.key)), eb('nature', '=', 'demand')]),
      ]),
    )
    .executeTakeFirstOrThrow()
  const { rows } = await sql<{ waiting: number; parked: number }>`
    select count(*) filter (where p.stage <> 'Parked') as waiting, count(*) filter (where p.stage = 'Parked') as parked
    from processes p
    where p.plant = ${plant} and p.workflow_type = 'billCustomer' and p.outcome is null and p.input ->> 'boundary' = ${boundary}
      and not exists (select 1 from charges h where h.account_id = p.account_id and h.kind = 'electricity'
        and h.source = case p.input ->> 'period' when ${prepaid.key} then ${electricitySource('prepaid', prepaid.key)} else p.input ->> 'period' end)`.execute(
    db,
  )
  return {
    boundary,
    issued: Number(issued.issued),
    amountMinor: issued.amountMinor,
    waiting: rows[0]?.waiting ?? 0,
    parked: rows[0]?.parked ?? 0,
  }
}
