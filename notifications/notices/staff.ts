import type { DecisionKind, ProcessKind, QuarantineReason, ReadingDoubt, TaskKind } from './vocabulary.ts'

interface TaskNotice {
  taskId: string
  taskKind: TaskKind
  plantCode: string
  /** Customer ID or application code the work concerns; absent when it concerns the plant. */
  subjectId?: string
  dueOn: string
}

/** A process that waits for somebody: a request, an application, a closing, a payment. */
interface WaitingNotice {
  process: ProcessKind
  requestId: string
  plantCode: string
  subjectId?: string
}

/** Notices to staff: whoever must act next is told (manual, "Habits that cut across"). */
export interface StaffNotices {
  'task-assigned': TaskNotice
  'task-reminder': TaskNotice
  'task-escalated': TaskNotice & { openDays: number }
  'task-rejected-back': TaskNotice & {
    /** Free text of the review. Loaded when the notice is written; never carried through a history. */
    note?: string
  }
  /** The work is no longer wanted, say because the customer paid on the way there. */
  'task-withdrawn': TaskNotice
  'decision-needed': { decision: DecisionKind; requestId: string; plantCode: string; subjectId?: string; decideBy: string }
  /** Refused, or overtaken by what happened meanwhile. */
  'correction-not-made': { requestId: string; plantCode: string; subjectId: string; isRefused: boolean }
  'reading-needs-review': {
    taskId: string
    customerId: string
    meterSerial: string
    period: string
    previousReadingWh: number
    presentReadingWh: number
    doubt: ReadingDoubt
  }
  'meter-away': { meterSerial: string; customerId: string; plantCode: string; silentDays: number }
  /** The meter said no; a technician is sent to do it by hand. */
  'meter-refused': { meterSerial: string; customerId: string; plantCode: string; taskId: string }
  /** Another person gave it to you. */
  'process-assigned': WaitingNotice
  'process-reminder': WaitingNotice & { waitedDays: number }
  'process-escalated': WaitingNotice & { waitedDays: number }
  /** The reconciler found what does not agree. */
  'books-differ': { plantCode: string; day: string; newCases: number; openCases: number }
  /** What a provider says of a payment contradicts what stands, or is in other money. */
  'payment-set-aside': { noticeId: string; providerCode: string; reference: string; plantCode: string; reason: QuarantineReason }
  'process-parked': { process: ProcessKind; requestId: string; plantCode: string }
}
