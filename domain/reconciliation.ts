import { addDuration, type IsoDate, type IsoDuration } from './calendar.ts'
import { nextPeriod, type Period, periodContaining } from './period.ts'

/** What the reconciler proves, in the steps in which it does. A case names the rule that does not hold (docs/decisions/0028). */
export const RECONCILIATION_STEPS = {
  ledger: ['books-balance', 'posting-currency', 'posting-plant', 'overdrawn', 'closing-changed'],
  money: [
    'receivable-open-debts',
    'deposit-movements',
    'unearned-advances',
    'payment-postings',
    'allocation-postings',
    'refund-postings',
    'number-gaps',
  ],
  billing: ['period-unbilled', 'period-billed-twice', 'overdue-uncollected'],
  supply: ['relay-against-holds', 'dark-without-reason', 'meter-package'],
  processes: ['process-parked', 'outbox-stuck'],
  runs: ['process-without-run', 'run-without-process'],
} as const
export type ReconciliationStep = keyof typeof RECONCILIATION_STEPS
export type ReconciliationRule = (typeof RECONCILIATION_STEPS)[ReconciliationStep][number]

/** The steps in their order. */
export const STEPS_IN_ORDER = Object.keys(RECONCILIATION_STEPS) as readonly ReconciliationStep[]

/** Every rule, for those who choose one. */
export const RECONCILIATION_RULES: readonly ReconciliationRule[] = Object.values(RECONCILIATION_STEPS).flat()

/** How far back billing is looked at, in periods. */
const PERIODS_BACK = 12

/**
 * Periods that must be billed by today: over since at least `billedWithin`, the last dozen, and not those that ended before the plant's
 * first day here.
 */
export function periodsToBeBilled({
  today,
  since,
  anchorDay,
  billedWithin,
}: {
  today: IsoDate
  since: IsoDate
  anchorDay: number
  billedWithin: IsoDuration
}): Period[] {
  const periods: Period[] = []
  for (
    let period = periodContaining(since, anchorDay);
    addDuration(period.to, billedWithin) <= today;
    period = nextPeriod(period, anchorDay)
  )
    periods.push(period)
  return periods.slice(-PERIODS_BACK)
}
