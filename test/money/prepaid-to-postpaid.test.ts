import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { createBillingActivities } from '../../activities/billing.ts'
import { inTransaction, withAccount } from '../../db/queries/accounts.ts'
import { readPlant } from '../../db/queries/plants.ts'
import { creditUnusedAdvances } from '../../activities/package-money.ts'
import { storeTelemetry } from '../../db/queries/readings.ts'
import { startOfDay } from '../../domain/calendar.ts'
import { KATSA_POLICY_V1 } from '../../domain/policy.ts'
import { expectBooksInBalance } from '../support/balanced-books.ts'
import { billFor } from '../support/billing.ts'
import { connectCustomer, type ConnectedCustomer } from '../support/connections.ts'
import { freshDatabase, type TestDatabase } from '../support/postgres.ts'
import { PLANT, seedPlant, ZONE } from '../support/village.ts'

// A2.1 is 300 rupees a month in advance; B1.1 is 50 rupees and 18 a unit. Each household's meter hangs there all the time.
const FIRST_OF_AUGUST = '2026-08-01T03:30:00.000Z'
const FIRST_OF_SEPTEMBER = '2026-09-01T03:30:00.000Z'

let database: TestDatabase
beforeAll(async () => {
  database = await freshDatabase()
  const startsAt = '2026-05-20T03:30:00.000Z'
  await seedPlant(database.db, { wallFrom: startsAt, startsAt, policy: KATSA_POLICY_V1 })
})
afterAll(() => database.close())

const household = (packageCode: string): Promise<ConnectedCustomer> =>
  connectCustomer(database.db, { packageCode, meterKind: 'smart', connectedOn: '2026-07-01', openingRegisterWh: 100_000 })

/** A package change as it is applied: the old terms end, the new ones begin, unused days of an advance become credit. */
async function changeTo({ accountId, customerId }: ConnectedCustomer, packageCode: string, from: string): Promise<void> {
  const asOf = startOfDay(from, ZONE)
  await withAccount(database.db, accountId, async (tx, account) => {
    await tx
      .updateTable('connectionTerms')
      .set({ toDate: from })
      .where('customerId', '=', customerId)
      .where('toDate', 'is', null)
      .execute()
    const terms = { customerId, plant: PLANT, packageCode, packageVersion: 1, fromDate: from, source: 'test' }
    await tx.insertInto('connectionTerms').values(terms).execute()
    const plant = await readPlant(tx, PLANT, asOf)
    if (packageCode.startsWith('B')) await creditUnusedAdvances(tx, { requestId: `R-${from}`, account, plant, asOf }, from)
  })
}

async function says({ serial }: ConnectedCustomer, takenAt: string, registerWh: number): Promise<void> {
  const row = {
    serial,
    bootId: 1,
    seq: Math.floor(Date.parse(takenAt) / 1000),
    takenAt,
    kind: 'billing',
    registerWh,
    payload: {},
  }
  await inTransaction(database.db, (tx) => storeTelemetry(tx, [row]))
}

async function issue({ customerId }: ConnectedCustomer, boundary: string, mode: 'prepaid' | 'postpaid', asOf: string) {
  const { issueBills } = createBillingActivities({ db: database.db })
  return issueBills({ plant: PLANT, boundary, mode, connectionIds: [customerId], asOf })
}

/** Found by the run of the boundary itself, as nobody asks for a customer by name. */
async function isFound({ customerId }: ConnectedCustomer, boundary: string, mode: 'prepaid' | 'postpaid', asOf: string) {
  const found = await createBillingActivities({ db: database.db }).nextBillingSet({
    plant: PLANT,
    boundary,
    mode,
    after: '',
    asOf,
  })
  return found.includes(customerId)
}

test('whose package became post-paid with a month is billed for that month, though its advance had been asked for', async () => {
  const customer = await household('A2.1')
  await issue(customer, '2026-08-01', 'prepaid', '2026-07-28T03:30:00.000Z')
  await changeTo(customer, 'B1.1', '2026-08-01')
  expect(await billFor(database, customer, '2026-08-01', 'prepaid')).toMatchObject({ totalMinor: 30_000 })
  await says(customer, startOfDay('2026-08-01', ZONE), 140_000)
  await says(customer, startOfDay('2026-09-01', ZONE), 150_000)
  expect(await isFound(customer, '2026-09-01', 'postpaid', FIRST_OF_SEPTEMBER)).toBe(true)
  expect(await issue(customer, '2026-09-01', 'postpaid', FIRST_OF_SEPTEMBER)).toMatchObject({ issued: [customer.customerId] })
  // August only: 10 kWh, 50.00 + 180.00. The 40 kWh of July were paid for in advance.
  const lines = ['fixed 5000', 'energy 18000']
  expect(await billFor(database, customer, '2026-08-01')).toMatchObject({ totalMinor: 23_000, lines })
  expect(await isFound(customer, '2026-09-01', 'postpaid', FIRST_OF_SEPTEMBER)).toBe(false)
})

test('whose change came in the middle of a month pays the days after it, and not a unit of the days before', async () => {
  const customer = await household('A2.1')
  await issue(customer, '2026-08-01', 'prepaid', '2026-07-28T03:30:00.000Z')
  await changeTo(customer, 'B1.1', '2026-08-17')
  await says(customer, startOfDay('2026-08-17', ZONE), 155_000)
  await says(customer, startOfDay('2026-09-01', ZONE), 165_000)
  await issue(customer, '2026-09-01', 'postpaid', FIRST_OF_SEPTEMBER)
  // 15 of 31 days of 50.00: 24.19, and 10 kWh: 180.00; 204.19 is rounded to 204.00.
  const lines = ['fixed 2419', 'energy 18000', 'rounding -19']
  expect(await billFor(database, customer, '2026-08-01')).toMatchObject({ totalMinor: 20_400, lines })
})

test('whose meter was without power at the first post-paid midnight begins with what it says first after it', async () => {
  const customer = await household('A2.1')
  await changeTo(customer, 'B1.1', '2026-08-01')
  await says(customer, '2026-07-31T12:00:00.000Z', 139_000)
  await says(customer, '2026-08-02T18:30:00.000Z', 142_000)
  await says(customer, startOfDay('2026-09-01', ZONE), 150_000)
  await issue(customer, '2026-09-01', 'postpaid', FIRST_OF_SEPTEMBER)
  // 8 kWh: 50.00 + 144.00
  expect(await billFor(database, customer, '2026-08-01')).toMatchObject({ totalMinor: 19_400, document: { estimated: false } })
})

test('whose meter was away for a week around it is estimated between what it said before and after', async () => {
  const customer = await household('A2.1')
  await changeTo(customer, 'B1.1', '2026-08-01')
  await says(customer, '2026-07-29T18:30:00.000Z', 140_000)
  await says(customer, '2026-08-07T18:30:00.000Z', 149_000)
  await says(customer, startOfDay('2026-09-01', ZONE), 160_000)
  await issue(customer, '2026-09-01', 'postpaid', FIRST_OF_SEPTEMBER)
  // Two of nine days lie before the midnight: 140 + 9 × 2 ÷ 9 = 142 kWh. 18 kWh: 50.00 + 324.00
  const readings = [{ fromRegisterWh: 142_000, fromEstimated: true, toRegisterWh: 160_000, lastReadRegisterWh: 100_000 }]
  expect(await billFor(database, customer, '2026-08-01')).toMatchObject({ totalMinor: 37_400, document: { readings } })
})

test('who goes back to paying in advance for a month is billed for the months around it, and never for what that month used', async () => {
  const customer = await household('B1.1')
  await says(customer, startOfDay('2026-08-01', ZONE), 110_000)
  await issue(customer, '2026-08-01', 'postpaid', FIRST_OF_AUGUST)
  await changeTo(customer, 'A2.1', '2026-08-01')
  await issue(customer, '2026-08-01', 'prepaid', FIRST_OF_AUGUST)
  await changeTo(customer, 'B1.1', '2026-09-01')
  await says(customer, startOfDay('2026-09-01', ZONE), 180_000)
  await says(customer, startOfDay('2026-10-01', ZONE), 185_000)
  await issue(customer, '2026-10-01', 'postpaid', '2026-10-01T03:30:00.000Z')
  // July: 10 kWh, 50.00 + 180.00. August: 300.00 in advance, whatever it used. September: 5 kWh, 50.00 + 90.00.
  expect(await billFor(database, customer, '2026-07-01')).toMatchObject({ totalMinor: 23_000 })
  expect(await billFor(database, customer, '2026-08-01', 'prepaid')).toMatchObject({ totalMinor: 30_000 })
  expect(await billFor(database, customer, '2026-08-01')).toBeUndefined()
  expect(await billFor(database, customer, '2026-09-01')).toMatchObject({ totalMinor: 14_000 })
  await expectBooksInBalance(database.db)
})
