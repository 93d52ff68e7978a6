import { allocate } from './allocation.ts'
import type { Allocation, OpenCharge } from './allocation.ts'
import type { IsoDate } from './calendar.ts'
import { energyChargeMinor } from './energy.ts'
import { DomainError } from './errors.ts'
import { assertNotNegativeMinor, divideHalfUp, minorPerUnit, roundUpTo, splitByLargestRemainder, sumMinor } from './money.ts'
import type { PackageTerms } from './package.ts'
import type { PlantPolicy } from './policy.ts'

type DepositPolicy = Pick<PlantPolicy, 'deposit'>

/** What a month will cost: fixed + rate × expected kWh; after 6 periods the customer's own mean (policy "expected bill"). */
export function expectedBillMinor(input: {
  terms: Pick<PackageTerms, 'fixedChargeMinor' | 'energyRateMinorPerKwh' | 'expectedKwh'>
  ownTotalsMinor?: readonly number[]
  policy: DepositPolicy
}): number {
  const { terms, ownTotalsMinor = [], policy } = input
  if (ownTotalsMinor.length >= policy.deposit.ownMeanAfterPeriods) {
    return divideHalfUp(BigInt(sumMinor(ownTotalsMinor)), BigInt(ownTotalsMinor.length))
  }
  const energyMinor = energyChargeMinor({ consumptionWh: terms.expectedKwh * 1000, rateMinorPerKwh: terms.energyRateMinorPerKwh })
  return sumMinor([terms.fixedChargeMinor, energyMinor])
}

/** Deposit for an expected bill: up to the next 50 rupees, at least 200; exempt categories and a waiver give 0 (policy "deposit"). */
export function depositDueMinor(input: {
  expectedBillMinor: number
  category: string
  waived?: boolean
  policy: DepositPolicy
}): number {
  const { category, waived = false, policy } = input
  if (waived || policy.deposit.exemptCategories.includes(category)) return 0
  const wanted = assertNotNegativeMinor(input.expectedBillMinor) * policy.deposit.expectedBills
  return roundUpTo(Math.max(wanted, policy.deposit.minimumMinor), policy.deposit.roundUpToMinor)
}

/** A deposit in equal parts of whole units; more parts than the policy's 3 are refused (INVALID_INPUT). */
export function depositParts(input: { dueMinor: number; parts: number; currency: string; policy: DepositPolicy }): number[] {
  const { dueMinor, parts, currency, policy } = input
  if (!Number.isInteger(parts) || parts < 1 || parts > policy.deposit.maxParts) {
    throw new DomainError('INVALID_INPUT', `A deposit comes in at most ${policy.deposit.maxParts} parts`, { parts })
  }
  const unit = minorPerUnit(currency)
  const whole = Math.floor(assertNotNegativeMinor(dueMinor) / unit)
  const amounts = splitByLargestRemainder(
    whole,
    Array.from({ length: parts }, () => 1),
  ).map((units) => units * unit)
  return amounts.map((amount, index) => (index === 0 ? amount + (dueMinor - whole * unit) : amount))
}

/** Under which a part of a deposit that was drawn is asked for again: by the first debt it paid, and its number. */
export function restorePartSource({ chargeId, part }: { chargeId: number; part: number }): string {
  return `${RESTORES}${chargeId}:${part}`
}

/** Under which a part of what a review found missing is asked for: by the day the review was due, and its number. */
export function topUpPartSource({ reviewOn, part }: { reviewOn: IsoDate; part: number }): string {
  return `${TOPS_UP}${reviewOn}:${part}`
}

/** What a bill calls a part of a deposit. */
export type DepositLine = 'deposit-to-restore' | 'deposit-top-up'

const RESTORES = 'restore:'
const TOPS_UP = 'top-up:'

/** How the sources of the parts begin that bills ask for. */
export const DEPOSIT_LINES: Readonly<Record<string, DepositLine>> = {
  [RESTORES]: 'deposit-to-restore',
  [TOPS_UP]: 'deposit-top-up',
}

/**
 * What a bill calls this part of a deposit that was drawn, or found too small at a review; undefined for any other charge. Such a part is
 * asked for by a bill: until it stands on one nothing goes to it, and afterwards it is outstanding like any other sum (policy "deposit").
 */
export function depositLineOf({ kind, source }: { kind: string; source: string }): DepositLine | undefined {
  return kind === 'deposit' ? DEPOSIT_LINES[source.slice(0, source.indexOf(':') + 1)] : undefined
}

/** True for a part of a deposit that only a bill asks for. */
export function isAskedByBill(charge: { kind: string; source: string }): boolean {
  return depositLineOf(charge) !== undefined
}

/** Yearly review, and at a package change: top up only if short by more than 25 % and 100 rupees, excess credited (policy "deposit"). */
export function reviewDeposit(input: { heldMinor: number; dueMinor: number; policy: DepositPolicy }): {
  topUpMinor: number
  creditMinor: number
} {
  const { heldMinor, dueMinor, policy } = input
  const shortMinor = assertNotNegativeMinor(dueMinor) - assertNotNegativeMinor(heldMinor)
  if (shortMinor <= 0) return { topUpMinor: 0, creditMinor: -shortMinor === 0 ? 0 : -shortMinor }
  const farShort =
    shortMinor * 100 > dueMinor * policy.deposit.topUpIfShortByPercent && shortMinor > policy.deposit.topUpIfShortByMinor
  return { topUpMinor: farShort ? shortMinor : 0, creditMinor: 0 }
}

/**
 * The deposit pays what is owed, at closing or when drawn after a cut (manual 2.2.8): debts only, in the order of allocation. At closing
 * credit goes first; the rest of both is refunded in full. What neither covers stays owed by the person.
 */
export function setOffDeposit(input: {
  heldMinor: number
  creditMinor?: number
  charges: readonly OpenCharge[]
  today: IsoDate
}): {
  fromCredit: Allocation[]
  fromDeposit: Allocation[]
  refundDepositMinor: number
  refundCreditMinor: number
  stillOwedMinor: number
} {
  const { heldMinor, creditMinor = 0, today } = input
  const debts = input.charges.filter(({ nature }) => nature === 'debt')
  const byCredit = allocate({ creditMinor, charges: debts, today })
  const rest = afterAllocations(debts, byCredit.allocations)
  const byDeposit = allocate({ creditMinor: heldMinor, charges: rest, today })
  return {
    fromCredit: byCredit.allocations,
    fromDeposit: byDeposit.allocations,
    refundDepositMinor: byDeposit.leftMinor,
    refundCreditMinor: byCredit.leftMinor,
    stillOwedMinor: sumMinor(afterAllocations(rest, byDeposit.allocations).map(({ openMinor }) => openMinor)),
  }
}

function afterAllocations(charges: readonly OpenCharge[], allocations: readonly Allocation[]): OpenCharge[] {
  const paid = new Map(allocations.map(({ chargeId, amountMinor }) => [chargeId, amountMinor]))
  return charges.map((charge) => ({ ...charge, openMinor: charge.openMinor - (paid.get(charge.id) ?? 0) }))
}
