import type { IsoInstant } from '../domain/calendar.ts'
import type { Language } from '../notifications/language.ts'

/** Every paper a customer is handed (issue "Papers"); one model each in `models/`. */
export const PAPER_KINDS = [
  'receipt',
  'bill',
  'note',
  'deposit-certificate',
  'commitments',
  'account-statement',
  'deposit-statement',
] as const
export type PaperKind = (typeof PAPER_KINDS)[number]

/**
 * How models are drawn up and laid out. Whoever changes a rendering's bytes raises it: a paper that was handed out keeps its own
 * number, and one whose bytes no longer come out is refused rather than replaced (docs/decisions/0022-papers.md).
 */
export const TEMPLATE_VERSION = 1

/** A label and what it says. `strong` is what a customer looks for first. */
export interface Row {
  readonly label: string
  readonly value: string
  readonly strong?: boolean
}

/**
 * A column of a table. On narrow paper a row is its `label` and `value` on one line, the rest in small letters below; numbers there
 * say what they are, words do not need to.
 */
export interface Column {
  readonly title: string
  readonly role: 'label' | 'detail' | 'value'
  readonly align: 'left' | 'right'
  /** Part of the width, relative to the other columns. */
  readonly share: number
}

/** Cells may say where a line ends (`\n`); on narrow paper the second line stands in brackets. */
export interface Table {
  readonly type: 'table'
  readonly title: string
  readonly columns: readonly Column[]
  readonly rows: readonly (readonly string[])[]
}

/** A part of a paper, without any thought of where it will stand. */
export type Block =
  | { readonly type: 'facts'; readonly rows: readonly Row[] }
  /** The figures to be found at a glance; the first is the largest. */
  | { readonly type: 'headline'; readonly rows: readonly Row[] }
  | Table
  | { readonly type: 'totals'; readonly rows: readonly Row[] }
  | { readonly type: 'paragraph'; readonly text: string }
  | { readonly type: 'list'; readonly items: readonly string[] }
  /** Lines to be signed by hand. */
  | { readonly type: 'signatures'; readonly labels: readonly string[] }
  | { readonly type: 'qr'; readonly content: string; readonly title: string; readonly caption: string }

/** A cell on one line. */
export function onOneLine(cell: string): string {
  return cell.replace(/\n(.*)$/, ' ($1)')
}

/** Plain data, so that it goes to Postgres and comes back as it was. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json }

/** One paper, complete: every rendering is made from this and nothing else. Texts are final, amounts in `record` are minor units. */
export interface Paper {
  readonly kind: PaperKind
  readonly language: Language
  readonly number: string
  /** Business time of the paper; the only time a rendering knows. */
  readonly issuedAt: IsoInstant
  readonly title: string
  readonly supplier: string
  /** Below the supplier: the plant, how to reach us. */
  readonly supplierLine: string
  /** Written small at the foot of every page: whose paper it is. */
  readonly foot: string
  readonly sheet: 'a5' | 'a4'
  readonly blocks: readonly Block[]
  /** The same as an SMS; null for papers that are too long for one. */
  readonly sms: string | null
  /** The digital record: the facts as data. */
  readonly record: { readonly [key: string]: Json }
}

/** JSON with its keys in order, so that the same paper is the same bytes wherever it was kept. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, one: unknown) =>
    typeof one === 'object' && one !== null && !Array.isArray(one)
      ? Object.fromEntries(Object.entries(one).sort(([a], [b]) => (a < b ? -1 : 1)))
      : one,
  )
}
