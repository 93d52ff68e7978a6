import type { NoticeParams } from './notices.ts'
import type { StaffNotices } from './notices/staff.ts'

const customerId = 'BHKATS01112'
const applicationId = 'BHKATS-A0042'
const requestId = 'BHKATS-R5'
const closureId = 'BHKATS-L3'
const task = {
  taskId: 'BHKATS-T12',
  taskKind: 'meter-replacement',
  plantCode: 'BHKATS',
  subjectId: customerId,
  dueOn: '2026-08-05',
} as const

/** Worked examples of what colleagues are told. */
export const STAFF_NOTICE_EXAMPLES: { readonly [K in keyof StaffNotices]: readonly [NoticeParams[K], ...NoticeParams[K][]] } = {
  'task-assigned': [task, { ...task, subjectId: undefined }],
  'task-reminder': [task],
  'task-escalated': [{ ...task, openDays: 2 }],
  'task-rejected-back': [{ ...task, note: '(3).' }, task],
  'task-withdrawn': [task],
  'decision-needed': [
    { decision: 'package-change', requestId, plantCode: 'BHKATS', subjectId: customerId, decideBy: '2026-08-08' },
    { decision: 'refund', requestId: closureId, plantCode: 'BHKATS', decideBy: '2026-08-08' },
  ],
  'correction-not-made': [
    { requestId: 'BHKATS-N7', plantCode: 'BHKATS', subjectId: customerId, isRefused: true },
    { requestId: 'BHKATS-N7', plantCode: 'BHKATS', subjectId: customerId, isRefused: false },
  ],
  'reading-needs-review': [
    {
      taskId: 'BHKATS-T13',
      customerId,
      meterSerial: 'CM100111',
      period: '2026-07-01',
      previousReadingWh: 779_330,
      presentReadingWh: 999_001,
      doubt: 'far-above-usual',
    },
  ],
  'meter-away': [{ meterSerial: 'SM100000', customerId, plantCode: 'BHKATS', silentDays: 3 }],
  'meter-refused': [{ meterSerial: 'SM100000', customerId, plantCode: 'BHKATS', taskId: 'BHKATS-T12' }],
  'process-assigned': [
    { process: 'package-change', requestId, plantCode: 'BHKATS', subjectId: customerId },
    { process: 'payment', requestId: 'UPI-7', plantCode: 'BHKATS' },
  ],
  'process-reminder': [{ process: 'closing', requestId: closureId, plantCode: 'BHKATS', subjectId: customerId, waitedDays: 1 }],
  'process-escalated': [{ process: 'onboarding', requestId: applicationId, plantCode: 'BHKATS', waitedDays: 2 }],
  'books-differ': [
    { plantCode: 'BHKATS', day: '2026-08-14', newCases: 1, openCases: 3 },
    { plantCode: 'BHKATS', day: '2026-08-14', newCases: 2, openCases: 2 },
  ],
  'payment-set-aside': [
    { noticeId: '81', providerCode: 'SANDBOX-WALLET', reference: 'UPI-7', plantCode: 'BHKATS', reason: 'another-amount' },
    { noticeId: '82', providerCode: 'SANDBOX-WALLET', reference: 'UPI-7', plantCode: 'BHKATS', reason: 'failed-after-posting' },
  ],
  'process-parked': [{ process: 'package-change', requestId, plantCode: 'BHKATS' }],
}
