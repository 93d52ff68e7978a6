import { levelUp } from '../../domain/roles.ts'
import { TASK_ROLE } from '../../domain/tasks.ts'
import type { Db, Tx } from '../client.ts'
import { queueTaskNotice } from './task-notices.ts'
import { openTask, staffAt, type Task } from './tasks.ts'

/** So often somebody may go in vain before the level above hears of it, at that try and at every one after it. */
const TRIES_BEFORE_TELLING = 2

/** Handed over: only a report that says so. Whoever found a shut house has not delivered anything. */
export function isHandedOver({ status, result }: Pick<Task, 'status' | 'result'>): boolean {
  return status === 'completed' && result?.outcome === 'done'
}

/** True for somebody who went and came back with it. */
export function isCarriedInVain(task: Pick<Task, 'status' | 'result'>): boolean {
  return task.status === 'completed' && !isHandedOver(task)
}

/**
 * Gives a paper that was carried in vain out once more, as a try of the same step; the same task again changes nothing. Returns the
 * task of the next try.
 */
export async function carryAgain(tx: Tx, { task, dueAt, asOf }: { task: Task; dueAt: string; asOf: string }): Promise<Task> {
  const { workflowId, base, tries } = await triesOf(tx, task.taskId)
  const next = await openTask(tx, {
    plant: task.plant,
    kind: task.kind,
    ...(task.accountId !== null && { accountId: task.accountId }),
    ...(task.customerId !== null && { customerId: task.customerId }),
    source: { workflowId, step: `${base}${NEXT_TRY}${tries + 1}` },
    detail: { ...task.detail, inVain: tries },
    dueAt,
    asOf,
  })
  if (tries < TRIES_BEFORE_TELLING) return next
  for (const login of await staffAt(tx, task.plant, levelUp(TASK_ROLE[task.kind]))) {
    const dedupeKey = `carried-in-vain:${task.taskId}:${login}`
    await queueTaskNotice(tx, { task: next, kind: 'task-escalated', login, asOf, dedupeKey })
  }
  return next
}

const NEXT_TRY = ':try-'

async function triesOf(db: Db | Tx, taskId: string): Promise<{ workflowId: string; base: string; tries: number }> {
  const { sourceWorkflowId: workflowId, sourceStep } = await db
    .selectFrom('tasks')
    .select(['sourceWorkflowId', 'sourceStep'])
    .where('taskId', '=', taskId)
    .executeTakeFirstOrThrow()
  const [base = sourceStep, tries = '1'] = sourceStep.split(NEXT_TRY)
  return { workflowId, base, tries: Number(tries) }
}
