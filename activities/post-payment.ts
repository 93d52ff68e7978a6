import type { Tx } from '../db/client.ts'
import type { LockedAccount } from '../db/queries/accounts.ts'
import { wakeEndedApplication } from '../db/queries/applications.ts'
import { allocateCredit, readCharges } from '../db/queries/charges.ts'
import { wakeEndedClosing } from '../db/queries/closures.ts'
import { balanceOf, post } from '../db/queries/ledger.ts'
import { queueNotice } from '../db/queries/notices.ts'
import { takeNumbers } from '../db/queries/numbers.ts'
import { nudge } from '../db/queries/outbox.ts'
import { finishPayment, namedChargesOf, openTotalMinor, type Payment } from '../db/queries/payments.ts'
import type { PaymentSaid } from '../db/queries/payment-notices.ts'
import type { PlantTerms } from '../db/queries/plants.ts'
import { paidFor } from '../db/queries/receipts.ts'
import { decideUnpaidHold } from '../db/queries/unpaid-hold.ts'
import { dateAt } from '../domain/calendar.ts'
import { credit, type Posting } from '../domain/ledger.ts'
import { type PaymentMismatch, receiptNumber, receiptSeries } from '../domain/payment.ts'

/** Where and when a payment is posted. The caller holds the account lock. */
export interface PostingContext {
  readonly account: LockedAccount
  readonly plant: PlantTerms
  readonly asOf: string
}

/**
 * The money of a payment becomes the customer's: posted, put against what is owed (named bills first), receipted, told, and the
 * hold for non-payment lifted where nothing is overdue any more; all in the caller's transaction.
 */
export async function postPayment(
  tx: Tx,
  context: PostingContext,
  { payment, said, eventKey, postings }: { payment: Payment; said: PaymentSaid; eventKey: string; postings: readonly Posting[] },
): Promise<void> {
  const { account, plant, asOf } = context
  const { accountId, currency } = account
  const ledger = { account, asOf, zone: plant.zone }
  // Older credit goes first, so that what this payment settles can never be more than was paid.
  await allocateCredit(tx, ledger)
  const { namedCharges, mismatches } = await namedChargesOf(tx, accountId, said)
  const series = receiptSeries(account.plant, dateAt(asOf, plant.zone))
  const number = receiptNumber(series, await takeNumbers(tx, series, 1))
  await post(tx, { eventKey, plant: account.plant, accountId, currency, businessAt: asOf, postings })
  // The database lets a payment settle only its own account's charges: say first whose it is.
  if (payment.accountId === null)
    await tx.updateTable('payments').set({ accountId }).where('paymentId', '=', payment.paymentId).execute()
  await allocateCredit(tx, ledger, { paymentId: payment.paymentId, namedCharges })
  const remainingAfterMinor = await openTotalMinor(tx, accountId)
  const creditAfterMinor = await balanceOf(tx, credit(accountId))
  // What was asked of an application that ended, or of a customer who left, is void: what is paid all the same goes back.
  if (account.closedAt !== null) {
    await wakeEndedApplication(tx, account)
    await wakeEndedClosing(tx, account)
  }
  const noted: PaymentMismatch[] = [...payment.mismatches, ...mismatches]
  if (account.closedAt !== null) noted.push('account-closed')
  await finishPayment(tx, payment.paymentId, {
    accountId,
    namedCharges,
    mismatches: noted,
    receiptNumber: number,
    postedAt: asOf,
    remainingAfterMinor,
    creditAfterMinor,
  })
  await tellPayer(tx, context, {
    payment,
    receiptNumber: number,
    remainingMinor: remainingAfterMinor,
    creditMinor: creditAfterMinor,
  })
  await decideUnpaidHold(tx, { account, asOf, zone: plant.zone, policy: plant.policy, paidOn: payment.valueDate })
  await nudge(tx, `account:${accountId}`)
}

interface Receipted {
  readonly payment: Payment
  readonly receiptNumber: string
  readonly remainingMinor: number
  readonly creditMinor: number
}

/** An applicant who has paid a part is told what is missing and until when; everyone else gets the whole receipt. */
async function tellPayer(
  tx: Tx,
  { account, plant, asOf }: PostingContext,
  { payment, receiptNumber: number, remainingMinor, creditMinor }: Receipted,
): Promise<void> {
  const { accountId } = account
  const to = { accountId, dedupeKey: `payment-received:${payment.paymentId}`, asOf }
  const base = {
    reference: account.customerId ?? accountId,
    receiptNumber: number,
    amountMinor: payment.amountMinor,
    remainingMinor,
    currency: payment.currency,
  }
  const payBy = account.customerId === null && remainingMinor > 0 ? await earliestDue(tx, accountId) : undefined
  if (payBy !== undefined) {
    await queueNotice(tx, { ...to, kind: 'part-payment-received', params: { ...base, payBy } })
    return
  }
  const receivedOn = dateAt(asOf, plant.zone)
  await queueNotice(tx, {
    ...to,
    kind: 'payment-received',
    params: { ...base, receivedOn, channel: payment.channel, paidFor: await paidFor(tx, payment.paymentId), creditMinor },
  })
}

async function earliestDue(tx: Tx, accountId: string): Promise<string | undefined> {
  const open = await readCharges(tx, accountId, { onlyOpen: true })
  return open.map(({ dueOn }) => dueOn).toSorted()[0]
}
