import { DomainError } from '../../domain/errors.ts'
import { bank, type Posting, suspense } from '../../domain/ledger.ts'
import { type MoneyPlace, placeOf, restOfRefund } from '../../domain/pay-out.ts'
import { processIds } from '../../domain/process-ids.ts'
import type { RefundMethod } from '../../domain/refund.ts'
import {
  moneyOwner,
  postRefundArrived,
  postRefundFailed,
  postRefundKeptApart,
  postRefundPaid,
  postRefundReturned,
  postRefundSent,
} from '../../domain/refund-postings.ts'
import type { Db, Tx } from '../client.ts'
import { cashToPayFrom } from './cash-holders.ts'
import { useFreedCredit } from './freed-credit.ts'
import { post } from './ledger.ts'
import { nudge } from './outbox.ts'
import { startReceiving } from './payment-notices.ts'
import { findPaymentById, movePayment } from './payments.ts'
import type { RefundOwner } from './refund-owner.ts'
import { assertNotReported, heldFor } from './refund-held.ts'
import { moneyOf, readRefund, type Refund, saveRefund } from './refunds.ts'

/** One try to pay a refund. */
export interface RefundTry {
  readonly refundId: number
  readonly try: number
  readonly method: RefundMethod
  readonly amountMinor: number
  readonly takenFrom: MoneyPlace
  /** `unknown`: a transfer of which nobody knows yet whether it arrived. */
  readonly state: 'paid' | 'unknown' | 'failed' | 'returned'
  readonly paidBy: string
  readonly paidAt: string
  readonly reference: string | null
  /** The provider that can be asked about it. */
  readonly provider: string | null
  readonly settledBy: string | null
  readonly settledAt: string | null
  readonly settledProof: string | null
}

const COLUMNS = [
  'refundId',
  'try',
  'method',
  'amountMinor',
  'takenFrom',
  'state',
  'paidBy',
  'paidAt',
  'reference',
  'provider',
  'settledBy',
  'settledAt',
  'settledProof',
] as const

/** Whose money goes out and when. The caller holds the lock of the account, or of the payment of a payer nobody knows. */
export interface PayingOut {
  readonly account: RefundOwner
  readonly asOf: string
}

/** How a refund is paid. A transfer whose end is not known is `isUnknown`. */
export interface RefundPaid {
  readonly refundId: number
  readonly method: RefundMethod
  readonly paidBy: string
  readonly proof?: string
  readonly reference?: string | undefined
  readonly provider?: string | undefined
  readonly isUnknown?: boolean
}

/** The tries to pay a refund, the first one first. */
export async function triesOf(db: Db | Tx, refundId: number): Promise<RefundTry[]> {
  return (await db
    .selectFrom('refundPayments')
    .select(COLUMNS)
    .where('refundId', '=', refundId)
    .orderBy('try')
    .execute()) as RefundTry[]
}

/**
 * The money left our hands: out of the cash of whoever paid it (or the counter's, CASH_SHORT where neither has it), or out of the plant's
 * bank account. A transfer that is `isUnknown` is not paid by it: the money is set apart until that is known. Never more than is held then;
 * the rest lapses, and REFUND_EXCEEDS where nothing is. Paying what is paid changes nothing; WRONG_STAGE before its approval.
 */
export async function payRefund(tx: Tx, at: PayingOut, paid: RefundPaid): Promise<Refund> {
  const refund = await ownRefund(tx, at, paid.refundId)
  if (refund.state === 'paid') return refund
  await assertNotReported(tx, refund)
  const { method, paidBy, proof, reference, provider, isUnknown = false } = paid
  if (method !== 'cash' && reference !== undefined) await assertNewTransfer(tx, { method, reference })
  const heldMinor = await heldFor(tx, refund)
  const kept = { method, proof: proof ?? reference ?? null }
  const saved = await saveRefund(tx, refund, {
    is: isUnknown ? 'sent' : 'paid',
    heldMinor,
    beside: isUnknown ? kept : { ...kept, paidAt: at.asOf },
  })
  const part = { place: placeOf({ kind: refund.kind, ...moneyOf(refund) }), amountMinor: restOfRefund(saved) }
  const number = (await triesOf(tx, refund.refundId)).length + 1
  await tx
    .insertInto('refundPayments')
    .values({
      ...{ refundId: refund.refundId, try: number, method, amountMinor: part.amountMinor, takenFrom: part.place },
      ...{ state: isUnknown ? 'unknown' : 'paid', paidBy, paidAt: at.asOf, reference, provider },
    })
    .execute()
  const from = isUnknown || method !== 'cash' ? bank(at.account.plant) : await handOf(tx, at, { paidBy, ...part })
  const owner = ownerOf(at, refund)
  const postings = isUnknown ? postRefundSent(owner, part) : postRefundPaid(owner, { ...part, from })
  await postOut(tx, at, { event: isUnknown ? 'refund-sent' : 'refund', refund, number, postings })
  return saved
}

/** A transfer belongs to one refund; ALREADY_EXISTS for one that was told of before. */
export async function assertNewTransfer(
  tx: Db | Tx,
  { method, reference }: { method: RefundMethod; reference: string },
): Promise<void> {
  const other = await tx
    .selectFrom('refundPayments')
    .select('refundId')
    .where('method', '=', method)
    .where('reference', '=', reference)
    .executeTakeFirst()
  if (other !== undefined)
    throw new DomainError('ALREADY_EXISTS', 'This transfer was told of before', { refundId: other.refundId })
}

function handOf(tx: Tx, { account, asOf }: PayingOut, { paidBy, amountMinor }: { paidBy: string; amountMinor: number }) {
  return cashToPayFrom(tx, { plant: account.plant, paidBy, amountMinor, asOf })
}

/** What became of a transfer of which nobody knew: by whose word, and what proves it. Settling it again changes nothing. */
export async function settleTransfer(
  tx: Tx,
  at: PayingOut,
  settled: { refundId: number; try: number; hasArrived: boolean; by: string; proof: string | null },
): Promise<Refund> {
  const refund = await ownRefund(tx, at, settled.refundId)
  const sent = (await triesOf(tx, refund.refundId)).find((one) => one.try === settled.try)
  if (sent?.state !== 'unknown') return refund
  const { hasArrived, by, proof } = settled
  await settleTry(tx, sent, { state: hasArrived ? 'paid' : 'failed', settledBy: by, settledAt: at.asOf, settledProof: proof })
  const part = { place: sent.takenFrom, amountMinor: sent.amountMinor }
  await postOut(tx, at, {
    event: hasArrived ? 'refund' : 'refund-failed',
    refund,
    number: sent.try,
    postings: hasArrived ? postRefundArrived(ownerOf(at, refund), part) : postRefundFailed(ownerOf(at, refund), part),
  })
  if (!hasArrived) await useFreed(tx, at, part.place)
  return saveRefund(tx, refund, {
    is: hasArrived ? 'arrived' : 'failed',
    beside: hasArrived ? { paidAt: at.asOf } : fetchable(at, refund),
  })
}

/**
 * A transfer that was paid is in our bank again: the refund can be paid another way, by its own process from now on. WRONG_STAGE for
 * cash, and for what is not paid.
 */
export async function returnTransfer(
  tx: Tx,
  at: PayingOut,
  returned: { refundId: number; by: string; proof: string },
): Promise<Refund> {
  const refund = await ownRefund(tx, at, returned.refundId)
  const paid = (await triesOf(tx, refund.refundId)).find(({ state }) => state === 'paid')
  if (paid === undefined || paid.method === 'cash')
    throw new DomainError('WRONG_STAGE', 'Only a transfer that was made comes back', { state: refund.state })
  if (paid.paidBy === returned.by) throw new DomainError('OWN_ENTRY', 'Another person says that a transfer came back')
  await settleTry(tx, paid, {
    state: 'returned',
    settledBy: returned.by,
    settledAt: at.asOf,
    settledProof: returned.proof,
  })
  const part = { place: paid.takenFrom, amountMinor: paid.amountMinor }
  await postOut(tx, at, {
    event: 'refund-returned',
    refund,
    number: paid.try,
    postings: postRefundReturned(ownerOf(at, refund), part),
  })
  await useFreed(tx, at, part.place)
  return saveRefund(tx, refund, {
    is: 'returned',
    beside: { ...fetchable(at, refund), handledBy: 'pay-out', paidAt: null, proof: null },
  })
}

/** It can be fetched again from now on. */
function fetchable({ asOf }: PayingOut, refund: Refund) {
  return moneyOf(refund).isApart ? { claimedAt: asOf } : { payableSince: asOf }
}

/** Nobody fetched it: kept apart, still owed, payable for ever (policy "ban, close"). Doing it again changes nothing. */
export async function keepApart(tx: Tx, at: PayingOut, refundId: number): Promise<Refund> {
  const refund = await ownRefund(tx, at, refundId)
  if (refund.state !== 'approved') return refund
  const heldMinor = await heldFor(tx, refund)
  await assertNotReported(tx, refund)
  const saved = await saveRefund(tx, refund, { is: 'kept-apart', heldMinor, beside: { unclaimedAt: at.asOf } })
  await postOut(tx, at, {
    event: 'unclaimed',
    refund,
    number: 1,
    postings: postRefundKeptApart(ownerOf(at, refund), { place: refund.kind, amountMinor: restOfRefund(saved) }),
  })
  return saved
}

/** Who did not fetch it has come: it is payable by its own process. WRONG_STAGE for what is not kept apart. Asking again changes nothing. */
export async function claimRefund(
  tx: Tx,
  at: PayingOut,
  { refundId, method }: { refundId: number; method: RefundMethod },
): Promise<Refund> {
  const refund = await ownRefund(tx, at, refundId)
  if (refund.state !== 'unclaimed')
    throw new DomainError('WRONG_STAGE', 'Only what nobody fetched is asked for again', { state: refund.state })
  if (refund.claimedAt !== null) return refund
  await tx
    .updateTable('refunds')
    .set({ claimedAt: at.asOf, handledBy: 'pay-out', method })
    .where('refundId', '=', refundId)
    .execute()
  return readRefund(tx, refundId)
}

/** Who asked for it did not come after all: it stays where it is. */
export async function endClaim(tx: Tx, refundId: number): Promise<void> {
  await tx
    .updateTable('refunds')
    .set({ claimedAt: null })
    .where('refundId', '=', refundId)
    .where('state', '=', 'unclaimed')
    .execute()
}

function ownerOf({ account: { plant } }: PayingOut, refund: Refund) {
  return moneyOwner({ ...refund, plant })
}

async function useFreed(tx: Tx, { account, asOf }: PayingOut, place: MoneyPlace): Promise<void> {
  if (account.accountId !== null) await useFreedCredit(tx, { account, asOf }, place)
}

async function ownRefund(tx: Tx, { account }: PayingOut, refundId: number): Promise<Refund> {
  const refund = await readRefund(tx, refundId)
  if (refund.accountId !== account.accountId) throw new DomainError('NOT_FOUND', 'this account has no such refund')
  return refund
}

async function settleTry(
  tx: Tx,
  { refundId, try: number }: RefundTry,
  settled: Pick<RefundTry, 'state' | 'settledBy' | 'settledAt' | 'settledProof'>,
): Promise<void> {
  await tx.updateTable('refundPayments').set(settled).where('refundId', '=', refundId).where('try', '=', number).execute()
}

interface Out {
  readonly event: 'refund' | 'refund-sent' | 'refund-failed' | 'refund-returned' | 'unclaimed'
  readonly refund: Refund
  readonly number: number
  readonly postings: readonly Posting[]
}

async function postOut(tx: Tx, { account, asOf }: PayingOut, { event, refund, number, postings }: Out): Promise<void> {
  const { plant, accountId, currency } = account
  const eventKey = `${event}:${refund.refundId}${number === 1 ? '' : `:${number}`}`
  await post(tx, { eventKey, plant, accountId, currency, businessAt: asOf, postings })
  if (accountId === null) await followSuspense(tx, { plant, postings, refund })
  await nudge(tx, accountId === null ? `process:${processIds.payOut(refund.refundId)}` : `account:${accountId}`)
}

/** A payment that nobody knows is in suspense exactly while its money is. */
async function followSuspense(
  tx: Tx,
  { plant, postings, refund: { paymentId } }: { plant: string; postings: readonly Posting[]; refund: Refund },
): Promise<void> {
  const payment = paymentId === null ? undefined : await findPaymentById(tx, paymentId)
  const moved = postings.find(({ debit, credit }) => debit === suspense(plant) || credit === suspense(plant))
  if (payment === undefined || moved === undefined) return
  await movePayment(tx, payment.paymentId, moved.debit === suspense(plant) ? 'returned' : 'suspense')
  await startReceiving(tx, payment)
}
