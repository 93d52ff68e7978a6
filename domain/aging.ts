import { daysBetween, type IsoDate } from './calendar.ts'
import { assertMinor } from './money.ts'

/** Ages of receivables in days past the due date (manual, "Habits that cut across"), youngest first; the last has no end. */
export const AGE_BUCKETS = [
  { bucket: '0-44', upTo: 44 },
  { bucket: '45-60', upTo: 60 },
  { bucket: '61-90', upTo: 90 },
  { bucket: '91-120', upTo: 120 },
  { bucket: 'over-120', upTo: Number.POSITIVE_INFINITY },
] as const
export type AgeBucket = (typeof AGE_BUCKETS)[number]['bucket']

/** What is open of a debt, or of several with one due date. */
export type AgingDebt = { readonly dueOn: IsoDate; readonly openMinor: number }

/** Receivables by age, in minor units. The parts are the total; what is not due yet is in `0-44` and told beside it. */
export type AgedReceivables = {
  readonly buckets: Readonly<Record<AgeBucket, number>>
  readonly notDueMinor: number
  readonly totalMinor: number
}

/** The bucket of a debt on a day; one that is not due yet is in the first. */
export function ageBucket(dueOn: IsoDate, on: IsoDate): AgeBucket {
  const days = daysBetween(dueOn, on)
  return AGE_BUCKETS.find(({ upTo }) => days <= upTo)?.bucket ?? 'over-120'
}

/** Sums open debts by their age on a day. */
export function ageDebts(debts: readonly AgingDebt[], on: IsoDate): AgedReceivables {
  const buckets: Record<AgeBucket, number> = { '0-44': 0, '45-60': 0, '61-90': 0, '91-120': 0, 'over-120': 0 }
  let notDueMinor = 0
  let totalMinor = 0
  for (const { dueOn, openMinor } of debts) {
    const bucket = ageBucket(dueOn, on)
    buckets[bucket] = assertMinor(buckets[bucket] + openMinor)
    totalMinor = assertMinor(totalMinor + openMinor)
    if (dueOn >= on) notDueMinor += openMinor
  }
  return { buckets, notDueMinor, totalMinor }
}
