import type { GlyphRun } from 'fontkit'
import { type Face, faceFor, type Weight } from './fonts.ts'

/** A stretch of one face, shaped: glyphs in their order of drawing, conjuncts formed and matras where they belong. */
export interface Run {
  readonly face: Face
  readonly text: string
  readonly glyphs: GlyphRun['glyphs']
  readonly positions: GlyphRun['positions']
  /** In parts of the size of the letters. */
  readonly width: number
}

const shaped = new Map<string, readonly Run[]>()
const KEEP = 5_000

/**
 * Shapes a text. Every rendering measures and draws by this, so a line that fits on one fits on all. test: papers/layout/shape.test.ts
 * compares it with HarfBuzz.
 */
export function shape(text: string, weight: Weight): readonly Run[] {
  const key = `${weight}:${text}`
  const known = shaped.get(key)
  if (known !== undefined) return known
  const runs = stretches(text, weight).map(({ face, part }) => shapeRun(face, part))
  if (shaped.size >= KEEP) shaped.clear()
  shaped.set(key, runs)
  return runs
}

/** Width of a text at a size, in the unit of the size. */
export function widthOf(text: string, { size, weight }: { size: number; weight: Weight }): number {
  return shape(text, weight).reduce((sum, { width }) => sum + width * size, 0)
}

function stretches(text: string, weight: Weight): { face: Face; part: string }[] {
  const found: { face: Face; part: string }[] = []
  for (const letter of text) {
    const face = faceFor(letter, weight)
    const last = found.at(-1)
    if (last?.face === face) last.part += letter
    else found.push({ face, part: letter })
  }
  return found
}

function shapeRun(face: Face, text: string): Run {
  const { glyphs, positions } = face.font.layout(text)
  const advance = positions.reduce((sum, { xAdvance }) => sum + xAdvance, 0)
  return { face, text, glyphs, positions, width: advance / face.font.unitsPerEm }
}

// Letters that join, with all that sits on them: never torn apart.
const CLUSTERS = /(?:\P{M}\p{M}*\u094d\u200d?)*\P{M}\p{M}*\u200c?|\p{M}+/gu

/** Breaks a text into lines of at most `width`: where it says so, between words, and inside a word that is wider than a line. */
export function wrap(text: string, width: number, style: { size: number; weight: Weight }): string[] {
  return text.split('\n').flatMap((line) => wrapLine(line, width, style))
}

function wrapLine(text: string, width: number, style: { size: number; weight: Weight }): string[] {
  const fits = (line: string): boolean => widthOf(line, style) <= width
  const lines: string[] = []
  for (const word of text.split(/\s+/).filter((one) => one !== '')) {
    const last = lines.at(-1)
    if (last !== undefined && fits(`${last} ${word}`)) lines[lines.length - 1] = `${last} ${word}`
    else lines.push(...torn(word, fits))
  }
  return lines
}

function torn(word: string, fits: (line: string) => boolean): string[] {
  if (fits(word)) return [word]
  const pieces = ['']
  for (const cluster of word.match(CLUSTERS) ?? []) {
    const last = pieces.at(-1) ?? ''
    if (last === '' || fits(last + cluster)) pieces[pieces.length - 1] = last + cluster
    else pieces.push(cluster)
  }
  return pieces
}
