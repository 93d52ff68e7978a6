import type { Db } from '../../db/client.ts'
import { neglectedPayments, startReceiving } from '../../db/queries/payment-notices.ts'

/** A start takes a second; one that is not through after this long was lost, or its worker was away. */
const NEGLECTED_AFTER_SECONDS = 60
const BATCH = 100

/**
 * Starts the process of every notice that has none: a restored database, a start that went astray. Returns how many. Starting
 * one that runs only wakes it, so any number of relays may sweep.
 */
export async function sweepPaymentNotices(
  { db }: { db: Db },
  olderThanSeconds: number = NEGLECTED_AFTER_SECONDS,
): Promise<number> {
  return db.transaction().execute(async (tx) => {
    const neglected = await neglectedPayments(tx, { olderThanSeconds, limit: BATCH })
    for (const payment of neglected) await startReceiving(tx, payment)
    return neglected.length
  })
}
