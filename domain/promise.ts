import type { IsoDate } from './calendar.ts'

/** Money put against the debts an agreement covers, on the day it counts as paid (billing.md rule 6). Taken back, it is negative. */
export type PaidOn = { readonly on: IsoDate; readonly amountMinor: number }

/** What stands of the debts that a promise or a plan covers. */
export type Covered = { readonly openMinor: number; readonly paid: readonly PaidOn[] }

/**
 * What was open of the covered debts at the end of a day, as we know it now: an agent who was without network tells later of what was
 * paid in time.
 */
export function openAtEndOf(day: IsoDate, { openMinor, paid }: Covered): number {
  return paid.filter(({ on }) => on > day).reduce((sum, { amountMinor }) => sum + amountMinor, openMinor)
}

/** How a promise stands: kept as soon as all it covers is paid, broken after its day. One that was kept in time is not broken by a late word. */
export function judgePromise(
  { promisedFor }: { readonly promisedFor: IsoDate },
  covered: Covered,
  today: IsoDate,
): 'open' | 'kept' | 'broken' {
  if (openAtEndOf(promisedFor, covered) <= 0) return 'kept'
  return today > promisedFor ? 'broken' : 'open'
}
