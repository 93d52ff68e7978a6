import type { Db, Tx } from '../db/client.ts'
import { wakeEndedApplication } from '../db/queries/applications.ts'
import { wakeEndedClosing } from '../db/queries/closures.ts'
import { nudge } from '../db/queries/outbox.ts'
import { findPaymentById } from '../db/queries/payments.ts'
import { type PlantTerms, readPlant } from '../db/queries/plants.ts'
import { type Decision, readDecision, recordDecision } from '../db/queries/processes.ts'
import { type RefundOwner, withRefundOwner } from '../db/queries/refund-owner.ts'
import { payableNow } from '../db/queries/refund-held.ts'
import { endClaim, payRefund, settleTransfer, triesOf } from '../db/queries/refund-payments.ts'
import { approveRefund, readRefund, type Refund, saveRefund } from '../db/queries/refunds.ts'
import { DomainError, type DomainErrorCode, isDomainError } from '../domain/errors.ts'
import { processIds } from '../domain/process-ids.ts'
import type { RefundMethod } from '../domain/refund.ts'
import { APPROVAL_STEP, type PayOutFacts, readPayOutFacts, transferStep } from './pay-out-facts.ts'
import { ask, type PaymentProviders, SANDBOX_PROVIDERS } from './payment-providers.ts'
import { keepRefundApart, lapseRefund, tellApproved, tellOfRefund, tellRefundPaid, tellSent } from './refund-steps.ts'

/** Histories carry the account beside; whose it is stands with the refund. */
type Key = { readonly accountId?: string; readonly refundId: number; readonly asOf: string }
type Sent = Decision & { readonly accountId?: string; readonly refundId: number }
type Recorded =
  | { readonly refused: { readonly code: DomainErrorCode; readonly message: string } }
  | { readonly refused?: undefined; readonly recorded: boolean; readonly standing: Decision }

/** A refund with its account, or the payment of a payer nobody knows, locked. */
interface Open {
  readonly account: RefundOwner
  readonly plant: PlantTerms
  readonly zone: string
  readonly refund: Refund
  readonly workflowId: string
  readonly asOf: string
}

/** Money on its way out (docs/decisions/0026). Each step is safe to repeat. */
export function createPayOutActivities({ db, providers = SANDBOX_PROVIDERS }: { db: Db; providers?: PaymentProviders }) {
  const open = <T>(key: Key, act: (tx: Tx, open: Open) => Promise<T>): Promise<T> => withRefund(db, key, act)
  return {
    /** Where a refund stands; NOT_FOUND when there is none. */
    readPayOutFacts: (key: { refundId: number; asOf: string }): Promise<PayOutFacts> => readPayOutFacts(db, key),
    /** Carries out what the approver said: it can be fetched, or it stays the customer's as it was. The customer is told. */
    settleRefundApproval: (key: Key): Promise<void> => open(key, settleApproval),
    /** Nothing of it is held any more (a bill used it, or it bounced): it ends, and the customer is told. */
    lapseRefund: (key: Key): Promise<void> => open(key, async (tx, found) => void (await lapseRefund(tx, found, key.refundId))),
    /**
     * Whoever pays says so, and it is posted in the same transaction as that decision: who stands at the counter learns at once that the
     * cash is short, or that less is held by now. Both stand, or neither.
     */
    recordRefundPayment: async ({ accountId: _account, refundId, ...decision }: Sent): Promise<Recorded> => {
      try {
        return await open({ refundId, asOf: decision.decidedAt }, (tx, found) => recordPayment(tx, found, decision))
      } catch (error) {
        if (isDomainError(error)) return { refused: { code: error.code, message: error.message } }
        throw error
      }
    },
    /** Carries out what head office says of a transfer in doubt. */
    settleRefundTransfer: (key: Key & { try: number }): Promise<void> =>
      open(key, (tx, found) => settleByDecision(tx, found, key.try)),
    /** Asks the provider what became of a transfer; nothing learned is nothing done (billing.md rule 16). */
    askAboutTransfer: async (key: Key & { try: number }): Promise<void> => {
      const sent = (await triesOf(db, key.refundId)).find((one) => one.try === key.try)
      if (sent === undefined || sent.provider === null || sent.reference === null || sent.state !== 'unknown') return
      const answer = await ask(providers, { provider: sent.provider, reference: sent.reference })
      if (answer?.status !== 'confirmed' && answer?.status !== 'failed') return
      const said = { try: key.try, hasArrived: answer.status === 'confirmed', by: sent.provider, proof: null }
      await open(key, (tx, found) => settle(tx, found, said))
    },
    /** Nobody fetched it in time: kept apart, or back to where it was kept. */
    keepRefundUnclaimed: (key: Key): Promise<void> =>
      open(key, async (tx, found) => {
        if (found.refund.state === 'unclaimed') await endClaim(tx, key.refundId)
        else await keepRefundApart(tx, found, key.refundId)
      }),
  }
}

async function withRefund<T>(db: Db, { refundId, asOf }: Key, act: (tx: Tx, open: Open) => Promise<T>): Promise<T> {
  return withRefundOwner(db, refundId, async (tx, account) => {
    const plant = await readPlant(tx, account.plant, asOf)
    const refund = await readRefund(tx, refundId)
    return act(tx, { account, plant, zone: plant.zone, refund, workflowId: processIds.payOut(refundId), asOf })
  })
}

async function settleApproval(tx: Tx, open: Open): Promise<void> {
  const { refund, workflowId, asOf, account } = open
  if (refund.state !== 'requested') return
  const decided = await readDecision(tx, workflowId, APPROVAL_STEP)
  if (decided === undefined) return
  if (decided.verdict === 'refused') {
    await tellOfRefund(tx, open, { refund: await saveRefund(tx, refund, { is: 'refused' }), kind: 'refund-refused' })
    // Who left meanwhile gets what is left by the closing, which knows nothing of a refund of its own process.
    if (account.accountId !== null && account.closedAt !== null) {
      await wakeEndedApplication(tx, account)
      await wakeEndedClosing(tx, account)
    }
    return wakeSuspense(tx, refund)
  }
  await approveRefund(tx, refund.refundId, { approvedBy: decided.decidedBy, asOf })
  await tellApproved(tx, open, refund.refundId)
}

/** Money of a payer nobody knows stays in suspense after all: it can be matched again. */
async function wakeSuspense(tx: Tx, { accountId, paymentId }: Refund): Promise<void> {
  const payment = accountId !== null || paymentId === null ? undefined : await findPaymentById(tx, paymentId)
  if (payment !== undefined) await nudge(tx, `process:${processIds.payment(payment.provider, payment.reference)}`)
}

/** What whoever pays says of it. */
interface PaymentSaid {
  readonly method?: RefundMethod
  readonly amountMinor?: number
  readonly reference?: string
  readonly provider?: string
  readonly isUnknown?: boolean
}

async function recordPayment(tx: Tx, open: Open, decision: Decision): Promise<Recorded> {
  const { refund, account, asOf } = open
  const before = await readDecision(tx, decision.workflowId, decision.step)
  if (before !== undefined) return recordDecision(tx, decision)
  const { method = refund.method, amountMinor, reference, provider, isUnknown = false } = (decision.detail ?? {}) as PaymentSaid
  const isWaiting = refund.state === 'approved' || (refund.state === 'unclaimed' && refund.claimedAt !== null)
  if (!isWaiting) throw new DomainError('WRONG_STAGE', 'This refund does not wait to be paid', { state: refund.state })
  const largestMinor = await payableNow(tx, refund)
  if (amountMinor !== largestMinor)
    throw new DomainError('REFUND_EXCEEDS', `Exactly ${largestMinor} (minor units) is to be paid`, { largestMinor })
  const { refundId } = refund
  const paid = await payRefund(
    tx,
    { account, asOf },
    { refundId, method, paidBy: decision.decidedBy, reference, provider, isUnknown },
  )
  const round = (await triesOf(tx, refundId)).length
  if (isUnknown) await tellSent(tx, open, { refund: paid, round })
  else await tellRefundPaid(tx, open, { refund: paid, round })
  return recordDecision(tx, decision)
}

async function settleByDecision(tx: Tx, open: Open, attempt: number): Promise<void> {
  const decided = await readDecision(tx, open.workflowId, transferStep(attempt))
  if (decided === undefined) return
  const proof = typeof decided.detail?.proof === 'string' ? decided.detail.proof : null
  await settle(tx, open, { try: attempt, hasArrived: decided.verdict === 'arrived', by: decided.decidedBy, proof })
}

async function settle(
  tx: Tx,
  open: Open,
  said: { try: number; hasArrived: boolean; by: string; proof: string | null },
): Promise<void> {
  if (open.refund.state !== 'sending') return
  const refund = await settleTransfer(tx, open, { refundId: open.refund.refundId, ...said })
  if (said.hasArrived) await tellRefundPaid(tx, open, { refund, round: said.try })
  else await tellOfRefund(tx, open, { refund, kind: 'refund-failed', round: said.try })
}
