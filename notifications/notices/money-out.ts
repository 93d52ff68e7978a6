import type { RefundMethod } from './vocabulary.ts'

/** Money that goes back; `reference` is the customer ID, or the application's code before there is one. */
interface RefundNotice {
  reference: string
  amountMinor: number
  currency: string
}

/** Notices of `pay-out`: a customer is told at each step of money that goes back. */
export interface MoneyOutNotices {
  'refund-requested': RefundNotice
  'refund-approved': RefundNotice & { method: RefundMethod; fetchBy: string }
  'refund-refused': RefundNotice
  /** A transfer of which nobody knows yet whether it arrived. */
  'refund-sent': RefundNotice & { method: RefundMethod }
  'refund-failed': RefundNotice
  /** A transfer that came back, such as from an account that was closed. */
  'refund-returned': RefundNotice
  /** Not fetched in time: it stays the customer's. */
  'refund-unclaimed': RefundNotice
  /** Nothing of it was held any more: a bill had used it. */
  'refund-lapsed': RefundNotice
}
