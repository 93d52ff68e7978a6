import type { FastifyRequest } from 'fastify'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Db } from '../db/client.ts'
import { inTransaction } from '../db/queries/accounts.ts'
import { recordAudit } from '../db/queries/audit.ts'
import { businessNow } from '../db/queries/clock.ts'
import { acceptNotice, findNotice, noticesOf, type PaymentSaid } from '../db/queries/payment-notices.ts'
import { findPayment, openTotalMinor, type Payment } from '../db/queries/payments.ts'
import { readPlant } from '../db/queries/plants.ts'
import { isStaffAt } from '../db/queries/staff.ts'
import type { VisibleAccount } from '../db/queries/visibility.ts'
import { dateAt } from '../domain/calendar.ts'
import { assertPaymentAmount } from '../domain/fees.ts'
import { assertBackdating, counterOf, payerKey } from '../domain/payment.ts'
import { processIds } from '../domain/process-ids.ts'
import type { Role } from '../domain/roles.ts'
import type { ApiDeps } from './deps.ts'
import { ApiError } from './errors.ts'
import { idempotencyOf } from './plugins/idempotency.ts'
import { staffOf } from './principal.ts'
import { notFound, visibleAccount } from './visible.ts'

/** The customer stands there: so long is waited for the receipt. */
const RECEIPT_WITHIN_MS = 3000
const LOOK_EVERY_MS = 60

export interface CashTaken {
  readonly payer: string
  readonly amountMinor: number
  readonly currency: string
  readonly place?: 'visit' | 'counter'
  /** The day it was taken, where that was before today. */
  readonly paidOn?: string
  /** The agent, where somebody of the office enters it for him. */
  readonly collectedBy?: string
  readonly billNumber?: string
  readonly chargeIds?: number[]
}

/**
 * Commits that a member of staff took cash and waits a little for its receipt. BELOW_MINIMUM under the smallest part payment;
 * DEADLINE_PASSED where it was taken too long ago; PAYMENT_MISMATCH where the same key said otherwise before: what was said first stands.
 */
export async function takeCash(
  deps: ApiDeps,
  request: FastifyRequest,
  cash: CashTaken,
): Promise<{ payment: Payment } | { noticeId: number }> {
  const { db, now } = deps
  const { login: enteredBy, role } = staffOf(request)
  const account = await payingAccount(db, request, cash.payer)
  const { plant, accountId } = account
  const login = await collectorOf(db, { cash, enteredBy, role, plant })
  const asOf = await businessNow(db, plant, now())
  const key = { provider: `cash-${login}`, reference: idempotencyOf(request).key }
  // What was taken before is not judged again: by now it may have paid what it was measured by.
  if ((await noticesOf(db, key)).length === 0) await assertTakeable(db, account, { ...cash, asOf, role })
  const { payer, amountMinor, currency, billNumber, chargeIds, paidOn } = cash
  const named = { ...(billNumber !== undefined && { billNumber }), ...(chargeIds !== undefined && { chargeIds }) }
  const said: PaymentSaid = {
    status: 'confirmed',
    channel: 'cash',
    payer,
    amountMinor,
    currency,
    holder: cash.place === 'counter' ? counterOf(plant) : login,
    collectedBy: login,
    ...(paidOn !== undefined && { paidOn }),
    ...named,
  }
  const { noticeId } = await inTransaction(db, async (tx) => {
    const accepted = await acceptNotice(tx, { ...key, plant, said, asOf })
    if (accepted.isNew)
      await recordAudit(tx, {
        actor: enteredBy,
        action: 'take-cash',
        subject: processIds.payment(key.provider, key.reference),
        plant,
        businessAt: asOf,
        after: { accountId, amountMinor, currency, collectedBy: login, ...(paidOn !== undefined && { paidOn }) },
      })
    return accepted
  })
  const payment = await untilPosted(db, { ...key, noticeId })
  return payment === undefined ? { noticeId } : { payment }
}

/**
 * Whose hand the cash came into. Who takes it himself names nobody; the cluster in-charge names the agent for whom it is entered late,
 * under the agent's own key, so that it is taken once also if his device tells it after all. NOT_PERMITTED otherwise.
 */
async function collectorOf(
  db: Db,
  { cash, enteredBy, role, plant }: { cash: CashTaken; enteredBy: string; role: Role; plant: string },
): Promise<string> {
  const isAgent = role === 'csa' || role === 'operator'
  if (isAgent && (cash.collectedBy === undefined || cash.collectedBy === enteredBy)) return enteredBy
  if (isAgent || cash.collectedBy === undefined)
    throw new ApiError('NOT_PERMITTED', 'The office enters cash for the agent who took it; an agent enters his own.')
  if (!(await isStaffAt(db, plant, cash.collectedBy)))
    throw new ApiError('INVALID_INPUT', 'There is no such agent at this plant.')
  return cash.collectedBy
}

async function payingAccount(db: Db, request: FastifyRequest, payer: string): Promise<VisibleAccount> {
  const key = payerKey(payer)
  if (key === undefined) throw notFound('account')
  return visibleAccount(db, request, key)
}

/** Cash is in the account's own currency, and a part payment is at least the policy's minimum; the last rest may be smaller. */
async function assertTakeable(
  db: Db,
  { accountId, plant, currency: own }: VisibleAccount,
  { amountMinor, currency, asOf, paidOn, role }: CashTaken & { asOf: string; role: Role },
): Promise<void> {
  if (currency !== own)
    throw new ApiError('INVALID_INPUT', 'This account is kept in another currency.', { details: { currency: own } })
  const { policy, zone } = await readPlant(db, plant, asOf)
  if (paidOn !== undefined) assertBackdating({ paidOn, today: dateAt(asOf, zone), role, terms: policy.payment })
  const openMinor = await openTotalMinor(db, accountId)
  if (openMinor === 0 || amountMinor < openMinor) assertPaymentAmount(amountMinor, policy)
}

async function untilPosted(
  db: Db,
  { noticeId, ...key }: { provider: string; reference: string; noticeId: number },
): Promise<Payment | undefined> {
  for (const lookUntil = performance.now() + RECEIPT_WITHIN_MS; performance.now() < lookUntil; await sleep(LOOK_EVERY_MS)) {
    const notice = await findNotice(db, noticeId)
    if (notice?.state === 'quarantined')
      throw new ApiError(
        'PAYMENT_MISMATCH',
        'This Idempotency-Key stands for another payment. Nothing was posted; the office sees it.',
        { details: { noticeId, reason: notice.quarantineReason } },
      )
    const payment = await findPayment(db, key)
    if (notice?.state === 'done' && payment?.state === 'posted') return payment
  }
  return undefined
}
