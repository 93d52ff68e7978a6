/** A cell: numbers are written as they are, texts so that no spreadsheet takes them for a formula. */
export type CsvCell = string | number | boolean | null

/**
 * Rows as CSV (RFC 4180): UTF-8, a header, CRLF after each line, quotes only where they must be. A text that a spreadsheet would take
 * for a formula (it begins with `=`, `+`, `-`, `@`, a tab or a return) has an apostrophe before it.
 */
export function toCsv(header: readonly string[], rows: readonly (readonly CsvCell[])[]): string {
  return [header, ...rows].map((row) => `${row.map(written).join(',')}\r\n`).join('')
}

function written(cell: CsvCell): string {
  if (typeof cell !== 'string') return cell === null ? '' : String(cell)
  const harmless = /^[=+\-@\t\r]/.test(cell) ? `'${cell}` : cell
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless
}
