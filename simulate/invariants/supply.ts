import { sql } from 'kysely'
import type { Db } from '../../db/client.ts'
import { addToInstant } from '../../domain/calendar.ts'
import { ZONE } from '../world.ts'
import type { Broken } from './broken.ts'

/** A technician goes within a day and another confirms it; a smart meter in reach takes a moment. */
const BY_HAND_WITHIN = 'P4D'
const BY_WIRE_WITHIN = 'PT1H'

interface Found {
  readonly accountId: string
  readonly detail: string
}

export interface SupplyLook {
  readonly asOf: string
  /** Meters that cannot be reached, or could not until so lately that they are not through. */
  readonly away: ReadonlySet<string>
}

/** Nobody is dark who owes nothing that may cut, or stays dark after the holds are gone; nobody is lit on an open hold. */
export async function supplyFollowsHolds(db: Db, { asOf, away }: SupplyLook): Promise<Broken[]> {
  return [...(await darkForNothing(db, asOf)), ...(await notAsWanted(db, { asOf, away }))]
}

/** A hold for unpaid debts stands on an account of which nothing is overdue. Who left, or was banned, is dark for that. */
async function darkForNothing(db: Db, asOf: string): Promise<Broken[]> {
  const { rows } = await sql<Found>`
    select c.account_id as "accountId", 'hold ' || h.hold_id || ' since ' || h.placed_at as detail
    from holds h join connections c on c.customer_id = h.customer_id join accounts a on a.account_id = c.account_id
    where h.reason = 'unpaid' and h.lifted_at is null and a.closed_at is null and c.left_on is null
      and not exists (select 1 from holds o where o.customer_id = h.customer_id and o.reason in ('closed', 'ban') and o.lifted_at is null) and not exists (
      select 1 from charges d where d.account_id = c.account_id and d.nature = 'debt' and d.voided_at is null
        and d.due_on < (${asOf}::timestamptz at time zone ${ZONE})::date and open_amount(d.charge_id) > 0)
    order by 1`.execute(db)
  return rows.map((row) => ({ invariant: 'nobody dark who owes nothing overdue', ...row }))
}

interface Wanted extends Found {
  readonly serial: string
  readonly kind: string
  readonly holds: number
  readonly wantedSince: string
}

/** Holds and the state wanted of the meter say the same, and the meter says so too before long. */
async function notAsWanted(db: Db, { asOf, away }: SupplyLook): Promise<Broken[]> {
  const { rows } = await sql<Wanted>`
    select c.account_id as "accountId", i.serial, m.kind, h.n as holds, d.business_at as "wantedSince",
      'holds ' || h.n || ', wanted ' || d.relay || ' since ' || d.business_at || ', reported ' || coalesce(r.relay, '-') as detail
    from connections c
    join meter_installations i on i.customer_id = c.customer_id and i.removed_at is null
    join meters m on m.serial = i.serial
    join lateral (select * from meter_desired w where w.serial = i.serial order by w.version desc limit 1) d on true
    left join meter_reported r on r.serial = i.serial
    join lateral (select count(*) as n from holds h where h.customer_id = c.customer_id and h.lifted_at is null) h on true
    where (d.relay = 'open') <> (h.n > 0) or (h.n > 0) <> (coalesce(r.relay, 'closed') = 'open')
    order by 1`.execute(db)
  const within = (kind: string): string =>
    addToInstant(asOf, kind === 'smart' ? `-${BY_WIRE_WITHIN}` : `-${BY_HAND_WITHIN}`, ZONE)
  const late = rows.filter(({ kind, serial, wantedSince }) => !away.has(serial) && wantedSince < within(kind))
  return late.map(({ accountId, holds, detail }) => ({
    invariant: holds > 0 ? 'nobody lit on an open hold' : 'nobody dark without a hold',
    accountId,
    detail,
  }))
}
