import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals'
import { makeNote } from '../../activities/make-note.ts'
import { createPaymentActivities } from '../../activities/payments.ts'
import { createDatabase, type Db } from '../../db/client.ts'
import { inTransaction, withAccount } from '../../db/queries/accounts.ts'
import { allocateCredit } from '../../db/queries/charges.ts'
import { post } from '../../db/queries/ledger.ts'
import { readPlant } from '../../db/queries/plants.ts'
import { payRefund, triesOf } from '../../db/queries/refund-payments.ts'
import { requestCreditRefund } from '../../db/queries/refund-requests.ts'
import { approveRefund, readRefunds, refundableMinor } from '../../db/queries/refunds.ts'
import { isDomainError } from '../../domain/errors.ts'
import { bank, postPaymentReceived, postRefunded } from '../../domain/ledger.ts'
import { ASOF, openPlant } from '../support/books.ts'
import { electricity, expectBooksInBalance, hear, held, newApplicant, openOf, owe, paymentOf } from '../support/payers.ts'
import { freshDatabase, type TestDatabase } from '../support/postgres.ts'
import { PLANT, ZONE } from '../support/village.ts'

let database: TestDatabase
let db: Db
beforeAll(async () => {
  database = await freshDatabase()
  db = createDatabase(database.appUrl, { poolSize: 25 })
  await openPlant(db)
})
afterAll(async () => {
  await db.destroy()
  await database.close()
})
afterEach(() => expectBooksInBalance(db))

const HUNDRED = Array.from({ length: 100 }, (_, index) => index)
const takeIn = (reference: string) =>
  createPaymentActivities({ db }).takeInNotice({ provider: 'sandbox-wallet', reference, asOf: ASOF })

/** Σ of what was allocated from each payment never exceeds it; Σ on each charge never exceeds that. */
async function expectNothingOverspent(): Promise<void> {
  const payments = await db
    .selectFrom('payments')
    .leftJoin('allocations', 'allocations.paymentId', 'payments.paymentId')
    .select((eb) => ['payments.amountMinor', eb.fn.sum<number>('allocations.amountMinor').as('spent')])
    .groupBy(['payments.paymentId', 'payments.amountMinor'])
    .execute()
  for (const { amountMinor, spent } of payments) expect(spent ?? 0).toBeLessThanOrEqual(amountMinor)
  const charges = await db
    .selectFrom('charges')
    .select((eb) => eb.fn<number>('open_amount', ['chargeId']).as('open'))
    .execute()
  for (const { open } of charges) expect(open).toBeGreaterThanOrEqual(0)
}

test('a hundred payments at once on one account settle its bills exactly, and the rest is credit', async () => {
  const { accountId } = await newApplicant(db, ASOF)
  const charges = await Promise.all(
    HUNDRED.slice(0, 10).map((n) => owe(db, accountId, { ...electricity(`20${16 + n}-06-01`, 4_640, '2026-07-10'), asOf: ASOF })),
  )
  for (const n of HUNDRED) await hear(db, { reference: `many-${n}`, amountMinor: 1_000, payer: accountId, asOf: ASOF })
  await Promise.all(HUNDRED.map((n) => takeIn(`many-${n}`)))
  // 100 × 10 rupees = 1,000; 10 bills of 46.40 = 464; 1,000 − 464 = 536
  expect(await openOf(db, ...charges)).toEqual(charges.map(() => 0))
  expect(await held(db, `credit:${accountId}`)).toBe(53_600)
  expect(await held(db, `receivable:${accountId}`)).toBe(0)
  await expectNothingOverspent()
  const payments = await Promise.all(HUNDRED.map((n) => paymentOf(db, `many-${n}`)))
  const numbers = payments.map(({ receiptNumber }) => Number(receiptNumber?.slice(-6))).toSorted((a, b) => a - b)
  expect(numbers).toEqual(HUNDRED.map((n) => n + 1))
})

test('a hundred tries to take in one payment post it once', async () => {
  const { accountId } = await newApplicant(db, ASOF)
  await hear(db, { reference: 'once', amountMinor: 46_400, payer: accountId, asOf: ASOF })
  await Promise.all(HUNDRED.map(() => takeIn('once')))
  expect(await held(db, `credit:${accountId}`)).toBe(46_400)
  expect(
    await db.selectFrom('postings').select('postingId').where('eventKey', '=', 'payment:sandbox-wallet:once').execute(),
  ).toHaveLength(1)
})

test('a hundred notices of one reference with a hundred amounts post one of them', async () => {
  const { accountId } = await newApplicant(db, ASOF)
  await Promise.all(HUNDRED.map((n) => hear(db, { reference: 'liar', amountMinor: 1_000 + n, payer: accountId, asOf: ASOF })))
  await Promise.all([...HUNDRED, ...HUNDRED].map(() => takeIn('liar')))
  for (let left = 100; left > 0; left -= 1) await takeIn('liar')
  const { amountMinor } = await paymentOf(db, 'liar')
  expect(await held(db, `credit:${accountId}`)).toBe(amountMinor)
  const notices = await db
    .selectFrom('paymentNotices')
    .select(['state', (eb) => eb.fn.countAll<number>().as('n')])
    .where('reference', '=', 'liar')
    .groupBy('state')
    .orderBy('state')
    .execute()
  expect(notices).toEqual([
    { state: 'done', n: 1 },
    { state: 'quarantined', n: 99 },
  ])
})

test('a hundred tries to use the same credit use it once', async () => {
  const { accountId } = await newApplicant(db, ASOF)
  await hear(db, { reference: 'credit', amountMinor: 10_000, payer: accountId, asOf: ASOF })
  await takeIn('credit')
  const charges = await Promise.all(
    HUNDRED.slice(0, 5).map((n) => owe(db, accountId, { ...electricity(`20${16 + n}-06-01`, 4_000, '2026-07-10'), asOf: ASOF })),
  )
  await Promise.all(
    HUNDRED.map(() => withAccount(db, accountId, (tx, account) => allocateCredit(tx, { account, asOf: ASOF, zone: ZONE }))),
  )
  // 5 × 40 = 200 owed, 100 paid
  expect((await openOf(db, ...charges)).reduce((sum, open) => sum + open, 0)).toBe(10_000)
  expect(await held(db, `credit:${accountId}`)).toBe(0)
  await expectNothingOverspent()
})

test('payments and bills of many accounts, crossing each other, leave the books in balance', async () => {
  const accounts = await Promise.all(HUNDRED.slice(0, 8).map(() => newApplicant(db, ASOF)))
  const deeds = HUNDRED.map((n) => async () => {
    const { accountId } = accounts[n % 8] ?? { accountId: '' }
    if (n % 3 === 0)
      return void (await owe(db, accountId, { ...electricity(`${1900 + n}-06-01`, 5_000 + n, '2026-07-10'), asOf: ASOF }))
    await hear(db, { reference: `cross-${n}`, amountMinor: 3_000 + n, payer: accountId, asOf: ASOF })
    await takeIn(`cross-${n}`)
  })
  await Promise.all(deeds.map((deed) => deed()))
  await expectNothingOverspent()
})

test('all the credit is given back once, however often and from however many places that is posted', async () => {
  const { accountId } = await newApplicant(db, ASOF)
  const owner = { plant: PLANT, accountId }
  const event = (eventKey: string) => ({ eventKey, ...owner, currency: 'INR', businessAt: ASOF })
  const received = {
    ...event(`in:${accountId}`),
    postings: postPaymentReceived(owner, { into: bank(PLANT), amountMinor: 7_500 }),
  }
  await inTransaction(db, (tx) => post(tx, received))
  const refund = { ...event(`out:${accountId}`), postings: postRefunded(owner, { from: bank(PLANT), amountMinor: 7_500 }) }
  const posted = await Promise.all([1, 2, 3, 4].map(() => inTransaction(db, (tx) => post(tx, refund))))
  expect(posted.filter(Boolean)).toHaveLength(1)
  expect(await inTransaction(db, (tx) => post(tx, refund))).toBe(false)
  expect(await held(db, `credit:${accountId}`)).toBe(0)
  const another = inTransaction(db, (tx) => post(tx, { ...refund, eventKey: `again:${accountId}` }))
  await expect(another).rejects.toThrow(/overdrawn/)
})

test('a hundred concurrent payments, refunds and credit notes on one account leave it right (billing.md rules 3, 7, 13)', async () => {
  const { accountId } = await newApplicant(db, ASOF)
  const plant = await readPlant(db, PLANT, ASOF)
  // 464 rupees for each of ten months, 450 of it on the line that the notes are about.
  const charges = await Promise.all(
    HUNDRED.slice(0, 10).map((n) =>
      owe(db, accountId, {
        ...electricity(`20${16 + n}-06-01`, 46_400, '2026-07-10'),
        lines: [
          { kind: 'fixed', amountMinor: 1_400 },
          { kind: 'energy', amountMinor: 45_000 },
        ],
        asOf: ASOF,
      }),
    ),
  )
  const amounts = { paid: 0, credited: 0, refused: 0 }
  const refundIds: number[] = []
  const pay = async (n: number): Promise<void> => {
    await hear(db, { reference: `mixed-${n}`, amountMinor: 15_000, payer: accountId, asOf: ASOF })
    await takeIn(`mixed-${n}`)
    amounts.paid += 15_000
  }
  const refund = (): Promise<void> =>
    withAccount(db, accountId, async (tx, account) => {
      const amountMinor = Math.min(await refundableMinor(tx, { accountId, kind: 'credit' }), 5_000)
      if (amountMinor <= 0) return
      const asked = { amountMinor, method: 'bank', reason: 'overpaid', requestedBy: 'asha', textId: null } as const
      const { refundId } = await requestCreditRefund(tx, { account, asOf: ASOF }, asked)
      await approveRefund(tx, refundId, { approvedBy: 'deepa', asOf: ASOF })
      refundIds.push(refundId)
    })
  /** Every refund is tried twice, at once with all else: paid once, or it lapses where a bill came first. */
  const payOut = (refundId: number): Promise<void> =>
    withAccount(db, accountId, async (tx, account) => {
      await payRefund(tx, { account, asOf: ASOF }, { refundId, method: 'bank', paidBy: 'asha' })
    }).catch((error: unknown) => {
      if (!isDomainError(error)) throw error
    })
  const credit = (n: number): Promise<void> =>
    withAccount(db, accountId, async (tx, account) => {
      const chargeId = charges[n % 10] ?? 0
      const asked = { kind: 'credit', chargeId, amountMinor: 20_000, lines: [{ line: 2, amountMinor: 20_000 }] } as const
      const by = { reason: 'other', source: `mixed-note:${n}`, madeBy: 'asha', approvedBy: 'deepa' }
      await makeNote(tx, { account, plant, asOf: ASOF }, { ...asked, ...by })
      await allocateCredit(tx, { account, asOf: ASOF, zone: ZONE })
      amounts.credited += 20_000
    }).catch((error: unknown) => {
      if (!isDomainError(error)) throw error
      amounts.refused += 1
    })
  await Promise.all(HUNDRED.slice(0, 50).map((n) => (n % 3 === 0 ? pay(n) : n % 3 === 1 ? refund() : credit(n))))
  const rest = HUNDRED.slice(50).map((n) => (n % 3 === 0 ? pay(n) : n % 3 === 1 ? refund() : credit(n)))
  await Promise.all([...rest, ...refundIds.flatMap((id) => [payOut(id), payOut(id)])])
  await Promise.all(refundIds.flatMap((id) => [payOut(id), payOut(id)]))
  // 33 notes of 200 on ten lines of 450: two fit on each, thirteen do not.
  expect(amounts).toMatchObject({ paid: 34 * 15_000, credited: 20 * 20_000, refused: 13 })
  const open = (await openOf(db, ...charges)).reduce((sum, one) => sum + one, 0)
  expect(await held(db, `receivable:${accountId}`)).toBe(0 - open)
  // 10 × 464 owed − 400 × 10 credited − what was paid and not given back; what is over is credit.
  const refunds = await readRefunds(db, accountId)
  const paidOut = refunds.filter(({ state }) => state === 'paid')
  const refundedMinor = paidOut.reduce((sum, { amountMinor, lapsedMinor }) => sum + amountMinor - lapsedMinor, 0)
  expect(open - (await held(db, `credit:${accountId}`))).toBe(464_000 - 400_000 - amounts.paid + refundedMinor)
  expect(paidOut.length).toBeGreaterThan(0)
  for (const { refundId } of paidOut) expect(await triesOf(db, refundId)).toHaveLength(1)
  await expectNothingOverspent()
  const notes = await db.selectFrom('notes').select('number').where('accountId', '=', accountId).orderBy('number').execute()
  expect(notes.map(({ number }) => Number(number.slice(-6)))).toEqual(notes.map((_, index) => index + 1))
})
