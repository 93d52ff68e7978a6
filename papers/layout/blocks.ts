import type { Block, Row } from '../document.ts'
import { qrStrip } from './qr.ts'
import type { Sheet } from './sheet.ts'
import { beside, gap, innerWidth, labelled, moved, onGround, rule, stacked, type Strip, textStrip } from './strips.ts'
import { tableStrips, totalsStrips } from './tables.ts'

/** A block as strips across a sheet. */
export function blockStrips(block: Block, sheet: Sheet): Strip[] {
  const { size, margin: x } = sheet
  const width = innerWidth(sheet)
  if (block.type === 'facts') return factsStrips(block.rows, sheet)
  if (block.type === 'headline') return [sheet.narrow ? narrowHeadline(block.rows, sheet) : wideHeadline(block.rows, sheet)]
  if (block.type === 'table') return tableStrips(block, sheet)
  if (block.type === 'totals') return totalsStrips(block.rows, sheet)
  if (block.type === 'paragraph') return [textStrip(block.text, { size, x, width })]
  if (block.type === 'list') return listStrips(block.items, sheet)
  if (block.type === 'signatures') return [signatures(block.labels, sheet)]
  return [sheet.narrow ? narrowQr(block, sheet) : wideQr(block, sheet)]
}

/** On a page two facts stand side by side, each below its label; on a roll one a line. */
function factsStrips(rows: readonly Row[], sheet: Sheet): Strip[] {
  const { size, margin } = sheet
  if (sheet.narrow) return rows.map((row) => labelled(sheet, row, { size, weight: row.strong === true ? 'bold' : 'regular' }))
  const between = size * 2
  const width = (innerWidth(sheet) - between) / 2
  const cell = ({ label, value, strong }: Row, column: number): Strip => {
    const x = margin + column * (width + between)
    return stacked(
      textStrip(label, { size: size * 0.82, ink: 'quiet', x, width }),
      textStrip(value, { size: size * 1.05, weight: strong === true ? 'bold' : 'regular', x, width }),
      gap(size * 0.4),
    )
  }
  const pairs = Array.from({ length: Math.ceil(rows.length / 2) }, (_, index) => rows.slice(index * 2, index * 2 + 2))
  return pairs.map((pair) => beside(...pair.map(cell)))
}

// The amount has room; a date beside it stays on one line.
const SHARES: Readonly<Record<number, readonly number[]>> = { 1: [0.55, 0.45], 2: [0.32, 0.4, 0.28] }

function wideHeadline(rows: readonly Row[], sheet: Sheet): Strip {
  const { size, margin } = sheet
  const padding = size * 1.1
  const usable = innerWidth(sheet) - 2 * padding
  const others = rows.length - 1
  const widths = rows.map((_, index) => usable * (SHARES[others]?.[index] ?? 1 / rows.length))
  let x = margin + padding
  const cells = rows.map(({ label, value }, index) => {
    const width = widths[index] ?? usable
    const place = { x, width: width - size * 0.6 }
    x += width
    const first = index === 0
    return stacked(
      textStrip(label, { size: size * 0.95, ink: 'quiet', ...place }),
      gap(first ? 0 : size * 0.75),
      textStrip(value, { size: size * (first ? 2.5 : 1.45), weight: 'bold', ink: first ? 'accent' : 'ink', ...place }),
    )
  })
  return onGround(sheet, { strip: beside(...cells), padding: size * 0.8, ink: 'tint' })
}

function narrowHeadline(rows: readonly Row[], sheet: Sheet): Strip {
  const { size, margin: x } = sheet
  const width = innerWidth(sheet)
  const [first, ...others] = rows
  const line = rule(sheet, { ink: 'ink', thickness: 3 })
  return stacked(
    line,
    gap(size * 0.3),
    textStrip(first?.label ?? '', { size, align: 'centre', x, width }),
    textStrip(first?.value ?? '', { size: size * 2.1, weight: 'bold', align: 'centre', x, width }),
    ...others.map((row) => labelled(sheet, row, { size: size * 1.1, weight: 'bold' })),
    gap(size * 0.3),
    line,
  )
}

function listStrips(items: readonly string[], sheet: Sheet): Strip[] {
  const { size, margin } = sheet
  const letters = size * (sheet.narrow ? 1 : 1.15)
  const indent = letters * 1.9
  return items.map((item, index) =>
    stacked(
      beside(
        textStrip(`${index + 1}.`, { size: letters, weight: 'bold', ink: 'accent', x: margin, width: indent }),
        textStrip(item, { size: letters, x: margin + indent, width: innerWidth(sheet) - indent }),
      ),
      gap(letters * 0.45),
    ),
  )
}

/** Room to write, a line, and whose name belongs there. */
function signatures(labels: readonly string[], sheet: Sheet): Strip {
  const { size, margin } = sheet
  const between = size * 2
  const width = sheet.narrow ? innerWidth(sheet) : (innerWidth(sheet) - between * (labels.length - 1)) / labels.length
  const one = (label: string, index: number): Strip => {
    const x = margin + (sheet.narrow ? 0 : index * (width + between))
    const line: Strip = {
      height: size * 0.3,
      marks: [{ type: 'box', x, y: 0, width, height: sheet.narrow ? 2 : 0.8, ink: 'ink' }],
    }
    return stacked(gap(size * 3), line, textStrip(label, { size: size * 0.82, ink: 'quiet', x, width }))
  }
  return sheet.narrow ? stacked(...labels.map(one)) : beside(...labels.map(one))
}

type Qr = Extract<Block, { type: 'qr' }>

function wideQr({ content, title, caption }: Qr, sheet: Sheet): Strip {
  const { size, margin } = sheet
  // Its quiet zone lies in the margin, so that the code begins where the text does.
  const code = qrStrip(content, { sheet, x: margin - size * 0.8 })
  const x = margin + code.width
  const width = innerWidth(sheet) - code.width
  const words = stacked(
    textStrip(title, { size: size * 1.25, weight: 'bold', ink: 'accent', x, width }),
    gap(size * 0.3),
    textStrip(caption, { size, x, width }),
  )
  const down = Math.max(0, (code.height - words.height) / 2)
  return beside(code, { height: words.height + down, marks: words.marks.map((mark) => moved(mark, down)) })
}

function narrowQr({ content, title, caption }: Qr, sheet: Sheet): Strip {
  const { size, margin: x } = sheet
  const width = innerWidth(sheet)
  const side = qrStrip(content, { sheet, x: 0 }).width
  const above = textStrip(title, { size, weight: 'bold', align: 'centre', x, width })
  return stacked(
    { ...above, height: Math.ceil(above.height) },
    qrStrip(content, { sheet, x: (sheet.width - side) / 2 }),
    textStrip(caption, { size: size * 0.85, align: 'centre', x, width }),
  )
}
