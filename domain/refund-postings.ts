import { bank, credit, depositHeld, type LedgerOwner, payingOut, type Posting, unclaimed } from './ledger.ts'
import { assertPositiveMinor } from './money.ts'
import type { MoneyPlace } from './pay-out.ts'
import type { RefundKind } from './refund.ts'

/** Money of a refund, and where it waits while it is not paid or on its way. */
export interface RefundPart {
  readonly place: MoneyPlace
  readonly amountMinor: number
}

/** The ledger account of a place. */
export function codeOfPlace(accountId: string, place: MoneyPlace): string {
  return { credit, deposit: depositHeld, unclaimed }[place](accountId)
}

/** The money left our hands: out of `cash(holder)` or `bank(plant)`. */
export function postRefundPaid(
  { accountId }: LedgerOwner,
  { place, amountMinor, from }: RefundPart & { from: string },
): Posting[] {
  return move(codeOfPlace(accountId, place), from, amountMinor)
}

/** A transfer of which nobody knows whether it arrived: not paid yet, and out of reach of bills and bounces. */
export function postRefundSent({ accountId }: LedgerOwner, { place, amountMinor }: RefundPart): Posting[] {
  return move(codeOfPlace(accountId, place), payingOut(accountId), amountMinor)
}

/** That transfer arrived: it left our bank. */
export function postRefundArrived({ plant, accountId }: LedgerOwner, { amountMinor }: { amountMinor: number }): Posting[] {
  return move(payingOut(accountId), bank(plant), amountMinor)
}

/** That transfer never arrived: the money waits again where it was. */
export function postRefundFailed({ accountId }: LedgerOwner, { place, amountMinor }: RefundPart): Posting[] {
  return move(payingOut(accountId), codeOfPlace(accountId, place), amountMinor)
}

/** A transfer came back to our bank (the account was closed): the money is the customer's as before. */
export function postRefundReturned({ plant, accountId }: LedgerOwner, { place, amountMinor }: RefundPart): Posting[] {
  return move(bank(plant), codeOfPlace(accountId, place), amountMinor)
}

/** Nobody fetched it: still owed, kept apart, never income (policy "ban, close"). */
export function postRefundKeptApart(
  { accountId }: LedgerOwner,
  { place, amountMinor }: { readonly place: RefundKind; readonly amountMinor: number },
): Posting[] {
  return move(codeOfPlace(accountId, place), unclaimed(accountId), amountMinor)
}

function move(debit: string, to: string, amountMinor: number): Posting[] {
  return [{ leg: 1, debit, credit: to, amountMinor: assertPositiveMinor(amountMinor) }]
}
