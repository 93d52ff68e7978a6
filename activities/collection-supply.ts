import type { Db, Tx } from '../db/client.ts'
import type { Arrears } from '../db/queries/arrears.ts'
import { queueNotice } from '../db/queries/notices.ts'
import type { Topic } from '../db/queries/outbox.ts'
import { readSupplyState, type SupplyState } from '../db/queries/supply-state.ts'
import { cancelTask, findTask, openTask, type Task, tellRole } from '../db/queries/tasks.ts'
import { addToInstant, dateAt, daysBetween } from '../domain/calendar.ts'
import { overdueMinor } from '../domain/debt.ts'
import { processIds } from '../domain/process-ids.ts'
import type { InArrears } from './collection.ts'
import { recordHandReport } from './hand-reports.ts'

/** What the workflow needs to know of it. */
export interface SupplyWork {
  readonly needed: boolean
  /** The meter (or the technician) has confirmed what is wanted, and the customer was told. */
  readonly settled: boolean
  /** When somebody must be told that the meter is still away. */
  readonly lookAgainAt: string | null
}

type Act = (tx: Tx, on: InArrears) => Promise<void>

/** The acts that the supply needs now, found without doing them. */
export interface PlannedSupplyWork {
  readonly acts: readonly Act[]
  readonly settled: boolean
  readonly lookAgainAt: string | null
  readonly topics: readonly Topic[]
}

const ESCALATE_AFTER = ['P1D', 'P3D', 'P10D', 'P17D', 'P24D', 'P31D'] as const

/**
 * Follows the meter from what is wanted to what is reported. A publish or an acknowledgement is no effect: the customer is told
 * that supply was cut, or is back, when the meter said so, or the technician whose work was confirmed.
 */
export async function supplyWork(db: Db | Tx, arrears: Arrears): Promise<PlannedSupplyWork> {
  const supply = await readSupplyState(db, arrears.customerId)
  if (supply === undefined) return { acts: [], settled: true, lookAgainAt: null, topics: [] }
  const topics: Topic[] = [`meter:${supply.serial}`]
  if (supply.isCarried) {
    const word = await wordOwed(db, arrears, supply)
    return { acts: word === undefined ? [] : [word], settled: word === undefined, lookAgainAt: null, topics }
  }
  if (supply.kind === 'smart') return { ...(await awayWork(db, arrears, supply)), settled: false, topics }
  const task = await findTask(db, taskSource(arrears.customerId, supply.desiredVersion))
  return {
    acts: handWork(supply, task),
    settled: false,
    lookAgainAt: null,
    topics: task === undefined ? topics : [...topics, `task:${task.taskId}`],
  }
}

function taskSource(customerId: string, version: number): { workflowId: string; step: string } {
  return { workflowId: processIds.collection(customerId), step: `supply:${version}` }
}

/** A conventional meter or a limiter is switched by a technician; an order that was overtaken is taken back. */
function handWork(supply: SupplyState, task: Task | undefined): Act[] {
  if (task === undefined) return [openHandTask(supply)]
  if (task.status !== 'completed') return []
  return [
    (tx, { arrears }) =>
      recordHandReport(tx, { serial: supply.serial, version: supply.desiredVersion, task, asOf: arrears.state.asOf }),
  ]
}

function openHandTask(supply: SupplyState): Act {
  return async (tx, { arrears, account }) => {
    const before = await findTask(tx, taskSource(arrears.customerId, supply.desiredVersion - 1))
    if (before !== undefined) await cancelTask(tx, before.taskId)
    const { zone, policy } = arrears.plant
    const kind = supply.desiredRelay === 'open' ? 'disconnection' : 'reconnection'
    await openTask(tx, {
      plant: account.plant,
      kind,
      accountId: account.accountId,
      customerId: arrears.customerId,
      source: taskSource(arrears.customerId, supply.desiredVersion),
      detail: { serial: supply.serial, version: supply.desiredVersion, relay: supply.desiredRelay },
      asOf: arrears.state.asOf,
      dueAt: addToInstant(arrears.state.asOf, policy.tasks.targets[kind], zone),
    })
  }
}

/** A smart meter that stays away: after a day, after three, then every week people are told; the gateway goes on by itself. */
async function awayWork(
  db: Db | Tx,
  { state, plant }: Arrears,
  supply: SupplyState,
): Promise<{ acts: Act[]; lookAgainAt: string | null }> {
  const times = ESCALATE_AFTER.map((after) => addToInstant(supply.desiredSince, after, plant.zone))
  const passed = times.filter((at) => at <= state.asOf).length
  const lookAgainAt = times[passed] ?? null
  if (passed === 0) return { acts: [], lookAgainAt }
  const dedupeKey = `meter-away:${supply.serial}:${supply.desiredVersion}:${passed}`
  const told = await db
    .selectFrom('notifications')
    .select('notificationId')
    .where('dedupeKey', 'like', `${dedupeKey}:%`)
    .executeTakeFirst()
  return {
    acts: told === undefined ? [tellAway(supply, { dedupeKey, role: passed === 1 ? 'operator' : 'cluster-in-charge' })] : [],
    lookAgainAt,
  }
}

function tellAway(supply: SupplyState, { dedupeKey, role }: { dedupeKey: string; role: string }): Act {
  return async (tx, { arrears, account }) => {
    const silentDays = daysBetween(
      dateAt(supply.desiredSince, arrears.plant.zone),
      dateAt(arrears.state.asOf, arrears.plant.zone),
    )
    const params = { meterSerial: supply.serial, customerId: arrears.customerId, plantCode: account.plant, silentDays }
    await tellRole(tx, { plant: account.plant, role }, { kind: 'meter-away', params, dedupeKey, asOf: arrears.state.asOf })
  }
}

/** The word to the customer that this cut, or this reconnection, has happened: owed once a hold. */
async function wordOwed(db: Db | Tx, { customerId }: Arrears, supply: SupplyState): Promise<Act | undefined> {
  const hold = await db
    .selectFrom('holds')
    .select(['holdId', 'liftedAt'])
    .where('customerId', '=', customerId)
    .where('reason', '=', 'unpaid')
    .orderBy('holdId', 'desc')
    .limit(1)
    .executeTakeFirst()
  if (hold === undefined) return undefined
  if (hold.liftedAt === null) return (await wasTold(db, `supply-cut:${hold.holdId}`)) ? undefined : tellCut(hold.holdId)
  // Restored is said only to whom the cut was said, and only while no other reason keeps the supply off.
  const cutWasTold = await wasTold(db, `supply-cut:${hold.holdId}`)
  if (!cutWasTold || supply.desiredRelay === 'open' || (await wasTold(db, `supply-restored:${hold.holdId}`))) return undefined
  return tellRestored(hold.holdId)
}

async function wasTold(db: Db | Tx, dedupeKey: string): Promise<boolean> {
  return (
    (await db.selectFrom('notifications').select('notificationId').where('dedupeKey', '=', dedupeKey).executeTakeFirst()) !==
    undefined
  )
}

function tellCut(holdId: number): Act {
  return async (tx, { arrears, account }) => {
    const { state, plant, customerId, currency } = arrears
    const remainingMinor = overdueMinor(state.debts, dateAt(state.asOf, plant.zone))
    await queueNotice(tx, {
      accountId: account.accountId,
      kind: 'supply-cut',
      dedupeKey: `supply-cut:${holdId}`,
      asOf: state.asOf,
      params: {
        customerId,
        remainingMinor,
        currency,
        reason: 'unpaid',
        reconnectionFeeMinor: plant.policy.fees.reconnectionMinor,
      },
    })
  }
}

function tellRestored(holdId: number): Act {
  return async (tx, { arrears, account }) => {
    const { state, plant, customerId, currency } = arrears
    const base = { accountId: account.accountId, asOf: state.asOf }
    const restoredOn = dateAt(state.asOf, plant.zone)
    await queueNotice(tx, {
      ...base,
      kind: 'supply-restored',
      dedupeKey: `supply-restored:${holdId}`,
      params: { customerId, restoredOn },
    })
    const fee = await tx
      .selectFrom('charges')
      .select(['amountMinor', 'dueOn'])
      .where('accountId', '=', account.accountId)
      .where('kind', '=', 'fee')
      .where('source', '=', `reconnection:${holdId}`)
      .executeTakeFirst()
    if (fee === undefined) return
    const params = { customerId, feeMinor: fee.amountMinor, currency, period: `${restoredOn.slice(0, 7)}-01` }
    await queueNotice(tx, { ...base, kind: 'reconnection-fee-charged', dedupeKey: `reconnection-fee:${holdId}`, params })
  }
}
