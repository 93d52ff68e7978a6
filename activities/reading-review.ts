import type { Tx } from '../db/client.ts'
import { insertReadings, type NewReading, reviewReading } from '../db/queries/boundary-readings.ts'
import { nudge } from '../db/queries/outbox.ts'
import { readDecision } from '../db/queries/processes.ts'
import { cancelTask, openTask, tellRole } from '../db/queries/tasks.ts'
import { addToInstant, latest } from '../domain/calendar.ts'
import { DomainError } from '../domain/errors.ts'
import { judgeRegister } from '../domain/period-charge.ts'
import type { ReadingRule } from '../domain/reading.ts'
import type { TaskKind } from '../domain/tasks.ts'
import type { ReadingDoubt } from '../notifications/notices/vocabulary.ts'
import { type CycleFacts, isOpen, reportedRegister } from './billing-cycle.ts'

const DOUBTS: Readonly<Record<ReadingRule, ReadingDoubt>> = {
  'below-last': 'far-below-usual',
  'under-mean': 'far-below-usual',
  'over-mean': 'far-above-usual',
  'over-limit-hours': 'beyond-limit',
}

/** Stores a register for the boundary; once one is accepted, whoever was on the way for it need not go. */
export async function store(tx: Tx, { key, tasks, asOf }: CycleFacts, reading: NewReading): Promise<void> {
  await insertReadings(tx, [reading])
  // Somebody who is still on the way need not go: the boundary has its register.
  if (reading.state === 'accepted') for (const task of tasks.filter(isOpen)) await cancelTask(tx, task.taskId, asOf)
  await nudge(tx, `connection:${key.customerId}`)
}

/** A register that somebody entered by himself: refused below the last, else for a second person. */
export async function takeEntry(tx: Tx, facts: CycleFacts): Promise<void> {
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

/** Tells those who may review what is doubtful about a reading that was reported. */
export async function tellDoubt(tx: Tx, facts: CycleFacts): Promise<void> {
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

/** Gives a register to a second person. */
export async function askReview(tx: Tx, facts: CycleFacts): Promise<void> {
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
export async function settleReview(tx: Tx, facts: CycleFacts): Promise<void> {
  const reading = facts.readings.find(({ state }) => state === 'review')
  const task = facts.tasks.find(({ sourceStep }) => sourceStep === `review:${reading?.readingId}`)
  if (reading === undefined || task === undefined) return
  const reviewedBy = task.completedBy === reading.enteredBy ? null : task.completedBy
  const accepted =
    task.status === 'completed' && reviewedBy !== null && task.result?.outcome === 'done' && task.result.accepted !== false
  await reviewReading(tx, reading.readingId, { accepted, reviewedBy })
  if (accepted) for (const other of facts.tasks.filter(isOpen)) await cancelTask(tx, other.taskId, facts.asOf)
  await nudge(tx, `connection:${facts.key.customerId}`)
}

/** What a notice about a doubtful register says. */
export function doubtful(facts: CycleFacts, registerWh: number) {
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

/** The register a reading is held against. */
export function lastRegister(facts: CycleFacts, registerWh: number): number {
  return judge(facts, { registerWh, takenAt: facts.asOf }).lastWh
}

/** What the checks say to a register. */
export function judge(
  { subject, windows, rules }: CycleFacts,
  register: { registerWh: number; takenAt: string },
): ReturnType<typeof judgeRegister> {
  if (subject === undefined) throw new DomainError('NOT_FOUND', 'no such connection')
  return judgeRegister({ connection: subject, windows, rules, register })
}
