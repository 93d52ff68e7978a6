import { DomainError } from './errors.ts'
import { assertNotNegativeMinor } from './money.ts'
import type { RefundKind } from './refund.ts'

/**
 * `requested` waits for approval; `approved` to be fetched or sent; `sending`: a transfer of which nobody knows yet whether it arrived.
 * `unclaimed`: kept apart because nobody fetched it, payable for ever. `paid` ends it unless the transfer comes back. `refused` and
 * `lapsed` (nothing of it was held any more) end it for good.
 */
export const REFUND_STATES = ['requested', 'refused', 'approved', 'sending', 'unclaimed', 'paid', 'lapsed'] as const
export type RefundState = (typeof REFUND_STATES)[number]

/** Where money waits that is to be given back. */
export type MoneyPlace = RefundKind | 'unclaimed'

/** A refund as money: what was asked for, and what of it was no longer held when it was to be paid. Minor units. */
export interface RefundMoney {
  readonly state: RefundState
  readonly amountMinor: number
  readonly lapsedMinor: number
  /** It was kept apart once: there it waits, and there it goes back to. */
  readonly isApart: boolean
}

/** What can happen to a refund. What is `held` for it at that moment says how much of it there is to pay, to send, or to keep apart. */
export type RefundEvent =
  | { readonly is: 'approved' | 'refused' | 'arrived' | 'failed' | 'returned' }
  | { readonly is: 'paid' | 'sent' | 'kept-apart' | 'lapsed'; readonly heldMinor: number }

const FROM: Readonly<Record<RefundEvent['is'], readonly RefundState[]>> = {
  approved: ['requested'],
  refused: ['requested'],
  paid: ['approved', 'unclaimed'],
  sent: ['approved', 'unclaimed'],
  arrived: ['sending'],
  failed: ['sending'],
  returned: ['paid'],
  'kept-apart': ['approved'],
  lapsed: ['requested', 'approved'],
}

/** What is still to be paid of it; what lapsed is not. */
export function restOfRefund({ amountMinor, lapsedMinor }: Pick<RefundMoney, 'amountMinor' | 'lapsedMinor'>): number {
  return amountMinor - lapsedMinor
}

/** What of a refund can be paid now: never more than is held at that moment. */
export function payableMinor(refund: Pick<RefundMoney, 'amountMinor' | 'lapsedMinor'>, heldMinor: number): number {
  return Math.max(0, Math.min(restOfRefund(refund), heldMinor))
}

/**
 * The refund after something happened to it. A transfer that failed or came back can be paid another way, from where the money is. What
 * was no longer held is not owed any more: a bill had used it, or it bounced. WRONG_STAGE for what cannot happen in its state, and
 * REFUND_EXCEEDS for paying where nothing is held, or letting lapse what is.
 */
export function afterRefundEvent(refund: RefundMoney, event: RefundEvent): RefundMoney {
  if (!FROM[event.is].includes(refund.state))
    throw new DomainError('WRONG_STAGE', 'This cannot happen to the refund now', { state: refund.state, event: event.is })
  switch (event.is) {
    case 'approved':
    case 'refused':
      return { ...refund, state: event.is }
    case 'arrived':
      return { ...refund, state: 'paid' }
    case 'failed':
    case 'returned':
      return { ...refund, state: refund.isApart ? 'unclaimed' : 'approved' }
    case 'paid':
    case 'sent':
    case 'kept-apart':
    case 'lapsed':
      return withHeld(refund, event)
  }
}

const BECOMES = { paid: 'paid', sent: 'sending', 'kept-apart': 'unclaimed', lapsed: 'lapsed' } as const

function withHeld(refund: RefundMoney, { is, heldMinor }: Extract<RefundEvent, { heldMinor: number }>): RefundMoney {
  const largestMinor = payableMinor(refund, assertNotNegativeMinor(heldMinor))
  if ((is === 'lapsed') !== (largestMinor === 0))
    throw new DomainError('REFUND_EXCEEDS', 'Only what is held is paid, and all of it', { largestMinor })
  const isApart = refund.isApart || is === 'kept-apart'
  return { ...refund, state: BECOMES[is], lapsedMinor: refund.amountMinor - largestMinor, isApart }
}

/** Where the money of the refund is, while it is not paid or on its way. */
export function placeOf({ kind, isApart }: { readonly kind: RefundKind; readonly isApart: boolean }): MoneyPlace {
  return isApart ? 'unclaimed' : kind
}

/** What was asked for, by what became of it. The parts always sum to it. */
export function partsOfRefund(
  refund: RefundMoney,
): Readonly<Record<'open' | 'paid' | 'unclaimed' | 'lapsed' | 'refused', number>> {
  const parts = { open: 0, paid: 0, unclaimed: 0, refused: 0, lapsed: refund.lapsedMinor }
  const rest = restOfRefund(refund)
  if (refund.state === 'paid' || refund.state === 'unclaimed' || refund.state === 'refused')
    return { ...parts, [refund.state]: rest }
  return { ...parts, open: rest }
}
