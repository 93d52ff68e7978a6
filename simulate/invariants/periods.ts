import { sql } from 'kysely'
import type { Db } from '../../db/client.ts'
import { addDuration } from '../../domain/calendar.ts'
import { PLANT } from '../world.ts'
import type { Broken } from './broken.ts'

interface Found {
  readonly accountId: string
  readonly detail: string
}

/**
 * On the last day of a month: every household that is lit for all of it and pre-paid at its end, whether it was at its beginning or became so,
 * was asked for its advance, once; and no two advances, nor two bills, are for the same days. That every post-paid month is billed is the reconciler's to prove.
 */
export async function periodsBilledOnce(db: Db, month: string): Promise<Broken[]> {
  return [...(await notAsked(db, month)), ...(await billedTwice(db))]
}

async function notAsked(db: Db, from: string): Promise<Broken[]> {
  const to = addDuration(from, 'P1M')
  const { rows } = await sql<Found>`
    select c.account_id as "accountId", 'no advance for ' || ${from} as detail
    from connections c
    join connection_terms t on t.customer_id = c.customer_id and t.from_date < ${to}::date and (t.to_date is null or t.to_date >= ${to}::date)
    join packages k on k.plant = t.plant and k.code = t.package_code and k.version = t.package_version and k.mode = 'prepaid'
    where c.plant = ${PLANT} and c.connected_on <= ${from}::date and (c.left_on is null or c.left_on >= ${to}::date)
      and not exists (select 1 from holds h where h.customer_id = c.customer_id and h.placed_at < ${to}::date
        and (h.lifted_at is null or h.lifted_at >= ${from}::date - 6))
      and not exists (select 1 from closures l where l.customer_id = c.customer_id and l.leaving_on < ${to}::date)
      and not exists (select 1 from charges d where d.account_id = c.account_id and d.kind = 'electricity' and d.nature = 'demand'
        and d.source = ${`advance:${from}`} and d.voided_at is null)
    order by 1`.execute(db)
  return rows.map((row) => ({ invariant: 'no period left out', ...row }))
}

async function billedTwice(db: Db): Promise<Broken[]> {
  const { rows } = await sql<Found>`
    select b.account_id as "accountId", 'charges ' || a.charge_id || ' and ' || b.charge_id || ' share days' as detail
    from charges a join charges b on b.account_id = a.account_id and b.charge_id > a.charge_id and b.nature = a.nature
      and a.period_from < b.period_to and b.period_from < a.period_to
    where a.kind in ('electricity', 'final') and b.kind in ('electricity', 'final') and a.amount_minor > 0 and b.amount_minor > 0
      and a.voided_at is null and b.voided_at is null
    order by 1`.execute(db)
  return rows.map((row) => ({ invariant: 'no period billed twice', ...row }))
}
