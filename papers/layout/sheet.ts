import type { Weight } from './fonts.ts'

export type Ink = 'ink' | 'quiet' | 'accent' | 'line' | 'tint' | 'paper'

/** What is drawn, in units of the sheet, from the top left corner. Texts stand on their baseline. */
export type Mark =
  | {
      readonly type: 'text'
      readonly x: number
      readonly y: number
      readonly size: number
      readonly weight: Weight
      readonly ink: Ink
      readonly text: string
    }
  | {
      readonly type: 'box'
      readonly x: number
      readonly y: number
      readonly width: number
      readonly height: number
      readonly ink: Ink
    }
  | { readonly type: 'lamp'; readonly x: number; readonly y: number; readonly size: number; readonly ink: Ink }

/** Paper of one size: where marks may stand and how large letters are. */
export interface Sheet {
  readonly width: number
  /** Infinity: a roll, or an image that is as long as the paper. */
  readonly height: number
  readonly margin: number
  /** Size of the letters of running text; the rest follows from it. */
  readonly size: number
  /** A table has columns, or is folded into lines. */
  readonly narrow: boolean
  /** Whole dots: a square of the QR code is a whole number of them. */
  readonly dots: boolean
}

const POINTS = { narrow: false, dots: false } as const

/** A5 and A4 in points (1/72 inch). */
export const A5: Sheet = { width: 420, height: 595, margin: 28, size: 9.5, ...POINTS }
export const A4: Sheet = { width: 595, height: 842, margin: 44, size: 10, ...POINTS }
/** A 58 mm roll: 48 mm of it, 384 dots, are printed. */
export const ROLL: Sheet = { width: 384, height: Infinity, margin: 2, size: 23, narrow: true, dots: true }

/** A page of marks; `height` is what it takes, at most that of the sheet. */
export interface Page {
  readonly height: number
  readonly marks: readonly Mark[]
}
