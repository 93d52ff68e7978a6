import { instantFromMs, msOf } from '../../domain/calendar.ts'
import { engineNow } from './runs.ts'

/**
 * The plant's clock where wall time is business time and no nudge is ever lost: nobody looks again each day for that reason, which is all that
 * differs from `workflows/plant-clock.ts`, in whose place it stands.
 */
export function createPlantClock(_plant: string): { now(): Promise<string>; msUntil(instant: string | undefined): number } {
  return {
    now: () => Promise.resolve(instantFromMs(engineNow().nowMs())),
    msUntil: (instant) => (instant === undefined ? Infinity : Math.max(1, msOf(instant) - engineNow().nowMs())),
  }
}
