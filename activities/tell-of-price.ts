import type { Db, Tx } from '../db/client.ts'
import { withAccount, withAccounts } from '../db/queries/accounts.ts'
import { carryAgain, isCarriedInVain, isHandedOver } from '../db/queries/carrying.ts'
import { queueNotice } from '../db/queries/notices.ts'
import {
  insertPriceNotice,
  markPriceDelivered,
  onTheirWay,
  type OnItsWay,
  untold,
  type Untold,
} from '../db/queries/price-notices.ts'
import { openTask, readTask, type Task } from '../db/queries/tasks.ts'
import { addToInstant, latest } from '../domain/calendar.ts'
import { earliestPriceFrom } from '../domain/price-change.ts'
import { processIds } from '../domain/process-ids.ts'
import type { ReleasedPrice } from './price-changes.ts'

/** So many customers in one transaction. */
const SET = 50

/** Tells a set of customers who have not been told; where there is no phone, somebody carries it. True while there may be more. */
export async function tellOfPrice(db: Db, price: ReleasedPrice): Promise<boolean> {
  const found = await untold(db, price.change, { today: price.today, limit: SET })
  await withAccounts(
    db,
    found.map(({ accountId }) => accountId),
    async (tx) => {
      for (const one of found) await tell(tx, price, one)
    },
  )
  return found.length === SET
}

async function tell(
  tx: Tx,
  { change, plant, asOf, today }: ReleasedPrice,
  { accountId, customerId, ...before }: Untold,
): Promise<void> {
  const { priceChangeId, packageCode, fixedChargeMinor, energyRateMinorPerKwh, effectiveFrom } = change
  const { notificationId, channel } = await queueNotice(tx, {
    accountId,
    kind: 'price-announced',
    params: {
      customerId,
      packageCode,
      from: latest(effectiveFrom, earliestPriceFrom({ announcedOn: today, policy: plant.policy })),
      fixedBeforeMinor: before.fixedChargeMinor,
      unitBeforeMinor: before.energyRateMinorPerKwh,
      fixedMinor: fixedChargeMinor,
      unitMinor: energyRateMinorPerKwh,
      currency: plant.currency,
    },
    dedupeKey: `price:${priceChangeId}:${customerId}`,
    asOf,
  })
  await insertPriceNotice(tx, { priceChangeId, customerId, accountId, notificationId, toldAt: asOf })
  if (channel === 'print') await haveCarried(tx, { change, plant, asOf, today }, { accountId, customerId, notificationId })
}

async function haveCarried(
  tx: Tx,
  { change, plant, asOf }: ReleasedPrice,
  { accountId, customerId, notificationId }: Pick<OnItsWay, 'accountId' | 'customerId' | 'notificationId'>,
): Promise<Task> {
  return openTask(tx, {
    plant: plant.plant,
    kind: 'written-notice',
    accountId,
    customerId,
    source: { workflowId: processIds.priceChange(change.priceChangeId), step: `carry:${customerId}` },
    detail: { notificationId, notice: 'price-announced' },
    dueAt: addToInstant(asOf, plant.policy.tasks.targets['written-notice'], plant.zone),
    asOf,
  })
}

/** Looks which notices arrived by phone or by hand; one that came back is carried again, one that a phone refused is carried. */
export async function seePriceNoticesArrive(db: Db, price: ReleasedPrice): Promise<void> {
  const { priceChangeId } = price.change
  for (const one of await onTheirWay(db, priceChangeId)) {
    const { accountId, customerId, arrivedAt, channel } = one
    if (arrivedAt === null && channel !== 'print') continue
    await withAccount(db, accountId, async (tx) => {
      const deliveredAt = arrivedAt ?? (await handedOverAt(tx, price, one))
      if (deliveredAt !== null) await markPriceDelivered(tx, { priceChangeId, customerId, deliveredAt })
    })
  }
}

async function handedOverAt(tx: Tx, price: ReleasedPrice, one: OnItsWay): Promise<string | null> {
  const task = one.taskId === null ? await haveCarried(tx, price, one) : await readTask(tx, one.taskId)
  if (isHandedOver(task)) return task.completedAt
  const { asOf, plant } = price
  const dueAt = addToInstant(asOf, plant.policy.tasks.targets['written-notice'], plant.zone)
  if (isCarriedInVain(task)) await carryAgain(tx, { task, dueAt, asOf })
  return null
}
