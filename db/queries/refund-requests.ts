import { addToInstant, dateAt } from '../../domain/calendar.ts'
import { DomainError } from '../../domain/errors.ts'
import { processIds } from '../../domain/process-ids.ts'
import { refundApprover, type RefundMethod, type RefundReason } from '../../domain/refund.ts'
import { levelUp } from '../../domain/roles.ts'
import type { Tx } from '../client.ts'
import type { LockedAccount } from './accounts.ts'
import type { RefundOwner } from './refund-owner.ts'
import { queueNotice } from './notices.ts'
import { takeNumbers } from './numbers.ts'
import { startWorkflow } from './outbox.ts'
import { findPaymentById } from './payments.ts'
import { readPlant } from './plants.ts'
import { claimRefund, type PayingOut, payRefund, type RefundPaid, returnTransfer } from './refund-payments.ts'
import { readRefund, type Refund, requestRefund } from './refunds.ts'
import { staffAt, tellRole } from './tasks.ts'

/** Where and when a refund is asked for. The caller holds the account lock. */
interface At {
  readonly account: LockedAccount
  readonly asOf: string
}

export interface CreditRefundAsked {
  readonly amountMinor: number
  readonly method: RefundMethod
  readonly reason: RefundReason
  readonly requestedBy: string
  readonly textId: number | null
  /** The payment it gives back, or a part of. */
  readonly paymentId?: number | undefined
}

/**
 * Asks for a customer's credit, or for what of a payment is credit, to be given back; starts its process, tells who decides by the amount,
 * and the customer. REFUND_EXCEEDS beyond what is held and not asked for, or beyond what is left of the payment (billing.md rule 3);
 * ACCOUNT_CLOSED where a closing gives back by itself; NOT_FOUND for a payment of somebody else.
 */
export async function requestCreditRefund(tx: Tx, at: At, asked: CreditRefundAsked): Promise<Refund> {
  const { account, asOf } = at
  const { plant, accountId, customerId } = account
  if (account.closedAt !== null)
    throw new DomainError('ACCOUNT_CLOSED', 'What is left on a closed account is given back by its closing')
  if (asked.paymentId !== undefined) await assertOfPayment(tx, account, { ...asked, paymentId: asked.paymentId })
  const source = `request:${await takeNumbers(tx, `${plant}:refund`, 1)}`
  const refund = await requestRefund(tx, at, { ...asked, kind: 'credit', source, handledBy: 'pay-out' })
  await startPayOut(tx, account, refund)
  await askApprovers(tx, at, refund)
  const params = { reference: customerId ?? accountId, amountMinor: refund.amountMinor, currency: refund.currency }
  await queueNotice(tx, { accountId, kind: 'refund-requested', params, dedupeKey: `refund-requested:${refund.refundId}`, asOf })
  return refund
}

async function assertOfPayment(
  tx: Tx,
  { accountId }: LockedAccount,
  { paymentId, amountMinor }: { paymentId: number; amountMinor: number },
): Promise<void> {
  const payment = await findPaymentById(tx, paymentId)
  if (payment === undefined || payment.accountId !== accountId) throw new DomainError('NOT_FOUND', 'no such payment')
  if (payment.state !== 'posted')
    throw new DomainError('WRONG_STAGE', 'Only money that is in the books is given back', { state: payment.state })
  const largestMinor = payment.amountMinor - (await givenBackOf(tx, paymentId))
  if (amountMinor > largestMinor)
    throw new DomainError('REFUND_EXCEEDS', 'A refund is never more than was paid', { largestMinor })
}

/** What was asked for of a payment so far, in minor units; what was refused or lapsed is not. */
async function givenBackOf(tx: Tx, paymentId: number): Promise<number> {
  const rows = await tx
    .selectFrom('refunds')
    .select(['amountMinor', 'lapsedMinor'])
    .where('paymentId', '=', paymentId)
    .where('state', 'not in', ['refused', 'lapsed'])
    .execute()
  return rows.reduce((sum, { amountMinor, lapsedMinor }) => sum + amountMinor - lapsedMinor, 0)
}

/** Who did not fetch a refund has come: its own process pays it now, whoever asked for it once. WRONG_STAGE for what is not kept apart. */
export async function fetchUnclaimed(tx: Tx, at: PayingOut, asked: { refundId: number; method: RefundMethod }): Promise<Refund> {
  const refund = await claimRefund(tx, at, asked)
  await startPayOut(tx, at.account, refund)
  return refund
}

/** A transfer came back, as `proof` says: its own process pays it another way. The customer is told. As `returnTransfer` refuses. */
export async function takeReturned(
  tx: Tx,
  at: PayingOut,
  returned: { refundId: number; by: string; proof: string },
): Promise<Refund> {
  const { accountId, customerId } = at.account
  const refund = await returnTransfer(tx, at, returned)
  await startPayOut(tx, at.account, refund)
  if (accountId === null) return refund
  const { refundId, amountMinor, lapsedMinor, currency } = refund
  const params = { reference: customerId ?? accountId, amountMinor: amountMinor - lapsedMinor, currency }
  const dedupeKey = `refund-returned:${refundId}:${at.asOf}`
  await queueNotice(tx, { accountId, kind: 'refund-returned', params, dedupeKey, asOf: at.asOf })
  return refund
}

/**
 * A transfer of a refund that a closing or an application sees through is in doubt: from here on its own process sees to it, and the asker
 * is done with it. False where that was done before.
 */
export async function handOverInDoubt(
  tx: Tx,
  at: PayingOut,
  sent: RefundPaid & { readonly reference: string },
): Promise<boolean> {
  const { handledBy } = await readRefund(tx, sent.refundId)
  if (handledBy === 'pay-out') return false
  const refund = await payRefund(tx, at, { ...sent, isUnknown: true })
  await tx.updateTable('refunds').set({ handledBy: 'pay-out' }).where('refundId', '=', sent.refundId).execute()
  await startPayOut(tx, at.account, refund)
  return true
}

/** Starts the process of a refund, or wakes it. */
export async function startPayOut(tx: Tx, { plant, accountId, customerId }: RefundOwner, { refundId }: Refund): Promise<void> {
  const input = { plant, refundId, ...(accountId !== null && { accountId }), ...(customerId !== null && { customerId }) }
  await startWorkflow(tx, { workflowType: 'payOut', workflowId: processIds.payOut(refundId), input })
}

/** Tells those who decide; where whoever asked is the only one of that role, the level above. */
export async function askApprovers(tx: Tx, { account, asOf }: PayingOut, refund: Refund): Promise<void> {
  const { plant: code, accountId, customerId } = account
  const subjectId = customerId ?? accountId
  const plant = await readPlant(tx, code, asOf)
  const role = refundApprover(refund, plant.policy)
  const others = (await staffAt(tx, code, role)).filter((login) => login !== refund.requestedBy)
  const requestId = processIds.payOut(refund.refundId)
  const params = {
    decision: 'refund',
    requestId,
    plantCode: code,
    ...(subjectId !== null && { subjectId }),
    decideBy: dateAt(addToInstant(asOf, plant.policy.tasks.escalateAfter, plant.zone), plant.zone),
  } as const
  const to = { plant: code, role: others.length > 0 ? role : levelUp(role) }
  await tellRole(tx, to, { kind: 'decision-needed', params, dedupeKey: `decision-needed:${requestId}`, asOf })
}
