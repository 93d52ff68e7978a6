import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals'
import { createActivities } from '../../activities/index.ts'
import type { Db } from '../../db/client.ts'
import { inTransaction } from '../../db/queries/accounts.ts'
import { openHolds, placeHold } from '../../db/queries/supply.ts'
import { startOfDay } from '../../domain/calendar.ts'
import { KATSA_POLICY_V1 } from '../../domain/policy.ts'
import { processIds } from '../../domain/process-ids.ts'
import { connectCustomer, type ConnectedCustomer } from '../support/connections.ts'
import { QUICK_CHASE } from '../support/debtors.ts'
import { electricity, expectBooksInBalance, hear, owe } from '../support/payers.ts'
import { freshDatabase, type TestDatabase } from '../support/postgres.ts'
import { PLANT, seedPlant, ZONE } from '../support/village.ts'
import { storeReading } from '../../simulate/village/meters.ts'

const START = '2026-07-01T03:30:00.000Z'
// Due on 1 July; without visits the chase is: notice on the 2nd, warning on the 4th, cut on the 5th at 10:00 (04:30 UTC).
const POLICY = { ...KATSA_POLICY_V1, chasing: { ...QUICK_CHASE.chasing, visitsAfter: [] } }

let database: TestDatabase
let db: Db
beforeAll(async () => {
  database = await freshDatabase()
  db = database.db
  await seedPlant(db, { wallFrom: START, startsAt: START, policy: POLICY })
})
afterAll(() => database.close())
afterEach(() => expectBooksInBalance(db))

const activities = () => createActivities({ db })

async function pay(
  { customerId }: ConnectedCustomer,
  heard: { reference: string; amountMinor: number; asOf: string; status?: 'bounced'; paidOn?: string },
): Promise<void> {
  await hear(db, { payer: customerId, ...heard })
  await activities().takeInNotice({ provider: 'sandbox-wallet', reference: heard.reference, asOf: heard.asOf })
}

/** Everything that is due at that hour is done, and what was sent has arrived. Returns the steps. */
async function chase({ accountId, customerId }: ConnectedCustomer, asOf: string): Promise<string[]> {
  const key = { plant: PLANT, accountId, customerId, asOf }
  const taken: string[] = []
  for (;;) {
    const { next } = await activities().readCollection(key)
    if (next.kind === 'none' || next.kind === 'wait') return taken
    if (!(await activities().takeCollectionStep({ ...key, expected: next.kind }))) return taken
    taken.push(next.kind)
    await db
      .updateTable('notifications')
      .set({ sentAt: asOf, deliveredAt: asOf })
      .where('accountId', '=', accountId)
      .where('sentAt', 'is', null)
      .execute()
  }
}
const isHeld = async ({ customerId }: ConnectedCustomer) =>
  (await openHolds(db, customerId)).some(({ reason }) => reason === 'unpaid')
const owing = () => connectCustomer(db, { openingDues: { amountMinor: 45_700, dueOn: '2026-07-01' } })

test('whoever pays at any hour around the cut has supply in the end, and whoever does not is dark (billing.md rule 19)', async () => {
  const cut = '2026-07-05T04:30:00.000Z'
  const offsets = [-96, -72, -48, -24, -12, -2, -1, 0, 1, 2, 12, 24, 72]
  const payers = await Promise.all(offsets.map(async (hours) => ({ hours, customer: await owing(), wasCut: false })))
  const never = await owing()
  for (const hour of offsets) {
    const at = new Date(Date.parse(cut) + hour * 3_600_000).toISOString()
    for (const one of payers.filter(({ hours }) => hours >= hour)) {
      await chase(one.customer, at)
      one.wasCut ||= await isHeld(one.customer)
      if (one.hours === hour) await pay(one.customer, { reference: `at-${hour}`, amountMinor: 45_700, asOf: at })
    }
    await chase(never, at)
  }
  for (const { customer } of payers) await chase(customer, '2026-07-09T04:30:00.000Z')
  for (const { customer, hours, wasCut } of payers) {
    expect({ hours, held: await isHeld(customer), wasCut }).toEqual({ hours, held: false, wasCut: hours >= 0 })
  }
  expect(await isHeld(never)).toBe(true)
}, 120_000)

test('Kill Bill #2297: paying the older bill never lets the younger one cut before its own notice has waited (billing.md rule 18)', async () => {
  const customer = await owing()
  for (const day of ['02', '03', '04']) await chase(customer, `2026-07-${day}T06:00:00.000Z`)
  // A second debt, overdue since the 3rd, of which nobody was told yet; on the morning of the cut the older one is paid: 457 of 1,057,
  // less than the half that would put the cut off.
  const { accountId } = customer
  const older = await db.selectFrom('charges').select('chargeId').where('accountId', '=', accountId).executeTakeFirstOrThrow()
  await owe(db, accountId, { ...electricity('2026-06-01', 60_000, '2026-07-03'), asOf: START })
  await hear(db, {
    reference: 'older-first',
    amountMinor: 45_700,
    payer: customer.customerId,
    chargeIds: [older.chargeId],
    asOf: '2026-07-05T04:00:00.000Z',
  })
  await activities().takeInNotice({ provider: 'sandbox-wallet', reference: 'older-first', asOf: '2026-07-05T04:00:00.000Z' })

  expect(await chase(customer, '2026-07-05T04:30:00.000Z')).toEqual(['notice'])
  expect(await isHeld(customer)).toBe(false)
  // Its notice is of the 5th: two clear days after it, the 8th at the earliest, with a warning the day before.
  expect(await chase(customer, '2026-07-06T05:00:00.000Z')).toEqual([])
  expect(await chase(customer, '2026-07-07T05:00:00.000Z')).toEqual(['warn'])
  expect(await chase(customer, '2026-07-08T05:00:00.000Z')).toEqual(['cut'])
})

test('a cheque that bounces brings the chase back where it was, with a warning anew, and no step twice', async () => {
  const customer = await owing()
  for (const day of ['02', '03', '04']) await chase(customer, `2026-07-${day}T06:00:00.000Z`)
  await pay(customer, { reference: 'cheque-1', amountMinor: 45_700, asOf: '2026-07-05T04:00:00.000Z' })
  expect(await chase(customer, '2026-07-05T05:00:00.000Z')).toEqual([])
  await pay(customer, { reference: 'cheque-1', amountMinor: 45_700, status: 'bounced', asOf: '2026-07-09T06:00:00.000Z' })
  // The notice of the 2nd stands; who believed to have paid is warned again, and cut the day after.
  expect(await chase(customer, '2026-07-09T06:00:00.000Z')).toEqual(['warn'])
  expect(await chase(customer, '2026-07-10T05:00:00.000Z')).toEqual(['cut'])
  expect(await isHeld(customer)).toBe(true)
})

test('a cheque that bounces when the notice is older than 30 days is followed by a new notice and its waiting time', async () => {
  const customer = await owing()
  for (const day of ['02', '03', '04']) await chase(customer, `2026-07-${day}T06:00:00.000Z`)
  await pay(customer, { reference: 'cheque-2', amountMinor: 45_700, asOf: '2026-07-05T04:00:00.000Z' })
  // 2 July + 30 days = 1 August.
  await pay(customer, { reference: 'cheque-2', amountMinor: 45_700, status: 'bounced', asOf: '2026-08-02T06:00:00.000Z' })
  expect(await chase(customer, '2026-08-02T06:00:00.000Z')).toEqual(['notice'])
  expect(await chase(customer, '2026-08-03T06:00:00.000Z')).toEqual([])
  expect(await chase(customer, '2026-08-04T06:00:00.000Z')).toEqual(['warn'])
  expect(await chase(customer, '2026-08-05T06:00:00.000Z')).toEqual(['cut'])
})

test('cash that was taken before the cut and told of after it lights the house without a fee, and counts from its day (billing.md rule 6)', async () => {
  const late = await owing()
  const after = await owing()
  for (const customer of [late, after]) {
    for (const day of ['02', '03', '04', '05']) await chase(customer, `2026-07-${day}T06:00:00.000Z`)
    expect(await isHeld(customer)).toBe(true)
    await db
      .updateTable('meterReported')
      .set({ relay: 'open', reportedAt: '2026-07-05T07:00:00.000Z' })
      .where('serial', '=', customer.serial)
      .execute()
  }
  const asOf = '2026-07-08T06:00:00.000Z'
  await pay(late, { reference: 'offline', amountMinor: 45_700, paidOn: '2026-07-04', asOf })
  await pay(after, { reference: 'at-once', amountMinor: 45_700, asOf })
  for (const customer of [late, after]) expect(await isHeld(customer)).toBe(false)
  const feesOf = async ({ accountId }: ConnectedCustomer) =>
    db.selectFrom('charges').select('amountMinor').where('accountId', '=', accountId).where('kind', '=', 'fee').execute()
  expect(await feesOf(late)).toEqual([])
  // Whether the cut was carried out decides about the fee of who paid after it; the trail keeps both days.
  const payment = await db
    .selectFrom('payments')
    .select(['valueDate', 'receivedAt'])
    .where('reference', '=', 'offline')
    .executeTakeFirstOrThrow()
  expect(payment).toEqual({ valueDate: '2026-07-04', receivedAt: asOf })
})

test('half of the overdue, taken on the 3rd and told of on the 6th, puts the cut off from the 3rd (billing.md rule 6)', async () => {
  const customer = await owing()
  for (const day of ['02', '03', '04']) await chase(customer, `2026-07-${day}T06:00:00.000Z`)
  const asOf = '2026-07-05T04:00:00.000Z'
  await pay(customer, { reference: 'half', amountMinor: 22_900, paidOn: '2026-07-03', asOf })
  const key = { plant: PLANT, ...customer, asOf }
  // 3 July + 7 days = the 10th is still free.
  expect((await activities().readCollection(key)).next).toEqual({
    kind: 'wait',
    reason: 'put-off',
    until: startOfDay('2026-07-11', ZONE),
  })
  await pay(customer, { reference: 'half', amountMinor: 22_900, status: 'bounced', asOf })
  expect((await activities().readCollection(key)).next).not.toMatchObject({ reason: 'put-off' })
})

test('half of the overdue paid in the last days of a month puts the cut off into the next one, once for each month', async () => {
  const customer = await owing()
  for (const day of ['02', '03']) await chase(customer, `2026-07-${day}T06:00:00.000Z`)
  const nextAt = async (asOf: string) => (await activities().readCollection({ plant: PLANT, ...customer, asOf })).next
  // 27 July + 7 days = 3 August is still free. 457.00 are owed, half is 228.50.
  await pay(customer, { reference: 'end-of-july', amountMinor: 22_900, asOf: '2026-07-27T06:00:00.000Z' })
  const untilAugust = { kind: 'wait', reason: 'put-off', until: startOfDay('2026-08-04', ZONE) }
  expect(await nextAt('2026-07-31T06:00:00.000Z')).toEqual(untilAugust)
  expect(await nextAt('2026-08-01T06:00:00.000Z')).toEqual(untilAugust)
  // 228.00 are left; half of them, 114.00, on the 30th is a second time in July and changes nothing, whichever month it is looked at.
  await pay(customer, { reference: 'second-of-july', amountMinor: 11_400, asOf: '2026-07-30T06:00:00.000Z' })
  expect(await nextAt('2026-08-01T06:00:00.000Z')).toEqual(untilAugust)
  expect(await nextAt('2026-08-04T06:00:00.000Z')).not.toMatchObject({ reason: 'put-off' })
  // 114.00 are left; half of them, 57.00, on 2 August is the first of August: 2 August + 7 days = the 9th is still free.
  await pay(customer, { reference: 'first-of-august', amountMinor: 5_700, asOf: '2026-08-02T06:00:00.000Z' })
  expect(await nextAt('2026-08-02T07:00:00.000Z')).toMatchObject({ reason: 'put-off', until: startOfDay('2026-08-10', ZONE) })
})

test('fifty cuts and reconnections leave every bill as it was issued (billing.md rule 20)', async () => {
  const customer = await connectCustomer(db)
  const { accountId, customerId, serial } = customer
  for (const [index, boundary] of ['2026-08-01', '2026-09-01', '2026-10-01'].entries()) {
    await storeReading(db, { serial, takenAt: startOfDay(boundary, ZONE), registerWh: 110_000 + index * 10_000, kind: 'billing' })
    const set = {
      plant: PLANT,
      boundary,
      mode: 'postpaid',
      connectionIds: [customerId],
      asOf: startOfDay(boundary, ZONE),
    } as const
    expect(await activities().issueBills(set)).toMatchObject({ issued: [customerId] })
  }
  const papers = async () => ({
    bills: await db.selectFrom('bills').selectAll().where('accountId', '=', accountId).orderBy('billId').execute(),
    charges: await db
      .selectFrom('charges')
      .selectAll()
      .where('accountId', '=', accountId)
      .where('kind', '=', 'electricity')
      .orderBy('chargeId')
      .execute(),
  })
  const before = await papers()
  expect(before.bills).toHaveLength(3)
  for (let cycle = 0; cycle < 50; cycle += 1) {
    const asOf = new Date(Date.parse('2026-10-15T06:00:00.000Z') + cycle * 86_400_000).toISOString()
    await inTransaction(db, (tx) =>
      placeHold(tx, { customerId, reason: 'unpaid', owner: processIds.collection(customerId) }, asOf),
    )
    // All that is owed: 3 × (50.00 + 180.00) = 690.00; it bounces the same evening, and the next cut follows.
    const heard = { reference: `cycle-${cycle}`, amountMinor: 69_000, asOf }
    await pay(customer, heard)
    expect(await isHeld(customer)).toBe(false)
    await pay(customer, { ...heard, status: 'bounced' })
  }
  expect(await papers()).toEqual(before)
}, 120_000)
