import { processIds } from '../../domain/process-ids.ts'
import { approvePayOut, denyTransfer, payPayOut, refusePayOut } from '../../workflows/pay-out.ts'
import { payOutDesk } from '../support/money-out.ts'
import type { Village } from '../support/village.ts'

/** A refund is refused; another is sent by a transfer that nobody knows of and that never came, and then paid in cash. */
export async function payingOut(katsa: Village): Promise<Readonly<Record<string, string>>> {
  const desk = payOutDesk(katsa)
  const customer = await desk.withCredit(50_000)
  const refused = await desk.ask(customer, { amountMinor: 10_000 })
  await desk.decide(refused, refusePayOut, { by: 'deepa' })
  const refundId = await desk.ask(customer, { amountMinor: 30_000, method: 'upi' })
  await desk.decide(refundId, approvePayOut, { by: 'deepa' })
  await desk.send(refundId, 'asha', { amountMinor: 30_000, reference: 'OUT-silent', isUnknown: true, provider: 'sandbox-wallet' })
  await katsa.advance('P8D')
  await desk.decide(refundId, denyTransfer, { by: 'geeta', detail: { proof: 'STATEMENT-7' } })
  await desk.decide(refundId, payPayOut, { by: 'imran', detail: { method: 'cash', amountMinor: 30_000, reference: 'slip-9' } })
  return {
    'pay-out-never-arrived-then-in-cash': processIds.payOut(refundId),
    'pay-out-refused': processIds.payOut(refused),
  }
}
