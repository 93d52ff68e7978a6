import { addDays, atTimeOn, dateAt, latest, weekday } from './calendar.ts'
import type { IsoDate, IsoInstant, LocalTime, Zone } from './calendar.ts'
import type { PlantPolicy } from './policy.ts'

/** The terms a debt is chased by; pinned when it was issued (design "collect-dues"). */
export type ChasingTerms = PlantPolicy['chasing']

/** The plant's days on which nobody is cut or visited (policy "calendar"). */
export type ChasingCalendar = { readonly zone: Zone; readonly protectedDays: readonly IsoDate[] }

/** A calendar with no free day for this long is a mistake, not a rule. */
const LOOK_AHEAD_DAYS = 400

/** True on a day a cut is allowed: Monday–Thursday, neither protected nor the eve of a protected day (policy "hours of a cut"). */
export function isCutDay(date: IsoDate, terms: ChasingTerms, { protectedDays }: ChasingCalendar): boolean {
  return terms.cutWeekdays.includes(weekday(date)) && !protectedDays.includes(date) && !protectedDays.includes(addDays(date, 1))
}

/** The first moment at or after `from` at which a cut is allowed: 10:00–16:00 on a cut day; undefined when there is none. */
export function firstCutMoment(from: IsoInstant, terms: ChasingTerms, calendar: ChasingCalendar): IsoInstant | undefined {
  const { zone } = calendar
  const today = dateAt(from, zone)
  for (let offset = 0; offset < LOOK_AHEAD_DAYS; offset += 1) {
    const date = addDays(today, offset)
    if (isCutDay(date, terms, calendar) && from < atTimeOn(date, terms.cutTo, zone))
      return latest(from, atTimeOn(date, terms.cutFrom, zone))
  }
  return undefined
}

/** The first day from `date` on with a visit: not a protected one (policy "calendar"). */
export function firstVisitDay(date: IsoDate, { protectedDays }: ChasingCalendar): IsoDate {
  let day = date
  while (protectedDays.includes(day)) day = addDays(day, 1)
  return day
}

/** First day of a cut after a delivered notice: 15 clear days lie between the two (policy "steps"). */
export function firstDayAfterNotice(deliveredAt: IsoInstant, terms: ChasingTerms, zone: Zone): IsoDate {
  return addDays(dateAt(deliveredAt, zone), terms.clearDaysAfterNotice + 1)
}

/** True while an SMS is held back: the quiet hours, which may pass midnight (policy "quiet hours"; safety and receipts go out). */
export function isQuietTime(localTime: LocalTime, { from, to }: PlantPolicy['quietHours']): boolean {
  return from <= to ? localTime >= from && localTime < to : localTime >= from || localTime < to
}
