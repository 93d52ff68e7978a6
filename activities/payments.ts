import type { Db, Tx } from '../db/client.ts'
import { inTransaction, type LockedAccount, withAccount, withAccounts } from '../db/queries/accounts.ts'
import { post } from '../db/queries/ledger.ts'
import { queueNotice } from '../db/queries/notices.ts'
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
import { findPayment, insertPayment, lockPayment, movePayment, type Payment } from '../db/queries/payments.ts'
import { type PlantTerms, readPlant } from '../db/queries/plants.ts'
import { readDecision } from '../db/queries/processes.ts'
import { addToInstant, dateAt } from '../domain/calendar.ts'
import { DomainError } from '../domain/errors.ts'
import { postPaymentReceived, postSuspenseIn, postSuspenseOut } from '../domain/ledger.ts'
import { judgeNotice, nextAskAt, type NoticeVerdict, paidInto, type PaymentState, valueDateOf } from '../domain/payment.ts'
import { processIds } from '../domain/process-ids.ts'
import { type PaymentProviders, type ProviderAnswer, SANDBOX_PROVIDERS } from './payment-providers.ts'
import { postPayment } from './post-payment.ts'

/** Everything the payment's workflow decides by: states and numbers, nothing of what a payer wrote. */
export interface PaymentFacts {
  readonly state: PaymentState | null
  /** Notices that nobody has taken in yet. */
  readonly noticesWaiting: number
  /** Whose it is, as someone decided, while that is not carried out yet. */
  readonly matchedTo: string | null
  /** When the provider is asked next, while it leaves us in doubt. */
  readonly askAt: string | null
  /** True while the doubt holds off a cut; after that people are waited for. */
  readonly isFresh: boolean
}

const ASK_WITHIN_MS = 10_000

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
      await withAccounts(db, payer === undefined ? [] : [payer.accountId], async (tx, [account]) => {
        const notice = await lockWaitingNotice(tx, key)
        if (notice?.noticeId !== waiting.noticeId) return
        await takeIn(tx, { notice, account, asOf })
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

async function readPaymentFacts(db: Db, key: PaymentKey, asOf: string): Promise<PaymentFacts> {
  const payment = await findPayment(db, key)
  const noticesWaiting = (await noticesOf(db, key)).filter(({ state }) => state === 'received').length
  const state = payment?.state ?? null
  const match =
    state === 'suspense' ? await readDecision(db, processIds.payment(key.provider, key.reference), 'match') : undefined
  const facts = { state, noticesWaiting, matchedTo: typeof match?.detail?.accountId === 'string' ? match.detail.accountId : null }
  if (payment === undefined || (state !== 'pending' && state !== 'unknown')) return { ...facts, askAt: null, isFresh: false }
  const { zone, policy } = await readPlant(db, payment.plant, asOf)
  return {
    ...facts,
    askAt: nextAskAt({ receivedAt: payment.receivedAt, asOf, zone }),
    isFresh: asOf < addToInstant(payment.receivedAt, policy.payment.uncertainHoldsOffCut, zone),
  }
}

interface Taking {
  readonly notice: PaymentNotice
  readonly account: LockedAccount | undefined
  readonly asOf: string
}

async function takeIn(tx: Tx, { notice, account, asOf }: Taking): Promise<void> {
  const standing = await lockPayment(tx, notice)
  const plant = await readPlant(tx, account?.plant ?? notice.plant, asOf)
  const { said } = notice
  const isSamePayer = standing !== undefined && (await namesSamePayer(tx, { notice, account, standing }))
  const verdict = judgeNotice(
    { ...said, currencyHere: account?.currency ?? plant.currency, isPayerKnown: account !== undefined },
    standing && { ...standing, isSamePayer },
  )
  if (verdict.does !== 'quarantine' && verdict.does !== 'nothing') {
    const payment = standing ?? (await writeDown(tx, { notice, account, plant, state: FIRST_STATE[verdict.does] }))
    await carryOut(tx, { notice, account, plant, asOf, payment, verdict })
  }
  await closeNotice(tx, notice.noticeId, verdict.does === 'quarantine' ? verdict.reason : undefined)
}

/** The state a payment is written down in; `carryOut` moves it on from there. */
const FIRST_STATE = { post: 'pending', suspend: 'suspense', hold: 'pending', fail: 'failed' } as const

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
    valueDate: valueDateOf({ paidOn, receivedOn: dateAt(businessAt, plant.zone) }),
    receivedAt: businessAt,
  })
}

interface CarryingOut extends Taking {
  readonly plant: PlantTerms
  readonly payment: Payment
  readonly verdict: Exclude<NoticeVerdict, { does: 'quarantine' | 'nothing' }>
}

async function carryOut(tx: Tx, { notice, account, plant, asOf, payment, verdict }: CarryingOut): Promise<void> {
  const { paymentId, amountMinor, currency, state } = payment
  const into = payment.paidInto ?? paidInto(payment)
  const eventKey = `payment:${payment.provider}:${payment.reference}`
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

async function tellNotConfirmed(
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

/** The same account, or, while nobody knew whose, the same words as when it was first told. */
async function namesSamePayer(
  tx: Tx,
  { notice, account, standing }: { notice: PaymentNotice; account: LockedAccount | undefined; standing: Payment },
): Promise<boolean> {
  if (account !== undefined && account.accountId === standing.accountId) return true
  const first = (await noticesOf(tx, notice)).find(({ noticeId }) => noticeId === standing.noticeId)
  return first?.said.payer === notice.said.payer
}

async function ask(providers: PaymentProviders, { provider, reference }: PaymentKey): Promise<ProviderAnswer | undefined> {
  try {
    return await providers[provider]?.status(reference, AbortSignal.timeout(ASK_WITHIN_MS))
  } catch {
    // Trouble on the way says nothing of the payment: it stays as it is, and is asked after again (billing.md rule 16).
    return undefined
  }
}
