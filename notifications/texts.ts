import type { Language } from './language.ts'
import { en } from './locales/en.ts'
import { hi } from './locales/hi.ts'
import type { NoticeKind, NoticeParams } from './notices.ts'
import type { NoticeTexts, RenderedNotice } from './template.ts'

const TEXTS: Readonly<Record<Language, NoticeTexts>> = { en, hi }

/**
 * Writes a notice in a language. Pure: the same parameters give the same text for ever.
 * Throws a DomainError when a parameter is not what its name says (a fractional amount, a date that is none).
 */
export function renderNotice<K extends NoticeKind>(notice: {
  readonly kind: K
  readonly language: Language
  readonly params: NoticeParams[K]
}): RenderedNotice {
  return TEXTS[notice.language][notice.kind](notice.params)
}
