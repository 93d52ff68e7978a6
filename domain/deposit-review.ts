import type { IsoDate } from './calendar.ts'
import { depositDueMinor, depositParts, expectedBillMinor, reviewDeposit } from './deposit.ts'
import { sumMinor } from './money.ts'
import type { PackageTerms } from './package.ts'
import { nextPeriod, periodContaining } from './period.ts'
import type { PlantPolicy } from './policy.ts'

type ReviewPolicy = Pick<PlantPolicy, 'deposit' | 'anchorDay'>

/** A month of electricity that was charged: what it came to after notes, and under which packages. */
export type ChargedMonth = { readonly totalMinor: number; readonly packageCodes: readonly string[] }

/** A part of a deposit that was asked for and of which nothing is paid. */
export type AskedPart = { readonly chargeId: number; readonly openMinor: number; readonly isUntouched: boolean }

/** What a review finds: what the rule asks for beside what there is, and what follows. Amounts in minor units. */
export type DepositFinding = {
  readonly expectedMinor: number
  readonly dueMinor: number
  /** What earlier demands still bring, less those that are given up now. */
  readonly askedMinor: number
  readonly topUpMinor: number
  readonly creditMinor: number
  /** Demands that are not needed any more. */
  readonly givenUp: readonly number[]
}

/**
 * The customer's own months that say what one costs: of the package they have now, and not those that cost nothing (cut, away). Oldest
 * first; the newest `ownMeanAfterPeriods` of them (policy "expected bill"; docs/decisions/0020, "The difference").
 */
export function monthsOfPackage(months: readonly ChargedMonth[], code: string, policy: ReviewPolicy): number[] {
  return months
    .filter(({ totalMinor, packageCodes }) => totalMinor > 0 && packageCodes.every((one) => one === code))
    .map(({ totalMinor }) => totalMinor)
    .slice(-policy.deposit.ownMeanAfterPeriods)
}

/**
 * The yearly review (policy "deposit"): due is the expected bill, rounded up. What was asked for already counts as there, so nothing is
 * asked for twice. Short by more than 25 % and 100 rupees: topped up. What is held above it is credited, and parts of which nothing was
 * paid and that are not needed any more are given up, the last first.
 */
export function assessDeposit(input: {
  heldMinor: number
  asked: readonly AskedPart[]
  terms: PackageTerms
  months: readonly ChargedMonth[]
  category: string
  waived: boolean
  policy: ReviewPolicy
}): DepositFinding {
  const { heldMinor, asked, terms, months, category, waived, policy } = input
  const expectedMinor = expectedBillMinor({ terms, ownTotalsMinor: monthsOfPackage(months, terms.code, policy), policy })
  const dueMinor = depositDueMinor({ expectedBillMinor: expectedMinor, category, waived, policy })
  let askedMinor = sumMinor(asked.map(({ openMinor }) => openMinor))
  const givenUp: number[] = []
  for (const { chargeId, openMinor, isUntouched } of asked.toReversed()) {
    if (!isUntouched || heldMinor + askedMinor - openMinor < dueMinor) continue
    givenUp.push(chargeId)
    askedMinor -= openMinor
  }
  const { topUpMinor } = reviewDeposit({ heldMinor: heldMinor + askedMinor, dueMinor, policy })
  const { creditMinor } = reviewDeposit({ heldMinor, dueMinor, policy })
  return { expectedMinor, dueMinor, askedMinor, topUpMinor, creditMinor, givenUp }
}

/** A top-up in as many parts as the policy allows, one with each of the next bills, as a deposit that was drawn is restored. */
export function topUpParts(input: {
  topUpMinor: number
  today: IsoDate
  currency: string
  policy: ReviewPolicy
}): { part: number; amountMinor: number; from: IsoDate }[] {
  const { topUpMinor, today, currency, policy } = input
  let period = periodContaining(today, policy.anchorDay)
  return depositParts({ dueMinor: topUpMinor, parts: policy.deposit.maxParts, currency, policy }).flatMap(
    (amountMinor, index) => {
      period = nextPeriod(period, policy.anchorDay)
      return amountMinor > 0 ? [{ part: index + 1, amountMinor, from: period.from }] : []
    },
  )
}
