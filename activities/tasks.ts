import type { Db, Tx } from '../db/client.ts'
import { inTransaction } from '../db/queries/accounts.ts'
import { queueTaskNotice } from '../db/queries/task-notices.ts'
import { nudge } from '../db/queries/outbox.ts'
import { readPlant } from '../db/queries/plants.ts'
import { type Decision, recordDecision } from '../db/queries/processes.ts'
import { judgeReport, type ReportRefusal } from '../db/queries/task-reports.ts'
import { readTask, staffAt, type Task, tellAssigned } from '../db/queries/tasks.ts'
import { dateAt } from '../domain/calendar.ts'
import { processIds } from '../domain/process-ids.ts'
import { levelUp, type Role } from '../domain/roles.ts'
import { nextChase, REVIEWED_TASK_KINDS, TASK_ROLE, type TaskChase } from '../domain/tasks.ts'
import type { JsonObject } from '../db/tables.ts'

/** A decision on a task as its workflow needs it. */
export interface TaskDecision {
  readonly verdict: string
  readonly by: string
  readonly at: string
  readonly textId: number | null
  readonly detail: JsonObject
}

/** Everything the task's workflow decides by. */
export interface TaskFacts {
  readonly task: Task
  /** How often somebody assigned or declined it. */
  readonly handovers: number
  /** The last hand-over, while it is not carried out yet. */
  readonly handover: TaskDecision | null
  readonly report: TaskDecision | null
  readonly review: TaskDecision | null
  readonly needsReview: boolean
  readonly chase: TaskChase
}

type TaskKey = { readonly taskId: string; readonly asOf: string }
type HandOver = TaskKey & { readonly handover: TaskDecision; readonly handovers: number }
type Report = TaskKey & { readonly report: TaskDecision; readonly needsReview: boolean }
type ReportSent = Decision & { readonly taskId: string; readonly detail: JsonObject }
type ReportAnswer =
  { readonly refused: ReportRefusal } | { readonly refused?: undefined; readonly recorded: boolean; readonly standing: Decision }
type Review = TaskKey & { readonly review: TaskDecision }
type Chase = TaskKey & { readonly level: 'remind' | 'escalate' }

/** Work given to people: assigned, reminded, reported, reviewed (manual, "Habits that cut across"). */
export function createTaskActivities({ db }: { db: Db }) {
  return {
    /** The task with the decisions of its current round; NOT_FOUND when there is none. */
    readTaskFacts: ({ taskId }: TaskKey): Promise<TaskFacts> => readTaskFacts(db, taskId),
    /** Gives the task to someone else, or takes it off whoever declined it. */
    handOverTask: (handOver: HandOver): Promise<void> => inTransaction(db, (tx) => handOverTask(tx, handOver)),
    /** Records a report, with what the reviewer must look at; or says why it cannot stand. */
    recordReport: (report: ReportSent): Promise<ReportAnswer> => inTransaction(db, (tx) => recordReport(tx, report)),
    /** Takes in the report. It waits for a second person where the kind asks for a review; else it is completed. */
    reportTask: (report: Report): Promise<void> => inTransaction(db, (tx) => reportTask(tx, report)),
    /** Ends the round: the work stands, or goes back to whoever did it. */
    reviewTask: (review: Review): Promise<void> => inTransaction(db, (tx) => reviewTask(tx, review)),
    /** Reminds the assignee, or tells the level above that it is late. Silence never approves. */
    chaseTask: (chase: Chase): Promise<void> => inTransaction(db, (tx) => chaseTask(tx, chase)),
  }
}

async function recordReport(tx: Tx, { taskId, ...decision }: ReportSent): Promise<ReportAnswer> {
  const judged = await judgeReport(tx, await readTask(tx, taskId), decision.detail)
  if (judged.refused !== undefined) return { refused: judged.refused }
  return recordDecision(tx, { ...decision, detail: { ...decision.detail, ...judged.marks } })
}

async function handOverTask(tx: Tx, { taskId, handover, handovers, asOf }: HandOver): Promise<void> {
  const task = await readTask(tx, taskId)
  if (task.handovers >= handovers || task.status === 'completed' || task.status === 'cancelled') return
  const { to } = handover.detail
  const assignedTo = handover.verdict === 'assigned' && typeof to === 'string' ? to : null
  const status = assignedTo === null ? 'requested' : 'in-process'
  await tx.updateTable('tasks').set({ assignedTo, handovers, status }).where('taskId', '=', taskId).execute()
  await tellAssigned(tx, { ...task, assignedTo, handovers }, asOf)
  await nudge(tx, `task:${taskId}`)
}

async function reportTask(tx: Tx, { taskId, report, needsReview }: Report): Promise<void> {
  const status = needsReview ? 'review' : 'completed'
  await tx
    .updateTable('tasks')
    .set({ status, result: JSON.stringify(report.detail), completedBy: report.by, completedAt: report.at })
    .where('taskId', '=', taskId)
    .where('status', 'in', ['requested', 'in-process'])
    .execute()
  await nudge(tx, `task:${taskId}`)
}

async function reviewTask(tx: Tx, { taskId, review, asOf }: Review): Promise<void> {
  const task = await readTask(tx, taskId)
  const approved = { status: 'completed', reviewedBy: review.by, reviewedAt: review.at }
  const sentBack = { status: 'in-process', round: task.round + 1 }
  const change = review.verdict === 'approved' ? approved : sentBack
  const reviewed = tx.updateTable('tasks').set(change).where('taskId', '=', taskId).where('status', '=', 'review')
  const isChanged = (await reviewed.returning('taskId').executeTakeFirst()) !== undefined
  if (isChanged && change === sentBack && task.assignedTo !== null) {
    const dedupeKey = `task-rejected-back:${taskId}:${review.at}`
    await queueTaskNotice(tx, { task, kind: 'task-rejected-back', login: task.assignedTo, asOf, dedupeKey })
  }
  await nudge(tx, `task:${taskId}`)
}

async function chaseTask(tx: Tx, { taskId, level, asOf }: Chase): Promise<void> {
  const task = await readTask(tx, taskId)
  const kind = level === 'remind' ? 'task-reminder' : 'task-escalated'
  const above = (): Promise<string[]> => staffAt(tx, task.plant, levelUp(roleFor(task)))
  const logins = level === 'remind' && task.assignedTo !== null ? [task.assignedTo] : await above()
  await tx.updateTable('tasks').set({ chasedAt: asOf }).where('taskId', '=', taskId).execute()
  for (const login of logins) {
    await queueTaskNotice(tx, { task, kind, login, asOf, dedupeKey: `${kind}:${taskId}:${asOf.slice(0, 10)}:${login}` })
  }
}

function roleFor(task: Task): Role {
  return task.status === 'review' ? 'operator' : TASK_ROLE[task.kind]
}

async function readTaskFacts(db: Db, taskId: string): Promise<TaskFacts> {
  const task = await readTask(db, taskId)
  const { policy, zone } = await readPlant(db, task.plant, dateAt(task.openedAt, 'UTC'))
  const rows = await db
    .selectFrom('decisions')
    .selectAll()
    .where('workflowId', '=', processIds.task(taskId))
    .orderBy('recordedAt')
    .execute()
  const decisions = rows.map((row) => ({
    step: row.step,
    verdict: row.verdict,
    by: row.decidedBy,
    at: row.decidedAt,
    textId: row.textId,
    detail: row.detail as JsonObject,
  }))
  const handovers = decisions.filter(({ step }) => step.startsWith('handover:'))
  return {
    task,
    handovers: handovers.length,
    handover: handovers.length > task.handovers ? (handovers.at(-1) ?? null) : null,
    report: decisions.find(({ step }) => step === `report:${task.round}`) ?? null,
    review: decisions.find(({ step }) => step === `review:${task.round}`) ?? null,
    needsReview: REVIEWED_TASK_KINDS.has(task.kind),
    chase: nextChase({ kind: task.kind, createdAt: task.openedAt, dueAt: task.dueAt, chasedAt: task.chasedAt, policy, zone }),
  }
}
