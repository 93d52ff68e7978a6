import type { Db } from '../db/client.ts'
import { inTransaction } from '../db/queries/accounts.ts'
import { queueTaskNotice } from '../db/queries/task-notices.ts'
import { nudge } from '../db/queries/outbox.ts'
import { readPlant } from '../db/queries/plants.ts'
import { readTask, staffAt, type Task } from '../db/queries/tasks.ts'
import { dateAt } from '../domain/calendar.ts'
import { processIds } from '../domain/process-ids.ts'
import { levelUp, type Role } from '../domain/roles.ts'
import { REVIEWED_TASK_KINDS, taskDeadlines, TASK_ROLE } from '../domain/tasks.ts'
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
  readonly remindAt: string
  readonly escalateAt: string
}

/** Work given to people: assigned, reminded, reported, reviewed (manual, "Habits that cut across"). */
export function createTaskActivities({ db }: { db: Db }) {
  return {
    /** The task with the decisions of its current round; NOT_FOUND when there is none. */
    readTaskFacts: ({ taskId }: { taskId: string; asOf: string }): Promise<TaskFacts> => readTaskFacts(db, taskId),

    /** Gives the task to someone else, or takes it off whoever declined it. */
    handOverTask: ({
      taskId,
      handover,
      handovers,
      asOf,
    }: {
      taskId: string
      handover: TaskDecision
      handovers: number
      asOf: string
    }): Promise<void> =>
      inTransaction(db, async (tx) => {
        const task = await readTask(tx, taskId)
        if (task.handovers >= handovers || task.status === 'completed' || task.status === 'cancelled') return
        const assignedTo = handover.verdict === 'declined' ? null : String(handover.detail.to)
        await tx
          .updateTable('tasks')
          .set({ assignedTo, handovers, status: assignedTo === null ? 'requested' : 'in-process' })
          .where('taskId', '=', taskId)
          .execute()
        if (assignedTo !== null)
          await queueTaskNotice(tx, {
            task,
            kind: 'task-assigned',
            login: assignedTo,
            asOf,
            dedupeKey: `task-assigned:${taskId}:${handovers}`,
          })
        await nudge(tx, `task:${taskId}`)
      }),

    /** Takes in the report. It waits for a second person where the kind asks for a review; else it is completed. */
    reportTask: ({
      taskId,
      report,
      needsReview,
    }: {
      taskId: string
      report: TaskDecision
      needsReview: boolean
      asOf: string
    }): Promise<void> =>
      inTransaction(db, async (tx) => {
        const status = needsReview ? 'review' : 'completed'
        await tx
          .updateTable('tasks')
          .set({ status, result: JSON.stringify(report.detail), completedBy: report.by, completedAt: report.at })
          .where('taskId', '=', taskId)
          .where('status', 'in', ['requested', 'in-process'])
          .execute()
        await nudge(tx, `task:${taskId}`)
      }),

    /** Ends the round: the work stands, or goes back to whoever did it. */
    reviewTask: ({ taskId, review, asOf }: { taskId: string; review: TaskDecision; asOf: string }): Promise<void> =>
      inTransaction(db, async (tx) => {
        const task = await readTask(tx, taskId)
        const approved = review.verdict === 'approved'
        const change = approved
          ? { status: 'completed', reviewedBy: review.by, reviewedAt: review.at }
          : { status: 'in-process', round: task.round + 1 }
        const changed = await tx
          .updateTable('tasks')
          .set(change)
          .where('taskId', '=', taskId)
          .where('status', '=', 'review')
          .returning('taskId')
          .executeTakeFirst()
        if (changed !== undefined && !approved && task.assignedTo !== null) {
          await queueTaskNotice(tx, {
            task,
            kind: 'task-rejected-back',
            login: task.assignedTo,
            asOf,
            dedupeKey: `task-rejected-back:${taskId}:${review.at}`,
          })
        }
        await nudge(tx, `task:${taskId}`)
      }),

    /** Reminds the assignee, or tells the level above that it is late. Silence never approves. */
    chaseTask: ({ taskId, level, asOf }: { taskId: string; level: 'remind' | 'escalate'; asOf: string }): Promise<void> =>
      inTransaction(db, async (tx) => {
        const task = await readTask(tx, taskId)
        const dedupeKey = `task-${level}:${taskId}:${asOf.slice(0, 10)}`
        const logins =
          level === 'remind' && task.assignedTo !== null
            ? [task.assignedTo]
            : await staffAt(tx, task.plant, levelUp(roleFor(task)))
        for (const login of logins)
          await queueTaskNotice(tx, {
            task,
            kind: level === 'remind' ? 'task-reminder' : 'task-escalated',
            login,
            asOf,
            dedupeKey: `${dedupeKey}:${login}`,
          })
      }),
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
  const { remindAt, escalateAt } = taskDeadlines({ kind: task.kind, createdAt: task.openedAt, policy, zone })
  return {
    task,
    handovers: handovers.length,
    handover: handovers.length > task.handovers ? (handovers.at(-1) ?? null) : null,
    report: decisions.find(({ step }) => step === `report:${task.round}`) ?? null,
    review: decisions.find(({ step }) => step === `review:${task.round}`) ?? null,
    needsReview: REVIEWED_TASK_KINDS.has(task.kind),
    remindAt,
    escalateAt,
  }
}
