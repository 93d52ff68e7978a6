import type { Db, Tx } from '../db/client.ts'
import { type LockedAccount, withAccount } from '../db/queries/accounts.ts'
import { type Arrears, readArrears } from '../db/queries/arrears.ts'
import { listClosures, openClosure } from '../db/queries/closures.ts'
import { carryAgain, isHandedOver } from '../db/queries/carrying.ts'
import { carryStepsAgain, markCarried } from '../db/queries/dunning.ts'
import type { Topic } from '../db/queries/outbox.ts'
import { readDecision } from '../db/queries/processes.ts'
import { readPlant } from '../db/queries/plants.ts'
import { placeHold } from '../db/queries/supply.ts'
import { readTask } from '../db/queries/tasks.ts'
import { isBanAsked } from '../domain/after-cut.ts'
import { nextStep, type NextStep } from '../domain/arrears.ts'
import { addToInstant, dateAt } from '../domain/calendar.ts'
import { processIds } from '../domain/process-ids.ts'
import { type AgreementWork, agreementWork } from './agreements.ts'
import { supplyWork, type SupplyWork } from './collection-supply.ts'
import { takeStep } from './collection-steps.ts'

export interface CollectionKey {
  readonly plant: string
  readonly accountId: string
  readonly customerId: string
  readonly asOf: string
}

/** Everything `collect-dues` decides by, read afresh at every look. */
export interface CollectionFacts {
  readonly next: NextStep
  /** What the supply still needs: a task, a confirmation, a word to the customer. */
  readonly supply: SupplyWork
  /** The step that a cluster or state in-charge must decide, e.g. `protected:91`, `ban:7:1`. */
  readonly asks: { readonly step: string; readonly of: 'state-in-charge' | 'cluster-in-charge' } | null
  /** Notices carried by hand whose report has not been noted yet: handed over, or brought back. */
  readonly carriedTaskIds: readonly string[]
  /** Confirmed: the contract ends and closing takes over. */
  readonly banned: boolean
  /** The connection has ended: what is left is the closing's business. */
  readonly hasLeft: boolean
  readonly openMinor: number
  /** What promises and plans need (not known to runs that began before there were any). */
  readonly agreements?: AgreementWork
  readonly topics: readonly Topic[]
}

/** What chasing a debt does to the world; the rules are in `domain/arrears.ts` (policy, "Chasing and cutting"). */
export function createCollectionActivities({ db }: { db: Db }) {
  return {
    /** Where the account stands and what comes next. Changes nothing. */
    readCollection: (key: CollectionKey): Promise<CollectionFacts> => readCollection(db, key),

    /**
     * Takes the next step if it is still the one expected: the account is locked, everything is read again, so a payment that
     * came in between wins. Returns whether it was taken.
     */
    takeCollectionStep: ({ expected, ...key }: CollectionKey & { expected: NextStep['kind'] }): Promise<boolean> =>
      withAccount(db, key.accountId, async (tx, account) => {
        const arrears = await readArrears(tx, key.customerId, key.asOf)
        const next = nextStep(arrears.state)
        return next.kind === expected && takeStep(tx, { arrears, account }, next)
      }),

    /** Does what the supply needs now: opens or withdraws the work by hand, notes what was reported, tells the customer. */
    keepSupply: (key: CollectionKey): Promise<void> =>
      withAccount(db, key.accountId, async (tx, account) => {
        const arrears = await readArrears(tx, key.customerId, key.asOf)
        const work = await supplyWork(tx, arrears)
        for (const act of work.acts) await act(tx, { arrears, account })
      }),

    /** The contract ends for non-payment: the ban stands, and closing the account begins (policy "ban, close"). */
    endForNonPayment: (key: CollectionKey): Promise<void> =>
      withAccount(db, key.accountId, async (tx, account) => {
        const { customerId, asOf } = key
        await placeHold(tx, { customerId, reason: 'ban', owner: processIds.collection(customerId) }, asOf)
        const open = (await listClosures(tx, customerId)).some(({ endedAs }) => endedAs !== 'Withdrawn')
        if (open) return
        const { zone } = await readPlant(tx, account.plant, asOf)
        await openClosure(
          tx,
          { ...account, customerId },
          {
            reason: 'non-payment',
            leavingOn: dateAt(asOf, zone),
            refundMethod: 'cash',
            requestedBy: 'system',
            requestedAt: asOf,
          },
        )
      }),

    /** Notes that a printed notice was handed over; one that was brought back is carried again, and counts as nothing until then. */
    noteCarried: ({ taskIds, ...key }: CollectionKey & { taskIds: readonly string[] }): Promise<void> =>
      withAccount(db, key.accountId, async (tx) => {
        for (const taskId of taskIds) await noteCarried(tx, { ...key, taskId })
      }),
  }
}

async function noteCarried(tx: Tx, { taskId, plant, asOf }: CollectionKey & { taskId: string }): Promise<void> {
  const task = await readTask(tx, taskId)
  if (task.status !== 'completed' || task.completedAt === null) return
  if (isHandedOver(task)) return markCarried(tx, { taskId, deliveredAt: task.completedAt })
  const { policy, zone } = await readPlant(tx, plant, asOf)
  const dueAt = addToInstant(asOf, policy.tasks.targets['written-notice'], zone)
  const next = await carryAgain(tx, { task, dueAt, asOf })
  await carryStepsAgain(tx, { taskId, nextTaskId: next.taskId })
}

/** The account with what it is in arrears with: what a step acts on. */
export interface InArrears {
  readonly arrears: Arrears
  readonly account: LockedAccount
}

async function readCollection(db: Db | Tx, { customerId, accountId, asOf }: CollectionKey): Promise<CollectionFacts> {
  const arrears = await readArrears(db, customerId, asOf)
  const supply = await supplyWork(db, arrears)
  const asks = await openQuestion(db, arrears)
  const carried = await carriedNotices(db, arrears)
  const agreed = await agreementWork(db, arrears)
  return {
    next: nextStep(arrears.state),
    supply: { needed: supply.acts.length > 0, act: supply.act, settled: supply.settled, lookAgainAt: supply.lookAgainAt },
    asks,
    carriedTaskIds: carried.reported,
    banned: arrears.isBanConfirmed,
    hasLeft: arrears.leftOn !== null,
    agreements: { act: agreed.act, lookAgainAt: agreed.lookAgainAt, asks: agreed.asks },
    openMinor: arrears.state.debts.reduce((sum, { openMinor }) => sum + openMinor, 0),
    topics: [
      `account:${accountId}`,
      `connection:${customerId}`,
      ...supply.topics,
      ...carried.underWay.map((taskId): Topic => `task:${taskId}`),
    ],
  }
}

/** A question put to an in-charge and not answered yet: a protected customer, or the ban. */
async function openQuestion(db: Db | Tx, arrears: Arrears): Promise<CollectionFacts['asks']> {
  const { state, customerId, banStep, isBanConfirmed, plant } = arrears
  const workflowId = processIds.collection(customerId)
  for (const debt of state.debts.filter(({ steps }) => steps.some(({ step }) => step === 'ask-state'))) {
    const step = `protected:${debt.chargeId}`
    if ((await readDecision(db, workflowId, step)) === undefined) return { step, of: 'state-in-charge' }
  }
  const isAsked = banStep !== null && !isBanConfirmed && isBanAsked(state, dateAt(state.asOf, plant.zone))
  return isAsked ? { step: banStep, of: 'cluster-in-charge' } : null
}

/** Notices that somebody carries, by the state of their task: noted once reported, awaited until then. */
async function carriedNotices(db: Db | Tx, { state }: Arrears): Promise<{ reported: string[]; underWay: string[] }> {
  const chargeIds = state.debts.map(({ chargeId }) => chargeId)
  if (chargeIds.length === 0) return { reported: [], underWay: [] }
  const rows = await db
    .selectFrom('dunningSteps')
    .innerJoin('tasks', 'tasks.taskId', 'dunningSteps.taskId')
    .select(['tasks.taskId', 'tasks.status'])
    .where('chargeId', 'in', chargeIds)
    .where('tasks.kind', '=', 'written-notice')
    .where('deliveredAt', 'is', null)
    .distinct()
    .execute()
  const withStatus = (...statuses: string[]) => rows.filter(({ status }) => statuses.includes(status)).map(({ taskId }) => taskId)
  return { reported: withStatus('completed'), underWay: withStatus('requested', 'in-process', 'review') }
}
