import type { StaffNotices } from '../../notices/staff.ts'
import type { TextsOf } from '../../template.ts'
import { sentences, wordsIn } from '../../words.ts'
import { labels } from './labels.ts'

const { date, days, period, reading } = wordsIn('en')

const forWhom = (plantCode: string, subjectId: string | undefined): string =>
  subjectId === undefined ? plantCode : `${plantCode}, ${subjectId}`

/** English texts to staff. */
export const staff: TextsOf<StaffNotices> = {
  'task-assigned': (p) => ({
    subject: `New task ${p.taskId}`,
    body: `Task ${p.taskId} is yours: ${labels.task[p.taskKind]} (${forWhom(p.plantCode, p.subjectId)}). To be done by ${date(p.dueOn)}.`,
  }),
  'task-reminder': (p) => ({
    subject: `Reminder: task ${p.taskId}`,
    body: `Task ${p.taskId} is still open: ${labels.task[p.taskKind]} (${forWhom(p.plantCode, p.subjectId)}). It is to be done by ${date(p.dueOn)}.`,
  }),
  'task-escalated': (p) => ({
    subject: `Task ${p.taskId} not done yet`,
    body: `Task ${p.taskId} has been open for ${days(p.openDays)}: ${labels.task[p.taskKind]} (${forWhom(p.plantCode, p.subjectId)}), due ${date(p.dueOn)}. Please re-assign it or see to it.`,
  }),
  'task-rejected-back': (p) => ({
    subject: `Task ${p.taskId} came back`,
    body: sentences(
      `The review sent task ${p.taskId} back to you: ${labels.task[p.taskKind]} (${forWhom(p.plantCode, p.subjectId)}). To be done by ${date(p.dueOn)}.`,
      p.note !== undefined && `Remark: ${p.note}`,
    ),
  }),
  'task-withdrawn': (p) => ({
    subject: `Task ${p.taskId} withdrawn`,
    body: `Task ${p.taskId} is no longer needed: ${labels.task[p.taskKind]} (${forWhom(p.plantCode, p.subjectId)}), due ${date(p.dueOn)}. Please do not carry it out.`,
  }),
  'decision-needed': (p) => ({
    subject: `Decision needed: ${p.requestId}`,
    body: `Please decide on ${labels.decision[p.decision]}, ${p.requestId} (${forWhom(p.plantCode, p.subjectId)}), by ${date(p.decideBy)}.`,
  }),
  'correction-not-made': (p) => ({
    subject: `Correction ${p.requestId} not made`,
    body: p.isRefused
      ? `Correction ${p.requestId} (${forWhom(p.plantCode, p.subjectId)}) was refused. Please read why.`
      : `Correction ${p.requestId} (${forWhom(p.plantCode, p.subjectId)}) was approved when there was nothing left to correct. Please look at the account again.`,
  }),
  'reading-needs-review': (p) => ({
    subject: `Reading to review: ${p.customerId}`,
    body: `Please review the reading of ${p.customerId}, meter ${p.meterSerial}, ${period(p.period)} (task ${p.taskId}): before ${reading(p.previousReadingWh)}, now ${reading(p.presentReadingWh)} kWh; ${labels.doubt[p.doubt]}.`,
  }),
  'meter-away': (p) => ({
    subject: `Meter silent: ${p.meterSerial}`,
    body: `Meter ${p.meterSerial} of ${p.customerId} (${p.plantCode}) has been silent for ${days(p.silentDays)} while a command waits for it. Please have it checked.`,
  }),
  'meter-refused': (p) => ({
    subject: `Meter refused: ${p.meterSerial}`,
    body: `Meter ${p.meterSerial} of ${p.customerId} (${p.plantCode}) did not accept a command. A technician is sent to do it by hand: task ${p.taskId}. Please see that it is done.`,
  }),
  'process-assigned': (p) => ({
    subject: `For you to decide: ${p.requestId}`,
    body: `The ${labels.process[p.process]} of ${p.requestId} (${forWhom(p.plantCode, p.subjectId)}) was given to you. Please see to it.`,
  }),
  'process-reminder': (p) => ({
    subject: `Reminder: ${p.requestId}`,
    body: `The ${labels.process[p.process]} of ${p.requestId} (${forWhom(p.plantCode, p.subjectId)}) has been waiting for you for ${days(p.waitedDays)}. Please see to it.`,
  }),
  'process-escalated': (p) => ({
    subject: `Still waiting: ${p.requestId}`,
    body: `The ${labels.process[p.process]} of ${p.requestId} (${forWhom(p.plantCode, p.subjectId)}) has been waiting for ${days(p.waitedDays)}. Please give it to somebody or see to it.`,
  }),
  'books-differ': (p) => ({
    subject: `Books differ: ${p.plantCode}`,
    body: `The reconciliation of ${p.plantCode} for ${date(p.day)} found what does not agree: new cases ${p.newCases}, open in all ${p.openCases}. Please see to them.`,
  }),
  'payment-set-aside': (p) => ({
    subject: `Payment to look at: ${p.reference}`,
    body: `What ${p.providerCode} says of payment ${p.reference} (${p.plantCode}) was set aside: ${labels.setAside[p.reason]}. Nothing was posted for it. Please see to notice ${p.noticeId} at once.`,
  }),
  'process-parked': (p) => ({
    subject: `Parked: ${p.requestId}`,
    body: `The ${labels.process[p.process]} of ${p.requestId} (${p.plantCode}) cannot go on by itself. Please see why, put it right and retry.`,
  }),
}
