import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import { Webhook } from 'standardwebhooks'
import { processIds } from '../../domain/process-ids.ts'
import { connectCustomer } from '../support/connections.ts'
import { electricity, expectBooksInBalance, held, openOf, owe, paymentOf } from '../support/payers.ts'
import { PLANT, type Village, village } from '../support/village.ts'
import { type Headers, openApi, type OpenApi } from './support/api.ts'

const SECRETS = ['whsec_b2xkIHNlY3JldCBvZiB0aGUgc2FuZGJveCB3YWxsZXQ=', 'whsec_bmV3IHNlY3JldCBvZiB0aGUgc2FuZGJveCB3YWxsZXQ=']

let katsa: Village
let api: OpenApi
let asha: Headers
let deepa: Headers
beforeAll(async () => {
  katsa = await village()
  let wallMs = Date.parse(await katsa.temporal.now())
  api = await openApi(katsa.db, {
    client: katsa.temporal.client,
    now: () => (wallMs += 1),
    config: { webhookSecrets: { 'sandbox-wallet': SECRETS } },
  })
  asha = await api.logIn({ staffLogin: 'asha' })
  deepa = await api.logIn({ staffLogin: 'deepa' })
})
afterAll(async () => {
  await api.app.close()
  await katsa.close()
})
afterEach(() => expectBooksInBalance(katsa.db))

/** The relay and the workers go on while a request is answered. */
async function alive<T>(request: PromiseLike<T>): Promise<T> {
  const state = { isAnswered: false }
  const answer = Promise.resolve(request).finally(() => (state.isAnswered = true))
  while (!state.isAnswered) await katsa.settle()
  return answer
}

let keys = 0
const cash = (body: object, { key = `key-${(keys += 1)}`, headers = asha } = {}) =>
  api.app.inject({
    method: 'POST',
    url: '/v1/payments',
    headers: { ...headers, 'idempotency-key': key },
    payload: { currency: 'INR', ...body },
  })

/** Cash until it is through: on a busy machine the first answer may be "on its way", and the same key asks again. */
async function paid(body: object, key = `key-${(keys += 1)}`) {
  for (;;) {
    const reply = await alive(cash(body, { key }))
    if (reply.statusCode !== 202) return reply
  }
}
const get = (url: string, headers: Headers, more: object = {}) => api.app.inject({ url, headers: { ...headers, ...more } })

async function billed(amountMinor = 46_400) {
  const customer = await connectCustomer(katsa.db)
  const chargeId = await owe(katsa.db, customer.accountId, {
    ...electricity('2026-06-01', amountMinor, '2026-07-10'),
    asOf: await katsa.now(),
  })
  return { ...customer, chargeId, own: await api.logIn({ personId: customer.personId }) }
}

describe('cash', () => {
  test('is answered with its receipt, and again with the same one', async () => {
    const { customerId, chargeId } = await billed()
    const first = await paid({ payer: customerId, amountMinor: 46_400 }, 'device-1')
    expect([first.statusCode, first.json()]).toMatchObject([
      201,
      {
        state: 'posted',
        provider: 'cash-asha',
        reference: 'device-1',
        collectedBy: 'asha',
        receipt: { customerId, amountMinor: 46_400, paidFor: [{ kind: 'electricity', amountMinor: 46_400 }], remainingMinor: 0 },
      },
    ])
    const again = await cash({ payer: customerId, amountMinor: 46_400 }, { key: 'device-1' })
    expect([again.statusCode, again.json().receiptNumber, again.headers['idempotency-replayed']]).toEqual([
      201,
      first.json().receiptNumber,
      'true',
    ])
    expect(await openOf(katsa.db, chargeId)).toEqual([0])
    expect(await held(katsa.db, 'cash:asha')).toBe(-46_400)
  })

  test('at the counter is the plant’s, not the agent’s', async () => {
    const { accountId } = await billed()
    const before = await held(katsa.db, 'cash:asha')
    const reply = await paid({ payer: accountId, amountMinor: 1_000, place: 'counter' })
    expect(reply.json()).toMatchObject({ state: 'posted', collectedBy: 'asha' })
    expect(await held(katsa.db, `cash:counter-${PLANT}`)).toBe(-1_001_000) // 10,000 rupees were there before
    expect(await held(katsa.db, 'cash:asha')).toBe(before)
  })

  test('below ten rupees is refused, unless it is the last rest', async () => {
    const { customerId } = await billed(40_500)
    const small = await cash({ payer: customerId, amountMinor: 999 })
    expect([small.statusCode, small.json()]).toMatchObject([422, { code: 'BELOW_MINIMUM', details: { minimumMinor: 1_000 } }])
    await paid({ payer: customerId, amountMinor: 40_000 })
    const rest = await paid({ payer: customerId, amountMinor: 500 }) // 405 − 400 = 5 rupees
    expect([rest.statusCode, rest.json().receipt.remainingMinor]).toEqual([201, 0])
  })

  test('with a key that was used for another amount is refused, and the first payment stands', async () => {
    const { customerId, accountId } = await billed()
    await paid({ payer: customerId, amountMinor: 10_000 }, 'device-2')
    const other = await cash({ payer: customerId, amountMinor: 20_000 }, { key: 'device-2' })
    expect([other.statusCode, other.json().code]).toEqual([422, 'IDEMPOTENCY_CONFLICT'])
    expect(await held(katsa.db, `credit:${accountId}`)).toBe(0)
  })

  test('is safe with us when the workers are away: 202 and where to look, and the same key gets the receipt later', async () => {
    const { customerId } = await billed()
    const body = { payer: customerId, amountMinor: 46_400 }
    const away = await cash(body, { key: 'device-3' })
    expect([away.statusCode, away.json()]).toMatchObject([202, { state: 'received', href: away.headers.location }])
    const chandan = await api.logIn({ staffLogin: 'chandan' })
    expect((await get(away.json().href, chandan)).json()).toMatchObject({ state: 'received', paymentId: null })
    const contradiction = await paid({ ...body, amountMinor: 46_500 }, 'device-3')
    expect([contradiction.statusCode, contradiction.json()]).toMatchObject([
      409,
      { code: 'PAYMENT_MISMATCH', details: { reason: 'another-amount' } },
    ])
    const later = await paid(body, 'device-3')
    expect([later.statusCode, later.json()]).toMatchObject([201, { amountMinor: 46_400, receipt: { remainingMinor: 0 } }])
    expect((await get(away.json().href, chandan)).json()).toMatchObject({ state: 'done' })
    expect(await paymentOf(katsa.db, 'device-3', 'cash-asha')).toMatchObject({ state: 'posted', amountMinor: 46_400 })
  })

  test('in another currency is not taken, nor for an account of nobody', async () => {
    const { customerId } = await billed()
    expect((await cash({ payer: customerId, amountMinor: 1_000, currency: 'NPR' })).json().code).toBe('INVALID_INPUT')
    expect((await cash({ payer: 'BHKATS99999', amountMinor: 1_000 })).json().code).toBe('NOT_FOUND')
  })

  test('is for agents and operators, and never for customers', async () => {
    const { customerId, own } = await billed()
    for (const headers of [own, deepa])
      expect((await cash({ payer: customerId, amountMinor: 1_000 }, { headers })).statusCode).toBe(403)
  })
})

describe('a provider’s notice', () => {
  const data = (more: object) => ({ status: 'confirmed', currency: 'INR', plant: PLANT, channel: 'wallet', ...more })
  function tell(body: string, { secret = SECRETS[0] ?? '', at = new Date(), provider = 'sandbox-wallet' } = {}) {
    const headers = {
      'webhook-id': 'msg-1',
      'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
      'webhook-signature': new Webhook(secret).sign('msg-1', at, body),
    }
    return api.app.inject({
      method: 'POST',
      url: `/v1/payment-notices/${provider}`,
      headers: { ...headers, 'content-type': 'application/json' },
      payload: body,
    })
  }
  const notice = (more: object) =>
    JSON.stringify({ type: 'payment.updated', timestamp: '2026-07-01T06:00:00Z', data: data(more) })

  test('is answered when it is committed, posted after, and told again changes nothing', async () => {
    const { customerId, chargeId, own } = await billed()
    const body = notice({ reference: 'W-1', amountMinor: 46_400, payer: customerId })
    const first = await tell(body)
    expect([first.statusCode, first.json()]).toMatchObject([202, { isNew: true }])
    expect(await openOf(katsa.db, chargeId)).toEqual([46_400])
    await katsa.settle()
    expect(await openOf(katsa.db, chargeId)).toEqual([0])
    const again = await tell(body, { secret: SECRETS[1] ?? '' })
    expect(again.json()).toEqual({ noticeId: first.json().noticeId, isNew: false })
    const { items } = (await get('/v1/payments', own)).json()
    expect(items).toMatchObject([{ reference: 'W-1', state: 'posted', channel: 'wallet' }])
  })

  test('is worth nothing without the provider’s signature over these very bytes', async () => {
    const { customerId, chargeId } = await billed()
    const body = notice({ reference: 'W-2', amountMinor: 46_400, payer: customerId })
    const old = new Date(Date.now() - 10 * 60 * 1000)
    const forged = await Promise.all([
      tell(body, { secret: 'whsec_c29tZWJvZHkgZWxzZXMgc2VjcmV0IG9mIGEgd2FsbGV0' }),
      tell(body, { at: old }),
      tell(body, { provider: 'nobody' }),
      tell(body, { provider: '__proto__' }),
      api.app.inject({
        method: 'POST',
        url: '/v1/payment-notices/sandbox-wallet',
        headers: { 'content-type': 'application/json' },
        payload: body,
      }),
      api.app.inject({
        method: 'POST',
        url: '/v1/payment-notices/sandbox-wallet',
        headers: { 'content-type': 'application/json' },
        payload: '{not json',
      }),
    ])
    expect(forged.map(({ statusCode }) => statusCode)).toEqual([401, 401, 401, 401, 401, 401])
    await katsa.settle()
    expect(await openOf(katsa.db, chargeId)).toEqual([46_400])
  })

  test.each([
    ['no JSON', '{', 'MALFORMED_BODY', 400],
    ['a fraction of a paisa', notice({ reference: 'W-3', amountMinor: 1.5, payer: 'x' }), 'INVALID_REQUEST', 400],
    ['less than nothing', notice({ reference: 'W-3', amountMinor: -1, payer: 'x' }), 'INVALID_REQUEST', 400],
    ['an unknown plant', notice({ reference: 'W-3', amountMinor: 1, payer: 'x', plant: 'XXXXXX' }), 'INVALID_INPUT', 422],
  ])('signed and yet %s is refused', async (_what, body, code, status) => {
    const reply = await tell(body)
    expect([reply.statusCode, reply.json().code]).toEqual([status, code])
  })

  test('of less than ten rupees is money all the same', async () => {
    const { customerId, chargeId } = await billed()
    await tell(notice({ reference: 'W-4', amountMinor: 1, payer: customerId }))
    await katsa.settle()
    expect(await openOf(katsa.db, chargeId)).toEqual([46_399])
  })

  test('that contradicts an earlier one is seen by staff with the reason', async () => {
    const { customerId } = await billed()
    await tell(notice({ reference: 'W-5', amountMinor: 46_400, payer: customerId }))
    await tell(notice({ reference: 'W-5', amountMinor: 46_500, payer: customerId }))
    await katsa.settle()
    const { items } = (await get('/v1/payment-notices?state=quarantined', deepa)).json()
    expect(items[0]).toMatchObject({
      reference: 'W-5',
      amountMinor: 46_500,
      quarantineReason: 'another-amount',
      payerAsWritten: customerId,
    })
  })

  test('from nobody known waits in the list of suspense until the office says whose it is; the second word gets who and when', async () => {
    const { accountId, chargeId, own } = await billed()
    await tell(notice({ reference: 'W-6', amountMinor: 46_400, payer: 'भाभी' }))
    await katsa.settle()
    const { items } = (await get('/v1/payments?state=suspense', deepa)).json()
    expect(items).toMatchObject([{ reference: 'W-6', accountId: null }])
    const url = `/v1/payments/${items[0].paymentId}`
    expect((await get(url, deepa)).json()).toMatchObject({ payerAsWritten: 'भाभी', receipt: null })
    expect((await get(url, own)).statusCode).toBe(404)
    const match = (headers: Headers, key: string) =>
      api.app.inject({
        method: 'POST',
        url: `${url}/match`,
        headers: { ...headers, 'idempotency-key': key },
        payload: { accountId, text: 'She told Asha on the phone.' },
      })
    const matched = await match(deepa, 'match-1')
    expect([matched.statusCode, matched.json()]).toMatchObject([200, { step: 'match', decidedBy: 'deepa' }])
    await katsa.settle()
    expect((await get(url, own)).json()).toMatchObject({
      state: 'posted',
      accountId,
      receipt: { amountMinor: 46_400 },
      payerAsWritten: null,
    })
    expect(await openOf(katsa.db, chargeId)).toEqual([0])
    const farid = await api.logIn({ staffLogin: 'farid' })
    const second = await match(farid, 'match-2')
    expect([second.statusCode, second.json()]).toMatchObject([409, { code: 'ALREADY_DECIDED', details: { decidedBy: 'deepa' } }])
    expect(await katsa.process(processIds.payment('sandbox-wallet', 'W-6'))).toMatchObject({ outcome: 'Posted' })
  })
})

describe('a receipt', () => {
  test('is there as data, for the printer and as SMS, in both languages, for the payer and the staff', async () => {
    const { customerId, own } = await billed()
    const { receiptNumber } = (await paid({ payer: customerId, amountMinor: 10_000 })).json()
    const url = `/v1/receipts/${encodeURIComponent(receiptNumber)}`
    expect((await get(url, own)).json()).toMatchObject({
      number: receiptNumber,
      customerId,
      amountMinor: 10_000,
      remainingMinor: 36_400,
    })
    const printed = await get(url, asha, { accept: 'text/plain' })
    expect(printed.headers['content-type']).toBe('text/plain; charset=utf-8')
    expect(printed.body).toContain('PAYMENT RECEIPT')
    for (const line of printed.body.split('\n')) expect(line.length).toBeLessThanOrEqual(32)
    expect((await get(`${url}?form=print&language=hi`, own)).body).toContain('भुगतान की रसीद')
    expect((await get(`${url}?form=sms`, own)).body).toContain(`Receipt ${receiptNumber}`)
  })

  test('does not exist for anybody else', async () => {
    const { customerId } = await billed()
    const { own: neighbour } = await billed()
    const { receiptNumber, paymentId } = (await paid({ payer: customerId, amountMinor: 10_000 })).json()
    expect((await get(`/v1/receipts/${encodeURIComponent(receiptNumber)}`, neighbour)).statusCode).toBe(404)
    expect((await get(`/v1/payments/${paymentId}`, neighbour)).statusCode).toBe(404)
    expect((await get('/v1/payment-notices', neighbour)).statusCode).toBe(403)
  })
})
