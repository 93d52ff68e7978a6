import type { MoneyOutNotices } from './notices/money-out.ts'

const refund = { reference: 'BHKATS01112', amountMinor: 47_200, currency: 'INR' }

/** Worked examples of what a customer is told of money that goes back. */
export const MONEY_OUT_NOTICE_EXAMPLES: {
  readonly [K in keyof MoneyOutNotices]: readonly [MoneyOutNotices[K], ...MoneyOutNotices[K][]]
} = {
  'refund-requested': [refund],
  'refund-approved': [
    { ...refund, method: 'cash', fetchBy: '2026-11-04' },
    { ...refund, method: 'upi', fetchBy: '2026-11-04' },
  ],
  'refund-refused': [refund],
  'refund-sent': [{ ...refund, method: 'bank' }],
  'refund-failed': [refund],
  'refund-returned': [refund],
  'refund-unclaimed': [refund],
  'refund-lapsed': [refund],
}
