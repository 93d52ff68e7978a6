import type { CashNotices } from './notices/cash.ts'

const currency = 'INR'
const held = { holderCode: 'ASHA', plantCode: 'BHKATS', amountMinor: 1_523_400, currency }
const float = { ...held, amountMinor: 200_000, bankReference: 'CHQ-000815' }
const handover = { fromCode: 'ASHA', toCode: 'COUNTER-BHKATS', plantCode: 'BHKATS', amountMinor: 45_600, currency }
const deposit = { ...held, depositId: 'BHKATS-B4', slipReference: 'SLIP-0815' }

/** Worked examples of the notices about cash. */
export const CASH_NOTICE_EXAMPLES: { readonly [K in keyof CashNotices]: readonly [CashNotices[K]] } = {
  'cash-over-ceiling': [{ ...held, ceilingMinor: 1_500_000 }],
  'cash-to-bank': [{ ...held, sinceOn: '2026-07-03', bankBy: '2026-07-06' }],
  'cash-shortage': [{ ...held, countedOn: '2026-07-06' }],
  'cash-overage': [{ ...held, countedOn: '2026-07-06' }],
  'cash-shortage-repaid': [{ ...held, amountMinor: 30_000, restMinor: 20_000, receiptNumber: 'BHKATS-S/2026-27/000001' }],
  'cash-float-given': [float],
  'cash-float-accepted': [float],
  'cash-float-not-taken': [float],
  'cash-handover-offered': [handover],
  'cash-handover-accepted': [handover],
  'cash-handover-refused': [handover],
  'cash-handover-withdrawn': [handover],
  'cash-deposit-unverified': [{ ...deposit, depositedOn: '2026-07-06' }],
  'cash-deposit-verified': [deposit],
  'cash-deposit-returned': [deposit],
  'cash-deposit-short': [deposit],
}
