import { formatDateTime } from '../date-words.ts'
import { plainSigns } from '../plain-signs.ts'
import { formatAmount, formatMoney } from '../money-words.ts'
import type { Language } from '../language.ts'
import type { ReceiptRendering } from '../receipt.ts'
import { keptAsCreditMinor, receiptReference } from '../receipt.ts'
import { centred, labelled, wrapText } from '../text-columns.ts'
import { RECEIPT_LABELS, RECEIPT_WORDING } from './wording.ts'

/** What a 58 mm printer puts on one line. */
export const PRINT_COLUMNS = 32

// English is printed with the printer's own letters, which lack the rupee sign; Devanagari is printed as an image.
function printable(value: string, language: Language): string {
  return language === 'en' ? plainSigns(value) : value
}

function capitalised(label: string): string {
  return label.charAt(0).toUpperCase() + label.slice(1)
}

/** A receipt as lines of at most 32 columns (manual 2.2.5, portable printer). Amounts stand in the right column. */
export const printReceipt: ReceiptRendering<string> = (receipt, { language, payerName }) => {
  const words = RECEIPT_WORDING[language]
  const labels = RECEIPT_LABELS[language]
  const row = (label: string, value: string): string[] =>
    labelled({ label: capitalised(label), value: printable(value, language), columns: PRINT_COLUMNS })
  const amountRow = (label: string, amountMinor: number): string[] => row(label, formatAmount(amountMinor, receipt.currency))
  const keptMinor = keptAsCreditMinor(receipt)
  const rule = '-'.repeat(PRINT_COLUMNS)
  return [
    ...centred(words.title, PRINT_COLUMNS),
    ...(receipt.bouncedAt
      ? [
          ...wrapText(words.bounced, PRINT_COLUMNS),
          ...row(words.bouncedOn, formatDateTime(receipt.bouncedAt, receipt.zone, language)),
        ]
      : []),
    ...row(words.number, receipt.number),
    ...row(words.issuedOn, formatDateTime(receipt.issuedAt, receipt.zone, language)),
    ...row(receipt.customerId === null ? words.applicationId : words.customerId, receiptReference(receipt)),
    ...(payerName === undefined ? [] : row(words.payer, payerName)),
    rule,
    ...receipt.paidFor.flatMap(({ kind, amountMinor }) => amountRow(labels.charge[kind], amountMinor)),
    ...(keptMinor > 0 ? amountRow(words.keptAsCredit, keptMinor) : []),
    rule,
    ...row(words.received, formatMoney(receipt.amountMinor, receipt.currency, language)),
    ...row(words.channel, capitalised(labels.channel[receipt.channel])),
    ...amountRow(words.remaining, receipt.remainingMinor),
    ...(receipt.creditMinor > 0 ? amountRow(words.credit, receipt.creditMinor) : []),
    rule,
    ...(receipt.bouncedAt ? [] : wrapText(words.closing, PRINT_COLUMNS)),
    '',
  ].join('\n')
}
