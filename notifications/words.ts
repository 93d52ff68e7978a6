import { formatDate, formatDays, formatPeriod } from './date-words.ts'
import { formatKwh, formatReading } from './energy-words.ts'
import type { Language } from './language.ts'
import { formatMoney } from './money-words.ts'

/** The formatting of one language, bound, so that a template reads as the sentence it makes. */
export interface Words {
  readonly money: (amountMinor: number, currency: string) => string
  readonly date: (date: string) => string
  readonly days: (days: number) => string
  readonly period: (period: string) => string
  readonly energy: (energyWh: number) => string
  readonly reading: (energyWh: number) => string
  readonly list: (items: readonly string[]) => string
}

const AND: Readonly<Record<Language, string>> = { en: 'and', hi: 'और' }

function joinAsList(items: readonly string[], language: Language): string {
  const last = items.at(-1) ?? ''
  return items.length < 2 ? last : `${items.slice(0, -1).join(', ')} ${AND[language]} ${last}`
}

/** Binds every formatter to a language. */
export function wordsIn(language: Language): Words {
  return {
    money: (amountMinor, currency) => formatMoney(amountMinor, currency, language),
    date: (date) => formatDate(date, language),
    days: (days) => formatDays(days, language),
    period: (period) => formatPeriod(period, language),
    energy: (energyWh) => formatKwh(energyWh, language),
    reading: formatReading,
    list: (items) => joinAsList(items, language),
  }
}

/** Joins the sentences that apply; those whose condition is false, or whose text is missing, are left out. */
export function sentences(...parts: readonly (string | false | undefined)[]): string {
  return parts.filter((part) => typeof part === 'string' && part !== '').join(' ')
}
