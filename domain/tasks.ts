import { addToInstant } from './calendar.ts'
import type { IsoInstant, Zone } from './calendar.ts'
import type { PlantPolicy } from './policy.ts'
import type { Role } from './roles.ts'

/** What people are sent to do (manual 2.2.7; policy "tasks"). */
export const TASK_KINDS = [
  'no-supply',
  'meter-fault',
  'bill-question',
  'dispute',
  'installation',
  'reading',
  'reading-review',
  'bill-delivery',
  'collection-visit',
  'written-notice',
  'disconnection',
  'reconnection',
  'reprogramming',
  'feeder-move',
  'meter-removal',
  'meter-replacement',
  'meter-visit',
  'follow-up',
  'onboarding-visit',
  'other',
] as const
export type TaskKind = (typeof TASK_KINDS)[number]

/** Request → In process → Review → Completed (manual "Habits"); a rejected review goes back to In process. */
export const TASK_STATES = ['requested', 'in-process', 'review', 'completed', 'cancelled'] as const
export type TaskState = (typeof TASK_STATES)[number]

/** What may be done to a task. */
export type TaskAction = 'assign' | 're-assign' | 'reject' | 'complete' | 'approve' | 'reject-back' | 'cancel'

/** State after each action that is allowed there; an action missing here is refused with WRONG_STAGE. */
export const TASK_TRANSITIONS: Readonly<Record<TaskState, Partial<Record<TaskAction, TaskState>>>> = {
  requested: { assign: 'in-process', reject: 'cancelled', cancel: 'cancelled' },
  'in-process': { 're-assign': 'in-process', reject: 'requested', complete: 'review', cancel: 'cancelled' },
  review: { approve: 'completed', 'reject-back': 'in-process', 're-assign': 'in-process', cancel: 'cancelled' },
  completed: {},
  cancelled: {},
}

/** The role a kind is first given to (manual 2.2.4 and 2.2.7). */
export const TASK_ROLE: Readonly<Record<TaskKind, Role>> = {
  'no-supply': 'technician',
  'meter-fault': 'technician',
  'bill-question': 'csa',
  dispute: 'csa',
  installation: 'technician',
  reading: 'technician',
  'reading-review': 'operator',
  'bill-delivery': 'csa',
  'collection-visit': 'csa',
  'written-notice': 'csa',
  disconnection: 'technician',
  reconnection: 'technician',
  reprogramming: 'technician',
  'feeder-move': 'technician',
  'meter-removal': 'technician',
  'meter-replacement': 'technician',
  'meter-visit': 'technician',
  'follow-up': 'csa',
  'onboarding-visit': 'csa',
  other: 'technician',
}

/** Kinds whose finished work another person reviews (policy "reading, finished task"); talks and deliveries prove themselves. */
export const REVIEWED_TASK_KINDS: ReadonlySet<TaskKind> = new Set<TaskKind>([
  'installation',
  'reading',
  'reprogramming',
  'feeder-move',
  'meter-removal',
  'meter-replacement',
  'meter-fault',
  'no-supply',
  'disconnection',
  'reconnection',
])

/** When a task should be done, when its holder is reminded, and when it goes one level up (policy "tasks"; silence never approves). */
export function taskDeadlines(input: { kind: TaskKind; createdAt: IsoInstant; policy: Pick<PlantPolicy, 'tasks'>; zone: Zone }): {
  dueAt: IsoInstant
  remindAt: IsoInstant
  escalateAt: IsoInstant
} {
  const { kind, createdAt, policy, zone } = input
  return {
    dueAt: addToInstant(createdAt, policy.tasks.targets[kind], zone),
    remindAt: addToInstant(createdAt, policy.tasks.remindAfter, zone),
    escalateAt: addToInstant(createdAt, policy.tasks.escalateAfter, zone),
  }
}

/** Who is told next about a task that is not done, and when. */
export type TaskChase = { readonly at: IsoInstant; readonly level: 'remind' | 'escalate' }

/**
 * The next reminder: to whoever has it after P1D, one level up after P2D and when it is due, and from then on every week it stays
 * late, as everything that waits (policy "tasks", "waiting"). One that was missed, because nothing ran at that hour, is made up for by the first that is due.
 */
export function nextChase(input: {
  kind: TaskKind
  createdAt: IsoInstant
  dueAt: IsoInstant
  chasedAt: IsoInstant | null
  policy: Pick<PlantPolicy, 'tasks' | 'waiting'>
  zone: Zone
}): TaskChase {
  const { dueAt, chasedAt, policy, zone } = input
  const { remindAt, escalateAt } = taskDeadlines(input)
  const ladder: TaskChase[] = [
    { at: remindAt, level: 'remind' },
    { at: escalateAt, level: 'escalate' },
    { at: dueAt, level: 'escalate' },
  ]
  const ahead = ladder.toSorted((a, b) => (a.at < b.at ? -1 : 1)).find(({ at }) => chasedAt === null || at > chasedAt)
  return ahead ?? { at: addToInstant(chasedAt ?? dueAt, policy.waiting.againEvery, zone), level: 'escalate' }
}
