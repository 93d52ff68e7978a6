import type { Language } from './language.ts'
import { scaledInteger } from './number-words.ts'

interface CurrencyWriting {
  /** ISO 4217 exponent: how many decimals one minor unit stands for. */
  readonly exponent: number
  readonly symbol: Readonly<Record<Language, string>>
}

const CURRENCIES: Readonly<Record<string, CurrencyWriting>> = {
  INR: { exponent: 2, symbol: { en: '₹', hi: '₹' } },
  NPR: { exponent: 2, symbol: { en: 'NPR ', hi: 'ने.रु. ' } },
  BDT: { exponent: 2, symbol: { en: 'BDT ', hi: 'टका ' } },
  KES: { exponent: 2, symbol: { en: 'KES ', hi: 'KES ' } },
  NGN: { exponent: 2, symbol: { en: 'NGN ', hi: 'NGN ' } },
  TZS: { exponent: 2, symbol: { en: 'TZS ', hi: 'TZS ' } },
  UGX: { exponent: 0, symbol: { en: 'UGX ', hi: 'UGX ' } },
  RWF: { exponent: 0, symbol: { en: 'RWF ', hi: 'RWF ' } },
  XOF: { exponent: 0, symbol: { en: 'XOF ', hi: 'XOF ' } },
  TND: { exponent: 3, symbol: { en: 'TND ', hi: 'TND ' } },
  USD: { exponent: 2, symbol: { en: 'USD ', hi: 'USD ' } },
  EUR: { exponent: 2, symbol: { en: 'EUR ', hi: 'EUR ' } },
}

function writing(currency: string): CurrencyWriting {
  const known = Object.hasOwn(CURRENCIES, currency) ? CURRENCIES[currency] : undefined
  if (known === undefined) throw new RangeError(`No exponent is known for currency ${currency}`)
  return known
}

/** Writes an amount with all its decimals and no symbol, for columns: `(123400, 'INR')` is `1,234.00`. */
export function formatAmount(amountMinor: number, currency: string): string {
  return scaledInteger(amountMinor, writing(currency).exponent)
}

/**
 * Writes an amount as people say it: symbol, Indian grouping, decimals only when there are any. `16000` paise is `₹160`.
 * Throws a RangeError on a fractional or unsafe amount and on a currency without an exponent.
 */
export function formatMoney(amountMinor: number, currency: string, language: Language): string {
  const { symbol } = writing(currency)
  const amount = formatAmount(Math.abs(amountMinor), currency).replace(/\.0+$/, '')
  return `${amountMinor < 0 ? '-' : ''}${symbol[language]}${amount}`
}
