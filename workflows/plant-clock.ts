import { businessAt, type ClockSegment, wallFor } from '../domain/business-time.ts'
import { facts } from './activity-proxies.ts'

const DAY_MS = 24 * 60 * 60 * 1000
/** A sandbox may change its speed at any moment, so nobody sleeps through it for longer. */
const SANDBOX_NAP_MS = 30 * 1000

export interface PlantClock {
  /** Business time now. Reads the segments afresh: they change when a sandbox starts, stops or slows down. */
  now(): Promise<string>
  /** How long to sleep, at most, before looking again: to the business instant, a day, or a short nap in a sandbox. */
  msUntil(instant: string | undefined): number
}

/** A workflow knows its plant, not a clock: business time is read from the plant's segments and the workflow's own wall time. */
export function createPlantClock(plant: string): PlantClock {
  let segments: ClockSegment[] = []
  return {
    async now(): Promise<string> {
      segments = await facts.readClock({ plant })
      return businessAt(segments, Date.now())
    },
    msUntil(instant: string | undefined): number {
      const longest = (segments.at(-1)?.speed ?? 1) === 1 ? DAY_MS : SANDBOX_NAP_MS
      const wall = instant === undefined ? undefined : wallFor(segments, instant)
      return wall === undefined ? longest : Math.min(longest, Math.max(1, wall - Date.now()))
    },
  }
}
