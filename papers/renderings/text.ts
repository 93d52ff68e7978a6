import { plainSigns } from '../../notifications/plain-signs.ts'
import { centred, labelled, wrapText } from '../../notifications/text-columns.ts'
import { type Block, type Column, onOneLine, type Paper, type Row } from '../document.ts'

/** What a 58 mm printer puts on one line in its own letters. */
export const COLUMNS = 32

/** A line of text and how it is printed. */
export interface TextLine {
  readonly text: string
  readonly style: 'plain' | 'bold' | 'large'
}

/** A code to be drawn between lines. */
export interface TextQr {
  readonly qr: string
}

const RULE = '-'.repeat(COLUMNS)

/** A paper as plain text of 32 columns. A QR code becomes its link. */
export function textOf(paper: Paper): string {
  return `${linesOf(paper)
    .map((line) => ('qr' in line ? line.qr : line.text))
    .join('\n')}\n`
}

/** The same line by line, for a printer. Large letters take two columns, so they count twice. */
export function linesOf(paper: Paper): (TextLine | TextQr)[] {
  return [
    ...bold(centred(paper.supplier, COLUMNS)),
    ...plain(paper.supplierLine.split(' · ').flatMap((part) => centred(part, COLUMNS))),
    ...bold(centred(paper.title.toUpperCase(), COLUMNS)),
    ...plain([RULE]),
    ...paper.blocks.flatMap((block, index) => [...(index === 0 ? [] : plain([RULE])), ...blockLines(block)]),
  ].map((line) => ('qr' in line ? line : { ...line, text: paper.language === 'en' ? plainSigns(line.text) : line.text }))
}

function blockLines(block: Block): (TextLine | TextQr)[] {
  if (block.type === 'facts' || block.type === 'totals') return block.rows.flatMap(rowLines)
  if (block.type === 'headline') return headlineLines(block.rows)
  if (block.type === 'paragraph') return plain(wrapText(block.text, COLUMNS))
  if (block.type === 'list') return block.items.flatMap((item, index) => plain(wrapText(`${index + 1}. ${item}`, COLUMNS)))
  if (block.type === 'signatures')
    return block.labels.flatMap((label) => plain(['', '', '_'.repeat(COLUMNS), ...wrapText(label, COLUMNS)]))
  if (block.type === 'qr')
    return [...bold(centred(block.title, COLUMNS)), { qr: block.content }, ...plain(centred(block.caption, COLUMNS))]
  return [...bold(wrapText(block.title, COLUMNS)), ...block.rows.flatMap((cells) => plain(tableRow(block.columns, cells)))]
}

function rowLines({ label, value, strong }: Row): TextLine[] {
  const lines = labelled({ label: plainSigns(label), value: plainSigns(value), columns: COLUMNS })
  return strong === true ? bold(lines) : plain(lines)
}

function headlineLines(rows: readonly Row[]): TextLine[] {
  const [first, ...others] = rows
  const value = plainSigns(first?.value ?? '')
  const large = centred(value, COLUMNS / 2).map((text): TextLine => ({ text, style: 'large' }))
  return [
    ...plain(centred(first?.label ?? '', COLUMNS)),
    ...large,
    ...others.flatMap((row) => rowLines({ ...row, strong: true })),
  ]
}

function tableRow(columns: readonly Column[], cells: readonly string[]): string[] {
  const of = (role: Column['role']): string =>
    columns.flatMap((column, index) => (column.role === role && cells[index] !== '' ? [cells[index] ?? ''] : [])).join(' ')
  const details = columns.flatMap(({ role, title, align }, index) =>
    role === 'detail' && cells[index] !== ''
      ? [`${title === '' || align === 'left' ? '' : `${title} `}${onOneLine(cells[index] ?? '')}`]
      : [],
  )
  const line = labelled({ label: plainSigns(of('label')), value: plainSigns(of('value')), columns: COLUMNS })
  return details.length === 0
    ? line
    : [...line, ...wrapText(plainSigns(details.join(', ')), COLUMNS - 2).map((text) => `  ${text}`)]
}

function plain(texts: readonly string[]): TextLine[] {
  return texts.map((text) => ({ text, style: 'plain' }))
}

function bold(texts: readonly string[]): TextLine[] {
  return texts.map((text) => ({ text, style: 'bold' }))
}
