import type { Db, Tx } from '../db/client.ts'
import { findPaymentById } from '../db/queries/payments.ts'
import { readPlant } from '../db/queries/plants.ts'
import { readDecision } from '../db/queries/processes.ts'
import { payableNow } from '../db/queries/refund-held.ts'
import { triesOf } from '../db/queries/refund-payments.ts'
import { readRefund, type Refund } from '../db/queries/refunds.ts'
import { addToInstant } from '../domain/calendar.ts'
import { DomainError } from '../domain/errors.ts'
import { plantOf } from '../domain/ids.ts'
import { doubtMayBeDecidedAt, nextAskAt } from '../domain/payment.ts'
import { processIds } from '../domain/process-ids.ts'
import { refundApprover } from '../domain/refund.ts'
import type { Role } from '../domain/roles.ts'

/** A transfer of which nobody knows whether it arrived. */
export interface TransferInDoubt {
  readonly try: number
  readonly paidBy: string
  /** When its provider is asked next; null where there is none to ask. */
  readonly askAt: string | null
  /** It is people's to decide: nobody else can be asked, or not for so long. */
  readonly mayBeDecided: boolean
  /** What head office decided, while that is not carried out. */
  readonly decision: { readonly verdict: 'arrived' | 'not-arrived'; readonly by: string } | null
}

/** Everything `pay-out` decides by. */
export interface PayOutFacts {
  readonly state: Awaited<ReturnType<typeof readRefund>>['state']
  readonly amountMinor: number
  readonly currency: string
  /** What can be paid of it now. */
  readonly payableMinor: number
  readonly approver: Role
  readonly requestedBy: string
  readonly approvedBy: string | null
  /** Approved or refused, while that is not carried out. */
  readonly approval: { readonly verdict: 'approved' | 'refused'; readonly by: string } | null
  /** The next try to pay it. */
  readonly nextTry: number
  readonly transfer: TransferInDoubt | null
  /** Until when it waits to be fetched before it is kept apart (policy "ban, close"). */
  readonly fetchBy: string
  /** Kept apart, and asked for again. */
  readonly isClaimed: boolean
}

/** Reads where a refund stands. NOT_FOUND when there is none. */
export async function readPayOutFacts(db: Db | Tx, { refundId, asOf }: { refundId: number; asOf: string }): Promise<PayOutFacts> {
  const refund = await readRefund(db, refundId)
  const workflowId = processIds.payOut(refundId)
  const { policy, zone } = await readPlant(db, await plantOfRefund(db, refund), asOf)
  const approval = refund.state === 'requested' ? await readDecision(db, workflowId, APPROVAL_STEP) : undefined
  const tries = await triesOf(db, refundId)
  const inDoubt = tries.find(({ state }) => state === 'unknown')
  const decided = inDoubt && (await readDecision(db, workflowId, transferStep(inDoubt.try)))
  const since = refund.claimedAt ?? refund.payableSince ?? refund.requestedAt
  return {
    state: refund.state,
    amountMinor: refund.amountMinor,
    currency: refund.currency,
    payableMinor: await payableNow(db, refund),
    approver: refundApprover(refund, policy),
    requestedBy: refund.requestedBy,
    approvedBy: refund.approvedBy,
    approval: approval === undefined ? null : { verdict: approval.verdict as 'approved' | 'refused', by: approval.decidedBy },
    nextTry: tries.length + 1,
    transfer:
      inDoubt === undefined
        ? null
        : {
            try: inDoubt.try,
            paidBy: inDoubt.paidBy,
            askAt: inDoubt.provider === null ? null : nextAskAt({ receivedAt: inDoubt.paidAt, asOf, zone }),
            mayBeDecided:
              inDoubt.provider === null || asOf >= doubtMayBeDecidedAt({ receivedAt: inDoubt.paidAt, zone }, policy.payment),
            decision:
              decided === undefined ? null : { verdict: decided.verdict as 'arrived' | 'not-arrived', by: decided.decidedBy },
          },
    fetchBy: addToInstant(since, policy.closing.unclaimedAfter, zone),
    isClaimed: refund.claimedAt !== null,
  }
}

async function plantOfRefund(db: Db | Tx, { accountId, paymentId }: Refund): Promise<string> {
  if (accountId !== null) return plantOf(accountId)
  const payment = paymentId === null ? undefined : await findPaymentById(db, paymentId)
  if (payment === undefined) throw new DomainError('NOT_FOUND', 'there is no such payment')
  return payment.plant
}

/** The step by which a refund is approved or refused. */
export const APPROVAL_STEP = 'approval'

/** The step by which somebody pays it, at that try. */
export function paymentStep(attempt: number): string {
  return `payment:${attempt}`
}

/** The step by which head office says what became of a transfer. */
export function transferStep(attempt: number): string {
  return `transfer:${attempt}`
}
