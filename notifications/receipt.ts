import type { IsoInstant, Zone } from '../domain/calendar.ts'
import { CHARGE_KINDS } from '../domain/charge.ts'
import { DomainError } from '../domain/errors.ts'
import { assertNotNegativeMinor, assertPositiveMinor, sumMinor } from '../domain/money.ts'
import type { PaidFor } from './notices/billing.ts'
import type { PaymentChannel } from './notices/vocabulary.ts'

/**
 * What a receipt states (manual 2.2.5), once, for every form it takes: the SMS here, all papers in `papers/models/receipt.ts`. It holds
 * ids and amounts only: the payer's name is put beside it on paper, so the facts may stand in a history.
 */
export interface Receipt {
  readonly number: string
  /** The gap-free series the number belongs to. */
  readonly series: string
  readonly issuedAt: IsoInstant
  readonly zone: Zone
  readonly plantCode: string
  readonly accountId: string
  /** `null` before the account is created: then the application's code is the reference. */
  readonly customerId: string | null
  readonly currency: string
  readonly amountMinor: number
  readonly channel: PaymentChannel
  /** What the payment settled, one entry a kind; what is missing to the amount became credit. */
  readonly paidFor: readonly PaidFor[]
  /** Still owed on the account after this payment. */
  readonly remainingMinor: number
  /** Credit of the account after this payment. */
  readonly creditMinor: number
  /** When the payment came back: the receipt keeps its number and says so. */
  readonly bouncedAt?: IsoInstant | null
}

/** What a payer names and finds again: the customer ID, before there is one the application's code. */
export function receiptReference(receipt: Receipt): string {
  return receipt.customerId ?? receipt.accountId
}

/** Adds up the allocations of a payment by kind of charge, in the fixed order of kinds. Amounts in minor units. */
export function paidForByKind(allocations: readonly PaidFor[]): PaidFor[] {
  return CHARGE_KINDS.map((kind) => ({
    kind,
    amountMinor: sumMinor(allocations.filter((allocation) => allocation.kind === kind).map(({ amountMinor }) => amountMinor)),
  })).filter(({ amountMinor }) => amountMinor > 0)
}

/** The part of the payment that settled nothing yet and is kept as credit. Throws INVALID_AMOUNT when more was settled than paid. */
export function keptAsCreditMinor(receipt: Receipt): number {
  assertPositiveMinor(receipt.amountMinor)
  assertNotNegativeMinor(receipt.remainingMinor)
  assertNotNegativeMinor(receipt.creditMinor)
  const settledMinor = sumMinor(receipt.paidFor.map(({ amountMinor }) => assertPositiveMinor(amountMinor)))
  if (settledMinor > receipt.amountMinor)
    throw new DomainError('INVALID_AMOUNT', `Receipt ${receipt.number} settles more than was paid`)
  return receipt.amountMinor - settledMinor
}
