import { sql } from 'kysely'
import { DomainError } from '../../domain/errors.ts'
import { credit, depositHeld } from '../../domain/ledger.ts'
import { afterRefundEvent, type RefundEvent, type RefundMoney, type RefundState } from '../../domain/pay-out.ts'
import type { RefundKind, RefundMethod, RefundReason } from '../../domain/refund.ts'
import type { Db, Tx } from '../client.ts'
import type { LockedAccount } from './accounts.ts'
import { balanceOf } from './ledger.ts'
import { nudge } from './outbox.ts'

export interface Refund {
  readonly refundId: number
  /** `null` for money of a payer nobody knows. */
  readonly accountId: string | null
  readonly kind: RefundKind
  /** Application, closure or request, with `:2`, `:3` … where money came in after the first. */
  readonly source: string
  /** What was asked for; `lapsedMinor` of it was no longer held when it was to be paid. */
  readonly amountMinor: number
  readonly lapsedMinor: number
  readonly currency: string
  readonly method: RefundMethod
  readonly state: RefundState
  /** Who sees it through: the process that asked for it, or its own. */
  readonly handledBy: 'asker' | 'pay-out'
  /** The payment it gives back, where it is one. */
  readonly paymentId: number | null
  readonly reason: RefundReason | null
  readonly requestedBy: string
  readonly requestedAt: string
  readonly textId: number | null
  readonly approvedBy: string | null
  /** Since when it can be fetched. */
  readonly payableSince: string | null
  readonly proof: string | null
  readonly paidAt: string | null
  /** Since when it is kept apart because nobody fetched it, and since when somebody asks for it again. */
  readonly unclaimedAt: string | null
  readonly claimedAt: string | null
}

const COLUMNS = [
  'refundId',
  'accountId',
  'kind',
  'source',
  'amountMinor',
  'lapsedMinor',
  'currency',
  'method',
  'state',
  'handledBy',
  'paymentId',
  'reason',
  'requestedBy',
  'requestedAt',
  'textId',
  'approvedBy',
  'payableSince',
  'proof',
  'paidAt',
  'unclaimedAt',
  'claimedAt',
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

/** A refund by its number, if there is one. */
export async function findRefund(db: Db | Tx, refundId: number): Promise<Refund | undefined> {
  const row = await db.selectFrom('refunds').select(COLUMNS).where('refundId', '=', refundId).executeTakeFirst()
  return row as Refund | undefined
}

/** The same where there must be one; NOT_FOUND when there is none. */
export async function readRefund(db: Db | Tx, refundId: number): Promise<Refund> {
  const refund = await findRefund(db, refundId)
  if (refund === undefined) throw new DomainError('NOT_FOUND', 'there is no such refund')
  return refund
}

/** The refund that an application or closure sees through and that waits to be approved or paid: the oldest. */
export async function openRefundOf(
  db: Db | Tx,
  { accountId, source }: { accountId: string; source: string },
): Promise<Refund | undefined> {
  return (await readRefunds(db, accountId)).find(
    (refund) =>
      refund.source.split(':')[0] === source &&
      refund.handledBy === 'asker' &&
      (refund.state === 'requested' || refund.state === 'approved'),
  )
}

/** What may still be refunded: the credit or deposit held, less what was asked for and waits there. What is sent or kept apart left it. */
export async function refundableMinor(
  db: Db | Tx,
  { accountId, kind }: { accountId: string; kind: Exclude<RefundKind, 'suspense'> },
): Promise<number> {
  const heldMinor = await balanceOf(db, kind === 'deposit' ? depositHeld(accountId) : credit(accountId))
  const { askedMinor } = await db
    .selectFrom('refunds')
    .select(sql<number>`coalesce(sum(amount_minor - lapsed_minor), 0)`.as('askedMinor'))
    .where('accountId', '=', accountId)
    .where('kind', '=', kind)
    .where('state', 'in', ['requested', 'approved'])
    .executeTakeFirstOrThrow()
  return heldMinor - askedMinor
}

/** What somebody asks to be given back. */
export interface RefundAsked {
  readonly kind: Exclude<RefundKind, 'suspense'>
  readonly source: string
  readonly amountMinor: number
  readonly method: RefundMethod
  readonly handledBy?: Refund['handledBy']
  readonly paymentId?: number | undefined
  readonly reason?: RefundReason
  readonly requestedBy?: string
  readonly textId?: number | null
}

/**
 * Asks for money to be given back, once a (kind, source): asked again, the one that stands is returned. It moves nothing until
 * it is paid out. REFUND_EXCEEDS when the account does not hold that much. The caller holds the account lock.
 */
export async function requestRefund(
  tx: Tx,
  { account, asOf }: { account: LockedAccount; asOf: string },
  asked: RefundAsked,
): Promise<Refund> {
  const { accountId, currency } = account
  const before = (await readRefunds(tx, accountId)).find(({ kind, source }) => kind === asked.kind && source === asked.source)
  if (before !== undefined) return before
  const largestMinor = await refundableMinor(tx, { accountId, kind: asked.kind })
  if (asked.amountMinor > largestMinor)
    throw new DomainError('REFUND_EXCEEDS', 'the account does not hold that much', { largestMinor })
  const refund = await insertRefund(tx, { ...asked, accountId, currency, requestedAt: asOf })
  await nudge(tx, `account:${accountId}`)
  return refund
}

/** Writes a refund down. The caller has looked whether that much is held, and holds the lock of whose it is. */
export async function insertRefund(
  tx: Tx,
  refund: Omit<RefundAsked, 'kind'> & Pick<Refund, 'kind' | 'accountId' | 'currency' | 'requestedAt'>,
): Promise<Refund> {
  const { refundId } = await tx.insertInto('refunds').values(refund).returning('refundId').executeTakeFirstOrThrow()
  return readRefund(tx, refundId)
}

/** Somebody of the right level said yes. Approving again changes nothing. The caller holds the account lock. */
export async function approveRefund(tx: Tx, refundId: number, by?: { approvedBy: string; asOf: string }): Promise<void> {
  const refund = await findRefund(tx, refundId)
  if (refund?.state !== 'requested') return
  await saveRefund(tx, refund, { is: 'approved', ...(by && { beside: { approvedBy: by.approvedBy, payableSince: by.asOf } }) })
}

type Beside = Partial<
  Pick<Refund, 'handledBy' | 'method' | 'proof' | 'paidAt' | 'approvedBy' | 'payableSince' | 'claimedAt' | 'unclaimedAt'>
>

/** Writes what happened to a refund, as the rules say (`afterRefundEvent`), with what else is known of it now. */
export async function saveRefund(
  tx: Tx,
  refund: Refund,
  { beside = {}, ...event }: RefundEvent & { readonly beside?: Beside },
): Promise<Refund> {
  const { state, lapsedMinor } = afterRefundEvent(moneyOf(refund), event)
  await tx
    .updateTable('refunds')
    .set({ ...beside, state, lapsedMinor })
    .where('refundId', '=', refund.refundId)
    .execute()
  return readRefund(tx, refund.refundId)
}

/** A refund as the rules see it. */
export function moneyOf({ state, amountMinor, lapsedMinor, unclaimedAt }: Refund): RefundMoney {
  return { state, amountMinor, lapsedMinor, isApart: unclaimedAt !== null }
}
