import { DomainError } from '../../domain/errors.ts'
import { payableMinor, placeOf, type RefundState } from '../../domain/pay-out.ts'
import { codeOfPlace, moneyOwner } from '../../domain/refund-postings.ts'
import type { Db, Tx } from '../client.ts'
import { openBounceReport } from './bounce-reports.ts'
import { balanceOf } from './ledger.ts'
import { findPaymentById } from './payments.ts'
import { moneyOf, type Refund } from './refunds.ts'

/** In these it is still with us, and nothing of it on its way. */
const WAITS: readonly RefundState[] = ['requested', 'approved', 'unclaimed']

/** What can be paid of a refund now, in minor units: never more than is held for it, and nothing of a payment that has bounced. */
export async function payableNow(db: Db | Tx, refund: Refund): Promise<number> {
  if (!WAITS.includes(refund.state)) return 0
  return payableMinor(refund, await heldFor(db, refund))
}

/** What is held for a refund now, in minor units. */
export async function heldFor(db: Db | Tx, refund: Refund): Promise<number> {
  const { paymentId, kind } = refund
  const { isApart } = moneyOf(refund)
  const payment = paymentId === null || isApart ? undefined : await findPaymentById(db, paymentId)
  if (payment?.state === 'bounced') return 0
  // All suspense of a plant is one account of the ledger: only its own part of it is a payment's.
  if (kind === 'suspense' && !isApart) return payment?.state === 'suspense' ? payment.amountMinor : 0
  return balanceOf(db, codeOfPlace(moneyOwner({ ...refund, plant: '' }), placeOf({ kind, isApart })))
}

/** WRONG_STAGE for money that nobody knows and that somebody says has bounced: head office decides that first, or it would leave twice. */
export async function assertNotReported(tx: Tx, { kind, paymentId }: Refund): Promise<void> {
  if (kind === 'suspense' && paymentId !== null && (await openBounceReport(tx, paymentId)))
    throw new DomainError('WRONG_STAGE', 'This money is said to have bounced: head office decides that first')
}
