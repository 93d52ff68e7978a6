import type { IsoInstant } from '../../domain/calendar.ts'
import type { Language } from '../../notifications/language.ts'
import type { Paper } from '../document.ts'
import { holderRows, type PaperHead, paperOf, penOf, referenceOf } from './head.ts'

/** The terms of the plant that the promises rest on. */
export interface CommitmentsFacts {
  /** When the household applied: the policy in force then is what is promised. */
  readonly issuedAt: IsoInstant
  readonly noSupplyDays: number
  readonly noticeClearDays: number
  readonly depositRefundDays: number
}

/** The supplier's commitments, handed over at KYC (manual 2.2.2, step 4). */
export function commitmentsPaper(head: PaperHead, facts: CommitmentsFacts, language: Language): Paper {
  const { words, day } = penOf(head, language)
  const { issuedAt, ...terms } = facts
  return paperOf(head, language, {
    kind: 'commitments',
    number: referenceOf(head),
    issuedAt,
    title: words.title.commitments,
    sheet: 'a5',
    record: { ...terms },
    blocks: [
      { type: 'facts', rows: [...holderRows(head, language), { label: words.date, value: day(issuedAt) }] },
      { type: 'paragraph', text: words.commitments.intro },
      { type: 'list', items: words.commitments.items(terms) },
      { type: 'signatures', labels: [words.commitments.agent, words.commitments.customer] },
    ],
  })
}
