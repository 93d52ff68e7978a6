import { hoursOf } from './calendar.ts'
import type { IsoDate } from './calendar.ts'
import { energyChargeMinor } from './energy.ts'
import { DomainError } from './errors.ts'
import { divideHalfUp, splitByLargestRemainder, sumMinor } from './money.ts'
import { promisedHoursPerDay } from './package.ts'
import type { PackageTerms } from './package.ts'
import { daysIn } from './period.ts'
import type { Period } from './period.ts'
import type { PlantPolicy } from './policy.ts'

/** Days `[from, to)` of a period under one package version, with what was counted in them. */
export type SupplySegment = {
  readonly from: IsoDate
  readonly to: IsoDate
  readonly terms: PackageTerms
  /** Needed where the package has a price per unit. */
  readonly consumptionWh?: number
  readonly estimated?: boolean
}

type OfPackage = { readonly packageCode: string; readonly packageVersion: number; readonly from: IsoDate; readonly to: IsoDate }

/** Lines of an electricity charge; amounts are signed. */
export type FixedLine = OfPackage & {
  readonly kind: 'fixed'
  readonly amountMinor: number
  readonly fullMinor: number
  readonly days: number
  readonly daysInPeriod: number
}
export type EnergyLine = OfPackage & {
  readonly kind: 'energy'
  readonly amountMinor: number
  readonly consumptionWh: number
  readonly rateMinorPerKwh: number
  readonly estimated: boolean
}
export type LostHoursLine = {
  readonly kind: 'lost-hours'
  readonly amountMinor: number
  readonly lostHours: number
  readonly promisedHours: number
}
export type RoundingLine = { readonly kind: 'rounding'; readonly amountMinor: number }
export type ChargeLine = FixedLine | EnergyLine | LostHoursLine | RoundingLine

/**
 * Fixed charges of a period: price × days ÷ days in the period, by largest remainder over the days of that price and the days without,
 * so that a change and its way back cost exactly one full price (policy "pro-rating", billing.md rule 12).
 */
export function fixedLines(period: Period, segments: readonly SupplySegment[]): FixedLine[] {
  const daysInPeriod = daysIn(period)
  const amounts = segments.map(() => 0)
  for (const price of new Set(segments.map(({ terms }) => terms.fixedChargeMinor))) {
    const indexes = segments.flatMap(({ terms }, index) => (terms.fixedChargeMinor === price ? [index] : []))
    const days = indexes.map((index) => daysOf(segments, index))
    const rest = daysInPeriod - days.reduce((sum, one) => sum + one, 0)
    for (const [at, amount] of splitByLargestRemainder(price, [...days, rest]).entries()) {
      const index = indexes[at]
      if (index !== undefined) amounts[index] = amount
    }
  }
  return segments.map((segment, index) => ({
    kind: 'fixed',
    amountMinor: amounts[index] ?? 0,
    fullMinor: segment.terms.fixedChargeMinor,
    days: daysIn(segment),
    daysInPeriod,
    ...ofPackage(segment),
  }))
}

/** Energy of each segment at its own rate, half up per line; never pro-rated (policy "energy"). READING_MISSING when it was not counted. */
export function energyLines(segments: readonly SupplySegment[]): EnergyLine[] {
  return segments
    .filter(({ terms }) => terms.mode === 'postpaid' && terms.energyRateMinorPerKwh > 0)
    .map((segment) => {
      const { consumptionWh, terms } = segment
      if (consumptionWh === undefined)
        throw new DomainError('READING_MISSING', 'A metered package is billed by its readings', { package: terms.code })
      const rateMinorPerKwh = terms.energyRateMinorPerKwh
      const amountMinor = energyChargeMinor({ consumptionWh, rateMinorPerKwh })
      return {
        kind: 'energy',
        amountMinor,
        consumptionWh,
        rateMinorPerKwh,
        estimated: segment.estimated ?? false,
        ...ofPackage(segment),
      }
    })
}

/** Promised hours lost beyond 24 in a period: the fixed charge is credited by lost ÷ promised hours (policy "calendar"). */
export function lostHoursLines(input: {
  fixed: readonly FixedLine[]
  segments: readonly SupplySegment[]
  lostHours: number
  policy: Pick<PlantPolicy, 'supply'>
}): LostHoursLine[] {
  const { fixed, segments, lostHours, policy } = input
  if (!Number.isInteger(lostHours) || lostHours < 0)
    throw new DomainError('INVALID_INPUT', 'Lost hours are whole and not negative', { lostHours })
  const promisedHours = Math.round(
    segments.reduce((sum, segment) => sum + promisedHoursPerDay(segment.terms) * daysIn(segment), 0),
  )
  const fixedMinor = sumMinor(fixed.map(({ amountMinor }) => amountMinor))
  if (lostHours <= hoursOf(policy.supply.lostHoursCreditAfter) || fixedMinor === 0) return []
  const creditMinor = divideHalfUp(BigInt(fixedMinor) * BigInt(Math.min(lostHours, promisedHours)), BigInt(promisedHours))
  return [{ kind: 'lost-hours', amountMinor: -creditMinor, lostHours, promisedHours }]
}

/** Returns segments in order when they lie inside the period and nowhere overlap, else throws INVALID_INPUT. */
export function checkedSegments(period: Period, segments: readonly SupplySegment[]): SupplySegment[] {
  const ordered = segments.toSorted((a, b) => (a.from < b.from ? -1 : 1))
  let reached = period.from
  for (const { from, to } of ordered) {
    if (from < reached || to <= from || to > period.to)
      throw new DomainError('INVALID_INPUT', 'Supplied days overlap or leave the period', { from, to })
    reached = to
  }
  if (new Set(ordered.map(({ terms }) => terms.mode)).size > 1) {
    throw new DomainError('INVALID_INPUT', 'Pre-paid and post-paid days are charged apart: final reading and bill first')
  }
  return ordered
}

function daysOf(segments: readonly SupplySegment[], index: number): number {
  const segment = segments[index]
  return segment ? daysIn(segment) : 0
}

function ofPackage({ terms, from, to }: SupplySegment): OfPackage {
  return { packageCode: terms.code, packageVersion: terms.version, from, to }
}
