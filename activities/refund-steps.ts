import type { Tx } from '../db/client.ts'
import { queueNotice } from '../db/queries/notices.ts'
import { payableNow } from '../db/queries/refund-held.ts'
import { keepApart, type PayingOut, payRefund } from '../db/queries/refund-payments.ts'
import { handOverInDoubt } from '../db/queries/refund-requests.ts'
import { readRefund, type Refund, saveRefund } from '../db/queries/refunds.ts'
import { type PlantTerms, readPlant } from '../db/queries/plants.ts'
import { addToInstant, dateAt } from '../domain/calendar.ts'
import { restOfRefund } from '../domain/pay-out.ts'
import type { RefundMethod } from '../domain/refund.ts'

/** Nobody fetched a refund: it is kept apart, still owed, and the customer is told that it stays theirs (policy "ban, close"). */
export async function keepRefundApart(tx: Tx, at: PayingOut, refundId: number): Promise<void> {
  if ((await readRefund(tx, refundId)).state !== 'approved' || (await lapseRefund(tx, at, refundId))) return
  await tellOfRefund(tx, at, { refund: await keepApart(tx, at, refundId), kind: 'refund-unclaimed' })
}

/** Where nothing of a refund is held any more it ends, and the customer is told. True if so. */
export async function lapseRefund(tx: Tx, at: PayingOut, refundId: number): Promise<boolean> {
  const refund = await readRefund(tx, refundId)
  const isWaiting = refund.state === 'requested' || refund.state === 'approved'
  if (!isWaiting || (await payableNow(tx, refund)) > 0) return false
  await tellOfRefund(tx, at, { refund: await saveRefund(tx, refund, { is: 'lapsed', heldMinor: 0 }), kind: 'refund-lapsed' })
  return true
}

type Told = 'refund-refused' | 'refund-unclaimed' | 'refund-lapsed' | 'refund-failed'

/** Tells the customer what became of a refund; `round` where it can happen again. A payer nobody knows cannot be told. */
export async function tellOfRefund(
  tx: Tx,
  { account, asOf }: PayingOut,
  { refund, kind, round = 1 }: { refund: Refund; kind: Told; round?: number },
): Promise<void> {
  const { accountId, customerId } = account
  if (accountId === null) return
  // What was refused or had lapsed is named as it was asked for.
  const amountMinor = kind === 'refund-lapsed' ? refund.amountMinor : restOfRefund(refund)
  const params = { reference: customerId ?? accountId, amountMinor, currency: refund.currency }
  await queueNotice(tx, { accountId, kind, params, dedupeKey: `${kind}:${refund.refundId}:${round}`, asOf })
}

/** Tells the customer that the money is with them: the deposit on leaving, or other money. */
export async function tellRefundPaid(
  tx: Tx,
  { account: { accountId, customerId }, asOf, zone }: PayingOut & Pick<PlantTerms, 'zone'>,
  { refund, round }: { refund: Refund; round: number },
): Promise<void> {
  const { refundId, kind, source, method, currency, reason } = refund
  if (accountId === null) return
  const amountMinor = restOfRefund(refund)
  const refundedOn = dateAt(asOf, zone)
  const dedupeKey = `refund-paid:${refundId}:${round}`
  if (kind === 'deposit' && customerId !== null) {
    const params = {
      closureId: source.split(':')[0] ?? source,
      customerId,
      refundMinor: amountMinor,
      currency,
      refundedOn,
      method,
    }
    await queueNotice(tx, { accountId, kind: 'deposit-refunded', params, dedupeKey, asOf })
    return
  }
  const params = { reference: customerId ?? accountId, amountMinor, currency, refundedOn, method, reason: reason ?? 'other' }
  await queueNotice(tx, { accountId, kind: 'payment-refunded', params, dedupeKey, asOf })
}

/** Tells the customer that the money waits for them, and until when before it is kept apart. */
export async function tellApproved(tx: Tx, { account, asOf }: PayingOut, refundId: number): Promise<void> {
  const { accountId, customerId, plant } = account
  if (accountId === null) return
  const { policy, zone } = await readPlant(tx, plant, asOf)
  const refund = await readRefund(tx, refundId)
  const { kind, source, amountMinor, currency, method, payableSince, requestedAt, handledBy } = refund
  // A closing counts from the day it asked (policy "ban, close").
  const since = handledBy === 'asker' ? requestedAt : (payableSince ?? requestedAt)
  const fetchBy = dateAt(addToInstant(since, policy.closing.unclaimedAfter, zone), zone)
  const dedupeKey = `refund-approved:${refundId}`
  if (kind === 'deposit' && customerId !== null) {
    const params = { closureId: source.split(':')[0] ?? source, customerId, refundMinor: amountMinor, currency, fetchBy }
    await queueNotice(tx, { accountId, kind: 'deposit-refund-waiting', params, dedupeKey, asOf })
    return
  }
  const params = { reference: customerId ?? accountId, amountMinor, currency, method, fetchBy }
  await queueNotice(tx, { accountId, kind: 'refund-approved', params, dedupeKey, asOf })
}

/** Tells the customer that money was sent, and that nobody knows yet whether it arrived. */
export async function tellSent(
  tx: Tx,
  { account, asOf }: PayingOut,
  { refund, round }: { refund: Refund; round: number },
): Promise<void> {
  const { accountId, customerId } = account
  if (accountId === null) return
  const { refundId, currency, method } = refund
  const params = { reference: customerId ?? accountId, amountMinor: restOfRefund(refund), currency, method }
  await queueNotice(tx, { accountId, kind: 'refund-sent', params, dedupeKey: `refund-sent:${refundId}:${round}`, asOf })
}

/** What whoever paid a refund of a closing or an application says of it. */
export interface AskerPaid {
  readonly refundId: number
  readonly method: RefundMethod
  readonly paidBy: string
  readonly proof?: string
  readonly isUnknown?: boolean
  readonly provider?: string
}

/** A closing or an application pays its refund. A transfer in doubt goes to its own process: then there is no more to tell here. */
export async function payForAsker(tx: Tx, at: PayingOut, paid: AskerPaid): Promise<Refund | undefined> {
  const { isUnknown = false, proof, ...said } = paid
  if (!isUnknown || proof === undefined) return payRefund(tx, at, { ...said, ...(proof !== undefined && { proof }) })
  if (await handOverInDoubt(tx, at, { ...said, reference: proof }))
    await tellSent(tx, at, { refund: await readRefund(tx, paid.refundId), round: 1 })
  return undefined
}
