import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { createBillingActivities } from '../../activities/billing.ts'
import { createPriceChangeActivities } from '../../activities/price-changes.ts'
import { createDatabase, type Db } from '../../db/client.ts'
import { inTransaction } from '../../db/queries/accounts.ts'
import { listPackages } from '../../db/queries/places.ts'
import { readOfferedPackage } from '../../db/queries/plants.ts'
import { priceProgress, type PriceWish, readPriceChange, requestPrice } from '../../db/queries/price-changes.ts'
import { startOfDay } from '../../domain/calendar.ts'
import { KATSA_POLICY_V1 } from '../../domain/policy.ts'
import { expectBooksInBalance } from '../support/balanced-books.ts'
import { billFor } from '../support/billing.ts'
import { connectCustomer, type ConnectedCustomer, type CustomerWish } from '../support/connections.ts'
import { freshDatabase, type TestDatabase } from '../support/postgres.ts'
import { PLANT, seedPlant, ZONE } from '../support/village.ts'
import { storeReading } from '../../simulate/village/meters.ts'

// Katsa from 1 July 2026. On 15 July a price for 1 September is released: 60 and 20 a unit for B1.1 (50 and 18), 175 for A1.1 (160).
const START = '2026-07-01T03:30:00.000Z'
const RELEASED = '2026-07-15T06:00:00.000Z'
const noon = (day: string): string => `${day}T06:30:00.000Z`
const refusedWith = (code: string, details: object = {}) =>
  expect.objectContaining({ code, details: expect.objectContaining(details) })

let database: TestDatabase
let db: Db
beforeAll(async () => {
  database = await freshDatabase()
  db = createDatabase(database.appUrl, { poolSize: 4 })
  await seedPlant(db, { wallFrom: START, startsAt: START, policy: KATSA_POLICY_V1 })
})
afterAll(async () => {
  await expectBooksInBalance(db)
  await db.destroy()
  await database.close()
})

const connected = (wish: CustomerWish = {}): Promise<ConnectedCustomer> => connectCustomer(db, wish)
const activities = () => createPriceChangeActivities({ db })

const ask = (wish: Partial<PriceWish> = {}) =>
  inTransaction(db, (tx) =>
    requestPrice(tx, {
      plant: PLANT,
      code: 'B1.1',
      from: '2026-09-01',
      fixedChargeMinor: 6_000,
      energyRateMinorPerKwh: 2_000,
      textId: null,
      requestedBy: 'geeta',
      asOf: RELEASED,
      ...wish,
    }),
  )

/** Asked for and released; who has the package is told. */
async function released(wish: Partial<PriceWish> = {}): Promise<string> {
  const { priceChangeId } = await ask(wish)
  const at = { priceChangeId, asOf: wish.asOf ?? RELEASED }
  await activities().releasePrice({ ...at, releasedBy: 'harish' })
  await activities().followPrice(at)
  return priceChangeId
}

const look = (priceChangeId: string, day: string) => activities().followPrice({ priceChangeId, asOf: noon(day) })

async function arrives(priceChangeId: string, { customerId }: ConnectedCustomer, day: string): Promise<void> {
  const dedupeKey = `price:${priceChangeId}:${customerId}`
  const arrived = { state: 'delivered', sentAt: noon(day), deliveredAt: noon(day) }
  await db.updateTable('notifications').set(arrived).where('dedupeKey', '=', dedupeKey).execute()
}

async function termsOf({ customerId }: ConnectedCustomer) {
  const rows = await db
    .selectFrom('connectionTerms')
    .select(['fromDate', 'toDate', 'packageVersion'])
    .where('customerId', '=', customerId)
    .orderBy('fromDate')
    .execute()
  return rows.map(({ fromDate, toDate, packageVersion }) => [fromDate, toDate, packageVersion])
}

async function bill({ customerId, serial }: ConnectedCustomer, boundary: string, registerWh: number): Promise<void> {
  const asOf = startOfDay(boundary, ZONE)
  await storeReading(db, { serial, takenAt: asOf, registerWh, kind: 'billing' })
  const set = { plant: PLANT, boundary, mode: 'postpaid', connectionIds: [customerId], asOf } as const
  expect(await createBillingActivities({ db }).issueBills(set)).toMatchObject({ issued: [customerId] })
}

async function askAdvance({ customerId }: ConnectedCustomer, boundary: string, day: string): Promise<void> {
  const set = { plant: PLANT, boundary, mode: 'prepaid', connectionIds: [customerId], asOf: noon(day) } as const
  expect(await createBillingActivities({ db }).issueBills(set)).toMatchObject({ issued: [customerId] })
}

describe('a version of a package', () => {
  test('cannot be changed or removed, by the application’s role', async () => {
    const cheaper = db.updateTable('packages').set({ fixedChargeMinor: 1 }).where('code', '=', 'B2.1')
    await expect(cheaper.execute()).rejects.toThrow('make a new one')
    await expect(db.deleteFrom('packages').where('code', '=', 'B2.1').execute()).rejects.toThrow()
    await db.updateTable('packages').set({ retiredOn: '2027-01-01' }).where('code', '=', 'B2.2').execute()
    const again = db.updateTable('packages').set({ retiredOn: null }).where('code', '=', 'B2.2')
    await expect(again.execute()).rejects.toThrow('make a new one')
  })
})

describe('a new price is refused', () => {
  test('when it would begin before its notice, in the middle of a period, or is the old one', async () => {
    await expect(ask({ from: '2026-08-01' })).rejects.toEqual(refusedWith('PRICE_TOO_SOON', { possibleFrom: '2026-09-01' }))
    await expect(ask({ from: '2026-09-02' })).rejects.toEqual(refusedWith('INVALID_INPUT'))
    await expect(ask({ fixedChargeMinor: 5_000, energyRateMinorPerKwh: 1_800 })).rejects.toEqual(refusedWith('PACKAGE_SAME'))
    await expect(ask({ code: 'B9.9' })).rejects.toEqual(refusedWith('PACKAGE_UNKNOWN'))
  })

  test('while another waits for its release; who asked for it does not release it', async () => {
    const { priceChangeId } = await ask({ code: 'B1.3' })
    await expect(ask({ code: 'B1.3', fixedChargeMinor: 7_000 })).rejects.toEqual(refusedWith('ALREADY_EXISTS', { priceChangeId }))
    const own = activities().releasePrice({ priceChangeId, asOf: RELEASED, releasedBy: 'geeta' })
    await expect(own).rejects.toThrow('price_changes')
  })
})

describe('a price that was released', () => {
  test('is billed from the period it was announced for; bills before it stay as they are (billing.md rule 14)', async () => {
    const customer = await connected()
    const priceChangeId = await released()
    await arrives(priceChangeId, customer, '2026-07-16')
    await bill(customer, '2026-08-01', 110_000)
    expect(await look(priceChangeId, '2026-08-31')).toMatchObject({ isInForce: false })
    expect(await termsOf(customer)).toEqual([['2026-07-01', null, 1]])
    await look(priceChangeId, '2026-09-01')
    expect(await termsOf(customer)).toEqual([
      ['2026-07-01', '2026-09-01', 1],
      ['2026-09-01', null, 2],
    ])
    await bill(customer, '2026-09-01', 120_000)
    await bill(customer, '2026-10-01', 130_000)
    // 50 + 10 × 18 = 230; from September 60 + 10 × 20 = 260.
    expect(await billFor({ db }, customer, '2026-07-01')).toMatchObject({ totalMinor: 23_000 })
    expect(await billFor({ db }, customer, '2026-08-01')).toMatchObject({ totalMinor: 23_000 })
    expect(await billFor({ db }, customer, '2026-09-01')).toMatchObject({ totalMinor: 26_000 })
    expect(await look(priceChangeId, '2026-10-02')).toMatchObject({ waiting: 0, isInForce: true })
  })

  test('is offered to newcomers from its first day, not before', async () => {
    expect(await readOfferedPackage(db, PLANT, { code: 'B1.1', on: '2026-08-31' })).toMatchObject({ version: 1 })
    expect(await readOfferedPackage(db, PLANT, { code: 'B1.1', on: '2026-09-01' })).toMatchObject({ version: 2, loadLimitW: 500 })
    const onOffer = async (on: string) => (await listPackages(db, [PLANT], { code: 'B1.1', on })).map(({ version }) => version)
    expect([await onOffer('2026-08-31'), await onOffer('2026-09-01')]).toEqual([[1], [2]])
  })

  test('whose release took its time begins later, never with less notice', async () => {
    const { priceChangeId } = await ask({ code: 'B1.2', fixedChargeMinor: 11_000 })
    await activities().releasePrice({ priceChangeId, asOf: noon('2026-08-03'), releasedBy: 'harish' })
    expect(await readPriceChange(db, priceChangeId)).toMatchObject({ wishedFrom: '2026-09-01', effectiveFrom: '2026-10-01' })
  })

  test('reaches who was told late with the period after; who was not told keeps the old one', async () => {
    const [late, never] = [await connected({ packageCode: 'B2.1' }), await connected({ packageCode: 'B2.1' })]
    const priceChangeId = await released({ code: 'B2.1', fixedChargeMinor: 35_000 })
    await arrives(priceChangeId, late, '2026-08-03') // 3 August and 30 days are 2 September.
    await look(priceChangeId, '2026-09-01')
    expect(await termsOf(late)).toEqual([['2026-07-01', null, 1]])
    expect(await look(priceChangeId, '2026-10-01')).toMatchObject({ waiting: 1, isInForce: true })
    expect((await termsOf(late)).at(-1)).toEqual(['2026-10-01', null, 2])
    expect(await termsOf(never)).toEqual([['2026-07-01', null, 1]])
    const change = await readPriceChange(db, priceChangeId)
    expect(await priceProgress(db, change)).toMatchObject({ told: 2, delivered: 1, paying: 1, waiting: 1 })
  })

  test('is carried to a household without a phone, and carried again when nobody was there', async () => {
    const household = await connected({ packageCode: 'A1.2', phone: null, depositMinor: 25_000 })
    const priceChangeId = await released({ code: 'A1.2', fixedChargeMinor: 23_000, energyRateMinorPerKwh: 0 })
    await reported(household, { outcome: 'not-done', reason: 'nobody-home' }, '2026-07-18')
    await look(priceChangeId, '2026-07-19')
    await reported(household, { outcome: 'done' }, '2026-07-20')
    await look(priceChangeId, '2026-07-20')
    const notice = db.selectFrom('priceNotices').select('deliveredAt').where('customerId', '=', household.customerId)
    expect(await notice.executeTakeFirst()).toEqual({ deliveredAt: noon('2026-07-20') })
  })

  test('of a pre-paid package is settled before its advance is asked for', async () => {
    const [ahead, asked] = [await connected({ packageCode: 'A1.1' }), await connected({ packageCode: 'A1.1' })]
    const priceChangeId = await released({ code: 'A1.1', fixedChargeMinor: 17_500, energyRateMinorPerKwh: 0 })
    await arrives(priceChangeId, ahead, '2026-07-16')
    await arrives(priceChangeId, asked, '2026-07-16')
    // Whose advance for September stands already, at the old price, pays the new one from October on.
    await askAdvance(asked, '2026-09-01', '2026-08-27')
    await look(priceChangeId, '2026-08-24')
    expect(await termsOf(ahead)).toEqual([['2026-07-01', null, 1]])
    await look(priceChangeId, '2026-08-25')
    await askAdvance(ahead, '2026-09-01', '2026-08-27')
    expect(await billFor({ db }, ahead, '2026-09-01', 'prepaid')).toMatchObject({ totalMinor: 17_500 })
    expect(await billFor({ db }, asked, '2026-09-01', 'prepaid')).toMatchObject({ totalMinor: 16_000 })
    await look(priceChangeId, '2026-09-24')
    expect((await termsOf(asked)).at(-1)).toEqual(['2026-10-01', null, 2])
  })
})

/** The last task to carry something to the household comes back with this. */
async function reported({ customerId }: ConnectedCustomer, result: object, day: string): Promise<void> {
  const { taskId } = await db
    .selectFrom('tasks')
    .select('taskId')
    .where('customerId', '=', customerId)
    .where('status', '<>', 'completed')
    .executeTakeFirstOrThrow()
  const done = { status: 'completed', result: JSON.stringify(result), completedBy: 'asha', completedAt: noon(day) }
  await db.updateTable('tasks').set(done).where('taskId', '=', taskId).execute()
}
