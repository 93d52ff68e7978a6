import { describe, expect, test } from '@jest/globals'
import jsqr from 'jsqr'
import { PAPER_EXAMPLES } from '../examples.ts'
import { ROLL } from '../layout/sheet.ts'
import type { Paper } from '../document.ts'
import { A4, A5 } from '../layout/sheet.ts'
import { layOut } from '../layout/pages.ts'
import { escposOf, rollPage } from './escpos.ts'
import { COLOURS } from './inks.ts'
import { pixelsOf } from './raster.ts'
import { svgOf } from './svg.ts'
import { widthOf } from '../layout/shape.ts'

const UPI = 'upi://pay?pa=katsa.minigrid@example&pn=Katsa%20Minigrid&am=669.00&cu=INR&tr=BHKATS01112&tn=BHKATS-B-000123'
const RASTER = Buffer.from([0x1d, 0x76, 0x30, 0])

function example(name: string, language: 'hi' | 'en'): Paper {
  const make = PAPER_EXAMPLES[name]
  if (make === undefined) throw new Error(`there is no example ${name}`)
  return make(language)
}

/** The dots a printer would burn, as an image. */
function printed(bytes: Buffer): { width: number; height: number; rgba: Uint8ClampedArray } {
  const rows: Buffer[] = []
  for (let at = bytes.indexOf(RASTER); at >= 0; at = bytes.indexOf(RASTER, at)) {
    const [perRow, count] = [bytes.readUInt16LE(at + 4), bytes.readUInt16LE(at + 6)]
    expect(perRow).toBe(48)
    rows.push(bytes.subarray(at + 8, at + 8 + perRow * count))
    at += 8 + perRow * count
  }
  const dots = Buffer.concat(rows)
  const rgba = new Uint8ClampedArray(dots.length * 8 * 4).fill(255)
  for (let dot = 0; dot < dots.length * 8; dot += 1)
    if (((dots[dot >> 3] ?? 0) & (0x80 >> (dot & 7))) !== 0) rgba.fill(0, dot * 4, dot * 4 + 3)
  return { width: ROLL.width, height: dots.length / 48, rgba }
}

describe('the code on a bill is read as a UPI link with payee, amount, customer ID and bill number', () => {
  test.each(['hi', 'en'] as const)('from a 58 mm print in %s', async (language) => {
    const { rgba, width, height } = printed(await escposOf(example('bill', language)))
    expect(jsqr.default(rgba, width, height)?.data).toBe(UPI)
  })

  test('from the image that is shared', async () => {
    const sheet = { ...A5, height: Infinity }
    const [page] = layOut(example('bill', 'hi'), sheet)
    const { rgba, width, height } = await pixelsOf(
      svgOf(page ?? { height: 0, marks: [] }, { width: sheet.width, inks: COLOURS }),
      2,
    )
    expect(jsqr.default(new Uint8ClampedArray(rgba), width, height)?.data).toBe(UPI)
  })
})

test('English goes to the printer as its own letters, with the amount in large ones', async () => {
  const bytes = await escposOf(example('receipt', 'en'))
  const text = bytes.toString('latin1')
  expect(bytes.includes(RASTER)).toBe(false)
  expect(text).toContain('\x1d!\x11     Rs 700\n\x1d!\x00')
  expect(text).toContain('BHKATS-R/2026-27/000077')
  for (const line of text.split('\n')) expect(line.replace(/\x1b@|\x1b[Ed].|\x1d!./g, '').length).toBeLessThanOrEqual(32)
})

test('a name in Devanagari on an English receipt sends it as an image, for the printer has no such letters', async () => {
  const receipt = example('receipt', 'en')
  const named = JSON.parse(JSON.stringify(receipt).replaceAll('Savitri Devi', 'सावित्री देवी')) as Paper
  expect((await escposOf(named)).includes(RASTER)).toBe(true)
})

describe('nothing is cut off:', () => {
  const cases = Object.keys(PAPER_EXAMPLES).flatMap((name) =>
    (['hi', 'en'] as const).map((language) => [name, language] as const),
  )
  test.each(cases)('%s in %s stands between the margins of a roll and of a page', (name, language) => {
    const paper = example(name, language)
    const sheet = paper.sheet === 'a5' ? A5 : A4
    for (const [on, pages] of [
      [ROLL, [rollPage(paper)]],
      [sheet, layOut(paper, sheet)],
    ] as const)
      for (const { marks, height } of pages)
        for (const mark of marks) {
          const width = mark.type === 'text' ? widthOf(mark.text, mark) : mark.type === 'box' ? mark.width : mark.size
          expect([mark, mark.x >= 0 && mark.x + width <= on.width + 0.01 && mark.y <= height]).toEqual([mark, true])
        }
  })
})

test('a statement of many lines goes over pages, each with the titles of its columns and its number', () => {
  const statement = example('account-statement', 'en')
  const blocks = statement.blocks.map((block) =>
    block.type === 'table' ? { ...block, rows: Array.from({ length: 12 }, () => block.rows).flat() } : block,
  )
  const pages = layOut({ ...statement, blocks }, A4)
  expect(pages.length).toBeGreaterThan(1)
  for (const [index, { marks }] of pages.entries()) {
    const texts = marks.flatMap((mark) => (mark.type === 'text' ? [mark.text] : []))
    expect(texts).toContain('Balance')
    expect(texts).toContain(`${index + 1} / ${pages.length}`)
    for (const mark of marks) expect(mark.y).toBeLessThanOrEqual(A4.height - A4.margin + 5)
  }
})
