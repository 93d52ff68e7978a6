import type { IsoDate, IsoInstant } from '../../domain/calendar.ts'
import { dateAt } from '../../domain/calendar.ts'
import type { Movement } from '../../domain/movements.ts'
import { formatDate, formatPeriod } from '../../notifications/date-words.ts'
import type { Language } from '../../notifications/language.ts'
import type { PaymentChannel } from '../../notifications/notices/vocabulary.ts'
import { RECEIPT_LABELS } from '../../notifications/receipts/wording.ts'
import type { Block, Paper, Row } from '../document.ts'
import { capitalised, holderRows, type PaperHead, paperOf, type Pen, penOf } from './head.ts'

/** A stretch of the ledger as a customer reads it: everything that moved a balance between two days, both included. */
export interface StatementFacts {
  readonly number: string
  readonly of: 'account' | 'deposit'
  readonly issuedAt: IsoInstant
  readonly from: IsoDate
  readonly to: IsoDate
  readonly openingMinor: number
  readonly movements: readonly Movement[]
  readonly closingMinor: number
}

/** A statement of the account, or of the deposit, for a period. What it says is what the ledger says: opening + lines = closing. */
export function statementPaper(head: PaperHead, facts: StatementFacts, language: Language): Paper {
  const pen = penOf(head, language)
  const { words } = pen
  const { number, of, issuedAt, from, to, openingMinor, closingMinor, movements } = facts
  const period = `${formatDate(from, language)} – ${formatDate(to, language)}`
  return paperOf(head, language, {
    kind: `${of}-statement`,
    number,
    issuedAt,
    title: words.title[`${of}-statement`],
    sheet: 'a4',
    record: { from, to, openingMinor, closingMinor, movements: movements.map((movement) => ({ ...movement })) },
    blocks: [
      { type: 'headline', rows: headline(facts, pen) },
      {
        type: 'facts',
        rows: [
          ...holderRows(head, language),
          { label: words.number.statement, value: number },
          { label: words.statement.period, value: period },
        ],
      },
      ...table(facts, { head, pen, language }),
      { type: 'totals', rows: totals(facts, pen) },
      { type: 'paragraph', text: of === 'account' ? words.statement.explains : words.deposit.paper },
    ],
  })
}

function headline({ of, closingMinor, issuedAt }: StatementFacts, { words, money, day }: Pen): Row[] {
  const owed = closingMinor < 0 ? words.statement.inCredit : words.statement.owed
  return [
    { label: of === 'deposit' ? words.deposit.held : owed, value: money(Math.abs(closingMinor)) },
    { label: words.date, value: day(issuedAt) },
  ]
}

interface Writing {
  readonly head: PaperHead
  readonly pen: Pen
  readonly language: Language
}

function table({ of, movements }: StatementFacts, { head, pen, language }: Writing): Block[] {
  const { words, amount } = pen
  if (movements.length === 0) return [{ type: 'paragraph', text: words.statement.none }]
  const [rises, falls] =
    of === 'account' ? [words.statement.charged, words.statement.paid] : [words.statement.received, words.statement.taken]
  return [
    {
      type: 'table',
      title: '',
      columns: [
        { title: words.date, role: 'detail', align: 'left', share: 2.95 },
        { title: words.statement.entry, role: 'label', align: 'left', share: 3.25 },
        { title: words.statement.document, role: 'detail', align: 'left', share: 4.1 },
        { title: rises, role: 'value', align: 'right', share: 1.5 },
        { title: falls, role: 'value', align: 'right', share: 1.5 },
        { title: words.statement.balance, role: 'detail', align: 'right', share: 1.7 },
      ],
      rows: movements.map((movement) => [
        formatDate(dateAt(movement.at, head.zone), language),
        entryWords(movement, pen, language),
        movement.number ?? '',
        movement.amountMinor > 0 ? amount(movement.amountMinor) : '',
        movement.amountMinor < 0 ? amount(movement.amountMinor) : '',
        amount(movement.balanceMinor),
      ]),
    },
  ]
}

/** What happened, in a few words: the kind of charge with its period, the way of paying. */
export function entryWords(
  { kind, chargeKind, periodFrom, channel }: Movement,
  { words }: Pick<Pen, 'words'>,
  language: Language,
): string {
  const labels = RECEIPT_LABELS[language]
  const name = words.statement.what[kind]
  if (kind === 'charge' && chargeKind !== null) {
    const charge = capitalised(labels.charge[chargeKind])
    return periodFrom === null ? charge : `${charge}, ${formatPeriod(periodFrom, language)}`
  }
  if (kind === 'payment' && channel !== null) return `${name}, ${labels.channel[channel as PaymentChannel]}`
  return kind === 'advance' && periodFrom !== null ? `${name}, ${formatPeriod(periodFrom, language)}` : name
}

function totals({ of, openingMinor, closingMinor, movements }: StatementFacts, { words, amount, money }: Pen): Row[] {
  const sum = (sign: 1 | -1): number =>
    movements.reduce((total, { amountMinor }) => total + (Math.sign(amountMinor) === sign ? amountMinor : 0), 0)
  const [rises, falls] =
    of === 'account' ? [words.statement.charged, words.statement.paid] : [words.statement.received, words.statement.taken]
  return [
    { label: words.statement.opening, value: amount(openingMinor) },
    { label: rises, value: amount(sum(1)) },
    { label: falls, value: amount(sum(-1)) },
    { label: words.statement.closing, value: money(closingMinor), strong: true },
  ]
}
