import type { IsoDate } from './calendar.ts'
import { allocationClass } from './charge.ts'
import type { ChargeKind, ChargeNature } from './charge.ts'
import { DomainError } from './errors.ts'
import { assertNotNegativeMinor } from './money.ts'

/** A charge as allocation sees it; `openMinor` is total − allocations − notes. */
export type OpenCharge = {
  readonly id: number
  readonly kind: ChargeKind
  readonly nature: ChargeNature
  readonly dueOn: IsoDate
  readonly openMinor: number
}

/** Money put against a charge. */
export type Allocation = { readonly chargeId: number; readonly amountMinor: number }

/**
 * Puts credit against open charges: those the payer named first, in the payer's order; then by class, due date, id (policy "allocation").
 * Named charges must be open ones of the account (NOT_FOUND). What is left stays credit. The order of `charges` does not matter.
 */
export function allocate(input: {
  creditMinor: number
  charges: readonly OpenCharge[]
  namedChargeIds?: readonly number[]
  today: IsoDate
}): {
  allocations: Allocation[]
  leftMinor: number
} {
  const order = inOrder(input)
  let leftMinor = assertNotNegativeMinor(input.creditMinor)
  const allocations: Allocation[] = []
  for (const { id, openMinor } of order) {
    const amountMinor = Math.min(leftMinor, assertNotNegativeMinor(openMinor))
    if (amountMinor > 0) allocations.push({ chargeId: id, amountMinor })
    leftMinor -= amountMinor
  }
  return { allocations, leftMinor }
}

/** Charges in the order money reaches them on a day. */
export function allocationOrder(charges: readonly OpenCharge[], today: IsoDate): OpenCharge[] {
  return charges
    .map((charge) => ({ charge, rank: allocationClass(charge, today) }))
    .toSorted((a, b) => a.rank - b.rank || compareText(a.charge.dueOn, b.charge.dueOn) || a.charge.id - b.charge.id)
    .map(({ charge }) => charge)
}

function inOrder({
  charges,
  namedChargeIds = [],
  today,
}: {
  charges: readonly OpenCharge[]
  namedChargeIds?: readonly number[]
  today: IsoDate
}) {
  const byId = new Map(charges.map((charge) => [charge.id, charge]))
  if (byId.size !== charges.length) throw new DomainError('INVALID_INPUT', 'A charge stands twice in the list')
  const named = [...new Set(namedChargeIds)].map((id) => {
    const charge = byId.get(id)
    if (!charge) throw new DomainError('NOT_FOUND', 'The named bill is not open on this account', { chargeId: id })
    return charge
  })
  const rest = charges.filter(({ id }) => !namedChargeIds.includes(id))
  return [...named, ...allocationOrder(rest, today)]
}

function compareText(a: string, b: string): number {
  if (a === b) return 0
  return a < b ? -1 : 1
}
