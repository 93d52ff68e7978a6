import { sql } from 'kysely'
import type { Db, Tx } from '../db/client.ts'
import { withAccount } from '../db/queries/accounts.ts'
import { plantSince } from '../db/queries/billing.ts'
import { type BillingSubject, loadBillingSubjects } from '../db/queries/billing-subjects.ts'
import { isCarriedInVain } from '../db/queries/carrying.ts'
import { estimatesRunning, firstTelemetry, readingsForBoundary, type StoredReading } from '../db/queries/boundary-readings.ts'
import type { Topic } from '../db/queries/outbox.ts'
import { type PlantTerms, readPlant } from '../db/queries/plants.ts'
import { readDecision } from '../db/queries/processes.ts'
import { type Task, tasksOf } from '../db/queries/tasks.ts'
import {
  type BillingState,
  type BillingStep,
  type Delivery,
  meterFor,
  nextBillingStep,
  type ReadingVisit,
  type ReviewedReading,
} from '../domain/billing-cycle.ts'
import { type BillingWindows, billingWindows } from '../domain/billing-calendar.ts'
import { earliest } from '../domain/calendar.ts'
import { electricitySource } from '../domain/charge.ts'
import { suppliedSegments } from '../domain/metered-period.ts'
import { judgeRegister, needsReading } from '../domain/period-charge.ts'
import { processIds } from '../domain/process-ids.ts'
import { maxEstimatesReached } from '../domain/reading.ts'
import { isEarlierOpen } from './issue-bills.ts'
import { windowsOf } from './own-windows.ts'
import { takeStartRegisters } from './start-registers.ts'

/** Which customer's cycle for which period; `boundary` is the period's end where it is post-paid, its beginning where pre-paid. */
export interface CycleKey {
  readonly plant: string
  readonly accountId: string
  readonly customerId: string
  readonly period: string
  readonly boundary: string
}

/** A task and the step that asked for it. */
export type StepTask = Task & { readonly sourceStep: string }

/** What the workflow is told: the next step, what wakes it, and the number of the next reading that is entered by hand. */
export interface BillingCycle {
  readonly next: BillingStep
  readonly topics: readonly Topic[]
  readonly entryStep: string
  readonly details: string
}

/** One post-paid customer's billing with everything its next step needs. */
export interface CycleFacts {
  readonly key: CycleKey
  readonly workflowId: string
  readonly asOf: string
  readonly rules: PlantTerms
  readonly windows: BillingWindows
  readonly subject: BillingSubject | undefined
  readonly serial: string | undefined
  readonly readings: readonly StoredReading[]
  readonly tasks: readonly StepTask[]
  readonly state: BillingState
  readonly entryStep: string
}

/** Does a step if it still is the next one when the account is locked: whatever happened in between decides. */
export async function takeStep(
  db: Db,
  key: CycleKey & { asOf: string },
  { expected, act }: { expected: BillingStep['kind']; act: (tx: Tx, facts: CycleFacts) => Promise<void> },
): Promise<void> {
  await withAccount(db, key.accountId, async (tx) => {
    await takeStart(tx, key)
    const facts = await readCycle(tx, key)
    if (nextBillingStep(facts.state).kind === expected) await act(tx, facts)
  })
}

/** What is read is judged by the register that the period begins with. */
async function takeStart(tx: Tx, { plant, boundary, customerId, asOf }: CycleKey & { asOf: string }): Promise<void> {
  const rules = await readPlant(tx, plant, asOf)
  const { postpaid: period } = plantWindows(boundary, rules)
  await takeStartRegisters(tx, await loadBillingSubjects(tx, [customerId]), { period, rules, asOf })
}

/** What the workflow decides by. */
export async function readBillingCycle(db: Db, key: CycleKey & { asOf: string }): Promise<BillingCycle> {
  const { state, tasks, serial, entryStep } = await readCycle(db, key)
  const open = tasks.filter(isOpen).map(({ taskId }): Topic => `task:${taskId}`)
  const topics: Topic[] = [
    `connection:${key.customerId}`,
    ...(serial === undefined ? [] : [`reading:${serial}` as const]),
    ...open,
  ]
  const details = open.length === 0 ? '' : `Given out: ${open.join(', ')}`
  return { next: nextBillingStep(state), topics, entryStep, details }
}

export async function readCycle(db: Db | Tx, { asOf, ...key }: CycleKey & { asOf: string }): Promise<CycleFacts> {
  const rules = await readPlant(db, key.plant, asOf)
  const [subject] = await loadBillingSubjects(db, [key.customerId])
  const windows = windowsOf(subject, { windows: plantWindows(key.boundary, rules), rules })
  const workflowId = processIds.billing(key.customerId, key.period)
  const readings = await readingsForBoundary(db, key.customerId, windows.boundary)
  const tasks = await tasksOf(db, workflowId)
  const meter = subject && meterFor(subject.installations, windows.boundary, rules.zone)
  const entryStep = `entered:${readings.filter(({ source, taskId }) => source === 'visit' && taskId === null).length + 1}`
  const base = { key, workflowId, asOf, rules, windows, subject, serial: meter?.serial, readings, tasks, entryStep }
  return { ...base, state: await readState(db, base) }
}

function plantWindows(boundary: string, { policy, zone }: PlantTerms): BillingWindows {
  return billingWindows({ boundary, policy, zone })
}

type Base = Omit<CycleFacts, 'state'>

async function readState(db: Db | Tx, base: Base): Promise<BillingState> {
  const { key, asOf, rules, windows, subject, readings, tasks } = base
  const segments = subject === undefined ? [] : suppliedSegments({ period: windows.postpaid, ...subject })
  const hasLeft =
    subject === undefined || subject.closedAt !== null || (subject.leftOn !== null && subject.leftOn < windows.boundary)
  const meter = subject && needsReading(segments) ? meterFor(subject.installations, windows.boundary, rules.zone) : undefined
  const running = await estimatesRunning(db, key.customerId, windows.boundary)
  const since = (await plantSince(db, key.plant, rules.zone)) ?? windows.boundary
  return {
    asOf,
    windows,
    zone: rules.zone,
    policy: rules.policy,
    isBillable: !hasLeft && segments.some(({ terms }) => terms.mode === 'postpaid'),
    hasOpenWork: tasks.some((task) => isOpen(task) && !isDelivery(task)),
    bill: await readDelivery(db, base),
    isEarlierOpen: subject !== undefined && isEarlierOpen(subject, { windows, rules, since }),
    meter: meter?.kind ?? null,
    isRead: meter !== undefined && readings.some(({ state, serial }) => state === 'accepted' && serial === meter.serial),
    hasTelemetry: meter?.kind === 'smart' && (await hasTelemetry(db, base, { serial: meter.serial, running })),
    isSmartRefused: readings.some(({ source, state }) => source === 'smart' && state === 'refused'),
    review: reviewOf(readings, tasks),
    hasEntry: (await readDecision(db, base.workflowId, base.entryStep)) !== undefined,
    visit: await readVisit(db, base),
    estimatesRunning: running,
  }
}

/** A register taken in time; once nothing more may be estimated, any that comes. */
async function hasTelemetry(
  db: Db | Tx,
  { windows, asOf, rules }: Base,
  { serial, running }: { serial: string; running: number },
): Promise<boolean> {
  return (await telemetryFor(db, { windows, asOf, rules, serial, running })) !== undefined
}

export async function telemetryFor(
  db: Db | Tx,
  { windows, asOf, rules, serial, running }: Pick<Base, 'windows' | 'asOf' | 'rules'> & { serial: string; running: number },
): Promise<{ takenAt: string; registerWh: number } | undefined> {
  const until = maxEstimatesReached({ running, policy: rules.policy }) ? asOf : earliest(asOf, windows.smartUntil)
  return (await firstTelemetry(db, [serial], { from: windows.billFrom, until })).get(serial)
}

function reviewOf(readings: readonly StoredReading[], tasks: readonly StepTask[]): ReviewedReading | null {
  const inReview = readings.find(({ state }) => state === 'review')
  if (inReview === undefined) return null
  const task = tasks.find(({ sourceStep }) => sourceStep === `review:${inReview.readingId}`)
  return { readingId: inReview.readingId, task: progressOf(task), askedAt: task?.openedAt ?? null }
}

async function readVisit(db: Db | Tx, base: Base): Promise<ReadingVisit | null> {
  const visits = base.tasks.filter(({ sourceStep }) => sourceStep.startsWith('reading:'))
  const [first, last] = [visits[0], visits.at(-1)]
  if (first === undefined || last === undefined) return null
  const doubts = last.status === 'review' ? doubtsAbout(base, last) : []
  return {
    state: visitState(base, last),
    openedAt: first.openedAt,
    doubts,
    isTold: await wasTold(db, `reading-doubt:${last.taskId}:${last.round}`),
    isCalled: await wasTold(db, `estimates-exhausted:${base.workflowId}`),
  }
}

function visitState({ readings }: Base, task: Task): ReadingVisit['state'] {
  if (task.status === 'review') return 'reported'
  if (isOpen(task)) return 'open'
  if (readings.some(({ taskId }) => taskId === task.taskId)) return 'taken'
  return task.status === 'completed' && reportedRegister(task) !== undefined ? 'done' : 'in-vain'
}

/** The register in a technician's report: whole Wh; undefined where there is none. */
export function reportedRegister({ result }: Task): number | undefined {
  const registerWh = result?.outcome === 'not-possible' ? undefined : result?.registerWh
  return typeof registerWh === 'number' && Number.isSafeInteger(registerWh) && registerWh >= 0 ? registerWh : undefined
}

function doubtsAbout({ subject, windows, rules }: Base, task: Task): ReadingVisit['doubts'] {
  const registerWh = reportedRegister(task)
  if (subject === undefined || registerWh === undefined) return []
  return judgeRegister({
    connection: subject,
    windows,
    rules,
    register: { registerWh, takenAt: task.completedAt ?? task.openedAt },
  }).rules
}

/** What a cycle charges under. One that falls due where its period begins is an advance. */
export function sourceOf({ period, boundary }: Pick<CycleKey, 'period' | 'boundary'>): string {
  return electricitySource(boundary === period ? 'prepaid' : 'postpaid', period)
}

/** The bill of this period as it went out; null while there is none. */
export async function readDelivery(
  db: Db | Tx,
  { key, tasks }: { key: CycleKey; tasks: readonly StepTask[] },
): Promise<Delivery | null> {
  const row = await db
    .selectFrom('bills')
    .innerJoin('notifications', (join) => join.on('dedupeKey', '=', sql<string>`'bill:' || bills.number`))
    .select(['channel', 'state'])
    .select(
      sql<number>`(select coalesce(sum(open_amount(b.charge_id)), 0) from bill_charges b where b.bill_id = bills.bill_id)`.as(
        'openMinor',
      ),
    )
    .where('bills.accountId', '=', key.accountId)
    .where('bills.kind', '=', 'electricity')
    .where('bills.source', '=', sourceOf(key))
    .executeTakeFirst()
  if (row === undefined) return null
  const task = deliveryTask(tasks)
  // Brought back, it is carried again, unless it was paid meanwhile.
  const isToCarryAgain = task !== undefined && isCarriedInVain(task) && row.openMinor > 0
  const progress = isToCarryAgain ? 'none' : progressOf(task)
  return { channel: row.channel as Delivery['channel'], state: row.state as Delivery['state'], task: progress }
}

/** The last try to carry the bill there. */
export function deliveryTask(tasks: readonly StepTask[]): StepTask | undefined {
  return tasks.findLast(isDelivery)
}

/** True for the carrying of the paper, which goes on after the bill is out. */
export function isDelivery({ sourceStep }: Pick<StepTask, 'sourceStep'>): boolean {
  return sourceStep === 'delivery' || sourceStep.startsWith('delivery:')
}

function progressOf(task: Task | undefined): 'none' | 'open' | 'done' {
  if (task === undefined) return 'none'
  return isOpen(task) ? 'open' : 'done'
}

export function isOpen({ status }: Pick<Task, 'status'>): boolean {
  return status !== 'completed' && status !== 'cancelled'
}

async function wasTold(db: Db | Tx, dedupeKey: string): Promise<boolean> {
  return (
    (await db
      .selectFrom('notifications')
      .select('notificationId')
      .where('dedupeKey', 'like', `${dedupeKey}:%`)
      .executeTakeFirst()) !== undefined
  )
}
