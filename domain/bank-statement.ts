import type { IsoDate } from './calendar.ts'
import { isIsoDate } from './calendar.ts'
import { DomainError } from './errors.ts'
import { currencyExponent } from './money.ts'

/** A line as the bank's file has it: texts under the columns date, reference, amount. */
export type StatementRow = { readonly date?: string; readonly reference?: string; readonly amount?: string }

/** A credit of a bank's statement; `ordinal` tells lines apart that are alike in all else. */
export type StatementLine = {
  readonly bookedOn: IsoDate
  readonly reference: string
  readonly amountMinor: number
  readonly ordinal: number
}

const LONGEST_REFERENCE = 200

/**
 * The credits of a bank's statement. Lines that take money out are passed over. Two alike in date, reference and amount are two payments:
 * they are numbered in the file's order, so that the same file read twice says the same. INVALID_INPUT names the first line that is wrong.
 */
export function statementLines(rows: readonly StatementRow[], currency: string): StatementLine[] {
  const seen = new Map<string, number>()
  return rows.flatMap((row, index) => {
    const line = readLine(row, { currency, number: index + 1 })
    if (line.amountMinor <= 0) return []
    const key = `${line.bookedOn} ${line.amountMinor} ${line.reference}`
    const ordinal = (seen.get(key) ?? 0) + 1
    seen.set(key, ordinal)
    return [{ ...line, ordinal }]
  })
}

function readLine(row: StatementRow, { currency, number }: { currency: string; number: number }): Omit<StatementLine, 'ordinal'> {
  const bookedOn = row.date?.trim()
  const reference = row.reference?.trim().replaceAll(/\s+/g, ' ') ?? ''
  const amountMinor = amountIn(row.amount?.trim() ?? '', currency)
  if (!isIsoDate(bookedOn)) throw wrongLine(number, 'the date is not YYYY-MM-DD')
  if (reference === '' || reference.length > LONGEST_REFERENCE) throw wrongLine(number, 'the reference is missing or too long')
  if (amountMinor === undefined) throw wrongLine(number, 'the amount is no number of the currency')
  return { bookedOn, reference, amountMinor }
}

/** `1,234.50` → 123450; undefined for anything that is not exact. */
function amountIn(text: string, currency: string): number | undefined {
  const digits = currencyExponent(currency)
  const [, sign = '', whole, fraction = ''] = /^(-?)([0-9,]{1,20})(?:\.([0-9]{1,4}))?$/.exec(text) ?? []
  if (whole === undefined || fraction.length > digits) return undefined
  const minor = Number(`${whole.replaceAll(',', '')}${fraction.padEnd(digits, '0')}`)
  if (!Number.isSafeInteger(minor)) return undefined
  return sign === '-' ? -minor : minor
}

function wrongLine(line: number, why: string): DomainError {
  return new DomainError('INVALID_INPUT', `Line ${line} of the statement: ${why}`, { line })
}
