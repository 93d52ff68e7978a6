import type { IsoDate, IsoInstant } from '../../domain/calendar.ts'
import type { ChargeKind } from '../../domain/charge.ts'
import { formatPeriod } from '../../notifications/date-words.ts'
import type { Language } from '../../notifications/language.ts'
import { RECEIPT_LABELS } from '../../notifications/receipts/wording.ts'
import { renderStoredNotice } from '../../notifications/texts.ts'
import type { Block, Paper, Row } from '../document.ts'
import { capitalised, holderRows, type PaperHead, paperOf, type Pen, penOf } from './head.ts'

/** A credit or debit note as it was made (billing.md rule 13): it names what it corrects and never changes it. */
export interface NoteFacts {
  readonly number: string
  readonly direction: 'credit' | 'debit'
  readonly issuedAt: IsoInstant
  readonly amountMinor: number
  /** The code of the reason it was made for. */
  readonly reason: string
  readonly approvedBy: string
  /** The bill whose charge is corrected; null for a charge that stood on none. */
  readonly billNumber: string | null
  readonly chargeKind: ChargeKind
  readonly periodFrom: IsoDate | null
  /** The charge before this note, earlier notes counted. */
  readonly beforeMinor: number
  /** Parameters of the notice that told the customer; null where none was sent. */
  readonly notice: unknown
  readonly lines: readonly { readonly kind: string; readonly amountMinor: number }[]
}

/** A credit or debit note. */
export function notePaper(head: PaperHead, note: NoteFacts, language: Language): Paper {
  const pen = penOf(head, language)
  const { words, day } = pen
  const { number, issuedAt, direction, amountMinor, beforeMinor, billNumber, lines } = note
  const afterMinor = beforeMinor + (direction === 'credit' ? -amountMinor : amountMinor)
  return paperOf(head, language, {
    kind: 'note',
    number,
    issuedAt,
    title: words.title[`${direction}-note`],
    sheet: 'a5',
    sms: smsOf(note, language),
    record: {
      direction,
      amountMinor,
      beforeMinor,
      afterMinor,
      billNumber,
      chargeKind: note.chargeKind,
      lines: lines.map((line) => ({ ...line })),
    },
    blocks: [
      {
        type: 'headline',
        rows: [
          { label: direction === 'credit' ? words.note.lowered : words.note.raised, value: pen.money(amountMinor) },
          { label: words.date, value: day(issuedAt) },
        ],
      },
      { type: 'facts', rows: [...holderRows(head, language), ...facts(note, pen, language)] },
      ...linesTable(note, pen),
      {
        type: 'totals',
        rows: [
          { label: words.note.was, value: pen.amount(beforeMinor) },
          {
            label: direction === 'credit' ? words.note.lowered : words.note.raised,
            value: pen.amount(direction === 'credit' ? -amountMinor : amountMinor),
          },
          { label: words.note.isNow, value: pen.money(afterMinor), strong: true },
        ],
      },
      { type: 'paragraph', text: direction === 'credit' ? words.note.creditClosing : words.note.debitClosing },
    ],
  })
}

function facts(note: NoteFacts, { words }: Pen, language: Language): Row[] {
  const charge = capitalised(RECEIPT_LABELS[language].charge[note.chargeKind])
  const what = note.periodFrom === null ? charge : `${charge}, ${formatPeriod(note.periodFrom, language)}`
  return [
    { label: words.number.note, value: note.number },
    { label: words.note.corrects, value: note.billNumber === null ? what : `${note.billNumber} (${what})` },
    { label: words.note.reason, value: words.note.reasons[note.reason] ?? words.note.reasons.other ?? note.reason },
    { label: words.note.approvedBy, value: note.approvedBy },
  ]
}

function linesTable({ lines, direction }: NoteFacts, { words, amount }: Pen): Block[] {
  if (lines.length === 0) return []
  const label = (kind: string): string =>
    Object.hasOwn(words.bill.line, kind) ? words.bill.line[kind as keyof typeof words.bill.line] : words.bill.line.other
  return [
    {
      type: 'table',
      title: words.note.line,
      columns: [
        { title: '', role: 'label', align: 'left', share: 3 },
        { title: '', role: 'value', align: 'right', share: 1 },
      ],
      rows: lines.map(({ kind, amountMinor }) => [label(kind), amount(direction === 'credit' ? -amountMinor : amountMinor)]),
    },
  ]
}

/** The notice that went out with the note: it names the balance of that moment, which the note itself does not know. */
function smsOf({ notice }: NoteFacts, language: Language): string | null {
  return notice === null ? null : renderStoredNotice({ kind: 'bill-corrected', language, params: notice }).body
}
