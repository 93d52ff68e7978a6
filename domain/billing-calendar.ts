import { addDays, addDuration, addToInstant, earliest, startOfDay, subtractDuration } from './calendar.ts'
import type { IsoDate, IsoInstant, Zone } from './calendar.ts'
import { DomainError } from './errors.ts'
import { nextPeriod, periodContaining, previousPeriod } from './period.ts'
import type { Period } from './period.ts'
import type { PlantPolicy } from './policy.ts'

type CalendarPolicy = Pick<PlantPolicy, 'anchorDay' | 'prepaid' | 'postpaid' | 'metering'>

/** What falls due around one boundary between two periods: the post-paid one that ends there, the pre-paid one that begins. */
export type BillingWindows = {
  /** The register of this midnight ends the post-paid days. */
  readonly boundary: IsoDate
  readonly postpaid: Period
  readonly prepaid: Period
  /** Advances are issued from here (policy "pre-paid": 5 days before), until their month is over. */
  readonly advanceFrom: IsoInstant
  readonly advanceUntil: IsoInstant
  /** Conventional meters are read from here (policy "conventional": from the 24th) … */
  readonly readFrom: IsoInstant
  /** … and estimated from here (day 4 at the latest). */
  readonly readUntil: IsoInstant
  /** The boundary itself: post-paid bills are issued from here. */
  readonly billFrom: IsoInstant
  /** A smart meter that has not spoken until here is estimated (policy "smart": P3D). */
  readonly smartUntil: IsoInstant
}

/** The windows of a boundary; INVALID_INPUT when no period ends on that date. */
export function billingWindows(input: { boundary: IsoDate; policy: CalendarPolicy; zone: Zone }): BillingWindows {
  const { boundary, policy, zone } = input
  const postpaid = periodContaining(addDays(boundary, -1), policy.anchorDay)
  if (postpaid.to !== boundary) throw new DomainError('INVALID_INPUT', 'No period ends on this date', { boundary })
  const prepaid = nextPeriod(postpaid, policy.anchorDay)
  const billFrom = startOfDay(boundary, zone)
  return {
    boundary,
    postpaid,
    prepaid,
    billFrom,
    advanceFrom: startOfDay(subtractDuration(boundary, policy.prepaid.issuedBefore), zone),
    advanceUntil: startOfDay(prepaid.to, zone),
    readFrom: startOfDay(lastOfDayNumber(addDays(boundary, -1), policy.metering.readFromDay), zone),
    readUntil: startOfDay(addDuration(boundary, policy.postpaid.issuedWithin), zone),
    smartUntil: addToInstant(billFrom, policy.metering.smartWait, zone),
  }
}

/**
 * The windows of post-paid days that end with a change to pre-paid before their period does: the register of that midnight ends them, and
 * they are billed from then on ("final reading and bill first", policy "which meter"). Where the days end with the period, as they were.
 */
export function windowsUntil(
  windows: BillingWindows,
  { until, policy, zone }: { until: IsoDate; policy: CalendarPolicy; zone: Zone },
): BillingWindows {
  if (until === windows.boundary) return windows
  const billFrom = startOfDay(until, zone)
  return {
    ...windows,
    boundary: until,
    billFrom,
    readFrom: billFrom,
    readUntil: startOfDay(addDuration(until, policy.postpaid.issuedWithin), zone),
    smartUntil: addToInstant(billFrom, policy.metering.smartWait, zone),
  }
}

/**
 * Boundaries that may still have work on that date, oldest first: `back` past ones, as far as the plant has lived (a firing that
 * was missed is caught up), and the next one, whose advances and readings begin before it.
 */
export function boundariesAround(input: { today: IsoDate; since: IsoDate; anchorDay: number; back: number }): IsoDate[] {
  const { today, since, anchorDay, back } = input
  const next = periodContaining(today, anchorDay)
  const found = [next.to]
  for (let period = next; found.length <= back && period.to > since; period = previousPeriod(period, anchorDay)) {
    found.unshift(period.from)
  }
  return found
}

/** The first moment after `asOf` at which any of the windows opens. */
export function nextOpening(windows: readonly BillingWindows[], asOf: IsoInstant): IsoInstant | undefined {
  const ahead = windows.flatMap((one) => [one.readFrom, one.advanceFrom, one.billFrom]).filter((at) => at > asOf)
  const [first, ...rest] = ahead
  return first === undefined ? undefined : earliest(first, ...rest)
}

/** The last date up to `date` whose day of the month is `dayNumber`. */
function lastOfDayNumber(date: IsoDate, dayNumber: number): IsoDate {
  for (let day = date; ; day = addDays(day, -1)) if (Number(day.slice(8)) === dayNumber) return day
}
