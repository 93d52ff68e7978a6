import { daysBetween, dateAt } from '../domain/calendar.ts'
import type { Plan } from './lives/life.ts'
import { ZONE } from './world.ts'

/** Says on stderr, once a business month, how far it is and how long it will still take. */
export function createProgress({ startsAt, endsAt }: Pick<Plan, 'startsAt' | 'endsAt'>): (day: string) => void {
  const began = performance.now()
  const from = dateAt(startsAt, ZONE)
  const days = daysBetween(from, dateAt(endsAt, ZONE))
  return (day) => {
    if (!day.endsWith('-01')) return
    const done = daysBetween(from, day)
    const seconds = (performance.now() - began) / 1_000
    const left = done === 0 ? '' : `, about ${Math.round((seconds / done) * (days - done))} s to go`
    console.error(`${day}: ${Math.round((100 * done) / days)} %, ${Math.round(seconds)} s${left}`)
  }
}
