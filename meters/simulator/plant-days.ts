import { addDays, dateAt, instantFromMs, msOf, startOfDay } from '../../domain/calendar.ts'
import type { IsoDate, Zone } from '../../domain/calendar.ts'

const MINUTE_MS = 60_000

/** A day of the plant, half-open. `offsetMin` is the zone's at its start (a day with a clock change keeps it to its end). */
export interface PlantDay {
  readonly date: IsoDate
  readonly startMs: number
  readonly endMs: number
  readonly offsetMin: number
}

/** The plant's day around an instant. */
export type PlantDays = (atMs: number) => PlantDay

/** Days of one zone; the last few are remembered, since every meter asks for the same ones. */
export function plantDays(zone: Zone): PlantDays {
  const recent: PlantDay[] = []
  return (atMs) => {
    const known = recent.find(({ startMs, endMs }) => startMs <= atMs && atMs < endMs)
    if (known) return known
    const day = plantDayAt(atMs, zone)
    recent.unshift(day)
    recent.length = Math.min(recent.length, 4)
    return day
  }
}

function plantDayAt(atMs: number, zone: Zone): PlantDay {
  const date = dateAt(instantFromMs(atMs), zone)
  const startMs = msOf(startOfDay(date, zone))
  const endMs = msOf(startOfDay(addDays(date, 1), zone))
  return { date, startMs, endMs, offsetMin: (Date.parse(`${date}T00:00:00Z`) - startMs) / MINUTE_MS }
}
