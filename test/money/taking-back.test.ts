import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals'
import { sql } from 'kysely'
import { createPaymentActivities } from '../../activities/payments.ts'
import type { Db } from '../../db/client.ts'
import { withAccount } from '../../db/queries/accounts.ts'
import { allocateCredit } from '../../db/queries/charges.ts'
import { drawDeposit } from '../../db/queries/deposits.ts'
import { post } from '../../db/queries/ledger.ts'
import { type AllocationsOf, takeBackAllocations } from '../../db/queries/taking-back.ts'
import { postOpeningDeposit } from '../../domain/ledger.ts'
import { ASOF, openPlant } from '../support/books.ts'
import { electricity, expectBooksInBalance, hear, held, newApplicant, openOf, owe, paymentOf } from '../support/payers.ts'
import { freshDatabase, type TestDatabase } from '../support/postgres.ts'
import { ZONE } from '../support/village.ts'

let database: TestDatabase
let db: Db
let count = 0
beforeAll(async () => {
  database = await freshDatabase()
  db = database.db
  await openPlant(db)
})
afterAll(() => database.close())
afterEach(() => expectBooksInBalance(db))

/** Somebody who owes 464 rupees for June and has paid what is said of it, in one payment. */
async function payer(paidMinor: number) {
  const { accountId } = await newApplicant(db, ASOF)
  const chargeId = await owe(db, accountId, { ...electricity('2026-06-01', 46_400, '2026-07-10'), asOf: ASOF })
  count += 1
  const reference = `taken-back-${count}`
  await hear(db, { reference, amountMinor: paidMinor, payer: accountId, asOf: ASOF })
  await createPaymentActivities({ db }).takeInNotice({ provider: 'sandbox-wallet', reference, asOf: ASOF })
  return { accountId, chargeId, paymentId: (await paymentOf(db, reference)).paymentId }
}

const takeBack = (accountId: string, asked: { of: AllocationsOf; amountMinor?: number }) =>
  withAccount(db, accountId, (tx, account) => takeBackAllocations(tx, { account, asOf: ASOF }, asked))

const allocations = (chargeId: number) =>
  db.selectFrom('allocations').selectAll().where('chargeId', '=', chargeId).orderBy('allocationId').execute()

/** An allocation written past all our rules: the database has the last word. */
const write = (row: {
  accountId: string
  chargeId: number
  paymentId: number | null
  undoes: number | null
  amountMinor: number
  origin?: string
}) =>
  db
    .insertInto('allocations')
    .values({ businessAt: ASOF, ...row })
    .execute()

test('what was put against a bill is taken off it, by a row that answers the first, and is the customer’s credit (billing.md rule 13)', async () => {
  const { accountId, chargeId } = await payer(46_400)
  expect(await openOf(db, chargeId)).toEqual([0])
  expect(await takeBack(accountId, { of: { chargeId }, amountMinor: 10_000 })).toEqual([{ chargeId, amountMinor: 10_000 }])
  // 464 owed − 464 paid + 100 taken back
  expect(await openOf(db, chargeId)).toEqual([10_000])
  expect(await held(db, `credit:${accountId}`)).toBe(10_000)
  const [first, answer] = await allocations(chargeId)
  expect(first).toMatchObject({ amountMinor: 46_400, undoes: null })
  expect(answer).toMatchObject({ amountMinor: -10_000, undoes: first?.allocationId, paymentId: first?.paymentId })
})

test('the newest goes first, all of it without an amount, and never twice (billing.md rule 3)', async () => {
  const { accountId, chargeId, paymentId } = await payer(20_000)
  await hear(db, { reference: `second-${accountId}`, amountMinor: 20_000, payer: accountId, asOf: ASOF })
  await createPaymentActivities({ db }).takeInNotice({ provider: 'sandbox-wallet', reference: `second-${accountId}`, asOf: ASOF })
  await takeBack(accountId, { of: { chargeId }, amountMinor: 25_000 })
  // 200 of the second, 50 of the first
  const answers = (await allocations(chargeId)).filter(({ undoes }) => undoes !== null)
  expect(answers.map(({ amountMinor }) => amountMinor)).toEqual([-20_000, -5_000])
  expect(answers[1]?.paymentId).toBe(paymentId)
  expect(await takeBack(accountId, { of: { chargeId } })).toEqual([{ chargeId, amountMinor: 15_000 }])
  expect(await takeBack(accountId, { of: { chargeId } })).toEqual([])
  expect(await openOf(db, chargeId)).toEqual([46_400])
  expect(await held(db, `credit:${accountId}`)).toBe(40_000)
})

test('what is taken back is put to use anew by the normal rule, and settles no more than was paid (billing.md rule 3)', async () => {
  const { accountId, chargeId, paymentId } = await payer(46_400)
  await takeBack(accountId, { of: { paymentId } })
  const older = await owe(db, accountId, { ...electricity('2026-05-01', 30_000, '2026-06-10'), asOf: ASOF })
  // 464 of credit: 300 to May, 164 to June
  expect(await openOf(db, chargeId, older)).toEqual([30_000, 0])
  expect(await held(db, `credit:${accountId}`)).toBe(0)
})

test('deposit that paid a debt goes back to the deposit', async () => {
  const { accountId, chargeId } = await payer(6_400)
  await withAccount(db, accountId, async (tx, account) => {
    const { plant, currency } = account
    const postings = postOpeningDeposit(account, { amountMinor: 50_000 })
    await post(tx, { eventKey: `opening-deposit:${accountId}`, plant, accountId, currency, businessAt: ASOF, postings })
    await drawDeposit(tx, { account, asOf: ASOF, zone: ZONE }, { amountMinor: 40_000 })
  })
  expect(await held(db, `deposit:${accountId}`)).toBe(10_000)
  expect(await takeBack(accountId, { of: { anyCredit: true } })).toEqual([{ chargeId, amountMinor: 6_400 }])
  expect(await takeBack(accountId, { of: { chargeId } })).toEqual([{ chargeId, amountMinor: 40_000 }])
  // 500 held, 400 drawn, 400 back
  expect(await held(db, `deposit:${accountId}`)).toBe(50_000)
  expect(await held(db, `credit:${accountId}`)).toBe(6_400)
})

test('the database refuses to take back more than was put there (billing.md rule 3)', async () => {
  const { accountId, chargeId, paymentId } = await payer(20_000)
  const [first] = await allocations(chargeId)
  const undoes = first?.allocationId ?? 0
  await expect(write({ accountId, chargeId, paymentId, undoes, amountMinor: -20_001 })).rejects.toThrow(
    /more would be taken back/,
  )
  await takeBack(accountId, { of: { chargeId }, amountMinor: 15_000 })
  await expect(write({ accountId, chargeId, paymentId, undoes, amountMinor: -5_001 })).rejects.toThrow(/more would be taken back/)
})

test('the database refuses to take back for another account, payment or origin, or to undo an undoing (billing.md rule 13)', async () => {
  const mine = await payer(20_000)
  const theirs = await payer(20_000)
  const [first] = await allocations(mine.chargeId)
  const undoes = first?.allocationId ?? 0
  const answer = { accountId: mine.accountId, chargeId: mine.chargeId, paymentId: mine.paymentId, undoes, amountMinor: -100 }
  await expect(write({ ...answer, accountId: theirs.accountId, chargeId: theirs.chargeId })).rejects.toThrow(/of another account/)
  await expect(write({ ...answer, accountId: theirs.accountId, chargeId: theirs.chargeId, paymentId: null })).rejects.toThrow(
    /is not what/,
  )
  await expect(write({ ...answer, accountId: theirs.accountId })).rejects.toThrow(/of another account/)
  await expect(write({ ...answer, paymentId: null })).rejects.toThrow(/is not what/)
  await expect(write({ ...answer, origin: 'deposit' })).rejects.toThrow(/is not what/)
  await takeBack(mine.accountId, { of: { chargeId: mine.chargeId }, amountMinor: 500 })
  const answered = (await allocations(mine.chargeId)).find((row) => row.undoes !== null)
  await expect(write({ ...answer, undoes: answered?.allocationId ?? 0 })).rejects.toThrow(/is not what/)
})

test('a row that takes nothing back is above zero, one that does is below (billing.md rule 13)', async () => {
  const { accountId, chargeId, paymentId } = await payer(20_000)
  const [first] = await allocations(chargeId)
  const undoes = first?.allocationId ?? 0
  for (const wrong of [
    { undoes: null, amountMinor: -100 },
    { undoes, amountMinor: 100 },
    { undoes: null, amountMinor: 0 },
  ])
    await expect(write({ accountId, chargeId, paymentId, ...wrong })).rejects.toMatchObject({ code: '23514' })
})

test('a hundred at once who take back the same money take it back once (billing.md rule 3)', async () => {
  const { accountId, chargeId } = await payer(46_400)
  const tries = Array.from({ length: 100 }, () => takeBack(accountId, { of: { chargeId }, amountMinor: 30_000 }))
  const taken = (await Promise.all(tries)).flat().reduce((sum, { amountMinor }) => sum + amountMinor, 0)
  expect(taken).toBe(46_400)
  expect(await held(db, `credit:${accountId}`)).toBe(46_400)
  await withAccount(db, accountId, (tx, account) => allocateCredit(tx, { account, asOf: ASOF, zone: ZONE }))
  expect(await openOf(db, chargeId)).toEqual([0])
  const { rows } = await sql<{ n: number }>`select count(*)::int as n from allocations where charge_id = ${chargeId}`.execute(db)
  // 464 put there; 300 and 164 taken back; 464 put there again
  expect(rows).toEqual([{ n: 4 }])
})
