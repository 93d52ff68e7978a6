import { createHash } from 'node:crypto'

/** Chance from 0 up to 1 that is the same at every start: by the words that say what is drawn. */
export function chance(...words: readonly (string | number)[]): number {
  return createHash('sha256').update(words.join('|')).digest().readUInt32BE(0) / 2 ** 32
}

/** One of a list, the same at every start. */
export function pick<T>(list: readonly [T, ...T[]], ...words: readonly (string | number)[]): T {
  return list[Math.floor(chance(...words) * list.length)] ?? list[0]
}

/** What a household that joined lives: a column of the load file for middle incomes, and how much of it. */
export function houseOfNewcomer(accountId: string, profiles: readonly string[]): { profile: string; scale: number } {
  const [first = '', ...others] = profiles.filter((name) => name.startsWith('higher-middle-income-'))
  return { profile: pick([first, ...others], accountId, 'profile'), scale: 0.15 + 0.2 * chance(accountId, 'scale') }
}

/** How a household pays its bills. */
export type Habit = 'full' | 'parts' | 'late' | 'wallet' | 'never'

/** Shares of the village, added up. */
const SHARES: readonly (readonly [Habit, number])[] = [
  ['full', 0.4],
  ['parts', 0.68],
  ['late', 0.8],
  ['wallet', 0.94],
  ['never', 1],
]

/** The habit of a customer, drawn once for ever. */
export function habitOf(customerId: string): Habit {
  const drawn = chance(customerId, 'habit')
  return SHARES.find(([, upTo]) => drawn < upTo)?.[0] ?? 'full'
}
