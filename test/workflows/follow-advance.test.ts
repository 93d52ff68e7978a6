import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { sql } from 'kysely'
import { balanceOf } from '../../db/queries/ledger.ts'
import { openHolds } from '../../db/queries/supply.ts'
import { electricitySource } from '../../domain/charge.ts'
import { credit, revenue, unearned } from '../../domain/ledger.ts'
import { processIds } from '../../domain/process-ids.ts'
import { approveTask, completeTask } from '../../workflows/do-field-task.ts'
import { billFor, watchForDueBilling } from '../support/billing.ts'
import { connectCustomer, type ConnectedCustomer, payInCash } from '../support/connections.ts'
import { PLANT, type Village, village } from '../support/village.ts'

// A1.1 costs 160.00 a month in advance. One plant lives from 28 June to 12 August; who pays when differs by customer.
let katsa: Village
let inTime: ConnectedCustomer
let late: ConnectedCustomer
let tooMuch: ConnectedCustomer
let byHand: ConnectedCustomer
let never: ConnectedCustomer

beforeAll(async () => {
  katsa = await village({ startsAt: '2026-06-28T03:30:00.000Z' })
  const packageCode = 'A1.1'
  inTime = await connectCustomer(katsa.db, { packageCode })
  late = await connectCustomer(katsa.db, { packageCode, meterKind: 'smart' })
  tooMuch = await connectCustomer(katsa.db, { packageCode })
  byHand = await connectCustomer(katsa.db, { packageCode })
  never = await connectCustomer(katsa.db, { packageCode, meterKind: 'smart' })
  await watchForDueBilling(katsa)
})
afterAll(() => katsa.close())

const cycle = ({ customerId }: ConnectedCustomer, period = '2026-07-01') => processIds.billing(customerId, period)
const held = async ({ customerId }: ConnectedCustomer) => (await openHolds(katsa.db, customerId)).map(({ reason }) => reason)

async function pay({ accountId }: ConnectedCustomer, amountMinor: number): Promise<void> {
  const at = await katsa.now()
  await payInCash(katsa.db, { accountId, amountMinor, at, reference: `${accountId}-${at}` })
  // Two cycles wake each other in turn: a moment of quiet between them is not yet the end.
  for (let times = 0; times < 3; times += 1) await katsa.settle()
}

async function relay({ serial }: ConnectedCustomer): Promise<string | null> {
  return (await katsa.db.selectFrom('meterReported').select('relay').where('serial', '=', serial).executeTakeFirstOrThrow()).relay
}

async function doTask({ customerId }: ConnectedCustomer, kind: string): Promise<void> {
  const tasks = katsa.db
    .selectFrom('tasks')
    .select(['taskId', 'assignedTo'])
    .where('customerId', '=', customerId)
    .where('kind', '=', kind)
  const { taskId, assignedTo } = await tasks.executeTakeFirstOrThrow()
  const handle = katsa.temporal.client.workflow.getHandle(processIds.task(taskId))
  await handle.executeUpdate(completeTask, { args: [{ by: assignedTo ?? 'binod', detail: { outcome: 'done' } }] })
  await katsa.settle()
  await handle.executeUpdate(approveTask, { args: [{ by: 'deepa' }] })
  await katsa.settle()
}

async function charge({ accountId }: ConnectedCustomer, period = '2026-07-01') {
  const source = electricitySource('prepaid', period)
  const { rows } = await sql<{ amountMinor: number; nature: string; openMinor: number }>`
    select amount_minor, nature, open_amount(charge_id) as open_minor from charges where account_id = ${accountId} and source = ${source}`.execute(
    katsa.db,
  )
  return rows[0]
}

test('an advance is a demand: it is no income and nobody owes it until it is paid', async () => {
  expect(await billFor(katsa, inTime, '2026-07-01', 'prepaid')).toMatchObject({ totalMinor: 16_000, dueOn: '2026-07-01' })
  expect(await charge(inTime)).toEqual({ amountMinor: 16_000, nature: 'demand', openMinor: 16_000 })
  expect(await katsa.db.selectFrom('postings').select('postingId').where('eventKey', 'like', 'charge:%').execute()).toEqual([])
})

test('paid before its month it is earned when that begins', async () => {
  await pay(inTime, 16_000)
  expect(await balanceOf(katsa.db, unearned(inTime.accountId))).toBe(16_000)
  await katsa.advanceTo('2026-07-01T06:00:00.000Z')
  expect(await balanceOf(katsa.db, unearned(inTime.accountId))).toBe(0)
  expect(await balanceOf(katsa.db, revenue(PLANT, 'CHG'))).toBe(16_000)
  expect(await katsa.process(cycle(inTime))).toMatchObject({ outcome: 'Paid' })
})

test('unpaid after three days of grace, it is dark', async () => {
  await katsa.advanceTo('2026-07-03T12:00:00.000Z')
  expect(await held(late)).toEqual([])
  await katsa.advanceTo('2026-07-04T06:00:00.000Z')
  expect(await held(late)).toEqual(['prepaid-lapsed'])
  expect(await relay(late)).toBe('open')
  expect(await katsa.process(cycle(late))).toMatchObject({ stage: 'Lapsed', waitingFor: 'customer' })
  // A limiter is switched off by somebody who goes there.
  expect(await relay(byHand)).toBe('closed')
  await doTask(byHand, 'disconnection')
  expect(await relay(byHand)).toBe('open')
})

test('paying later costs the days of grace and those that remain, and lights it at once', async () => {
  await katsa.advanceTo('2026-07-14T06:00:00.000Z')
  // Dark from the 4th to the 13th: 10 of 31 days of 160.00 are 51.61; 108.39 → 108.00
  await pay(late, 10_800)
  expect(await charge(late)).toMatchObject({ openMinor: 0 })
  expect(
    await katsa.db
      .selectFrom('notes')
      .select(['amountMinor', 'number', 'reason'])
      .where('accountId', '=', late.accountId)
      .execute(),
  ).toEqual([{ amountMinor: 5_200, number: 'BHKATS-N-000001', reason: 'dark-days:10' }])
  expect(await held(late)).toEqual([])
  expect(await relay(late)).toBe('closed')
  expect(await katsa.process(cycle(late))).toMatchObject({ outcome: 'Paid' })
  // 160.00 of the first customer and 108.00
  expect(await balanceOf(katsa.db, revenue(PLANT, 'CHG'))).toBe(26_800)
})

test('who pays the whole price late has the dark days as credit, and where nobody had come yet nobody need come', async () => {
  await pay(tooMuch, 16_000)
  // 160.00 − 108.00
  expect(await balanceOf(katsa.db, credit(tooMuch.accountId))).toBe(5_200)
  expect(await balanceOf(katsa.db, unearned(tooMuch.accountId))).toBe(0)
  expect(await katsa.process(cycle(tooMuch))).toMatchObject({ outcome: 'Paid' })
  const tasks = await katsa.db
    .selectFrom('tasks')
    .select(['kind', 'status'])
    .where('customerId', '=', tooMuch.customerId)
    .execute()
  expect(tasks).toEqual([{ kind: 'disconnection', status: 'cancelled' }])
})

test('a limiter is lit again by somebody who goes there, and the cycle ends when that is done', async () => {
  await pay(byHand, 10_800)
  expect(await held(byHand)).toEqual([])
  expect(await katsa.process(cycle(byHand))).toMatchObject({ stage: 'Programming', waitingFor: 'technician' })
  await doTask(byHand, 'reconnection')
  expect(await relay(byHand)).toBe('closed')
  expect(await katsa.process(cycle(byHand))).toMatchObject({ outcome: 'Paid' })
})

test('unpaid to the end of the month only the grace is owed, and no new advance comes by itself', async () => {
  await katsa.advanceTo('2026-08-02T06:00:00.000Z')
  // 3 of 31 days: 160.00 − 28 × 160.00 ÷ 31 = 15.48 → 15.00
  expect(await charge(never)).toMatchObject({ openMinor: 1_500 })
  expect(await charge(never, '2026-08-01')).toBeUndefined()
  expect(await charge(inTime, '2026-08-01')).toMatchObject({ amountMinor: 16_000 })
  expect(await katsa.process(cycle(never))).toMatchObject({ stage: 'Lapsed' })
}, 180_000)

test('credit of the dark days pays part of the next advance by itself', async () => {
  // 160.00 − 52.00
  expect(await charge(tooMuch, '2026-08-01')).toMatchObject({ openMinor: 10_800 })
})

test('asked for again, an advance is for the days from then on; paid, it lights the customer whose last one lapsed', async () => {
  await katsa.advanceTo('2026-08-10T06:00:00.000Z')
  const { accountId, customerId } = never
  await katsa.start('billCustomer', cycle(never, '2026-08-01'), {
    plant: PLANT,
    accountId,
    customerId,
    period: '2026-08-01',
    boundary: '2026-08-01',
    asked: '2026-08-10',
  })
  // 22 of 31 days of 160.00: 113.55 → 114.00
  expect(await charge(never, '2026-08-01')).toMatchObject({ amountMinor: 11_400 })
  await katsa.advanceTo('2026-08-12T06:00:00.000Z')
  // Two more dark days: 114.00 − 2 × 114.00 ÷ 22 = 103.64 → 104.00; and the 15.00 of July
  await pay(never, 11_900)
  expect(await charge(never)).toMatchObject({ openMinor: 0 })
  expect(await charge(never, '2026-08-01')).toMatchObject({ openMinor: 0 })
  expect(await held(never)).toEqual([])
  expect(await relay(never)).toBe('closed')
  expect(await katsa.process(cycle(never))).toMatchObject({ outcome: 'Resumed' })
  expect(await katsa.process(cycle(never, '2026-08-01'))).toMatchObject({ outcome: 'Paid' })
  expect(await balanceOf(katsa.db, unearned(accountId))).toBe(0)
}, 180_000)
