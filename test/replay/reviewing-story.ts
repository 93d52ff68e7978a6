import { dateAt } from '../../domain/calendar.ts'
import { processIds } from '../../domain/process-ids.ts'
import { PLANT, type Village, ZONE } from '../support/village.ts'

/** What is due of the yearly review of deposits today; somebody's is far too small. */
export async function reviewing(katsa: Village): Promise<Readonly<Record<string, string>>> {
  const date = dateAt(await katsa.now(), ZONE)
  const workflowId = processIds.depositReview(PLANT, date)
  await katsa.start('reviewDeposits', workflowId, { plant: PLANT, date })
  return { 'review-deposits-topped-up': workflowId }
}
