import { instantFromMs, msOf } from '../../domain/calendar.ts'
import { engineNow, runNow } from './runs.ts'

const DAY_MS = 24 * 60 * 60 * 1_000
/** Part of an advance can become all that is due by dark days alone: no process states that moment, the look of every day finds it. */
const LOOKS_DAILY = 'billCustomer'

/**
 * The plant's clock where wall time is business time and no nudge is ever lost: only billing looks again each day, which is all that
 * differs from `workflows/plant-clock.ts`, in whose place it stands.
 */
export function createPlantClock(_plant: string): { now(): Promise<string>; msUntil(instant: string | undefined): number } {
  return {
    now: () => Promise.resolve(instantFromMs(engineNow().nowMs())),
    msUntil: (instant) => {
      const longest = runNow().workflowType === LOOKS_DAILY ? DAY_MS : Infinity
      return instant === undefined ? longest : Math.min(longest, Math.max(1, msOf(instant) - engineNow().nowMs()))
    },
  }
}
