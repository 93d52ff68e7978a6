import type { Language } from './language.ts'

const MONTHS: Readonly<Record<Language, readonly string[]>> = {
  en: ['January', 'February', 'March', 'April', 'May', 'June', 'July', 'August', 'September', 'October', 'November', 'December'],
  hi: ['जनवरी', 'फ़रवरी', 'मार्च', 'अप्रैल', 'मई', 'जून', 'जुलाई', 'अगस्त', 'सितंबर', 'अक्टूबर', 'नवंबर', 'दिसंबर'],
}

interface DateParts {
  readonly year: string
  readonly month: string
  readonly day: number
}

// Month names are our own: those of the runtime differ from one version of its data to the next, and receipts must not.
function datePartsOf(date: string, language: Language): DateParts {
  const match = /^(\d{4})-(\d{2})-(\d{2})$/.exec(date)
  const [, year, monthNumber, dayNumber] = match ?? []
  const month = MONTHS[language][Number(monthNumber) - 1]
  const day = Number(dayNumber)
  if (year === undefined || month === undefined || !(day >= 1 && day <= 31)) throw new RangeError(`Not a date: ${date}`)
  return { year, month, day }
}

/** Writes a date `YYYY-MM-DD` as `9 July 2026` or `9 जुलाई 2026`. Throws a RangeError on anything else. */
export function formatDate(date: string, language: Language): string {
  const { year, month, day } = datePartsOf(date, language)
  return `${day} ${month} ${year}`
}

/** Writes a period by its key, its first day: a calendar month as `July 2026`, any other as `from 9 July 2026`. */
export function formatPeriod(period: string, language: Language): string {
  const { year, month, day } = datePartsOf(period, language)
  if (day === 1) return `${month} ${year}`
  const first = formatDate(period, language)
  return language === 'hi' ? `${first} से` : `from ${first}`
}

interface LocalTime {
  readonly date: string
  readonly hour: number
  readonly minute: string
}

function localTimeIn(instant: string, zone: string): LocalTime {
  const format = new Intl.DateTimeFormat('en-GB', {
    timeZone: zone,
    calendar: 'gregory',
    numberingSystem: 'latn',
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
  })
  const parts = Object.fromEntries(format.formatToParts(new Date(instant)).map(({ type, value }) => [type, value]))
  return { date: `${parts.year}-${parts.month}-${parts.day}`, hour: Number(parts.hour), minute: parts.minute ?? '00' }
}

const HINDI_PARTS_OF_DAY: readonly (readonly [fromHour: number, name: string])[] = [
  [20, 'रात'],
  [16, 'शाम'],
  [12, 'दोपहर'],
  [4, 'सुबह'],
  [0, 'रात'],
]

function formatTime({ hour, minute }: LocalTime, language: Language): string {
  const clock = `${hour % 12 === 0 ? 12 : hour % 12}:${minute}`
  if (language === 'en') return `${clock} ${hour < 12 ? 'am' : 'pm'}`
  const partOfDay = HINDI_PARTS_OF_DAY.find(([fromHour]) => hour >= fromHour)?.[1] ?? 'रात'
  return `${partOfDay} ${clock} बजे`
}

/** The date an instant falls on in a zone, as `YYYY-MM-DD`. */
export function dateIn(instant: string, zone: string): string {
  return localTimeIn(instant, zone).date
}

/** Writes an instant in a plant's zone: `9 July 2026, 10:30 am` or `9 जुलाई 2026, सुबह 10:30 बजे`. */
export function formatDateTime(instant: string, zone: string, language: Language): string {
  const local = localTimeIn(instant, zone)
  return `${formatDate(local.date, language)}, ${formatTime(local, language)}`
}

/** Writes a number of days: `1 day`, `15 days`, `15 दिन`. */
export function formatDays(days: number, language: Language): string {
  if (!Number.isSafeInteger(days)) throw new RangeError(`Not a whole number of days: ${days}`)
  if (language === 'hi') return `${days} दिन`
  return days === 1 ? '1 day' : `${days} days`
}
