import type { ChargeKind, ChargeNature } from './charge.ts'
import { assertNotNegativeMinor, assertPositiveMinor } from './money.ts'

/** What a payment was put against, and how much of that money is still there to be taken back. */
export type PutAgainst = {
  readonly chargeId: number
  readonly kind: ChargeKind
  readonly nature: ChargeNature
  readonly amountMinor: number
  /** A debt's is all of it. A demand's is what is still held: an advance that was earned, a deposit that was drawn or given back is gone. */
  readonly heldMinor: number
}

/** What is taken off a charge. */
export type TakenOff = { readonly chargeId: number; readonly amountMinor: number }

/** How the books follow a payment that came back. */
export type BounceReckoning = {
  /** Taken off these charges, that this payment had settled: they are owed, or asked for, once more. */
  readonly own: readonly TakenOff[]
  /** Likewise, where they were paid from credit. */
  readonly fromCredit: readonly TakenOff[]
  /** Neither on a charge nor in the credit any more: the customer owes it as a debt of its own. */
  readonly missingMinor: number
}

/**
 * A payment of `amountMinor` is gone: first what it was put against comes back, then, newest first, what was paid out of the account's
 * credit after it came (its surplus was used there), and only as far as the credit does not cover it. What is still missing was used up
 * for good, and is a debt (docs/decisions/0024; billing.md "Refunds / chargebacks"). What other payments settled stays settled.
 */
export function reckonBounce(input: {
  amountMinor: number
  creditMinor: number
  own: readonly PutAgainst[]
  fromCredit: readonly PutAgainst[]
}): BounceReckoning {
  const needMinor = assertPositiveMinor(input.amountMinor)
  const heldLeft = new Map<string, number>()
  let creditMinor = assertNotNegativeMinor(input.creditMinor)
  const take = (from: PutAgainst, atMostMinor: number): TakenOff[] => {
    const pot = potOf(from)
    const heldMinor = heldLeft.get(pot) ?? from.heldMinor
    const amountMinor = Math.min(from.amountMinor, heldMinor, atMostMinor)
    if (amountMinor <= 0) return []
    heldLeft.set(pot, heldMinor - amountMinor)
    creditMinor += amountMinor
    return [{ chargeId: from.chargeId, amountMinor }]
  }
  const own = input.own.flatMap((from) => take(from, from.amountMinor))
  const fromCredit = input.fromCredit.flatMap((from) => take(from, needMinor - creditMinor))
  return { own, fromCredit, missingMinor: Math.max(needMinor - creditMinor, 0) }
}

/** Deposits of an account are held together; debts and advances each for themselves. */
function potOf({ chargeId, kind, nature }: PutAgainst): string {
  return nature === 'demand' && (kind === 'deposit' || kind === 'package-difference') ? 'deposit' : `charge:${chargeId}`
}
