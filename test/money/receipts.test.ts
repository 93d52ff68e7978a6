import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { createPaymentActivities } from '../../activities/payments.ts'
import { createDatabase, type Db } from '../../db/client.ts'
import { inTransaction } from '../../db/queries/accounts.ts'
import { takeNumbers } from '../../db/queries/numbers.ts'
import { KATSA_POLICY_V1 } from '../../domain/policy.ts'
import { receiptSeries } from '../../domain/payment.ts'
import { ASOF, openPlant } from '../support/books.ts'
import { hear, newApplicant } from '../support/payers.ts'
import { freshDatabase, type TestDatabase } from '../support/postgres.ts'
import { PLANT, ZONE } from '../support/village.ts'

const NEXT_YEAR = '2027-04-02T06:00:00.000Z'
const FAR = 'JHDUMK'

let database: TestDatabase
let db: Db
beforeAll(async () => {
  database = await freshDatabase()
  db = createDatabase(database.appUrl, { poolSize: 25 })
  await openPlant(db)
  await openFarPlant()
})
afterAll(async () => {
  await db.destroy()
  await database.close()
})

async function openFarPlant(): Promise<void> {
  const plant = {
    plant: FAR,
    state: 'JH',
    name: 'Dumka',
    cluster: 'Dumka West',
    timeZone: ZONE,
    currency: 'INR',
    capacityW: 9_000,
  }
  await db.insertInto('plants').values(plant).execute()
  await db
    .insertInto('policies')
    .values({ plant: FAR, version: 1, effectiveFrom: '2026-01-01', document: JSON.stringify(KATSA_POLICY_V1) })
    .execute()
  await db.insertInto('persons').values({ personId: 'F1', plant: FAR, name: 'Birsa', language: 'hi' }).execute()
  const account = { accountId: `${FAR}-A0001`, plant: FAR, personId: 'F1', category: 'low-income', currency: 'INR' }
  await db
    .insertInto('accounts')
    .values({ ...account, openedAt: ASOF })
    .execute()
}

async function pay(payer: string, reference: string, asOf: string): Promise<void> {
  await hear(db, { reference, amountMinor: 1_000, payer, asOf })
  await createPaymentActivities({ db }).takeInNotice({ provider: 'sandbox-wallet', reference, asOf })
}

/** Takes a number and comes to grief before the commit. */
async function failAfterTaking(series: string): Promise<void> {
  const failed = inTransaction(db, async (tx) => {
    await takeNumbers(tx, series, 1)
    throw new Error('power cut')
  })
  await expect(failed).rejects.toThrow('power cut')
}

test('receipts are numbered without a gap in each series, whoever pays at once and whatever is rolled back (billing.md rule 7)', async () => {
  const payers = await Promise.all([newApplicant(db, ASOF), newApplicant(db, ASOF), newApplicant(db, ASOF)])
  const here = (n: number): string => payers[n % 3]?.accountId ?? ''
  const numbers = Array.from({ length: 25 }, (_, n) => n)
  await Promise.all(
    numbers.flatMap((n) => [
      pay(here(n), `this-year-${n}`, ASOF),
      pay(here(n), `next-year-${n}`, NEXT_YEAR),
      pay(`${FAR}-A0001`, `far-${n}`, ASOF),
      failAfterTaking(receiptSeries(PLANT, '2026-07-15')),
    ]),
  )
  const rows = await db.selectFrom('payments').select('receiptNumber').where('state', '=', 'posted').execute()
  const given = rows.map(({ receiptNumber }) => receiptNumber ?? '').toSorted()
  const whole = (series: string): string[] => numbers.map((n) => `${series}/${String(n + 1).padStart(6, '0')}`)
  expect(given).toEqual([...whole('BHKATS-R/2026-27'), ...whole('BHKATS-R/2027-28'), ...whole('JHDUMK-R/2026-27')])
})
