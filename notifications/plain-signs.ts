/** Replaces signs that only look better by those every phone and printer has: the rupee sign, curly quotes, dashes. */
export function plainSigns(text: string): string {
  return text
    .replaceAll('₹', 'Rs ')
    .replaceAll(/[‘’]/g, "'")
    .replaceAll(/[“”]/g, '"')
    .replaceAll(/[–—]/g, '-')
    .replaceAll('…', '...')
    .replaceAll('·', '-')
    .replaceAll('×', 'x')
    .replaceAll('\u00a0', ' ')
}
