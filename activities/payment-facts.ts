import type { Db } from '../db/client.ts'
import { openBounceReport } from '../db/queries/bounce-reports.ts'
import { noticesOf, type PaymentKey } from '../db/queries/payment-notices.ts'
import { findPayment, type Payment } from '../db/queries/payments.ts'
import { readPlant } from '../db/queries/plants.ts'
import { readDecision } from '../db/queries/processes.ts'
import { MATCH_STEP, standingReturn } from '../db/queries/suspense-returns.ts'
import { addToInstant } from '../domain/calendar.ts'
import { bounceStep, DOUBT_STEP, doubtMayBeDecidedAt, nextAskAt, type PaymentState } from '../domain/payment.ts'
import { processIds } from '../domain/process-ids.ts'

/** Everything the payment's workflow decides by: states and numbers, nothing of what a payer wrote. */
export interface PaymentFacts {
  readonly state: PaymentState | null
  /** Notices that nobody has taken in yet. */
  readonly noticesWaiting: number
  /** Whose it is, as someone decided, while that is not carried out yet. */
  readonly matchedTo: string | null
  /** It was asked for that it goes back to its sender. */
  readonly isGoingBack?: true
  /** When the provider is asked next, while it leaves us in doubt. */
  readonly askAt: string | null
  /** True while the doubt holds off a cut; after that people are waited for. */
  readonly isFresh: boolean
  /** In doubt for so long that head office may decide. */
  readonly mayBeDecided?: boolean
  /** What head office decided about a payment in doubt, while that is not carried out yet. */
  readonly doubtDecision?: 'posted' | 'failed'
  /** Somebody says that it came back: the report's number, and what head office decided of it. */
  readonly bounceReport?: { readonly reportId: number; readonly verdict: 'confirmed' | 'dismissed' | null }
}

/** Reads where the payment of a reference stands. */
export async function readPaymentFacts(db: Db, key: PaymentKey, asOf: string): Promise<PaymentFacts> {
  const payment = await findPayment(db, key)
  const noticesWaiting = (await noticesOf(db, key)).filter(({ state }) => state === 'received').length
  const state = payment?.state ?? null
  const match =
    state === 'suspense' ? await readDecision(db, processIds.payment(key.provider, key.reference), MATCH_STEP) : undefined
  const report = payment === undefined ? undefined : await readBounceReport(db, payment)
  const goesBack = payment?.state === 'suspense' && (await standingReturn(db, payment.paymentId)) !== undefined
  const facts = {
    state,
    noticesWaiting,
    matchedTo: typeof match?.detail?.accountId === 'string' ? match.detail.accountId : null,
    ...(report && { bounceReport: report }),
    ...(goesBack && { isGoingBack: true as const }),
  }
  if (payment === undefined || (state !== 'pending' && state !== 'unknown')) return { ...facts, askAt: null, isFresh: false }
  const { zone, policy } = await readPlant(db, payment.plant, asOf)
  const { receivedAt } = payment
  const decided = await readDecision(db, processIds.payment(key.provider, key.reference), DOUBT_STEP)
  return {
    ...facts,
    askAt: nextAskAt({ receivedAt, asOf, zone }),
    isFresh: asOf < addToInstant(receivedAt, policy.payment.uncertainHoldsOffCut, zone),
    mayBeDecided: asOf >= doubtMayBeDecidedAt({ receivedAt, zone }, policy.payment),
    ...(decided && { doubtDecision: decided.verdict as 'posted' | 'failed' }),
  }
}

async function readBounceReport(db: Db, payment: Payment): Promise<PaymentFacts['bounceReport']> {
  if (payment.state !== 'posted' && payment.state !== 'suspense') return undefined
  const report = await openBounceReport(db, payment.paymentId)
  if (report === undefined) return undefined
  const { reportId } = report
  const decided = await readDecision(db, processIds.payment(payment.provider, payment.reference), bounceStep(reportId))
  return { reportId, verdict: (decided?.verdict ?? null) as 'confirmed' | 'dismissed' | null }
}
