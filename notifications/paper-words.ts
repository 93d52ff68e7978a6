import type { MovementKind } from '../domain/movements.ts'
import type { Language } from './language.ts'
import { papers as en } from './locales/en/papers.ts'
import { papers as hi } from './locales/hi/papers.ts'

/** The fixed words of the papers a customer is handed. */
export interface PaperWords {
  readonly title: Readonly<
    Record<
      | 'receipt'
      | 'bill'
      | 'advance'
      | 'credit-note'
      | 'debit-note'
      | 'deposit-certificate'
      | 'commitments'
      | 'account-statement'
      | 'deposit-statement',
      string
    >
  >
  readonly help: string
  readonly customerId: string
  readonly applicationId: string
  readonly name: string
  readonly date: string
  readonly number: Readonly<Record<'receipt' | 'bill' | 'note' | 'certificate' | 'paper' | 'statement', string>>
  readonly amount: string
  readonly receipt: {
    readonly received: string
    readonly time: string
    readonly channel: string
    readonly paidFor: string
    readonly keptAsCredit: string
    readonly remaining: string
    readonly nothingRemains: string
    readonly credit: string
    readonly closing: string
  }
  readonly bill: {
    readonly toPay: string
    readonly nothingToPay: string
    readonly payBy: string
    readonly period: string
    readonly package: string
    readonly used: string
    readonly readings: string
    readonly meter: string
    readonly previous: string
    readonly present: string
    readonly units: string
    readonly estimated: string
    readonly truesUp: string
    readonly lines: string
    readonly line: Readonly<
      Record<
        'fixed' | 'energy' | 'lost-hours' | 'rounding' | 'reconnection' | 'deposit-to-restore' | 'deposit-top-up' | 'other',
        string
      >
    >
    readonly daysOf: (days: number, of: number) => string
    readonly perUnit: string
    readonly thisBill: string
    readonly earlierDues: string
    readonly creditUsed: string
    readonly scan: string
    readonly scanCaption: (payee: string, reference: string) => string
    readonly closing: string
  }
  readonly note: {
    readonly lowered: string
    readonly raised: string
    readonly corrects: string
    readonly reason: string
    /** By the code of the reason; `other` where it has none here. */
    readonly reasons: Readonly<Record<string, string>>
    readonly line: string
    readonly approvedBy: string
    readonly was: string
    readonly isNow: string
    readonly creditClosing: string
    readonly debitClosing: string
  }
  readonly deposit: {
    readonly held: string
    readonly movements: string
    readonly paper: string
    readonly terms: (refundDays: number) => readonly string[]
  }
  readonly commitments: {
    readonly intro: string
    readonly items: (terms: { noSupplyDays: number; noticeClearDays: number; depositRefundDays: number }) => readonly string[]
    readonly agent: string
    readonly customer: string
  }
  readonly statement: {
    readonly period: string
    readonly opening: string
    readonly closing: string
    readonly owed: string
    readonly inCredit: string
    readonly charged: string
    readonly paid: string
    readonly balance: string
    readonly entry: string
    readonly document: string
    readonly received: string
    readonly taken: string
    readonly none: string
    readonly explains: string
    readonly what: Readonly<Record<MovementKind, string>>
  }
}

/** The words of papers in each language. */
export const PAPER_WORDS: Readonly<Record<Language, PaperWords>> = { en, hi }
