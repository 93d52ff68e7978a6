import type { IsoInstant, Zone } from '../../domain/calendar.ts'
import { dateAt } from '../../domain/calendar.ts'
import { formatDate } from '../../notifications/date-words.ts'
import type { Language } from '../../notifications/language.ts'
import { formatAmount, formatMoney } from '../../notifications/money-words.ts'
import { PAPER_WORDS, type PaperWords } from '../../notifications/paper-words.ts'
import type { Json, Paper, PaperKind, Row } from '../document.ts'

/** Whose paper it is and who hands it out: the same for every kind. */
export interface PaperHead {
  readonly plant: string
  readonly plantName: string
  readonly zone: Zone
  readonly currency: string
  readonly accountId: string
  readonly customerId: string | null
  readonly holder: { readonly name: string; readonly nameHi: string | null }
  readonly supplier: Supplier
}

/** Who supplies, as policy row `papers` says (an empty phone or UPI address: there is none). */
export interface Supplier {
  readonly supplierName: string
  readonly supplierNameHi: string
  readonly phone: string
  readonly upiAddress: string
}

/** What a model needs to write: its words, and amounts and dates in them. */
export interface Pen {
  readonly words: PaperWords
  readonly money: (amountMinor: number) => string
  /** With all decimals and no symbol, for columns. */
  readonly amount: (amountMinor: number) => string
  readonly day: (instant: IsoInstant) => string
}

/** Binds words and formats to a head and a language. */
export function penOf({ currency, zone }: PaperHead, language: Language): Pen {
  return {
    words: PAPER_WORDS[language],
    money: (amountMinor) => formatMoney(amountMinor, currency, language),
    amount: (amountMinor) => formatAmount(amountMinor, currency),
    day: (instant) => formatDate(dateAt(instant, zone), language),
  }
}

/** What a payer names: the customer ID, before there is one the application's code. */
export function referenceOf({ customerId, accountId }: PaperHead): string {
  return customerId ?? accountId
}

/** Customer ID and name, which every paper begins with. */
export function holderRows(head: PaperHead, language: Language): Row[] {
  const words = PAPER_WORDS[language]
  return [
    { label: head.customerId === null ? words.applicationId : words.customerId, value: referenceOf(head), strong: true },
    { label: words.name, value: holderName(head, language), strong: true },
  ]
}

/** The name as written in the language's letters, where it is known. */
export function holderName({ holder }: PaperHead, language: Language): string {
  return language === 'hi' ? (holder.nameHi ?? holder.name) : holder.name
}

/** The supplier's name in a language. */
export function supplierName({ supplier }: PaperHead, language: Language): string {
  return language === 'hi' ? supplier.supplierNameHi : supplier.supplierName
}

type Body = Pick<Paper, 'number' | 'issuedAt' | 'title' | 'blocks' | 'sheet'> & {
  readonly kind: PaperKind
  readonly sms?: string | null
  readonly record: { readonly [key: string]: Json }
}

/** A paper from its head and body. */
export function paperOf(head: PaperHead, language: Language, body: Body): Paper {
  const words = PAPER_WORDS[language]
  const { phone } = head.supplier
  const { plant, plantName, accountId, customerId, currency } = head
  return {
    ...body,
    language,
    supplier: supplierName(head, language),
    supplierLine: [
      plantName === '' ? plant : `${plantName} (${plant})`,
      ...(phone === '' ? [] : [`${words.help} ${phone}`]),
    ].join(' · '),
    foot: [...new Set([body.number, referenceOf(head)])].join(' · '),
    sms: body.sms ?? null,
    record: { plant, accountId, customerId, currency, ...body.record },
  }
}

/** A label that begins a line. */
export function capitalised(label: string): string {
  return label.charAt(0).toUpperCase() + label.slice(1)
}
