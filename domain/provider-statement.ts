import { instantFromMs, msOf } from './calendar.ts'
import type { IsoInstant } from './calendar.ts'
import { isDomainError } from './errors.ts'
import { currencyExponent } from './money.ts'
import { type PaymentState, PROVIDER_STATUSES, type ProviderStatus } from './payment.ts'

/** The columns of a provider's statement, in this order. */
export const STATEMENT_COLUMNS = ['reference', 'amount', 'currency', 'status', 'paid_at', 'payer'] as const

/** A line as the file has it: texts under the columns. */
export type StatementRecord = Readonly<Partial<Record<(typeof STATEMENT_COLUMNS)[number], string>>>

/** What a provider's statement says of one payment. `line` is that of the file, the heading being 1. */
export type ProviderRow = {
  readonly line: number
  readonly reference: string
  readonly amountMinor: number
  readonly currency: string
  readonly status: ProviderStatus
  readonly paidAt: IsoInstant
  /** As the payer wrote it; empty where the statement does not say. */
  readonly payer: string
}

/** A line that cannot be read, and why. */
export type StatementFault = { readonly line: number; readonly reason: string }

/**
 * Reads a provider's statement, strictly: an amount is exact in the currency, a time has its zone, a payment stands once with a status.
 * With any fault the whole statement is to be refused: half of one would call payments missing that are not.
 */
export function readProviderStatement(
  records: readonly StatementRecord[],
  currency: string,
): { rows: ProviderRow[]; faults: StatementFault[] } {
  const rows: ProviderRow[] = []
  const faults: StatementFault[] = []
  const seen = new Map<string, number>()
  for (const [index, record] of records.entries()) {
    const line = index + 2
    const read = readRow(record, { line, currency })
    const before = 'reason' in read ? undefined : seen.get(`${read.status} ${read.reference}`)
    if ('reason' in read) faults.push(read)
    else if (before !== undefined) faults.push({ line, reason: `the same payment and status as in line ${before}` })
    else {
      seen.set(`${read.status} ${read.reference}`, line)
      rows.push(read)
    }
  }
  return { rows, faults }
}

/** Whether what a statement says is what we hold already; anything else is told to the payment like any word of its provider. */
export function isHeld(
  row: Pick<ProviderRow, 'status' | 'amountMinor' | 'currency'>,
  payment: { readonly state: PaymentState; readonly amountMinor: number; readonly currency: string } | undefined,
): boolean {
  if (payment === undefined || row.amountMinor !== payment.amountMinor || row.currency !== payment.currency) return false
  return HELD[row.status].includes(payment.state)
}

/** A payment that came and went stands in a statement twice: `confirmed`, then `bounced`. */
const HELD: Readonly<Record<ProviderStatus, readonly PaymentState[]>> = {
  confirmed: ['posted', 'suspense', 'returned', 'bounced'],
  pending: ['pending', 'unknown', 'posted', 'suspense', 'returned', 'failed', 'bounced'],
  unknown: ['pending', 'unknown', 'posted', 'suspense', 'returned', 'failed', 'bounced'],
  failed: ['failed'],
  bounced: ['bounced'],
  'charged-back': ['bounced'],
}

function readRow(record: StatementRecord, { line, currency }: { line: number; currency: string }): ProviderRow | StatementFault {
  const cell = (column: keyof StatementRecord): string => record[column]?.trim() ?? ''
  const reference = cell('reference')
  const amountMinor = exactAmount(cell('amount'), currency)
  const status = PROVIDER_STATUSES.find((one) => one === cell('status'))
  const paidAt = instantIn(cell('paid_at'))
  if (!/^[\x21-\x7e]{1,100}$/.test(reference)) return { line, reason: 'the reference is missing, too long or has spaces' }
  if (amountMinor === undefined || amountMinor <= 0)
    return { line, reason: 'the amount is not above zero and exact in the currency' }
  if (cell('currency') !== currency) return { line, reason: `the currency is not ${currency}` }
  if (status === undefined) return { line, reason: `the status is none of ${PROVIDER_STATUSES.join(', ')}` }
  if (paidAt === undefined) return { line, reason: 'the time is not RFC 3339 with a zone' }
  const payer = cell('payer')
  if (payer.length > 100) return { line, reason: 'the payer is too long' }
  return { line, reference, amountMinor, currency, status, paidAt, payer }
}

/** `1234.50` → 123450; undefined for anything that is not exact in the currency. */
function exactAmount(text: string, currency: string): number | undefined {
  const digits = currencyExponent(currency)
  const [, whole, fraction = ''] = /^([0-9]{1,13})(?:\.([0-9]{1,4}))?$/.exec(text) ?? []
  if (whole === undefined || fraction.length > digits) return undefined
  const minor = Number(`${whole}${fraction.padEnd(digits, '0')}`)
  return Number.isSafeInteger(minor) ? minor : undefined
}

/** An RFC 3339 time with any offset, as ours; undefined for a time that is none. */
function instantIn(text: string): IsoInstant | undefined {
  if (!/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?(Z|[+-]\d{2}:\d{2})$/.test(text)) return undefined
  try {
    return instantFromMs(msOf(text))
  } catch (error) {
    if (isDomainError(error)) return undefined
    throw error
  }
}
