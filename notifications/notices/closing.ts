import type { ClosingReason, RefundMethod } from './vocabulary.ts'

/** Notices of `close-account` (manual 2.2.3, 2.2.8; policy "ban, close"). */
export interface ClosingNotices {
  'closing-started': { closureId: string; customerId: string; reason: ClosingReason; supplyEndsOn: string }
  'closing-withdrawn': { closureId: string; customerId: string }
  'final-bill-issued': {
    closureId: string
    customerId: string
    billNumber: string
    totalMinor: number
    outstandingMinor: number
    /** What of the deposit goes to the debt. */
    depositUsedMinor: number
    /** What is still to be paid after that; zero when money comes back. */
    payableMinor: number
    refundMinor: number
    currency: string
    dueOn: string
  }
  'deposit-refunded': {
    closureId: string
    customerId: string
    refundMinor: number
    currency: string
    refundedOn: string
    method: RefundMethod
  }
  'deposit-refund-waiting': { closureId: string; customerId: string; refundMinor: number; currency: string; fetchBy: string }
  'account-closed': { customerId: string; closedOn: string }
}
