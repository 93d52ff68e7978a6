import type { IsoInstant } from '../../domain/calendar.ts'
import { dateAt } from '../../domain/calendar.ts'
import type { Movement } from '../../domain/movements.ts'
import { formatDate } from '../../notifications/date-words.ts'
import type { Language } from '../../notifications/language.ts'
import type { Paper } from '../document.ts'
import { holderRows, type PaperHead, paperOf, penOf } from './head.ts'
import { entryWords } from './statement.ts'

/** What is held of a customer on a day, and how it came to us. */
export interface DepositFacts {
  readonly number: string
  readonly issuedAt: IsoInstant
  readonly heldMinor: number
  readonly movements: readonly Movement[]
  /** After the final bill it comes back within so many days. */
  readonly refundDays: number
}

/** A certificate of the security deposit (manual 2.2.8): a liability of ours, money of theirs. */
export function depositCertificate(head: PaperHead, facts: DepositFacts, language: Language): Paper {
  const pen = penOf(head, language)
  const { words, money, amount, day } = pen
  const { number, issuedAt, heldMinor, movements, refundDays } = facts
  return paperOf(head, language, {
    kind: 'deposit-certificate',
    number,
    issuedAt,
    title: words.title['deposit-certificate'],
    sheet: 'a5',
    record: { heldMinor, movements: movements.map((movement) => ({ ...movement })) },
    blocks: [
      {
        type: 'headline',
        rows: [
          { label: words.deposit.held, value: money(heldMinor) },
          { label: words.date, value: day(issuedAt) },
        ],
      },
      { type: 'facts', rows: [...holderRows(head, language), { label: words.number.certificate, value: number }] },
      {
        type: 'table',
        title: words.deposit.movements,
        columns: [
          { title: words.date, role: 'detail', align: 'left', share: 2.4 },
          { title: words.statement.entry, role: 'label', align: 'left', share: 3 },
          { title: words.statement.document, role: 'detail', align: 'left', share: 4.4 },
          { title: words.amount, role: 'value', align: 'right', share: 1.5 },
        ],
        rows: movements.map((movement) => [
          formatDate(dateAt(movement.at, head.zone), language),
          entryWords(movement, pen, language),
          movement.number ?? '',
          amount(movement.amountMinor),
        ]),
      },
      { type: 'list', items: words.deposit.terms(refundDays) },
    ],
  })
}
