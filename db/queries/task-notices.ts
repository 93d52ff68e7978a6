import { dateAt, daysBetween } from '../../domain/calendar.ts'
import type { Tx } from '../client.ts'
import { queueStaffNotice } from './notices.ts'
import type { Task } from './tasks.ts'

/** Tells a member of staff about a task: given, due, late, sent back, or withdrawn. Told once per `dedupeKey`. */
export async function queueTaskNotice(
  tx: Tx,
  {
    task,
    kind,
    login,
    asOf,
    dedupeKey,
  }: {
    task: Task
    kind: 'task-assigned' | 'task-reminder' | 'task-escalated' | 'task-rejected-back' | 'task-withdrawn'
    login: string
    asOf: string
    dedupeKey: string
  },
): Promise<void> {
  const { timeZone } = await tx.selectFrom('plants').select('timeZone').where('plant', '=', task.plant).executeTakeFirstOrThrow()
  const subjectId = task.customerId ?? task.accountId
  const dueOn = dateAt(task.dueAt, timeZone)
  const base = {
    taskId: task.taskId,
    taskKind: task.kind,
    plantCode: task.plant,
    dueOn,
    ...(subjectId !== null && { subjectId }),
  }
  const to = { plant: task.plant, login, asOf, dedupeKey }
  if (kind !== 'task-escalated') return queueStaffNotice(tx, { ...to, kind, params: base })
  const openDays = daysBetween(dateAt(task.openedAt, timeZone), dateAt(asOf, timeZone))
  return queueStaffNotice(tx, { ...to, kind, params: { ...base, openDays } })
}
