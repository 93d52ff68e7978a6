import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { sql } from 'kysely'
import { readDepositStatement } from '../../api/deposit-statement.ts'
import { createBillingActivities } from '../../activities/billing.ts'
import { createDepositReviewActivities } from '../../activities/deposit-reviews.ts'
import { createReconciliationActivities } from '../../activities/reconciliation.ts'
import type { Db } from '../../db/client.ts'
import { listCases } from '../../db/queries/cases.ts'
import { readCharges } from '../../db/queries/charges.ts'
import { recordDecision } from '../../db/queries/processes.ts'
import { openTotalMinor } from '../../db/queries/payments.ts'
import { startOfDay } from '../../domain/calendar.ts'
import { credit, depositHeld } from '../../domain/ledger.ts'
import { KATSA_POLICY_V1 } from '../../domain/policy.ts'
import { processIds } from '../../domain/process-ids.ts'
import { makeDailyRounds } from '../../workers/relay/daily-rounds.ts'
import { expectBooksInBalance } from '../support/balanced-books.ts'
import { billFor } from '../support/billing.ts'
import { connectCustomer, type ConnectedCustomer, type CustomerWish, payInCash } from '../support/connections.ts'
import { held } from '../support/payers.ts'
import { freshDatabase, type TestDatabase } from '../support/postgres.ts'
import { PLANT, seedPlant, ZONE } from '../support/village.ts'
import { storeReading } from '../../simulate/village/meters.ts'

// Katsa on 1 July 2027, a year after everybody was connected. B1.1: 50 rupees and 18 a unit, 464 expected, a deposit of 500.
const START = '2026-07-01T03:30:00.000Z'
const A_YEAR_LATER = '2027-07-01T04:30:00.000Z'
let database: TestDatabase
let db: Db
beforeAll(async () => {
  database = await freshDatabase()
  db = database.db
  await seedPlant(db, { wallFrom: START, startsAt: START, policy: KATSA_POLICY_V1 })
})
afterAll(async () => {
  await expectBooksInBalance(db)
  await database.close()
})

const connected = (wish: CustomerWish = {}): Promise<ConnectedCustomer> => connectCustomer(db, wish)

const review = ({ accountId }: ConnectedCustomer, asOf = A_YEAR_LATER): Promise<boolean> =>
  createDepositReviewActivities({ db }).reviewDeposit({ plant: PLANT, accountId, asOf })

async function parts({ accountId }: ConnectedCustomer) {
  const charges = await readCharges(db, accountId)
  return charges.filter(({ kind }) => kind === 'deposit').map(({ source, openMinor, dueOn }) => [source, openMinor, dueOn])
}

async function reviewOf({ accountId }: ConnectedCustomer) {
  return db.selectFrom('depositReviews').selectAll().where('accountId', '=', accountId).executeTakeFirst()
}

async function noticesTo({ accountId }: ConnectedCustomer) {
  const rows = await db
    .selectFrom('notifications')
    .select(['kind', 'params'])
    .where('accountId', '=', accountId)
    .where('kind', 'like', 'deposit-%')
    .orderBy('notificationId')
    .execute()
  return rows.map(({ kind, params }) => [kind, params])
}

const statement = async ({ accountId }: ConnectedCustomer, asOf: string) => {
  const account = await db.selectFrom('accounts').selectAll().where('accountId', '=', accountId).executeTakeFirstOrThrow()
  return readDepositStatement({ db }, account, { asOf, from: undefined, to: undefined })
}

test('a deposit that fits is looked at after a year, not before, and once', async () => {
  const fits = await connected()
  expect(await review(fits, '2027-06-30T04:30:00.000Z')).toBe(false)
  expect(await review(fits)).toBe(true)
  expect(await review(fits)).toBe(false)
  expect(await reviewOf(fits)).toMatchObject({ reviewOn: '2027-07-01', dueMinor: 50_000, heldMinor: 50_000, topUpMinor: 0 })
  expect(await noticesTo(fits)).toEqual([])
  expect(await statement(fits, A_YEAR_LATER)).toMatchObject({ heldMinor: 50_000, nextReviewOn: '2028-07-01' })
})

test('one that is far too small is asked for in three parts with the next bills, and nobody owes it before', async () => {
  const short = await connected({ depositMinor: 20_000 })
  await review(short)
  // 500 due, 200 held: 300 missing, more than 125 (25 %) and than 100.
  const asked = [
    ['top-up:2027-07-01:1', 10_000, '2027-08-10'],
    ['top-up:2027-07-01:2', 10_000, '2027-09-10'],
    ['top-up:2027-07-01:3', 10_000, '2027-10-10'],
  ]
  expect(await parts(short)).toEqual(asked)
  const params = {
    customerId: short.customerId,
    heldMinor: 20_000,
    dueMinor: 50_000,
    topUpMinor: 30_000,
    parts: 3,
    currency: 'INR',
  }
  expect(await noticesTo(short)).toEqual([['deposit-top-up-asked', params]])
  await payInCash(db, { accountId: short.accountId, amountMinor: 5_000, at: '2027-07-02T06:00:00.000Z', reference: 'early' })
  expect(await held(db, credit(short.accountId))).toBe(5_000)
  expect(await openTotalMinor(db, short.accountId)).toBe(0)
})

test('short by a quarter, or by a hundred rupees, nothing is asked', async () => {
  // 500 due: 400 is 100 short (not more than 100); 390 is 110 short, but not more than 125.
  for (const depositMinor of [40_000, 39_000]) {
    const nearly = await connected({ depositMinor })
    await review(nearly)
    expect(await parts(nearly)).toEqual([])
  }
})

test('what is too much becomes credit, with word of it, and pays what is owed', async () => {
  const rich = await connected({ depositMinor: 80_000, openingDues: { amountMinor: 12_000, dueOn: '2027-07-10' } })
  await review(rich)
  // 800 held, 500 due: 300 of credit, of which 120 go to the dues.
  expect(await held(db, depositHeld(rich.accountId))).toBe(50_000)
  expect(await held(db, credit(rich.accountId))).toBe(18_000)
  const params = { customerId: rich.customerId, creditedMinor: 30_000, heldMinor: 50_000, currency: 'INR' }
  expect(await noticesTo(rich)).toEqual([['deposit-excess-credited', params]])
  const { movements } = await statement(rich, A_YEAR_LATER)
  expect(movements.map(({ kind, amountMinor }) => [kind, amountMinor])).toEqual([
    ['opening', 80_000],
    ['deposit-excess', -30_000],
  ])
})

test('a household of an exempt kind gets all of it back as credit, and is asked for nothing', async () => {
  const exempt = await connected({ category: 'panchayat', depositMinor: 20_000 })
  await review(exempt)
  expect(await held(db, credit(exempt.accountId))).toBe(20_000)
  expect(await reviewOf(exempt)).toMatchObject({ dueMinor: 0, creditedMinor: 20_000 })
})

test('whose deposit the state in-charge gave up is asked for nothing', async () => {
  const waived = await connected({ depositMinor: 0 })
  const workflowId = processIds.onboarding(waived.accountId)
  const decision = { step: 'deposit-waiver', verdict: 'waived', decidedBy: 'farida', decidedAt: START, detail: {} }
  await recordDecision(db, { workflowId, ...decision })
  await review(waived)
  expect(await parts(waived)).toEqual([])
})

test('who is leaving, or is about to change the package, is passed over', async () => {
  const leaves = await connected({ depositMinor: 20_000 })
  await db.updateTable('connections').set({ leftOn: '2027-06-15' }).where('customerId', '=', leaves.customerId).execute()
  expect(await review(leaves)).toBe(false)
})

test('a plant’s day reviews all that is due, and starts on such days only', async () => {
  const wallMs = (at: string): number => Date.parse(at)
  const started = async () => {
    const { rows } = await sql<{
      id: string
    }>`select workflow_id as id from outbox where workflow_id like 'deposit-review:%' order by 1`.execute(db)
    return rows.map(({ id }) => id)
  }
  await makeDailyRounds({ db, now: () => wallMs('2027-06-30T05:00:00.000Z') })
  expect(await started()).toEqual([])
  const late = await connected({ depositMinor: 20_000 })
  await makeDailyRounds({ db, now: () => wallMs('2027-07-01T05:00:00.000Z') })
  expect(await started()).toEqual(['deposit-review:BHKATS:2027-07-01'])
  const set = await createDepositReviewActivities({ db }).reviewDueDeposits({ plant: PLANT, asOf: A_YEAR_LATER, after: '' })
  expect(set).toMatchObject({ refused: [], next: null })
  expect(await parts(late)).toHaveLength(3)
})

test('its first part stands on the next bill by its name, is paid with it, and is on the statement', async () => {
  await reviewMonthly('2027-07-15')
  const short = await connected({ depositMinor: 20_000, connectedOn: '2027-06-20' })
  await review(short, '2027-07-20T04:30:00.000Z')
  await bill(short, '2027-07-01', 100_000) // 50.00 × 11 ÷ 30 = 18.33, and so 18.00
  await bill(short, '2027-08-01', 110_000)
  // 50.00 + 10 kWh × 18.00 = 230.00, and 100.00 for the deposit.
  const issued = await billFor({ db }, short, '2027-07-01')
  const line = { kind: 'deposit', line: 'deposit-top-up', amountMinor: 10_000 }
  expect(issued).toMatchObject({ totalMinor: 33_000, document: { otherCharges: [line], toPayMinor: 34_800 } })
  await payInCash(db, { accountId: short.accountId, amountMinor: 34_800, at: '2027-08-05T06:00:00.000Z', reference: 'with-bill' })
  expect(await held(db, depositHeld(short.accountId))).toBe(30_000)
  const { movements, ...rest } = await statement(short, '2027-08-06T06:00:00.000Z')
  expect(rest).toMatchObject({ openingMinor: 0, closingMinor: 30_000, heldMinor: 30_000, askedMinor: 20_000 })
  expect(movements.map(({ kind, amountMinor, balanceMinor }) => [kind, amountMinor, balanceMinor])).toEqual([
    ['opening', 20_000, 20_000],
    ['deposit-topped-up', 10_000, 30_000],
  ])
})

test('the reconciler finds the deposits equal to their liability, and sees a review whose money never moved', async () => {
  const deposits = async (date: string) => {
    await createReconciliationActivities({ db }).proveBooks({ plant: PLANT, date, step: 'money', asOf: A_YEAR_LATER })
    const found = await listCases(db, { plants: [PLANT], rule: 'deposit-movements', limit: 10 })
    return found.map(({ subject }) => subject)
  }
  expect(await deposits('2027-07-01')).toEqual([])
  const { accountId } = await connected()
  const amounts = {
    expectedMinor: 0,
    dueMinor: 0,
    heldMinor: 50_000,
    askedMinor: 0,
    topUpMinor: 0,
    creditedMinor: 50_000,
    currency: 'INR',
  }
  await db
    .insertInto('depositReviews')
    .values({ accountId, reviewOn: '2027-07-01', businessAt: A_YEAR_LATER, packageCode: 'B1.1', ...amounts })
    .execute()
  expect(await deposits('2027-07-02')).toEqual([accountId])
})

async function bill({ customerId, serial }: ConnectedCustomer, boundary: string, registerWh: number): Promise<void> {
  const asOf = startOfDay(boundary, ZONE)
  await storeReading(db, { serial, takenAt: asOf, registerWh, kind: 'billing' })
  const set = { plant: PLANT, boundary, mode: 'postpaid', connectionIds: [customerId], asOf } as const
  expect(await createBillingActivities({ db }).issueBills(set)).toMatchObject({ issued: [customerId] })
}

/** Another policy from a day on, under which deposits are looked at every month. */
async function reviewMonthly(effectiveFrom: string): Promise<void> {
  const policy = { ...KATSA_POLICY_V1, version: 2, deposit: { ...KATSA_POLICY_V1.deposit, reviewEvery: 'P1M' } }
  await db
    .insertInto('policies')
    .values({ plant: PLANT, version: 2, effectiveFrom, document: JSON.stringify(policy) })
    .execute()
}
