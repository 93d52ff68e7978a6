import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { connectCustomer, type ConnectedCustomer } from '../support/connections.ts'
import { village, type Village } from '../support/village.ts'
import { type OpenApi, openApi } from './support/api.ts'

let katsa: Village
let api: OpenApi
let sunita: ConnectedCustomer
let mohan: ConnectedCustomer
beforeAll(async () => {
  katsa = await village()
  api = await openApi(katsa.db, { client: katsa.temporal.client })
  sunita = await connectCustomer(katsa.db, { packageCode: 'B1.2', depositMinor: 175_000 })
  mohan = await connectCustomer(katsa.db)
})
afterAll(async () => {
  await api.app.close()
  await katsa.close()
})

type Who = { staffLogin: string } | { personId: string }
let keys = 0
async function post(who: Who, url: string, payload: object, key = `key-${(keys += 1)}`) {
  const reply = await api.app.inject({
    method: 'POST',
    url,
    payload,
    headers: { ...(await api.logIn(who)), 'idempotency-key': key },
  })
  await katsa.settle()
  return { status: reply.statusCode, body: reply.json() }
}
async function get(who: Who, url: string) {
  const reply = await api.app.inject({ url, headers: await api.logIn(who) })
  return { status: reply.statusCode, body: reply.json() }
}

const staff = (staffLogin: string): Who => ({ staffLogin })
const person = ({ personId }: ConnectedCustomer): Who => ({ personId })
const requestsOf = ({ customerId }: ConnectedCustomer): string => `/v1/customers/${customerId}/package-changes`

test('a customer asks in the app, cluster and state decide in turn, and everyone reads where it stands', async () => {
  const first = await post(person(sunita), requestsOf(sunita), { packageCode: 'B2.1' }, 'once')
  const again = await post(person(sunita), requestsOf(sunita), { packageCode: 'B2.1' }, 'once')
  expect([first.status, again.body]).toEqual([201, first.body])
  const url = `/v1/package-changes/${first.body.requestId}`
  expect((await post(staff('asha'), `${url}/approve`, {})).body).toMatchObject({ code: 'NOT_PERMITTED' })
  expect((await post(staff('deepa'), `${url}/approve`, { text: 'Line F1 can carry it.' })).status).toBe(200)
  expect((await post(staff('deepa'), `${url}/approve-state`, {})).body).toMatchObject({ code: 'NOT_PERMITTED' })
  expect((await post(staff('geeta'), `${url}/approve`, {})).body).toMatchObject({
    code: 'ALREADY_DECIDED',
    details: { decidedBy: 'deepa' },
  })
  expect((await post(staff('farid'), `${url}/approve-state`, {})).status).toBe(200)
  expect((await get(person(sunita), url)).body).toMatchObject({
    stage: 'Scheduled',
    request: { fromCode: 'B1.2', toCode: 'B2.1', needsStateApproval: true, effectiveOn: '2026-08-01' },
    decisions: [
      { step: 'cluster', decidedBy: 'deepa', text: 'Line F1 can carry it.' },
      { step: 'state', decidedBy: 'farid' },
    ],
  })
  expect((await post(person(sunita), `${url}/withdraw`, {})).status).toBe(200)
  expect((await get(staff('farid'), '/v1/package-changes?state=ended')).body.items).toMatchObject([{ endedAs: 'Withdrawn' }])
  expect((await post(staff('deepa'), `${url}/confirm`, {})).body).toMatchObject({ code: 'ALREADY_DECIDED' })
})

test('nobody sees, asks for or decides what is not theirs', async () => {
  const { body } = await post(staff('asha'), requestsOf(mohan), { packageCode: 'B1.2' })
  const url = `/v1/package-changes/${body.requestId}`
  expect((await get(person(sunita), url)).status).toBe(404)
  expect((await post(person(sunita), `${url}/withdraw`, {})).status).toBe(404)
  expect((await post(person(sunita), requestsOf(mohan), { packageCode: 'B1.2' })).status).toBe(404)
  expect((await post(person(mohan), `${url}/approve`, {})).status).toBe(403)
  expect((await get(person(mohan), requestsOf(mohan))).body.items).toMatchObject([
    { requestId: body.requestId, requestedBy: 'asha' },
  ])
  expect((await post(staff('deepa'), `${url}/reject`, { reason: 'no-capacity' })).status).toBe(200)
  expect((await get(person(mohan), url)).body.request).toMatchObject({ endedAs: 'Rejected' })
})

test('whoever asked for a customer does not approve it', async () => {
  const { body } = await post(staff('deepa'), requestsOf(mohan), { packageCode: 'B1.2' })
  const url = `/v1/package-changes/${body.requestId}`
  expect((await post(staff('deepa'), `${url}/approve`, {})).body).toMatchObject({ code: 'OWN_ENTRY' })
  expect((await post(staff('deepa'), `${url}/follow-up`, {})).body).toMatchObject({ code: 'OWN_ENTRY' })
  expect((await post(staff('farid'), `${url}/follow-up`, { to: 'binod' })).body).toMatchObject({ code: 'INVALID_INPUT' })
  expect((await post(staff('farid'), `${url}/follow-up`, { to: 'imran' })).status).toBe(200)
  expect((await get(staff('farid'), url)).body).toMatchObject({ stage: 'FollowUp', waitingFor: 'csa' })
})

test.each([
  ['the package that is there', { packageCode: 'B1.2' }, 422, 'PACKAGE_SAME'],
  ['one that is not on offer', { packageCode: 'B9.9' }, 422, 'PACKAGE_UNKNOWN'],
  ['a meter that does not fit', { packageCode: 'B1.3', meterKind: 'conventional' }, 422, 'PACKAGE_METER_UNFIT'],
  ['another mode at once', { packageCode: 'A2.1', takesEffect: 'at-once' }, 409, 'PERIOD_NOT_ENDED'],
  ['a feeder that is not there', { packageCode: 'B1.1', toFeeder: 'F9' }, 422, 'INVALID_INPUT'],
])('%s is refused, and nothing is started', async (_why, body, status, code) => {
  const before = await katsa.db.selectFrom('packageRequests').select('requestId').execute()
  const refused = await post(person(sunita), requestsOf(sunita), body)
  expect([refused.status, refused.body.code]).toEqual([status, code])
  expect(await katsa.db.selectFrom('packageRequests').select('requestId').execute()).toEqual(before)
})

test('a new version of a package is asked for at head office, and released by somebody else there', async () => {
  const url = '/v1/plants/BHKATS/packages/B1.2/versions'
  const price = { from: '2026-09-01', fixedChargeMinor: 11_000 }
  expect((await post(staff('farid'), url, price)).status).toBe(403)
  expect(await post(staff('geeta'), url, { ...price, from: '2026-07-01' })).toMatchObject({
    status: 409,
    body: { code: 'PRICE_TOO_SOON', details: { possibleFrom: '2026-08-01' } },
  })
  const asked = await post(staff('geeta'), url, price, 'price-1')
  expect(asked).toMatchObject({ status: 201, body: { packageCode: 'B1.2', toVersion: null, energyRateMinorPerKwh: 1_600 } })
  expect(await post(staff('geeta'), url, price, 'price-1')).toEqual(asked)
  const change = `/v1/price-changes/${asked.body.priceChangeId}`
  expect((await post(staff('geeta'), `${change}/release`, {})).body).toMatchObject({ code: 'OWN_ENTRY' })
  expect((await post(staff('harish'), `${change}/release`, {})).status).toBe(200)
  expect((await get(staff('deepa'), change)).body).toMatchObject({
    stage: 'Announced',
    priceChange: { toVersion: 2, effectiveFrom: '2026-09-01', releasedBy: 'harish' },
    // Sunita was told; Mohan has asked for the package while it had its old price.
    progress: { told: 1, waiting: 2 },
  })
  expect((await get(person(sunita), '/v1/packages?code=B1.2')).body.items).toMatchObject([
    { version: 1, text: 'B1.2 (FD) / 1000 / 100+16u' },
    { version: 2, text: 'B1.2 (FD) / 1000 / 110+16u' },
  ])
})
