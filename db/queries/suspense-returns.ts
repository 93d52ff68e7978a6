import { DomainError } from '../../domain/errors.ts'
import { processIds } from '../../domain/process-ids.ts'
import type { RefundMethod } from '../../domain/refund.ts'
import type { Db, Tx } from '../client.ts'
import { openBounceReport } from './bounce-reports.ts'
import { inTransaction } from './accounts.ts'
import { takeNumbers } from './numbers.ts'
import { nudge } from './outbox.ts'
import { lockPayment, lockPaymentById, type Payment } from './payments.ts'
import { type Decision, readDecision, recordDecision } from './processes.ts'
import { askApprovers, startPayOut } from './refund-requests.ts'
import { nobodysMoney } from './refund-owner.ts'
import { insertRefund, type Refund } from './refunds.ts'

/** The step by which somebody says whose money in suspense is. */
export const MATCH_STEP = 'match'

/** What somebody asks of money in suspense. */
export interface ReturnAsked {
  readonly paymentId: number
  readonly method: RefundMethod
  readonly requestedBy: string
  readonly textId: number | null
}

/**
 * Asks for money in suspense to be returned to its sender: all of it, since nobody else has a part in it. It moves nothing until it is
 * approved and paid. WRONG_STAGE where it is not in suspense, somebody has said whose it is, or it is reported to have bounced;
 * ALREADY_EXISTS while it is on its way back. The payment is locked: a match and a return never both begin.
 */
export async function requestReturn(tx: Tx, { paymentId, ...asked }: ReturnAsked, { asOf }: { asOf: string }): Promise<Refund> {
  const payment = await lockPaymentById(tx, paymentId)
  if (payment === undefined) throw new DomainError('NOT_FOUND', 'no such payment')
  await assertReturnable(tx, payment)
  const { plant, provider, reference, amountMinor, currency } = payment
  const refund = await insertRefund(tx, {
    ...asked,
    paymentId,
    amountMinor,
    currency,
    kind: 'suspense',
    accountId: null,
    reason: 'not-identified',
    source: `request:${await takeNumbers(tx, `${plant}:refund`, 1)}`,
    handledBy: 'pay-out',
    requestedAt: asOf,
  })
  const account = nobodysMoney(payment)
  await startPayOut(tx, account, refund)
  await askApprovers(tx, { account, asOf }, refund)
  await nudge(tx, `process:${processIds.payment(provider, reference)}`)
  return refund
}

async function assertReturnable(tx: Tx, payment: Payment): Promise<void> {
  const { paymentId, state, provider, reference } = payment
  if (await standingReturn(tx, paymentId))
    throw new DomainError('ALREADY_EXISTS', 'This money is on its way back to its sender already')
  if (state !== 'suspense') throw new DomainError('WRONG_STAGE', 'Only money in suspense is returned to its sender', { state })
  if (await readDecision(tx, processIds.payment(provider, reference), MATCH_STEP))
    throw new DomainError('WRONG_STAGE', 'Somebody has said whose money this is')
  if (await openBounceReport(tx, paymentId))
    throw new DomainError('WRONG_STAGE', 'This money is said to have bounced: head office decides that first')
}

/** The number of the return that stands for a payment, if one does: asked for, on its way, or done. */
export async function standingReturn(db: Db | Tx, paymentId: number): Promise<number | undefined> {
  const row = await db
    .selectFrom('refunds')
    .select('refundId')
    .where('paymentId', '=', paymentId)
    .where('kind', '=', 'suspense')
    .where('state', 'not in', ['refused', 'lapsed'])
    .executeTakeFirst()
  return row?.refundId
}

type Matched =
  | { readonly refused: { readonly code: 'WRONG_STAGE'; readonly message: string } }
  | { readonly refused?: undefined; readonly recorded: boolean; readonly standing: Decision }

/** Writes down whose the money is, unless it is on its way back to its sender. Under the lock of the payment, as a return is asked for. */
export async function recordMatch(
  db: Db,
  { provider, reference }: Pick<Payment, 'provider' | 'reference'>,
  decision: Decision,
): Promise<Matched> {
  return inTransaction(db, async (tx) => {
    const payment = await lockPayment(tx, { provider, reference })
    if (payment !== undefined && (await standingReturn(tx, payment.paymentId)))
      return { refused: { code: 'WRONG_STAGE', message: 'This money is on its way back to its sender' } }
    return recordDecision(tx, decision)
  })
}
