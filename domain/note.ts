import type { ChargeNature } from './charge.ts'
import type { Decision } from './approvals.ts'
import { DomainError } from './errors.ts'
import { assertPositiveMinor, minorPerUnit, splitByLargestRemainder, sumMinor } from './money.ts'

/** What a correction of a charge is: money off it, money on top of it, or a debt that is given up. */
export const NOTE_KINDS = ['credit', 'debit', 'write-off'] as const
export type NoteKind = (typeof NOTE_KINDS)[number]

/** A correction is of a charge, or of a reading that was accepted. */
export const CORRECTION_KINDS = [...NOTE_KINDS, 'reading'] as const
export type CorrectionKind = (typeof CORRECTION_KINDS)[number]

/** Why a charge or a reading is corrected. */
export const NOTE_REASONS = [
  'wrong-reading',
  'wrong-price',
  'billed-twice',
  'supply-missing',
  'disputed',
  'goodwill',
  'uncollectable',
  'other',
] as const
export type NoteReason = (typeof NOTE_REASONS)[number]

/** Who decides each kind (policy, "decision" table): debit notes at the levels of credit notes, a reading by another at the plant. */
export const CORRECTION_DECISION = {
  credit: 'credit-note',
  debit: 'credit-note',
  'write-off': 'write-off',
  reading: 'reading-review',
} as const satisfies Record<CorrectionKind, Decision>

/** A line of a charge with what notes have taken off it so far. */
export type CorrectableLine = { readonly line: number; readonly amountMinor: number; readonly creditedMinor: number }
/** How much of a note is about which line; a line below zero is taken off with its sign. */
export type NoteLine = { readonly line: number; readonly amountMinor: number }

/** A charge as a note finds it. */
export type CorrectableCharge = {
  readonly nature: ChargeNature
  readonly currency: string
  readonly isVoid: boolean
  readonly openMinor: number
  /**
   * The most that can be taken off: of a debt what it is less what notes took off; of an advance what was earned of it and not given
   * back. A demand that was not earned has nothing to correct: it is voided.
   */
  readonly creditableMinor: number
  readonly lines: readonly CorrectableLine[]
}

export type AskedNote = {
  readonly kind: NoteKind
  readonly amountMinor: number
  /** The lines it corrects; spread over them all, by their amounts, when none are named. */
  readonly lines?: readonly NoteLine[]
}

/** What becomes of a note: its amount and lines, and what must first be taken back because it was paid already. */
export type AssessedNote = { readonly amountMinor: number; readonly lines: readonly NoteLine[]; readonly takeBackMinor: number }

/**
 * Judges a note against the charge it corrects (billing.md rules 3, 13). Never more than the charge, nor a line, is credited:
 * NOTE_EXCEEDS. A demand gets no note but a credit note once it is earned: WRONG_STAGE. A write-off gives up what is still open, at
 * most what was asked for. Notes are in whole units of the currency, as cash is, or clear the charge: INVALID_AMOUNT.
 */
export function assessNote(charge: CorrectableCharge, asked: AskedNote): AssessedNote {
  assertPositiveMinor(asked.amountMinor)
  if (charge.isVoid) throw new DomainError('WRONG_STAGE', 'The charge is void: nothing is owed for it')
  if (charge.nature === 'demand' && (asked.kind !== 'credit' || charge.creditableMinor === 0))
    throw new DomainError('WRONG_STAGE', 'A demand is voided, not corrected: only what was earned of an advance can be credited')
  if (asked.kind === 'write-off') return writtenOff(charge, asked.amountMinor)
  if (asked.kind === 'debit') {
    assertWholeUnits(charge, asked)
    return { amountMinor: asked.amountMinor, lines: raisedLines(charge, asked), takeBackMinor: 0 }
  }
  if (asked.amountMinor > charge.creditableMinor)
    throw new DomainError('NOTE_EXCEEDS', 'More than the charge cannot be credited', {
      creditableMinor: charge.creditableMinor,
    })
  assertWholeUnits(charge, asked)
  const openMinor = charge.nature === 'demand' ? 0 : charge.openMinor
  return {
    amountMinor: asked.amountMinor,
    lines: creditedLines(charge, asked),
    takeBackMinor: Math.max(asked.amountMinor - openMinor, 0),
  }
}

function writtenOff({ openMinor }: CorrectableCharge, askedMinor: number): AssessedNote {
  if (openMinor === 0) throw new DomainError('CHARGE_SETTLED', 'Nothing of it is open: there is nothing to give up')
  return { amountMinor: Math.min(askedMinor, openMinor), lines: [], takeBackMinor: 0 }
}

function assertWholeUnits({ creditableMinor, currency }: CorrectableCharge, { kind, amountMinor }: AskedNote): void {
  if (amountMinor % minorPerUnit(currency) === 0 || (kind === 'credit' && amountMinor === creditableMinor)) return
  throw new DomainError('INVALID_AMOUNT', 'A note is in whole units of the currency, for cash has no smaller ones')
}

/** A credit note that names no lines: the whole takes them as they stand, a part goes over them by what is left of each. */
export function creditedByRule(lines: readonly CorrectableLine[], amountMinor: number): NoteLine[] {
  return spread(leftOf(lines), amountMinor)
}

function leftOf(lines: readonly CorrectableLine[]): { line: number; leftMinor: number }[] {
  return lines.map(({ line, amountMinor, creditedMinor }) => ({ line, leftMinor: amountMinor - creditedMinor }))
}

function creditedLines({ lines }: CorrectableCharge, { amountMinor, lines: named = [] }: AskedNote): NoteLine[] {
  const left = leftOf(lines)
  if (named.length === 0) return spread(left, amountMinor)
  assertNamed(named, lines, amountMinor)
  for (const { line, amountMinor: offMinor } of named) {
    const leftMinor = left.find((one) => one.line === line)?.leftMinor ?? 0
    if (Math.sign(offMinor) !== Math.sign(leftMinor) || Math.abs(offMinor) > Math.abs(leftMinor))
      throw new DomainError('NOTE_EXCEEDS', 'More than the line cannot be credited', { line, creditableMinor: leftMinor })
  }
  return [...named]
}

function raisedLines({ lines }: CorrectableCharge, { amountMinor, lines: named = [] }: AskedNote): NoteLine[] {
  if (named.length === 0)
    return spread(
      lines.map(({ line, amountMinor: leftMinor }) => ({ line, leftMinor })),
      amountMinor,
    )
  assertNamed(named, lines, amountMinor)
  for (const line of named) assertPositiveMinor(line.amountMinor)
  return [...named]
}

/** The whole goes line by line as it stands, signs and all; a part goes over the lines above zero, by what is left of them. */
function spread(left: readonly { line: number; leftMinor: number }[], amountMinor: number): NoteLine[] {
  const isWhole = amountMinor === sumMinor(left.map(({ leftMinor }) => leftMinor))
  const among = isWhole ? left.filter(({ leftMinor }) => leftMinor !== 0) : left.filter(({ leftMinor }) => leftMinor > 0)
  if (isWhole) return among.map(({ line, leftMinor }) => ({ line, amountMinor: leftMinor }))
  // A bill of nothing that is raised has no line above zero to say how: the first bears it.
  if (among.length === 0) return left.slice(0, 1).map(({ line }) => ({ line, amountMinor }))
  const parts = splitByLargestRemainder(
    amountMinor,
    among.map(({ leftMinor }) => leftMinor),
  )
  return among.map(({ line }, index) => ({ line, amountMinor: parts[index] ?? 0 })).filter((one) => one.amountMinor !== 0)
}

function assertNamed(named: readonly NoteLine[], lines: readonly CorrectableLine[], amountMinor: number): void {
  const known = new Set(lines.map(({ line }) => line))
  if (named.some(({ line }) => !known.has(line)) || new Set(named.map(({ line }) => line)).size !== named.length)
    throw new DomainError('INVALID_INPUT', 'The charge has no such line, or it is named twice')
  if (sumMinor(named.map((line) => line.amountMinor)) !== amountMinor)
    throw new DomainError('INVALID_INPUT', 'The lines do not add up to the note')
}
