import type { IsoInstant, LocalTime, Zone } from '../domain/calendar.ts'
import { addDays, atTimeOn, dateAt, minutesOf, timeAt } from '../domain/calendar.ts'
import type { Urgency } from './notices.ts'

/** Plant-local hours in which no phone shall ring; they may cross midnight. Policy is data: a plant may set its own. */
export interface QuietHours {
  readonly from: LocalTime
  readonly until: LocalTime
}

/** The default of policy "quiet hours", for a plant whose policy does not say. */
export const DEFAULT_QUIET_HOURS: QuietHours = { from: '20:00', until: '08:00' }

/**
 * The first instant at which an SMS may be sent: at once by day, and at any hour for safety and receipts; else when the
 * quiet hours end (policy "quiet hours": SMS held 20:00–08:00 except safety and receipts). Print, app and staff are never held.
 */
export function sendableAt({
  instant,
  zone,
  urgency,
  quietHours = DEFAULT_QUIET_HOURS,
}: {
  readonly instant: IsoInstant
  readonly zone: Zone
  readonly urgency: Urgency
  readonly quietHours?: QuietHours
}): IsoInstant {
  if (urgency !== 'normal') return instant
  const now = minutesOf(timeAt(instant, zone))
  const from = minutesOf(quietHours.from)
  const until = minutesOf(quietHours.until)
  const crossesMidnight = from > until
  const isQuiet = crossesMidnight ? now >= from || now < until : now >= from && now < until
  if (!isQuiet) return instant
  const today = dateAt(instant, zone)
  const endsOn = crossesMidnight && now >= from ? addDays(today, 1) : today
  return atTimeOn(endsOn, quietHours.until, zone)
}
