import { approveCorrection } from '../../workflows/correct-charge.ts'
import { correctBill } from '../../workflows/handle-dispute.ts'
import { processIds } from '../../domain/process-ids.ts'
import type { ConnectedCustomer } from '../support/connections.ts'
import { billJuly, correctionDesk } from '../support/corrections.ts'
import type { Village } from '../support/village.ts'

/** A bill is disputed, found wrong, and corrected by a note that two people made. */
export async function correcting(katsa: Village, customer: ConnectedCustomer): Promise<Record<string, string>> {
  const desk = correctionDesk(katsa)
  const { billNumber, chargeId } = await billJuly(katsa.db, customer, { at: await katsa.now() })
  const disputeId = await desk.dispute(customer, { billNumber })
  await desk.answer(disputeId, correctBill, 'asha', { amountMinor: 10_000, chargeId })
  const { correctionId } = await katsa.db
    .selectFrom('corrections')
    .select('correctionId')
    .where('disputeId', '=', disputeId)
    .executeTakeFirstOrThrow()
  await desk.decide(correctionId, approveCorrection, 'deepa')
  return {
    'handle-dispute-found-wrong': processIds.dispute(disputeId),
    'correct-charge-approved': processIds.correction(correctionId),
  }
}
