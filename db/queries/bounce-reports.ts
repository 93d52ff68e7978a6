import { DomainError } from '../../domain/errors.ts'
import type { BounceReason, PaymentState } from '../../domain/payment.ts'
import type { Db, Tx } from '../client.ts'
import type { Payment } from './payments.ts'
import { startReceiving } from './payment-notices.ts'

/** What somebody says of a payment that came back, and what head office made of it. */
export interface BounceReport {
  readonly reportId: number
  readonly paymentId: number
  readonly reason: BounceReason
  /** The bank's memo, the provider's case number. */
  readonly proof: string
  readonly reportedBy: string
  readonly reportedAt: string
  readonly verdict: 'confirmed' | 'dismissed' | null
  readonly decidedAt: string | null
}

const COLUMNS = ['reportId', 'paymentId', 'reason', 'proof', 'reportedBy', 'reportedAt', 'verdict', 'decidedAt'] as const
/** Where the money is in the books, it can come back out of them. */
const IN_THE_BOOKS: readonly PaymentState[] = ['posted', 'suspense']

/**
 * Keeps what was reported and wakes the payment's process, which asks head office. INVALID_INPUT for cash, which does not bounce;
 * WRONG_STAGE for a payment that is not in the books; ALREADY_EXISTS while a report waits.
 */
export async function reportBounce(
  tx: Tx,
  payment: Payment,
  report: { reason: BounceReason; proof: string; reportedBy: string; asOf: string },
): Promise<BounceReport> {
  const { asOf, ...said } = report
  if (payment.channel === 'cash') throw new DomainError('INVALID_INPUT', 'Cash that was taken does not come back')
  if (!IN_THE_BOOKS.includes(payment.state))
    throw new DomainError('WRONG_STAGE', 'Only money in the books can come back', { state: payment.state })
  const { paymentId } = payment
  const made = await tx
    .insertInto('bounceReports')
    .values({ ...said, paymentId, reportedAt: asOf })
    .onConflict((c) => c.column('paymentId').where('verdict', 'is', null).doNothing())
    .returning(COLUMNS)
    .executeTakeFirst()
  if (made === undefined) throw new DomainError('ALREADY_EXISTS', 'This payment is reported already, and waits for head office')
  await startReceiving(tx, payment)
  return made as BounceReport
}

/** The report that waits to be decided, if there is one. */
export async function openBounceReport(db: Db | Tx, paymentId: number): Promise<BounceReport | undefined> {
  const row = await db
    .selectFrom('bounceReports')
    .select(COLUMNS)
    .where('paymentId', '=', paymentId)
    .where('verdict', 'is', null)
    .executeTakeFirst()
  return row as BounceReport | undefined
}

/** Closes what was reported of a payment; without an open report does nothing. */
export async function closeBounceReport(
  tx: Tx,
  paymentId: number,
  { verdict, asOf }: { verdict: 'confirmed' | 'dismissed'; asOf: string },
): Promise<void> {
  await tx
    .updateTable('bounceReports')
    .set({ verdict, decidedAt: asOf })
    .where('paymentId', '=', paymentId)
    .where('verdict', 'is', null)
    .execute()
}
