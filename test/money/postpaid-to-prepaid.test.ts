import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { sql } from 'kysely'
import { createAdvanceActivities } from '../../activities/advance-steps.ts'
import { createBillingActivities } from '../../activities/billing.ts'
import { createBillingStepActivities } from '../../activities/billing-steps.ts'
import { takeMissedRegister } from '../../activities/closing-registers.ts'
import { inTransaction } from '../../db/queries/accounts.ts'
import { loadBillingSubjects } from '../../db/queries/billing-subjects.ts'
import { readPlant } from '../../db/queries/plants.ts'
import { storeTelemetry } from '../../db/queries/readings.ts'
import { startOfDay } from '../../domain/calendar.ts'
import { assessPeriod } from '../../domain/period-charge.ts'
import { periodFrom } from '../../domain/period.ts'
import { KATSA_POLICY_V1 } from '../../domain/policy.ts'
import { expectBooksInBalance } from '../support/balanced-books.ts'
import { billFor } from '../support/billing.ts'
import { connectCustomer, type ConnectedCustomer } from '../support/connections.ts'
import { freshDatabase, type TestDatabase } from '../support/postgres.ts'
import { PLANT, seedPlant, ZONE } from '../support/village.ts'

// B1.1 is 50 rupees and 18 a unit; A2.1 is 300 rupees a month in advance. August has 31 days.
const CHANGED = '2026-08-11'
const AT_CHANGE = startOfDay(CHANGED, ZONE)

let database: TestDatabase
beforeAll(async () => {
  database = await freshDatabase()
  const startsAt = '2026-05-20T03:30:00.000Z'
  await seedPlant(database.db, { wallFrom: startsAt, startsAt, policy: KATSA_POLICY_V1 })
})
afterAll(async () => {
  await expectBooksInBalance(database.db)
  await database.close()
})

/** Post-paid until the change is carried out, pre-paid from that midnight on; July is billed. */
async function changing(): Promise<ConnectedCustomer> {
  const customer = await connectCustomer(database.db, {
    packageCode: 'B1.1',
    connectedOn: '2026-07-01',
    openingRegisterWh: 100_000,
  })
  await says(customer, startOfDay('2026-08-01', ZONE), 110_000)
  await issue(customer, '2026-08-01', 'postpaid', '2026-08-01T03:30:00.000Z')
  const { customerId } = customer
  const terms = database.db.updateTable('connectionTerms').set({ toDate: CHANGED })
  await terms.where('customerId', '=', customerId).where('toDate', 'is', null).execute()
  await database.db
    .insertInto('connectionTerms')
    .values({ customerId, plant: PLANT, packageCode: 'A2.1', packageVersion: 1, fromDate: CHANGED, source: 'test' })
    .execute()
  return customer
}

async function says({ serial }: Pick<ConnectedCustomer, 'serial'>, takenAt: string, registerWh: number): Promise<void> {
  const seq = Math.floor(Date.parse(takenAt) / 1000)
  const row = { serial, bootId: 1, seq, takenAt, kind: 'billing', registerWh, payload: {} }
  await inTransaction(database.db, (tx) => storeTelemetry(tx, [row]))
}

async function issue(
  { customerId }: ConnectedCustomer,
  boundary: string,
  mode: 'prepaid' | 'postpaid',
  asOf: string,
  byCycle = false,
) {
  const { issueBills } = createBillingActivities({ db: database.db })
  return issueBills({ plant: PLANT, boundary, mode, connectionIds: [customerId], asOf, byCycle })
}

/** Found by the run of the boundary itself, as nobody asks for a customer by name. */
async function isFound({ customerId }: ConnectedCustomer, boundary: string, mode: 'prepaid' | 'postpaid', asOf: string) {
  const { nextBillingSet } = createBillingActivities({ db: database.db })
  return (await nextBillingSet({ plant: PLANT, boundary, mode, after: '', asOf })).includes(customerId)
}

const keyOf = ({ accountId, customerId }: ConnectedCustomer) => ({
  plant: PLANT,
  accountId,
  customerId,
  period: '2026-08-01',
  boundary: '2026-09-01',
})

const step = (customer: ConnectedCustomer, asOf: string) =>
  createBillingStepActivities({ db: database.db }).readBillingCycle({ ...keyOf(customer), asOf })

test('is billed up to the day of the change by the register of that midnight, before the month is over', async () => {
  const customer = await changing()
  expect((await step(customer, '2026-08-10T12:00:00.000Z')).next).toMatchObject({ stage: 'AwaitingPeriodEnd', until: AT_CHANGE })
  await says(customer, AT_CHANGE, 116_000)
  const { takeTelemetry } = createBillingStepActivities({ db: database.db })
  expect((await step(customer, AT_CHANGE)).next).toEqual({ kind: 'take-telemetry' })
  await takeTelemetry({ ...keyOf(customer), asOf: AT_CHANGE })
  expect((await step(customer, AT_CHANGE)).next).toEqual({ kind: 'issue' })
  expect(await issue(customer, '2026-09-01', 'postpaid', AT_CHANGE, true)).toMatchObject({ issued: [customer.customerId] })
  // 10 of 31 days of 50.00: 16.13, and 6 kWh × 18.00 = 108.00; 124.13 is rounded to 124.00.
  const lines = ['fixed 1613', 'energy 10800', 'rounding -13']
  expect(await billFor(database, customer, '2026-08-01')).toMatchObject({ totalMinor: 12_400, dueOn: '2026-08-20', lines })
})

test('is asked in advance for the rest of the month, once, and pays for each day of it once', async () => {
  const customer = await changing()
  expect(await isFound(customer, '2026-08-01', 'prepaid', AT_CHANGE)).toBe(true)
  expect(await issue(customer, '2026-08-01', 'prepaid', AT_CHANGE)).toMatchObject({ issued: [customer.customerId], parked: [] })
  // 21 of 31 days of 300.00: 203.23, rounded to 203.00; due at once.
  const lines = ['fixed 20323', 'rounding -23']
  expect(await billFor(database, customer, '2026-08-01', 'prepaid')).toMatchObject({ totalMinor: 20_300, dueOn: CHANGED, lines })
  expect(await isFound(customer, '2026-08-01', 'prepaid', AT_CHANGE)).toBe(false)
  expect(await issue(customer, '2026-08-01', 'prepaid', AT_CHANGE)).toMatchObject({ existing: [customer.customerId] })
})

test('has the bill and the advance followed by two processes, neither of which keeps the other from beginning', async () => {
  const customer = await changing()
  await issue(customer, '2026-08-01', 'prepaid', AT_CHANGE)
  await issue(customer, '2026-09-01', 'postpaid', '2026-09-01T03:30:00.000Z')
  const starts = await database.db
    .selectFrom('outbox')
    .select(['workflowId', sql<string>`input ->> 'boundary'`.as('boundary')])
    .where(sql<string>`input ->> 'customerId'`, '=', customer.customerId)
    .where(sql<string>`input ->> 'period'`, '=', '2026-08-01')
    .where('workflowType', '=', 'billCustomer')
    .orderBy('workflowId')
    .execute()
  expect(starts).toEqual([
    { workflowId: `billing:${customer.customerId}:2026-08-01`, boundary: '2026-09-01' },
    { workflowId: `billing:${customer.customerId}:2026-08-01:since-change`, boundary: '2026-08-01' },
  ])
})

test('goes dark when the advance is not paid, as everybody who pays in advance, whatever became of the bill', async () => {
  const customer = await changing()
  const { readAdvanceCycle } = createAdvanceActivities({ db: database.db })
  const key = { ...keyOf(customer), boundary: '2026-08-01', sinceChange: true }
  expect((await readAdvanceCycle({ ...key, asOf: AT_CHANGE })).next).toEqual({ kind: 'issue' })
  await says(customer, AT_CHANGE, 116_000)
  await issue(customer, '2026-09-01', 'postpaid', AT_CHANGE, true)
  expect((await readAdvanceCycle({ ...key, asOf: AT_CHANGE })).next).toEqual({ kind: 'issue' })
  await issue(customer, '2026-08-01', 'prepaid', AT_CHANGE)
  // Grace is three days from the first one that is paid for.
  const lapses = startOfDay('2026-08-14', ZONE)
  expect((await readAdvanceCycle({ ...key, asOf: AT_CHANGE })).next).toMatchObject({ stage: 'AwaitingPayment', until: lapses })
  expect((await readAdvanceCycle({ ...key, asOf: lapses })).next).toEqual({ kind: 'lapse' })
})

test('whose meter is taken down for a limiter on the day before is billed by its final register', async () => {
  const customer = await changing()
  const removedAt = '2026-08-10T09:00:00.000Z'
  await database.db
    .updateTable('meterInstallations')
    .set({ removedAt, finalRegisterWh: 115_000, finalIsEstimate: false })
    .where('serial', '=', customer.serial)
    .execute()
  await hangLimiter(customer, removedAt)
  expect((await step(customer, AT_CHANGE)).next).toEqual({ kind: 'issue' })
  await issue(customer, '2026-09-01', 'postpaid', AT_CHANGE, true)
  // 16.13 for ten days, and 5 kWh × 18.00 = 90.00; 106.13 is rounded to 106.00.
  const lines = ['fixed 1613', 'energy 9000', 'rounding -13']
  expect(await billFor(database, customer, '2026-08-01')).toMatchObject({
    totalMinor: 10_600,
    lines,
    document: { estimated: false },
  })
})

test('whose meter stays silent after that midnight is estimated by its days, once it has been waited for', async () => {
  const customer = await changing()
  const until = startOfDay('2026-08-14', ZONE)
  expect((await step(customer, AT_CHANGE)).next).toMatchObject({ stage: 'AwaitingMeter', until })
  expect((await step(customer, until)).next).toEqual({ kind: 'estimate' })
  await createBillingStepActivities({ db: database.db }).estimateReading({ ...keyOf(customer), asOf: until })
  await issue(customer, '2026-09-01', 'postpaid', until, true)
  // July used 10 kWh in 31 days: 3,226 Wh in ten, which cost 58.07. With 16.13 that is 74.20, rounded to 74.00.
  expect(await billFor(database, customer, '2026-08-01')).toMatchObject({ totalMinor: 7_400, document: { estimated: true } })
})

test('whose change was overlooked at its day is billed with everybody else at the end of the month, by what the meter said then', async () => {
  const customer = await changing()
  await says(customer, AT_CHANGE, 116_000)
  await says(customer, startOfDay('2026-09-01', ZONE), 150_000)
  const asOf = '2026-09-01T03:30:00.000Z'
  expect(await isFound(customer, '2026-09-01', 'postpaid', asOf)).toBe(true)
  expect(await issue(customer, '2026-09-01', 'postpaid', asOf)).toMatchObject({ issued: [customer.customerId], parked: [] })
  // Ten days and 6 kWh; not a unit of the 34 kWh that were paid for in advance.
  expect(await billFor(database, customer, '2026-08-01')).toMatchObject({ totalMinor: 12_400 })
  expect(await isFound(customer, '2026-09-01', 'postpaid', asOf)).toBe(false)
})

test('who leaves in the month of the change is billed for its post-paid days by what the meter said at that midnight', async () => {
  const customer = await changing()
  await says(customer, AT_CHANGE, 116_000)
  await database.db
    .updateTable('meterInstallations')
    .set({ removedAt: '2026-08-25T06:00:00.000Z', finalRegisterWh: 140_000, finalIsEstimate: false })
    .where('serial', '=', customer.serial)
    .execute()
  const plant = await readPlant(database.db, PLANT, '2026-08-25T06:00:00.000Z')
  const period = periodFrom('2026-08-01')
  const charge = await inTransaction(database.db, async (tx) => {
    const [subject] = await loadBillingSubjects(tx, [customer.customerId])
    if (subject === undefined) throw new Error('the customer is not there')
    const left = { ...subject, leftOn: '2026-08-26' }
    const connection = await takeMissedRegister(tx, left, { period, rules: plant })
    return assessPeriod({ connection, mode: 'postpaid', period, rules: plant })
  })
  expect(charge).toMatchObject({ totalMinor: 12_400, metered: { consumptionWh: 6_000, estimated: false } })
})

async function hangLimiter({ customerId }: ConnectedCustomer, installedAt: string): Promise<void> {
  const serial = `LL9${customerId.slice(-5)}`
  const [old] = await database.db.selectFrom('meters').selectAll().where('kind', '=', 'smart').limit(1).execute()
  if (old === undefined) throw new Error('there is no meter')
  await database.db
    .insertInto('meters')
    .values({ ...old, serial, kind: 'load_limiter' })
    .execute()
  await database.db.insertInto('meterInstallations').values({ customerId, serial, installedAt, startRegisterWh: 0 }).execute()
}
