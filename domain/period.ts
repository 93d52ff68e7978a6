import { addDays, daysBetween, daysInMonth, isIsoDate } from './calendar.ts'
import type { IsoDate } from './calendar.ts'
import { DomainError } from './errors.ts'

/** A billing period, half-open `[from, to)`; `key` is its first day (policy "period"). */
export type Period = { readonly key: IsoDate; readonly from: IsoDate; readonly to: IsoDate }

/** The period that holds a date. Boundaries are the anchor day, clamped to each month's end (billing.md rule 11). */
export function periodContaining(date: IsoDate, anchorDay = 1): Period {
  if (!isIsoDate(date)) throw new DomainError('INVALID_INPUT', `Not a date: ${String(date)}`)
  const here = boundaryInMonth(monthIndex(date), anchorDay)
  const index = date >= here ? monthIndex(date) : monthIndex(date) - 1
  return periodAt(index, anchorDay)
}

/** The period with a key; throws INVALID_INPUT when the key is not the first day of one. */
export function periodFrom(key: IsoDate, anchorDay = 1): Period {
  const period = periodContaining(key, anchorDay)
  if (period.key !== key) throw new DomainError('INVALID_INPUT', `No period begins on ${key}`, { key, anchorDay })
  return period
}

/** The period after this one, counted from the anchor and never from the previous date: 31 → 28 → 31. */
export function nextPeriod(period: Period, anchorDay = 1): Period {
  return periodContaining(period.to, anchorDay)
}

/** The period before this one. */
export function previousPeriod(period: Period, anchorDay = 1): Period {
  return periodContaining(addDays(period.from, -1), anchorDay)
}

/** The nth period (0 = the one that holds `date`). */
export function nthPeriod({ date, anchorDay = 1, n }: { date: IsoDate; anchorDay?: number; n: number }): Period {
  return periodAt(monthIndex(periodContaining(date, anchorDay).from) + n, anchorDay)
}

/** Boundaries later than `after` up to and including `upTo`, in order: what a late run of billing has to catch up with. */
export function boundariesBetween({
  after,
  upTo,
  anchorDay = 1,
}: {
  after: IsoDate
  upTo: IsoDate
  anchorDay?: number
}): IsoDate[] {
  const boundaries: IsoDate[] = []
  for (let period = periodContaining(after, anchorDay); period.to <= upTo; period = nextPeriod(period, anchorDay))
    boundaries.push(period.to)
  return boundaries
}

/** Throws PERIOD_NOT_ENDED while the period still runs: post-paid is billed after it (manual 2.2.1). */
export function assertPeriodEnded(period: Period, today: IsoDate): void {
  if (today < period.to) throw new DomainError('PERIOD_NOT_ENDED', 'The period has not ended yet', { period: period.key, today })
}

/** Days in a period: the denominator of every pro-rating. */
export function daysIn(period: Pick<Period, 'from' | 'to'>): number {
  return daysBetween(period.from, period.to)
}

/** The days two half-open ranges share, or undefined when they share none. */
export function overlap(
  a: Pick<Period, 'from' | 'to'>,
  b: Pick<Period, 'from' | 'to'>,
): { from: IsoDate; to: IsoDate } | undefined {
  const from = a.from > b.from ? a.from : b.from
  const to = a.to < b.to ? a.to : b.to
  return from < to ? { from, to } : undefined
}

function periodAt(index: number, anchorDay: number): Period {
  const from = boundaryInMonth(index, anchorDay)
  return { key: from, from, to: boundaryInMonth(index + 1, anchorDay) }
}

/** Months since year 0, so that "the next month" is plus one. */
function monthIndex(date: IsoDate): number {
  return Number(date.slice(0, 4)) * 12 + Number(date.slice(5, 7)) - 1
}

function boundaryInMonth(index: number, anchorDay: number): IsoDate {
  if (!Number.isInteger(anchorDay) || anchorDay < 1 || anchorDay > 31)
    throw new DomainError('INVALID_INPUT', 'An anchor day is 1 to 31', { anchorDay })
  const month = `${String(Math.floor(index / 12)).padStart(4, '0')}-${String((index % 12) + 1).padStart(2, '0')}`
  return `${month}-${String(Math.min(anchorDay, daysInMonth(`${month}-01`))).padStart(2, '0')}`
}
