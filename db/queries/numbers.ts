import { sql } from 'kysely'
import type { Tx } from '../client.ts'

/**
 * Takes `count` consecutive numbers of a series and returns the first. The row stays locked until the transaction ends, so
 * a series has no gaps; take it after the account locks (design, "Accounts are locked in order").
 */
export async function takeNumbers(tx: Tx, series: string, count: number): Promise<number> {
  const row = await tx
    .insertInto('numberSeries')
    .values({ series, nextNumber: 1 + count })
    .onConflict((conflict) => conflict.column('series').doUpdateSet({ nextNumber: sql`number_series.next_number + ${count}` }))
    .returning('nextNumber')
    .executeTakeFirstOrThrow()
  return row.nextNumber - count
}

/** The next id of a kind at a plant: `BHKATS-T12` for tasks (T), package requests (R), closures (L), bank deposits of cash (B). */
export async function takePlantId(tx: Tx, plant: string, letter: 'T' | 'R' | 'L' | 'B'): Promise<string> {
  // The bills of the plant have the series of that letter.
  const series = letter === 'B' ? `${plant}:bank-deposit` : `${plant}:${letter}`
  return `${plant}-${letter}${await takeNumbers(tx, series, 1)}`
}
