import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals'
import { makeNote } from '../../activities/make-note.ts'
import { createPaymentActivities } from '../../activities/payments.ts'
import { createDatabase, type Db } from '../../db/client.ts'
import { inTransaction, withAccount } from '../../db/queries/accounts.ts'
import { allocateCredit } from '../../db/queries/charges.ts'
import { post } from '../../db/queries/ledger.ts'
import { readPlant } from '../../db/queries/plants.ts'
import { proveMoney } from '../../db/queries/reconciliation/money-rules.ts'
import { payRefund, triesOf } from '../../db/queries/refund-payments.ts'
import { requestCreditRefund } from '../../db/queries/refund-requests.ts'
import { approveRefund, readRefund, readRefunds, refundableMinor } from '../../db/queries/refunds.ts'
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

/** A generator of the same numbers for the same seed, so that a failure can be run again. */
function shuffled<T>(items: readonly T[], seed: number): T[] {
  let state = seed
  const next = (): number => (state = (state * 1_103_515_245 + 12_345) % 2_147_483_648)
  return items
    .map((item) => ({ item, at: next() }))
    .toSorted((a, b) => a.at - b.at)
    .map(({ item }) => item)
}

/** What was done, as each deed was answered: what it must come to is summed up from that, without the ledger. */
interface Told {
  readonly owedMinor: number
  paidMinor: number
  bouncedMinor: number
  creditedMinor: number
  refusedNotes: number
  paidOutMinor: number
}

test.each([1, 2, 3])(
  'a hundred concurrent payments, bounces, refunds, pay-outs and credit notes on one account leave it right, order %i (billing.md rules 3, 7, 13)',
  async (seed) => {
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
    const told: Told = { owedMinor: 464_000, paidMinor: 0, bouncedMinor: 0, creditedMinor: 0, refusedNotes: 0, paidOutMinor: 0 }
    const lock = <T>(work: Parameters<typeof withAccount<T>>[2]) => withAccount(db, accountId, work)
    /** A refusal by the rules is an answer; anything else fails the test. */
    const unlessRefused = (refused: () => void) => (error: unknown) => {
      if (!isDomainError(error)) throw error
      refused()
    }
    const name = (n: number): string => `mixed-${seed}-${n}`
    const hearOf = async (n: number, status: 'confirmed' | 'bounced'): Promise<void> => {
      await hear(db, { reference: name(n), amountMinor: 25_000, payer: accountId, status, asOf: ASOF })
      await takeIn(name(n))
    }
    const pay = async (n: number): Promise<void> => {
      await hearOf(n, 'confirmed')
      told.paidMinor += 25_000
    }
    /** The first twenty payments are there before the hundred begin: ten of them come back, each told of twice. */
    const bounce = async (n: number): Promise<void> => {
      await Promise.all([hearOf(n, 'bounced'), takeIn(name(n))])
      told.bouncedMinor += 25_000
    }
    const ask = (): Promise<number | undefined> =>
      lock(async (tx, account) => {
        const amountMinor = Math.min(await refundableMinor(tx, { accountId, kind: 'credit' }), 5_000)
        if (amountMinor <= 0) return undefined
        const asked = { amountMinor, method: 'bank', reason: 'overpaid', requestedBy: 'asha', textId: null } as const
        const { refundId } = await requestCreditRefund(tx, { account, asOf: ASOF }, asked)
        await approveRefund(tx, refundId, { approvedBy: 'deepa', asOf: ASOF })
        return refundId
      })
    /** What leaves is what whoever pays was told to hand over, once a refund. */
    const payOut = (refundId: number): Promise<void> =>
      lock(async (tx, account) => {
        if ((await readRefund(tx, refundId)).state === 'paid') return
        const { amountMinor, lapsedMinor } = await payRefund(
          tx,
          { account, asOf: ASOF },
          { refundId, method: 'bank', paidBy: 'asha' },
        )
        told.paidOutMinor += amountMinor - lapsedMinor
      }).catch(unlessRefused(() => undefined))
    const refund = async (): Promise<void> => {
      const refundId = await ask()
      if (refundId !== undefined) await Promise.all([payOut(refundId), payOut(refundId)])
    }
    const credit = (n: number): Promise<void> =>
      lock(async (tx, account) => {
        const chargeId = charges[n % 10] ?? 0
        const asked = { kind: 'credit', chargeId, amountMinor: 20_000, lines: [{ line: 2, amountMinor: 20_000 }] } as const
        const by = { reason: 'other', source: `mixed-note:${seed}:${n}`, madeBy: 'asha', approvedBy: 'deepa' }
        await makeNote(tx, { account, plant, asOf: ASOF }, { ...asked, ...by })
        await allocateCredit(tx, { account, asOf: ASOF, zone: ZONE })
        told.creditedMinor += 20_000
      }).catch(unlessRefused(() => (told.refusedNotes += 1)))

    await Promise.all(HUNDRED.slice(0, 20).map(pay))
    const deeds = [
      ...HUNDRED.slice(20, 50).map((n) => () => pay(n)),
      ...HUNDRED.slice(0, 10).map((n) => () => bounce(n)),
      ...HUNDRED.slice(0, 30).map(() => refund),
      ...HUNDRED.slice(0, 30).map((n) => () => credit(n)),
    ]
    expect(deeds).toHaveLength(100)
    await Promise.all(shuffled(deeds, seed).map((deed) => deed()))

    // 50 paid, 10 came back; 30 notes of 200 on ten lines of 450: two fit on each, ten do not.
    expect(told).toMatchObject({
      paidMinor: 50 * 25_000,
      bouncedMinor: 10 * 25_000,
      creditedMinor: 20 * 20_000,
      refusedNotes: 10,
    })
    const refunds = await readRefunds(db, accountId)
    const paidOut = refunds.filter(({ state }) => state === 'paid')
    expect(paidOut.reduce((sum, { amountMinor, lapsedMinor }) => sum + amountMinor - lapsedMinor, 0)).toBe(told.paidOutMinor)
    for (const { refundId } of paidOut) expect(await triesOf(db, refundId)).toHaveLength(1)

    // What the household owes in the end: owed, less notes, less what came in and stayed, plus what was given back.
    const owesMinor = told.owedMinor - told.creditedMinor - (told.paidMinor - told.bouncedMinor) + told.paidOutMinor
    const receivableMinor = 0 - (await held(db, `receivable:${accountId}`))
    const creditMinor = await held(db, `credit:${accountId}`)
    expect(receivableMinor - creditMinor).toBe(owesMinor)
    // 10,000 rupees stay, 640 are owed: what is over is credit, and never are there both a debt and credit.
    await lock((tx, account) => allocateCredit(tx, { account, asOf: ASOF, zone: ZONE }))
    const all = await db.selectFrom('charges').select('chargeId').where('accountId', '=', accountId).orderBy('chargeId').execute()
    const open = (await openOf(db, ...all.map(({ chargeId }) => chargeId))).reduce((sum, one) => sum + one, 0)
    const after = {
      open,
      credit: await held(db, `credit:${accountId}`),
      receivable: 0 - (await held(db, `receivable:${accountId}`)),
    }
    expect(after).toEqual({ open: Math.max(owesMinor, 0), credit: Math.max(-owesMinor, 0), receivable: Math.max(owesMinor, 0) })
    await expectNothingOverspent()
    await expectNumbersWithoutGap()
  },
)

/** Receipts of bounced payments keep their number; no number is missing, and none is there twice (billing.md rule 7). */
async function expectNumbersWithoutGap(): Promise<void> {
  const found = await inTransaction(db, (tx) => proveMoney(tx, { plant: PLANT, zone: ZONE, today: '2026-07-15', asOf: ASOF }))
  expect(found.flatMap(({ rule, findings }) => (rule === 'number-gaps' || rule === 'refund-postings' ? findings : []))).toEqual(
    [],
  )
}
