import type { IsoInstant, Zone } from '../domain/calendar.ts'
import { addDays, atTimeOn, dateAt, timeAt } from '../domain/calendar.ts'
import { isQuietTime } from '../domain/chasing-calendar.ts'
import type { PlantPolicy } from '../domain/policy.ts'
import type { Urgency } from './notices.ts'

/** Plant-local hours in which no phone shall ring; they may cross midnight. */
export type QuietHours = PlantPolicy['quietHours']

/**
 * The first instant at which an SMS may be sent: at once by day, and at any hour for safety and receipts; else when the
 * quiet hours end (policy "quiet hours": SMS held 20:00–08:00 except safety and receipts). Print, app and staff are never held.
 */
export function sendableAt({
  instant,
  zone,
  urgency,
  quietHours,
}: {
  readonly instant: IsoInstant
  readonly zone: Zone
  readonly urgency: Urgency
  readonly quietHours: QuietHours
}): IsoInstant {
  if (urgency !== 'normal') return instant
  const now = timeAt(instant, zone)
  if (!isQuietTime(now, quietHours)) return instant
  const today = dateAt(instant, zone)
  const endsOn = now >= quietHours.to ? addDays(today, 1) : today
  return atTimeOn(endsOn, quietHours.to, zone)
}
