import { readPaperHead } from '../db/queries/papers/head.ts'
import { ledgerEntries } from '../db/queries/papers/movements.ts'
import { storePaper } from '../db/queries/papers/stored.ts'
import { takeNumbers } from '../db/queries/numbers.ts'
import type { Tx } from '../db/client.ts'
import { addDays, hoursOf, startOfDay } from '../domain/calendar.ts'
import { accountMovements, depositMovements, type LedgerEntry } from '../domain/movements.ts'
import { LANGUAGES, type Language } from '../notifications/language.ts'
import { type Paper, TEMPLATE_VERSION } from '../papers/document.ts'
import { depositCertificate } from '../papers/models/deposit-certificate.ts'
import type { PaperHead } from '../papers/models/head.ts'
import { statementPaper } from '../papers/models/statement.ts'
import { paperIdOf } from './paper-ids.ts'

/** Papers that say how things stand; each has a number of its own, without gaps in its series. */
export const MADE_KINDS = ['account-statement', 'deposit-statement', 'deposit-certificate'] as const
export type MadeKind = (typeof MADE_KINDS)[number]

const SERIES: Readonly<Record<MadeKind, string>> = {
  'account-statement': 'ST',
  'deposit-statement': 'ST',
  'deposit-certificate': 'DC',
}

export interface Wanted {
  readonly accountId: string
  readonly plant: string
  readonly kind: MadeKind
  /** First and last day, both included. */
  readonly from: string
  readonly to: string
  readonly madeBy: string
  readonly madeAt: string
}

/** Draws up a statement or certificate from the ledger as it stands, in every language, and stores it. Returns its number. */
export async function makePaper(tx: Tx, wanted: Wanted): Promise<string> {
  const { accountId, plant, kind, madeAt, madeBy } = wanted
  const { head, policy } = await readPaperHead(tx, { accountId, on: madeAt })
  const entries = await ledgerEntries(tx, accountId)
  const series = SERIES[kind]
  const count = await takeNumbers(tx, `${plant}:${series}`, 1)
  const subject = `${plant}-${series}-${String(count).padStart(6, '0')}`
  const refundDays = hoursOf(policy.closing.refundWithin) / 24
  for (const language of LANGUAGES) {
    const model = draw({ ...wanted, head, entries, number: subject, refundDays }, language)
    const key = { accountId, kind, subject, language }
    await storePaper(tx, { ...key, paperId: paperIdOf(key), plant, templateVersion: TEMPLATE_VERSION, model, madeAt, madeBy })
  }
  return subject
}

interface Subject extends Wanted {
  readonly head: PaperHead
  readonly entries: readonly LedgerEntry[]
  readonly number: string
  readonly refundDays: number
}

function draw({ head, entries, number, kind, from, to, madeAt: issuedAt, refundDays }: Subject, language: Language): Paper {
  const ofAccount = kind === 'account-statement'
  const all = ofAccount ? accountMovements(head.accountId, entries) : depositMovements(head.accountId, entries)
  if (kind === 'deposit-certificate') {
    const heldMinor = all.at(-1)?.balanceMinor ?? 0
    return depositCertificate(head, { number, issuedAt, heldMinor, movements: all, refundDays }, language)
  }
  const begin = startOfDay(from, head.zone)
  const end = startOfDay(addDays(to, 1), head.zone)
  const openingMinor = all.findLast(({ at }) => at < begin)?.balanceMinor ?? 0
  const movements = all.filter(({ at }) => at >= begin && at < end)
  const closingMinor = movements.at(-1)?.balanceMinor ?? openingMinor
  const of = ofAccount ? 'account' : 'deposit'
  return statementPaper(head, { number, of, issuedAt, from, to, openingMinor, movements, closingMinor }, language)
}
