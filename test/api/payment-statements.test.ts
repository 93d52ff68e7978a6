import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals'
import { createPaymentActivities } from '../../activities/payments.ts'
import { readProviderStatement } from '../../domain/provider-statement.ts'
import { KATSA_POLICY_V1 } from '../../domain/policy.ts'
import { ASOF } from '../support/books.ts'
import { connectCustomer } from '../support/connections.ts'
import { electricity, expectBooksInBalance, hear, openOf, owe, paymentOf } from '../support/payers.ts'
import { PLANT, seedPlant } from '../support/village.ts'
import { type Headers, startApi, type TestApi } from './support/api.ts'

let api: TestApi
let deepa: Headers
beforeAll(async () => {
  api = await startApi({ now: () => Date.parse(ASOF) })
  await seedPlant(api.database.db, { wallFrom: ASOF, startsAt: ASOF, policy: KATSA_POLICY_V1 })
  deepa = await api.logIn({ staffLogin: 'deepa' })
})
afterAll(() => api.close())
afterEach(() => expectBooksInBalance(api.database.db))

const HEADING = 'reference,amount,currency,status,paid_at,payer'
const PROVIDER = 'sandbox-wallet'
let keys = 0
const post = (url: string, payload: object, headers: Headers = deepa) =>
  api.app.inject({ method: 'POST', url, headers: { ...headers, 'idempotency-key': `st-${(keys += 1)}` }, payload })
const send = (lines: string[], more: object = {}) =>
  post('/v1/payment-statements', {
    plant: PLANT,
    provider: PROVIDER,
    channel: 'wallet',
    fromDate: '2026-07-10',
    toDate: '2026-07-15',
    csv: [HEADING, ...lines].join('\n'),
    ...more,
  })
const takeIn = (reference: string) =>
  createPaymentActivities({ db: api.database.db }).takeInNotice({ provider: PROVIDER, reference, asOf: ASOF })
async function paid(reference: string, amountMinor: number) {
  const customer = await connectCustomer(api.database.db)
  await hear(api.database.db, { reference, amountMinor, payer: customer.customerId, asOf: ASOF })
  await takeIn(reference)
  return customer
}

test('a statement finds what is missing on either side, and the same one again changes nothing', async () => {
  const { db } = api.database
  await paid('known', 10_000)
  await paid('only-ours', 20_000)
  await paid('differs', 30_000)
  const back = await paid('came-back', 40_000)
  const unheard = await connectCustomer(db)
  const bill = await owe(db, unheard.accountId, { ...electricity('2026-06-01', 46_400, '2026-07-10'), asOf: ASOF })
  const lines = [
    'known,100.00,INR,confirmed,2026-07-15T09:00:00+05:30,',
    'differs,301.00,INR,confirmed,2026-07-15T09:00:00+05:30,',
    'came-back,400.00,INR,confirmed,2026-07-14T09:00:00+05:30,',
    'came-back,400.00,INR,bounced,2026-07-15T09:00:00+05:30,',
    `only-theirs,464.00,INR,confirmed,2026-07-13T09:00:00+05:30,${unheard.customerId}`,
  ]
  const first = await send(lines)
  expect([first.statusCode, first.json()]).toMatchObject([
    201,
    {
      same: 2,
      told: [
        { line: 3, reference: 'differs' },
        { line: 5, reference: 'came-back', status: 'bounced' },
        { line: 6, reference: 'only-theirs' },
      ],
      items: [
        { kind: 'not-in-statement', reference: 'only-ours', oursMinor: 20_000, theirsMinor: null },
        { kind: 'another-amount', reference: 'differs', oursMinor: 30_000, theirsMinor: 30_100 },
      ],
    },
  ])
  for (const reference of ['differs', 'came-back', 'only-theirs']) await takeIn(reference)
  // Taken in like any word of the provider: posted from the day it was paid, bounced, set aside.
  expect(await openOf(db, bill)).toEqual([0])
  expect(await paymentOf(db, 'only-theirs')).toMatchObject({
    state: 'posted',
    accountId: unheard.accountId,
    valueDate: '2026-07-13',
  })
  expect(await paymentOf(db, 'came-back')).toMatchObject({ state: 'bounced', accountId: back.accountId })
  const again = await send(lines)
  const { statementId } = first.json<{ statementId: number }>()
  expect(again.json()).toMatchObject({
    statementId,
    told: [{ quarantineReason: 'another-amount' }, { noticeState: 'done' }, { noticeState: 'done' }],
  })
  expect(await db.selectFrom('paymentStatements').select('statementId').execute()).toHaveLength(1)

  // A later statement has it after all; the other item is seen to by somebody, once.
  await send(['only-ours,200.00,INR,confirmed,2026-07-15T23:00:00+05:30,'], { fromDate: '2026-07-16', toDate: '2026-07-16' })
  const items = await api.app.inject({ url: '/v1/payment-open-items', headers: deepa })
  expect(items.json()).toMatchObject({ items: [{ closedAs: 'found' }, { closedAs: null, kind: 'another-amount' }] })
  const { itemId } = items.json<{ items: { itemId: number }[] }>().items[1] ?? { itemId: 0 }
  expect((await post(`/v1/payment-open-items/${itemId}/acknowledgement`, { text: 'Fee of the wallet.' })).json()).toMatchObject({
    acknowledgedBy: 'deepa',
  })
  expect((await post(`/v1/payment-open-items/${itemId}/acknowledgement`, { text: 'Fee of the wallet.' })).statusCode).toBe(409)
})

test('a notice that was set aside is seen to, with a reason; one that was not, cannot be', async () => {
  const { db } = api.database
  const { customerId } = await paid('twice-told', 10_000)
  const noticeId = await hear(db, { reference: 'twice-told', amountMinor: 11_000, payer: customerId, asOf: ASOF })
  expect((await post(`/v1/payment-notices/${noticeId}/acknowledgement`, { text: 'A test of theirs.' })).statusCode).toBe(409)
  await takeIn('twice-told')
  expect((await post(`/v1/payment-notices/${noticeId}/acknowledgement`, { text: 'A test of theirs.' })).statusCode).toBe(200)
  const shown = await api.app.inject({ url: `/v1/payment-notices/${noticeId}`, headers: deepa })
  expect(shown.json()).toMatchObject({ state: 'quarantined', acknowledgedBy: 'deepa', acknowledgedAt: ASOF })
})

test('a statement with a line that cannot be read is refused as a whole, with line and reason', async () => {
  const good = 'whole,100.00,INR,confirmed,2026-07-15T09:00:00Z,'
  const refused = await send([
    good,
    'half,100.005,INR,confirmed,2026-07-15T09:00:00Z,',
    'when,1.00,INR,confirmed,yesterday,',
    good,
  ])
  expect([refused.statusCode, refused.json<{ errors: { detail: string }[] }>().errors.map(({ detail }) => detail)]).toEqual([
    422,
    [
      'Line 3: the amount is not above zero and exact in the currency',
      'Line 4: the time is not RFC 3339 with a zone',
      'Line 5: the same payment and status as in line 2',
    ],
  ])
  expect((await send(['a,b'])).statusCode).toBe(422)
  expect(
    await api.database.db.selectFrom('paymentNotices').select('noticeId').where('reference', '=', 'whole').execute(),
  ).toEqual([])
})

test.each([
  ['a price of nothing', { amount: '0.00' }, 'the amount is not above zero and exact in the currency'],
  ['another currency', { currency: 'USD' }, 'the currency is not INR'],
  [
    'an unheard status',
    { status: 'settled' },
    'the status is none of confirmed, pending, unknown, failed, bounced, charged-back',
  ],
  ['no reference', { reference: ' ' }, 'the reference is missing, too long or has spaces'],
  ['a day that is none', { paid_at: '2026-02-30T00:00:00Z' }, 'the time is not RFC 3339 with a zone'],
])('a line with %s has that as its fault', (_, change, reason) => {
  const record = {
    reference: 'W-1',
    amount: '1.00',
    currency: 'INR',
    status: 'confirmed',
    paid_at: '2026-07-03T09:30:00Z',
    payer: '',
  }
  expect(readProviderStatement([{ ...record, ...change }], 'INR')).toEqual({ rows: [], faults: [{ line: 2, reason }] })
})
