import type { Weight } from './fonts.ts'
import { widthOf, wrap } from './shape.ts'
import type { Ink, Mark, Sheet } from './sheet.ts'

/** A slice across the paper that is never torn: its marks count from its own top. */
export interface Strip {
  readonly height: number
  readonly marks: readonly Mark[]
  /** Not the last thing on a page: what follows belongs to it. */
  readonly keepsNext?: boolean
  /** Said again at the top when this strip begins a page: the titles of a table's columns. */
  readonly titles?: Strip
}

/** Letters in a column of the sheet. */
export interface TextStyle {
  readonly size: number
  readonly weight?: Weight
  readonly ink?: Ink
  readonly align?: 'left' | 'right' | 'centre'
  readonly x: number
  readonly width: number
}

// Devanagari carries signs above its line and below: lines stand further apart than Latin alone would need.
const LEADING = 1.42
const ASCENT = 1.02

/** Width between the margins. */
export function innerWidth({ width, margin }: Sheet): number {
  return width - 2 * margin
}

/** A text in its column, on as many lines as it takes. */
export function textStrip(text: string, style: TextStyle): Strip {
  const { size, weight = 'regular', ink = 'ink', align = 'left', x, width } = style
  const lines = wrap(text, width, { size, weight })
  const marks = lines.map((line, index): Mark => {
    const left = { left: 0, right: 1, centre: 0.5 }[align] * (width - widthOf(line, { size, weight }))
    return { type: 'text', x: x + left, y: size * (ASCENT + LEADING * index), size, weight, ink, text: line }
  })
  return { height: size * LEADING * lines.length, marks }
}

/** Strips side by side, as high as the highest. */
export function beside(...strips: readonly Strip[]): Strip {
  return { height: Math.max(0, ...strips.map(({ height }) => height)), marks: strips.flatMap(({ marks }) => marks) }
}

/** Strips one below the other that stay together. */
export function stacked(...strips: readonly Strip[]): Strip {
  const marks: Mark[] = []
  let height = 0
  for (const strip of strips) {
    marks.push(...strip.marks.map((mark) => moved(mark, height)))
    height += strip.height
  }
  return { height, marks }
}

/** Empty height. */
export function gap(height: number): Strip {
  return { height, marks: [] }
}

/** A line across the sheet. */
export function rule(sheet: Sheet, { ink = 'line', thickness }: { ink?: Ink; thickness: number }): Strip {
  const mark: Mark = { type: 'box', x: sheet.margin, y: 0, width: innerWidth(sheet), height: thickness, ink }
  return { height: thickness, marks: [mark] }
}

/** A strip on a ground of colour, with `padding` around it. */
export function onGround(sheet: Sheet, { strip, padding, ink }: { strip: Strip; padding: number; ink: Ink }): Strip {
  const height = strip.height + 2 * padding
  const ground: Mark = { type: 'box', x: sheet.margin, y: 0, width: innerWidth(sheet), height, ink }
  return { height, marks: [ground, ...strip.marks.map((mark) => moved(mark, padding))] }
}

/** A mark further down. */
export function moved(mark: Mark, down: number): Mark {
  return { ...mark, y: mark.y + down }
}

/** A label on the left and its value on the right; on two lines where they do not fit beside each other. */
export function labelled(
  sheet: Sheet,
  row: { label: string; value: string },
  style: { size: number; weight?: Weight; ink?: Ink; x?: number; width?: number },
): Strip {
  const { size, weight = 'regular', ink = 'ink', x = sheet.margin, width = innerWidth(sheet) } = style
  const valueWidth = widthOf(row.value, { size, weight })
  const labelWidth = widthOf(row.label, { size, weight })
  const value = textStrip(row.value, { size, weight, ink, align: 'right', x, width })
  if (labelWidth + valueWidth + size <= width) return beside(textStrip(row.label, { size, weight, ink, x, width }), value)
  if (valueWidth <= width * 0.45)
    return beside(textStrip(row.label, { size, weight, ink, x, width: width - valueWidth - size }), value)
  return stacked(textStrip(row.label, { size, weight, ink, x, width }), value)
}
