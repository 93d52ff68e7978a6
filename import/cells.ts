import { isIsoDate } from '../domain/calendar.ts'
import type { CsvRow } from './csv-rows.ts'
import { type Problem, shown } from './problems.ts'

const PHONE = /^\+[1-9][0-9]{6,14}$/
/** What hides in a text or turns it around: control characters and line breaks, lone surrogates, marks of direction and order. */
const HIDDEN = /[\p{Cc}\p{Cs}\u200E\u200F\u061C\u202A-\u202E\u2066-\u2069\uFEFF\uFFFE\uFFFF]/u
const NOT_UTF8 = '\uFFFD'
const LONGEST_CODE = 60
const LARGEST_NUMBER = 1_000_000_000_000

/** Reads the cells of one row; what is wrong is noted, and something harmless comes back so that all is told at once. */
export interface Cells {
  /** A text that says something, up to so many characters; empty only if `optional`. */
  text(column: string, wanted: { readonly max: number; readonly optional?: boolean }): string
  /** A text of a shape; `shape` says which. */
  matching(column: string, pattern: RegExp, shape: string): string
  oneOf<T extends string>(column: string, words: readonly T[]): T
  /** A whole number that is not negative. */
  whole(column: string, wanted?: { readonly least?: number }): number
  date(column: string): string
  /** E.164, or null for a household without one. */
  phone(column: string): string | null
  /** Notes something about a column that only the rest of the row or of the file shows. */
  refuse(column: string | null, reason: string): void
  /** True while nothing was noted. */
  isGood(): boolean
}

/** The cells of a row, noting into `problems`. */
export function cellsOf({ file, line, cells }: CsvRow, problems: Problem[]): Cells {
  let good = true
  const refuse = (column: string | null, reason: string): void => {
    good = false
    problems.push({ file, line, column, reason })
  }
  const text: Cells['text'] = (column, { max, optional = false }) => {
    const cell = (cells[column] ?? '').trim()
    const wrong = textFault(cell, max) ?? (cell === '' && !optional ? 'is empty' : undefined)
    if (wrong !== undefined) refuse(column, wrong)
    return cell
  }
  /** The cell when it is a plain short text, else it has been refused already. */
  const plain = (column: string): string | undefined => {
    const before = good
    good = true
    const cell = text(column, { max: LONGEST_CODE })
    const isPlain = good
    good = before && isPlain
    return isPlain ? cell : undefined
  }
  const shaped = (column: string, fits: (cell: string) => boolean, shape: string): string => {
    const cell = plain(column)
    if (cell !== undefined && !fits(cell)) refuse(column, `expected ${shape}, found ${shown(cell)}`)
    return cell ?? ''
  }
  return {
    text,
    refuse,
    isGood: () => good,
    matching: (column, pattern, shape) => shaped(column, (cell) => pattern.test(cell), shape),
    oneOf: <T extends string>(column: string, words: readonly T[]): T =>
      shaped(column, (cell) => (words as readonly string[]).includes(cell), words.join(', ')) as T,
    whole: (column, { least = 0 } = {}) =>
      Number(shaped(column, (cell) => isWhole(cell, least), `a whole number from ${least} to ${LARGEST_NUMBER}`)),
    date: (column) => shaped(column, isIsoDate, 'a date like 2026-07-01'),
    phone: (column) => {
      if ((cells[column] ?? '').trim() === '') return null
      return shaped(column, (cell) => PHONE.test(cell), 'a phone like +915551234567, or nothing')
    },
  }
}

function isWhole(cell: string, least: number): boolean {
  return /^\d{1,13}$/.test(cell) && Number(cell) >= least && Number(cell) <= LARGEST_NUMBER
}

function textFault(cell: string, max: number): string | undefined {
  if (cell.includes(NOT_UTF8)) return 'is not UTF-8'
  if (/[\r\n]/.test(cell)) return 'has a line break'
  if (HIDDEN.test(cell)) return 'has characters that cannot be seen'
  if (cell.length > max) return `has ${cell.length} characters, at most ${max}`
  return undefined
}
