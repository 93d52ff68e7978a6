import type { StateMessage } from '../messages.ts'

const MINUTE_MS = 60_000

/** A time of day `HH:MM` some minutes from the meter's own now, at its own offset. */
export function timeOfDayFrom(state: StateMessage, minutes: number): string {
  return localIso(state, minutes).slice(11, 16)
}

/** An instant some minutes from the meter's own now. */
export function instantFrom({ ts }: StateMessage, minutes: number): string {
  return new Date(Date.parse(ts) + minutes * MINUTE_MS).toISOString()
}

/** The meter's own local time of day. */
export function clockOf(state: StateMessage): string {
  return timeOfDayFrom(state, 0)
}

function localIso({ ts, utc_offset_min }: StateMessage, minutes: number): string {
  return new Date(Date.parse(ts) + (utc_offset_min + minutes) * MINUTE_MS).toISOString()
}
