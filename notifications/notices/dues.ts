import type { CutReason } from './vocabulary.ts'

interface Debt {
  customerId: string
  remainingMinor: number
  currency: string
}

/** Notices of `collect-dues` and of the supply itself (manual 2.2.3, 2.2.4; policy "Chasing and cutting"). */
export interface DuesNotices {
  'due-soon-reminder': Debt & { dueOn: string; daysLeft: number }
  'due-today-reminder': Debt & { dueOn: string }
  'disconnection-notice': Debt & {
    noticeNumber: string
    /** Since when the debt is overdue: its due date. */
    dueOn: string
    /** The first day supply may be cut. */
    notBefore: string
  }
  'disconnection-warning': Debt & { cutOn: string }
  'promise-noted': Debt & { promisedFor: string }
  'promise-broken': Debt & { promisedFor: string }
  'plan-agreed': Debt & { parts: readonly { dueOn: string; amountMinor: number }[] }
  'plan-refused': Debt
  /** `remainingMinor` is what this part still needs. */
  'plan-part-due': Debt & { dueOn: string; part: number; parts: number }
  'plan-broken': Debt & { dueOn: string }
  'supply-cut': Debt & { reason: CutReason; reconnectionFeeMinor: number }
  'supply-restored': { customerId: string; restoredOn: string }
  'reconnection-fee-charged': { customerId: string; feeMinor: number; currency: string; period: string }
  'prepaid-lapsed': Debt & { period: string }
  'deposit-draw-announced': Debt & { depositMinor: number; drawOn: string }
  'deposit-drawn': Debt & { drawnMinor: number; depositLeftMinor: number }
}
