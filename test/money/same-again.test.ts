import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { createActivities } from '../../activities/index.ts'
import { createDatabase, type Db } from '../../db/client.ts'
import { startOfDay } from '../../domain/calendar.ts'
import { KATSA_POLICY_V1 } from '../../domain/policy.ts'
import { storeReading } from '../../simulate/village/meters.ts'
import { connectCustomer, type ConnectedCustomer } from '../support/connections.ts'
import { expectBooksInBalance } from '../support/payers.ts'
import { freshDatabase, type TestDatabase } from '../support/postgres.ts'
import { PLANT, seedPlant, ZONE } from '../support/village.ts'

const START = '2026-07-01T03:30:00.000Z'
const TIMES = 1_000
const AT_ONCE = 20

let database: TestDatabase
let db: Db
beforeAll(async () => {
  database = await freshDatabase()
  db = createDatabase(database.appUrl, { poolSize: AT_ONCE })
  await seedPlant(database.db, { wallFrom: START, startsAt: START, policy: KATSA_POLICY_V1 })
})
afterAll(async () => {
  await db.destroy()
  await database.close()
})

/** Everything that billing writes, whole rows. */
async function written() {
  const tables = ['charges', 'chargeLines', 'bills', 'billCharges', 'postings', 'notifications', 'numberSeries'] as const
  const rows = await Promise.all(tables.map((table) => database.db.selectFrom(table).selectAll().execute()))
  return Object.fromEntries(tables.map((table, index) => [table, rows[index]?.map((row) => JSON.stringify(row)).toSorted()]))
}

test('a month that is billed a thousand times, twenty at once, is billed once: every row stays as it was (billing.md rule 8)', async () => {
  const metered = [await connectCustomer(database.db), await connectCustomer(database.db)]
  const ahead = await connectCustomer(database.db, { packageCode: 'A1.1' })
  const asOf = startOfDay('2026-08-01', ZONE)
  for (const { serial } of metered)
    await storeReading(database.db, { serial, takenAt: asOf, registerWh: 123_000, kind: 'billing' })
  const bill = (mode: 'postpaid' | 'prepaid', customers: readonly ConnectedCustomer[]) =>
    createActivities({ db }).issueBills({
      ...{ plant: PLANT, boundary: '2026-08-01', mode, asOf },
      connectionIds: customers.map(({ customerId }) => customerId),
    })
  const whole = async () => [await bill('postpaid', metered), await bill('prepaid', [ahead])]

  await whole()
  const first = await written()
  // 50.00 + 23 kWh × 18.00 = 464.00 each, and an advance of 160.00.
  const totals = await database.db.selectFrom('bills').select('totalMinor').orderBy('billId').execute()
  expect(totals.map(({ totalMinor }) => totalMinor)).toEqual([46_400, 46_400, 16_000])

  for (let times = 0; times < TIMES; times += AT_ONCE) await Promise.all(Array.from({ length: AT_ONCE }, whole))
  expect(await written()).toEqual(first)
  await expectBooksInBalance(database.db)
}, 120_000)
