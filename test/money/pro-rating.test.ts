import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { createBillingActivities } from '../../activities/billing.ts'
import { inTransaction } from '../../db/queries/accounts.ts'
import { startOfDay } from '../../domain/calendar.ts'
import { KATSA_POLICY_V1 } from '../../domain/policy.ts'
import { expectBooksInBalance } from '../support/balanced-books.ts'
import { billFor } from '../support/billing.ts'
import { connectCustomer, type ConnectedCustomer } from '../support/connections.ts'
import { freshDatabase, type TestDatabase } from '../support/postgres.ts'
import { PLANT, seedPlant, ZONE } from '../support/village.ts'
import { storeReading } from '../../simulate/village/meters.ts'

// July 2026 has 31 days. B1.1 is 50 rupees and 18 a unit, B1.2 is 100 and 16. The register begins at 100,000 Wh.
let database: TestDatabase
beforeAll(async () => {
  database = await freshDatabase()
  const startsAt = '2026-07-01T03:30:00.000Z'
  await seedPlant(database.db, { wallFrom: startsAt, startsAt, policy: KATSA_POLICY_V1 })
})
afterAll(async () => {
  await expectBooksInBalance(database.db)
  await database.close()
})

const joined = (connectedOn: string): Promise<ConnectedCustomer> =>
  connectCustomer(database.db, { connectedOn, openingRegisterWh: 100_000 })

/** As a change at once leaves the terms: the old ones end at a midnight, the new ones begin there. */
async function changed({ customerId }: ConnectedCustomer, packageCode: string, from: string): Promise<void> {
  await inTransaction(database.db, async (tx) => {
    const open = tx.updateTable('connectionTerms').where('customerId', '=', customerId).where('toDate', 'is', null)
    await open.set({ toDate: from }).execute()
    const terms = { customerId, plant: PLANT, packageCode, packageVersion: 1, fromDate: from, source: 'test' }
    await tx.insertInto('connectionTerms').values(terms).execute()
  })
}

const reads = ({ serial }: ConnectedCustomer, day: string, registerWh: number) =>
  storeReading(database.db, { serial, takenAt: startOfDay(day, ZONE), registerWh, kind: 'billing' })

/** Bills July, the register at its end being 110,000 Wh. Returns the lines as `kind amount` and the total. */
async function july(customer: ConnectedCustomer) {
  await reads(customer, '2026-08-01', 110_000)
  const asOf = startOfDay('2026-08-01', ZONE)
  const connectionIds = [customer.customerId]
  const set = { plant: PLANT, boundary: '2026-08-01', mode: 'postpaid', connectionIds, asOf } as const
  expect(await createBillingActivities({ db: database.db }).issueBills(set)).toMatchObject({ issued: connectionIds })
  return billFor(database, customer, '2026-07-01')
}

test('who joins and changes in one month pays each price for its days, and each rate for what was counted under it', async () => {
  const customer = await joined('2026-07-10')
  await changed(customer, 'B1.2', '2026-07-20')
  await reads(customer, '2026-07-20', 104_000)
  // 50.00 × 10 ÷ 31 = 16.13; 100.00 × 12 ÷ 31 = 38.71; 4 kWh × 18.00 = 72.00; 6 kWh × 16.00 = 96.00; 222.84 → 223.00
  const bill = await july(customer)
  expect(bill).toMatchObject({ totalMinor: 22_300, document: { estimated: false } })
  expect(bill?.lines).toEqual(['fixed 1613', 'fixed 3871', 'energy 7200', 'energy 9600', 'rounding 16'])
})

test('where nobody read the meter on the day of the change the energy is shared by days, and says so', async () => {
  const customer = await joined('2026-07-10')
  await changed(customer, 'B1.2', '2026-07-20')
  // 10 kWh over 10 and 12 days: 4,545 and 5,455 Wh. 81.81 and 87.28, with 16.13 and 38.71: 223.93 → 224.00
  const bill = await july(customer)
  expect(bill?.lines).toEqual(['fixed 1613', 'fixed 3871', 'energy 8181', 'energy 8728', 'rounding 7'])
  const lines = (bill?.document as { lines: { kind: string; detail: { estimated?: boolean } }[] }).lines
  expect(lines.filter(({ kind }) => kind === 'energy').map(({ detail }) => detail.estimated)).toEqual([true, true])
})

test('a change and the way back cost exactly one price (billing.md rule 12)', async () => {
  const customer = await joined('2026-07-01')
  await changed(customer, 'B1.2', '2026-07-11')
  await changed(customer, 'B1.1', '2026-07-21')
  for (const [day, registerWh] of [
    ['2026-07-11', 103_000],
    ['2026-07-21', 106_000],
  ] as const)
    await reads(customer, day, registerWh)
  // B1.1 on 10 and 11 days, 10 without: 16.13 + 17.74 (+ 16.13 = 50.00); B1.2 on 10 days 32.26. 3 × 18, 3 × 16, 4 × 18 = 174.00
  const bill = await july(customer)
  expect(bill).toMatchObject({ totalMinor: 24_000 })
  expect(bill?.lines.slice(0, 3)).toEqual(['fixed 1613', 'fixed 3226', 'fixed 1774'])
})
