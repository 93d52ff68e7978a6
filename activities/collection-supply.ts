import type { Db, Tx } from '../db/client.ts'
import type { Arrears } from '../db/queries/arrears.ts'
import { queueNotice } from '../db/queries/notices.ts'
import type { Topic } from '../db/queries/outbox.ts'
import { readSupplyState, type SupplyState } from '../db/queries/supply-state.ts'
import { type Task, tasksOf } from '../db/queries/tasks.ts'
import { dateAt } from '../domain/calendar.ts'
import { overdueMinor } from '../domain/debt.ts'
import { processIds } from '../domain/process-ids.ts'
import type { InArrears } from './collection.ts'
import { doMeterWork, type MeterWork, readMeterWork, withdrawHandTask } from './hand-work.ts'

/** What the workflow needs to know of it. */
export interface SupplyWork {
  readonly needed: boolean
  /** What it needs, e.g. `open-task`. */
  readonly act: string | null
  /** The meter (or the technician) has confirmed what is wanted, and the customer was told. */
  readonly settled: boolean
  /** When somebody must be told that the meter is still away. */
  readonly lookAgainAt: string | null
}

type Act = (tx: Tx, on: InArrears) => Promise<void>

/** The acts that the supply needs now, found without doing them. */
export interface PlannedSupplyWork {
  readonly acts: readonly Act[]
  readonly act: string | null
  readonly settled: boolean
  readonly lookAgainAt: string | null
  readonly topics: readonly Topic[]
}

/**
 * Follows the meter from what is wanted to what is reported. A publish or an acknowledgement is no effect: the customer is told
 * that supply was cut, or is back, when the meter said so, or the technician whose work was confirmed.
 */
export async function supplyWork(db: Db | Tx, arrears: Arrears): Promise<PlannedSupplyWork> {
  const supply = await readSupplyState(db, arrears.customerId)
  if (supply === undefined) return { acts: [], act: null, settled: true, lookAgainAt: null, topics: [] }
  const meter: Topic = `meter:${supply.serial}`
  const overtaken = await overtakenTasks(db, arrears.customerId, supply)
  if (overtaken.length > 0)
    return { acts: [withdraw(supply, overtaken)], act: 'withdraw', settled: false, lookAgainAt: null, topics: [meter] }
  // A limit or hours that another process changed are its own to see to.
  const isOfOthers = supply.isRelaySet && supply.source !== processIds.collection(arrears.customerId)
  if (supply.isCarried || isOfOthers) {
    const word = await wordOwed(db, arrears, supply)
    const base = { settled: word === undefined, lookAgainAt: null, topics: [meter] }
    return word === undefined ? { ...base, acts: [], act: null } : { ...base, acts: [word], act: 'word' }
  }
  const source = taskSource(arrears.customerId, supply.desiredVersion)
  const work = await readMeterWork(db, { supply, source, plant: arrears.plant, asOf: arrears.state.asOf })
  return {
    acts: work.act === null ? [] : [handle(supply, work)],
    act: work.act === null ? null : JSON.stringify(work.act),
    settled: false,
    lookAgainAt: work.lookAgainAt,
    topics: work.task === undefined ? [meter] : [meter, `task:${work.task.taskId}`],
  }
}

function taskSource(customerId: string, version: number): { workflowId: string; step: string } {
  return { workflowId: processIds.collection(customerId), step: `${SUPPLY_STEP}${version}` }
}

const SUPPLY_STEP = 'supply:'

/** Work by hand for a version that is no longer wanted, and that nobody has finished. */
async function overtakenTasks(db: Db | Tx, customerId: string, { desiredVersion }: SupplyState): Promise<Task[]> {
  const { workflowId, step } = taskSource(customerId, desiredVersion)
  return (await tasksOf(db, workflowId)).filter(
    ({ sourceStep, status }) =>
      sourceStep.startsWith(SUPPLY_STEP) && sourceStep !== step && status !== 'completed' && status !== 'cancelled',
  )
}

function withdraw(supply: SupplyState, tasks: readonly Task[]): Act {
  return async (tx, { arrears }) => {
    for (const task of tasks) await withdrawHandTask(tx, task, { supply, asOf: arrears.state.asOf })
  }
}

function handle(supply: SupplyState, work: MeterWork): Act {
  return (tx, { arrears, account }) => {
    const { serial, desiredVersion: version } = supply
    const { customerId, plant, state } = arrears
    const key = { accountId: account.accountId, customerId, serial, version, source: taskSource(customerId, version) }
    return doMeterWork(tx, { key, supply, plant, asOf: state.asOf }, work)
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
