import { sql } from 'kysely'
import { DomainError } from '../../domain/errors.ts'
import { bank, credit, depositHeld, postDepositRefunded, postRefunded } from '../../domain/ledger.ts'
import type { RefundKind, RefundMethod } from '../../domain/refund.ts'
import type { Db, Tx } from '../client.ts'
import type { LockedAccount } from './accounts.ts'
import { cashToPayFrom } from './cash-holders.ts'
import { balanceOf, post } from './ledger.ts'
import { nudge } from './outbox.ts'

export interface Refund {
  readonly refundId: number
  readonly kind: RefundKind
  /** Application or closure, with `:2`, `:3` … where money came in after the first. */
  readonly source: string
  readonly amountMinor: number
  readonly currency: string
  readonly method: RefundMethod
  readonly state: 'requested' | 'approved' | 'paid' | 'unclaimed'
  readonly proof: string | null
  readonly requestedAt: string
  readonly paidAt: string | null
}

const COLUMNS = [
  'refundId',
  'kind',
  'source',
  'amountMinor',
  'currency',
  'method',
  'state',
  'proof',
  'requestedAt',
  'paidAt',
] as const

/** Refunds of an account in the order they were asked for. */
export async function readRefunds(db: Db | Tx, accountId: string): Promise<Refund[]> {
  return (await db
    .selectFrom('refunds')
    .select(COLUMNS)
    .where('accountId', '=', accountId)
    .orderBy('refundId')
    .execute()) as Refund[]
}

/** The refund of an application or closure that waits to be approved or paid: the oldest. */
export async function openRefundOf(
  db: Db | Tx,
  { accountId, source }: { accountId: string; source: string },
): Promise<Refund | undefined> {
  return (await readRefunds(db, accountId)).find(
    (refund) => refund.source.split(':')[0] === source && (refund.state === 'requested' || refund.state === 'approved'),
  )
}

/** What may still be refunded: the credit or deposit held, less what was asked for and is not paid out yet. */
export async function refundableMinor(
  db: Db | Tx,
  { accountId, kind }: { accountId: string; kind: RefundKind },
): Promise<number> {
  const heldMinor = await balanceOf(db, kind === 'deposit' ? depositHeld(accountId) : credit(accountId))
  const { askedMinor } = await db
    .selectFrom('refunds')
    .select(sql<number>`coalesce(sum(amount_minor), 0)`.as('askedMinor'))
    .where('accountId', '=', accountId)
    .where('kind', '=', kind)
    .where('state', 'in', ['requested', 'approved'])
    .executeTakeFirstOrThrow()
  return heldMinor - askedMinor
}

/**
 * Asks for money to be given back, once a (kind, source): asked again, the one that stands is returned. It moves nothing until
 * it is paid out. REFUND_EXCEEDS when the account does not hold that much. The caller holds the account lock.
 */
export async function requestRefund(
  tx: Tx,
  { account, asOf }: { account: LockedAccount; asOf: string },
  asked: { kind: RefundKind; source: string; amountMinor: number; method: RefundMethod },
): Promise<Refund> {
  const { accountId, currency } = account
  const before = await findRefund(tx, { accountId, ...asked })
  if (before !== undefined) return before
  const largestMinor = await refundableMinor(tx, { accountId, kind: asked.kind })
  if (asked.amountMinor > largestMinor)
    throw new DomainError('REFUND_EXCEEDS', 'the account does not hold that much', { largestMinor })
  await tx
    .insertInto('refunds')
    .values({ ...asked, accountId, currency, requestedAt: asOf })
    .execute()
  await nudge(tx, `account:${accountId}`)
  return (await findRefund(tx, { accountId, ...asked })) as Refund
}

/** Somebody of the right level said yes. Approving again changes nothing. */
export async function approveRefund(tx: Tx, refundId: number): Promise<void> {
  await tx
    .updateTable('refunds')
    .set({ state: 'approved' })
    .where('refundId', '=', refundId)
    .where('state', '=', 'requested')
    .execute()
}

/**
 * The money left our hands: out of the cash of whoever paid it (or the counter's, CASH_SHORT where neither has it), or out of the plant's
 * bank account. Only an approved refund is paid (WRONG_STAGE); paying it again changes nothing. `proof` is a signature's or a transfer's reference. The caller holds the
 * account lock.
 */
export async function payRefund(
  tx: Tx,
  { account, asOf }: { account: LockedAccount; asOf: string },
  paid: { refundId: number; method: RefundMethod; paidBy: string; proof?: string },
): Promise<Refund> {
  const { plant, accountId, currency } = account
  const { refundId, method, paidBy, proof = null } = paid
  const refund = (await readRefunds(tx, accountId)).find((one) => one.refundId === refundId)
  if (refund === undefined) throw new DomainError('NOT_FOUND', 'this account has no such refund')
  if (refund.state === 'paid') return refund
  if (refund.state !== 'approved')
    throw new DomainError('WRONG_STAGE', 'a refund is paid after it was approved', { state: refund.state })
  const { amountMinor } = refund
  const from = method === 'cash' ? await cashToPayFrom(tx, { plant, paidBy, amountMinor, asOf }) : bank(plant)
  const out = { from, amountMinor }
  const postings = refund.kind === 'deposit' ? postDepositRefunded(account, out) : postRefunded(account, out)
  await post(tx, { eventKey: `refund:${refundId}`, plant, accountId, currency, businessAt: asOf, postings })
  await tx.updateTable('refunds').set({ state: 'paid', paidAt: asOf, method, proof }).where('refundId', '=', refundId).execute()
  await nudge(tx, `account:${accountId}`)
  return { ...refund, state: 'paid', paidAt: asOf, method, proof }
}

async function findRefund(
  tx: Tx,
  { accountId, kind, source }: { accountId: string; kind: RefundKind; source: string },
): Promise<Refund | undefined> {
  return (await readRefunds(tx, accountId)).find((refund) => refund.kind === kind && refund.source === source)
}
