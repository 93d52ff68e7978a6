import { currencyExponent } from '../domain/money.ts'
import type { Language } from './language.ts'
import { scaledInteger } from './number-words.ts'

// A currency without a sign of its own here is written with its code, which everybody who handles it can read.
const SYMBOLS: Readonly<Record<string, Readonly<Record<Language, string>>>> = {
  INR: { en: '₹', hi: '₹' },
  NPR: { en: 'NPR ', hi: 'ने.रु. ' },
  BDT: { en: 'BDT ', hi: 'टका ' },
}

function symbolOf(currency: string, language: Language): string {
  return (Object.hasOwn(SYMBOLS, currency) ? SYMBOLS[currency]?.[language] : undefined) ?? `${currency} `
}

/** Writes an amount with all its decimals and no symbol, for columns: `(123400, 'INR')` is `1,234.00`. */
export function formatAmount(amountMinor: number, currency: string): string {
  return scaledInteger(amountMinor, currencyExponent(currency))
}

/**
 * Writes an amount as people say it: symbol, Indian grouping, decimals only when there are any. `16000` paise is `₹160`.
 * Throws INVALID_AMOUNT on a fractional or unsafe amount and INVALID_INPUT on a currency without an exponent.
 */
export function formatMoney(amountMinor: number, currency: string, language: Language): string {
  const amount = formatAmount(amountMinor, currency).replace(/\.0+$/, '')
  const symbol = symbolOf(currency, language)
  return amount.startsWith('-') ? `-${symbol}${amount.slice(1)}` : `${symbol}${amount}`
}
