import { describe, expect, test } from '@jest/globals'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { LANGUAGES } from '../../notifications/language.ts'
import { PAPER_WORDS } from '../../notifications/paper-words.ts'
import { PAPER_EXAMPLES } from '../../papers/examples.ts'
import { type Paper, TEMPLATE_VERSION } from '../../papers/document.ts'
import { ROLL } from '../../papers/layout/sheet.ts'
import { DARK, rollPage } from '../../papers/renderings/escpos.ts'
import { BLACK } from '../../papers/renderings/inks.ts'
import { paletted } from '../../papers/renderings/png.ts'
import { pixelsOf } from '../../papers/renderings/raster.ts'
import { formatsOf, renderPaper } from '../../papers/renderings/render.ts'
import { svgOf } from '../../papers/renderings/svg.ts'
import { movementsOfAYear } from '../../papers/year-examples.ts'

// docs/papers/ shows every paper. UPDATE_PAPERS=1 writes it anew; otherwise what is there must come out again, byte for byte.

const folder = fileURLToPath(new URL('../../docs/papers/', import.meta.url))
const isUpdate = process.env.UPDATE_PAPERS === '1'
/** Shown as the roll that the portable printer puts out, too. */
const ON_A_ROLL = ['receipt', 'bill']
const LARGEST = 60_000

const cases = Object.entries(PAPER_EXAMPLES).flatMap(([name, make]) =>
  LANGUAGES.map((language) => ({ name: `${name}-${language}`, paper: make(language), onARoll: ON_A_ROLL.includes(name) })),
)

type Digests = Record<string, Record<string, string>>
const digestsFile = `${folder}digests.json`
const digests = (existsSync(digestsFile) ? JSON.parse(readFileSync(digestsFile, 'utf8')) : {}) as Digests

function expectFile(name: string, bytes: Buffer): void {
  if (isUpdate) writeFileSync(`${folder}${name}`, bytes)
  expect(bytes.length).toBeLessThan(LARGEST)
  expect([name, readFileSync(`${folder}${name}`).equals(bytes)]).toEqual([name, true])
}

/** What the printer burns: dots or none. */
async function rollImage(paper: Paper): Promise<Buffer> {
  const { rgba, ...size } = await pixelsOf(svgOf(rollPage(paper), { width: ROLL.width, inks: BLACK }), 1)
  return paletted({ ...size, rgba: rgba.map((light) => (light < DARK ? 0 : 255)) })
}

describe('a paper comes out as its sample, byte for byte:', () => {
  test.each(cases)('$name', async ({ name, paper, onARoll }) => {
    const found: Record<string, string> = {}
    for (const format of formatsOf(paper)) {
      const bytes = await renderPaper(paper, { format, templateVersion: TEMPLATE_VERSION })
      if (format === 'png') expectFile(`${name}.png`, bytes)
      found[format] = createHash('sha256').update(bytes).digest('hex')
    }
    if (onARoll) expectFile(`${name}-58mm.png`, await rollImage(paper))
    if (isUpdate) {
      digests[name] = found
      writeFileSync(digestsFile, `${JSON.stringify(digests, null, 2)}\n`)
    }
    expect(found).toEqual(digests[name])
  })
})

test('the page shows every sample', () => {
  const page = readFileSync(`${folder}README.md`, 'utf8')
  for (const { name, onARoll } of cases)
    for (const file of [`${name}.png`, ...(onARoll ? [`${name}-58mm.png`] : [])]) expect(page).toContain(`](${file})`)
})

test('every kind of movement that a statement has words for stands in a sample', () => {
  const { account, deposit } = movementsOfAYear('BHKATS-A0042')
  const shown = new Set([...account, ...deposit].map(({ kind }) => kind))
  // Whatever has no word of its own is `other`: nothing in these books may be.
  expect([...shown].toSorted()).toEqual(
    Object.keys(PAPER_WORDS.en.statement.what)
      .filter((kind) => kind !== 'other')
      .toSorted(),
  )
  for (const movements of [account, deposit]) expect(movements.at(-1)?.balanceMinor).toBe(0)
})

test('a paper of another template is refused, not made in another way', async () => {
  const [first] = cases
  if (first === undefined) throw new Error('there are no examples')
  await expect(renderPaper(first.paper, { format: 'text', templateVersion: TEMPLATE_VERSION + 1 })).rejects.toThrow(
    /cannot be made/,
  )
})
