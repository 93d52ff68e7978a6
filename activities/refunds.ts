import type { Db, Tx } from '../db/client.ts'
import { withAccount } from '../db/queries/accounts.ts'
import { queueNotice } from '../db/queries/notices.ts'
import { readPlant } from '../db/queries/plants.ts'
import { type Decision, readDecision } from '../db/queries/processes.ts'
import { approveRefund, readRefunds, refundableMinor, requestRefund } from '../db/queries/refunds.ts'
import { tellRole } from '../db/queries/tasks.ts'
import { dateAt } from '../domain/calendar.ts'
import { restOfRefund } from '../domain/pay-out.ts'
import { processIds } from '../domain/process-ids.ts'
import { refundApprover, type RefundReason } from '../domain/refund.ts'
import { type AskerPaid, keepRefundApart, payForAsker, tellApproved } from './refund-steps.ts'

/** Whose refund; `source` is the application or closure that gives it. */
export interface RefundKey {
  readonly accountId: string
  readonly source: string
  readonly asOf: string
}

/** Credit on its way back to the customer's hand: asked for, approved by the level its amount needs, paid out. Each step is safe to repeat. */
export function createRefundActivities({ db }: { db: Db }) {
  return {
    /** Asks for all credit that no refund was asked for yet, and tells whoever must approve it. Without any nothing happens. */
    requestCreditRefund: ({ accountId, source, asOf }: RefundKey): Promise<void> =>
      withAccount(db, accountId, async (tx, account) => {
        const amountMinor = await refundableMinor(tx, { accountId, kind: 'credit' })
        if (amountMinor <= 0) return
        const before = (await readRefunds(tx, accountId)).filter(
          (refund) => refund.kind === 'credit' && refund.source.split(':')[0] === source,
        ).length
        const refund = await requestRefund(
          tx,
          { account, asOf },
          { kind: 'credit', source: before === 0 ? source : `${source}:${before + 1}`, amountMinor, method: 'cash' },
        )
        const { policy, zone } = await readPlant(tx, account.plant, asOf)
        const params = { decision: 'refund', requestId: source, plantCode: account.plant, decideBy: dateAt(asOf, zone) } as const
        await tellRole(
          tx,
          { plant: account.plant, role: refundApprover(refund, policy) },
          { kind: 'decision-needed', params, dedupeKey: `refund:${refund.refundId}`, asOf },
        )
      }),

    /** Carries out the approval. */
    approveCreditRefund: ({ accountId, refundId }: { accountId: string; refundId: number }): Promise<void> =>
      withAccount(db, accountId, async (tx, account) => {
        const decided = await approvalOf(tx, accountId, refundId)
        await approveRefund(tx, refundId, decided && { approvedBy: decided.decidedBy, asOf: decided.decidedAt })
        if (decided !== undefined) await tellApproved(tx, { account, asOf: decided.decidedAt }, refundId)
      }),

    /** Nobody fetched it in time: kept apart, still owed, payable whenever somebody comes (policy "ban, close"). */
    keepRefundApart: ({ accountId, refundId, asOf }: { accountId: string; refundId: number; asOf: string }): Promise<void> =>
      withAccount(db, accountId, (tx, account) => keepRefundApart(tx, { account, asOf }, refundId)),

    /** Carries out the pay-out: the posting, and word to the customer. */
    payOutCreditRefund: ({ accountId, source, asOf, ...paid }: RefundKey & AskerPaid & { reason: RefundReason }): Promise<void> =>
      withAccount(db, accountId, async (tx, account) => {
        const { reason, ...said } = paid
        const refund = await payForAsker(tx, { account, asOf }, said)
        if (refund === undefined) return
        const { currency, method } = refund
        const amountMinor = restOfRefund(refund)
        const { zone } = await readPlant(tx, account.plant, asOf)
        const params = { reference: source, amountMinor, currency, refundedOn: dateAt(asOf, zone), method, reason }
        await queueNotice(tx, {
          accountId,
          kind: 'payment-refunded',
          params,
          dedupeKey: `payment-refunded:${paid.refundId}`,
          asOf,
        })
      }),
  }
}

/** The approval as the process that asked for the refund took it: an application counts its refunds, a closing names them. */
async function approvalOf(tx: Tx, accountId: string, refundId: number): Promise<Decision | undefined> {
  const refunds = await readRefunds(tx, accountId)
  const round = refunds.findIndex((one) => one.refundId === refundId) + 1
  const asker = refunds[round - 1]?.source.split(':')[0] ?? accountId
  return asker === accountId
    ? readDecision(tx, processIds.onboarding(accountId), `refund:${round}`)
    : readDecision(tx, processIds.closing(asker), `refund:${refundId}`)
}
