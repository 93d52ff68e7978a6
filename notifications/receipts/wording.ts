import type { Labels } from '../labels.ts'
import type { Language } from '../language.ts'
import { labels as en } from '../locales/en/labels.ts'
import { labels as hi } from '../locales/hi/labels.ts'

/** The labels of charges and channels in each language. */
export const RECEIPT_LABELS: Readonly<Record<Language, Pick<Labels, 'charge' | 'channel'>>> = { en, hi }
