import type { Db, Tx } from '../db/client.ts'
import { carryAgain } from '../db/queries/carrying.ts'
import { cancelTask, openTask, tellRole } from '../db/queries/tasks.ts'
import { addToInstant } from '../domain/calendar.ts'
import { type BillingStep, readingDueAt } from '../domain/billing-cycle.ts'
import { estimatedRegister } from '../domain/period-charge.ts'
import {
  type BillingCycle,
  type CycleFacts,
  type CycleKey,
  deliveryTask,
  isDelivery,
  isOpen,
  readBillingCycle,
  reportedRegister,
  sourceOf,
  takeStep,
  telemetryFor,
} from './billing-cycle.ts'
import { askReview, judge, lastRegister, settleReview, store, takeEntry, tellDoubt } from './reading-review.ts'
import { smartReading } from './take-readings.ts'

type At = CycleKey & { readonly asOf: string }

/** The steps of one post-paid customer's billing up to the bill: each a transaction that acts only if it still is the next step. */
export function createBillingStepActivities({ db }: { db: Db }) {
  const step = (expected: BillingStep['kind'], act: (tx: Tx, facts: CycleFacts) => Promise<void>) => (at: At) =>
    takeStep(db, at, { expected, act })
  return {
    /** Where the cycle stands and what it does next. */
    readBillingCycle: (at: At): Promise<BillingCycle> => readBillingCycle(db, at),

    /** Takes a smart meter's boundary register: accepted, in review, or refused. */
    takeTelemetry: step('take-telemetry', takeTelemetry),

    /** Sends a technician to read the meter. */
    openReadingVisit: step('open-visit', (tx, facts) => openVisit(tx, facts)),

    /** Tells those who may review what is doubtful about a reading that was reported. */
    tellReadingDoubt: step('tell-doubt', tellDoubt),

    /** Takes a confirmed visit's register; one below the last is refused. */
    takeVisitReading: step('take-visit', takeVisit),

    /** Takes a register that somebody entered without being sent; a second person must look at it. */
    takeEnteredReading: step('take-entry', takeEntry),

    /** Asks a second person to look at a register. */
    askReadingReview: step('ask-review', askReview),

    /** Accepts or refuses a register as the second person found. */
    settleReadingReview: step('settle-review', settleReview),

    /** Puts an estimated register at the boundary; the next reading trues it up. */
    estimateReading: step('estimate', estimate),

    /** Nothing more may be estimated: the cluster in-charge is told, and somebody goes there. */
    callForVisit: step('call-for-visit', callForVisit),

    /** Takes back work that is no longer wanted. */
    withdrawBillingWork: step('withdraw-work', withdrawWork),

    /** Gives the printed bill to somebody who carries it there. */
    deliverBillByHand: step('deliver-by-hand', deliverByHand),
  }
}

async function takeTelemetry(tx: Tx, facts: CycleFacts): Promise<void> {
  const { subject, serial, windows, rules, asOf, state } = facts
  if (subject === undefined || serial === undefined) return
  const sent = await telemetryFor(tx, { windows, rules, asOf, serial, running: state.estimatesRunning })
  if (sent !== undefined) await store(tx, facts, smartReading(subject, { serial, ...sent }, { windows, rules, asOf }))
}

async function openVisit(tx: Tx, { key, workflowId, asOf, windows, rules, serial, state, tasks }: CycleFacts): Promise<void> {
  const round = tasks.filter(({ sourceStep }) => sourceStep.startsWith('reading:')).length + 1
  const dueAt = readingDueAt({ windows, asOf, zone: rules.zone, policy: rules.policy })
  const { plant, accountId, customerId, period } = key
  const detail = {
    period,
    serial: serial ?? null,
    again: round > 1,
    mayEstimate: state.estimatesRunning < rules.policy.metering.maxEstimatesRunning,
  }
  await openTask(tx, {
    plant,
    kind: 'reading',
    accountId,
    customerId,
    source: { workflowId, step: `reading:${round}` },
    detail,
    dueAt,
    asOf,
  })
}

async function takeVisit(tx: Tx, facts: CycleFacts): Promise<void> {
  const task = facts.tasks.findLast(({ sourceStep }) => sourceStep.startsWith('reading:'))
  const registerWh = task && reportedRegister(task)
  if (task === undefined || registerWh === undefined || facts.serial === undefined) return
  const takenAt = task.completedAt ?? facts.asOf
  const judged = judge(facts, { registerWh, takenAt })
  const photoRef = typeof task.result?.photoRef === 'string' ? task.result.photoRef : null
  await store(tx, facts, {
    customerId: facts.key.customerId,
    serial: facts.serial,
    boundary: facts.windows.boundary,
    source: 'visit',
    registerWh,
    takenAt,
    photoRef,
    taskId: task.taskId,
    rules: judged.rules,
    state: judged.verdict === 'refused' ? 'refused' : 'accepted',
    enteredBy: task.completedBy ?? 'unknown',
    reviewedBy: task.reviewedBy,
  })
}

async function estimate(tx: Tx, facts: CycleFacts): Promise<void> {
  const { subject, windows, rules, key } = facts
  if (subject === undefined) return
  const { serial, registerWh } = estimatedRegister({ connection: subject, windows, rules })
  await store(tx, facts, {
    customerId: key.customerId,
    serial,
    boundary: windows.boundary,
    source: 'estimate',
    registerWh,
    takenAt: windows.billFrom,
    rules: [],
    state: 'accepted',
    enteredBy: 'system',
  })
}

async function callForVisit(tx: Tx, facts: CycleFacts): Promise<void> {
  const { key, workflowId, asOf, tasks, serial } = facts
  const open = tasks.findLast((task) => task.sourceStep.startsWith('reading:') && isOpen(task))
  if (open === undefined) await openVisit(tx, facts)
  const round = tasks.filter(({ sourceStep }) => sourceStep.startsWith('reading:')).length + (open === undefined ? 1 : 0)
  const lastWh = lastRegister(facts, Number.MAX_SAFE_INTEGER)
  await tellRole(
    tx,
    { plant: key.plant, role: 'cluster-in-charge' },
    {
      kind: 'reading-needs-review',
      asOf,
      dedupeKey: `estimates-exhausted:${workflowId}`,
      params: {
        customerId: key.customerId,
        meterSerial: serial ?? '',
        period: key.period,
        previousReadingWh: lastWh,
        presentReadingWh: lastWh,
        taskId: open?.taskId ?? (await latestTaskId(tx, workflowId, `reading:${round}`)),
        doubt: 'too-many-estimates',
      },
    },
  )
}

async function latestTaskId(tx: Tx, workflowId: string, step: string): Promise<string> {
  const row = await tx
    .selectFrom('tasks')
    .select('taskId')
    .where('sourceWorkflowId', '=', workflowId)
    .where('sourceStep', '=', step)
    .executeTakeFirstOrThrow()
  return row.taskId
}

async function withdrawWork(tx: Tx, { tasks, asOf }: CycleFacts): Promise<void> {
  for (const task of tasks.filter((one) => isOpen(one) && !isDelivery(one))) await cancelTask(tx, task.taskId, asOf)
}

/** The paper bill goes with a CSA (manual 2.2.4: electronically or by a field agent), and again while nobody could be given it. */
export async function deliverByHand(
  tx: Tx,
  { key, workflowId, asOf, rules, tasks }: Pick<CycleFacts, 'key' | 'workflowId' | 'asOf' | 'rules' | 'tasks'>,
): Promise<void> {
  const dueAt = addToInstant(asOf, rules.policy.tasks.targets['bill-delivery'], rules.zone)
  const before = deliveryTask(tasks)
  if (before !== undefined) {
    await carryAgain(tx, { task: before, dueAt, asOf })
    return
  }
  const bill = await tx
    .selectFrom('bills')
    .select('number')
    .where('accountId', '=', key.accountId)
    .where('kind', '=', 'electricity')
    .where('source', '=', sourceOf(key))
    .executeTakeFirstOrThrow()
  await openTask(tx, {
    plant: key.plant,
    kind: 'bill-delivery',
    accountId: key.accountId,
    customerId: key.customerId,
    source: { workflowId, step: 'delivery' },
    asOf,
    detail: { billNumber: bill.number },
    dueAt,
  })
}
