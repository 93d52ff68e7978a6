import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { sql } from 'kysely'
import { inTransaction, lockAccounts } from '../../db/queries/accounts.ts'
import { issueCharge } from '../../db/queries/charges.ts'
import { placeHold } from '../../db/queries/supply.ts'
import { processIds } from '../../domain/process-ids.ts'
import { retry } from '../../workflows/procedure.ts'
import { billFor, billNumbers, lookForDueBilling, payEverything, registerArrives } from '../support/billing.ts'
import { connectCustomer, type ConnectedCustomer, payInCash } from '../support/connections.ts'
import { TEST_TASK_QUEUE } from '../support/temporal.ts'
import { PLANT, type Village, village } from '../support/village.ts'

const AUGUST = '2026-07-31T18:30:00.000Z' // midnight of 1 August in Katsa
const SEPTEMBER = '2026-08-31T18:30:00.000Z'
const OCTOBER = '2026-09-30T18:30:00.000Z'
const runOf = (boundary: string) => ({ plant: PLANT, boundary })

let katsa: Village
let plain: ConnectedCustomer
let idle: ConnectedCustomer
let newcomer: ConnectedCustomer
let leaver: ConnectedCustomer
let changer: ConnectedCustomer
let cut: ConnectedCustomer
let mixed: ConnectedCustomer
let owing: ConnectedCustomer
let advance: ConnectedCustomer

beforeAll(async () => {
  katsa = await village({ startsAt: '2026-07-28T03:30:00.000Z' })
  plain = await connectCustomer(katsa.db)
  idle = await connectCustomer(katsa.db)
  newcomer = await connectCustomer(katsa.db, { connectedOn: '2026-07-15' })
  leaver = await connectCustomer(katsa.db)
  changer = await connectCustomer(katsa.db)
  cut = await connectCustomer(katsa.db)
  mixed = await connectCustomer(katsa.db, { connectedOn: '2026-07-16' })
  owing = await connectCustomer(katsa.db, { openingDues: { amountMinor: 10_000, dueOn: '2026-07-31' } })
  advance = await connectCustomer(katsa.db, { packageCode: 'A1.1' })
  await katsa.db.updateTable('connections').set({ leftOn: '2026-07-20' }).where('customerId', '=', leaver.customerId).execute()
  await katsa.db
    .updateTable('connectionTerms')
    .set({ toDate: '2026-07-11' })
    .where('customerId', '=', changer.customerId)
    .execute()
  await termsFrom(changer, { fromDate: '2026-07-11', packageCode: 'B1.2' })
  await registerArrives(katsa, changer.serial, '2026-07-10T18:30:00.000Z', 107_000)
  await katsa.db
    .updateTable('connections')
    .set({ connectedOn: '2026-07-01' })
    .where('customerId', '=', mixed.customerId)
    .execute()
  await katsa.db
    .updateTable('connectionTerms')
    .set({ packageCode: 'A1.1', toDate: '2026-07-21' })
    .where('customerId', '=', mixed.customerId)
    .execute()
  await termsFrom(mixed, { fromDate: '2026-07-01', toDate: '2026-07-16', packageCode: 'B1.1' })
  await termsFrom(mixed, { fromDate: '2026-07-21', toDate: '2026-08-01', packageCode: 'B1.1' })
  await termsFrom(mixed, { fromDate: '2026-08-01', packageCode: 'B1.1' })
  await inTransaction(katsa.db, (tx) =>
    placeHold(tx, { customerId: cut.customerId, reason: 'own-wish', owner: 'test' }, '2026-07-20T06:00:00.000Z'),
  )
  await payInCash(katsa.db, {
    accountId: owing.accountId,
    amountMinor: 15_000,
    at: '2026-07-28T06:00:00.000Z',
    reference: 'early',
  })
})
afterAll(() => katsa.close())

async function termsFrom(
  { customerId }: ConnectedCustomer,
  terms: { fromDate: string; toDate?: string; packageCode: string },
): Promise<void> {
  await katsa.db
    .insertInto('connectionTerms')
    .values({ customerId, plant: PLANT, packageVersion: 1, source: 'test', ...terms })
    .execute()
}

async function registersArrive(at: string, registers: readonly [ConnectedCustomer, number][]): Promise<void> {
  for (const [{ serial }, registerWh] of registers) await registerArrives(katsa, serial, at, registerWh)
}

/** Waits in real time until a run has ended: it may not have written its row yet. */
async function ended(workflowId: string): Promise<void> {
  const read = () => katsa.db.selectFrom('processes').select('outcome').where('workflowId', '=', workflowId).executeTakeFirst()
  while (((await read())?.outcome ?? null) === null) await new Promise((resolve) => setTimeout(resolve, 50))
}

const issued = async () => (await billNumbers(katsa)).length

test('advances are demanded five days before their month, and nothing post-paid before it is over', async () => {
  await lookForDueBilling(katsa)
  // A1.1: 160.00 a month. July's could only be asked for now; August's is due on its 1st.
  expect(await billFor(katsa, advance, '2026-07-01', 'prepaid')).toMatchObject({ totalMinor: 16_000, dueOn: '2026-07-28' })
  expect(await billFor(katsa, advance, '2026-08-01', 'prepaid')).toMatchObject({ totalMinor: 16_000, dueOn: '2026-08-01' })
  expect(await billFor(katsa, plain, '2026-07-01')).toBeUndefined()
})

test('a month is billed once, though the schedule and two people start it at the same moment', async () => {
  await katsa.advanceTo(AUGUST)
  await registersArrive(AUGUST, [
    [plain, 123_000],
    [idle, 100_000],
    [newcomer, 110_000],
    [leaver, 150_000],
    [changer, 127_000],
    [cut, 109_000],
    [mixed, 105_000],
    [owing, 123_250],
  ])
  const { workflow } = katsa.temporal.client
  const byHand = { taskQueue: TEST_TASK_QUEUE, args: [runOf('2026-08-01')] }
  await Promise.all([
    workflow.start('findDueBilling', {
      taskQueue: TEST_TASK_QUEUE,
      workflowId: 'find-due-billing:by-schedule',
      args: [{ plant: PLANT }],
    }),
    workflow.start('runBilling', { ...byHand, workflowId: processIds.billingRun(PLANT, '2026-08-01') }),
    workflow.start('runBilling', { ...byHand, workflowId: 'billing-run:of-a-second-person' }),
  ])
  await ended('billing-run:of-a-second-person')
  await katsa.settle()
  // Two advances, and the bills of plain, idle, newcomer, changer, cut and owing.
  expect(await billNumbers(katsa)).toEqual([1, 2, 3, 4, 5, 6, 7, 8])
  expect(await katsa.process(processIds.billingRun(PLANT, '2026-08-01'))).toMatchObject({ outcome: 'Done' })
})

test('a whole month costs its fixed charge and its energy', async () => {
  // 50.00 + 23 kWh × 18.00 = 464.00; due nine days after issue
  expect(await billFor(katsa, plain, '2026-07-01')).toMatchObject({
    totalMinor: 46_400,
    dueOn: '2026-08-10',
    lines: ['fixed 5000', 'energy 41400'],
  })
})

test('who used nothing pays the fixed charge', async () => {
  expect(await billFor(katsa, idle, '2026-07-01')).toMatchObject({ totalMinor: 5_000, lines: ['fixed 5000', 'energy 0'] })
})

test('the first period is charged by its days', async () => {
  // 50.00 × 17 ÷ 31 = 27.42; 10 kWh × 18.00 = 180.00; 207.42 → 207.00
  expect(await billFor(katsa, newcomer, '2026-07-01')).toMatchObject({
    totalMinor: 20_700,
    lines: ['fixed 2742', 'energy 18000', 'rounding -42'],
  })
})

test('who left inside the period is left to the final bill', async () => {
  expect(await billFor(katsa, leaver, '2026-07-01')).toBeUndefined()
  expect(
    await katsa.db.selectFrom('processes').select('workflowId').where('customerId', '=', leaver.customerId).execute(),
  ).toEqual([])
})

test('a package that changed inside the month is charged by the register of its day', async () => {
  // 10 days of 50.00: 16.13; 21 days of 100.00: 67.74; 7 kWh × 18.00 = 126.00; 20 kWh × 16.00 = 320.00; 529.87 → 530.00
  expect(await billFor(katsa, changer, '2026-07-01')).toMatchObject({
    totalMinor: 53_000,
    lines: ['fixed 1613', 'fixed 6774', 'energy 12600', 'energy 32000', 'rounding 13'],
  })
})

test('the period of a cut is charged in full', async () => {
  // 50.00 + 9 kWh × 18.00 = 212.00
  expect(await billFor(katsa, cut, '2026-07-01')).toMatchObject({ totalMinor: 21_200 })
})

test('old dues stand on the bill, and credit is used by it at once', async () => {
  const bill = await billFor(katsa, owing, '2026-07-01')
  // 50.00 + 23.25 kWh × 18.00 = 468.50 → 469.00; 150.00 paid early: 100.00 went to the old dues, 50.00 waited for this bill.
  expect(bill).toMatchObject({
    totalMinor: 46_900,
    document: { outstandingBeforeMinor: 0, creditBeforeMinor: 5_000, toPayMinor: 41_900 },
  })
  const charge = await katsa.db
    .selectFrom('charges')
    .select(sql<number>`open_amount(charge_id)`.as('open'))
    .where('accountId', '=', owing.accountId)
    .where('kind', '=', 'electricity')
    .executeTakeFirstOrThrow()
  expect(charge.open).toBe(41_900)
  expect(await katsa.process(processIds.collection(owing.customerId))).toMatchObject({ outcome: null })
})

test('who cannot be billed is parked with the reason, and billed when it is put right (billing.md rule 9)', async () => {
  const workflowId = processIds.billing(mixed.customerId, '2026-07-01')
  expect(await katsa.process(workflowId)).toMatchObject({
    stage: 'Parked',
    parkedReason: expect.stringContaining('Pre-paid and post-paid days take turns in this period'),
  })
  const wrong = katsa.db.updateTable('connectionTerms').set({ packageCode: 'B1.1' }).where('packageCode', '=', 'A1.1')
  await wrong.where('customerId', '=', mixed.customerId).execute()
  await katsa.temporal.client.workflow.getHandle(workflowId).executeUpdate(retry, { args: [{ by: 'deepa' }] })
  await katsa.settle()
  // 15, 5 and 11 of 31 days of 50.00: 24.19, 8.07 and 17.74. Nobody read the meter at the changes: 5 kWh by days are 2,419, 807 and 1,774 Wh.
  const lines = ['fixed 2419', 'fixed 807', 'fixed 1774', 'energy 4354', 'energy 1453', 'energy 3193']
  expect(await billFor(katsa, mixed, '2026-07-01')).toMatchObject({ totalMinor: 14_000, lines, number: 'BHKATS-B-000009' })
})

test('a bill is never changed, and its text is what was issued', async () => {
  await expect(katsa.db.updateTable('bills').set({ totalMinor: 1 }).execute()).rejects.toThrow(/permission denied|append-only/)
})

test('a set that is killed half-way changes nothing and is billed once when it is tried again; a missed firing is caught up (billing.md rules 9, 10)', async () => {
  const feeAt = '2026-08-05T06:00:00.000Z'
  await inTransaction(katsa.db, async (tx) => {
    const [account] = await lockAccounts(tx, [plain.accountId])
    if (account !== undefined)
      await issueCharge(
        tx,
        { account, asOf: feeAt },
        { kind: 'fee', source: 'reconnection:1', amountMinor: 5_000, dueOn: '2026-09-10' },
      )
  })
  for (const customer of [idle, newcomer, changer, cut, mixed, owing]) await payEverything(katsa, customer)
  await katsa.advanceTo('2026-09-02T06:00:00.000Z') // nobody looked on the 1st
  await registersArrive(SEPTEMBER, [
    [plain, 146_000],
    [idle, 100_000],
    [newcomer, 120_000],
    [changer, 147_000],
    [cut, 109_000],
    [mixed, 110_000],
    [owing, 140_000],
  ])
  const before = await issued()
  await killHalfWay()
  await ended(processIds.billingRun(PLANT, '2026-09-01'))
  await katsa.settle()
  expect(await billNumbers(katsa)).toEqual(Array.from({ length: before + 7 }, (_, index) => index + 1))
}, 180_000)

async function killHalfWay(): Promise<void> {
  const { db } = katsa
  await inTransaction(db, async (tx) => {
    await lockAccounts(tx, [owing.accountId]) // the set stops before the last of its accounts
    await katsa.temporal.client.workflow.start('runBilling', {
      workflowId: processIds.billingRun(PLANT, '2026-09-01'),
      taskQueue: TEST_TASK_QUEUE,
      args: [runOf('2026-09-01')],
    })
    for (let waiting = 0; waiting === 0;) {
      const { rows } = await sql<{
        ended: boolean
      }>`select pg_terminate_backend(pid) as ended from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`.execute(
        db,
      )
      waiting = rows.length
    }
  })
}

test('a fee appears on the next bill', async () => {
  // 50.00 + 23 kWh × 18.00 = 464.00, and 50.00 for the reconnection; July's 464.00 is still open.
  const bill = await billFor(katsa, plain, '2026-08-01')
  expect(bill).toMatchObject({
    totalMinor: 51_400,
    dueOn: '2026-09-11',
    document: { electricityMinor: 46_400, outstandingBeforeMinor: 46_400, otherCharges: [{ kind: 'fee', amountMinor: 5_000 }] },
  })
})

test('a whole period without supply costs nothing', async () => {
  expect(await billFor(katsa, cut, '2026-08-01')).toMatchObject({ totalMinor: 0, lines: ['energy 0'] })
})

test('a register that comes an hour late is billed then, and not at the next look six hours on', async () => {
  const late = await connectCustomer(katsa.db, { connectedOn: '2026-09-01' })
  await katsa.advanceTo(OCTOBER)
  const workflowId = processIds.billingRun(PLANT, '2026-10-01')
  await katsa.start('runBilling', workflowId, runOf('2026-10-01'))
  expect(await katsa.process(workflowId)).toMatchObject({ stage: 'AwaitingRegisters' })
  await katsa.advance('PT1H')
  await katsa.meterSays(late.serial, OCTOBER, 101_000)
  // 50.00 + 1 kWh × 18.00 = 68.00. Nothing but the arrival has woken the run.
  expect(await billFor(katsa, late, '2026-09-01')).toMatchObject({ totalMinor: 6_800, lines: ['fixed 5000', 'energy 1800'] })
})
