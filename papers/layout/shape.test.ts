import { describe, expect, test } from '@jest/globals'
import { Blob, Buffer as HarfBuzzBuffer, Face, Font, shape as shapeByHarfBuzz } from 'harfbuzzjs'
import { LANGUAGES } from '../../notifications/language.ts'
import type { Block } from '../document.ts'
import { PAPER_EXAMPLES } from '../examples.ts'
import { faceOf, type Weight } from './fonts.ts'
import { shape, widthOf, wrap } from './shape.ts'

const HARD_WORDS =
  'विद्युत प्रतिष्ठान कनेक्शन ग्राहक शुल्क जमानत राशि श्रीमती कृष्ण ज्ञान क्षत्रिय ट्रांसफ़र हृदय रुपये रूप द्वितीय मुहर्रम निर्णय वर्षों धर्मेंद्र स्त्री राष्ट्रीय उच्छ्वास दृष्टि'

function textsOf(block: Block): string[] {
  return JSON.stringify(block).match(/[\u0900-\u097f\u200c\u200d]+/g) ?? []
}

const words = new Set([
  ...HARD_WORDS.split(' '),
  ...Object.values(PAPER_EXAMPLES).flatMap((make) => {
    const { title, supplier, supplierLine, blocks } = make('hi')
    return [...blocks.flatMap(textsOf), ...`${title} ${supplier} ${supplierLine}`.split(' ')].filter((word) =>
      /^[\u0900-\u097f]+$/.test(word),
    )
  }),
])

function byHarfBuzz(word: string, font: Font): number[][] {
  const buffer = new HarfBuzzBuffer()
  buffer.addText(word)
  buffer.guessSegmentProperties()
  shapeByHarfBuzz(font, buffer)
  const places = buffer.getGlyphPositions()
  return buffer.getGlyphInfos().map(({ codepoint }, index) => {
    const place = places[index]
    return [codepoint, place?.xAdvance ?? 0, place?.xOffset ?? 0, place?.yOffset ?? 0]
  })
}

describe('Hindi conjuncts and matras stand as HarfBuzz sets them', () => {
  test.each(['regular', 'bold'] as const)('in %s letters', (weight: Weight) => {
    const { sfnt } = faceOf('devanagari', weight)
    const font = new Font(new Face(new Blob(new Uint8Array(sfnt).buffer)))
    expect(words.size).toBeGreaterThan(100)
    for (const word of words) {
      const [run] = shape(word, weight)
      const ours = run?.glyphs.map(({ id }, index) => {
        const place = run.positions[index]
        return [id, place?.xAdvance, place?.xOffset, place?.yOffset].map((part) => Math.round(part ?? 0))
      })
      expect([word, ours]).toEqual([word, byHarfBuzz(word, font)])
    }
  })
})

test('no letter of a paper is missing in the fonts', () => {
  const papers = Object.values(PAPER_EXAMPLES).flatMap((make) =>
    LANGUAGES.map((language) => JSON.stringify(make(language).blocks)),
  )
  for (const runs of papers.map((text) => shape(text, 'regular')))
    for (const { glyphs } of runs) expect(glyphs.every(({ id }) => id !== 0)).toBe(true)
})

test('lines are no wider than their column, and a word too long for one is torn between letters that do not join', () => {
  const style = { size: 20, weight: 'regular' } as const
  const lines = wrap('विद्युतप्रतिष्ठानविद्युतप्रतिष्ठान बिल BHKATS-R/2026-27/000077', 120, style)
  for (const line of lines) expect(widthOf(line, style)).toBeLessThanOrEqual(120)
  expect(lines.join('').replaceAll(' ', '')).toBe('विद्युतप्रतिष्ठानविद्युतप्रतिष्ठानबिलBHKATS-R/2026-27/000077')
  for (const line of lines) expect(line).not.toMatch(/^[\p{M}]|\u094d$/u)
})
