import { DomainError } from '../../domain/errors.ts'
import type { Db, Tx } from '../client.ts'
import { inTransaction, type LockedAccount, withAccount } from './accounts.ts'
import { lockPaymentById, type Payment } from './payments.ts'
import { readRefund } from './refunds.ts'

/** Money of a payer nobody knows has no account: its payment says where it is, and is locked in an account's place. */
export interface NobodysMoney {
  readonly accountId: null
  readonly customerId: null
  readonly plant: string
  readonly currency: string
  readonly closedAt: null
}

/** Whose money a refund gives back. */
export type RefundOwner = LockedAccount | NobodysMoney

/** A payment in suspense as the owner of its own money. */
export function nobodysMoney({ plant, currency }: Pick<Payment, 'plant' | 'currency'>): NobodysMoney {
  return { accountId: null, customerId: null, plant, currency, closedAt: null }
}

/** Runs `work` in one transaction that holds the lock of whose money the refund is. NOT_FOUND where there is no such refund. */
export async function withRefundOwner<T>(db: Db, refundId: number, work: (tx: Tx, owner: RefundOwner) => Promise<T>): Promise<T> {
  const { accountId, paymentId } = await readRefund(db, refundId)
  if (accountId !== null) return withAccount(db, accountId, work)
  return inTransaction(db, async (tx) => {
    const payment = paymentId === null ? undefined : await lockPaymentById(tx, paymentId)
    if (payment === undefined) throw new DomainError('NOT_FOUND', 'there is no such payment')
    return work(tx, nobodysMoney(payment))
  })
}
