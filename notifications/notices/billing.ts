import type { ChargeKind, PaymentChannel, RefundMethod, RefundReason } from './vocabulary.ts'

/** The readings a metered bill rests on; consumption is given, not derived, because a replaced meter has two parts. */
export interface BilledReading {
  readonly previousReadingWh: number
  readonly presentReadingWh: number
  readonly consumptionWh: number
}

/** One part of a payment and the kind of charge it went to. */
export interface PaidFor {
  readonly kind: ChargeKind
  readonly amountMinor: number
}

/** Notices of `bill-customer` and `receive-payment` (manual 2.2.4, 2.2.5). */
export interface BillingNotices {
  'bill-issued': {
    customerId: string
    billNumber: string
    period: string
    /** `null` for a fixed monthly sum: nothing was read. */
    reading: BilledReading | null
    estimated: boolean
    totalMinor: number
    creditUsedMinor: number
    /** The part of the total that restores a deposit that was drawn. */
    depositToRestoreMinor?: number
    /** The part of the total that tops up a deposit that was found too small. */
    depositTopUpMinor?: number
    /** What was owed before this bill. */
    outstandingMinor: number
    /** Total less credit, plus what was owed before. */
    payableMinor: number
    currency: string
    dueOn: string
  }
  'prepaid-advance-demanded': {
    customerId: string
    period: string
    amountMinor: number
    /** The part of it that restores a deposit that was drawn. */
    depositToRestoreMinor?: number
    /** The part of it that tops up a deposit that was found too small. */
    depositTopUpMinor?: number
    creditUsedMinor: number
    payableMinor: number
    currency: string
    payBy: string
    /** The last day supply goes on without payment. */
    graceUntil: string
  }
  'payment-received': {
    reference: string
    receiptNumber: string
    receivedOn: string
    amountMinor: number
    currency: string
    channel: PaymentChannel
    paidFor: readonly PaidFor[]
    remainingMinor: number
    creditMinor: number
  }
  'payment-not-confirmed': { reference: string; amountMinor: number; currency: string; channel: PaymentChannel }
  'payment-reversed': { reference: string; receiptNumber: string; amountMinor: number; remainingMinor: number; currency: string }
  'payment-refunded': {
    reference: string
    amountMinor: number
    currency: string
    refundedOn: string
    method: RefundMethod
    reason: RefundReason
  }
}
