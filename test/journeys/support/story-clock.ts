import { setTimeout as sleep } from 'node:timers/promises'
import type { Db } from '../../../db/client.ts'
import { inTransaction } from '../../../db/queries/accounts.ts'
import { appendClockSegment, readClock } from '../../../db/queries/clock.ts'
import { businessAt, type ClockSegment, nextSegment, wallFor } from '../../../domain/business-time.ts'
import { instantFromMs } from '../../../domain/calendar.ts'

/** A business day in a tenth of a second, a month in three. */
const SPEED = 864_000

/** The clock of a sandbox plant in a story: it stands while people act, and runs between. */
export interface StoryClock {
  /** Business time, as everybody else reads it: for the simulated meters. */
  now(): string
  /** Lets business time run up to an instant and stand there. What falls due on the way happens on the way. */
  runTo(instant: string): Promise<void>
}

/**
 * A clock for a plant whose own stands. Run and stop are two rows of the plant's clock written at once, so that business time
 * never passes the instant, however slow the machine is: who is late does the work of that moment later, but at that moment.
 */
export async function storyClock(db: Db, plant: string): Promise<StoryClock> {
  let segments: readonly ClockSegment[] = await readClock(db, plant)
  return {
    now: () => businessAt(segments, Date.now()),
    runTo: async (instant) => {
      const stopMs = await inTransaction(db, async (tx) => {
        const run = nextSegment({ segments, wallMs: Date.now(), speed: SPEED })
        const reachedMs = wallFor([...segments, run], instant)
        if (reachedMs === undefined) throw new Error(`${instant} has passed: it is ${run.businessFrom}`)
        // In the millisecond before, which is a quarter of an hour: it must stand on the instant itself, not after it.
        const stop = { wallFrom: instantFromMs(reachedMs - 1), businessFrom: instant, speed: 0 }
        for (const row of [run, stop]) await appendClockSegment(tx, { ...row, plant, reason: 'story' })
        return reachedMs
      })
      segments = await readClock(db, plant)
      while (Date.now() <= stopMs) await sleep(stopMs - Date.now() + 1)
    },
  }
}
