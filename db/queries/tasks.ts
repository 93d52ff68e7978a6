import { sql } from 'kysely'
import { DomainError } from '../../domain/errors.ts'
import { processIds } from '../../domain/process-ids.ts'
import { type TaskKind, TASK_ROLE } from '../../domain/tasks.ts'
import type { Db, Tx } from '../client.ts'
import type { JsonObject } from '../tables.ts'
import { takePlantId } from './numbers.ts'
import { nudge, startWorkflow } from './outbox.ts'
import { queueStaffNotice } from './notices.ts'
import { queueTaskNotice } from './task-notices.ts'

export interface NewTask {
  readonly plant: string
  readonly kind: TaskKind
  readonly accountId?: string
  readonly customerId?: string
  /** Which step of which process asks for it: the same step asks once. */
  readonly source: { readonly workflowId: string; readonly step: string }
  /** What whoever goes there must know: ids, amounts, limits. */
  readonly detail?: JsonObject
  readonly dueAt: string
  readonly asOf: string
  /** A login, where the step says who; otherwise the first free member of staff of the kind's role. */
  readonly assignTo?: string
}

/** A task as the process that asked for it and the people who do it see it. */
export interface Task {
  readonly taskId: string
  readonly plant: string
  readonly kind: TaskKind
  readonly accountId: string | null
  readonly customerId: string | null
  readonly status: 'requested' | 'in-process' | 'review' | 'completed' | 'cancelled'
  readonly assignedTo: string | null
  readonly handovers: number
  readonly round: number
  readonly chasedAt: string | null
  readonly detail: JsonObject
  readonly result: JsonObject | null
  readonly completedBy: string | null
  readonly completedAt: string | null
  readonly reviewedBy: string | null
  readonly dueAt: string
  readonly openedAt: string
}

const COLUMNS = [
  'taskId',
  'plant',
  'kind',
  'accountId',
  'customerId',
  'status',
  'assignedTo',
  'handovers',
  'round',
  'chasedAt',
  'detail',
  'result',
  'completedBy',
  'completedAt',
  'reviewedBy',
  'dueAt',
  'openedAt',
] as const

/**
 * Opens the task of a step once, tells whom it is given to, and starts its workflow, which reminds, hands over, takes the report and
 * the review. The asking process waits on `task:{taskId}`. Returns the task of that step, new or not.
 */
export async function openTask(tx: Tx, task: NewTask): Promise<Task> {
  const existing = await findTask(tx, task.source)
  if (existing !== undefined) return existing
  const taskId = await takePlantId(tx, task.plant, 'T')
  const assignedTo = task.assignTo ?? (await leastBusy(tx, task.plant, TASK_ROLE[task.kind]))
  const inserted = await tx
    .insertInto('tasks')
    .values({
      taskId,
      plant: task.plant,
      kind: task.kind,
      accountId: task.accountId ?? null,
      customerId: task.customerId ?? null,
      sourceWorkflowId: task.source.workflowId,
      sourceStep: task.source.step,
      status: assignedTo === null ? 'requested' : 'in-process',
      assignedTo,
      detail: JSON.stringify(task.detail ?? {}),
      dueAt: task.dueAt,
      openedAt: task.asOf,
    })
    .onConflict((c) => c.columns(['sourceWorkflowId', 'sourceStep']).doNothing())
    .returning('taskId')
    .executeTakeFirst()
  if (inserted !== undefined) {
    const input = {
      taskId,
      plant: task.plant,
      ...(task.accountId && { accountId: task.accountId }),
      ...(task.customerId && { customerId: task.customerId }),
    }
    await startWorkflow(tx, { workflowType: 'doFieldTask', workflowId: processIds.task(taskId), input })
  }
  const opened = await findTask(tx, task.source)
  if (opened === undefined) throw new DomainError('NOT_FOUND', 'the task just opened is not there')
  if (inserted !== undefined) await tellAssigned(tx, opened, task.asOf)
  return opened
}

/** Tells whoever has the task now that it is his; a hand-over counts as another telling. */
export async function tellAssigned(tx: Tx, task: Task, asOf: string): Promise<void> {
  const { taskId, assignedTo: login, handovers } = task
  const dedupeKey = `task-assigned:${taskId}:${handovers}`
  if (login !== null) await queueTaskNotice(tx, { task, kind: 'task-assigned', login, asOf, dedupeKey })
}

/** The task a step asked for, if it did. */
export async function findTask(db: Db | Tx, source: { workflowId: string; step: string }): Promise<Task | undefined> {
  const row = await db
    .selectFrom('tasks')
    .select(COLUMNS)
    .where('sourceWorkflowId', '=', source.workflowId)
    .where('sourceStep', '=', source.step)
    .executeTakeFirst()
  return row as Task | undefined
}

/** Every task the steps of a process asked for, with the step, oldest first. */
export async function tasksOf(db: Db | Tx, workflowId: string): Promise<(Task & { sourceStep: string })[]> {
  const rows = await db
    .selectFrom('tasks')
    .select([...COLUMNS, 'sourceStep'])
    .where('sourceWorkflowId', '=', workflowId)
    .orderBy('recordedAt')
    .execute()
  return rows as (Task & { sourceStep: string })[]
}

/** A task by its id; NOT_FOUND when there is none. */
export async function readTask(db: Db | Tx, taskId: string): Promise<Task> {
  const row = await db.selectFrom('tasks').select(COLUMNS).where('taskId', '=', taskId).executeTakeFirst()
  if (row === undefined) throw new DomainError('NOT_FOUND', 'no such task')
  return row as Task
}

/**
 * Withdraws a task that is no longer wanted (the customer paid, the process ended), and tells whoever would still have gone; a finished
 * one stays as it is.
 */
export async function cancelTask(tx: Tx, taskId: string, asOf: string): Promise<void> {
  const task = (await tx.selectFrom('tasks').select(COLUMNS).where('taskId', '=', taskId).forUpdate().executeTakeFirst()) as
    Task | undefined
  if (task === undefined || task.status === 'completed' || task.status === 'cancelled') return
  await tx.updateTable('tasks').set({ status: 'cancelled' }).where('taskId', '=', taskId).execute()
  await nudge(tx, `task:${taskId}`, `process:${processIds.task(taskId)}`)
  // What waits for its review is done: there is nothing to turn back from.
  if (task.assignedTo === null || task.status === 'review') return
  const dedupeKey = `task-withdrawn:${taskId}`
  await queueTaskNotice(tx, { task, kind: 'task-withdrawn', login: task.assignedTo, asOf, dedupeKey })
}

/** The active member of staff of that role whose scope covers the plant and who has the fewest open tasks; null when there is none. */
export async function leastBusy(db: Db | Tx, plant: string, role: string): Promise<string | null> {
  const people = await staffAt(db, plant, role)
  if (people.length === 0) return null
  const busy = await db
    .selectFrom('tasks')
    .select(['assignedTo', (eb) => eb.fn.countAll<number>().as('open')])
    .where('status', 'in', ['requested', 'in-process'])
    .where('assignedTo', 'in', people)
    .groupBy('assignedTo')
    .execute()
  const openOf = new Map(busy.map((row) => [row.assignedTo, Number(row.open)]))
  return people.toSorted((a, b) => (openOf.get(a) ?? 0) - (openOf.get(b) ?? 0) || a.localeCompare(b))[0] ?? null
}

/** Logins of active staff with that role whose scope covers the plant, in alphabetical order. */
export async function staffAt(db: Db | Tx, plant: string, role: string): Promise<string[]> {
  const rows = await db
    .selectFrom('staff')
    .innerJoin('plants', (join) => join.on('plants.plant', '=', plant))
    .select('login')
    .where('role', '=', role)
    .where('active', '=', true)
    .where((eb) =>
      eb.or([
        eb('scope', '=', '*'),
        eb('scope', '=', plant),
        eb('scope', '=', sql<string>`'cluster:' || cluster`),
        eb('scope', '=', sql<string>`'state:' || state`),
      ]),
    )
    .orderBy('login')
    .execute()
  return rows.map((row) => row.login)
}

/** Tells every member of staff of a role at the plant; each is told once per `dedupeKey`. */
export async function tellRole(
  tx: Tx,
  to: { plant: string; role: string },
  notice: Omit<Parameters<typeof queueStaffNotice>[1], 'plant' | 'login'>,
): Promise<void> {
  for (const login of await staffAt(tx, to.plant, to.role)) {
    await queueStaffNotice(tx, { ...notice, plant: to.plant, login, dedupeKey: `${notice.dedupeKey}:${login}` })
  }
}
