import { type CsvError, parse } from 'csv-parse/sync'
import type { Problem } from './problems.ts'

/** A row of a file under its column names, with the line on which it begins. */
export interface CsvRow {
  readonly file: string
  readonly line: number
  readonly cells: Readonly<Record<string, string>>
}

export interface CsvFile {
  /** As messages name it: the file's name without its folders. */
  readonly name: string
  readonly bytes: Uint8Array
}

export interface CsvRows {
  readonly rows: readonly CsvRow[]
  readonly problems: readonly Problem[]
}

const LARGEST_BYTES = 20_000_000

interface Parsed {
  readonly record: string[]
  readonly info: { readonly lines: number }
}

/**
 * Reads a file of these columns in any order; others are passed over. A byte-order mark, CRLF and empty lines are fine. A row with
 * too few or too many cells is a problem of its own and left out; a header that lacks a column leaves no rows.
 */
export function readCsv({ name: file, bytes }: CsvFile, columns: readonly string[]): CsvRows {
  if (bytes.length > LARGEST_BYTES) return nothing(file, 1, `larger than ${LARGEST_BYTES / 1e6} MB`)
  const { records, problems } = parseRecords(file, new TextDecoder().decode(bytes))
  const [header, ...rest] = records
  if (header === undefined && problems.length > 0) return { rows: [], problems }
  if (header === undefined) return nothing(file, 1, 'the file is empty')
  const names = header.record.map((name) => name.trim())
  const missing = columns.filter((column) => !names.includes(column))
  const twice = columns.filter((column) => names.indexOf(column) !== names.lastIndexOf(column))
  const headerProblems = [
    ...missing.map((column) => ({ file, line: 1, column, reason: 'this column is missing' })),
    ...twice.map((column) => ({ file, line: 1, column, reason: 'this column is there twice' })),
  ]
  if (headerProblems.length > 0) return { rows: [], problems: headerProblems }
  const found = rowsOf(file, names, rest)
  return { rows: found.rows, problems: [...problems, ...found.problems] }
}

interface Located {
  readonly record: readonly string[]
  readonly line: number
}

function rowsOf(file: string, names: readonly string[], records: readonly Located[]): CsvRows {
  const rows: CsvRow[] = []
  const problems: Problem[] = []
  for (const { record, line } of records) {
    if (record.length === names.length) {
      rows.push({ file, line, cells: Object.fromEntries(names.map((name, index) => [name, record[index] ?? ''])) })
    } else problems.push({ file, line, column: null, reason: `expected ${names.length} cells, found ${record.length}` })
  }
  return { rows, problems }
}

interface Located {
  readonly record: readonly string[]
  readonly line: number
}

/** What the parser says of a row it could not take apart, in words of whoever has to mend it. */
const QUOTING: Readonly<Record<string, string>> = {
  INVALID_OPENING_QUOTE: 'a quote stands inside a cell that does not begin with one',
  CSV_INVALID_CLOSING_QUOTE: 'something follows the closing quote of a cell',
  CSV_QUOTE_NOT_CLOSED: 'a quote is opened here or below and never closed: nothing from here on was read',
}

/** Rows with broken quoting are left out and told; only a quote that never closes costs what follows it. */
function parseRecords(file: string, text: string): { records: Located[]; problems: Problem[] } {
  const records: Located[] = []
  const problems: Problem[] = []
  let lastLine = 0
  const skip = (error: CsvError | undefined): undefined => {
    if (error === undefined) return
    const line = error.code === 'CSV_QUOTE_NOT_CLOSED' ? lastLine + 1 : Number(error.lines)
    lastLine = Math.max(lastLine, Number(error.lines))
    problems.push({ file, line, column: null, reason: QUOTING[error.code] ?? error.message })
  }
  const keep = (parsed: unknown): null => {
    const { record, info } = parsed as Parsed
    // `lines` is the line on which a record ends: a quoted cell may hold line breaks.
    lastLine = info.lines
    if (record.length > 1 || record[0]?.trim() !== '') records.push({ record, line: info.lines - breaksIn(record) })
    return null
  }
  parse(text, {
    bom: true,
    info: true,
    relax_column_count: true,
    record_delimiter: ['\r\n', '\n'],
    skip_records_with_error: true,
    on_skip: skip,
    on_record: keep,
  })
  return { records, problems }
}

function breaksIn(record: readonly string[]): number {
  return record.reduce((sum, cell) => sum + (cell.match(/\r\n|\r|\n/g)?.length ?? 0), 0)
}

function nothing(file: string, line: number, reason: string): CsvRows {
  return { rows: [], problems: [{ file, line, column: null, reason }] }
}
