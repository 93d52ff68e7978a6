import type { Decision } from '../../domain/approvals.ts'
import type { ChargeKind } from '../../domain/charge.ts'
import type { ConfirmationReason } from '../../domain/dispute.ts'
import type { HoldReason } from '../../domain/hold.ts'
import type { NoteReason } from '../../domain/note.ts'
import type { PackageTiming } from '../../domain/package.ts'
import type { QuarantineReason } from '../../domain/payment.ts'
import type { TaskKind } from '../../domain/tasks.ts'

export type { ChargeKind, TaskKind }
export type { ConfirmationReason, NoteReason, QuarantineReason }

// The closed sets of words that stand inside a notice. Each has a label in every language (`labels.ts`).

export type PaymentChannel = 'cash' | 'wallet' | 'card' | 'transfer' | 'cheque'
export type RefundMethod = 'cash' | 'upi' | 'bank'
/** When a package is live (figure 10): night only, full day, day only. */
export type SupplyTiming = PackageTiming
export type KycItem = 'name' | 'address' | 'phone' | 'identity-proof' | 'photo' | 'consent'

export type ApplicationRefusalReason = 'out-of-reach' | 'no-capacity' | 'identity-not-proved' | 'earlier-debt' | 'other'
export type ApplicationEndReason = 'withdrawn' | 'deadline-passed' | 'not-installable'
export type PackageRefusalReason = 'no-capacity' | 'dues-outstanding' | 'too-soon' | 'meter-does-not-fit' | 'other'
export type PackageFailureReason =
  'meter-refused' | 'meter-away' | 'no-meter-in-stock' | 'work-not-done' | 'customer-left' | 'other'
export type ClosingReason = 'own-wish' | 'non-payment' | 'capacity'
/** The holds that take supply from somebody who had it. */
export type CutReason = Exclude<HoldReason, 'not-activated' | 'closed'>
export type RefundReason = 'paid-twice' | 'overpaid' | 'application-ended' | 'not-identified' | 'other'
export type ReadingDoubt = 'far-above-usual' | 'far-below-usual' | 'beyond-limit' | 'second-person' | 'too-many-estimates'
/** What an approver is asked to decide. */
export type DecisionKind = Decision | 'application' | 'dispute'
/** The processes that may be parked until somebody retries them. */
export type ProcessKind =
  | 'onboarding'
  | 'reconciliation'
  | 'billing-run'
  | 'billing'
  | 'collection'
  | 'payment'
  | 'package-change'
  | 'closing'
  | 'cash-deposit'
  | 'correction'
  | 'dispute'
  | 'task'
