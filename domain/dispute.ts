import { DomainError } from './errors.ts'
import { assertPositiveMinor } from './money.ts'

/** What a customer disputes a bill for. */
export const DISPUTE_REASONS = ['reading', 'calculation', 'paid-already', 'supply-missing', 'not-mine', 'other'] as const
export type DisputeReason = (typeof DISPUTE_REASONS)[number]

/** Why a bill was found right. */
export const CONFIRMATION_REASONS = ['reading-right', 'calculation-right', 'payment-counted', 'supply-given', 'other'] as const
export type ConfirmationReason = (typeof CONFIRMATION_REASONS)[number]

/** A charge of the disputed bill, with what could still be taken off it. */
export type DisputableCharge = { readonly chargeId: number; readonly creditableMinor: number }

/**
 * How much of which charge is disputed: the whole bill, or an amount of it that goes over its charges in order, electricity first.
 * CHARGE_SETTLED when nothing is left to dispute, NOTE_EXCEEDS when it is more than the bill.
 */
export function disputedParts(
  charges: readonly DisputableCharge[],
  amountMinor?: number,
): { chargeId: number; amountMinor: number }[] {
  const wholeMinor = charges.reduce((sum, { creditableMinor }) => sum + creditableMinor, 0)
  if (wholeMinor === 0) throw new DomainError('CHARGE_SETTLED', 'Nothing of this bill can be disputed')
  const disputedMinor = assertPositiveMinor(amountMinor ?? wholeMinor)
  if (disputedMinor > wholeMinor)
    throw new DomainError('NOTE_EXCEEDS', 'More than the bill cannot be disputed', { creditableMinor: wholeMinor })
  let leftMinor = disputedMinor
  return charges.flatMap(({ chargeId, creditableMinor }) => {
    const part = Math.min(leftMinor, creditableMinor)
    leftMinor -= part
    return part > 0 ? [{ chargeId, amountMinor: part }] : []
  })
}
