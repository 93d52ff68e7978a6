/** A number in [0, 1) that depends on nothing but the seed and the words: FNV-1a with a final mix. */
export function chance(seed: number | undefined, words: readonly (string | number)[]): number {
  let hash = 0x811c9dc5
  for (const char of [seed ?? 0, ...words].join('|')) hash = Math.imul(hash ^ (char.codePointAt(0) ?? 0), 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32
}
