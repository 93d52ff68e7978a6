import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { connectCustomer, type ConnectedCustomer, payInCash } from '../support/connections.ts'
import { electricity, hear, owe, paymentOf } from '../support/payers.ts'
import { village, type Village } from '../support/village.ts'
import { type OpenApi, openApi } from './support/api.ts'

let katsa: Village
let api: OpenApi
let customer: ConnectedCustomer
let paymentId: number
beforeAll(async () => {
  katsa = await village()
  api = await openApi(katsa.db, { client: katsa.temporal.client })
  customer = await connectCustomer(katsa.db)
  await payInCash(katsa.db, { ...customer, amountMinor: 60_000, at: await katsa.now(), reference: 'too-much' })
  const payment = katsa.db.selectFrom('payments').select('paymentId').where('accountId', '=', customer.accountId)
  paymentId = (await payment.executeTakeFirst())?.paymentId ?? 0
})
afterAll(async () => {
  await api.app.close()
  await katsa.close()
})

let keys = 0
async function call(staffLogin: string, method: 'GET' | 'POST', url: string, payload?: object) {
  keys += 1
  const headers = { ...(await api.logIn({ staffLogin })), 'idempotency-key': `key-${keys}` }
  const reply = await api.app.inject({ method, url, headers, ...(payload && { payload }) })
  await katsa.settle()
  return { status: reply.statusCode, body: reply.json() }
}
const post = (login: string, url: string, payload: object = {}) => call(login, 'POST', url, payload)
const get = (login: string, url: string) => call(login, 'GET', url)
const ask = (amountMinor: number, more: object = {}) =>
  post('asha', `/v1/accounts/${customer.accountId}/refunds`, { amountMinor, method: 'cash', reason: 'overpaid', ...more })

test('credit is asked for within what is held, and seen by those who must act, with whom it waits for', async () => {
  expect(await ask(60_001)).toMatchObject({ status: 422, body: { code: 'REFUND_EXCEEDS', details: { largestMinor: 60_000 } } })
  const { status, body } = await ask(20_000, { text: 'She wants it for seed.' })
  expect(status).toBe(201)
  const page = await get('deepa', `/v1/pay-outs/${body.refundId}`)
  expect(page.body).toMatchObject({
    refund: { state: 'requested', stage: 'Approval', waitingFor: 'cluster-in-charge', requestedBy: 'asha' },
    ...{ payableMinor: 20_000, approver: 'cluster-in-charge', text: 'She wants it for seed.', tries: [] },
  })
  const open = await get('deepa', '/v1/pay-outs?state=open')
  expect(open.body).toMatchObject({ items: [{ refundId: body.refundId }], nextCursor: null })
})

test('who approved does not pay, another amount than is held is not paid, and whoever stands at the counter hears of both at once', async () => {
  const { refundId } = (await get('asha', '/v1/pay-outs?state=open')).body.items[0]
  const pay = (login: string, amountMinor: number) =>
    post(login, `/v1/pay-outs/${refundId}/payment`, { method: 'cash', amountMinor, reference: 'slip-1' })
  expect(await pay('asha', 20_000)).toMatchObject({ status: 409, body: { code: 'WRONG_STAGE' } })
  expect(await post('asha', `/v1/pay-outs/${refundId}/approval`)).toMatchObject({ status: 403 })
  expect(await post('deepa', `/v1/pay-outs/${refundId}/approval`)).toMatchObject({ status: 200 })
  expect(await pay('deepa', 20_000)).toMatchObject({ status: 403, body: { code: 'OWN_ENTRY' } })
  // A bill of 500 leaves 100 of the 600.
  await owe(katsa.db, customer.accountId, { ...electricity('2026-06-01', 50_000, '2026-07-20'), asOf: await katsa.now() })
  expect(await pay('asha', 20_000)).toMatchObject({ status: 422, body: { code: 'REFUND_EXCEEDS' } })
  expect(await pay('asha', 10_000)).toMatchObject({ status: 200, body: { verdict: 'paid', decidedBy: 'asha' } })
  const { body } = await get('asha', `/v1/accounts/${customer.accountId}/refunds`)
  expect(body.items).toMatchObject([{ state: 'paid', amountMinor: 20_000, lapsedMinor: 10_000 }])
})

test('a transfer is sent, said to be back by head office only, and paid another way', async () => {
  await payInCash(katsa.db, { ...customer, amountMinor: 30_000, at: await katsa.now(), reference: 'more' })
  await katsa.settle()
  const { refundId } = (await ask(30_000, { method: 'upi', paymentId })).body
  await post('deepa', `/v1/pay-outs/${refundId}/approval`)
  const sent = { method: 'upi', amountMinor: 30_000, reference: 'UTR-9', isUnknown: true }
  expect(await post('asha', `/v1/pay-outs/${refundId}/payment`, sent)).toMatchObject({ status: 200 })
  expect(await post('deepa', `/v1/pay-outs/${refundId}/arrival`, { proof: 'S-1' })).toMatchObject({ status: 403 })
  expect(await post('geeta', `/v1/pay-outs/${refundId}/arrival`, { proof: 'S-1' })).toMatchObject({ status: 200 })
  expect(await post('deepa', `/v1/pay-outs/${refundId}/return`, { proof: 'S-2' })).toMatchObject({ status: 403 })
  expect(await post('geeta', `/v1/pay-outs/${refundId}/return`, { proof: 'S-2' })).toMatchObject({
    status: 200,
    body: { state: 'approved', workflowId: `pay-out:${refundId}` },
  })
  const cash = { method: 'cash', amountMinor: 30_000 }
  expect(await post('asha', `/v1/pay-outs/${refundId}/payment`, cash)).toMatchObject({ status: 200 })
  expect((await get('asha', `/v1/pay-outs/${refundId}`)).body.tries).toMatchObject([
    { try: 1, state: 'returned', settledProof: 'S-2' },
    { try: 2, state: 'paid', method: 'cash' },
  ])
  expect(await post('asha', `/v1/pay-outs/${refundId}/claim`, { method: 'cash' })).toMatchObject({
    status: 409,
    body: { code: 'WRONG_STAGE' },
  })
})

test('of a payment no more is given back than was paid, and a refund of another plant does not exist', async () => {
  await payInCash(katsa.db, { ...customer, amountMinor: 50_000, at: await katsa.now(), reference: 'still-more' })
  await katsa.settle()
  // 600 paid, 300 of it given back.
  expect(await ask(30_001, { paymentId })).toMatchObject({ status: 422, body: { code: 'REFUND_EXCEEDS' } })
  expect(await get('deepa', '/v1/pay-outs/999999')).toMatchObject({ status: 404 })
})

test('money of nobody known is returned to its sender, by two people, and nobody can be given it meanwhile', async () => {
  const asOf = await katsa.now()
  await hear(katsa.db, { reference: 'W-77', amountMinor: 46_400, payer: 'Ramesh ka beta', asOf })
  await katsa.settle()
  const { paymentId: unknown } = await paymentOf(katsa.db, 'W-77')
  const { accountId } = customer
  const back = (login: string, id: number) =>
    post(login, `/v1/payments/${id}/return`, { method: 'upi', text: 'He rang: the wrong number.' })
  const own = await api.logIn({ personId: customer.personId })
  const payload = { method: 'upi', text: 'mine' }
  const headers = { ...own, 'idempotency-key': 'not-mine' }
  const byCustomer = { method: 'POST', url: `/v1/payments/${unknown}/return`, headers, payload } as const
  expect((await api.app.inject(byCustomer)).statusCode).toBe(403)
  expect(await back('asha', 999_999)).toMatchObject({ status: 404 })
  expect(await back('asha', paymentId)).toMatchObject({ status: 409, body: { code: 'WRONG_STAGE' } })
  const { status, body } = await back('asha', unknown)
  expect({ status, body }).toMatchObject({
    status: 201,
    body: { kind: 'suspense', accountId: null, amountMinor: 46_400, plant: 'BHKATS', reason: 'not-identified' },
  })
  const { refundId } = body
  expect(await back('imran', unknown)).toMatchObject({ status: 409, body: { code: 'ALREADY_EXISTS' } })
  const match = { accountId, text: 'It is hers.' }
  expect(await post('deepa', `/v1/payments/${unknown}/match`, match)).toMatchObject({
    status: 409,
    body: { code: 'WRONG_STAGE' },
  })
  expect((await get('deepa', '/v1/pay-outs?state=open')).body.items).toMatchObject([{ refundId, stage: 'Approval' }])
  expect(await post('deepa', `/v1/pay-outs/${refundId}/approval`)).toMatchObject({ status: 200 })
  const sent = { method: 'upi', amountMinor: 46_400, reference: 'UTR-77' }
  expect(await post('asha', `/v1/pay-outs/${refundId}/payment`, sent)).toMatchObject({ status: 200 })
  expect((await get('deepa', `/v1/payments/${unknown}`)).body).toMatchObject({ state: 'returned', receipt: null })
  expect(await katsa.process(`payment:sandbox-wallet:W-77`)).toMatchObject({ outcome: 'Returned' })
  // It comes back, and can be sent another way; still nobody can be given it.
  expect(await post('geeta', `/v1/pay-outs/${refundId}/return`, { proof: 'RET-77' })).toMatchObject({ status: 200 })
  expect(await katsa.process(`payment:sandbox-wallet:W-77`)).toMatchObject({ stage: 'GoingBack', outcome: null })
  expect(await post('deepa', `/v1/payments/${unknown}/match`, match)).toMatchObject({ status: 409 })
  await post('asha', `/v1/pay-outs/${refundId}/payment`, { ...sent, method: 'bank', reference: 'NEFT-78' })
  expect((await get('deepa', `/v1/pay-outs/${refundId}`)).body).toMatchObject({ refund: { state: 'paid', stage: null } })
})

test('where its return is refused, money of nobody known waits for its payer again', async () => {
  await hear(katsa.db, { reference: 'W-78', amountMinor: 46_400, payer: 'Ramesh ka beta', asOf: await katsa.now() })
  await katsa.settle()
  const { paymentId: unknown } = await paymentOf(katsa.db, 'W-78')
  const asked = await post('imran', `/v1/payments/${unknown}/return`, { method: 'bank', text: 'Nobody asked for it.' })
  await post('deepa', `/v1/pay-outs/${asked.body.refundId}/refusal`, { text: 'Wait for him.' })
  expect(await katsa.process(`payment:sandbox-wallet:W-78`)).toMatchObject({ stage: 'Suspense', waitingFor: 'cluster-in-charge' })
  const { accountId } = customer
  expect(await post('deepa', `/v1/payments/${unknown}/match`, { accountId })).toMatchObject({ status: 200 })
  expect((await get('deepa', `/v1/payments/${unknown}`)).body).toMatchObject({ state: 'posted', accountId })
})
