/**
 * Columns a text takes on a fixed-width printer or screen: signs that sit on another (matras above and below, virama, joiners)
 * take none. Conjuncts are counted by their letters, so a Hindi line may come out narrower than counted, never wider.
 */
export function columnsOf(text: string): number {
  return [...text].filter((character) => !/[\p{Mn}\p{Me}\p{Cf}\p{Cc}]/u.test(character)).length
}

// A sign that takes no column, and a matra beside its letter, never begin a line.
function splitAtColumns(word: string, columns: number): string[] {
  const pieces: string[] = ['']
  for (const cluster of word.match(/\P{M}\p{M}*|\p{M}+/gu) ?? []) {
    const last = pieces.at(-1) ?? ''
    if (last !== '' && columnsOf(last + cluster) > columns) pieces.push(cluster)
    else pieces[pieces.length - 1] = last + cluster
  }
  return pieces
}

/** Breaks a text into lines of at most `columns`, between words where it can and inside a word that is longer than a line. */
export function wrapText(text: string, columns: number): string[] {
  const words = text.split(/\s+/).filter((word) => word !== '')
  const lines: string[] = []
  for (const piece of words.flatMap((word) => splitAtColumns(word, columns).map((part, index) => ({ part, glued: index > 0 })))) {
    const last = lines.at(-1)
    const joined = last === undefined ? undefined : `${last} ${piece.part}`
    if (joined !== undefined && !piece.glued && columnsOf(joined) <= columns) lines[lines.length - 1] = joined
    else lines.push(piece.part)
  }
  return lines
}

function padLeft(text: string, columns: number): string {
  return ' '.repeat(Math.max(0, columns - columnsOf(text))) + text
}

/** Centres a text, on several lines if need be; lines carry no trailing space. */
export function centred(text: string, columns: number): string[] {
  return wrapText(text, columns).map((line) => padLeft(line, Math.floor((columns + columnsOf(line)) / 2)))
}

/** A label on the left and its value on the right of one line; what does not fit goes below, still to the right. */
export function labelled({ label, value, columns }: { label: string; value: string; columns: number }): string[] {
  if (columnsOf(label) + 1 + columnsOf(value) <= columns) return [label + padLeft(value, columns - columnsOf(label))]
  return [...wrapText(label, columns), ...wrapText(value, columns).map((line) => padLeft(line, columns))]
}
