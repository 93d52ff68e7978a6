import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import { createPaymentActivities } from '../../activities/payments.ts'
import { createPayOutActivities } from '../../activities/pay-outs.ts'
import { createDatabase, type Db } from '../../db/client.ts'
import { inTransaction, withAccount } from '../../db/queries/accounts.ts'
import { recordDecision } from '../../db/queries/processes.ts'
import { triesOf } from '../../db/queries/refund-payments.ts'
import { type CreditRefundAsked, fetchUnclaimed, requestCreditRefund, takeReturned } from '../../db/queries/refund-requests.ts'
import { readRefund } from '../../db/queries/refunds.ts'
import { proveMoney } from '../../db/queries/reconciliation/money-rules.ts'
import { processIds } from '../../domain/process-ids.ts'
import { ASOF, openPlant } from '../support/books.ts'
import { putCash } from '../support/cash.ts'
import { electricity, expectBooksInBalance, hear, held, newApplicant, openOf, owe, paymentOf } from '../support/payers.ts'
import { freshDatabase, type TestDatabase } from '../support/postgres.ts'
import { PLANT, ZONE } from '../support/village.ts'

let database: TestDatabase
let db: Db
let pays: ReturnType<typeof createPayOutActivities>
beforeAll(async () => {
  database = await freshDatabase()
  db = createDatabase(database.appUrl, { poolSize: 20 })
  await openPlant(db)
  pays = createPayOutActivities({ db })
})
afterAll(async () => {
  await db.destroy()
  await database.close()
})
afterEach(async () => {
  await expectBooksInBalance(db)
  await expectRefundsAreTheirPostings()
})

const refusedWith = (code: string) => expect.objectContaining({ code })
const LATER = '2026-10-20T06:00:00.000Z'
let payments = 0

/** The reconciler's own rule: asked, approved, paid equal their postings. */
async function expectRefundsAreTheirPostings(): Promise<void> {
  const look = { plant: PLANT, zone: ZONE, today: '2026-07-15', asOf: ASOF }
  const found = await inTransaction(db, (tx) => proveMoney(tx, look))
  expect(found.find(({ rule }) => rule === 'refund-postings')?.findings).toEqual([])
}

/** Money comes in for that account. Returns its reference. */
async function paid(accountId: string, amountMinor: number): Promise<string> {
  const reference = `in-${(payments += 1)}`
  await hear(db, { reference, amountMinor, payer: accountId, asOf: ASOF })
  await createPaymentActivities({ db }).takeInNotice({ provider: 'sandbox-wallet', reference, asOf: ASOF })
  return reference
}

/** Somebody with so much credit, by one payment. */
async function withCredit(amountMinor: number): Promise<{ accountId: string; paymentId: number; reference: string }> {
  const { accountId } = await newApplicant(db, ASOF)
  const reference = await paid(accountId, amountMinor)
  return { accountId, paymentId: (await paymentOf(db, reference)).paymentId, reference }
}

const ask = (accountId: string, amountMinor: number, more: Partial<CreditRefundAsked> = {}) =>
  withAccount(db, accountId, async (tx, account) => {
    const asked = { amountMinor, method: 'cash', reason: 'overpaid', requestedBy: 'asha', textId: null, ...more } as const
    return (await requestCreditRefund(tx, { account, asOf: ASOF }, asked)).refundId
  })

async function approve(accountId: string, refundId: number): Promise<number> {
  const decision = { workflowId: processIds.payOut(refundId), step: 'approval', verdict: 'approved' }
  await recordDecision(db, { ...decision, decidedBy: 'deepa', decidedAt: ASOF })
  await pays.settleRefundApproval({ accountId, refundId, asOf: ASOF })
  return refundId
}

const approved = async (accountId: string, amountMinor: number, more: Partial<CreditRefundAsked> = {}) =>
  approve(accountId, await ask(accountId, amountMinor, more))

interface Said {
  readonly amountMinor: number
  readonly method?: 'cash' | 'upi' | 'bank'
  readonly reference?: string
  readonly isUnknown?: boolean
  readonly provider?: string
}

async function pay(accountId: string, refundId: number, { by = 'asha', ...detail }: Said & { by?: string }) {
  const number = (await triesOf(db, refundId)).length + 1
  const decision = { workflowId: processIds.payOut(refundId), step: `payment:${number}`, verdict: 'paid' }
  return pays.recordRefundPayment({ ...decision, decidedBy: by, decidedAt: ASOF, detail: { ...detail }, accountId, refundId })
}

const noticesOf = async (accountId: string) =>
  (
    await db
      .selectFrom('notifications')
      .select('kind')
      .where('accountId', '=', accountId)
      .where('kind', 'like', '%refund%')
      .orderBy('notificationId')
      .execute()
  ).map(({ kind }) => kind)

describe('credit that is given back', () => {
  test('is asked for, approved, paid in cash out of the hand of whoever pays, and told at each step', async () => {
    const { accountId } = await withCredit(30_000)
    await putCash(db, { holder: 'asha', amountMinor: 40_000, at: ASOF, event: 'for-refunds' })
    const refundId = await approved(accountId, 30_000)
    expect(await pay(accountId, refundId, { amountMinor: 30_000, method: 'cash', reference: 'slip-1' })).toMatchObject({
      recorded: true,
    })
    expect(await readRefund(db, refundId)).toMatchObject({ state: 'paid', lapsedMinor: 0, approvedBy: 'deepa', paidAt: ASOF })
    // 300 of 400 left the hand.
    expect([await held(db, `credit:${accountId}`), await held(db, 'cash:asha')]).toEqual([0, -10_000])
    expect(await noticesOf(accountId)).toEqual(['refund-requested', 'refund-approved', 'payment-refunded'])
  })

  test('is refused beyond what is held and not asked for already', async () => {
    const { accountId } = await withCredit(30_000)
    await ask(accountId, 20_000)
    await expect(ask(accountId, 10_001)).rejects.toThrow(refusedWith('REFUND_EXCEEDS'))
    await ask(accountId, 10_000)
  })

  test('is less where a bill has used some of it meanwhile, and only that amount can be handed over (billing.md rule 3)', async () => {
    const { accountId } = await withCredit(30_000)
    const refundId = await approved(accountId, 30_000)
    await owe(db, accountId, { ...electricity('2026-06-01', 18_000, '2026-07-10'), asOf: ASOF })
    const transfer = { method: 'upi', reference: 'UTR-less' } as const
    expect(await pay(accountId, refundId, { ...transfer, amountMinor: 30_000 })).toMatchObject({
      refused: { code: 'REFUND_EXCEEDS' },
    })
    // 300 − 180
    await pay(accountId, refundId, { ...transfer, amountMinor: 12_000 })
    expect(await readRefund(db, refundId)).toMatchObject({ state: 'paid', amountMinor: 30_000, lapsedMinor: 18_000 })
    expect(await held(db, `credit:${accountId}`)).toBe(0)
  })

  test('ends where a bill has used all of it, and the customer is told', async () => {
    const { accountId } = await withCredit(30_000)
    const refundId = await approved(accountId, 30_000)
    await pays.lapseRefund({ accountId, refundId, asOf: ASOF })
    expect(await readRefund(db, refundId)).toMatchObject({ state: 'approved' })
    await owe(db, accountId, { ...electricity('2026-06-01', 30_000, '2026-07-10'), asOf: ASOF })
    await pays.lapseRefund({ accountId, refundId, asOf: ASOF })
    expect(await readRefund(db, refundId)).toMatchObject({ state: 'lapsed', lapsedMinor: 30_000 })
    expect((await noticesOf(accountId)).at(-1)).toBe('refund-lapsed')
  })

  test('is not paid where neither whoever pays nor the counter has the cash, and nothing of the try stays', async () => {
    const { accountId } = await withCredit(30_000)
    const refundId = await approved(accountId, 30_000)
    const short = await pay(accountId, refundId, { amountMinor: 30_000, method: 'cash', by: 'imran' })
    expect(short).toMatchObject({ refused: { code: 'CASH_SHORT' } })
    expect(await triesOf(db, refundId)).toEqual([])
    await putCash(db, { holder: 'counter-BHKATS', amountMinor: 30_000, at: ASOF, event: 'float' })
    await pay(accountId, refundId, { amountMinor: 30_000, method: 'cash', by: 'imran' })
    expect(await readRefund(db, refundId)).toMatchObject({ state: 'paid' })
  })

  test('is never paid by who approved it, nor approved by who asked for it: the database refuses it too', async () => {
    const { accountId } = await withCredit(30_000)
    const refundId = await approved(accountId, 30_000)
    const own = pay(accountId, refundId, { amountMinor: 30_000, method: 'upi', reference: 'UTR-own', by: 'deepa' })
    await expect(own).rejects.toThrow(/that he approved/)
    const asked = await ask((await withCredit(5_000)).accountId, 5_000, { requestedBy: 'deepa' })
    await expect(db.updateTable('refunds').set({ approvedBy: 'deepa' }).where('refundId', '=', asked).execute()).rejects.toThrow(
      'refunds_by_another',
    )
  })
})

describe('a payment that is given back', () => {
  test('is never given back beyond what was paid, however much credit there is (billing.md rule 3)', async () => {
    const { accountId, paymentId } = await withCredit(20_000)
    await paid(accountId, 50_000)
    await ask(accountId, 15_000, { paymentId })
    await expect(ask(accountId, 5_001, { paymentId })).rejects.toThrow(refusedWith('REFUND_EXCEEDS'))
    await ask(accountId, 5_000, { paymentId })
    const raw = { accountId, kind: 'credit', source: 'by-hand', amountMinor: 1, currency: 'INR', method: 'cash' }
    const behind = db
      .insertInto('refunds')
      .values({ ...raw, paymentId, requestedAt: ASOF })
      .execute()
    await expect(behind).rejects.toThrow(/more than payment/)
  })

  test('is not given back once it has bounced, whatever other credit there is (billing.md "Refunds / chargebacks")', async () => {
    const { accountId, paymentId, reference } = await withCredit(20_000)
    await paid(accountId, 20_000)
    const refundId = await approved(accountId, 20_000, { paymentId })
    await hear(db, { reference, amountMinor: 20_000, payer: accountId, status: 'bounced', asOf: ASOF })
    await createPaymentActivities({ db }).takeInNotice({ provider: 'sandbox-wallet', reference, asOf: ASOF })
    expect(await held(db, `credit:${accountId}`)).toBe(20_000)
    await pays.lapseRefund({ accountId, refundId, asOf: ASOF })
    expect(await readRefund(db, refundId)).toMatchObject({ state: 'lapsed' })
  })

  test('of somebody else does not exist', async () => {
    const { paymentId } = await withCredit(20_000)
    const { accountId } = await withCredit(20_000)
    await expect(ask(accountId, 1_000, { paymentId })).rejects.toThrow(refusedWith('NOT_FOUND'))
  })
})

describe('a transfer', () => {
  const transfer = (reference: string) => ({ amountMinor: 30_000, method: 'upi', reference }) as const

  test('of which nobody knows is not paid, not sent again, and out of reach of a bill (billing.md rule 16)', async () => {
    const { accountId } = await withCredit(30_000)
    const refundId = await approved(accountId, 30_000)
    await pay(accountId, refundId, { ...transfer('UTR-lost'), isUnknown: true })
    expect(await readRefund(db, refundId)).toMatchObject({ state: 'sending', paidAt: null })
    expect(await pay(accountId, refundId, transfer('UTR-again'))).toMatchObject({ refused: { code: 'WRONG_STAGE' } })
    await owe(db, accountId, { ...electricity('2026-06-01', 30_000, '2026-07-10'), asOf: ASOF })
    expect(await held(db, `paying-out:${accountId}`)).toBe(30_000)
    await decide(refundId, { verdict: 'arrived', number: 1 })
    await pays.settleRefundTransfer({ accountId, refundId, try: 1, asOf: LATER })
    expect(await readRefund(db, refundId)).toMatchObject({ state: 'paid', paidAt: LATER })
    expect(await held(db, `paying-out:${accountId}`)).toBe(0)
    expect((await noticesOf(accountId)).slice(2)).toEqual(['refund-sent', 'payment-refunded'])
  })

  test('of which nobody knows is asked after: silence decides nothing, a no frees the money to be paid another way', async () => {
    const { accountId } = await withCredit(30_000)
    const refundId = await approved(accountId, 30_000)
    const sent = { ...transfer('UTR-silent'), isUnknown: true, provider: 'sandbox-wallet' }
    await pay(accountId, refundId, sent)
    await pays.askAboutTransfer({ accountId, refundId, try: 1, asOf: LATER })
    expect(await readRefund(db, refundId)).toMatchObject({ state: 'sending' })
    const other = await withCredit(30_000)
    const second = await approved(other.accountId, 30_000)
    await pay(other.accountId, second, { ...transfer('UTR-fails'), isUnknown: true, provider: 'sandbox-wallet' })
    await pays.askAboutTransfer({ accountId: other.accountId, refundId: second, try: 1, asOf: LATER })
    await pays.askAboutTransfer({ accountId: other.accountId, refundId: second, try: 1, asOf: LATER })
    expect(await readRefund(db, second)).toMatchObject({ state: 'approved' })
    expect(await held(db, `credit:${other.accountId}`)).toBe(30_000)
    await pay(other.accountId, second, transfer('UTR-works'))
    expect(await triesOf(db, second)).toMatchObject([{ state: 'failed', settledBy: 'sandbox-wallet' }, { state: 'paid' }])
  })

  test('that failed pays first what became open meanwhile: nobody is cut while we hold their money', async () => {
    const { accountId } = await withCredit(30_000)
    const refundId = await approved(accountId, 30_000)
    await pay(accountId, refundId, { ...transfer('UTR-2-fails'), isUnknown: true, provider: 'sandbox-wallet' })
    const bill = await owe(db, accountId, { ...electricity('2026-06-01', 18_000, '2026-07-10'), asOf: ASOF })
    expect(await openOf(db, bill)).toEqual([18_000])
    await pays.askAboutTransfer({ accountId, refundId, try: 1, asOf: LATER })
    expect(await openOf(db, bill)).toEqual([0])
    // 300 − 180
    await pay(accountId, refundId, { amountMinor: 12_000, method: 'upi', reference: 'UTR-the-rest' })
    expect(await readRefund(db, refundId)).toMatchObject({ state: 'paid', lapsedMinor: 18_000 })
  })

  test('is told of once: its reference is one refund’s', async () => {
    const [one, two] = [await withCredit(30_000), await withCredit(30_000)]
    await pay(one.accountId, await approved(one.accountId, 30_000), transfer('UTR-once'))
    const again = await pay(two.accountId, await approved(two.accountId, 30_000), transfer('UTR-once'))
    expect(again).toMatchObject({ refused: { code: 'ALREADY_EXISTS' } })
  })

  test('that came back is paid another way; who sent it does not say so, and cash does not come back', async () => {
    const { accountId } = await withCredit(30_000)
    const refundId = await approved(accountId, 30_000)
    await pay(accountId, refundId, transfer('UTR-closed'))
    const back = (by: string) =>
      withAccount(db, accountId, (tx, account) => takeReturned(tx, { account, asOf: LATER }, { refundId, by, proof: 'RET-1' }))
    await expect(back('asha')).rejects.toThrow(refusedWith('OWN_ENTRY'))
    await back('geeta')
    expect(await readRefund(db, refundId)).toMatchObject({ state: 'approved', payableSince: LATER, paidAt: null })
    expect(await held(db, `credit:${accountId}`)).toBe(30_000)
    await putCash(db, { holder: 'imran', amountMinor: 30_000, at: ASOF, event: 'another-way' })
    await pay(accountId, refundId, { amountMinor: 30_000, method: 'cash', by: 'imran' })
    await expect(back('geeta')).rejects.toThrow(refusedWith('WRONG_STAGE'))
    expect(await triesOf(db, refundId)).toMatchObject([
      { state: 'returned', settledProof: 'RET-1' },
      { state: 'paid', method: 'cash' },
    ])
  })
})

describe('what nobody fetches', () => {
  test('is kept apart, never income, and paid from there whenever the customer comes', async () => {
    const { accountId } = await withCredit(30_000)
    const refundId = await approved(accountId, 30_000)
    await pays.keepRefundUnclaimed({ accountId, refundId, asOf: LATER })
    await pays.keepRefundUnclaimed({ accountId, refundId, asOf: LATER })
    expect(await held(db, `unclaimed:${accountId}`)).toBe(30_000)
    const said = { amountMinor: 30_000, method: 'upi', reference: 'UTR-years-later' } as const
    expect(await pay(accountId, refundId, said)).toMatchObject({ refused: { code: 'WRONG_STAGE' } })
    const come = () =>
      withAccount(db, accountId, (tx, account) =>
        fetchUnclaimed(tx, { account, asOf: '2031-01-01T06:00:00.000Z' }, { refundId, method: 'upi' }),
      )
    await come()
    await come()
    await pay(accountId, refundId, said)
    expect(await readRefund(db, refundId)).toMatchObject({ state: 'paid' })
    expect(await held(db, `unclaimed:${accountId}`)).toBe(0)
    await expect(come()).rejects.toThrow(refusedWith('WRONG_STAGE'))
  })
})

test('a hundred who pay one refund at once pay it once (billing.md rules 3, 16)', async () => {
  const { accountId } = await withCredit(30_000)
  const refundId = await approved(accountId, 30_000)
  const decision = { workflowId: processIds.payOut(refundId), step: 'payment:1', verdict: 'paid', decidedAt: ASOF }
  const answers = await Promise.all(
    Array.from({ length: 100 }, (_, n) =>
      pays.recordRefundPayment({
        ...{ ...decision, decidedBy: `payer-${n}`, accountId, refundId },
        detail: { method: 'bank', amountMinor: 30_000, reference: `race-${n}` },
      }),
    ),
  )
  expect(answers.filter((answer) => answer.refused === undefined && answer.recorded)).toHaveLength(1)
  expect(await triesOf(db, refundId)).toHaveLength(1)
  expect(await held(db, `credit:${accountId}`)).toBe(0)
})

async function decide(refundId: number, { verdict, number }: { verdict: string; number: number }): Promise<void> {
  const decision = { workflowId: processIds.payOut(refundId), step: `transfer:${number}`, verdict }
  await recordDecision(db, { ...decision, decidedBy: 'geeta', decidedAt: LATER, detail: { proof: 'STATEMENT-9' } })
}
