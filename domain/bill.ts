import { roundToWholeUnits, sumMinor } from './money.ts'
import type { Period } from './period.ts'
import type { PlantPolicy } from './policy.ts'
import { checkedSegments, energyLines, fixedLines, lostHoursLines } from './tariff.ts'
import type { ChargeLine, SupplySegment } from './tariff.ts'

/** What an electricity charge is made of. Supplied days outside every segment cost nothing. */
export type ChargeInput = {
  readonly period: Period
  readonly currency: string
  readonly segments: readonly SupplySegment[]
  /** Cut for the whole period: no fixed charge (policy "fixed charge while cut"); the period of the cut itself is charged. */
  readonly cutWholePeriod?: boolean
  readonly lostHours?: number
  readonly policy: Pick<PlantPolicy, 'supply'>
}

/** An assessed charge: lines add up to `totalMinor`, which is whole units. */
export type AssessedCharge = { readonly lines: ChargeLine[]; readonly roundingMinor: number; readonly totalMinor: number }

/**
 * Assesses one connection's electricity for one period: post-paid (fixed + energy), pre-paid in advance and unmetered (fixed only),
 * by the days of each package version; then rounds to whole units with a line of its own (policy "Money and periods").
 * Throws READING_MISSING, INVALID_INPUT. A total of zero is a bill too.
 */
export function assessCharge({
  period,
  currency,
  segments,
  cutWholePeriod = false,
  lostHours = 0,
  policy,
}: ChargeInput): AssessedCharge {
  const supplied = checkedSegments(period, segments)
  const fixed = cutWholePeriod ? [] : fixedLines(period, supplied)
  const priced = [...fixed, ...energyLines(supplied), ...lostHoursLines({ fixed, segments: supplied, lostHours, policy })]
  const { roundedMinor, roundingMinor } = roundToWholeUnits(sumMinor(priced.map(({ amountMinor }) => amountMinor)), currency)
  const rounding: ChargeLine[] = roundingMinor === 0 ? [] : [{ kind: 'rounding', amountMinor: roundingMinor }]
  return { lines: [...priced, ...rounding], roundingMinor, totalMinor: roundedMinor }
}

/** What a bill asks for: its own charges and everything still outstanding (manual 2.2.4). Credit is shown, not taken off twice. */
export function billTotals(input: { chargesMinor: readonly number[]; outstandingMinor: number; creditMinor: number }): {
  totalMinor: number
  toPayMinor: number
} {
  const totalMinor = sumMinor(input.chargesMinor)
  return { totalMinor, toPayMinor: Math.max(sumMinor([totalMinor, input.outstandingMinor, -input.creditMinor]), 0) }
}
