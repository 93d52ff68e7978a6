import { sql } from 'kysely'
import { addToInstant } from '../../domain/calendar.ts'
import type { DunningStep } from '../../domain/debt.ts'
import { processIds } from '../../domain/process-ids.ts'
import type { NoticeKind } from '../../notifications/notices.ts'
import type { Tx } from '../client.ts'
import type { LockedAccount } from './accounts.ts'
import { type CustomerNotice, queueNotice } from './notices.ts'
import { readPlant } from './plants.ts'
import { openTask, type NewTask, type Task } from './tasks.ts'

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

/**
 * The notice of a step could not be sent to the phone and goes out on paper: somebody carries it, as where there is no phone
 * ({@link sendStepNotice}). Nothing where it is no notice of a step, or its debts are paid. The account is locked by the caller.
 */
export async function carryRefusedNotice(
  tx: Tx,
  { account, notificationId, asOf }: { account: LockedAccount; notificationId: number; asOf: string },
): Promise<Task | undefined> {
  const { accountId, plant, customerId } = account
  const notice = await tx
    .selectFrom('notifications')
    .select(['kind', 'dedupeKey'])
    .where('notificationId', '=', notificationId)
    .executeTakeFirstOrThrow()
  const waiting = await tx
    .selectFrom('dunningSteps')
    .select('chargeId')
    .where('notificationId', '=', notificationId)
    .where('deliveredAt', 'is', null)
    .where(sql<number>`open_amount(charge_id)`, '>', 0)
    .execute()
  if (customerId === null || waiting.length === 0) return undefined
  const { policy, zone } = await readPlant(tx, plant, asOf)
  const task = await openTask(tx, {
    plant,
    kind: 'written-notice',
    accountId,
    customerId,
    source: { workflowId: processIds.collection(customerId), step: carryStep(notice.dedupeKey) },
    detail: { notificationId, notice: notice.kind },
    dueAt: addToInstant(asOf, policy.tasks.targets['written-notice'], zone),
    asOf,
  })
  await tx
    .updateTable('dunningSteps')
    .set({ taskId: task.taskId })
    .where('notificationId', '=', notificationId)
    .where('taskId', 'is', null)
    .execute()
  return task
}

/** The step that carries a notice: one for each notice, whether it was printed at once or after the phone refused it. */
export function carryStep(dedupeKey: string): string {
  return `carry:${dedupeKey}`
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
