import type { PackageFailureReason, PackageRefusalReason, SupplyTiming } from './vocabulary.ts'

/** Notices of `change-package` (manual 2.2.9). */
export interface PackageChangeNotices {
  'package-change-requested': { requestId: string; customerId: string; fromPackageId: string; toPackageId: string }
  /** `effectiveFrom` is `null` when the change takes effect as soon as it is settled. */
  'package-change-approved': { requestId: string; customerId: string; toPackageId: string; effectiveFrom: string | null }
  'package-change-refused': {
    requestId: string
    customerId: string
    toPackageId: string
    reason: PackageRefusalReason
    /** Free text of the decision. Loaded when the notice is written; never carried through a history. */
    note?: string
  }
  'package-change-withdrawn': { requestId: string; customerId: string; creditMinor: number; currency: string }
  'package-difference-due': { requestId: string; customerId: string; amountMinor: number; currency: string; payBy: string }
  'package-change-applied': {
    requestId: string
    customerId: string
    packageId: string
    loadLimitW: number
    timing: SupplyTiming
    priceFrom: string
  }
  'package-change-failed': {
    requestId: string
    customerId: string
    /** The package that stays. */
    packageId: string
    reason: PackageFailureReason
    creditMinor: number
    currency: string
  }
  'package-change-expired': { requestId: string; customerId: string; packageId: string; creditMinor: number; currency: string }
}
