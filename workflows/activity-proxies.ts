import { type ActivityOptions, proxyActivities, proxyLocalActivities } from '@temporalio/workflow'
import type { Activities } from '../activities/index.ts'
import { summaryOf } from './activity-summaries.ts'

/**
 * Timeouts and retries per kind of dependency, stated here only. Every step that is shown carries one line of what it is about.
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

export const work = summarised({
  startToCloseTimeout: '20s',
  retry: { initialInterval: '500ms', maximumInterval: '1m' },
})

export const sets = summarised({
  startToCloseTimeout: '2m',
  retry: { initialInterval: '1s', maximumInterval: '2m' },
})

type Call = (input: never) => Promise<unknown>

/** The activities with a summary for the UI's timeline, from the ids in their input. */
function summarised(options: ActivityOptions): Pick<Activities, keyof Activities> {
  const proxies = proxyActivities<Record<string, (input: unknown) => Promise<unknown>>>(options)
  const call = (_target: object, name: string | symbol): Call => {
    const key = String(name)
    const activity = proxies[key]
    if (activity === undefined) throw new Error(`no activity ${key}`)
    return (input) => activity.executeWithOptions({ ...options, summary: summaryOf(key, input) }, [input])
  }
  return new Proxy({}, { get: call }) as Activities
}
