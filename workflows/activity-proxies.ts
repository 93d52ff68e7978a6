import { proxyActivities, proxyLocalActivities } from '@temporalio/workflow'
import type { Activities } from '../activities/index.ts'

/**
 * Timeouts and retries per kind of dependency, stated here only.
 *
 * `facts`: short reads and status rows in Postgres. Local activities: many times cheaper, and nothing an operator needs to see.
 * `work`: one transaction in Postgres that changes money, meters or tasks. Shown in the UI as a step of its own. Tried until it
 * is through: Postgres being away is outside trouble, and a refusal is non-retryable by its nature.
 * `sets`: up to 200 accounts in one transaction.
 */
export const facts = proxyLocalActivities<Activities>({
  startToCloseTimeout: '10s',
  localRetryThreshold: '1m',
  retry: { initialInterval: '200ms', maximumInterval: '30s' },
})

export const work = proxyActivities<Activities>({
  startToCloseTimeout: '20s',
  retry: { initialInterval: '500ms', maximumInterval: '1m' },
})

export const sets = proxyActivities<Activities>({
  startToCloseTimeout: '2m',
  retry: { initialInterval: '1s', maximumInterval: '2m' },
})
