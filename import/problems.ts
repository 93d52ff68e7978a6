/** One thing wrong with a file, in words of whoever has to mend it. */
export interface Problem {
  readonly file: string
  /** Line on which the row begins; 1 is the header. */
  readonly line: number
  /** Null when it is about the row, or the file, as a whole. */
  readonly column: string | null
  readonly reason: string
}

/** `katsa-customers.csv:17 phone: expected …` */
export function problemText({ file, line, column, reason }: Problem): string {
  return `${file}:${line}${column === null ? '' : ` ${column}`}: ${reason}`
}

const SHOWN = 40

/** A cell as a message may show it: short, on one line, and without what would hide or garble it. */
export function shown(cell: string): string {
  const plain = cell.replaceAll(/[\p{Cc}\p{Cf}\p{Cs}]/gu, '·')
  return plain.length > SHOWN ? `"${plain.slice(0, SHOWN)}…"` : `"${plain}"`
}
