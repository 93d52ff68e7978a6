import type * as V from './notices/vocabulary.ts'

/** The words for the closed sets of `notices/vocabulary.ts`, one record per set, so that a missing word is a type error. */
export interface Labels {
  readonly charge: Readonly<Record<V.ChargeKind, string>>
  readonly channel: Readonly<Record<V.PaymentChannel, string>>
  readonly refundMethod: Readonly<Record<V.RefundMethod, string>>
  readonly timing: Readonly<Record<V.SupplyTiming, string>>
  readonly kycItem: Readonly<Record<V.KycItem, string>>
  readonly applicationRefusal: Readonly<Record<V.ApplicationRefusalReason, string>>
  readonly applicationEnd: Readonly<Record<V.ApplicationEndReason, string>>
  readonly packageRefusal: Readonly<Record<V.PackageRefusalReason, string>>
  readonly packageFailure: Readonly<Record<V.PackageFailureReason, string>>
  readonly closing: Readonly<Record<V.ClosingReason, string>>
  readonly cut: Readonly<Record<V.CutReason, string>>
  readonly refund: Readonly<Record<V.RefundReason, string>>
  readonly doubt: Readonly<Record<V.ReadingDoubt, string>>
  readonly task: Readonly<Record<V.TaskKind, string>>
  readonly noteReason: Readonly<Record<V.NoteReason, string>>
  readonly confirmation: Readonly<Record<V.ConfirmationReason, string>>
  readonly setAside: Readonly<Record<V.QuarantineReason, string>>
  readonly decision: Readonly<Record<V.DecisionKind, string>>
  readonly process: Readonly<Record<V.ProcessKind, string>>
}
