import type { Tx } from '../db/client.ts'
import { advanceMoved } from '../db/queries/advances.ts'
import type { LockedAccount } from '../db/queries/accounts.ts'
import { closeBounceReport } from '../db/queries/bounce-reports.ts'
import { allocateCredit, issueCharge } from '../db/queries/charges.ts'
import { balanceOf, post } from '../db/queries/ledger.ts'
import { queueNotice } from '../db/queries/notices.ts'
import { nudge, startWorkflow } from '../db/queries/outbox.ts'
import { markBounced, openTotalMinor, type Payment } from '../db/queries/payments.ts'
import type { PlantTerms } from '../db/queries/plants.ts'
import { type Standing, standingAllocations, takeBackAllocations } from '../db/queries/taking-back.ts'
import { decideUnpaidHold } from '../db/queries/unpaid-hold.ts'
import { type PutAgainst, reckonBounce } from '../domain/bounce.ts'
import { addDuration, dateAt } from '../domain/calendar.ts'
import { activationHeld, credit, depositHeld, postBounced, postSuspenseReturned } from '../domain/ledger.ts'
import { type BounceReason, paidInto } from '../domain/payment.ts'
import { processIds } from '../domain/process-ids.ts'
import type { PostingContext } from './post-payment.ts'

interface Bouncing {
  readonly payment: Payment
  readonly reason: BounceReason
  readonly owner: LockedAccount | undefined
  readonly plant: PlantTerms
  readonly asOf: string
}

/** What was in the books comes out of them; what never was ends here, and its payer is told. */
export async function carryOutBounce(tx: Tx, { payment, reason, owner, plant, asOf }: Bouncing): Promise<void> {
  const { state, paymentId } = payment
  if (state === 'suspense') return bounceSuspended(tx, { payment, reason, plant: plant.plant, asOf })
  if (state === 'posted') {
    if (owner?.accountId !== payment.accountId) throw new Error('the payment was given an owner meanwhile: look again')
    return bouncePosted(tx, { account: owner, plant, asOf }, { payment, reason })
  }
  await markBounced(tx, paymentId, { bouncedAt: asOf, reason })
  if (owner === undefined) return
  await tellNotConfirmed(tx, { account: owner, payment, asOf })
  await nudge(tx, `account:${owner.accountId}`)
}

/** A payment that was promised did not come. */
export async function tellNotConfirmed(
  tx: Tx,
  { account, payment, asOf }: { account: LockedAccount; payment: Payment; asOf: string },
): Promise<void> {
  const { paymentId, amountMinor, currency, channel } = payment
  const params = { reference: account.customerId ?? account.accountId, amountMinor, currency, channel }
  await queueNotice(tx, {
    accountId: account.accountId,
    kind: 'payment-not-confirmed',
    params,
    dedupeKey: `payment-not-confirmed:${paymentId}`,
    asOf,
  })
}

interface Bounced {
  readonly payment: Payment
  readonly reason: BounceReason
}

/**
 * A posted payment came back (docs/decisions/0024): what it settled is owed again, the money leaves the customer's credit, what is
 * used up for good becomes a debt of its own, and the customer is told; all in the caller's transaction, which holds the account lock.
 */
async function bouncePosted(tx: Tx, context: PostingContext, { payment, reason }: Bounced): Promise<void> {
  const { account, plant, asOf } = context
  const { accountId, currency } = account
  const { paymentId, amountMinor } = payment
  const missingMinor = await takeOffCharges(tx, context, payment)
  if (missingMinor > 0) await chargeMissing(tx, context, { paymentId, missingMinor })
  const postings = postBounced(account, { from: payment.paidInto ?? paidInto(payment), amountMinor })
  const eventKey = bounceKey(payment)
  await post(tx, { eventKey, plant: account.plant, accountId, currency, businessAt: asOf, postings })
  await end(tx, { payment, reason }, asOf)
  await allocateCredit(tx, { account, asOf, zone: plant.zone })
  await tellReversed(tx, context, payment)
  await decideUnpaidHold(tx, { account, asOf, zone: plant.zone, policy: plant.policy })
  await chaseAgain(tx, account)
  await nudge(tx, `account:${accountId}`)
}

/** Money of a payer nobody knew came back before anybody knew. */
async function bounceSuspended(
  tx: Tx,
  { payment, reason, plant, asOf }: Bounced & { plant: string; asOf: string },
): Promise<void> {
  const postings = postSuspenseReturned(plant, {
    from: payment.paidInto ?? paidInto(payment),
    amountMinor: payment.amountMinor,
  })
  const { currency } = payment
  await post(tx, { eventKey: bounceKey(payment), plant, accountId: null, currency, businessAt: asOf, postings })
  await end(tx, { payment, reason }, asOf)
}

async function end(tx: Tx, { payment, reason }: Bounced, asOf: string): Promise<void> {
  await markBounced(tx, payment.paymentId, { bouncedAt: asOf, reason })
  await closeBounceReport(tx, payment.paymentId, { verdict: 'confirmed', asOf })
}

function bounceKey({ provider, reference }: Payment): string {
  return `payment-bounced:${provider}:${reference}`
}

/** Takes the payment off what it settled, and its surplus off what was paid with that. Returns what is missing all the same. */
async function takeOffCharges(tx: Tx, { account, asOf }: PostingContext, payment: Payment): Promise<number> {
  const { accountId } = account
  const { paymentId, amountMinor, postedAt } = payment
  const settled = await standingAllocations(tx, accountId, { paymentId })
  const used = (await standingAllocations(tx, accountId, { anyCredit: true })).filter(
    (standing) => standing.paymentId === null && standing.businessAt >= (postedAt ?? ''),
  )
  const { own, fromCredit, missingMinor } = reckonBounce({
    amountMinor,
    creditMinor: await balanceOf(tx, credit(accountId)),
    own: await putAgainst(tx, accountId, settled),
    fromCredit: await putAgainst(tx, accountId, used),
  })
  for (const off of own)
    await takeBackAllocations(tx, { account, asOf }, { of: { chargeId: off.chargeId, paymentId }, amountMinor: off.amountMinor })
  for (const off of fromCredit)
    await takeBackAllocations(
      tx,
      { account, asOf },
      { of: { chargeId: off.chargeId, paymentId: null }, amountMinor: off.amountMinor },
    )
  return missingMinor
}

async function putAgainst(tx: Tx, accountId: string, standing: readonly Standing[]): Promise<PutAgainst[]> {
  const found: PutAgainst[] = []
  for (const { chargeId, kind, nature, leftMinor } of standing) {
    if (leftMinor <= 0) continue
    const heldMinor = await stillHeld(tx, accountId, { chargeId, kind, nature, leftMinor })
    found.push({ chargeId, kind, nature, amountMinor: leftMinor, heldMinor })
  }
  return found
}

async function stillHeld(
  tx: Tx,
  accountId: string,
  { chargeId, kind, nature, leftMinor }: Pick<Standing, 'chargeId' | 'kind' | 'nature' | 'leftMinor'>,
): Promise<number> {
  if (nature === 'debt') return leftMinor
  if (kind === 'electricity') return (await advanceMoved(tx, chargeId)).waitingMinor
  return balanceOf(tx, kind === 'activation' ? activationHeld(accountId) : depositHeld(accountId))
}

/** Supply that was given for it, or money that was given back, is owed: due like a bill, chased from its own first step. */
async function chargeMissing(
  tx: Tx,
  { account, plant, asOf }: PostingContext,
  { paymentId, missingMinor }: { paymentId: number; missingMinor: number },
): Promise<void> {
  await issueCharge(
    tx,
    { account, asOf },
    {
      kind: 'bounced',
      source: `payment:${paymentId}`,
      amountMinor: missingMinor,
      dueOn: addDuration(dateAt(asOf, plant.zone), plant.policy.postpaid.dueAfter),
      lines: [{ kind: 'bounced', amountMinor: missingMinor }],
    },
  )
}

async function tellReversed(tx: Tx, { account, asOf }: PostingContext, payment: Payment): Promise<void> {
  const { accountId } = account
  const { paymentId, receiptNumber, amountMinor, currency } = payment
  await queueNotice(tx, {
    accountId,
    kind: 'payment-reversed',
    dedupeKey: `payment-reversed:${paymentId}`,
    asOf,
    params: {
      reference: account.customerId ?? accountId,
      receiptNumber: receiptNumber ?? '',
      amountMinor,
      remainingMinor: await openTotalMinor(tx, accountId),
      currency,
    },
  })
}

/** The chase goes on where its steps say; one that had ended is begun anew. */
async function chaseAgain(tx: Tx, { plant, accountId, customerId }: LockedAccount): Promise<void> {
  if (customerId === null) return
  await startWorkflow(tx, {
    workflowType: 'collectDues',
    workflowId: processIds.collection(customerId),
    input: { plant, accountId, customerId },
  })
}
