import { CASH_NOTICE_EXAMPLES } from './cash-notice-examples.ts'
import { DEPOSIT_NOTICE_EXAMPLES } from './deposit-notice-examples.ts'
import { DUES_NOTICE_EXAMPLES } from './dues-notice-examples.ts'
import { MONEY_OUT_NOTICE_EXAMPLES } from './money-out-notice-examples.ts'
import type { NoticeKind, NoticeParams } from './notices.ts'
import { PRICE_NOTICE_EXAMPLES } from './price-notice-examples.ts'
import { STAFF_NOTICE_EXAMPLES } from './staff-notice-examples.ts'

const currency = 'INR'
const customerId = 'BHKATS01112'
const applicationId = 'BHKATS-A0042'
const requestId = 'BHKATS-R5'
const closureId = 'BHKATS-L3'
const bigger = 'B1.3 (DO) / 2000 / 150+15u'
const smaller = 'B1.1 (FD) / 500 / 50+18u'
const bill = {
  customerId,
  billNumber: 'BHKATS-B-000123',
  period: '2026-07-01',
  reading: { previousReadingWh: 835_708, presentReadingWh: 859_158, consumptionWh: 23_450 },
  estimated: true,
  totalMinor: 47_200,
  creditUsedMinor: 5_000,
  outstandingMinor: 12_345,
  payableMinor: 54_545,
  currency,
  dueOn: '2026-08-10',
}
const payment = {
  reference: customerId,
  receiptNumber: 'BHKATS-R-000077',
  receivedOn: '2026-08-03',
  amountMinor: 1_234_567,
  currency,
  channel: 'wallet',
  paidFor: [
    { kind: 'electricity', amountMinor: 1_213_067 },
    { kind: 'package-difference', amountMinor: 20_000 },
  ],
  remainingMinor: 4_000,
  creditMinor: 1_500,
} as const
const finalBill = {
  closureId,
  customerId,
  billNumber: 'BHKATS-F-000009',
  totalMinor: 31_000,
  outstandingMinor: 7_700,
  depositUsedMinor: 20_000,
  payableMinor: 18_700,
  refundMinor: 0,
  currency,
  dueOn: '2026-09-20',
}

/** Worked examples of every notice: the first of a kind tells all it can, the others leave out what may be missing. */
export const NOTICE_EXAMPLES: { readonly [K in NoticeKind]: readonly [NoticeParams[K], ...NoticeParams[K][]] } = {
  'application-received': [{ applicationId }],
  'application-needs-kyc': [
    { applicationId, missing: ['identity-proof', 'address', 'consent'] },
    { applicationId, missing: [] },
  ],
  'supplier-commitments': [{ reference: applicationId, noSupplyDays: 1, noticeClearDays: 15, depositRefundDays: 20 }],
  'deposit-and-activation-demanded': [
    {
      applicationId,
      packageId: bigger,
      depositMinor: 80_000,
      activationMinor: 30_000,
      totalMinor: 110_000,
      currency,
      payBy: '2026-07-31',
    },
    {
      applicationId,
      packageId: bigger,
      depositMinor: 0,
      activationMinor: 30_000,
      totalMinor: 30_000,
      currency,
      payBy: '2026-07-31',
    },
    {
      applicationId,
      packageId: bigger,
      depositMinor: 80_000,
      activationMinor: 0,
      totalMinor: 80_000,
      currency,
      payBy: '2026-07-31',
    },
  ],
  'demand-reminder': [
    { reference: applicationId, forWhat: ['deposit', 'activation'], remainingMinor: 60_000, currency, payBy: '2026-07-31' },
  ],
  'part-payment-received': [
    {
      reference: applicationId,
      receiptNumber: 'BHKATS-R-000012',
      amountMinor: 50_000,
      remainingMinor: 60_000,
      currency,
      payBy: '2026-07-31',
    },
  ],
  'demand-settled': [{ reference: applicationId, forWhat: ['deposit', 'package-difference'], amountMinor: 110_000, currency }],
  'demand-deadline-extended': [{ reference: applicationId, remainingMinor: 60_000, currency, payBy: '2026-08-15' }],
  'application-cancelled': [
    { applicationId, reason: 'deadline-passed', refundMinor: 50_000, currency },
    { applicationId, reason: 'withdrawn', refundMinor: 0, currency },
  ],
  'application-refused': [
    { applicationId, reason: 'out-of-reach', note: '80 m / 30 m.', refundMinor: 50_000, currency },
    { applicationId, reason: 'other', refundMinor: 0, currency },
  ],
  'account-created': [{ applicationId, customerId, packageId: bigger }],
  'installation-scheduled': [{ customerId, visitOn: '2026-07-14' }],
  'installation-delayed': [{ customerId, visitOn: '2026-07-16' }],
  'installation-waits': [{ customerId, remainingMinor: 80_000, currency: 'INR', payBy: '2026-07-31' }],
  'connection-active': [{ customerId, packageId: bigger, loadLimitW: 2_000, timing: 'DO', activeFrom: '2026-07-17' }],
  'bill-issued': [
    bill,
    {
      ...bill,
      reading: null,
      estimated: false,
      totalMinor: 16_000,
      creditUsedMinor: 16_000,
      outstandingMinor: 0,
      payableMinor: 0,
    },
    { ...bill, estimated: false, outstandingMinor: 0, creditUsedMinor: 0, payableMinor: 47_200 },
  ],
  'bill-corrected': [
    {
      reference: customerId,
      billNumber: 'BHKATS-B-000123',
      noteNumber: 'BHKATS-N-000002',
      direction: 'credit',
      reason: 'disputed',
      disputeId: 'BHKATS-D3',
      amountMinor: 3_300,
      payableMinor: 51_200,
      creditMinor: 1_200,
      currency,
      dueOn: '2026-09-21',
    },
    {
      reference: customerId,
      billNumber: null,
      noteNumber: 'BHKATS-N-000003',
      direction: 'debit',
      reason: 'wrong-price',
      disputeId: null,
      amountMinor: 3_300,
      payableMinor: 0,
      creditMinor: 0,
      currency,
      dueOn: null,
    },
  ],
  'reading-corrected': [
    {
      customerId,
      meterSerial: 'SM100000',
      readOn: '2026-08-01',
      readRegisterWh: 859_158,
      correctedRegisterWh: 849_158,
      direction: 'credit',
      amountMinor: 18_000,
      currency,
    },
    {
      customerId,
      meterSerial: 'SM100000',
      readOn: '2026-08-01',
      readRegisterWh: 859_158,
      correctedRegisterWh: 849_158,
      direction: 'debit',
      amountMinor: 0,
      currency,
    },
  ],
  'dispute-received': [
    {
      disputeId: 'BHKATS-D3',
      customerId,
      billNumber: 'BHKATS-B-000123',
      disputedMinor: 20_000,
      undisputedMinor: 27_200,
      currency,
      answerBy: '2026-08-25',
    },
    {
      disputeId: 'BHKATS-D4',
      customerId,
      billNumber: 'BHKATS-B-000123',
      disputedMinor: 47_200,
      undisputedMinor: 0,
      currency,
      answerBy: '2026-08-25',
    },
  ],
  'bill-confirmed': [
    {
      disputeId: 'BHKATS-D3',
      customerId,
      billNumber: 'BHKATS-B-000123',
      reason: 'reading-right',
      payableMinor: 47_200,
      currency,
    },
    {
      disputeId: 'BHKATS-D3',
      customerId,
      billNumber: 'BHKATS-B-000123',
      reason: 'other',
      payableMinor: 0,
      currency,
    },
  ],
  'prepaid-advance-demanded': [
    {
      customerId,
      period: '2026-08-01',
      amountMinor: 22_000,
      creditUsedMinor: 2_000,
      payableMinor: 20_000,
      currency,
      payBy: '2026-08-01',
      graceUntil: '2026-08-04',
    },
    {
      customerId,
      period: '2026-08-01',
      amountMinor: 22_000,
      creditUsedMinor: 22_000,
      payableMinor: 0,
      currency,
      payBy: '2026-08-01',
      graceUntil: '2026-08-04',
    },
  ],
  'payment-received': [payment, { ...payment, channel: 'cash', paidFor: [], remainingMinor: 0, creditMinor: 0 }],
  'payment-not-confirmed': [{ reference: customerId, amountMinor: 47_200, currency, channel: 'wallet' }],
  'payment-reversed': [
    { reference: customerId, receiptNumber: 'BHKATS-R-000078', amountMinor: 47_200, remainingMinor: 59_545, currency },
  ],
  'payment-refunded': [
    { reference: customerId, amountMinor: 47_200, currency, refundedOn: '2026-08-06', method: 'bank', reason: 'paid-twice' },
  ],
  'package-change-requested': [{ requestId, customerId, fromPackageId: smaller, toPackageId: bigger }],
  'package-change-approved': [
    { requestId, customerId, toPackageId: bigger, effectiveFrom: '2026-09-01' },
    { requestId, customerId, toPackageId: bigger, effectiveFrom: null },
  ],
  'package-change-refused': [
    { requestId, customerId, toPackageId: bigger, reason: 'meter-does-not-fit', note: '2 kW.' },
    { requestId, customerId, toPackageId: bigger, reason: 'no-capacity' },
  ],
  'package-change-withdrawn': [
    { requestId, customerId, creditMinor: 2_500, currency },
    { requestId, customerId, creditMinor: 0, currency },
  ],
  'package-difference-due': [{ requestId, customerId, amountMinor: 25_000, currency, payBy: '2026-08-25' }],
  'package-change-applied': [
    { requestId, customerId, packageId: bigger, loadLimitW: 2_000, timing: 'DO', priceFrom: '2026-09-01' },
  ],
  'package-change-failed': [
    { requestId, customerId, packageId: smaller, reason: 'meter-refused', creditMinor: 25_000, currency },
    { requestId, customerId, packageId: smaller, reason: 'meter-away', creditMinor: 0, currency },
  ],
  'package-change-expired': [
    { requestId, customerId, packageId: smaller, creditMinor: 1_000, currency },
    { requestId, customerId, packageId: smaller, creditMinor: 0, currency },
  ],
  'closing-started': [{ closureId, customerId, reason: 'non-payment', supplyEndsOn: '2026-09-05' }],
  'closing-withdrawn': [{ closureId, customerId }],
  'final-bill-issued': [
    finalBill,
    { ...finalBill, outstandingMinor: 0, payableMinor: 0, refundMinor: 49_000 },
    { ...finalBill, outstandingMinor: 0, depositUsedMinor: 31_000, payableMinor: 0 },
  ],
  'deposit-refunded': [{ closureId, customerId, refundMinor: 49_000, currency, refundedOn: '2026-09-15', method: 'upi' }],
  'deposit-refund-waiting': [{ closureId, customerId, refundMinor: 49_000, currency, fetchBy: '2026-12-14' }],
  'account-closed': [{ customerId, closedOn: '2026-09-16' }],
  ...DUES_NOTICE_EXAMPLES,
  ...DEPOSIT_NOTICE_EXAMPLES,
  ...PRICE_NOTICE_EXAMPLES,
  ...MONEY_OUT_NOTICE_EXAMPLES,
  ...STAFF_NOTICE_EXAMPLES,
  ...CASH_NOTICE_EXAMPLES,
}
