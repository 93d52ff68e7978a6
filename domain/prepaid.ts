import { addDuration, daysBetween, startOfDay, subtractDuration } from './calendar.ts'
import type { IsoDate, IsoInstant, Zone } from './calendar.ts'
import { roundToWholeUnits, splitByLargestRemainder } from './money.ts'
import { daysIn } from './period.ts'
import type { Period } from './period.ts'
import type { PlantPolicy } from './policy.ts'

type PrepaidPolicy = Pick<PlantPolicy, 'prepaid'>

/** When an advance is issued, due, and lapses into a hold (policy "pre-paid": 5 days before, on the 1st, grace P3D). */
export function prepaidDates(input: { period: Period; policy: PrepaidPolicy; zone: Zone }): {
  issueOn: IsoDate
  dueOn: IsoDate
  lapsesAt: IsoInstant
  inactiveOn: IsoDate
} {
  const { period, policy, zone } = input
  const lapsesOn = addDuration(period.from, policy.prepaid.grace)
  return {
    issueOn: subtractDuration(period.from, policy.prepaid.issuedBefore),
    dueOn: period.from,
    lapsesAt: startOfDay(lapsesOn, zone),
    inactiveOn: addDuration(lapsesOn, policy.prepaid.inactiveAfter),
  }
}

/**
 * Price of an advance on the day it is paid (policy "pre-paid lapse"): in time or within grace the whole; later the grace days used and
 * the days that remain, that day among them; after the period only the grace days. Dark days cost nothing. Whole units, half up.
 */
export function advanceDueMinor(input: {
  priceMinor: number
  period: Period
  paidOn: IsoDate
  policy: PrepaidPolicy
  currency: string
}): {
  dueMinor: number
  darkDays: number
  creditedMinor: number
} {
  const { priceMinor, period, paidOn, policy, currency } = input
  const lapsesOn = addDuration(period.from, policy.prepaid.grace)
  const litAgain = paidOn < period.to ? paidOn : period.to
  const darkDays = Math.max(daysBetween(lapsesOn < period.to ? lapsesOn : period.to, litAgain), 0)
  return { ...lightAdvance({ priceMinor, days: daysIn(period), darkDays, currency }), darkDays }
}

/** Price of an advance less its dark days, of the days it was asked for. Whole units, half up; what goes off is credited by a note. */
export function lightAdvance(input: { priceMinor: number; days: number; darkDays: number; currency: string }): {
  dueMinor: number
  creditedMinor: number
} {
  const { priceMinor, days, darkDays, currency } = input
  const [darkMinor = 0] = splitByLargestRemainder(priceMinor, [darkDays, days - darkDays])
  const dueMinor = roundToWholeUnits(priceMinor - darkMinor, currency).roundedMinor
  return { dueMinor, creditedMinor: priceMinor - dueMinor }
}

/** Days of a paid advance from `unusedFrom` on, as credit (policy "Pre → post": unused days become credit). Whole units, half up. */
export function unusedAdvanceMinor(input: { paidMinor: number; period: Period; unusedFrom: IsoDate; currency: string }): number {
  const { paidMinor, period, unusedFrom, currency } = input
  const days = daysIn(period)
  const unusedDays = Math.min(Math.max(daysBetween(unusedFrom, period.to), 0), days)
  const [unusedMinor = 0] = splitByLargestRemainder(paidMinor, [unusedDays, days - unusedDays])
  return Math.min(roundToWholeUnits(unusedMinor, currency).roundedMinor, paidMinor)
}
