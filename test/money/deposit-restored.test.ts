import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { createBillingActivities } from '../../activities/billing.ts'
import { takeStep } from '../../activities/collection-steps.ts'
import { withAccount } from '../../db/queries/accounts.ts'
import { readArrears } from '../../db/queries/arrears.ts'
import { readCharges } from '../../db/queries/charges.ts'
import { openTotalMinor } from '../../db/queries/payments.ts'
import { placeHold } from '../../db/queries/supply.ts'
import { startOfDay } from '../../domain/calendar.ts'
import { credit, depositHeld } from '../../domain/ledger.ts'
import { KATSA_POLICY_V1 } from '../../domain/policy.ts'
import { processIds } from '../../domain/process-ids.ts'
import { renderNotice } from '../../notifications/texts.ts'
import { expectBooksInBalance } from '../support/balanced-books.ts'
import { billFor } from '../support/billing.ts'
import { connectCustomer, type ConnectedCustomer, payInCash } from '../support/connections.ts'
import { held } from '../support/payers.ts'
import { freshDatabase, type TestDatabase } from '../support/postgres.ts'
import { PLANT, seedPlant, ZONE } from '../support/village.ts'
import { storeReading } from '../../simulate/village/meters.ts'

// One household on B1.1 (50 rupees and 18 a unit), cut for 300 rupees, whose deposit of 500 rupees pays them on 28 July.
const DRAWN = '2026-07-28T06:00:00.000Z'
let database: TestDatabase
let customer: ConnectedCustomer
beforeAll(async () => {
  database = await freshDatabase()
  const startsAt = '2026-07-01T03:30:00.000Z'
  await seedPlant(database.db, { wallFrom: startsAt, startsAt, policy: KATSA_POLICY_V1 })
  customer = await connectCustomer(database.db, { openingDues: { amountMinor: 30_000, dueOn: '2026-06-20' } })
  await draw(customer)
})
afterAll(() => database.close())

async function draw({ accountId, customerId }: ConnectedCustomer): Promise<void> {
  await withAccount(database.db, accountId, async (tx, account) => {
    await placeHold(tx, { customerId, reason: 'unpaid', owner: processIds.collection(customerId) }, '2026-07-13T06:00:00.000Z')
    const arrears = await readArrears(tx, customerId, DRAWN)
    const steps = arrears.state.debts.map(({ chargeId }) => ({ chargeId, step: 'deposit-draw' as const }))
    await takeStep(tx, { arrears, account }, { kind: 'deposit-draw', at: DRAWN, steps, amountMinor: 30_000 })
  })
}

/** Bills a month of 10 kWh: 50.00 + 180.00. */
async function bill(boundary: string, registerWh: number): Promise<void> {
  await storeReading(database.db, { serial: customer.serial, takenAt: startOfDay(boundary, ZONE), registerWh, kind: 'billing' })
  const asOf = startOfDay(boundary, ZONE)
  const set = { plant: PLANT, boundary, mode: 'postpaid', connectionIds: [customer.customerId], asOf } as const
  expect(await createBillingActivities({ db: database.db }).issueBills(set)).toMatchObject({ issued: [customer.customerId] })
}

const pay = (amountMinor: number, at: string) =>
  payInCash(database.db, { accountId: customer.accountId, amountMinor, at, reference: at })

async function openParts(): Promise<number[]> {
  const charges = await readCharges(database.db, customer.accountId)
  return charges.filter(({ kind }) => kind === 'deposit').map(({ openMinor }) => openMinor)
}

async function noticeOf(number: string) {
  const row = await database.db
    .selectFrom('notifications')
    .select('params')
    .where('dedupeKey', '=', `bill:${number}`)
    .executeTakeFirstOrThrow()
  return row.params as Record<string, unknown>
}

test('whose deposit was drawn owes nothing of it before a bill asks: what is paid too much stays credit', async () => {
  expect(await openParts()).toEqual([10_000, 10_000, 10_000])
  await pay(4_000, '2026-07-29T06:00:00.000Z')
  expect(await openParts()).toEqual([10_000, 10_000, 10_000])
  expect(await held(database.db, credit(customer.accountId))).toBe(4_000)
  // Nothing but the fee for reconnection may be owed; the meter never was off, so there is none.
  expect(await openTotalMinor(database.db, customer.accountId)).toBe(0)
})

test('the next bill shows the part that is due, tells of it, and takes it in', async () => {
  await bill('2026-08-01', 110_000)
  const issued = await billFor(database, customer, '2026-07-01')
  // 230.00 and 100.00 for the deposit, less 40.00 of credit.
  const part = { kind: 'deposit', line: 'deposit-to-restore', amountMinor: 10_000 }
  expect(issued).toMatchObject({ totalMinor: 33_000, document: { otherCharges: [part], toPayMinor: 29_000 } })
  const told = await noticeOf(issued?.number ?? '')
  expect(told).toMatchObject({ totalMinor: 33_000, depositToRestoreMinor: 10_000, payableMinor: 29_000 })
  expect(await openTotalMinor(database.db, customer.accountId)).toBe(29_000)
})

test('a part that was not paid is outstanding on the bill after it, beside the next one', async () => {
  await pay(19_000, '2026-08-05T06:00:00.000Z') // The electricity: 230.00 less 40.00 of credit.
  expect(await openParts()).toEqual([10_000, 10_000, 10_000])
  await bill('2026-09-01', 120_000)
  const second = { totalMinor: 33_000, document: { outstandingBeforeMinor: 10_000, toPayMinor: 43_000 } }
  expect(await billFor(database, customer, '2026-08-01')).toMatchObject(second)
  await pay(43_000, '2026-09-05T06:00:00.000Z')
  expect(await openParts()).toEqual([0, 0, 10_000])
})

test('with the third bill the deposit is whole again', async () => {
  await bill('2026-10-01', 130_000)
  await pay(33_000, '2026-10-05T06:00:00.000Z')
  expect(await openParts()).toEqual([0, 0, 0])
  expect(await held(database.db, depositHeld(customer.accountId))).toBe(50_000)
  await bill('2026-11-01', 140_000)
  expect(await billFor(database, customer, '2026-10-01')).toMatchObject({ totalMinor: 23_000, document: { otherCharges: [] } })
  await expectBooksInBalance(database.db)
})

test('the message says how much of the bill restores the deposit, in both languages', () => {
  const params = {
    customerId: customer.customerId,
    billNumber: 'BHKATS-B-000001',
    period: '2026-07-01',
    reading: null,
    estimated: false,
    totalMinor: 33_000,
    depositToRestoreMinor: 10_000,
    creditUsedMinor: 0,
    outstandingMinor: 0,
    payableMinor: 33_000,
    currency: 'INR',
    dueOn: '2026-08-10',
  }
  const text = (language: 'en' | 'hi') => renderNotice({ kind: 'bill-issued', params, language }).body
  expect(text('en')).toContain('of it restores your security deposit')
  expect(text('hi')).toContain('सिक्युरिटी डिपॉज़िट')
})
