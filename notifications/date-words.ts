import type { IsoDate, IsoInstant, LocalTime, Zone } from '../domain/calendar.ts'
import { isIsoDate, minutesOf, timeAt } from '../domain/calendar.ts'
import { DomainError } from '../domain/errors.ts'
import type { Language } from './language.ts'

// Month names are our own: those of the runtime differ from one version of its data to the next, and receipts must not.
const MONTHS: Readonly<Record<Language, readonly string[]>> = {
  en: ['January', 'February', 'March', 'April', 'May', 'June', 'July', 'August', 'September', 'October', 'November', 'December'],
  hi: ['जनवरी', 'फ़रवरी', 'मार्च', 'अप्रैल', 'मई', 'जून', 'जुलाई', 'अगस्त', 'सितंबर', 'अक्टूबर', 'नवंबर', 'दिसंबर'],
}

interface DateParts {
  readonly year: string
  readonly month: string
  readonly day: number
}

function datePartsOf(date: IsoDate, language: Language): DateParts {
  if (!isIsoDate(date)) throw new DomainError('INVALID_INPUT', `Not a date: ${String(date)}`)
  const [year = '', month = '', day = ''] = date.split('-')
  return { year, month: MONTHS[language][Number(month) - 1] ?? '', day: Number(day) }
}

/** Writes a date `YYYY-MM-DD` as `9 July 2026` or `9 जुलाई 2026`. Throws INVALID_INPUT on anything else. */
export function formatDate(date: IsoDate, language: Language): string {
  const { year, month, day } = datePartsOf(date, language)
  return `${day} ${month} ${year}`
}

/** Writes a period by its key, its first day: a calendar month as `July 2026`, any other as `from 9 July 2026`. */
export function formatPeriod(period: IsoDate, language: Language): string {
  const { year, month, day } = datePartsOf(period, language)
  if (day === 1) return `${month} ${year}`
  const first = formatDate(period, language)
  return language === 'hi' ? `${first} से` : `from ${first}`
}

const HINDI_PARTS_OF_DAY: readonly (readonly [fromHour: number, name: string])[] = [
  [20, 'रात'],
  [16, 'शाम'],
  [12, 'दोपहर'],
  [4, 'सुबह'],
  [0, 'रात'],
]

/** Writes a plant-local wall time `HH:MM`: `10:30 am` or `सुबह 10:30 बजे`. */
export function formatTime(time: LocalTime, language: Language): string {
  const hour = Math.floor(minutesOf(time) / 60) % 24
  const minute = time.slice(3)
  const clock = `${hour % 12 === 0 ? 12 : hour % 12}:${minute}`
  if (language === 'en') return `${clock} ${hour < 12 ? 'am' : 'pm'}`
  const partOfDay = HINDI_PARTS_OF_DAY.find(([fromHour]) => hour >= fromHour)?.[1] ?? 'रात'
  return `${partOfDay} ${clock} बजे`
}

/** Writes the time of day of an instant in a plant's zone: `10:30 am` or `सुबह 10:30 बजे`. */
export function formatTimeOf(instant: IsoInstant, zone: Zone, language: Language): string {
  return formatTime(timeAt(instant, zone), language)
}

/** Writes a number of days: `1 day`, `15 days`, `15 दिन`. */
export function formatDays(days: number, language: Language): string {
  if (!Number.isSafeInteger(days)) throw new DomainError('INVALID_INPUT', `Not a whole number of days: ${days}`)
  if (language === 'hi') return `${days} दिन`
  return days === 1 ? '1 day' : `${days} days`
}
