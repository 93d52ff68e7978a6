import { Temporal as Tm } from 'temporal-polyfill'
import { DomainError } from './errors.ts'

/** RFC 3339 UTC with milliseconds, `2026-07-01T00:00:00.000Z`. */
export type IsoInstant = string
/** `2026-07-01`, a day in the plant's zone. */
export type IsoDate = string
/** ISO 8601 duration, `P9D`. */
export type IsoDuration = string
/** IANA zone name, `Asia/Kolkata`. */
export type Zone = string
/** Plant-local wall time, `18:00`; `24:00` is the end of the day. */
export type LocalTime = string

/** Milliseconds since the epoch as an `IsoInstant`. */
export function instantFromMs(ms: number): IsoInstant {
  return read(() => Tm.Instant.fromEpochMilliseconds(Math.floor(ms)).toString({ smallestUnit: 'millisecond' }))
}

/** An instant (any RFC 3339 offset) in milliseconds since the epoch. */
export function msOf(instant: IsoInstant): number {
  return read(() => Tm.Instant.from(instant).epochMilliseconds)
}

/** The plant's date at an instant. */
export function dateAt(instant: IsoInstant, zone: Zone): IsoDate {
  return kept(`date ${instant} ${zone}`, () => zoned(instant, zone).toPlainDate().toString())
}

/** The plant's wall time at an instant, `HH:MM`. */
export function timeAt(instant: IsoInstant, zone: Zone): LocalTime {
  return zoned(instant, zone).toPlainTime().toString({ smallestUnit: 'minute' })
}

/** Minutes by which the zone is ahead of UTC at an instant: 330 for Asia/Kolkata. */
export function utcOffsetMin(instant: IsoInstant, zone: Zone): number {
  return Math.round(zoned(instant, zone).offsetNanoseconds / 60e9)
}

/** The first instant of a date; where the clock skips midnight, the first that exists (billing.md rule 11). */
export function startOfDay(date: IsoDate, zone: Zone): IsoInstant {
  return kept(`start ${date} ${zone}`, () => read(() => iso(plainDate(date).toZonedDateTime(zone))))
}

/** The instant of a wall time on a date; `24:00` is the next midnight, a skipped time moves forward, a repeated one is the first. */
export function atTimeOn(date: IsoDate, time: LocalTime, zone: Zone): IsoInstant {
  if (time === '24:00') return startOfDay(addDays(date, 1), zone)
  return read(() => iso(plainDate(date).toZonedDateTime({ timeZone: zone, plainTime: Tm.PlainTime.from(time) })))
}

/** Adds days (or takes them off, when negative). */
export function addDays(date: IsoDate, days: number): IsoDate {
  return kept(`days ${date} ${days}`, () => read(() => plainDate(date).add({ days }).toString()))
}

/** Adds a duration of days, weeks, months or years to a date; month ends clamp. Hours are refused: a date has none. */
export function addDuration(date: IsoDate, duration: IsoDuration): IsoDate {
  return kept(`add ${date} ${duration}`, () => read(() => plainDate(date).add(dateDuration(duration)).toString()))
}

/** Takes a duration of days, weeks, months or years off a date. */
export function subtractDuration(date: IsoDate, duration: IsoDuration): IsoDate {
  return read(() => plainDate(date).subtract(dateDuration(duration)).toString())
}

/** Adds a duration to an instant in the plant's zone: `P1D` keeps the wall time over a clock change, `PT24H` does not. */
export function addToInstant(instant: IsoInstant, duration: IsoDuration, zone: Zone): IsoInstant {
  return kept(`to ${instant} ${duration} ${zone}`, () => read(() => iso(zoned(instant, zone).add(Tm.Duration.from(duration)))))
}

/** Whole days from one date to another, negative when it lies before. */
export function daysBetween(from: IsoDate, to: IsoDate): number {
  return read(() => plainDate(from).until(plainDate(to), { largestUnit: 'days' }).days)
}

/** 1 Monday … 7 Sunday. */
export function weekday(date: IsoDate): number {
  return plainDate(date).dayOfWeek
}

/** Days in the month of a date. */
export function daysInMonth(date: IsoDate): number {
  return plainDate(date).daysInMonth
}

/** The later of dates or of instants in this project's one format (both sort as text). */
export function latest(first: string, ...rest: readonly string[]): string {
  return rest.reduce((late, one) => (one > late ? one : late), first)
}

/** The earlier of dates or of instants in this project's one format. */
export function earliest(first: string, ...rest: readonly string[]): string {
  return rest.reduce((early, one) => (one < early ? one : early), first)
}

/** True for a real `YYYY-MM-DD`. */
export function isIsoDate(value: unknown): value is IsoDate {
  return (
    typeof value === 'string' &&
    /^\d{4}-\d{2}-\d{2}$/.test(value) &&
    succeeds(() => Tm.PlainDate.from(value, { overflow: 'reject' }))
  )
}

/** True for a duration that is not negative. */
export function isIsoDuration(value: unknown): value is IsoDuration {
  return typeof value === 'string' && /^P/.test(value) && succeeds(() => Tm.Duration.from(value))
}

/** True for `HH:MM` from 00:00 to 24:00. */
export function isLocalTime(value: unknown): value is LocalTime {
  return typeof value === 'string' && /^(([01]\d|2[0-3]):[0-5]\d|24:00)$/.test(value)
}

/** Minutes after midnight of a wall time; `24:00` is 1440. */
export function minutesOf(time: LocalTime): number {
  if (!isLocalTime(time)) throw new DomainError('INVALID_INPUT', `Not a time of day: ${String(time)}`)
  return Number(time.slice(0, 2)) * 60 + Number(time.slice(3, 5))
}

/** Length of a duration in hours, days being 24 hours long; months and years are refused. For thresholds such as "at most 4 h". */
export function hoursOf(duration: IsoDuration): number {
  return read(() => Tm.Duration.from(duration).total('hours'))
}

/** Bills and looks ask for the same few days thousands of times, and a calendar is slow: what was reckoned is kept, by what was asked. */
const reckoned = new Map<string, string>()
const MOST_RECKONED = 20_000

function kept(asked: string, reckon: () => string): string {
  const before = reckoned.get(asked)
  if (before !== undefined) return before
  const found = reckon()
  if (reckoned.size >= MOST_RECKONED) reckoned.clear()
  reckoned.set(asked, found)
  return found
}

function plainDate(date: IsoDate): Tm.PlainDate {
  if (!isIsoDate(date)) throw new DomainError('INVALID_INPUT', `Not a date: ${String(date)}`)
  return Tm.PlainDate.from(date)
}

function zoned(instant: IsoInstant, zone: Zone): Tm.ZonedDateTime {
  return read(() => Tm.Instant.from(instant).toZonedDateTimeISO(zone))
}

function iso(at: Tm.ZonedDateTime): IsoInstant {
  return at.toInstant().toString({ smallestUnit: 'millisecond' })
}

function dateDuration(duration: IsoDuration): Tm.Duration {
  if (duration.includes('T')) throw new DomainError('INVALID_INPUT', `A date takes whole days, not ${duration}`)
  return Tm.Duration.from(duration)
}

function succeeds(parse: () => unknown): boolean {
  try {
    parse()
    return true
  } catch {
    return false
  }
}

/** Turns a RangeError of the date library into a refusal of ours, so that bad input never reads as a bug. */
function read<T>(work: () => T): T {
  try {
    return work()
  } catch (error) {
    if (error instanceof RangeError || error instanceof TypeError) throw new DomainError('INVALID_INPUT', error.message)
    throw error
  }
}
