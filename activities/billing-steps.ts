import type { Db, Tx } from '../db/client.ts'
import { insertReadings, type NewReading, reviewReading } from '../db/queries/boundary-readings.ts'
import { nudge } from '../db/queries/outbox.ts'
import { readDecision } from '../db/queries/processes.ts'
import { cancelTask, openTask, tellRole } from '../db/queries/tasks.ts'
import { addToInstant, latest } from '../domain/calendar.ts'
import { readingDueAt } from '../domain/billing-cycle.ts'
import { DomainError } from '../domain/errors.ts'
import { estimatedRegister, judgeRegister } from '../domain/period-charge.ts'
import type { ReadingRule } from '../domain/reading.ts'
import type { TaskKind } from '../domain/tasks.ts'
import type { ReadingDoubt } from '../notifications/notices/vocabulary.ts'
import {
  type BillingCycle,
  type CycleFacts,
  type CycleKey,
  isOpen,
  readBillingCycle,
  reportedRegister,
  takeStep,
  telemetryFor,
} from './billing-cycle.ts'
import { smartReading } from './take-readings.ts'

type At = CycleKey & { readonly asOf: string }

const DOUBTS: Readonly<Record<ReadingRule, ReadingDoubt>> = {
  'below-last': 'far-below-usual',
  'under-mean': 'far-below-usual',
  'over-mean': 'far-above-usual',
  'over-limit-hours': 'beyond-limit',
}

/** The steps of one post-paid customer's billing up to the bill: each a transaction that acts only if it still is the next step. */
export function createBillingStepActivities({ db }: { db: Db }) {
  const step = (expected: Parameters<typeof takeStep>[2], act: (tx: Tx, facts: CycleFacts) => Promise<void>) => (at: At) =>
    takeStep(db, at, expected, act)
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

async function store(tx: Tx, { key, tasks }: CycleFacts, reading: NewReading): Promise<void> {
  await insertReadings(tx, [reading])
  // Somebody who is still on the way need not go: the boundary has its register.
  if (reading.state === 'accepted') for (const task of tasks.filter(isOpen)) await cancelTask(tx, task.taskId)
  await nudge(tx, `connection:${key.customerId}`)
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

async function tellDoubt(tx: Tx, facts: CycleFacts): Promise<void> {
  const { key, tasks, asOf, state } = facts
  const task = tasks.findLast(({ sourceStep }) => sourceStep.startsWith('reading:'))
  const [rule] = state.visit?.doubts ?? []
  if (task === undefined || rule === undefined) return
  const registerWh = reportedRegister(task) ?? 0
  await tellRole(
    tx,
    { plant: key.plant, role: 'operator' },
    {
      kind: 'reading-needs-review',
      params: { ...doubtful(facts, registerWh), taskId: task.taskId, doubt: DOUBTS[rule] },
      dedupeKey: `reading-doubt:${task.taskId}:${task.round}`,
      asOf,
    },
  )
}

function doubtful(facts: CycleFacts, registerWh: number) {
  const { key, serial } = facts
  const lastWh = lastRegister(facts, registerWh)
  return {
    customerId: key.customerId,
    meterSerial: serial ?? '',
    period: key.period,
    previousReadingWh: lastWh,
    presentReadingWh: registerWh,
  }
}

function lastRegister(facts: CycleFacts, registerWh: number): number {
  return judge(facts, { registerWh, takenAt: facts.asOf }).lastWh
}

function judge(
  { subject, windows, rules }: CycleFacts,
  register: { registerWh: number; takenAt: string },
): ReturnType<typeof judgeRegister> {
  if (subject === undefined) throw new DomainError('NOT_FOUND', 'no such connection')
  return judgeRegister({ connection: subject, windows, rules, register })
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

async function takeEntry(tx: Tx, facts: CycleFacts): Promise<void> {
  const decision = await readDecision(tx, facts.workflowId, facts.entryStep)
  const registerWh = decision?.detail?.registerWh
  if (decision === undefined || typeof registerWh !== 'number' || facts.serial === undefined) return
  const judged = judge(facts, { registerWh, takenAt: decision.decidedAt })
  await store(tx, facts, {
    customerId: facts.key.customerId,
    serial: facts.serial,
    boundary: facts.windows.boundary,
    source: 'visit',
    registerWh,
    takenAt: decision.decidedAt,
    photoRef: typeof decision.detail?.photoRef === 'string' ? decision.detail.photoRef : null,
    rules: judged.rules,
    state: judged.verdict === 'refused' ? 'refused' : 'review',
    enteredBy: decision.decidedBy,
  })
}

async function askReview(tx: Tx, facts: CycleFacts): Promise<void> {
  const { key, workflowId, asOf, readings, rules, windows } = facts
  const reading = readings.find(({ state }) => state === 'review')
  if (reading === undefined) return
  const target = addToInstant(asOf, rules.policy.tasks.targets['reading-review'], rules.zone)
  const kind: TaskKind = 'reading-review'
  const task = await openTask(tx, {
    plant: key.plant,
    kind,
    accountId: key.accountId,
    customerId: key.customerId,
    source: { workflowId, step: `review:${reading.readingId}` },
    asOf,
    detail: {
      readingId: reading.readingId,
      registerWh: reading.registerWh,
      enteredBy: reading.enteredBy,
      rules: reading.rules,
      photoRef: reading.photoRef,
    },
    dueAt: asOf < windows.readUntil ? target : latest(target, windows.readUntil),
  })
  const [rule] = reading.rules
  const doubt = rule === undefined ? 'second-person' : DOUBTS[rule as ReadingRule]
  await tellRole(
    tx,
    { plant: key.plant, role: 'operator' },
    {
      kind: 'reading-needs-review',
      params: { ...doubtful(facts, reading.registerWh), taskId: task.taskId, doubt },
      dedupeKey: `reading-review:${reading.readingId}`,
      asOf,
    },
  )
}

/** Silence never approves, and nobody approves his own entry: both leave the register refused. */
async function settleReview(tx: Tx, facts: CycleFacts): Promise<void> {
  const reading = facts.readings.find(({ state }) => state === 'review')
  const task = facts.tasks.find(({ sourceStep }) => sourceStep === `review:${reading?.readingId}`)
  if (reading === undefined || task === undefined) return
  const reviewedBy = task.completedBy === reading.enteredBy ? null : task.completedBy
  const accepted =
    task.status === 'completed' && reviewedBy !== null && task.result?.outcome === 'done' && task.result.accepted !== false
  await reviewReading(tx, reading.readingId, { accepted, reviewedBy })
  if (accepted) for (const other of facts.tasks.filter(isOpen)) await cancelTask(tx, other.taskId)
  await nudge(tx, `connection:${facts.key.customerId}`)
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

async function withdrawWork(tx: Tx, { tasks }: CycleFacts): Promise<void> {
  for (const task of tasks.filter((one) => isOpen(one) && one.sourceStep !== 'delivery')) await cancelTask(tx, task.taskId)
}

/** The paper bill goes with a CSA (manual 2.2.4: electronically or by a field agent). */
export async function deliverByHand(
  tx: Tx,
  { key, workflowId, asOf, rules }: Pick<CycleFacts, 'key' | 'workflowId' | 'asOf' | 'rules'>,
): Promise<void> {
  const bill = await tx
    .selectFrom('bills')
    .select('number')
    .where('accountId', '=', key.accountId)
    .where('kind', '=', 'electricity')
    .where('source', '=', key.period)
    .executeTakeFirstOrThrow()
  await openTask(tx, {
    plant: key.plant,
    kind: 'bill-delivery',
    accountId: key.accountId,
    customerId: key.customerId,
    source: { workflowId, step: 'delivery' },
    asOf,
    detail: { billNumber: bill.number },
    dueAt: addToInstant(asOf, rules.policy.tasks.targets['bill-delivery'], rules.zone),
  })
}
