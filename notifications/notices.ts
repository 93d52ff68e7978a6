import type { BillingNotices } from './notices/billing.ts'
import type { CashNotices } from './notices/cash.ts'
import type { ClosingNotices } from './notices/closing.ts'
import type { CorrectionNotices } from './notices/corrections.ts'
import type { DepositNotices } from './notices/deposits.ts'
import type { DuesNotices } from './notices/dues.ts'
import type { JoiningNotices } from './notices/joining.ts'
import type { MoneyOutNotices } from './notices/money-out.ts'
import type { PackageChangeNotices } from './notices/package-change.ts'
import type { PriceNotices } from './notices/prices.ts'
import type { StaffNotices } from './notices/staff.ts'

type AllNotices = JoiningNotices &
  BillingNotices &
  CorrectionNotices &
  DuesNotices &
  DepositNotices &
  PriceNotices &
  PackageChangeNotices &
  ClosingNotices &
  MoneyOutNotices &
  StaffNotices &
  CashNotices

/**
 * What each kind of notice says, as plain JSON without names or phones, so that it may stand in a workflow's history.
 * Dates are `YYYY-MM-DD`, periods their first day, instants RFC 3339, amounts integers in minor units, energy integer Wh.
 */
export type NoticeParams = { readonly [K in keyof AllNotices]: Readonly<AllNotices[K]> }
export type NoticeKind = keyof NoticeParams

/** Any notice: its kind and the parameters that belong to it. */
export type Notice = { readonly [K in NoticeKind]: { readonly kind: K; readonly params: NoticeParams[K] } }[NoticeKind]

/** What may reach a phone at night: `safety` and `receipt` at once, `normal` in the morning (policy "quiet hours"). */
export type Urgency = 'safety' | 'receipt' | 'normal'

export interface NoticeTraits {
  readonly audience: 'customer' | 'staff'
  readonly urgency: Urgency
}

const TO_CUSTOMER: NoticeTraits = { audience: 'customer', urgency: 'normal' }
const AS_RECEIPT: NoticeTraits = { audience: 'customer', urgency: 'receipt' }
const FOR_SAFETY: NoticeTraits = { audience: 'customer', urgency: 'safety' }
const TO_STAFF: NoticeTraits = { audience: 'staff', urgency: 'normal' }

/** Whom each kind addresses and how urgent it is. */
export const NOTICE_TRAITS: Readonly<Record<NoticeKind, NoticeTraits>> = {
  'application-received': TO_CUSTOMER,
  'application-needs-kyc': TO_CUSTOMER,
  'supplier-commitments': TO_CUSTOMER,
  'deposit-and-activation-demanded': TO_CUSTOMER,
  'demand-reminder': TO_CUSTOMER,
  'part-payment-received': AS_RECEIPT,
  'demand-settled': AS_RECEIPT,
  'demand-deadline-extended': TO_CUSTOMER,
  'application-cancelled': TO_CUSTOMER,
  'application-refused': TO_CUSTOMER,
  'account-created': TO_CUSTOMER,
  'installation-scheduled': TO_CUSTOMER,
  'installation-delayed': TO_CUSTOMER,
  'installation-waits': TO_CUSTOMER,
  'connection-active': FOR_SAFETY,
  'bill-issued': TO_CUSTOMER,
  'bill-corrected': TO_CUSTOMER,
  'reading-corrected': TO_CUSTOMER,
  'dispute-received': TO_CUSTOMER,
  'bill-confirmed': TO_CUSTOMER,
  'prepaid-advance-demanded': TO_CUSTOMER,
  'payment-received': AS_RECEIPT,
  'payment-not-confirmed': AS_RECEIPT,
  'payment-reversed': TO_CUSTOMER,
  'payment-refunded': AS_RECEIPT,
  'due-soon-reminder': TO_CUSTOMER,
  'due-today-reminder': TO_CUSTOMER,
  'disconnection-notice': TO_CUSTOMER,
  'disconnection-warning': TO_CUSTOMER,
  'promise-noted': TO_CUSTOMER,
  'promise-broken': TO_CUSTOMER,
  'plan-agreed': TO_CUSTOMER,
  'plan-refused': TO_CUSTOMER,
  'plan-part-due': TO_CUSTOMER,
  'plan-broken': TO_CUSTOMER,
  // Wires that go dead or live without warning are a matter of safety, whatever the hour.
  'supply-cut': FOR_SAFETY,
  'supply-restored': FOR_SAFETY,
  'reconnection-fee-charged': TO_CUSTOMER,
  'prepaid-lapsed': FOR_SAFETY,
  'deposit-draw-announced': TO_CUSTOMER,
  'deposit-drawn': TO_CUSTOMER,
  'deposit-top-up-asked': TO_CUSTOMER,
  'deposit-top-up-waived': TO_CUSTOMER,
  'deposit-excess-credited': TO_CUSTOMER,
  'price-announced': TO_CUSTOMER,
  'package-change-requested': TO_CUSTOMER,
  'package-change-approved': TO_CUSTOMER,
  'package-change-refused': TO_CUSTOMER,
  'package-change-withdrawn': TO_CUSTOMER,
  'package-difference-due': TO_CUSTOMER,
  'package-change-applied': TO_CUSTOMER,
  'package-change-failed': TO_CUSTOMER,
  'package-change-expired': TO_CUSTOMER,
  'closing-started': TO_CUSTOMER,
  'closing-withdrawn': TO_CUSTOMER,
  'final-bill-issued': TO_CUSTOMER,
  'deposit-refunded': AS_RECEIPT,
  'deposit-refund-waiting': TO_CUSTOMER,
  'account-closed': TO_CUSTOMER,
  'refund-requested': TO_CUSTOMER,
  'refund-approved': TO_CUSTOMER,
  'refund-refused': TO_CUSTOMER,
  'refund-sent': AS_RECEIPT,
  'refund-failed': TO_CUSTOMER,
  'refund-returned': TO_CUSTOMER,
  'refund-unclaimed': TO_CUSTOMER,
  'refund-lapsed': TO_CUSTOMER,
  'task-assigned': TO_STAFF,
  'task-reminder': TO_STAFF,
  'task-escalated': TO_STAFF,
  'task-rejected-back': TO_STAFF,
  'task-withdrawn': TO_STAFF,
  'decision-needed': TO_STAFF,
  'correction-not-made': TO_STAFF,
  'reading-needs-review': TO_STAFF,
  'meter-away': TO_STAFF,
  'meter-refused': TO_STAFF,
  'process-assigned': TO_STAFF,
  'process-reminder': TO_STAFF,
  'process-escalated': TO_STAFF,
  'payment-set-aside': TO_STAFF,
  'process-parked': TO_STAFF,
  'books-differ': TO_STAFF,
  'cash-over-ceiling': TO_STAFF,
  'cash-to-bank': TO_STAFF,
  'cash-shortage': TO_STAFF,
  'cash-overage': TO_STAFF,
  'cash-shortage-repaid': TO_STAFF,
  'cash-float-given': TO_STAFF,
  'cash-float-accepted': TO_STAFF,
  'cash-float-not-taken': TO_STAFF,
  'cash-handover-offered': TO_STAFF,
  'cash-handover-accepted': TO_STAFF,
  'cash-handover-refused': TO_STAFF,
  'cash-handover-withdrawn': TO_STAFF,
  'cash-deposit-unverified': TO_STAFF,
  'cash-deposit-verified': TO_STAFF,
  'cash-deposit-returned': TO_STAFF,
  'cash-deposit-short': TO_STAFF,
}

/** Tells whether a stored text names a kind of notice. */
export function isNoticeKind(text: string): text is NoticeKind {
  return Object.hasOwn(NOTICE_TRAITS, text)
}
