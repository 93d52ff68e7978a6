import type { DuesNotices } from './notices/dues.ts'

const currency = 'INR'
const customerId = 'BHKATS01112'
const debt = { customerId, remainingMinor: 123_450, currency }

/** Worked examples of what a customer who owes is told. */
export const DUES_NOTICE_EXAMPLES: { readonly [K in keyof DuesNotices]: readonly [DuesNotices[K], ...DuesNotices[K][]] } = {
  'due-soon-reminder': [{ ...debt, dueOn: '2026-08-10', daysLeft: 3 }],
  'due-today-reminder': [{ ...debt, dueOn: '2026-08-10' }],
  'disconnection-notice': [{ ...debt, noticeNumber: 'BHKATS-D-000004', dueOn: '2026-08-10', notBefore: '2026-08-27' }],
  'disconnection-warning': [{ ...debt, cutOn: '2026-08-27' }],
  'promise-noted': [{ ...debt, promisedFor: '2026-08-20' }],
  'promise-broken': [{ ...debt, promisedFor: '2026-08-20' }],
  'plan-agreed': [
    {
      ...debt,
      parts: [
        { dueOn: '2026-08-31', amountMinor: 41_150 },
        { dueOn: '2026-09-30', amountMinor: 41_150 },
        { dueOn: '2026-10-31', amountMinor: 41_150 },
      ],
    },
  ],
  'plan-refused': [debt],
  'plan-part-due': [{ ...debt, remainingMinor: 41_150, dueOn: '2026-08-31', part: 1, parts: 3 }],
  'plan-broken': [{ ...debt, dueOn: '2026-08-31' }],
  'supply-cut': [
    { ...debt, reason: 'prepaid-lapsed', reconnectionFeeMinor: 5_000 },
    { ...debt, remainingMinor: 0, reason: 'own-wish', reconnectionFeeMinor: 0 },
  ],
  'supply-restored': [{ customerId, restoredOn: '2026-08-29' }],
  'reconnection-fee-charged': [{ customerId, feeMinor: 5_000, currency, period: '2026-08-01' }],
  'prepaid-lapsed': [{ ...debt, period: '2026-08-01' }],
  'deposit-draw-announced': [{ ...debt, depositMinor: 80_000, drawOn: '2026-09-11' }],
  'deposit-drawn': [
    { ...debt, drawnMinor: 60_000, depositLeftMinor: 20_000 },
    { ...debt, remainingMinor: 0, drawnMinor: 60_000, depositLeftMinor: 0 },
  ],
}
