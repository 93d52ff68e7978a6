import type { Line } from './examination.ts'

const MARKS = { passed: 'passed', failed: 'FAILED', 'not tested': 'not tested' } as const
const MARK_WIDTH = 12
const NAME_WIDTH = 26

/** One line of the table as text; the reason of what did not pass stands below. */
export function lineText(line: Line): string {
  const head = `${MARKS[line.result].padEnd(MARK_WIDTH)}${line.check.padEnd(NAME_WIDTH)}${line.says}`
  return line.result === 'passed' ? head : `${head}\n${' '.repeat(MARK_WIDTH)}-> ${line.because}`
}

/** The last line: how many of each. */
export function summaryText(lines: readonly Line[]): string {
  const count = (result: Line['result']): number => lines.filter((line) => line.result === result).length
  return `${count('passed')} passed, ${count('failed')} failed, ${count('not tested')} not tested`
}
