import { addDuration, dateAt, latest, subtractDuration } from './calendar.ts'
import type { IsoDate, IsoInstant, Zone } from './calendar.ts'
import { DomainError } from './errors.ts'
import type { PackageMode, PackageTerms } from './package.ts'
import { checkPackageTerms } from './package.ts'
import { periodContaining } from './period.ts'
import type { PlantPolicy } from './policy.ts'

type PricePolicy = Pick<PlantPolicy, 'anchorDay' | 'priceChange' | 'prepaid'>

/** What may differ from one version of a package to the next: what it costs, never what it gives. */
export type Price = Pick<PackageTerms, 'fixedChargeMinor' | 'energyRateMinorPerKwh' | 'expectedKwh'>

/** The terms of the next version: the same limit, hours and meters at another price. PACKAGE_SAME when nothing would change. */
export function nextVersion(newest: PackageTerms, price: Price): PackageTerms {
  const { fixedChargeMinor, energyRateMinorPerKwh, expectedKwh } = price
  const isSame = fixedChargeMinor === newest.fixedChargeMinor && energyRateMinorPerKwh === newest.energyRateMinorPerKwh
  if (isSame) throw new DomainError('PACKAGE_SAME', 'That is the price of this package already', { package: newest.code })
  if (newest.mode === 'prepaid' && energyRateMinorPerKwh > 0)
    throw new DomainError('INVALID_INPUT', 'A pre-paid package has no price per unit', { package: newest.code })
  return checkPackageTerms({ ...newest, version: newest.version + 1, fixedChargeMinor, energyRateMinorPerKwh, expectedKwh })
}

/** The first day a price may begin that is announced on a day: a period's start, its notice later (policy "price change"). */
export function earliestPriceFrom({ announcedOn, policy }: { announcedOn: IsoDate; policy: PricePolicy }): IsoDate {
  return periodStartFrom(addDuration(announcedOn, policy.priceChange.notice), policy)
}

/** Refuses a price before a period's start, without its notice, or not after the version before it (PRICE_TOO_SOON, INVALID_INPUT). */
export function checkPriceFrom(input: { from: IsoDate; today: IsoDate; newestFrom: IsoDate; policy: PricePolicy }): void {
  const { from, today, newestFrom, policy } = input
  if (periodStartFrom(from, policy) !== from) throw new DomainError('INVALID_INPUT', 'A price begins with a period', { from })
  const earliest = earliestPriceFrom({ announcedOn: today, policy })
  const afterNewest = periodContaining(newestFrom, policy.anchorDay).to
  const possibleFrom = from > newestFrom ? earliest : latest(earliest, afterNewest)
  if (from < possibleFrom)
    throw new DomainError('PRICE_TOO_SOON', 'Customers are told of a new price before it begins', { possibleFrom })
}

/** From when a released price counts: as wished, or later where the approval took its time; the notice is never cut short. */
export function releasedFrom(input: { wishedFrom: IsoDate; releasedOn: IsoDate; policy: PricePolicy }): IsoDate {
  return latest(input.wishedFrom, earliestPriceFrom({ announcedOn: input.releasedOn, policy: input.policy }))
}

/**
 * The first day one customer pays a new price: a period's start, not before it was released for, its whole notice after *this* customer
 * got it, and after everything that was charged already (billing.md rule 14: never an issued period).
 */
export function priceReaches(input: {
  effectiveFrom: IsoDate
  deliveredAt: IsoInstant
  /** The day after the last charged period; undefined when nothing was charged. */
  chargedUntil: IsoDate | undefined
  zone: Zone
  policy: PricePolicy
}): IsoDate {
  const { effectiveFrom, deliveredAt, chargedUntil, zone, policy } = input
  const told = earliestPriceFrom({ announcedOn: dateAt(deliveredAt, zone), policy })
  return periodStartFrom(latest(effectiveFrom, told, chargedUntil ?? effectiveFrom), policy)
}

/** Days before an advance is issued on which its price is settled, so that a look that comes late is not too late. */
const SETTLED_BEFORE_ISSUE = 'P2D'

/** The day the terms are changed for a price: the day itself, or before the advance of its first period is asked for. */
export function priceSettledOn({ from, mode, policy }: { from: IsoDate; mode: PackageMode; policy: PricePolicy }): IsoDate {
  if (mode === 'postpaid') return from
  return subtractDuration(subtractDuration(from, policy.prepaid.issuedBefore), SETTLED_BEFORE_ISSUE)
}

function periodStartFrom(day: IsoDate, { anchorDay }: Pick<PlantPolicy, 'anchorDay'>): IsoDate {
  const period = periodContaining(day, anchorDay)
  return period.from === day ? day : period.to
}
