import { bank, credit, depositHeld, type LedgerOwner, payingOut, type Posting, suspense, unclaimed } from './ledger.ts'
import { assertPositiveMinor } from './money.ts'
import type { MoneyPlace } from './pay-out.ts'
import type { RefundKind } from './refund.ts'

/** Money of a refund, and where it waits while it is not paid or on its way. */
export interface RefundPart {
  readonly place: MoneyPlace
  readonly amountMinor: number
}

/** The ledger account of a place. */
export function codeOfPlace({ plant, accountId }: LedgerOwner, place: MoneyPlace): string {
  return place === 'suspense' ? suspense(plant) : { credit, deposit: depositHeld, unclaimed }[place](accountId)
}

/** Whose money it is in the books while it is kept apart or on its way: of a payer nobody knows, the payment's. */
export function moneyOwner({
  plant,
  accountId,
  paymentId,
}: {
  readonly plant: string
  readonly accountId: string | null
  readonly paymentId: number | null
}): LedgerOwner {
  return { plant, accountId: accountId ?? `payment-${paymentId ?? 0}` }
}

/** The money left our hands: out of `cash(holder)` or `bank(plant)`. */
export function postRefundPaid(owner: LedgerOwner, { place, amountMinor, from }: RefundPart & { from: string }): Posting[] {
  return move(codeOfPlace(owner, place), from, amountMinor)
}

/** A transfer of which nobody knows whether it arrived: not paid yet, and out of reach of bills and bounces. */
export function postRefundSent(owner: LedgerOwner, { place, amountMinor }: RefundPart): Posting[] {
  return move(codeOfPlace(owner, place), payingOut(owner.accountId), amountMinor)
}

/** That transfer arrived: it left our bank. */
export function postRefundArrived({ plant, accountId }: LedgerOwner, { amountMinor }: { amountMinor: number }): Posting[] {
  return move(payingOut(accountId), bank(plant), amountMinor)
}

/** That transfer never arrived: the money waits again where it was. */
export function postRefundFailed(owner: LedgerOwner, { place, amountMinor }: RefundPart): Posting[] {
  return move(payingOut(owner.accountId), codeOfPlace(owner, place), amountMinor)
}

/** A transfer came back to our bank (the account was closed): the money is the customer's as before. */
export function postRefundReturned(owner: LedgerOwner, { place, amountMinor }: RefundPart): Posting[] {
  return move(bank(owner.plant), codeOfPlace(owner, place), amountMinor)
}

/** Nobody fetched it: still owed, kept apart, never income (policy "ban, close"). */
export function postRefundKeptApart(
  owner: LedgerOwner,
  { place, amountMinor }: { readonly place: RefundKind; readonly amountMinor: number },
): Posting[] {
  return move(codeOfPlace(owner, place), unclaimed(owner.accountId), amountMinor)
}

function move(debit: string, to: string, amountMinor: number): Posting[] {
  return [{ leg: 1, debit, credit: to, amountMinor: assertPositiveMinor(amountMinor) }]
}
