import { TASK_ROLE, type TaskKind } from '../../../domain/tasks.ts'
import { chance, habitOf } from '../households.ts'
import { type Company, daysAfter, isDaytime, send, sideBySide } from './company.ts'
import type { Displays } from './display.ts'
import { payAtVisit } from './paying.ts'

/** A task as the API lists it. */
export interface TaskSeen {
  readonly taskId: string
  readonly kind: TaskKind
  readonly accountId: string | null
  readonly customerId: string | null
  readonly status: string
  readonly assignedTo: string | null
  readonly detail: { readonly serial?: unknown } | null
  readonly completedBy: string | null
  readonly completedAt: string | null
  readonly openedAt: string
}

/** Work that takes the technician to the house on the same day. */
const URGENT: ReadonlySet<TaskKind> = new Set<TaskKind>(['reconnection', 'no-supply', 'disconnection'])
const TECHNICIANS = ['binod', 'jyoti'] as const
const AGENTS = ['asha', 'imran'] as const
const OPERATOR = 'chandan'
const CLUSTER = 'deepa'

/** Everybody looks at the work that is given to them and does what is ripe; finished work is looked at by another. */
export async function doWork(company: Company, displays: Displays): Promise<void> {
  if (!isDaytime(company)) return
  const tasks = await company.as(OPERATOR).list<TaskSeen>(`/v1/tasks?plant=${company.village.plant}&status=open`)
  await sideBySide(tasks, (task) => (task.status === 'review' ? review(company, task) : perform(company, { task, displays })))
}

async function review(company: Company, task: TaskSeen): Promise<void> {
  const ripeAt = daysAfter(task.completedAt ?? task.openedAt, 0.1 + 0.4 * chance(task.taskId, 'review'))
  if (company.clock.nowMs() < ripeAt) return
  // Nobody reviews his own work.
  const reviewer = task.completedBy === OPERATOR ? CLUSTER : OPERATOR
  const name = `approve-${task.taskId}-${task.completedAt ?? ''}`
  await company.notebook.once(name, () =>
    send(company, { who: reviewer, path: `/v1/tasks/${task.taskId}/approval`, body: {}, name }),
  )
}

async function perform(company: Company, { task, displays }: { task: TaskSeen; displays: Displays }): Promise<void> {
  const { taskId, kind, openedAt } = task
  const days = URGENT.has(kind) ? 0.1 + 0.3 * chance(taskId, 'work') : 0.2 + 1.3 * chance(taskId, 'work')
  if (company.clock.nowMs() < daysAfter(openedAt, days)) return
  const worker = workerOf(task)
  const name = `report-${taskId}-${task.completedAt ?? ''}`
  await company.notebook.once(name, async () => {
    if (kind === 'collection-visit' && task.customerId !== null)
      await payAtVisit(company, { taskId, customerId: task.customerId, agent: worker })
    const body = reportOf(task, { displays, nowMs: company.clock.nowMs() })
    return send(company, { who: worker, path: `/v1/tasks/${taskId}/report`, body, name })
  })
}

function workerOf({ taskId, kind, assignedTo }: TaskSeen): string {
  if (assignedTo !== null) return assignedTo
  const role = TASK_ROLE[kind]
  if (role === 'operator') return OPERATOR
  const [first, second] = role === 'csa' ? AGENTS : TECHNICIANS
  return chance(taskId, 'who') < 0.5 ? first : second
}

interface Visit {
  readonly displays: Displays
  readonly nowMs: number
}

/** What the visit found: the display, a photo, who took the paper; sometimes a house that is shut. */
function reportOf(task: TaskSeen, { displays, nowMs }: Visit): object {
  const { taskId, kind, customerId } = task
  const serial = typeof task.detail?.serial === 'string' ? task.detail.serial : undefined
  const display = serial === undefined ? undefined : displays.read(serial, nowMs)
  const photoRef = `photos/${taskId.toLowerCase()}.jpg`
  const shown = (name: string): object => (display === undefined ? {} : { [name]: display })
  if (kind === 'disconnection' || kind === 'reconnection') {
    if (customerId !== null) displays.turn(customerId, kind === 'disconnection' ? 'dark' : 'lit', nowMs)
    return { outcome: 'done', photoRef, ...shown('registerWh') }
  }
  if (kind === 'installation')
    return { outcome: 'done', photoRef, ...(serial !== undefined && { serial }), ...shown('startRegisterWh') }
  if (kind === 'reading')
    return display === undefined
      ? { outcome: 'not-possible', reason: 'no-display' }
      : { outcome: 'done', photoRef, registerWh: display }
  if (kind === 'meter-removal') return { outcome: 'done', photoRef, ...shown('finalRegisterWh') }
  if (kind === 'collection-visit' && isShut(taskId, customerId)) return { outcome: 'not-possible', reason: 'house-shut' }
  if (kind === 'written-notice' || kind === 'bill-delivery') return { outcome: 'done', receivedBy: 'family' }
  return { outcome: 'done' }
}

/** Who does not pay is seldom at home either. */
function isShut(taskId: string, customerId: string | null): boolean {
  return customerId !== null && habitOf(customerId) === 'never' && chance(taskId, 'shut') < 0.4
}
