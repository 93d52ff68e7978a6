import { type Selectable, sql } from 'kysely'
import { processIds } from '../../domain/process-ids.ts'
import type { Db, Tx } from '../client.ts'
import type { Packages, PriceNotices } from '../tables.ts'
import type { PriceChange } from './price-changes.ts'

/** A customer who pays an older version of the package and has not been told. */
export type Untold = Pick<Selectable<Packages>, 'fixedChargeMinor' | 'energyRateMinorPerKwh'> & {
  readonly customerId: string
  readonly accountId: string
}

/** Customers on an older version of the package today who have not been told of this price, in order of their accounts. */
export async function untold(
  db: Db | Tx,
  { plant, packageCode, toVersion, priceChangeId }: PriceChange,
  { today, limit }: { today: string; limit: number },
): Promise<Untold[]> {
  const { rows } = await sql<Untold>`
    select c.customer_id as "customerId", c.account_id as "accountId", p.fixed_charge_minor as "fixedChargeMinor",
      p.energy_rate_minor_per_kwh as "energyRateMinorPerKwh"
    from connections c
    join connection_terms t on t.customer_id = c.customer_id and t.from_date <= ${today} and (t.to_date is null or t.to_date > ${today})
    join packages p on p.plant = t.plant and p.code = t.package_code and p.version = t.package_version
    where c.plant = ${plant} and c.left_on is null and t.package_code = ${packageCode} and t.package_version < ${toVersion}
      and not exists (select 1 from price_notices n where n.price_change_id = ${priceChangeId} and n.customer_id = c.customer_id)
    order by c.account_id
    limit ${limit}`.execute(db)
  return rows
}

/** Keeps that a customer was told. */
export async function insertPriceNotice(
  tx: Tx,
  notice: Pick<Selectable<PriceNotices>, 'priceChangeId' | 'customerId' | 'accountId' | 'notificationId' | 'toldAt'>,
): Promise<void> {
  await tx
    .insertInto('priceNotices')
    .values(notice)
    .onConflict((c) => c.columns(['priceChangeId', 'customerId']).doNothing())
    .execute()
}

/** A notice of a price that has not arrived, with whoever carries it. */
export interface OnItsWay {
  readonly customerId: string
  readonly accountId: string
  readonly notificationId: number
  readonly channel: string
  readonly arrivedAt: string | null
  /** The last task to carry it by hand. */
  readonly taskId: string | null
}

/** Notices of a price that are not known to have arrived, of those who are still here. */
export async function onTheirWay(db: Db | Tx, priceChangeId: string): Promise<OnItsWay[]> {
  const workflowId = processIds.priceChange(priceChangeId)
  const { rows } = await sql<OnItsWay>`
    select p.customer_id as "customerId", p.account_id as "accountId", p.notification_id as "notificationId", n.channel, n.delivered_at as "arrivedAt",
      (select t.task_id from tasks t where t.source_workflow_id = ${workflowId}
        and (t.source_step = 'carry:' || p.customer_id or starts_with(t.source_step, 'carry:' || p.customer_id || ':try-'))
        order by t.opened_at desc, length(t.source_step) desc, t.source_step desc limit 1) as "taskId"
    from price_notices p join notifications n on n.notification_id = p.notification_id
    join connections c on c.customer_id = p.customer_id
    where p.price_change_id = ${priceChangeId} and p.delivered_at is null and c.left_on is null
    order by p.account_id`.execute(db)
  return rows
}

/** It arrived. The first time stands. */
export async function markPriceDelivered(
  tx: Tx,
  { priceChangeId, customerId, deliveredAt }: { priceChangeId: string; customerId: string; deliveredAt: string },
): Promise<void> {
  await tx
    .updateTable('priceNotices')
    .set({ deliveredAt })
    .where('priceChangeId', '=', priceChangeId)
    .where('customerId', '=', customerId)
    .where('deliveredAt', 'is', null)
    .execute()
}

/** Customers whose notice arrived and who do not pay the price yet, in order of their accounts. */
export async function toldAndWaiting(
  db: Db | Tx,
  priceChangeId: string,
): Promise<{ customerId: string; accountId: string; deliveredAt: string }[]> {
  return db
    .selectFrom('priceNotices')
    .innerJoin('connections', 'connections.customerId', 'priceNotices.customerId')
    .select(['priceNotices.customerId', 'priceNotices.accountId'])
    .select((eb) => eb.ref('deliveredAt').$notNull().as('deliveredAt'))
    .where('priceChangeId', '=', priceChangeId)
    .where('deliveredAt', 'is not', null)
    .where('fromDate', 'is', null)
    .where('leftOn', 'is', null)
    .orderBy('priceNotices.accountId')
    .execute()
}

/**
 * Puts the new version into a connection's terms from a day on; what was agreed for later days stays. False where those days have another
 * package by now, or this version or a newer one already. The caller holds the account lock.
 */
export async function changeVersion(
  tx: Tx,
  { packageCode, toVersion, priceChangeId, plant }: PriceChange & { toVersion: number },
  { customerId, from }: { customerId: string; from: string },
): Promise<boolean> {
  const standing = await tx
    .selectFrom('connectionTerms')
    .selectAll()
    .where('customerId', '=', customerId)
    .where('fromDate', '<=', from)
    .where((eb) => eb.or([eb('toDate', 'is', null), eb('toDate', '>', from)]))
    .executeTakeFirst()
  if (standing === undefined || standing.packageCode !== packageCode || standing.packageVersion >= toVersion) return false
  const source = processIds.priceChange(priceChangeId)
  const row = tx.updateTable('connectionTerms').where('customerId', '=', customerId).where('fromDate', '=', standing.fromDate)
  if (standing.fromDate === from) {
    await row.set({ packageVersion: toVersion, source }).execute()
    return true
  }
  await row.set({ toDate: from }).execute()
  const version = { customerId, plant, packageCode, packageVersion: toVersion, source }
  await tx
    .insertInto('connectionTerms')
    .values({ ...version, fromDate: from, toDate: standing.toDate })
    .execute()
  return true
}

/** From when a customer pays the price. */
export async function markPaying(
  tx: Tx,
  { priceChangeId, customerId, from }: { priceChangeId: string; customerId: string; from: string },
): Promise<void> {
  await tx
    .updateTable('priceNotices')
    .set({ fromDate: from })
    .where('priceChangeId', '=', priceChangeId)
    .where('customerId', '=', customerId)
    .execute()
}
