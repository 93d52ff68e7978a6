import { afterAll, beforeAll, expect, test } from '@jest/globals'
import type { SessionHolder } from '../../db/queries/sessions.ts'
import { connectCustomer, type ConnectedCustomer } from '../support/connections.ts'
import { billJuly, type JulyBill } from '../support/corrections.ts'
import { openOf } from '../support/payers.ts'
import { village, type Village } from '../support/village.ts'
import { type OpenApi, openApi } from './support/api.ts'

let katsa: Village
let api: OpenApi
let customer: ConnectedCustomer
let bill: JulyBill
let keys = 0
beforeAll(async () => {
  katsa = await village({ startsAt: '2026-08-01T06:00:00.000Z' })
  const now = Date.parse(await katsa.now())
  api = await openApi(katsa.db, { client: katsa.temporal.client, now: () => now })
  ;({ customer, bill } = await billed())
})
afterAll(async () => {
  await api.app.close()
  await katsa.close()
})

async function billed() {
  const someone = await connectCustomer(katsa.db)
  return { customer: someone, bill: await billJuly(katsa.db, someone, { at: await katsa.now() }) }
}

async function call(who: SessionHolder, request: { method: 'GET' | 'POST'; url: string; payload?: object; key?: string }) {
  keys += 1
  const { key = `key-${keys}`, ...asked } = request
  const headers = { ...(await api.logIn(who)), 'idempotency-key': key }
  const reply = await api.app.inject({ ...asked, headers })
  await katsa.settle()
  return { status: reply.statusCode, body: reply.json() }
}
const staff = (staffLogin: string) => ({
  get: (url: string) => call({ staffLogin }, { method: 'GET', url }),
  post: (url: string, payload: object = {}, key?: string) =>
    call({ staffLogin }, { method: 'POST', url, payload, ...(key !== undefined && { key }) }),
})
const household = async ({ accountId }: ConnectedCustomer) => {
  const account = katsa.db.selectFrom('accounts').select('personId').where('accountId', '=', accountId)
  const { personId } = await account.executeTakeFirstOrThrow()
  return {
    get: (url: string) => call({ personId }, { method: 'GET', url }),
    post: (url: string, payload: object = {}) => call({ personId }, { method: 'POST', url, payload }),
  }
}
const asked = { kind: 'credit', amountMinor: 6_400, reason: 'wrong-reading' }
const onTheCharge = () => `/v1/charges/${bill.chargeId}/corrections`

test('a note is asked for within what the charge was, and a request that is repeated is answered just so', async () => {
  expect(await staff('asha').post(onTheCharge(), { ...asked, amountMinor: 46_401 })).toMatchObject({ status: 422 })
  expect(await staff('asha').post(onTheCharge(), { ...asked, kind: 'write-off' })).toMatchObject({ status: 403 })
  const first = await staff('asha').post(onTheCharge(), { ...asked, text: 'The 8 is a 3.' }, 'once')
  expect(first).toMatchObject({ status: 201, body: { amountMinor: 6_400, requestedBy: 'asha', endedAs: null } })
  expect(await staff('asha').post(onTheCharge(), { ...asked, text: 'The 8 is a 3.' }, 'once')).toEqual(first)
  const { body } = await staff('deepa').get('/v1/corrections?state=open')
  expect(body.items).toMatchObject([{ correctionId: first.body.correctionId }])
})

test('it moves nothing until somebody else of the right level approves it, and is decided once', async () => {
  const { correctionId } = (await staff('deepa').get('/v1/corrections?state=open')).body.items[0]
  const url = `/v1/corrections/${correctionId}`
  expect(await staff('asha').post(`${url}/approve`)).toMatchObject({ status: 403 })
  expect(await openOf(katsa.db, bill.chargeId)).toEqual([46_400])
  expect(await staff('deepa').get(url)).toMatchObject({
    body: { stage: 'Approval', waitingFor: 'cluster-in-charge', text: 'The 8 is a 3.' },
  })
  expect(await staff('deepa').post(`${url}/approve`)).toMatchObject({ status: 200, body: { verdict: 'approved' } })
  // 464.00 − 64.00
  expect(await openOf(katsa.db, bill.chargeId)).toEqual([40_000])
  expect(await staff('farid').post(`${url}/reject`, { text: 'No.' })).toMatchObject({
    status: 409,
    body: { code: 'ALREADY_DECIDED', details: { decidedBy: 'deepa' } },
  })
})

test('a household disputes its own bill, and nobody else’s is there for it', async () => {
  const { customer: other, bill: others } = await billed()
  const [own, neighbour] = [await household(customer), await household(other)]
  const url = `/v1/bills/${bill.billNumber}/disputes`
  expect(await neighbour.post(url, { reason: 'reading' })).toMatchObject({ status: 404 })
  expect(await own.post(`/v1/bills/${others.billNumber}/disputes`, { reason: 'reading' })).toMatchObject({ status: 404 })
  const raised = await own.post(url, { reason: 'reading', amountMinor: 10_000, text: 'We were away.' })
  expect(raised).toMatchObject({ status: 201, body: { isWhole: false, amountMinor: 10_000, closedAs: null } })
  expect(Object.keys(raised.body)).not.toContain('recordedAt')
  const { disputeId } = raised.body
  expect(await own.get(`/v1/disputes/${disputeId}`)).toMatchObject({
    status: 200,
    body: { stage: 'Answering', billNumber: bill.billNumber, text: 'We were away.' },
  })
  expect(await neighbour.get(`/v1/disputes/${disputeId}`)).toMatchObject({ status: 404 })
  expect(await own.post(`/v1/disputes/${disputeId}/confirm`, { reason: 'reading-right', text: 'So.' })).toMatchObject({
    status: 403,
  })
})

test('it is answered by somebody else than read the meter, and the answer stands', async () => {
  const { disputeId } = (await staff('deepa').get('/v1/disputes?state=open')).body.items[0]
  const answer = { reason: 'reading-right', text: 'The photo shows it.' }
  const url = `/v1/disputes/${disputeId}/confirm`
  // Chandan looked at the reading of July.
  expect(await staff('chandan').post(url, answer)).toMatchObject({ status: 403, body: { code: 'OWN_ENTRY' } })
  expect(await staff('asha').post(url, answer)).toMatchObject({ status: 200, body: { decidedBy: 'asha' } })
  expect(await staff('imran').post(url, answer)).toMatchObject({ status: 409, body: { code: 'ALREADY_DECIDED' } })
  expect((await staff('asha').get(`/v1/disputes/${disputeId}`)).body).toMatchObject({
    dispute: { closedAs: 'Confirmed', answeredBy: 'asha' },
    decisions: [{ verdict: 'confirmed', text: 'The photo shows it.' }],
  })
  expect(await openOf(katsa.db, bill.chargeId)).toEqual([40_000])
})
