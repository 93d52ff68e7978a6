import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { inTransaction } from '../../db/queries/accounts.ts'
import { assignFreeMeter, findMeter, installMeter, receiveMeters, releaseMeter, removeMeter } from '../../db/queries/stock.ts'
import { countFreeMeters, listMeters, movesOf } from '../../db/queries/stock-lists.ts'
import { refreshDesiredState } from '../../db/queries/supply.ts'
import { connectCustomer } from '../support/connections.ts'
import { newApplicant } from '../support/payers.ts'
import { ASOF } from '../support/books.ts'
import { freshDatabase, type TestDatabase } from '../support/postgres.ts'
import { PLANT, seedPlant } from '../support/village.ts'
import { KATSA_POLICY_V1 } from '../../domain/policy.ts'

let database: TestDatabase
beforeAll(async () => {
  database = await freshDatabase()
  await seedPlant(database.db, { wallFrom: ASOF, startsAt: ASOF, policy: KATSA_POLICY_V1 })
})
afterAll(() => database.close())

const move = { source: 'test', asOf: ASOF }
const inTx = <T>(work: Parameters<typeof inTransaction<T>>[1]) => inTransaction(database.db, work)
const report = { enteredBy: 'binod', reviewedBy: 'chandan' }
const states = async (serial: string) =>
  ((await movesOf(database.db, { plant: PLANT, serial })) ?? [])
    .map(({ fromState, toState }) => `${fromState ?? '-'} > ${toState}`)
    .reverse()

test('a meter goes from the shelf to a house and back, and its history says so', async () => {
  const { accountId, customerId, serial: first } = await connectCustomer(database.db)
  await inTx((tx) => removeMeter(tx, { ...move, ...report, serial: first, removedAt: ASOF, finalRegisterWh: 150_000 }))
  expect(await findMeter(database.db, first)).toMatchObject({ state: 'free', accountId: null })
  const meter = await inTx((tx) => assignFreeMeter(tx, { plant: PLANT, kind: 'smart', accountId, ...move }))
  const serial = meter?.serial ?? ''
  // Asked again, the one that is set aside already.
  expect(await inTx((tx) => assignFreeMeter(tx, { plant: PLANT, kind: 'smart', accountId, ...move }))).toMatchObject({ serial })
  const install = { ...move, ...report, serial, customerId, accountId, installedAt: ASOF, startRegisterWh: 40 }
  await inTx((tx) => installMeter(tx, install))
  await inTx((tx) => installMeter(tx, install))
  await inTx((tx) => removeMeter(tx, { ...move, ...report, serial, removedAt: ASOF, finalRegisterWh: 90, to: 'in-repair' }))
  await inTx((tx) => removeMeter(tx, { ...move, ...report, serial, removedAt: ASOF, finalRegisterWh: 95 }))
  expect((await states(serial)).slice(-3)).toEqual(['free > assigned', 'assigned > installed', 'installed > in-repair'])
  const readings = await database.db
    .selectFrom('readings')
    .select(['source', 'registerWh'])
    .where('serial', '=', serial)
    .orderBy('readingId')
    .execute()
  // The same meter that hung there before: its earlier readings stay.
  expect(readings.slice(-2)).toEqual([
    { source: 'installation', registerWh: 40 },
    { source: 'removal', registerWh: 90 },
  ])
})

test('a meter that comes off the shelf must report its new house itself', async () => {
  const { customerId, accountId, serial } = await connectCustomer(database.db)
  await inTx((tx) => removeMeter(tx, { ...move, ...report, serial, removedAt: ASOF, finalRegisterWh: 150_000 }))
  await inTx((tx) =>
    installMeter(tx, { ...move, ...report, serial, customerId, accountId, installedAt: ASOF, startRegisterWh: 150_000 }),
  )
  const version = await inTx((tx) => refreshDesiredState(tx, { customerId, source: 'test', asOf: ASOF }))
  const reported = await database.db
    .selectFrom('meterReported')
    .select('version')
    .where('serial', '=', serial)
    .executeTakeFirstOrThrow()
  expect(version).toBeGreaterThan(reported.version)
})

test('ten who want the last three meters at once get three', async () => {
  await inTx((tx) => receiveMeters(tx, { plant: PLANT, kind: 'conventional', serials: ['CM880001'], ...move }))
  const free = await countFreeMeters(database.db, { plant: PLANT, kind: 'conventional' })
  const people = await Promise.all(Array.from({ length: free + 4 }, () => newApplicant(database.db, ASOF)))
  const taken = await Promise.all(
    people.map(({ accountId }) => inTx((tx) => assignFreeMeter(tx, { plant: PLANT, kind: 'conventional', accountId, ...move }))),
  )
  const serials = taken.flatMap((meter) => (meter === undefined ? [] : [meter.serial]))
  expect([
    serials.length,
    new Set(serials).size,
    await countFreeMeters(database.db, { plant: PLANT, kind: 'conventional' }),
  ]).toEqual([free, free, 0])
  await Promise.all(people.map(({ accountId }) => inTx((tx) => releaseMeter(tx, { accountId, ...move }))))
  expect(await countFreeMeters(database.db, { plant: PLANT, kind: 'conventional' })).toBe(free)
})

test('another’s meter, one in repair and one of nobody cannot be installed', async () => {
  const [mine, other] = [await connectCustomer(database.db), await connectCustomer(database.db)]
  const install = {
    ...move,
    ...report,
    customerId: mine.customerId,
    accountId: mine.accountId,
    installedAt: ASOF,
    startRegisterWh: 0,
  }
  await expect(inTx((tx) => installMeter(tx, { ...install, serial: other.serial }))).rejects.toMatchObject({
    code: 'METER_NOT_FREE',
  })
  await expect(inTx((tx) => installMeter(tx, { ...install, serial: 'SM900009' }))).rejects.toMatchObject({
    code: 'METER_NOT_FREE',
    details: { serial: mine.serial },
  })
  await expect(inTx((tx) => installMeter(tx, { ...install, serial: 'NOBODYS1' }))).rejects.toMatchObject({ code: 'NOT_FOUND' })
})

test('a receipt with a serial that is known takes in nothing', async () => {
  await expect(
    inTx((tx) => receiveMeters(tx, { plant: PLANT, kind: 'smart', serials: ['SM770001', 'SM900001'], ...move })),
  ).rejects.toMatchObject({ code: 'ALREADY_EXISTS', details: { serial: 'SM900001' } })
  expect(await findMeter(database.db, 'SM770001')).toBeUndefined()
  expect(await listMeters(database.db, { plant: PLANT, after: 'SM770000', limit: 1 })).toMatchObject([{ serial: 'SM900001' }])
})

test('the history of a meter cannot be rewritten', async () => {
  await expect(database.db.updateTable('meterMoves').set({ toState: 'free' }).execute()).rejects.toThrow(
    /permission denied|append-only/,
  )
  await expect(database.db.deleteFrom('meterMoves').execute()).rejects.toThrow(/permission denied|append-only/)
})
