import { type Column, onOneLine, type Row, type Table } from '../document.ts'
import type { Sheet } from './sheet.ts'
import { beside, gap, innerWidth, labelled, rule, stacked, type Strip, textStrip, type TextStyle } from './strips.ts'

/** A table: in columns on a page, folded into a line or two a row on a roll. */
export function tableStrips(table: Table, sheet: Sheet): Strip[] {
  const title = textStrip(table.title, {
    size: sheet.size * (sheet.narrow ? 1 : 1.1),
    weight: 'bold',
    ink: 'accent',
    x: sheet.margin,
    width: innerWidth(sheet),
  })
  const body = sheet.narrow ? foldedRows(table, sheet) : rowsInColumns(table, sheet)
  return table.title === '' ? body : [{ ...stacked(title, gap(sheet.size * 0.25)), keepsNext: true }, ...body]
}

function foldedRows({ columns, rows }: Table, sheet: Sheet): Strip[] {
  const { size, margin } = sheet
  return rows.map((cells) => {
    const of = (role: Column['role']): string[] =>
      columns.flatMap((column, index) => (column.role === role && cells[index] !== '' ? [cells[index] ?? ''] : []))
    const details = columns.flatMap((column, index) => {
      const cell = onOneLine(cells[index] ?? '')
      if (column.role !== 'detail' || cell === '') return []
      return [column.title === '' || column.align === 'left' ? cell : `${column.title} ${cell}`]
    })
    const line = labelled(sheet, { label: of('label').join(' '), value: of('value').join('  ') }, { size })
    if (details.length === 0) return line
    const small = { size: size * 0.85, x: margin, width: innerWidth(sheet) }
    return stacked(line, textStrip(details.join(', '), small), gap(size * 0.15))
  })
}

function rowsInColumns({ columns, rows }: Table, sheet: Sheet): Strip[] {
  const { size } = sheet
  const places = placesOf(columns, sheet)
  const inColumns = (cells: readonly string[], style: Partial<TextStyle> & { size: number }): Strip =>
    beside(...places.map(({ x, width, align }, index) => textStrip(cells[index] ?? '', { ...style, x, width, align })))
  const titles = columns.map(({ title }) => title)
  const head = stacked(
    gap(size * 0.2),
    inColumns(titles, { size: size * 0.82, ink: 'quiet' }),
    gap(size * 0.15),
    rule(sheet, { ink: 'quiet', thickness: 0.7 }),
    gap(size * 0.3),
  )
  const hasTitles = titles.some((title) => title !== '')
  const body = rows.map((cells) => ({
    ...stacked(inColumns(cells, { size }), gap(size * 0.18), rule(sheet, { thickness: 0.5 }), gap(size * 0.28)),
    ...(hasTitles && { titles: head }),
  }))
  return hasTitles ? [{ ...head, keepsNext: true }, ...body] : body
}

function placesOf(columns: readonly Column[], sheet: Sheet): { x: number; width: number; align: 'left' | 'right' }[] {
  const between = sheet.size * 0.8
  const shares = columns.reduce((sum, { share }) => sum + share, 0)
  const usable = innerWidth(sheet) - between * (columns.length - 1)
  let x = sheet.margin
  return columns.map(({ share, align }) => {
    const place = { x, width: (usable * share) / shares, align }
    x += place.width + between
    return place
  })
}

/** Sums, on the right half of a page; a strong one stands below a line and in larger letters. */
export function totalsStrips(rows: readonly Row[], sheet: Sheet): Strip[] {
  const width = sheet.narrow ? innerWidth(sheet) : innerWidth(sheet) * 0.62
  const x = sheet.margin + innerWidth(sheet) - width
  const strips = rows.map((row): Strip => {
    const strong = row.strong === true
    const size = sheet.size * (strong ? 1.15 : 1)
    const line = labelled(sheet, row, { size, weight: strong ? 'bold' : 'regular', x, width })
    if (!strong) return { ...line, keepsNext: true }
    const above: Strip = {
      height: sheet.size * 0.35,
      marks: [{ type: 'box', x, y: sheet.size * 0.1, width, height: sheet.narrow ? 2 : 0.8, ink: 'ink' }],
    }
    return stacked(above, line)
  })
  return strips
}
