import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { inTransaction } from '../../db/queries/accounts.ts'
import { markLeft } from '../../db/queries/connections.ts'
import { nudge } from '../../db/queries/outbox.ts'
import { storeReport } from '../../db/queries/readings.ts'
import { placeHold } from '../../db/queries/supply.ts'
import { confirmBan, declineBan } from '../../workflows/collect-dues.ts'
import type { ConnectedCustomer } from '../support/connections.ts'
import { debtors, QUICK_CHASE } from '../support/debtors.ts'
import { type Village, village } from '../support/village.ts'

// Everybody owes since 1 July and is cut on the 5th; what becomes of the cut differs by meter.
let katsa: Village
let people: ReturnType<typeof debtors>
let silent: ConnectedCustomer
let overloaded: ConnectedCustomer
let unreachable: ConnectedCustomer
let unwilling: ConnectedCustomer
let repentant: ConnectedCustomer
let stubborn: ConnectedCustomer
let gone: ConnectedCustomer
let imported: ConnectedCustomer

beforeAll(async () => {
  katsa = await village({ policy: QUICK_CHASE })
  people = debtors(katsa)
  silent = await people.owing()
  overloaded = await people.owing()
  unreachable = await people.owing()
  unwilling = await people.owing()
  repentant = await people.owing()
  stubborn = await people.owing({ meterKind: 'conventional' })
  gone = await people.owing()
  imported = await people.owing({ isChased: false })
  for (const { serial } of [silent, overloaded, unreachable]) katsa.away.add(serial)
  for (const { serial } of [unwilling, repentant]) katsa.refusing.set(serial, 'UNSUPPORTED')
}, 120_000)
afterAll(() => katsa.close())

test('whose connection has ended is left to the closing', async () => {
  await inTransaction(katsa.db, async (tx) => {
    await markLeft(tx, gone.customerId, '2026-07-01')
    await nudge(tx, `account:${gone.accountId}`)
  })
  await katsa.settle()
  expect(await people.collection(gone)).toMatchObject({ outcome: 'Left' })
}, 60_000)

test('who was cut before we came is lit again by paying, whoever had cut him', async () => {
  const at = await katsa.now()
  await inTransaction(katsa.db, (tx) => placeHold(tx, { customerId: imported.customerId, reason: 'unpaid', owner: 'import' }, at))
  await katsa.settle()
  expect(await people.desiredRelay(imported)).toBe('open')
  await people.pay(imported, 45_700)
  expect(await people.desiredRelay(imported)).toBe('auto')
  // He had been dark, so the fee comes with the bill of August: due on the 10th, reminded of on the 7th at 9:00.
  expect(await people.collection(imported)).toMatchObject({ stage: 'Chasing', dueAt: '2026-08-07T03:30:00.000Z' })
}, 60_000)

test('an agent who never comes is reminded and told upon, and the chase goes on', async () => {
  await katsa.advanceTo('2026-07-05T08:00:00.000Z')
  const [visit] = await people.tasksOf(unwilling, 'collection-visit')
  expect(visit).toMatchObject({ status: 'in-process', openedAt: expect.stringMatching(/^2026-07-03/) })
  const chased = await katsa.db
    .selectFrom('notifications')
    .select('kind')
    .where('dedupeKey', 'like', `task-%:${visit?.taskId ?? ''}:%`)
    .where('kind', 'in', ['task-reminder', 'task-escalated'])
    .execute()
  // Opened on the 3rd, reminded on the 4th, one level up on the 5th.
  expect(new Set(chased.map(({ kind }) => kind))).toEqual(new Set(['task-reminder', 'task-escalated']))
  expect(await people.desiredRelay(unwilling)).toBe('open')
}, 120_000)

test('a cut that the meter refuses is made by a technician, and the operator knows', async () => {
  expect(await people.staffToldOf(unwilling, 'meter-refused')).toContain('operator')
  expect(await people.toldOf(unwilling)).not.toContain('supply-cut')
  await people.doTask(unwilling, 'disconnection')
  expect(await people.reportedRelay(unwilling)).toBe('open')
  expect((await people.toldOf(unwilling)).at(-1)).toBe('supply-cut')
}, 60_000)

test('who pays before the technician comes is not gone to', async () => {
  katsa.refusing.delete(repentant.serial)
  await people.pay(repentant, 45_700)
  const [cut] = await people.tasksOf(repentant, 'disconnection')
  expect(cut).toMatchObject({ status: 'cancelled' })
  const told = katsa.db
    .selectFrom('notifications')
    .select('kind')
    .where('staffLogin', '=', cut?.assignedTo ?? '')
  expect(await told.where('dedupeKey', '=', `task-withdrawn:${cut?.taskId ?? ''}`).execute()).toEqual([
    { kind: 'task-withdrawn' },
  ])
  expect(await people.tasksOf(repentant, 'reconnection')).toEqual([])
  expect(await people.toldOf(repentant)).not.toContain('supply-restored')
  expect(await people.collection(repentant)).toMatchObject({ outcome: 'Settled' })
}, 60_000)

test('what the technician cannot do either goes one level up', async () => {
  await people.doTask(stubborn, 'disconnection', 'not-possible')
  expect(await people.collection(stubborn)).toMatchObject({ stage: 'AwaitingMeter', parkedReason: null })
  await katsa.advanceTo('2026-07-09T08:00:00.000Z')
  expect(new Set(await people.staffToldOf(stubborn, 'meter-away'))).toEqual(new Set(['operator', 'cluster-in-charge']))
  expect(await people.toldOf(stubborn)).not.toContain('supply-cut')
}, 120_000)

test('while the meter is away nobody is told of a cut, and who pays meanwhile never was dark', async () => {
  expect(await people.desiredRelay(silent)).toBe('open')
  expect(await people.toldOf(silent)).not.toContain('supply-cut')
  expect(await people.staffToldOf(silent, 'meter-away')).toEqual(['operator', 'cluster-in-charge'])
  await people.pay(silent, 45_700)
  expect(await people.desiredRelay(silent)).toBe('auto')
  katsa.away.delete(silent.serial)
  await katsa.settle()
  expect(await people.reportedRelay(silent)).toBe('closed')
  expect(await people.collection(silent)).toMatchObject({ outcome: 'Settled' })
  expect(await people.toldOf(silent)).not.toEqual(expect.arrayContaining(['supply-cut', 'supply-restored']))
  const fees = katsa.db
    .selectFrom('charges')
    .select('chargeId')
    .where('accountId', '=', silent.accountId)
    .where('kind', '=', 'fee')
  expect(await fees.execute()).toEqual([])
}, 120_000)

test('whose meter was open for overload when he paid, before the cut reached it, pays no fee for reconnection', async () => {
  const { serial, accountId } = overloaded
  expect(await people.desiredRelay(overloaded)).toBe('open')
  const limits = { loadLimitW: 500, activeFrom: '00:00', activeTo: '24:00' }
  const tripped = { serial, version: 1, ...limits, relay: 'open', relayMode: 'auto', bootId: 1 } as const
  const reportedAt = await katsa.now()
  await inTransaction(katsa.db, (tx) => storeReport(tx, { ...tripped, reportedAt }))
  expect(await people.reportedRelay(overloaded)).toBe('open')
  await people.pay(overloaded, 45_700)
  const fees = katsa.db.selectFrom('charges').select('chargeId').where('accountId', '=', accountId).where('kind', '=', 'fee')
  expect(await fees.execute()).toEqual([])
  katsa.away.delete(serial)
  await katsa.settle()
}, 120_000)

test('a ban that was declined is asked about again after the same time', async () => {
  await katsa.advanceTo('2026-07-15T06:00:00.000Z')
  expect(await people.collection(unwilling)).toMatchObject({ stage: 'AwaitingDecision', waitingFor: 'cluster-in-charge' })
  await people.run(unwilling).executeUpdate(declineBan, { args: [{ by: 'deepa' }] })
  await katsa.settle()
  expect(await people.collection(unwilling)).toMatchObject({ stage: 'Chasing', dueAt: '2026-07-24T18:30:00.000Z' })
  await katsa.advanceTo('2026-07-25T06:00:00.000Z')
  expect(await people.collection(unwilling)).toMatchObject({ stage: 'AwaitingDecision', waitingFor: 'cluster-in-charge' })
  await people.run(unwilling).executeUpdate(confirmBan, { args: [{ by: 'deepa' }] })
  await katsa.settle()
  expect(await people.collection(unwilling)).toMatchObject({ outcome: 'Banned' })
}, 180_000)

test('a meter that stays away is told of every week', async () => {
  // It is the 25th: told on the 6th and the 8th, then on the 15th and the 22nd, and again on the 29th.
  expect(await people.staffToldOf(unreachable, 'meter-away')).toEqual([
    'operator',
    'cluster-in-charge',
    'cluster-in-charge',
    'cluster-in-charge',
  ])
  expect(await people.toldOf(unreachable)).not.toContain('supply-cut')
})
