import type { YearFigures } from './figures.ts'

const ROWS: readonly (readonly [label: string, of: keyof YearFigures])[] = [
  ['customers at the end', 'customers'],
  ['joined', 'joined'],
  ['left', 'left'],
  ['bills issued', 'billsIssued'],
  ['billed, Rs', 'billedMinor'],
  ['payments', 'payments'],
  ['collected, Rs', 'collectedMinor'],
  ['payments that bounced', 'bounced'],
  ['arrears at the end, Rs', 'arrearsMinor'],
  ['credit at the end, Rs', 'creditMinor'],
  ['paid in advance, Rs', 'unearnedMinor'],
  ['deposits held, Rs', 'depositsMinor'],
  ['cash in hand, Rs', 'cashMinor'],
  ['given back, Rs', 'refundedMinor'],
  ['cut for debts', 'cuts'],
  ['advances that lapsed', 'lapses'],
  ['packages changed', 'packageChanges'],
  ['  to pre-paid within a month', 'toPrepaidWithin'],
  ['readings estimated', 'estimates'],
  ['notes', 'notes'],
  ['disputes', 'disputes'],
  ['promises to pay', 'promises'],
  ['  of them kept', 'promisesKept'],
  ['payment plans agreed', 'plans'],
  ['  of them kept', 'plansKept'],
  ['matched from suspense', 'matched'],
  ['payments in doubt', 'doubted'],
  ['counts of cash', 'cashCounts'],
  ['short, Rs', 'shortMinor'],
  ['over, Rs', 'overMinor'],
]

/** The years beside each other, amounts in whole rupees. */
export function yearsTable(years: readonly YearFigures[]): string {
  const cell = (year: YearFigures, of: keyof YearFigures): string => {
    const value = year[of]
    if (typeof value === 'string') return value
    return Math.round(of.endsWith('Minor') ? value / 100 : value).toLocaleString('en-IN')
  }
  return table([
    ['', ...years.map(({ year }) => year)],
    ...ROWS.map(([label, of]) => [label, ...years.map((year) => cell(year, of))]),
  ])
}

/** Lines of a table: the first column to the left, all others to the right. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = rows.reduce<number[]>((most, row) => row.map((text, index) => Math.max(most[index] ?? 0, text.length)), [])
  const line = (row: readonly string[]): string =>
    row.map((text, index) => (index === 0 ? text.padEnd(widths[0] ?? 0) : text.padStart(widths[index] ?? 0))).join('  ')
  return rows.map((row) => line(row).trimEnd()).join('\n')
}
