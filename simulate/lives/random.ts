/** Random numbers in [0, 1) that follow from a seed alone. */
export interface Random {
  next(): number
  /** A whole number from `from` to `to`, both included. */
  whole(from: number, to: number): number
  /** One of several, by their weights. */
  pick<T>(choices: readonly (readonly [weight: number, value: T])[]): T
  chance(probability: number): boolean
}

/** A stream of its own for each name under a seed, so that one draw more in one life changes no other life. */
export function randomOf(seed: number, ...names: readonly (string | number)[]): Random {
  let state = hash([seed, ...names].join('/'))
  // Mulberry32.
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
  return {
    next,
    whole: (from, to) => from + Math.floor(next() * (to - from + 1)),
    chance: (probability) => next() < probability,
    pick: (choices) => {
      let left = next() * choices.reduce((sum, [weight]) => sum + weight, 0)
      const chosen = choices.find(([weight]) => (left -= weight) < 0) ?? choices.at(-1)
      if (chosen === undefined) throw new Error('nothing to pick from')
      return chosen[1]
    },
  }
}

/** FNV-1a, 32 bits. */
function hash(text: string): number {
  let h = 0x811c9dc5
  for (let index = 0; index < text.length; index += 1) h = Math.imul(h ^ text.charCodeAt(index), 0x01000193)
  return h >>> 0
}
