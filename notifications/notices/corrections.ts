import type { ConfirmationReason, NoteReason } from './vocabulary.ts'

/** Notices of `correct-charge` and `handle-dispute`: what became of what was issued or read. */
export interface CorrectionNotices {
  'bill-corrected': {
    /** Customer ID or application code. */
    reference: string
    /** `null` for a charge that no bill shows. */
    billNumber: string | null
    noteNumber: string
    direction: 'credit' | 'debit'
    reason: NoteReason
    /** The dispute it answers, if it answers one. */
    disputeId: string | null
    amountMinor: number
    payableMinor: number
    creditMinor: number
    currency: string
    /** When what a debit note raised is due. */
    dueOn: string | null
  }
  'reading-corrected': {
    customerId: string
    meterSerial: string
    readOn: string
    readRegisterWh: number
    correctedRegisterWh: number
    direction: 'credit' | 'debit'
    amountMinor: number
    currency: string
  }
  'dispute-received': {
    disputeId: string
    customerId: string
    billNumber: string
    disputedMinor: number
    /** What of the bill is still to be paid meanwhile. */
    undisputedMinor: number
    currency: string
    answerBy: string
  }
  /** The bill was found right. */
  'bill-confirmed': {
    disputeId: string
    customerId: string
    billNumber: string
    reason: ConfirmationReason
    payableMinor: number
    currency: string
  }
}
