import type { PlantPolicy } from './policy.ts'
import { DomainError } from './errors.ts'
import { assertWh } from './energy.ts'
import { divideHalfUp } from './money.ts'

/** Why a reading needs a second person, or is refused (policy "checks"). */
export type ReadingRule = 'below-last' | 'over-mean' | 'under-mean' | 'over-limit-hours'

export type ReadingVerdict = 'accepted' | 'needs-review' | 'refused'

/** A register read twice: what a span of one meter counted. `estimated` when one end was. */
export type MeterSpan = { readonly startWh: number; readonly endWh: number; readonly estimated?: boolean }

/** What a reading is held against. `meanWh` is per period of `meanDays` days; without history leave it out. */
export type ReadingCheck = {
  readonly lastWh: number
  readonly currentWh: number
  readonly limitW: number
  readonly promisedHoursPerDay: number
  /** Days since the last reading. */
  readonly days: number
  readonly meanWh?: number
  readonly meanDays?: number
  readonly policy: Pick<PlantPolicy, 'metering'>
}

/**
 * Judges a register reading. Below the last: refused. Over 2.5 × or under 0.3 × the mean, or more than the limit could give in the
 * promised hours: a second person (policy "checks"; billing.md rule 25: an unexplained fall is an exception, never a guess).
 */
export function checkReading(check: ReadingCheck): { verdict: ReadingVerdict; rules: ReadingRule[]; consumptionWh: number } {
  const counted = assertWh(check.currentWh) - assertWh(check.lastWh)
  if (counted < 0) return { verdict: 'refused', rules: ['below-last'], consumptionWh: 0 }
  const rules: ReadingRule[] = []
  const { reviewOverTimesMean, reviewUnderTimesMean } = check.policy.metering
  if (check.meanWh !== undefined) {
    const expectedWh = (check.meanWh * check.days) / (check.meanDays ?? check.days)
    if (counted > expectedWh * reviewOverTimesMean) rules.push('over-mean')
    if (counted < expectedWh * reviewUnderTimesMean) rules.push('under-mean')
  }
  if (counted > check.limitW * check.promisedHoursPerDay * check.days) rules.push('over-limit-hours')
  return { verdict: rules.length > 0 ? 'needs-review' : 'accepted', rules, consumptionWh: counted }
}

/** As `checkReading`, as a refusal: READING_BELOW_LAST, or READING_NEEDS_REVIEW naming the rules. Returns the consumption. */
export function acceptReading(check: ReadingCheck): number {
  const { verdict, rules, consumptionWh: counted } = checkReading(check)
  if (verdict === 'refused') {
    throw new DomainError('READING_BELOW_LAST', 'A reading is never below the last one', {
      lastWh: check.lastWh,
      currentWh: check.currentWh,
    })
  }
  if (verdict === 'needs-review')
    throw new DomainError('READING_NEEDS_REVIEW', 'A second person must look at this reading', { rules: rules.join(' ') })
  return counted
}

/** What one meter counted; throws READING_BELOW_LAST when its end lies below its start. */
export function consumptionWh({ startWh, endWh }: MeterSpan): number {
  if (assertWh(endWh) < assertWh(startWh))
    throw new DomainError('READING_BELOW_LAST', 'A reading is never below the last one', { startWh, endWh })
  return endWh - startWh
}

/** What a connection used in a period over one or more meters: (old final − old start) + (new − new start) (billing.md rule 26). */
export function consumptionAcrossMeters(spans: readonly MeterSpan[]): { consumptionWh: number; estimated: boolean } {
  if (spans.length === 0) throw new DomainError('READING_MISSING', 'No meter was read')
  return {
    consumptionWh: spans.reduce((sum, span) => assertWh(sum + consumptionWh(span)), 0),
    estimated: spans.some(({ estimated }) => estimated === true),
  }
}

/**
 * Estimate for days without a reading: the mean of the last 3 accepted periods (of those there are), else the package's expected
 * kWh, by days (policy "estimate"). `lastConsumptions` in Wh, oldest first.
 */
export function estimateWh(input: {
  lastConsumptions: readonly number[]
  expectedKwh: number
  days: number
  daysInPeriod: number
  policy: Pick<PlantPolicy, 'metering'>
}): number {
  const known = input.lastConsumptions.slice(-input.policy.metering.meanOfPeriods)
  const sumWh = known.length > 0 ? known.reduce((sum, wh) => sum + assertWh(wh), 0) : assertWh(input.expectedKwh) * 1000
  const periods = Math.max(known.length, 1)
  return divideHalfUp(BigInt(sumWh) * BigInt(assertWh(input.days)), BigInt(periods) * BigInt(input.daysInPeriod))
}

/** Mean consumption a period in Wh, half up; undefined without history. Estimated periods must not be among them. */
export function meanWh(consumptions: readonly number[]): number | undefined {
  if (consumptions.length === 0) return undefined
  return divideHalfUp(BigInt(consumptions.reduce((sum, wh) => sum + assertWh(wh), 0)), BigInt(consumptions.length))
}

/** True when no further period may be estimated: then the cluster in-charge and a visit (policy "estimate": at most 2 running). */
export function maxEstimatesReached({ running, policy }: { running: number; policy: Pick<PlantPolicy, 'metering'> }): boolean {
  return running >= policy.metering.maxEstimatesRunning
}

/**
 * An actual reading after estimates (billing.md rule 27): since the last actual one the meter counted `actualWh`, `estimatedWh` of it
 * is billed already. What is left is billed now; what was billed too much is credited in Wh.
 */
export function trueUp(input: { lastActualWh: number; billedEstimatesWh: readonly number[]; currentWh: number }): {
  actualWh: number
  estimatedWh: number
  toBillWh: number
  toCreditWh: number
} {
  const actualWh = consumptionWh({ startWh: input.lastActualWh, endWh: input.currentWh })
  const estimatedWh = input.billedEstimatesWh.reduce((sum, wh) => assertWh(sum + assertWh(wh)), 0)
  return { actualWh, estimatedWh, toBillWh: Math.max(actualWh - estimatedWh, 0), toCreditWh: Math.max(estimatedWh - actualWh, 0) }
}
