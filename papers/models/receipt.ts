import { formatTimeOf } from '../../notifications/date-words.ts'
import type { Language } from '../../notifications/language.ts'
import type { PaidFor } from '../../notifications/notices/billing.ts'
import { keptAsCreditMinor, type Receipt } from '../../notifications/receipt.ts'
import { RECEIPT_LABELS } from '../../notifications/receipts/wording.ts'
import { smsReceipt } from '../../notifications/receipts/sms-text.ts'
import type { Paper, Row } from '../document.ts'
import { capitalised, holderRows, type PaperHead, paperOf, type Pen, penOf } from './head.ts'

/**
 * A payment receipt as it was issued (manual 2.2.5): whatever became of the payment, the paper in the customer's hand stays. Throws INVALID_AMOUNT when more was settled than paid.
 */
export function receiptPaper(head: PaperHead, issued: Receipt, language: Language): Paper {
  const receipt = { ...issued, bouncedAt: null }
  const pen = penOf(head, language)
  const { words, money, day } = pen
  const { number, issuedAt, amountMinor, paidFor, remainingMinor, creditMinor, channel } = receipt
  return paperOf(head, language, {
    kind: 'receipt',
    number,
    issuedAt,
    title: words.title.receipt,
    sheet: 'a5',
    sms: smsReceipt(receipt, { language }).body,
    record: { amountMinor, channel, paidFor: paidFor.map((part) => ({ ...part })), remainingMinor, creditMinor },
    blocks: [
      {
        type: 'headline',
        rows: [
          { label: words.receipt.received, value: money(amountMinor) },
          { label: words.date, value: day(issuedAt) },
        ],
      },
      {
        type: 'facts',
        rows: [
          ...holderRows(head, language),
          { label: words.number.receipt, value: number },
          { label: words.receipt.time, value: formatTimeOf(issuedAt, head.zone, language) },
          { label: words.receipt.channel, value: capitalised(RECEIPT_LABELS[language].channel[channel]) },
        ],
      },
      {
        type: 'table',
        title: words.receipt.paidFor,
        columns: [
          { title: '', role: 'label', align: 'left', share: 3 },
          { title: '', role: 'value', align: 'right', share: 1 },
        ],
        rows: parts(receipt, pen, language),
      },
      { type: 'totals', rows: totals(receipt, pen) },
      { type: 'paragraph', text: words.receipt.closing },
    ],
  })
}

function parts(receipt: Receipt, { words, amount }: Pen, language: Language): string[][] {
  const kept = keptAsCreditMinor(receipt)
  const named = receipt.paidFor.map(({ kind, amountMinor }: PaidFor) => [
    capitalised(RECEIPT_LABELS[language].charge[kind]),
    amount(amountMinor),
  ])
  return kept > 0 ? [...named, [words.receipt.keptAsCredit, amount(kept)]] : named
}

function totals({ remainingMinor, creditMinor }: Receipt, { words, money }: Pen): Row[] {
  const remaining = remainingMinor > 0 ? money(remainingMinor) : words.receipt.nothingRemains
  const credit: Row[] = creditMinor > 0 ? [{ label: words.receipt.credit, value: money(creditMinor) }] : []
  return [...credit, { label: words.receipt.remaining, value: remaining, strong: true }]
}
