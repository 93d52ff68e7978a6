import { type RawBuilder, sql } from 'kysely'
import type { Db } from '../../db/client.ts'
import { ZONE } from '../world.ts'
import type { Broken } from './broken.ts'

interface Found {
  readonly accountId: string
  readonly detail: string
}

/** Whoever keeps to what was agreed is not cut for it; what was promised is judged when its day is over; no doubt about money is left alone. */
export async function agreementsHold(db: Db, asOf: string): Promise<Broken[]> {
  return [
    ...(await found(db, 'nobody cut who has promised', cutWithin(asOf, PROMISED))),
    ...(await found(db, 'nobody cut who keeps a plan', cutWithin(asOf, PLANNED))),
    ...(await found(db, 'promises judged', leftOpen(asOf))),
    ...(await found(db, 'doubts resolved', leftInDoubt(asOf))),
  ]
}

async function found(db: Db, invariant: string, query: RawBuilder<Found>): Promise<Broken[]> {
  const { rows } = await query.execute(db)
  return rows.map((row) => ({ invariant, ...row }))
}

const PROMISED = sql`select p.charge_ids from promises p where p.account_id = c.account_id and p.taken_at <= h.placed_at
  and h.placed_at < ((p.promised_for + 1)::timestamp at time zone ${ZONE})`
const PLANNED = sql`select p.charge_ids from payment_plans p where p.account_id = c.account_id and p.state = 'agreed' and p.decided_at <= h.placed_at`

/** A hold of the last day, though all that is overdue was agreed on. */
function cutWithin(asOf: string, agreed: RawBuilder<unknown>): RawBuilder<Found> {
  return sql<Found>`
    select c.account_id as "accountId", 'hold ' || h.hold_id || ' of ' || h.placed_at as detail
    from holds h join connections c on c.customer_id = h.customer_id
    where h.reason = 'unpaid' and h.lifted_at is null and h.placed_at > ${asOf}::timestamptz - interval '1 day'
      and exists (select 1 from (${agreed}) g where not exists (
        select 1 from charges d where d.account_id = c.account_id and d.nature = 'debt' and d.voided_at is null and d.charge_id <> all (g.charge_ids)
          and d.due_on < (h.placed_at at time zone ${ZONE})::date and open_amount(d.charge_id) > 0))
    order by 1`
}

function leftOpen(asOf: string): RawBuilder<Found> {
  return sql<Found>`
    select account_id as "accountId", 'promise ' || promise_id || ' for ' || promised_for as detail
    from promises where state = 'open' and promised_for < (${asOf}::timestamptz at time zone ${ZONE})::date order by 1`
}

/** The provider is asked, and after days head office is: within a month somebody knows. */
function leftInDoubt(asOf: string): RawBuilder<Found> {
  return sql<Found>`
    select account_id as "accountId", 'payment ' || payment_id || ' ' || state || ' since ' || received_at as detail
    from payments where state in ('pending', 'unknown') and received_at < ${asOf}::timestamptz - interval '30 days' order by 1`
}
