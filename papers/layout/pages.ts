import type { Paper } from '../document.ts'
import { blockStrips } from './blocks.ts'
import type { Mark, Page, Sheet } from './sheet.ts'
import { beside, gap, innerWidth, moved, rule, stacked, type Strip, textStrip } from './strips.ts'

/** Lays a paper out on a sheet. The same paper and sheet give the same marks, to the last digit. */
export function layOut(paper: Paper, sheet: Sheet): Page[] {
  const space = sheet.size * (sheet.narrow ? 0.5 : 0.9)
  const blocks = paper.blocks.flatMap((block) => {
    const strips = blockStrips(block, sheet)
    return strips.length === 0 ? [] : [gap(space), ...strips]
  })
  const filled = fill([heading(paper, sheet), ...blocks], sheet)
  return filled.map(({ height, marks }, index) => withFoot({ height, marks }, { paper, sheet, page: [index + 1, filled.length] }))
}

function heading(paper: Paper, sheet: Sheet): Strip {
  return sheet.narrow ? narrowHeading(paper, sheet) : wideHeading(paper, sheet)
}

function wideHeading({ supplier, supplierLine, title }: Paper, sheet: Sheet): Strip {
  const { size, margin } = sheet
  const lamp = size * 3
  const half = innerWidth(sheet) * 0.56
  const x = margin + lamp + size * 0.7
  const left = stacked(
    textStrip(supplier, { size: size * 1.45, weight: 'bold', ink: 'accent', x, width: half - lamp - size * 0.7 }),
    textStrip(supplierLine, { size: size * 0.88, ink: 'quiet', x, width: half - lamp - size * 0.7 }),
  )
  const right = textStrip(title, {
    size: size * 1.65,
    weight: 'bold',
    align: 'right',
    x: margin + half,
    width: innerWidth(sheet) - half,
  })
  const mark: Strip = { height: lamp, marks: [{ type: 'lamp', x: margin, y: size * 0.15, size: lamp, ink: 'accent' }] }
  return stacked(beside(mark, left, right), gap(size * 0.6), rule(sheet, { ink: 'accent', thickness: 1.6 }))
}

function narrowHeading({ supplier, supplierLine, title }: Paper, sheet: Sheet): Strip {
  const { size, margin: x } = sheet
  const centred = { align: 'centre', x, width: innerWidth(sheet) } as const
  const lamp: Strip = {
    height: size * 2.1,
    marks: [{ type: 'lamp', x: sheet.width / 2 - size, y: 0, size: size * 2, ink: 'ink' }],
  }
  return stacked(
    lamp,
    textStrip(supplier, { size: size * 1.15, weight: 'bold', ...centred }),
    textStrip(supplierLine, { size: size * 0.85, ...centred }),
    gap(size * 0.25),
    textStrip(title, { size: size * 1.3, weight: 'bold', ...centred }),
  )
}

/** Puts strips on pages: none is torn, none that belongs to the next ends a page. */
function fill(strips: readonly Strip[], sheet: Sheet): Page[] {
  const bottom = sheet.height - sheet.margin - footHeight(sheet)
  const pages: { height: number; marks: Mark[] }[] = [{ height: sheet.margin, marks: [] }]
  for (const [index, strip] of strips.entries()) {
    let page = pages.at(-1) ?? { height: sheet.margin, marks: [] }
    if (page.height + heightWithNext(strips, index) > bottom && page.marks.length > 0) {
      page = { height: sheet.margin, marks: [] }
      pages.push(page)
      if (strip.titles !== undefined) place(page, strip.titles, sheet)
      else if (strip.marks.length === 0) continue
    }
    place(page, strip, sheet)
  }
  return pages
}

// Strips begin on whole dots (half points): what falls between dots, such as the squares of a code, comes out grey.
function place(page: { height: number; marks: Mark[] }, strip: Strip, { dots }: Sheet): void {
  const top = dots ? Math.ceil(page.height) : Math.ceil(page.height * 2) / 2
  page.marks.push(...strip.marks.map((mark) => moved(mark, top)))
  page.height = top + strip.height
}

function heightWithNext(strips: readonly Strip[], index: number): number {
  const strip = strips[index]
  if (strip === undefined) return 0
  const belongs = strip.keepsNext === true || strip.marks.length === 0
  return strip.height + (belongs ? heightWithNext(strips, index + 1) : 0)
}

function footHeight({ size, narrow }: Sheet): number {
  return narrow ? 0 : size * 2
}

function withFoot(
  page: Page,
  { paper, sheet, page: [number, of] }: { paper: Paper; sheet: Sheet; page: [number, number] },
): Page {
  const { size, margin } = sheet
  if (sheet.narrow) return { height: page.height + size, marks: page.marks }
  const bounded = Number.isFinite(sheet.height)
  const top = bounded ? sheet.height - margin - size : page.height + size
  const small = { size: size * 0.78, ink: 'quiet', x: margin, width: innerWidth(sheet) } as const
  const foot = stacked(
    rule(sheet, { thickness: 0.5 }),
    gap(size * 0.25),
    beside(textStrip(paper.foot, small), textStrip(of > 1 ? `${number} / ${of}` : '', { ...small, align: 'right' })),
  )
  const marks = [...page.marks, ...foot.marks.map((mark) => moved(mark, top))]
  return { height: bounded ? sheet.height : top + foot.height + margin, marks }
}
