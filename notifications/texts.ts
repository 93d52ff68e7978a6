import { DomainError } from '../domain/errors.ts'
import type { Language } from './language.ts'
import { isLanguage } from './language.ts'
import { en } from './locales/en.ts'
import { hi } from './locales/hi.ts'
import type { NoticeKind, NoticeParams } from './notices.ts'
import { isNoticeKind } from './notices.ts'
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

/**
 * Writes a notice read back from the outbox, whose kind, language and parameters were checked when it was queued.
 * Throws INVALID_INPUT for a kind or language that is not (or no longer) known, and when a parameter turns out to be missing.
 */
export function renderStoredNotice(stored: {
  readonly kind: string
  readonly language: string
  readonly params: unknown
}): RenderedNotice {
  const { kind, language, params } = stored
  if (!isNoticeKind(kind) || !isLanguage(language))
    throw new DomainError('INVALID_INPUT', `No text for notice ${kind} in ${language}`)
  const rendered = renderNotice({ kind, language, params: params as NoticeParams[NoticeKind] })
  if (hasHole(rendered.body) && !hasHole(JSON.stringify(params)))
    throw new DomainError('INVALID_INPUT', `A parameter of notice ${kind} is missing`)
  return rendered
}

// A remark may contain such a word of its own accord; then it stands in the parameters too.
function hasHole(text: string): boolean {
  return /undefined|NaN/.test(text)
}
