import type { BillingSubject } from '../db/queries/billing-subjects.ts'
import type { PlantTerms } from '../db/queries/plants.ts'
import { type BillingWindows, windowsUntil } from '../domain/billing-calendar.ts'
import { prepaidFrom } from '../domain/charged-days.ts'
import { suppliedSegments } from '../domain/metered-period.ts'

/** A customer's own windows: his post-paid days may end with a change to pre-paid before the period does. */
export function windowsOf(
  subject: BillingSubject | undefined,
  { windows, rules }: { windows: BillingWindows; rules: PlantTerms },
): BillingWindows {
  const until = subject && prepaidFrom(suppliedSegments({ period: windows.postpaid, ...subject }))
  return until === undefined ? windows : windowsUntil(windows, { until, ...rules })
}
