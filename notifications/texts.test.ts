import { describe, expect, test } from '@jest/globals'
import { wordsIn } from './words.ts'
import type { Language } from './language.ts'
import { LANGUAGES } from './language.ts'
import { labels as en } from './locales/en/labels.ts'
import { labels as hi } from './locales/hi/labels.ts'
import { NOTICE_EXAMPLES } from './notice-examples.ts'
import type { NoticeKind } from './notices.ts'
import { isNoticeKind, NOTICE_TRAITS } from './notices.ts'
import { smsBody, smsSegments } from './sms.ts'
import { renderNotice, renderStoredNotice } from './texts.ts'

interface Rendered {
  readonly kind: string
  readonly language: Language
  readonly params: object
  readonly isFullest: boolean
  readonly text: string
  readonly subject: string
  readonly body: string
}

function renderExamples<K extends NoticeKind>(kind: K, language: Language): Rendered[] {
  return NOTICE_EXAMPLES[kind].map((params, index) => {
    const { subject = '', body } = renderNotice({ kind, language, params })
    return { kind, language, params, isFullest: index === 0, subject, body, text: `${subject}\n${body}` }
  })
}

const kinds = Object.keys(NOTICE_TRAITS).filter(isNoticeKind)
const rendered = kinds.flatMap((kind) => LANGUAGES.flatMap((language) => renderExamples(kind, language)))

const rowsOf = (rows: readonly Rendered[]): (readonly [string, Language, Rendered])[] =>
  rows.map((row) => [row.kind, row.language, row])
const hindi = rowsOf(rendered.filter(({ language }) => language === 'hi'))
const english = rowsOf(rendered.filter(({ language }) => language === 'en'))

describe('what a notice says', () => {
  test.each(rowsOf(rendered))(
    'the notice %s in %s is whole sentences without a hole',
    (_kind, _language, { subject, body, text }) => {
      expect(subject).toMatch(/\S/)
      expect(body).toMatch(/[.।?]$/)
      expect(text).not.toMatch(/\d \d|undefined|null|NaN|\[object|[{}$]|  |\s[.,।]|\.\./)
    },
  )

  test.each(rowsOf(rendered))(
    'the notice %s in %s shows no parameter as the machine writes it',
    (_kind, _language, { text, params }) => {
      expect(text).not.toMatch(/\d{4}-\d{2}-\d{2}|T\d{2}:\d{2}|Asia\/|INR/)
      for (const raw of rawValues(params)) expect(text).not.toContain(raw)
    },
  )

  test.each(rowsOf(rendered.filter(({ isFullest }) => isFullest)))(
    'the notice %s in %s tells every amount, date and id',
    (_kind, language, { text, params }) => {
      for (const words of toldValues(params, language)) expect(text).toContain(words)
    },
  )
})

describe('the two languages', () => {
  test.each(hindi)('the notice %s in %s is written in Devanagari, ids apart', (_kind, _language, { subject, body }) => {
    expect(subject).toMatch(/\p{Script=Devanagari}/u)
    expect(body).toMatch(/\p{Script=Devanagari}{2}/u)
    expect(`${subject} ${body}`).not.toMatch(/[a-z]{2}/)
  })

  test.each(english)('the notice %s in %s goes out in the cheap alphabet of an SMS', (_kind, _language, { body, text }) => {
    expect(text).not.toMatch(/\p{Script=Devanagari}/u)
    expect(smsSegments(smsBody(body)).encoding).toBe('gsm')
  })

  test('a text fits into five segments, the written notice and the commitments, which are printed, apart', () => {
    const long = rendered.filter(({ body }) => smsSegments(smsBody(body)).segments > 5).map(({ kind }) => kind)
    expect(new Set(long)).toEqual(new Set(['supplier-commitments', 'disconnection-notice']))
  })

  test('every word of a closed set differs from its identifier and is in its own script', () => {
    for (const words of Object.values(hi).flatMap((set) => Object.values(set))) expect(words).not.toMatch(/[A-Za-z]/)
    for (const words of Object.values(en).flatMap((set) => Object.values(set))) expect(words).toMatch(/^[A-Za-z ,-]+$/)
  })
})

test('a fractional amount is refused instead of being shown', () => {
  const params = {
    reference: 'BHKATS01112',
    forWhat: ['deposit' as const],
    remainingMinor: 10.5,
    currency: 'INR',
    payBy: '2026-07-31',
  }
  expect(() => renderNotice({ kind: 'demand-reminder', language: 'hi', params })).toThrow(/safe integer/)
})

describe('a notice read back from the outbox', () => {
  test.each(rowsOf(rendered))(
    '%s in %s says the same after a stay in the database',
    (kind, language, { params, subject, body }) => {
      expect(renderStoredNotice({ kind, language, params: JSON.parse(JSON.stringify(params)) as unknown })).toEqual({
        subject,
        body,
      })
    },
  )

  test.each([
    [{ kind: 'no-such-notice', language: 'hi', params: {} }, /No text/],
    [{ kind: 'account-closed', language: 'fr', params: {} }, /No text/],
    [{ kind: 'account-created', language: 'en', params: { applicationId: 'BHKATS-A0042' } }, /missing/],
    [{ kind: 'account-closed', language: 'en', params: {} }, /Not a date/],
  ])('%p is refused', (stored, why) => {
    expect(() => renderStoredNotice(stored)).toThrow(why)
  })
})

test('a text that names no notice is told apart from one that does', () => {
  expect([isNoticeKind('bill-issued'), isNoticeKind('toString'), isNoticeKind('')]).toEqual([true, false, false])
})

type Leaf = readonly [name: string, value: string | number]

// Every value of the parameters, however deep; an element of a list has its index for a name.
function leavesOf(params: object): Leaf[] {
  return Object.entries(params).flatMap(([name, value]: [string, unknown]): Leaf[] => {
    if (typeof value === 'string' || typeof value === 'number') return [[name, value]]
    return typeof value === 'object' && value !== null ? leavesOf(value) : []
  })
}

// Values no reader should meet: amounts in paise, energy in Wh, identifiers of closed sets.
function rawValues(params: object): string[] {
  return leavesOf(params)
    .filter(([, value]) => (typeof value === 'number' ? value >= 10_000 : /^[a-z]+(-[a-z]+)+$/.test(value)))
    .map(([, value]) => String(value))
}

// The same values as a reader should meet them.
function toldValues(params: object, language: Language): string[] {
  const words = wordsIn(language)
  return leavesOf(params).flatMap(([name, value]): string[] => {
    if (typeof value === 'number') {
      if (name.endsWith('Minor')) return value === 0 ? [] : [words.money(value, 'INR')]
      return [name.endsWith('Wh') ? words.reading(value) : String(value)]
    }
    if (['currency', 'zone', 'timing', 'fromAt', 'untilAt'].includes(name)) return []
    if (name === 'period') return [words.period(value)]
    if (/^\d{4}-\d{2}-\d{2}$/.test(value)) return [words.date(value)]
    return /^[A-Z0-9]/.test(value) ? [value] : []
  })
}
