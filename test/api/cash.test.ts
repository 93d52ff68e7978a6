import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { Role } from '../../domain/roles.ts'
import { putCash } from '../support/cash.ts'
import { type World, world } from './support/world.ts'

const AT = '2026-07-01T03:30:00.000Z'
const COUNTER = 'counter-BHKATS'

let w: World
let keys = 0
beforeAll(async () => {
  // A minute after the plant's clock began.
  w = await world({ now: () => Date.parse('2020-01-01T00:01:00.000Z') })
  await putCash(w.database.db, { holder: 'asha', amountMinor: 90_000, at: AT, event: 'start' })
})
afterAll(() => w.close())

const get = async (url: string, role: Role) => {
  const reply = await w.app.inject({ url, headers: w.as(role) })
  return { status: reply.statusCode, body: reply.json() }
}
const post = async (url: string, role: Role, payload: object = {}, key = `cash-${(keys += 1)}`) => {
  const reply = await w.app.inject({ method: 'POST', url, payload, headers: { ...w.as(role), 'idempotency-key': key } })
  return { status: reply.statusCode, body: reply.json() }
}
const holders = async (role: Role): Promise<[string, number][]> => {
  const reply = await w.app.inject({ url: '/v1/cash', headers: w.as(role) })
  const { items } = reply.json<{ items: { holder: string; balanceMinor: number }[] }>()
  return items.map(({ holder, balanceMinor }) => [holder, balanceMinor])
}

describe('who looks', () => {
  test('an agent sees his own cash and the counter’s, those in charge all of the plant', async () => {
    const both = [
      ['asha', 90_000],
      [COUNTER, 1_000_000],
    ]
    expect(await holders('csa')).toEqual(both)
    expect(await holders('operator')).toEqual([[COUNTER, 1_000_000]])
    expect(await holders('cluster-in-charge')).toEqual(both)
  })

  test('somebody else’s cash does not exist, as nobody’s does not', async () => {
    for (const holder of ['asha', 'nobody', 'counter-JHDUMK'])
      expect((await get(`/v1/cash/${holder}/days`, 'operator')).body).toMatchObject({
        status: 404,
        detail: 'There is no such holder of cash.',
      })
    expect((await get('/v1/cash/asha/days', 'head-office')).status).toBe(200)
  })
})

describe('a count', () => {
  test('is of one’s own cash only, also for the cluster in-charge', async () => {
    for (const role of ['operator', 'cluster-in-charge'] as const)
      expect((await post('/v1/cash/asha/counts', role, { countedMinor: 0 })).status).toBe(404)
  })

  test('is answered once and the same, and once a day', async () => {
    const body = { countedMinor: 90_000, denominations: [{ faceMinor: 10_000, pieces: 9 }] }
    const first = await post('/v1/cash/asha/counts', 'csa', body, 'count-1')
    expect(first).toMatchObject({ status: 201, body: { bookMinor: 90_000, shortageMinor: 0, overageMinor: 0 } })
    expect(await post('/v1/cash/asha/counts', 'csa', body, 'count-1')).toEqual(first)
    expect((await post('/v1/cash/asha/counts', 'csa', body)).body.code).toBe('ALREADY_EXISTS')
    expect((await get('/v1/cash/asha/counts', 'cluster-in-charge')).body.items).toMatchObject([{ countedBy: 'asha' }])
  })

  test('whose notes do not make up the amount is refused', async () => {
    const body = { countedMinor: 1_000_000, denominations: [{ faceMinor: 50_000, pieces: 19 }] }
    expect((await post(`/v1/cash/${COUNTER}/counts`, 'operator', body)).body).toMatchObject({
      code: 'INVALID_INPUT',
      details: { worthMinor: 950_000 },
    })
  })
})

describe('a hand-over', () => {
  test('is seen by both, accepted by the other with the same amount, and moves the cash', async () => {
    const offered = await post('/v1/cash/asha/handovers', 'csa', { to: 'chandan', amountMinor: 40_000 })
    expect(offered).toMatchObject({ status: 201, body: { state: 'offered', expiresAt: '2026-07-02T03:31:00.000Z' } })
    const { handoverId } = offered.body
    const path = `/v1/cash-handovers/${handoverId}`
    for (const role of ['csa', 'operator'] as const)
      expect((await get('/v1/cash-handovers', role)).body.items).toMatchObject([{ handoverId, state: 'offered' }])
    expect((await post(`${path}/acceptance`, 'operator', { amountMinor: 39_000 })).body.code).toBe('PAYMENT_MISMATCH')
    expect((await post(`${path}/acceptance`, 'csa', { amountMinor: 40_000 })).status).toBe(404)
    expect((await post(`${path}/withdrawal`, 'operator')).status).toBe(404)
    const taken = await post(`${path}/acceptance`, 'operator', { amountMinor: 40_000 })
    expect(taken).toMatchObject({ status: 200, body: { state: 'accepted', settledBy: 'chandan' } })
    expect((await post(`${path}/refusal`, 'operator')).body.code).toBe('WRONG_STAGE')
    const [own] = await holders('csa')
    expect(own).toEqual(['asha', 50_000])
  })

  test('goes to somebody of the plant who holds cash, or is withdrawn', async () => {
    for (const to of ['nobody', 'far-csa', 'counter-JHDUMK'])
      expect((await post('/v1/cash/asha/handovers', 'csa', { to, amountMinor: 1_000 })).body.code).toBe('INVALID_INPUT')
    const { body } = await post('/v1/cash/asha/handovers', 'csa', { to: COUNTER, amountMinor: 1_000 })
    expect((await post(`/v1/cash-handovers/${body.handoverId}/withdrawal`, 'csa')).body.state).toBe('withdrawn')
  })
})

test('a bank’s statement read again adds nothing, and a wrong line is named', async () => {
  const csv = 'date,reference,amount\n2026-07-01,CASH DEP 1,500.00\n2026-07-01,CHARGES,-10.00\n2026-07-01,CASH DEP 1,500.00\n'
  const statement = { plant: 'BHKATS', bankAccount: 'SBI-0815', csv }
  const read = () => post('/v1/bank-statements', 'head-office', statement)
  expect((await read()).body).toMatchObject({ linesNew: 2, linesKnown: 0 })
  expect((await read()).body).toMatchObject({ linesNew: 0, linesKnown: 2 })
  const wrong = { ...statement, csv: 'date,reference,amount\n2026-07-01,A,5\n01.07.2026,B,5\n' }
  expect((await post('/v1/bank-statements', 'head-office', wrong)).body).toMatchObject({
    code: 'INVALID_INPUT',
    details: { line: 2 },
  })
  expect((await get('/v1/bank-statement-lines?free=true', 'head-office')).body.items).toHaveLength(2)
  expect((await post('/v1/bank-statements', 'cluster-in-charge', statement)).status).toBe(403)
})

test('the day of a hand shows what came and went', async () => {
  const { items } = (await get('/v1/cash/asha/days', 'csa')).body
  expect(items).toMatchObject([{ day: '2026-07-01', openingMinor: 0, handedOutMinor: 40_000, closingMinor: 50_000 }])
})

test('a deposit of one’s own cash is seen by oneself and those in charge only', async () => {
  const declared = { amountMinor: 10_000, slipReference: 'SLIP-1', depositedOn: '2026-07-01' }
  expect((await post('/v1/cash/asha/deposits', 'operator', declared)).status).toBe(404)
  const { body } = await post('/v1/cash/asha/deposits', 'csa', declared)
  expect(body).toMatchObject({ state: 'declared', holder: 'asha' })
  expect((await get(`/v1/cash-deposits/${body.depositId}`, 'csa')).body).toMatchObject({ deposit: body, credits: [] })
  expect((await get(`/v1/cash-deposits/${body.depositId}`, 'operator')).status).toBe(404)
  expect((await get('/v1/cash-deposits?state=declared', 'head-office')).body.items).toMatchObject([body])
  expect((await get('/v1/cash-deposits', 'operator')).body.items).toEqual([])
})

describe('a float', () => {
  const give = (holder: string, amountMinor: number, role: Role = 'head-office', bankReference = `CHQ-${amountMinor}`) =>
    post(`/v1/cash/${holder}/floats`, role, { amountMinor, bankReference })

  test('is given by head office, seen and taken by that hand only, and is cash in it then', async () => {
    expect((await give('asha', 20_000, 'cluster-in-charge')).status).toBe(403)
    expect((await give('nobody', 20_000)).status).toBe(404)
    const given = await give('asha', 20_000)
    expect(given).toMatchObject({ status: 201, body: { state: 'given', holder: 'asha', settledBy: null } })
    const path = `/v1/cash-floats/${given.body.floatId}`
    expect((await get('/v1/cash-floats', 'csa')).body.items).toMatchObject([{ floatId: given.body.floatId }])
    expect((await get('/v1/cash-floats', 'operator')).body.items).toEqual([])
    expect((await post(`${path}/acceptance`, 'operator', { amountMinor: 20_000 })).status).toBe(404)
    expect((await post('/v1/cash-floats/999999/acceptance', 'csa', { amountMinor: 20_000 })).status).toBe(404)
    expect((await post(`${path}/acceptance`, 'csa', { amountMinor: 19_000 })).body.code).toBe('PAYMENT_MISMATCH')
    const [[, before] = ['', 0]] = await holders('csa')
    const taken = await post(`${path}/acceptance`, 'csa', { amountMinor: 20_000 }, 'take-float')
    expect(taken).toMatchObject({ status: 200, body: { state: 'accepted', settledBy: 'asha' } })
    expect(await post(`${path}/acceptance`, 'csa', { amountMinor: 20_000 }, 'take-float')).toEqual(taken)
    expect((await holders('csa'))[0]).toEqual(['asha', before + 20_000])
    expect((await give('asha', 20_000)).body.code).toBe('ALREADY_EXISTS')
    expect((await give('asha', 1_500_000)).body).toMatchObject({ status: 409, code: 'CEILING_EXCEEDED' })
  })

  test('that is refused, or taken back, moves nothing', async () => {
    const path = async (amountMinor: number) => `/v1/cash-floats/${(await give(COUNTER, amountMinor)).body.floatId}`
    const refused = await path(3_000)
    expect((await post(`${refused}/refusal`, 'operator', { text: 'There were 29 notes.' })).body.state).toBe('refused')
    const withdrawn = await path(4_000)
    expect((await post(`${withdrawn}/withdrawal`, 'csa')).status).toBe(403)
    expect((await post(`${withdrawn}/withdrawal`, 'head-office')).body.state).toBe('withdrawn')
    expect((await post(`${withdrawn}/acceptance`, 'operator', { amountMinor: 4_000 })).body.code).toBe('WRONG_STAGE')
  })
})

describe('a shortage', () => {
  const url = `/v1/cash/chandan/repayments`

  test('is paid back to another person, who writes the receipt; whoever was short sees it, others do not', async () => {
    await putCash(w.database.db, { holder: 'chandan', amountMinor: 20_000, at: AT, event: 'to-be-short' })
    const [, [, before] = ['', 0]] = (await holders('cluster-in-charge')).filter(([holder]) => holder !== 'asha').toReversed()
    const counted = await post('/v1/cash/chandan/counts', 'operator', { countedMinor: before - 20_000 })
    expect(counted.body).toMatchObject({ shortageMinor: 20_000 })
    const body = { amountMinor: 15_000, into: COUNTER }
    expect((await post(url, 'csa', body)).status).toBe(404)
    expect((await post(url, 'operator', body)).body.code).toBe('OWN_ENTRY')
    expect((await post(url, 'state-in-charge', body)).status).toBe(403)
    expect((await post(url, 'cluster-in-charge', { ...body, into: 'asha' })).status).toBe(404)
    expect((await post(url, 'cluster-in-charge', { ...body, amountMinor: 20_001 })).body).toMatchObject({
      code: 'INVALID_AMOUNT',
      details: { largestMinor: 20_000 },
    })
    const paid = await post(url, 'cluster-in-charge', body, 'repay-1')
    expect(paid).toMatchObject({
      status: 201,
      body: { receiptNumber: 'BHKATS-S/2026-27/000001', restMinor: 5_000, paidBy: 'chandan', receivedBy: 'deepa' },
    })
    expect(await post(url, 'cluster-in-charge', body, 'repay-1')).toEqual(paid)
    expect((await get(url, 'operator')).body.items).toEqual([paid.body])
    expect((await get(url, 'csa')).status).toBe(404)
  })

  test('paid into the bank is head office’s to say', async () => {
    const body = { amountMinor: 5_000, bankReference: 'NEFT-1' }
    const bank = '/v1/cash/chandan/bank-repayments'
    expect((await post(bank, 'cluster-in-charge', body)).status).toBe(403)
    expect((await post(bank, 'head-office', body)).body).toMatchObject({ restMinor: 0, intoHolder: null })
    const counter = { amountMinor: 100, into: 'deepa' }
    expect((await post(`/v1/cash/${COUNTER}/repayments`, 'cluster-in-charge', counter)).body.code).toBe('INVALID_INPUT')
  })
})
