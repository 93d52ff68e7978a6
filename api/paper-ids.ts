import { PAPER_KINDS, type PaperKind } from '../papers/document.ts'
import { isLanguage, type Language } from '../notifications/language.ts'

/** What a paper's id says: whose it is, what of, and in which language. */
export interface PaperKey {
  readonly accountId: string
  readonly kind: PaperKind
  /** The number of the bill, receipt, note, statement or certificate; the account for its commitments. */
  readonly subject: string
  readonly language: Language
}

/** An id that can be told before the paper exists: `BHKATS-A0042.receipt.BHKATS-R.2026-27.000077.hi`. */
export function paperIdOf({ accountId, kind, subject, language }: PaperKey): string {
  return [accountId, kind, subject.replaceAll('/', '.'), language].join('.')
}

/** Reads an id; undefined when it is none. */
export function paperKeyOf(paperId: string): PaperKey | undefined {
  const [accountId = '', kindText, ...rest] = paperId.split('.')
  const kind = PAPER_KINDS.find((one) => one === kindText)
  const language = rest.pop()
  const subject = rest.join('/')
  if (kind === undefined || language === undefined || !isLanguage(language) || subject === '') return undefined
  return { accountId, kind, subject, language }
}
