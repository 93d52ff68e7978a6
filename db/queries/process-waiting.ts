import { sql } from 'kysely'
import { mayTakeOver } from '../../domain/approvals.ts'
import { dateAt, daysBetween } from '../../domain/calendar.ts'
import type { Role } from '../../domain/roles.ts'
import { chasedRole, isStaffRole, nextChaseAt } from '../../domain/waiting.ts'
import type { ProcessKind } from '../../notifications/notices/vocabulary.ts'
import type { Db, Tx } from '../client.ts'
import type { JsonObject } from '../tables.ts'
import { queueStaffNotice } from './notices.ts'
import { readPlant } from './plants.ts'
import { type Decision, recordDecision } from './processes.ts'
import { staffAt } from './tasks.ts'

/** How a process waits: with whom, when people are told of it next, and how often it was given to another. */
export interface Waiting {
  readonly assignedTo: string | null
  /** Null where nobody is reminded, or the process does so by a rule of its own. */
  readonly chaseAt: string | null
  /** How often this was given to another person. */
  readonly assignments: number
}

/** A decision that gives what waits to another person, with what they must be. */
export interface Assignment extends Decision {
  readonly plant: string
  readonly to: string
  readonly waitingFor: string
}

export type AssignmentAnswer =
  | { readonly refused: { readonly code: 'INVALID_INPUT'; readonly message: string } }
  | { readonly refused?: undefined; readonly recorded: boolean; readonly standing: Decision }

const KINDS: Readonly<Record<string, ProcessKind>> = {
  onboardCustomer: 'onboarding',
  runBilling: 'billing-run',
  findDueBilling: 'billing-run',
  reconcileBooks: 'reconciliation',
  findDueReconciliation: 'reconciliation',
  billCustomer: 'billing',
  collectDues: 'collection',
  receivePayment: 'payment',
  changePackage: 'package-change',
  closeAccount: 'closing',
  correctCharge: 'correction',
  handleDispute: 'dispute',
  depositCash: 'cash-deposit',
  doFieldTask: 'task',
}

/** How a process waits now. Where it has no due date of its own, it is due when people are told next. */
export async function readWaiting(
  db: Tx,
  { workflowId, isChased, hasDueDate, asOf }: { workflowId: string; isChased: boolean; hasDueDate: boolean; asOf: string },
): Promise<Waiting> {
  const row = await readRow(db, workflowId)
  const matter = row.waitingMatter ?? ''
  const { assignments } = await db
    .selectFrom('decisions')
    .select((eb) => eb.fn.countAll<number>().as('assignments'))
    .where('workflowId', '=', workflowId)
    .where(sql<boolean>`starts_with(step, ${`assign:${matter}:`})`)
    .executeTakeFirstOrThrow()
  const chaseAt = isChased && row.waitingSince !== null ? await chaseAtOf(db, { ...row, since: row.waitingSince, asOf }) : null
  if (chaseAt !== null && !hasDueDate)
    await db.updateTable('processes').set({ dueAt: chaseAt }).where('workflowId', '=', workflowId).execute()
  return { assignedTo: row.assignedTo, chaseAt, assignments: Number(assignments) }
}

async function chaseAtOf(
  db: Db | Tx,
  { plant, since, chased, asOf }: { plant: string; since: string; chased: number; asOf: string },
): Promise<string> {
  const { zone, policy } = await readPlant(db, plant, asOf)
  return nextChaseAt({ since, chased, zone, terms: policy.waiting })
}

/**
 * Gives what waits to another person and tells them. Refused when nobody of that log-in works at the plant, or when their role may not
 * do it. Repeating it changes nothing.
 */
export async function assignWaiting(tx: Tx, assignment: Assignment): Promise<AssignmentAnswer> {
  const { plant, to, waitingFor, ...decision } = assignment
  const refusal = await assigneeRefusal(tx, { plant, to, waitingFor })
  if (refusal !== undefined) return { refused: { code: 'INVALID_INPUT', message: refusal } }
  const { workflowId, step, decidedAt } = decision
  const answer = await recordDecision(tx, decision)
  if (!answer.recorded) return answer
  const row = await readRow(tx, workflowId)
  await tx
    .updateTable('processes')
    .set({ assignedTo: to })
    .where('workflowId', '=', workflowId)
    .where('outcome', 'is', null)
    .execute()
  const params = aboutProcess(row)
  const dedupeKey = `process-assigned:${workflowId}:${step}`
  await queueStaffNotice(tx, { plant, login: to, kind: 'process-assigned', params, dedupeKey, asOf: decidedAt })
  return answer
}

/** Why this person cannot be given it; undefined when they can. */
export async function assigneeRefusal(
  db: Db | Tx,
  { plant, to, waitingFor }: { plant: string; to: string; waitingFor: string },
): Promise<string | undefined> {
  const row = await db
    .selectFrom('staff')
    .innerJoin('plants', (join) => join.on('plants.plant', '=', plant))
    .select('role')
    .where('login', '=', to)
    .where('active', '=', true)
    .where(sql<boolean>`scope in ('*', plant, 'cluster:' || cluster, 'state:' || state)`)
    .executeTakeFirst()
  if (row === undefined) return 'Nobody of that log-in works at this plant.'
  return mayTakeOver(row.role as Role, waitingFor as Role) ? undefined : `This is for a ${waitingFor}.`
}

/**
 * Tells people for the nth time that a process still waits: whoever has it (or everyone of the role), and from the second time on the
 * level above. Where nobody is of that role at the plant, the next level is told. Repeating it tells nobody twice.
 */
export async function chaseWaiting(
  tx: Tx,
  { workflowId, matter, asOf }: { workflowId: string; matter: string; asOf: string },
): Promise<void> {
  const row = await readRow(tx, workflowId)
  const { plant, waitingFor, waitingSince, outcome } = row
  if (outcome !== null || row.waitingMatter !== matter || waitingSince === null || !isStaffRole(waitingFor)) return
  const { zone, policy } = await readPlant(tx, plant, asOf)
  if (nextChaseAt({ since: waitingSince, chased: row.chased, zone, terms: policy.waiting }) > asOf) return
  const times = row.chased + 1
  await tx.updateTable('processes').set({ chased: times }).where('workflowId', '=', workflowId).execute()
  const logins = await toldOf(tx, { plant, assignedTo: row.assignedTo, role: waitingFor, times })
  const waitedDays = daysBetween(dateAt(waitingSince, zone), dateAt(asOf, zone))
  const kind = times === 1 ? 'process-reminder' : 'process-escalated'
  for (const login of logins) {
    const dedupeKey = `${kind}:${workflowId}:${matter}:${waitingSince}:${times}:${login}`
    await queueStaffNotice(tx, { plant, login, kind, params: { ...aboutProcess(row), waitedDays }, dedupeKey, asOf })
  }
}

/** Tells the cluster in-charge that a process cannot go on by itself; once for each time it was parked. */
export async function tellParked(tx: Tx, { workflowId, asOf }: { workflowId: string; asOf: string }): Promise<void> {
  const row = await readRow(tx, workflowId)
  const { process, requestId, plantCode } = aboutProcess(row)
  for (const login of await inChargeOf(tx, row.plant)) {
    const dedupeKey = `process-parked:${workflowId}:${row.waitingSince ?? asOf}:${login}`
    const params = { process, requestId, plantCode }
    await queueStaffNotice(tx, { plant: row.plant, login, kind: 'process-parked', params, dedupeKey, asOf })
  }
}

/** Who is told first where nobody else has it: the cluster in-charge, or where there is none the level above. */
export async function inChargeOf(tx: Tx, plant: string): Promise<string[]> {
  return toldOf(tx, { plant, assignedTo: null, role: 'cluster-in-charge', times: 1 })
}

async function toldOf(
  tx: Tx,
  { plant, assignedTo, role, times }: { plant: string; assignedTo: string | null; role: Role; times: number },
): Promise<string[]> {
  if (
    times === 1 &&
    assignedTo !== null &&
    (await assigneeRefusal(tx, { plant, to: assignedTo, waitingFor: role })) === undefined
  )
    return [assignedTo]
  const first = chasedRole(role, times)
  // Six levels are more than there are: above the head office is the head office.
  for (let above = 1; above <= 6; above += 1) {
    const logins = await staffAt(tx, plant, chasedRole(first, above))
    if (logins.length > 0) return logins
  }
  return []
}

interface Row {
  readonly workflowType: string
  readonly input: unknown
  readonly plant: string
  readonly customerId: string | null
  readonly accountId: string | null
}

function aboutProcess({ workflowType, input, plant, customerId, accountId }: Row) {
  const ids = input as JsonObject
  const named = [
    ids.requestId,
    ids.closureId,
    ids.depositId,
    ids.taskId,
    ids.correctionId,
    ids.disputeId,
    ids.applicationId,
    ids.reference,
    customerId,
  ]
  const subjectId = customerId ?? accountId
  return {
    process: KINDS[workflowType] ?? 'task',
    requestId: named.find((id) => typeof id === 'string') ?? plant,
    plantCode: plant,
    ...(subjectId !== null && { subjectId }),
  }
}

async function readRow(db: Db | Tx, workflowId: string) {
  return db.selectFrom('processes').selectAll().where('workflowId', '=', workflowId).executeTakeFirstOrThrow()
}
