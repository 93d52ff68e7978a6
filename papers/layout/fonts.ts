import { create, type Font } from 'fontkit'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { unpackWoff } from './woff.ts'

export type Weight = 'regular' | 'bold'
/** Noto Sans Devanagari comes in three files by script; each letter is drawn from the first that has it. */
export type Script = 'devanagari' | 'latin' | 'latin-ext'
export type FontName = `${Script}-${Weight}`

export interface Face {
  readonly name: FontName
  readonly sfnt: Buffer
  readonly font: Font
}

const FILES: Readonly<Record<Weight, number>> = { regular: 400, bold: 700 }
const { resolve } = createRequire(import.meta.url)
const faces = new Map<FontName, Face>()

/** One face, read once. The files are those of the package, so the same on every machine. */
export function faceOf(script: Script, weight: Weight): Face {
  const name = `${script}-${weight}` as const
  const known = faces.get(name)
  if (known !== undefined) return known
  const file = `@fontsource/noto-sans-devanagari/files/noto-sans-devanagari-${script}-${FILES[weight]}-normal.woff`
  const sfnt = unpackWoff(readFileSync(resolve(file)))
  const face = { name, sfnt, font: create(sfnt) as Font }
  faces.set(name, face)
  return face
}

// Devanagari, its joiners, the rupee sign, and Vedic marks.
const DEVANAGARI = /[\u0900-\u097f\u1cd0-\u1cf9\u200c\u200d\u20b9\ua8e0-\ua8ff]/u

/** The face that draws a letter. A letter that none has is drawn as the empty box of the Latin one. */
export function faceFor(letter: string, weight: Weight): Face {
  if (DEVANAGARI.test(letter)) return faceOf('devanagari', weight)
  const latin = faceOf('latin', weight)
  const codePoint = letter.codePointAt(0) ?? 0
  if (latin.font.hasGlyphForCodePoint(codePoint)) return latin
  const more = faceOf('latin-ext', weight)
  return more.font.hasGlyphForCodePoint(codePoint) ? more : latin
}
