import { businessAt, type ClockSegment } from '../../domain/business-time.ts'
import type { Db, Tx } from '../client.ts'
import { wakePlant } from './sandbox.ts'

/** The plant's clock: every change of speed since it was created, oldest first. Empty only for an unknown plant. */
export async function readClock(db: Db | Tx, plant: string): Promise<ClockSegment[]> {
  return db
    .selectFrom('clockSegments')
    .select(['wallFrom', 'businessFrom', 'speed'])
    .where('plant', '=', plant)
    .orderBy('wallFrom')
    .execute()
}

/** Business time of the plant at this wall time (ms since the epoch); throws for a plant that has no clock. */
export async function businessNow(db: Db | Tx, plant: string, wallMs: number): Promise<string> {
  return businessAt(await readClock(db, plant), wallMs)
}

/**
 * Adds a change of speed; the database refuses one that would make business time run back. Where time goes faster from here on,
 * every open process of the plant looks again: who sleeps by the old speed would oversleep.
 */
export async function appendClockSegment(
  db: Db | Tx,
  segment: { plant: string; wallFrom: string; businessFrom: string; speed: number; reason: string },
): Promise<void> {
  const before = (await readClock(db, segment.plant)).at(-1)
  await db.insertInto('clockSegments').values(segment).execute()
  if (before !== undefined && segment.speed > before.speed) await wakePlant(db, segment.plant)
}
