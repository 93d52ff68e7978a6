import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals'
import { inTransaction } from '../../db/queries/accounts.ts'
import { assignFreeMeter, receiveMeters } from '../../db/queries/stock.ts'
import { openHolds } from '../../db/queries/supply.ts'
import { processIds } from '../../domain/process-ids.ts'
import type { DecisionInput } from '../../workflows/decisions.ts'
import { completeTask } from '../../workflows/do-field-task.ts'
import {
  approveRefund,
  cancel,
  choosePole,
  payRefund,
  replanInstallation,
  withdraw,
} from '../../workflows/onboarding-decisions.ts'
import { applicants, type Wish } from '../support/applicants.ts'
import { expectBooksInBalance, held } from '../support/payers.ts'
import { PLANT, type Village, village } from '../support/village.ts'

let katsa: Village
let people: ReturnType<typeof applicants>
beforeAll(async () => {
  katsa = await village()
  people = applicants(katsa)
})
afterAll(() => katsa.close())
afterEach(() => expectBooksInBalance(katsa.db))

/** B1.1: deposit 500 + activation 300 rupees. */
const B11_MINOR = 80_000
/** A1.1 by limiter: deposit 200 (160, at least 200) + activation 100 rupees. */
const A11_MINOR = 30_000

const stateOf = async (serial: string) =>
  (await katsa.db.selectFrom('meters').select('state').where('serial', '=', serial).executeTakeFirstOrThrow()).state

/** Paid and waiting for the technician, with the meter that was set aside. */
async function waiting(wish: Wish = {}, paidMinor = B11_MINOR) {
  const applicationId = await people.demanded(wish)
  await people.pay(applicationId, paidMinor)
  return {
    applicationId,
    serial: (await people.meter(applicationId))?.serial ?? '',
    customerId: (await people.account(applicationId)).customerId ?? '',
  }
}

const advanceOf = (applicationId: string) =>
  katsa.db
    .selectFrom('charges')
    .select(['periodFrom as period', 'amountMinor'])
    .where('accountId', '=', applicationId)
    .where('kind', '=', 'electricity')
    .execute()

async function giveBack(applicationId: string, approver: string): Promise<void> {
  await people.decide(applicationId, approveRefund, approver)
  await people.decide(applicationId, payRefund, 'asha', { method: 'cash' })
}

test('a pre-paid household with a limiter is set by hand at the visit, and billed for the days that are left', async () => {
  const { applicationId, serial, customerId } = await waiting({ code: 'A1.1', meterKind: 'load_limiter' }, A11_MINOR)
  await people.report(applicationId, 'installation:1', { outcome: 'done', serial })
  expect(await people.process(applicationId)).toMatchObject({ outcome: 'Active' })
  expect(
    await katsa.db
      .selectFrom('meterReported')
      .select(['version', 'loadLimitW', 'relay'])
      .where('serial', '=', serial)
      .executeTakeFirst(),
  ).toEqual({ version: 1, loadLimitW: 17, relay: 'closed' })
  // 160 rupees for all 31 days of July.
  expect(await advanceOf(applicationId)).toMatchObject([{ period: '2026-07-01', amountMinor: 16_000 }])
  expect(await katsa.process(processIds.billing(customerId, '2026-07-01'))).toMatchObject({ outcome: null, parkedReason: null })
})

test('on a full pole the customer waits until another pole is chosen, and no id is given twice', async () => {
  await katsa.db.updateTable('poles').set({ highestConnection: 98 }).where('pole', '=', '020').execute()
  const one = await people.demanded({ pole: '020' })
  const two = await people.demanded({ pole: '020' })
  await people.pay(one, B11_MINOR)
  await people.pay(two, B11_MINOR)
  expect((await people.account(one)).customerId).toBe('BHKATS02099')
  expect(await people.process(two)).toMatchObject({ stage: 'PoleFull', waitingFor: 'cluster-in-charge' })
  await people.decide(two, choosePole, 'deepa', { pole: '020' })
  expect(await people.process(two)).toMatchObject({ stage: 'PoleFull' })
  await people.decide(two, choosePole, 'deepa', { pole: '021' })
  expect((await people.account(two)).customerId).toBe('BHKATS02101')
})

test('without a free meter the customer waits visibly, until one comes into stock', async () => {
  const asOf = await katsa.now()
  // Every conventional meter is set aside for somebody else.
  await katsa.db
    .updateTable('meters')
    .set({ state: 'scrapped' })
    .where('kind', '=', 'conventional')
    .where('state', '=', 'free')
    .execute()
  const { applicationId } = await waiting({ meterKind: 'conventional' })
  expect(await people.process(applicationId)).toMatchObject({ stage: 'NoMeterFree', waitingFor: 'cluster-in-charge' })
  await inTransaction(katsa.db, (tx) =>
    receiveMeters(tx, { plant: PLANT, kind: 'conventional', serials: ['CM990001'], source: 'staff:deepa', asOf }),
  )
  await katsa.settle()
  expect(await people.process(applicationId)).toMatchObject({ stage: 'Installation' })
  expect(await people.meter(applicationId)).toEqual({ serial: 'CM990001', kind: 'conventional', state: 'assigned' })
})

test('a visit in vain is planned again by decision, and done the second time', async () => {
  const { applicationId, serial } = await waiting()
  await people.report(applicationId, 'installation:1', { outcome: 'not-possible', reason: 'house-shut' })
  expect(await people.process(applicationId)).toMatchObject({ stage: 'InstallationInDoubt', waitingFor: 'cluster-in-charge' })
  await people.decide(applicationId, replanInstallation, 'deepa')
  expect(await people.process(applicationId)).toMatchObject({ stage: 'Installation' })
  expect(await people.notices(applicationId)).toContain('installation-delayed')
  await people.report(applicationId, 'installation:2', { outcome: 'done', serial, startRegisterWh: 0 })
  expect(await people.process(applicationId)).toMatchObject({ outcome: 'Active' })
})

test('what cannot be installed is cancelled: money and meter go back, the customer ID stays used', async () => {
  const { applicationId, serial, customerId } = await waiting({ pole: '022' })
  await people.report(applicationId, 'installation:1', { outcome: 'not-possible', reason: 'no-wall' })
  await people.decide(applicationId, cancel, 'deepa')
  expect(await stateOf(serial)).toBe('free')
  expect(await people.connection(applicationId)).toMatchObject({ customerId, connectedOn: null, leftOn: '2026-07-01' })
  expect((await openHolds(katsa.db, customerId)).map(({ reason }) => reason)).toContain('closed')
  await giveBack(applicationId, 'farid')
  expect(await people.process(applicationId)).toMatchObject({ outcome: 'Cancelled' })
  expect(await people.refunds(applicationId)).toMatchObject([{ amountMinor: B11_MINOR, state: 'paid' }])
  const next = await waiting({ pole: '022' })
  expect([customerId, next.customerId]).toEqual(['BHKATS02201', 'BHKATS02202'])
})

test('who withdraws before the technician came gets everything back, and the technician is called off', async () => {
  const { applicationId, serial } = await waiting()
  await people.decide(applicationId, withdraw, 'asha')
  expect(await people.taskOf(applicationId, 'installation:1')).toMatchObject({ status: 'cancelled' })
  expect(await stateOf(serial)).toBe('free')
  await giveBack(applicationId, 'farid')
  expect(await people.process(applicationId)).toMatchObject({ outcome: 'Withdrawn' })
})

test('another free meter on the wall than the one set aside: the stock follows the wall', async () => {
  const { applicationId, serial } = await waiting()
  await people.report(applicationId, 'installation:1', { outcome: 'done', serial: 'SM900012', startRegisterWh: 5 })
  expect(await people.process(applicationId)).toMatchObject({ outcome: 'Active' })
  expect([await stateOf(serial), await people.meter(applicationId)]).toEqual([
    'free',
    { serial: 'SM900012', kind: 'smart', state: 'installed' },
  ])
  const moves = await katsa.db
    .selectFrom('meterMoves')
    .select(['fromState', 'toState'])
    .where('serial', '=', serial)
    .orderBy('moveId', 'desc')
    .limit(1)
    .execute()
  expect(moves).toEqual([{ fromState: 'assigned', toState: 'free' }])
})

test('a meter that is somebody else’s, unknown, or does not fit is refused while the technician is still there', async () => {
  const other = await waiting()
  const { applicationId, serial } = await waiting()
  const report = async (named: string): Promise<string> => {
    const { taskId } = await people.taskOf(applicationId, 'installation:1')
    const args: [DecisionInput] = [{ by: 'binod', detail: { outcome: 'done', serial: named, startRegisterWh: 5 } }]
    const answer = katsa.temporal.client.workflow.getHandle(processIds.task(taskId)).executeUpdate(completeTask, { args })
    return answer.then(
      () => 'taken',
      (error: { cause?: { type?: string } }) => error.cause?.type ?? 'unknown',
    )
  }
  expect(await report(other.serial)).toBe('METER_NOT_FREE')
  expect(await report('SM000000')).toBe('INVALID_INPUT')
  const limiter = await katsa.db
    .selectFrom('meters')
    .select('serial')
    .where('kind', '=', 'load_limiter')
    .where('state', '=', 'free')
    .orderBy('serial')
    .limit(1)
    .executeTakeFirstOrThrow()
  expect(await report(limiter.serial)).toBe('PACKAGE_METER_UNFIT')
  await katsa.settle()
  expect(await people.process(applicationId)).toMatchObject({ stage: 'Installation' })
  expect([await stateOf(serial), await stateOf(other.serial)]).toEqual(['assigned', 'assigned'])
  await people.report(applicationId, 'installation:1', { outcome: 'done', serial, startRegisterWh: 5 })
  expect(await stateOf(serial)).toBe('installed')
})

test('a meter that does not answer after the visit is a visible wait, and still right when it does', async () => {
  const { applicationId, serial, customerId } = await waiting()
  katsa.away.add(serial)
  await people.report(applicationId, 'installation:1', { outcome: 'done', serial, startRegisterWh: 10 })
  expect(await people.process(applicationId)).toMatchObject({ stage: 'Programming', waitingFor: 'meter' })
  await katsa.advance('P4D')
  const told = await katsa.db
    .selectFrom('notifications')
    .select('staffLogin')
    .where('kind', '=', 'meter-away')
    .where('dedupeKey', 'like', `%${serial}%`)
    .orderBy('notificationId')
    .execute()
  expect(told.map(({ staffLogin }) => staffLogin)).toEqual(['chandan', 'deepa'])
  katsa.away.delete(serial)
  await katsa.settle()
  expect(await people.process(applicationId)).toMatchObject({ outcome: 'Active' })
  expect(await people.connection(applicationId)).toMatchObject({ customerId, connectedOn: (await katsa.now()).slice(0, 10) })
})

test('who withdraws while the meter does not answer: it is fetched, the activation charge is kept, the deposit comes back', async () => {
  const { applicationId, serial } = await waiting()
  katsa.away.add(serial)
  await people.report(applicationId, 'installation:1', { outcome: 'done', serial, startRegisterWh: 10 })
  const earnedBefore = await held(katsa.db, `revenue:${PLANT}:ACT`)
  await people.decide(applicationId, withdraw, 'asha')
  expect(await people.process(applicationId)).toMatchObject({ stage: 'MeterRemoval', waitingFor: 'technician' })
  expect(await stateOf(serial)).toBe('to-be-removed')
  await people.report(applicationId, 'removal:1', { outcome: 'not-possible', reason: 'house-shut' })
  await people.report(applicationId, 'removal:2', { outcome: 'done', finalRegisterWh: 12 })
  katsa.away.delete(serial)
  expect(await stateOf(serial)).toBe('free')
  expect(await held(katsa.db, `revenue:${PLANT}:ACT`)).toBe(earnedBefore + 30_000)
  await giveBack(applicationId, 'deepa')
  expect(await people.refunds(applicationId)).toMatchObject([{ amountMinor: 50_000, state: 'paid' }])
  expect(await people.process(applicationId)).toMatchObject({ outcome: 'Withdrawn' })
})

test('a meter that refuses is exchanged for another by decision', async () => {
  const { applicationId, serial, customerId } = await waiting()
  katsa.refusing.set(serial, 'relay-stuck')
  await people.report(applicationId, 'installation:1', { outcome: 'done', serial, startRegisterWh: 10 })
  expect(await people.process(applicationId)).toMatchObject({ stage: 'MeterRefused', waitingFor: 'cluster-in-charge' })
  await people.decide(applicationId, replanInstallation, 'deepa')
  expect(await stateOf(serial)).toBe('in-repair')
  expect((await openHolds(katsa.db, customerId)).map(({ reason }) => reason)).toEqual(['not-activated'])
  const other = (await people.meter(applicationId))?.serial ?? ''
  expect(other).not.toBe(serial)
  await people.report(applicationId, 'installation:2', { outcome: 'done', serial: other, startRegisterWh: 0 })
  expect(await people.process(applicationId)).toMatchObject({ outcome: 'Active' })
})

test('a technician who never comes is reminded and told on; the household goes on waiting in sight', async () => {
  const { applicationId } = await waiting({ code: 'A1.1', meterKind: 'load_limiter' }, A11_MINOR)
  const { taskId, dueAt } = await people.taskOf(applicationId, 'installation:1')
  expect(await people.process(applicationId)).toMatchObject({ stage: 'Installation', dueAt })
  await katsa.advance('P3D')
  const told = await katsa.db.selectFrom('notifications').select('kind').where('dedupeKey', 'like', `task-%${taskId}%`).execute()
  expect(told.map(({ kind }) => kind)).toEqual(expect.arrayContaining(['task-reminder', 'task-escalated']))
  expect(await people.process(applicationId)).toMatchObject({ stage: 'Installation' })
  // He comes on the 8th: 24 of the 31 days are left, 160 × 24 ÷ 31 = 123.87, in whole rupees 124.
  await people.report(applicationId, 'installation:1', { outcome: 'done' })
  expect(await people.connection(applicationId)).toMatchObject({ connectedOn: '2026-07-08' })
  expect(await advanceOf(applicationId)).toMatchObject([{ amountMinor: 12_400 }])
})

test('a run that is lost at any stage goes on from its rows and does nothing twice', async () => {
  const applicationId = await people.demanded({ pole: '023' })
  const again = async (): Promise<void> => {
    await people.handle(applicationId).terminate('lost')
    await katsa.start('onboardCustomer', processIds.onboarding(applicationId), {
      plant: PLANT,
      applicationId,
      accountId: applicationId,
    })
  }
  await again()
  expect(await people.process(applicationId)).toMatchObject({ stage: 'Payment' })
  await people.pay(applicationId, B11_MINOR)
  await again()
  const { serial = '' } = (await people.meter(applicationId)) ?? {}
  katsa.away.add(serial)
  await people.report(applicationId, 'installation:1', { outcome: 'done', serial, startRegisterWh: 3 })
  await again()
  expect(await people.process(applicationId)).toMatchObject({ stage: 'Programming' })
  katsa.away.delete(serial)
  await katsa.settle()
  expect(await people.process(applicationId)).toMatchObject({ outcome: 'Active' })
  const kinds = await people.notices(applicationId)
  expect(kinds).toHaveLength(new Set(kinds).size)
  const counted = await katsa.db
    .selectFrom('charges')
    .select((eb) => eb.fn.countAll<number>().as('n'))
    .where('accountId', '=', applicationId)
    .executeTakeFirstOrThrow()
  expect([counted.n, (await people.account(applicationId)).customerId]).toEqual([2, 'BHKATS02301'])
  // Wakes it once more after its end: it looks and ends again.
  await katsa.start('onboardCustomer', processIds.onboarding(applicationId), {
    plant: PLANT,
    applicationId,
    accountId: applicationId,
  })
  expect(await people.process(applicationId)).toMatchObject({ outcome: 'Active' })
})

test('two applications that want the last meter never get the same', async () => {
  const asOf = await katsa.now()
  await katsa.db
    .updateTable('meters')
    .set({ state: 'scrapped' })
    .where('kind', '=', 'smart')
    .where('state', '=', 'free')
    .execute()
  await inTransaction(katsa.db, (tx) =>
    receiveMeters(tx, { plant: PLANT, kind: 'smart', serials: ['SM990001'], source: 'staff:deepa', asOf }),
  )
  const [one, two] = [await people.apply(), await people.apply()]
  const taken = await Promise.all(
    [one, two].map((accountId) =>
      inTransaction(katsa.db, (tx) => assignFreeMeter(tx, { plant: PLANT, kind: 'smart', accountId, source: 'test', asOf })),
    ),
  )
  expect(taken.map((meter) => meter?.serial).filter((serial) => serial !== undefined)).toEqual(['SM990001'])
})
