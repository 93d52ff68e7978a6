import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals'
import { bank, cash, inTransit, overage, shortOf } from '../../domain/ledger.ts'
import { processIds } from '../../domain/process-ids.ts'
import { verifyDeposit } from '../../workflows/deposit-cash.ts'
import { type OpenApi, openApi } from '../api/support/api.ts'
import { putCash } from '../support/cash.ts'
import { expectBooksInBalance, held } from '../support/payers.ts'
import { PLANT, type Village, village } from '../support/village.ts'

let katsa: Village
let api: OpenApi
let wallMs = 0
beforeAll(async () => {
  katsa = await village()
  api = await openApi(katsa.db, { client: katsa.temporal.client, now: () => wallMs })
})
beforeEach(async () => {
  wallMs = Date.parse(await katsa.temporal.now())
})
afterAll(async () => {
  await api.app.close()
  await katsa.close()
})
afterEach(() => expectBooksInBalance(katsa.db))

let keys = 0
async function post(staffLogin: string, url: string, payload: object) {
  keys += 1
  const headers = { ...(await api.logIn({ staffLogin })), 'idempotency-key': `key-${keys}` }
  const reply = await api.app.inject({ method: 'POST', url, payload, headers })
  await katsa.settle()
  return { status: reply.statusCode, body: reply.json() }
}

let slips = 0
/** Asha has cash and says that so much of it is in the bank. Returns the deposit. */
async function deposited(amountMinor: number): Promise<{ depositId: string; slip: string }> {
  slips += 1
  const slip = `SLIP-${String(slips).padStart(4, '0')}`
  await putCash(katsa.db, { holder: 'asha', amountMinor, at: await katsa.now(), event: slip })
  const today = (await katsa.now()).slice(0, 10)
  const { status, body } = await post('asha', '/v1/cash/asha/deposits', { amountMinor, slipReference: slip, depositedOn: today })
  expect(status).toBe(201)
  return { depositId: body.depositId, slip }
}

/** The bank's statement has one line; returns its number. */
async function bankSays(reference: string, rupees: string): Promise<number> {
  const today = (await katsa.now()).slice(0, 10)
  const csv = `date,reference,amount\n${today},"CASH DEP ${reference}","${rupees}"\n`
  expect((await post('geeta', '/v1/bank-statements', { plant: PLANT, bankAccount: 'SBI-0815', csv })).status).toBe(201)
  const { lineId } = await katsa.db
    .selectFrom('bankStatementLines')
    .select('lineId')
    .orderBy('lineId', 'desc')
    .limit(1)
    .executeTakeFirstOrThrow()
  return lineId
}

const verify = (depositId: string, lineId: number, by = 'geeta') =>
  post(by, `/v1/cash-deposits/${depositId}/verification`, { lineId })
const stage = (depositId: string) => katsa.process(processIds.depositCash(depositId))
/** Balances of these accounts, assets positive. */
async function balances(): Promise<Record<string, number>> {
  const of = async (code: string): Promise<number> => 0 - (await held(katsa.db, code))
  return {
    hand: await of(cash('asha')),
    way: await of(inTransit(PLANT)),
    bank: await of(bank(PLANT)),
    owed: await of(shortOf('asha')),
    over: await held(katsa.db, overage(PLANT)),
  }
}
async function changes(act: () => Promise<void>): Promise<Record<string, number>> {
  const before = await balances()
  await act()
  const moved = Object.entries(await balances()).map(([name, amount]) => [name, amount - (before[name] ?? 0)] as const)
  return Object.fromEntries(moved.filter(([, amount]) => amount !== 0))
}
const told = async (depositId: string, kind: string) =>
  (
    await katsa.db
      .selectFrom('notifications')
      .select('staffLogin')
      .where('kind', '=', kind)
      .where('dedupeKey', 'like', `%${depositId}:%`)
      .orderBy('notificationId')
      .execute()
  ).map(({ staffLogin }) => staffLogin)

test('a deposit that head office finds in the bank’s statement is the bank’s, and the agent is told', async () => {
  const moved = await changes(async () => {
    const { depositId, slip } = await deposited(450_000)
    expect(await stage(depositId)).toMatchObject({ stage: 'AwaitingVerification', waitingFor: 'head-office' })
    const lineId = await bankSays(slip, '4,500.00')
    const headers = await api.logIn({ staffLogin: 'geeta' })
    const { items } = (await api.app.inject({ url: `/v1/bank-statements/proposals?plant=${PLANT}`, headers })).json()
    expect(items).toMatchObject([{ depositId, lineId, strength: 'amount-and-reference', restMinor: 450_000 }])
    expect(await verify(depositId, lineId)).toMatchObject({ status: 200, body: { verdict: 'verified', decidedBy: 'geeta' } })
    expect(await stage(depositId)).toMatchObject({ outcome: 'Verified' })
    expect(await told(depositId, 'cash-deposit-verified')).toEqual(['asha'])
  })
  expect(moved).toEqual({ bank: 450_000 })
})

test('a part that the bank credited counts, and the rest waits until it is found, given back or owed', async () => {
  const moved = await changes(async () => {
    const { depositId, slip } = await deposited(100_000)
    await verify(depositId, await bankSays(slip, '600.00'))
    expect(await stage(depositId)).toMatchObject({ stage: 'PartlyCredited' })
    await verify(depositId, await bankSays(slip, '150.00'))
    const returned = await post('geeta', `/v1/cash-deposits/${depositId}/return`, { text: 'Two notes came back torn.' })
    expect(returned.body).toMatchObject({ step: 'verification:3', verdict: 'returned' })
    expect(await stage(depositId)).toMatchObject({ outcome: 'ReturnedToCash' })
    expect(await told(depositId, 'cash-deposit-returned')).toEqual(['asha', 'deepa'])
  })
  expect(moved).toEqual({ bank: 75_000, hand: 25_000 }) // 600 + 150 of 1,000 rupees; 250 came back
})

test('what nobody has is owed by whoever said it was banked', async () => {
  const moved = await changes(async () => {
    const { depositId } = await deposited(30_000)
    await post('geeta', `/v1/cash-deposits/${depositId}/shortage`, { text: 'The bank knows no such slip.' })
    expect(await stage(depositId)).toMatchObject({ outcome: 'BookedShort' })
    expect(await told(depositId, 'cash-deposit-short')).toEqual(['asha', 'deepa'])
  })
  expect(moved).toEqual({ owed: 30_000 })
})

test('a slip the bank never saw may be told of again; one that was banked may not', async () => {
  const { depositId, slip } = await deposited(20_000)
  const again = async () =>
    post('asha', '/v1/cash/asha/deposits', {
      amountMinor: 20_000,
      slipReference: slip,
      depositedOn: (await katsa.now()).slice(0, 10),
    })
  await putCash(katsa.db, { holder: 'asha', amountMinor: 20_000, at: await katsa.now(), event: 'for-again' })
  expect((await again()).body).toMatchObject({ code: 'ALREADY_EXISTS' })
  await post('geeta', `/v1/cash-deposits/${depositId}/return`, { text: 'Not in the statement.' })
  expect((await again()).status).toBe(201)
})

test('what the bank credited beyond the slip is kept apart, and one line is never two deposits', async () => {
  const moved = await changes(async () => {
    const { depositId, slip } = await deposited(10_000)
    const lineId = await bankSays(slip, '105.00')
    await verify(depositId, lineId)
    const other = await deposited(10_500)
    expect((await verify(other.depositId, lineId)).body).toMatchObject({ code: 'ALREADY_EXISTS' })
    // Past the API, as in a race: the decision stands but settles nothing, and people look again.
    const run = katsa.temporal.client.workflow.getHandle(processIds.depositCash(other.depositId))
    await run.executeUpdate(verifyDeposit, { args: [{ by: 'geeta', detail: { lineId } }] })
    await katsa.settle()
    expect(await stage(other.depositId)).toMatchObject({ stage: 'AwaitingVerification', outcome: null })
    await verify(other.depositId, await bankSays(other.slip, '105.00'))
    expect(await stage(other.depositId)).toMatchObject({ outcome: 'Verified' })
  })
  expect(moved).toEqual({ bank: 21_000, over: 500 }) // 105 + 105; 5 rupees more than the first slip
})

test('nobody verifies his own deposit, nor does a role below head office, nor the second of two', async () => {
  const { depositId, slip } = await deposited(10_000)
  const lineId = await bankSays(slip, '100.00')
  for (const [by, status] of [
    ['asha', 403],
    ['deepa', 403],
    ['farid', 403],
  ] as const)
    expect([by, (await verify(depositId, lineId, by)).status]).toEqual([by, status])
  const run = katsa.temporal.client.workflow.getHandle(processIds.depositCash(depositId))
  await expect(run.executeUpdate(verifyDeposit, { args: [{ by: 'asha', detail: { lineId } }] })).rejects.toMatchObject({
    cause: { type: 'OWN_ENTRY' },
  })
  await expect(run.executeUpdate(verifyDeposit, { args: [{ by: 'geeta' }] })).rejects.toMatchObject({
    cause: { type: 'INVALID_INPUT' },
  })
  await verify(depositId, lineId)
  const late = await post('geeta', `/v1/cash-deposits/${depositId}/return`, { text: 'Too late.' })
  expect(late).toMatchObject({ status: 409, body: { code: 'ALREADY_DECIDED' } })
})

test('while nobody has verified it head office is reminded, then everybody, every day', async () => {
  const { depositId } = await deposited(10_000)
  await katsa.advance('P3DT1H')
  expect(await told(depositId, 'cash-deposit-unverified')).toEqual(['geeta', 'harish'])
  await katsa.advance('P3D')
  // Two days after the first reminder, and again the day after.
  const everybody = ['geeta', 'harish', 'farid', 'asha']
  expect(await told(depositId, 'cash-deposit-unverified')).toEqual(['geeta', 'harish', ...everybody, ...everybody])
  wallMs = Date.parse(await katsa.temporal.now())
  await post('geeta', `/v1/cash-deposits/${depositId}/return`, { text: 'Not in the statement.' })
  expect(await stage(depositId)).toMatchObject({ outcome: 'ReturnedToCash' })
  // Cash that came back is as old as when it was collected: it is to be banked at once.
  const headers = await api.logIn({ staffLogin: 'asha' })
  const { items } = (await api.app.inject({ url: '/v1/cash', headers })).json<{ items: { holder: string; bankBy: string }[] }>()
  const asha = items.find(({ holder }) => holder === 'asha')
  expect(asha?.bankBy.slice(0, 10) ?? '').toBe('2026-07-04') // collected on the 1st, three days
})
