import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { processIds } from '../../domain/process-ids.ts'
import { enterReading } from '../../workflows/bill-customer.ts'
import { approveTask, completeTask } from '../../workflows/do-field-task.ts'
import { billFor, payEverything, registerArrives, watchForDueBilling } from '../support/billing.ts'
import { connectCustomer, type ConnectedCustomer } from '../support/connections.ts'
import { type Village, village } from '../support/village.ts'

// One plant lives from 22 July to 1 September; what is read, and what is not, differs by customer.
const AUGUST = '2026-07-31T18:30:00.000Z' // midnight of 1 August in Katsa
const SEPTEMBER = '2026-08-31T18:30:00.000Z'

let katsa: Village
let read: ConnectedCustomer
let wrong: ConnectedCustomer
let shut: ConnectedCustomer
let away: ConnectedCustomer
let gone: ConnectedCustomer
let high: ConnectedCustomer
let entered: ConnectedCustomer
let paper: ConnectedCustomer
let guessed: ConnectedCustomer

beforeAll(async () => {
  katsa = await village({ startsAt: '2026-07-22T03:30:00.000Z' })
  const { db } = katsa
  read = await connectCustomer(db, { meterKind: 'conventional' })
  wrong = await connectCustomer(db, { meterKind: 'conventional' })
  shut = await connectCustomer(db, { meterKind: 'conventional' })
  entered = await connectCustomer(db, { meterKind: 'conventional' })
  away = await connectCustomer(db)
  gone = await connectCustomer(db)
  high = await connectCustomer(db)
  paper = await connectCustomer(db, { phone: null })
  guessed = await connectCustomer(db, { meterKind: 'conventional', connectedOn: '2026-05-01' })
  await estimatedBefore(guessed, '2026-06-01', 123_000)
  await estimatedBefore(guessed, '2026-07-01', 146_000)
  await watchForDueBilling(katsa)
})
afterAll(() => katsa.close())

async function estimatedBefore({ customerId, serial }: ConnectedCustomer, boundary: string, registerWh: number): Promise<void> {
  const reading = {
    customerId,
    serial,
    boundary,
    registerWh,
    takenAt: `${boundary}T00:00:00.000Z`,
    source: 'estimate',
    state: 'accepted',
    enteredBy: 'system',
  }
  await katsa.db.insertInto('readings').values(reading).execute()
}

const cycle = ({ customerId }: ConnectedCustomer, period = '2026-07-01') => processIds.billing(customerId, period)
const handle = (workflowId: string) => katsa.temporal.client.workflow.getHandle(workflowId)

async function taskOf(customer: ConnectedCustomer, kind: string) {
  return katsa.db
    .selectFrom('tasks')
    .selectAll()
    .where('customerId', '=', customer.customerId)
    .where('kind', '=', kind)
    .orderBy('recordedAt', 'desc')
    .executeTakeFirstOrThrow()
}

async function report(
  customer: ConnectedCustomer,
  kind: string,
  detail: Record<string, string | number | boolean>,
): Promise<void> {
  const { taskId, assignedTo } = await taskOf(customer, kind)
  await handle(processIds.task(taskId)).executeUpdate(completeTask, {
    args: [{ by: assignedTo ?? 'binod', detail: { outcome: 'done', ...detail } }],
  })
  await katsa.settle()
}

async function approve(customer: ConnectedCustomer, kind: string): Promise<void> {
  const { taskId } = await taskOf(customer, kind)
  await handle(processIds.task(taskId)).executeUpdate(approveTask, { args: [{ by: 'deepa' }] })
  await katsa.settle()
}

async function readings({ customerId }: ConnectedCustomer, boundary: string) {
  const rows = await katsa.db
    .selectFrom('readings')
    .selectAll()
    .where('customerId', '=', customerId)
    .where('boundary', '=', boundary)
    .orderBy('readingId')
    .execute()
  return rows.map(
    ({ source, state, registerWh, rules }) => `${source} ${registerWh} ${state}${rules.length > 0 ? ` ${rules.join(' ')}` : ''}`,
  )
}

test('a conventional meter is read by a visit from the 24th, and by nobody before', async () => {
  expect(await katsa.db.selectFrom('tasks').select('taskId').execute()).toEqual([])
  await katsa.advanceTo('2026-07-25T06:00:00.000Z')
  expect(await taskOf(read, 'reading')).toMatchObject({ status: 'in-process', detail: { period: '2026-07-01' } })
  expect(await katsa.process(cycle(read))).toMatchObject({ stage: 'Reading', waitingFor: 'technician' })
})

test('a register below the last is refused though it was confirmed, and read again', async () => {
  await report(wrong, 'reading', { registerWh: 90_000 })
  await approve(wrong, 'reading')
  expect(await readings(wrong, '2026-08-01')).toEqual(['visit 90000 refused below-last'])
  await report(wrong, 'reading', { registerWh: 109_000, photoRef: 'photo-2' })
  await approve(wrong, 'reading')
  expect(await readings(wrong, '2026-08-01')).toEqual(['visit 90000 refused below-last', 'visit 109000 accepted'])
})

test('a visit counts when another person has confirmed it, and is billed on the first day after the month', async () => {
  await report(read, 'reading', { registerWh: 123_000 })
  expect(await katsa.process(cycle(read))).toMatchObject({ stage: 'ReadingReview', waitingFor: 'operator' })
  await approve(read, 'reading')
  expect(await katsa.process(cycle(read))).toMatchObject({ stage: 'AwaitingPeriodEnd', dueAt: AUGUST })
})

test('a register that somebody entered by himself waits for a second person', async () => {
  const workflowId = cycle(entered)
  await handle(workflowId).executeUpdate(enterReading, { args: [{ by: 'jyoti', detail: { registerWh: 105_000 } }] })
  await katsa.settle()
  expect(await readings(entered, '2026-08-01')).toEqual(['visit 105000 review'])
  await report(entered, 'reading-review', { accepted: true })
  expect(await readings(entered, '2026-08-01')).toEqual(['visit 105000 accepted'])
  // Whoever was on the way to read it need not go.
  expect(await taskOf(entered, 'reading')).toMatchObject({ status: 'cancelled' })
})

test('a meter without power at midnight is billed by what it says first when it comes back', async () => {
  await katsa.advanceTo('2026-07-31T18:00:00.000Z')
  await registerArrives(katsa, high.serial, AUGUST, 500_000)
  await registerArrives(katsa, paper.serial, AUGUST, 101_000)
  await katsa.advanceTo('2026-08-02T18:30:00.000Z')
  expect(await katsa.process(cycle(away))).toMatchObject({
    stage: 'AwaitingMeter',
    waitingFor: 'meter',
    dueAt: '2026-08-03T18:30:00.000Z',
  })
  await katsa.meterSays(away.serial, '2026-08-02T18:00:00.000Z', 120_000, 'periodic')
  // 50.00 + 20 kWh × 18.00 = 410.00
  expect(await billFor(katsa, away, '2026-07-01')).toMatchObject({ totalMinor: 41_000, document: { estimated: false } })
  // 50.00 + 23 kWh × 18.00 = 464.00; 50.00 + 9 kWh × 18.00 = 212.00; 50.00 + 5 kWh × 18.00 = 140.00
  expect(await billFor(katsa, read, '2026-07-01')).toMatchObject({ totalMinor: 46_400, dueOn: '2026-08-10' })
  expect(await billFor(katsa, wrong, '2026-07-01')).toMatchObject({ totalMinor: 21_200 })
  expect(await billFor(katsa, entered, '2026-07-01')).toMatchObject({ totalMinor: 14_000 })
})

test('a register beyond what the limit can give is looked at by a second person', async () => {
  // 500 W × 24 h × 31 days = 372 kWh; 400 were reported.
  expect(await readings(high, '2026-08-01')).toEqual(['smart 500000 review over-limit-hours'])
  expect(await katsa.process(cycle(high))).toMatchObject({ stage: 'ReadingReview', waitingFor: 'operator' })
  await report(high, 'reading-review', { accepted: true })
  // 50.00 + 400 kWh × 18.00 = 7,250.00
  expect(await billFor(katsa, high, '2026-07-01')).toMatchObject({ totalMinor: 725_000 })
})

/** How often the cluster in-charge was told of a paper that nobody could be given. */
async function carriedInVain(): Promise<number> {
  const told = katsa.db.selectFrom('notifications').select('notificationId').where('dedupeKey', 'like', 'carried-in-vain:%')
  return (await told.where('staffLogin', '=', 'deepa').execute()).length
}

test('without a phone the bill is printed and carried there until somebody is given it', async () => {
  expect(await katsa.process(cycle(paper))).toMatchObject({ stage: 'Delivering', waitingFor: 'csa' })
  await report(paper, 'bill-delivery', { outcome: 'not-possible', reason: 'house-shut' })
  // Nobody was given it: it is carried again, and the level above hears of it from the second time in vain on.
  expect(await katsa.process(cycle(paper))).toMatchObject({ stage: 'Delivering', waitingFor: 'csa' })
  expect(await carriedInVain()).toBe(0)
  await report(paper, 'bill-delivery', { outcome: 'not-possible', reason: 'house-shut' })
  expect(await carriedInVain()).toBe(1)
  await report(paper, 'bill-delivery', { receiver: 'wife' })
  expect(await katsa.process(cycle(paper))).toMatchObject({ outcome: 'Billed' })
})

test('nobody at home until day 4, and a meter that stays silent for three days: both are estimated', async () => {
  await katsa.advanceTo('2026-08-04T06:00:00.000Z')
  // B1.1 expects 23 kWh a month: 50.00 + 414.00
  expect(await billFor(katsa, shut, '2026-07-01')).toMatchObject({
    totalMinor: 46_400,
    dueOn: '2026-08-13',
    document: { estimated: true },
  })
  expect(await billFor(katsa, gone, '2026-07-01')).toMatchObject({ totalMinor: 46_400, document: { estimated: true } })
  expect(await readings(gone, '2026-08-01')).toEqual(['estimate 123000 accepted'])
  expect(await taskOf(shut, 'reading')).toMatchObject({ status: 'cancelled' })
})

test('after two estimates running nothing more is guessed: the cluster in-charge is told and somebody must go (billing.md rule 27)', async () => {
  const workflowId = cycle(guessed)
  expect(await billFor(katsa, guessed, '2026-07-01')).toBeUndefined()
  expect(await katsa.process(workflowId)).toMatchObject({ stage: 'EstimatesExhausted', waitingFor: 'cluster-in-charge' })
  const told = await katsa.db
    .selectFrom('notifications')
    .select(['staffLogin', 'params'])
    .where('dedupeKey', 'like', `estimates-exhausted:${workflowId}%`)
    .execute()
  expect(told).toMatchObject([{ staffLogin: 'deepa', params: { doubt: 'too-many-estimates' } }])
  await report(guessed, 'reading', { registerWh: 180_000 })
  await approve(guessed, 'reading')
  // 180,000 − 146,000, the second estimate: 34 kWh × 18.00 = 612.00, and 50.00; it is July's bill.
  expect(await billFor(katsa, guessed, '2026-07-01')).toMatchObject({ totalMinor: 66_200, document: { truesUp: true } })
})

test('the next reading trues an estimate up, and the bill shows both registers (billing.md rule 27)', async () => {
  for (const customer of [read, wrong, entered, high, paper, away, guessed]) await payEverything(katsa, customer)
  await katsa.advanceTo('2026-08-31T18:00:00.000Z')
  await registerArrives(katsa, gone.serial, SEPTEMBER, 150_000)
  await registerArrives(katsa, away.serial, SEPTEMBER, 141_000)
  await katsa.advanceTo('2026-09-01T06:00:00.000Z')
  // The meter counted 50 kWh in two months; 23 were billed in July: 27 kWh × 18.00 = 486.00, and 50.00
  const bill = await billFor(katsa, gone, '2026-08-01')
  expect(bill).toMatchObject({ totalMinor: 53_600, document: { truesUp: true } })
  expect(bill?.document.readings).toMatchObject([
    { fromRegisterWh: 123_000, fromEstimated: true, toRegisterWh: 150_000, lastReadRegisterWh: 100_000 },
  ])
}, 180_000)

test('an estimate that was too high is taken off the next bill, and what goes beyond it is credit (billing.md rule 27)', async () => {
  await report(shut, 'reading', { registerWh: 103_000 })
  await approve(shut, 'reading')
  // The meter counted 3 kWh in two months; 23 were billed: 20 kWh × 18.00 = 360.00 go off 50.00, and 310.00 become credit.
  const lines = ['fixed 5000', 'energy 0', 'true-up -36000', 'carried-to-credit 31000']
  expect(await billFor(katsa, shut, '2026-08-01')).toMatchObject({ totalMinor: 0, lines })
  // July's 464.00 was still open: the credit went there. 464.00 − 310.00 = 154.00
  const { open } = await katsa.db
    .selectFrom('charges')
    .select((eb) => eb.fn<number>('open_amount', ['chargeId']).as('open'))
    .where('accountId', '=', shut.accountId)
    .where('source', '=', '2026-07-01')
    .executeTakeFirstOrThrow()
  expect(open).toBe(15_400)
})
