import type { DunningStep } from '../../domain/debt.ts'
import type { NoticeKind } from '../../notifications/notices.ts'
import type { Tx } from '../client.ts'
import { type CustomerNotice, queueNotice } from './notices.ts'
import { openTask, type NewTask } from './tasks.ts'

/** A step taken for one or more debts at once. */
export interface TakenStep {
  readonly steps: readonly { readonly chargeId: number; readonly step: DunningStep }[]
  readonly asOf: string
  readonly notificationId?: number
  readonly taskId?: string
}

/** Records the step for each of its debts, once for ever (unique by charge and step). */
export async function recordSteps(tx: Tx, { steps, asOf, notificationId, taskId }: TakenStep): Promise<void> {
  const rows = steps.map(({ chargeId, step }) => ({
    chargeId,
    step,
    decidedAt: asOf,
    notificationId: notificationId ?? null,
    taskId: taskId ?? null,
  }))
  await tx
    .insertInto('dunningSteps')
    .values(rows)
    .onConflict((c) => c.columns(['chargeId', 'step']).doNothing())
    .execute()
}

/**
 * Queues the notice of a step. Where the customer has no phone it is printed and carried: a `written-notice` task whose
 * report that it was handed over is the delivery. Returns what the step's row points to.
 */
export async function sendStepNotice<K extends NoticeKind>(
  tx: Tx,
  notice: CustomerNotice<K>,
  carry: Omit<NewTask, 'kind' | 'asOf'>,
): Promise<{ notificationId: number; taskId?: string }> {
  const { notificationId, channel } = await queueNotice(tx, notice)
  if (channel !== 'print') return { notificationId }
  const task = await openTask(tx, {
    ...carry,
    kind: 'written-notice',
    asOf: notice.asOf,
    detail: { ...carry.detail, notificationId, notice: notice.kind },
  })
  return { notificationId, taskId: task.taskId }
}

/** The carrier came back with it: the steps wait for the next try. */
export async function carryStepsAgain(tx: Tx, { taskId, nextTaskId }: { taskId: string; nextTaskId: string }): Promise<void> {
  await tx
    .updateTable('dunningSteps')
    .set({ taskId: nextTaskId })
    .where('taskId', '=', taskId)
    .where('deliveredAt', 'is', null)
    .execute()
}

/** The carrier reported: what was printed has been handed over, at that business time. */
export async function markCarried(tx: Tx, { taskId, deliveredAt }: { taskId: string; deliveredAt: string }): Promise<void> {
  await tx
    .updateTable('dunningSteps')
    .set({ sentAt: deliveredAt, deliveredAt })
    .where('taskId', '=', taskId)
    .where('deliveredAt', 'is', null)
    .execute()
}
