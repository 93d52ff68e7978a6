import type { ApplicationEndReason, ApplicationRefusalReason, ChargeKind, KycItem, SupplyTiming } from './vocabulary.ts'

/** Notices of `onboard-customer` (manual 2.2.2). `reference` is what a payer names: the application's code, later the customer ID. */
export interface JoiningNotices {
  'application-received': { applicationId: string }
  'application-needs-kyc': { applicationId: string; missing: readonly KycItem[] }
  'supplier-commitments': { reference: string; noSupplyDays: number; noticeClearDays: number; depositRefundDays: number }
  'deposit-and-activation-demanded': {
    applicationId: string
    packageId: string
    depositMinor: number
    activationMinor: number
    totalMinor: number
    currency: string
    payBy: string
  }
  'demand-reminder': {
    reference: string
    forWhat: readonly ChargeKind[]
    remainingMinor: number
    currency: string
    payBy: string
  }
  'part-payment-received': {
    reference: string
    receiptNumber: string
    amountMinor: number
    remainingMinor: number
    currency: string
    payBy: string
  }
  'demand-settled': { reference: string; forWhat: readonly ChargeKind[]; amountMinor: number; currency: string }
  'demand-deadline-extended': { reference: string; remainingMinor: number; currency: string; payBy: string }
  'application-cancelled': { applicationId: string; reason: ApplicationEndReason; refundMinor: number; currency: string }
  'application-refused': {
    applicationId: string
    reason: ApplicationRefusalReason
    /** Free text of the decision. Loaded when the notice is written; never carried through a history. */
    note?: string
    refundMinor: number
    currency: string
  }
  'account-created': { applicationId: string; customerId: string; packageId: string }
  'installation-scheduled': { customerId: string; visitOn: string }
  'installation-delayed': { customerId: string; visitOn: string }
  /** Deposit or activation charge came back before the meter hung. */
  'installation-waits': { customerId: string; remainingMinor: number; currency: string; payBy: string }
  'connection-active': { customerId: string; packageId: string; loadLimitW: number; timing: SupplyTiming; activeFrom: string }
}
