import type { Db } from '../db/client.ts'
import { createCollectionActivities } from './collection.ts'
import { refusalsAreFinal } from './failure.ts'
import { createMeterActivities } from './meters.ts'
import type { PaymentProviders } from './payment-providers.ts'
import { createPaymentActivities } from './payments.ts'
import { createProcessActivities } from './processes.ts'
import { createTaskActivities } from './tasks.ts'

/** What activities reach the world through. */
export interface ActivityDeps {
  readonly db: Db
  /** Whom to ask about payments in doubt, by provider; the sandbox's own without. */
  readonly providers?: PaymentProviders
}

/** Every activity of the operations worker, one factory a dependency or area. */
export function createActivities(deps: ActivityDeps) {
  return refusalsAreFinal({
    ...createProcessActivities(deps),
    ...createCollectionActivities(deps),
    ...createTaskActivities(deps),
    ...createMeterActivities(deps),
    ...createPaymentActivities(deps),
  })
}

export type Activities = ReturnType<typeof createActivities>
