import type { Db, Tx } from '../db/client.ts'
import { inTransaction, type LockedAccount, withAccount, withAccounts } from '../db/queries/accounts.ts'
import { cashComing } from '../db/queries/cash-holders.ts'
import { post } from '../db/queries/ledger.ts'
import { queueStaffNotice } from '../db/queries/notices.ts'
import { nudge } from '../db/queries/outbox.ts'
import {
  acceptNotice,
  closeNotice,
  findPayer,
  lockWaitingNotice,
  noticesOf,
  type PaymentKey,
  type PaymentNotice,
} from '../db/queries/payment-notices.ts'
import { amendAmount, findPayment, insertPayment, lockPayment, movePayment, type Payment } from '../db/queries/payments.ts'
import type { Decision } from '../db/queries/processes.ts'
import { recordMatch } from '../db/queries/suspense-returns.ts'
import { type PlantTerms, readPlant } from '../db/queries/plants.ts'
import { inChargeOf } from '../db/queries/process-waiting.ts'
import { dateAt } from '../domain/calendar.ts'
import { DomainError } from '../domain/errors.ts'
import { postPaymentReceived, postSuspenseIn, postSuspenseOut } from '../domain/ledger.ts'
import {
  judgeNotice,
  type NoticeVerdict,
  paidInto,
  type PaymentState,
  type QuarantineReason,
  valueDateOf,
} from '../domain/payment.ts'
import { carryOutBounce, tellNotConfirmed } from './bounce-payment.ts'
import { type PaymentFacts, readPaymentFacts } from './payment-facts.ts'
import { ask, type PaymentProviders, SANDBOX_PROVIDERS } from './payment-providers.ts'
import { postPayment } from './post-payment.ts'

/** Money that comes in: taken in once, posted, matched, asked after (design, "receive-payment"). */
export function createPaymentActivities({ db, providers = SANDBOX_PROVIDERS }: { db: Db; providers?: PaymentProviders }) {
  return {
    /** Where the payment of that reference stands. */
    readPaymentFacts: ({ asOf, ...key }: PaymentKey & { asOf: string }): Promise<PaymentFacts> => readPaymentFacts(db, key, asOf),

    /** Takes in the oldest waiting notice of a payment, in one transaction with all it brings about; without one does nothing. */
    takeInNotice: async ({ asOf, ...key }: PaymentKey & { asOf: string }): Promise<void> => {
      const waiting = (await noticesOf(db, key)).find(({ state }) => state === 'received')
      if (waiting === undefined) return
      const payer = await findPayer(db, waiting.said.payer)
      const owner = (await findPayment(db, key))?.accountId ?? undefined
      const whose = [payer?.accountId, owner].filter((accountId) => accountId !== undefined)
      await withAccounts(db, whose, async (tx, accounts) => {
        const notice = await lockWaitingNotice(tx, key)
        if (notice?.noticeId !== waiting.noticeId) return
        const account = accounts.find(({ accountId }) => accountId === payer?.accountId)
        await takeIn(tx, { notice, account, asOf, owner: accounts.find(({ accountId }) => accountId === owner) })
      })
    },

    /** Asks the provider, whose answer is one more notice: what is learned so takes the same path. No answer changes nothing. */
    askProvider: async ({ asOf, ...key }: PaymentKey & { asOf: string }): Promise<void> => {
      const answer = await ask(providers, key)
      if (answer === undefined) return
      await inTransaction(db, async (tx) => {
        const [first] = await noticesOf(tx, key)
        if (first === undefined) return
        const { amountMinor, currency } = first.said
        const said = {
          ...first.said,
          amountMinor: answer.amountMinor ?? amountMinor,
          currency: answer.currency ?? currency,
          status: answer.status,
        }
        await acceptNotice(tx, { ...key, plant: first.plant, said, asOf })
      })
    },

    /** Writes down whose money it is, unless it is on its way back to its sender. */
    recordMatch: ({ provider, reference, ...decision }: Decision & PaymentKey) =>
      recordMatch(db, { provider, reference }, decision),

    /** Suspended money becomes the account's; PAYMENT_MISMATCH where it is of another plant or currency. Doing it again changes nothing. */
    matchPayment: ({ accountId, asOf, ...key }: PaymentKey & { accountId: string; asOf: string }): Promise<void> =>
      withAccount(db, accountId, async (tx, account) => {
        const payment = await lockPayment(tx, key)
        const [first] = await noticesOf(tx, key)
        if (payment === undefined || first === undefined || payment.state !== 'suspense') return
        if (account.plant !== payment.plant || account.currency !== payment.currency)
          throw new DomainError('PAYMENT_MISMATCH', 'This account is of another plant or currency', { accountId })
        const plant = await readPlant(tx, account.plant, asOf)
        const postings = postSuspenseOut(account, { amountMinor: payment.amountMinor })
        await postPayment(
          tx,
          { account, plant, asOf },
          { payment, said: first.said, eventKey: `payment-match:${key.provider}:${key.reference}`, postings },
        )
      }),
  }
}

interface Taking {
  readonly notice: PaymentNotice
  /** Whose account the notice names. */
  readonly account: LockedAccount | undefined
  /** Whose the payment is already. */
  readonly owner?: LockedAccount | undefined
  readonly asOf: string
}

async function takeIn(tx: Tx, { notice, account, owner, asOf }: Taking): Promise<void> {
  const standing = await lockPayment(tx, notice)
  const plant = await readPlant(tx, account?.plant ?? notice.plant, asOf)
  const { said } = notice
  const isSamePayer = standing !== undefined && (await namesSamePayer(tx, { notice, account, standing }))
  const verdict = judgeNotice(
    { ...said, currencyHere: account?.currency ?? plant.currency, isPayerKnown: account !== undefined },
    standing && { ...standing, isSamePayer },
  )
  if (verdict.does !== 'quarantine' && verdict.does !== 'nothing') {
    const told = standing ?? (await writeDown(tx, { notice, account, plant, state: FIRST_STATE[verdict.does] }))
    const payment = told.amountMinor === said.amountMinor ? told : await amendAmount(tx, told, said.amountMinor)
    await carryOut(tx, { notice, account, owner, plant, asOf, payment, verdict })
  }
  await closeNotice(tx, notice.noticeId, verdict.does === 'quarantine' ? verdict.reason : undefined)
  if (verdict.does === 'quarantine') await tellSetAside(tx, { notice, plant: plant.plant, reason: verdict.reason, asOf })
}

/** Money may be with the provider and not with the customer: somebody looks at once, not when the list is read. */
async function tellSetAside(
  tx: Tx,
  { notice, plant, reason, asOf }: { notice: PaymentNotice; plant: string; reason: QuarantineReason; asOf: string },
): Promise<void> {
  const { noticeId, provider, reference } = notice
  const params = { noticeId: String(noticeId), providerCode: provider.toUpperCase(), reference, plantCode: plant, reason }
  for (const login of await inChargeOf(tx, plant)) {
    const dedupeKey = `payment-set-aside:${noticeId}:${login}`
    await queueStaffNotice(tx, { plant, login, kind: 'payment-set-aside', params, dedupeKey, asOf })
  }
}

/** The state a payment is written down in; `carryOut` moves it on from there. */
const FIRST_STATE = { post: 'pending', suspend: 'suspense', hold: 'pending', fail: 'failed', bounce: 'pending' } as const

async function writeDown(
  tx: Tx,
  {
    notice,
    account,
    plant,
    state,
  }: { notice: PaymentNotice; account: LockedAccount | undefined; plant: PlantTerms; state: PaymentState },
): Promise<Payment> {
  const { provider, reference, noticeId, said, businessAt } = notice
  const { channel, amountMinor, currency, holder, paidOn } = said
  const receivedOn = dateAt(businessAt, plant.zone)
  const { valueDate, isTooFar } = valueDateOf({ paidOn, receivedOn, terms: plant.policy.payment })
  return insertPayment(tx, {
    provider,
    reference,
    noticeId,
    channel,
    amountMinor,
    currency,
    state,
    plant: plant.plant,
    accountId: account?.accountId ?? null,
    collectedBy: said.collectedBy ?? null,
    paidInto: paidInto({ channel, provider, plant: plant.plant, ...(holder !== undefined && { holder }) }),
    valueDate,
    mismatches: isTooFar ? ['backdated-too-far'] : [],
    receivedAt: businessAt,
  })
}

interface CarryingOut extends Taking {
  readonly plant: PlantTerms
  readonly payment: Payment
  readonly verdict: Exclude<NoticeVerdict, { does: 'quarantine' | 'nothing' }>
}

async function carryOut(tx: Tx, { notice, account, owner, plant, asOf, payment, verdict }: CarryingOut): Promise<void> {
  if (verdict.does === 'bounce')
    return carryOutBounce(tx, { payment, reason: verdict.reason, owner: owner ?? account, plant, asOf })
  const { paymentId, amountMinor, currency, state } = payment
  const into = payment.paidInto ?? paidInto(payment)
  const eventKey = `payment:${payment.provider}:${payment.reference}`
  const isPosted = (verdict.does === 'post' && account !== undefined) || verdict.does === 'suspend'
  if (isPosted) await cashComing(tx, { into, plant: plant.plant, amountMinor, asOf })
  if (verdict.does === 'post' && account !== undefined) {
    const postings = postPaymentReceived(account, { into, amountMinor })
    return postPayment(tx, { account, plant, asOf }, { payment, said: notice.said, eventKey, postings })
  }
  if (verdict.does === 'hold') await movePayment(tx, paymentId, verdict.state)
  if (verdict.does === 'fail') await movePayment(tx, paymentId, 'failed')
  if (verdict.does === 'fail' && account !== undefined && (state === 'pending' || state === 'unknown'))
    await tellNotConfirmed(tx, { account, payment, asOf })
  if (verdict.does === 'suspend') {
    await movePayment(tx, paymentId, 'suspense')
    await post(tx, {
      eventKey,
      plant: plant.plant,
      accountId: null,
      currency,
      businessAt: asOf,
      postings: postSuspenseIn(plant.plant, { into, amountMinor }),
    })
  }
  // A payment in doubt holds off a cut, and its failing ends that: whoever chases the account looks again.
  if (account !== undefined) await nudge(tx, `account:${account.accountId}`)
}

/** The same account, or, while nobody knew whose, the same words as when it was first told. */
async function namesSamePayer(
  tx: Tx,
  { notice, account, standing }: { notice: PaymentNotice; account: LockedAccount | undefined; standing: Payment },
): Promise<boolean> {
  if (account !== undefined && account.accountId === standing.accountId) return true
  const first = (await noticesOf(tx, notice)).find(({ noticeId }) => noticeId === standing.noticeId)
  return first?.said.payer === notice.said.payer
}
