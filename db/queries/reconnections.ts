import { sql } from 'kysely'
import type { Db, Tx } from '../client.ts'
import { type BooksScope, scopeTable } from './books/scope.ts'

/** A household that was dark for money and paid: real times, whatever the plant's clock says. */
export interface Reconnection {
  readonly customerId: string
  readonly reason: 'unpaid' | 'prepaid-lapsed'
  /** When the payment was accepted: the provider's notice, or what an agent entered. */
  readonly paidAt: string
  /** When the hold was lifted and the meter told. */
  readonly allowedAt: string
  /** When the meter had reported it; null while it has not. */
  readonly confirmedAt: string | null
  /** From the payment to the meter's report. */
  readonly seconds: number | null
}

/**
 * Who was lit again by a payment within the days of the scope (billing.md rule 22), by customer and time. A payment counts where the hold
 * was lifted on the day it was posted; who was lit by a correction, or by dark days that brought the price down, paid nothing for it, and
 * whose meter never was off was not dark.
 */
export async function reconnections(db: Db | Tx, scope: BooksScope): Promise<Reconnection[]> {
  const { rows } = await sql<Reconnection>`
    select h.customer_id as "customerId", h.reason, p.recorded_at as "paidAt", d.recorded_at as "allowedAt", m.recorded_at as "confirmedAt",
      round(extract(epoch from m.recorded_at - p.recorded_at)::numeric, 3)::float8 as seconds
    from holds h
    join connections c on c.customer_id = h.customer_id
    join plants z on z.plant = c.plant
    join ${scopeTable(scope)} on scope.plant = c.plant and h.lifted_at >= scope.since and h.lifted_at < scope.until
    join meter_installations i on i.customer_id = h.customer_id and i.installed_at <= h.lifted_at and (i.removed_at is null or i.removed_at > h.lifted_at)
    join meter_desired d on d.serial = i.serial and d.business_at = h.lifted_at and d.relay = 'auto'
    join lateral (
      select o.relay from meter_confirmations k join meter_desired o on o.serial = k.serial and o.version = k.version
      where k.serial = d.serial and k.version < d.version order by k.version desc limit 1) before on before.relay = 'open'
    cross join lateral (
      select coalesce(n.recorded_at, y.recorded_at) as recorded_at
      from payments y left join payment_notices n on n.notice_id = y.notice_id
      where y.account_id = c.account_id and y.posted_at > h.placed_at and y.posted_at <= h.lifted_at
        and (y.posted_at at time zone z.time_zone)::date = (h.lifted_at at time zone z.time_zone)::date
      order by y.posted_at desc, y.payment_id desc limit 1) p
    left join lateral (
      select recorded_at from meter_confirmations where serial = d.serial and version >= d.version order by version limit 1) m on true
    where h.reason in ('unpaid', 'prepaid-lapsed')
    order by 1, 4`.execute(db)
  return rows
}
