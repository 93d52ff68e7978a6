import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { createClosingActivities } from '../../activities/closing.ts'
import { creditUnusedAdvances } from '../../activities/package-money.ts'
import { withAccount } from '../../db/queries/accounts.ts'
import { allocateCredit, issueCharge, type NewCharge, readCharges } from '../../db/queries/charges.ts'
import { openClosure } from '../../db/queries/closures.ts'
import { balanceOf, post } from '../../db/queries/ledger.ts'
import { readPlant } from '../../db/queries/plants.ts'
import { placeHold } from '../../db/queries/supply.ts'
import { credit, depositHeld, postPrepaidEarned, revenue, unearned } from '../../domain/ledger.ts'
import { startOfDay } from '../../domain/calendar.ts'
import { KATSA_POLICY_V1 } from '../../domain/policy.ts'
import { billFor } from '../support/billing.ts'
import { connectCustomer, type ConnectedCustomer, payInCash } from '../support/connections.ts'
import { freshDatabase, type TestDatabase } from '../support/postgres.ts'
import { PLANT, seedPlant, ZONE } from '../support/village.ts'
import { storeReading } from '../../simulate/village/meters.ts'

const AUGUST = { from: '2026-08-01', to: '2026-09-01' }
const SEPTEMBER = { from: '2026-09-01', to: '2026-10-01' }
const BEFORE = '2026-07-29T06:00:00.000Z'
const LEFT = '2026-08-21T06:00:00.000Z'

let database: TestDatabase
beforeAll(async () => {
  database = await freshDatabase()
  const startsAt = '2026-07-01T03:30:00.000Z'
  await seedPlant(database.db, { wallFrom: startsAt, startsAt, policy: KATSA_POLICY_V1 })
})
afterAll(() => database.close())

const limiter = (depositMinor = 0) => connectCustomer(database.db, { packageCode: 'A2.1', depositMinor })

async function issue({ accountId }: ConnectedCustomer, charge: NewCharge): Promise<number> {
  return withAccount(database.db, accountId, async (tx, account) => {
    const { chargeId } = await issueCharge(tx, { account, asOf: BEFORE }, charge)
    await allocateCredit(tx, { account, asOf: BEFORE, zone: ZONE })
    return chargeId
  })
}

/** An advance of 300 rupees. */
const advance = (customer: ConnectedCustomer, period: { from: string; to: string }) =>
  issue(customer, {
    kind: 'electricity',
    mode: 'prepaid',
    source: period.from,
    amountMinor: 30_000,
    dueOn: period.from,
    period,
  })

const pay = ({ accountId }: ConnectedCustomer, amountMinor: number) =>
  payInCash(database.db, { accountId, amountMinor, at: BEFORE, reference: `${accountId}-${amountMinor}` })

/** The month has begun: 300 rupees are income. */
async function earn({ accountId }: ConnectedCustomer, chargeId: number): Promise<void> {
  await withAccount(database.db, accountId, async (tx, account) => {
    const { plant, currency } = account
    const postings = postPrepaidEarned(account, { amountMinor: 30_000 })
    await post(tx, { eventKey: `earned:${chargeId}:30000`, plant, accountId, currency, businessAt: BEFORE, postings })
  })
}

/** Leaves on 20 August, unless the test says another day; settled the day after. */
async function settle({ accountId, customerId }: ConnectedCustomer, leavingOn = '2026-08-20'): Promise<void> {
  const { closureId } = await withAccount(database.db, accountId, (tx, account) =>
    openClosure(
      tx,
      { ...account, customerId },
      { reason: 'own-wish', leavingOn, refundMethod: 'cash', requestedBy: 'asha', requestedAt: BEFORE },
    ),
  )
  await createClosingActivities({ db: database.db }).settleClosing({ closureId, asOf: LEFT })
}

const creditOf = ({ accountId }: ConnectedCustomer) => balanceOf(database.db, credit(accountId))
const unearnedOf = ({ accountId }: ConnectedCustomer) => balanceOf(database.db, unearned(accountId))
const income = () => balanceOf(database.db, revenue(PLANT, 'CHG'))

test('days that a package change gave back already are not given back again on leaving', async () => {
  const customer = await limiter()
  await pay(customer, 30_000)
  await earn(customer, await advance(customer, AUGUST))
  const asOf = '2026-08-06T06:00:00.000Z'
  const before = await income()
  await withAccount(database.db, customer.accountId, async (tx, account) => {
    const plant = await readPlant(tx, PLANT, asOf)
    // From the 6th on 26 of 31 days: 300 × 26 / 31 = 251.6 → 252 rupees.
    expect(await creditUnusedAdvances(tx, { requestId: 'BHKATS-R1', account, plant, asOf }, '2026-08-06')).toBe(25_200)
  })
  await settle(customer)
  expect(await creditOf(customer)).toBe(25_200)
  expect((await income()) - before).toBe(-25_200)
})

test('what is given back of an advance comes from where that advance is, whatever waits of another', async () => {
  const customer = await limiter()
  await pay(customer, 60_000)
  const before = await income()
  const august = await advance(customer, AUGUST)
  await advance(customer, SEPTEMBER)
  await earn(customer, august)
  await settle(customer)
  // 11 of 31 days of August: 300 × 11 / 31 = 106.45 → 106 rupees, and September whole.
  expect(await creditOf(customer)).toBe(40_600)
  expect(await unearnedOf(customer)).toBe(0)
  expect((await income()) - before).toBe(19_400)
})

test('whoever leaves while lapsed owes the days of grace that were lit, not the dark ones', async () => {
  const customer = await limiter()
  await advance(customer, AUGUST)
  const { customerId } = customer
  await database.db
    .transaction()
    .execute((tx) => placeHold(tx, { customerId, reason: 'prepaid-lapsed', owner: 'billing:x' }, '2026-08-03T18:30:00.000Z'))
  await settle(customer)
  // 1 to 3 August: 300 × 3 / 31 = 29.03 → 29 rupees.
  expect(await readCharges(database.db, customer.accountId, { onlyOpen: true })).toMatchObject([
    { kind: 'final', nature: 'debt', openMinor: 2_900 },
  ])
})

test('what was only asked for is void on leaving, and what was paid of it comes back', async () => {
  const customer = await limiter(10_000)
  await issue(customer, { kind: 'deposit', source: 'restore:1', amountMinor: 20_000, dueOn: '2026-09-30' })
  await pay(customer, 5_000)
  await issue(customer, { kind: 'package-difference', source: 'BHKATS-R9', amountMinor: 10_000, dueOn: '2026-08-31' })
  await issue(customer, { kind: 'activation', source: 'BHKATS-A9', amountMinor: 30_000, dueOn: '2026-08-31' })
  const { accountId } = customer
  await settle(customer)
  // 60 rupees that come later are not swallowed by a demand.
  await pay(customer, 6_000)
  expect(await readCharges(database.db, accountId, { onlyOpen: true })).toEqual([])
  expect((await readCharges(database.db, accountId)).map(({ voidedAt }) => voidedAt)).toEqual([LEFT, LEFT, LEFT])
  // 100 held + 50 of the 200 that were to restore it.
  expect(await balanceOf(database.db, depositHeld(accountId))).toBe(15_000)
  expect(await creditOf(customer)).toBe(6_000)
})

test('a refund is only ever in a state that somebody can bring it to', async () => {
  const { accountId } = await limiter()
  const asked = { accountId, kind: 'credit', source: 'x', amountMinor: 1, currency: 'INR', method: 'cash', requestedAt: BEFORE }
  const insert = (more: object) => database.db.insertInto('refunds').values({ ...asked, ...more })
  await expect(insert({ state: 'cancelled' }).execute()).rejects.toThrow('refunds_state_check')
  await expect(insert({ kind: 'activation' }).execute()).rejects.toThrow('refunds_kind_check')
  await insert({ state: 'requested' }).execute()
})

describe('who leaves in the first days of August, before July was billed', () => {
  /** Metered from 1 July at 100,000 Wh until the midnight after 2 August. */
  async function leaverWith(finalRegisterWh: number): Promise<ConnectedCustomer> {
    const customer = await connectCustomer(database.db, { depositMinor: 0 })
    const { customerId } = customer
    const removal = { removedAt: startOfDay('2026-08-03', ZONE), finalRegisterWh, finalIsEstimate: false }
    await database.db.updateTable('meterInstallations').set(removal).where('customerId', '=', customerId).execute()
    await database.db.updateTable('connections').set({ leftOn: '2026-08-03' }).where('customerId', '=', customerId).execute()
    return customer
  }

  test('is settled though a second person still looks at the reading of July: the final register bears it out', async () => {
    const customer = await leaverWith(124_000)
    const { customerId, serial } = customer
    const read = { takenAt: startOfDay('2026-08-01', ZONE), registerWh: 123_000 }
    await storeReading(database.db, { serial, ...read, kind: 'billing' })
    const inReview = { ...read, customerId, serial, boundary: '2026-08-01', source: 'smart', state: 'review', enteredBy: 'meter' }
    await database.db.insertInto('readings').values(inReview).execute()
    await settle(customer, '2026-08-02')
    // July: 50.00 + 23 × 18.00. August: 2 of 31 days of 50.00 and 1 kWh, 21.23, rounded.
    expect(await billFor(database, customer, '2026-07-01')).toMatchObject({ totalMinor: 46_400, document: { estimated: false } })
    expect(await billFor(database, customer, '2026-08-01')).toMatchObject({ totalMinor: 2_100 })
  })

  test('is settled though the meter was away: what it counted in all is shared by days', async () => {
    const customer = await leaverWith(133_000)
    await settle(customer, '2026-08-02')
    // 33 kWh in 33 days. July: 50.00 + 31 × 18.00. August: 3.23 + 2 × 18.00 = 39.23, rounded.
    expect(await billFor(database, customer, '2026-07-01')).toMatchObject({ totalMinor: 60_800, document: { estimated: true } })
    expect(await billFor(database, customer, '2026-08-01')).toMatchObject({ totalMinor: 3_900 })
  })

  test('who leaves with the last day of a month is billed by the final register', async () => {
    const customer = await connectCustomer(database.db, { depositMinor: 0 })
    const { customerId } = customer
    const removal = { removedAt: startOfDay('2026-08-01', ZONE), finalRegisterWh: 110_000, finalIsEstimate: false }
    await database.db.updateTable('meterInstallations').set(removal).where('customerId', '=', customerId).execute()
    await database.db.updateTable('connections').set({ leftOn: '2026-08-01' }).where('customerId', '=', customerId).execute()
    await settle(customer, '2026-07-31')
    // 50.00 + 10 × 18.00
    expect(await billFor(database, customer, '2026-07-01')).toMatchObject({ totalMinor: 23_000 })
  })
})
