import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { PLANT } from '../support/village.ts'
import { openApi } from './support/api.ts'
import { type World, world } from './support/world.ts'

let w: World
beforeAll(async () => {
  w = await world()
})
afterAll(() => w.close())

const household = {
  plant: PLANT,
  name: 'Phulmati Devi',
  phone: '+915550002222',
  language: 'hi',
  category: 'low-income',
  address: 'Tola 4, Katsa',
  password: 'a lamp by the well',
}
async function signUp(payload: object, key: string, app = w.app) {
  const reply = await app.inject({ method: 'POST', url: '/v1/sign-ups', payload, headers: { 'idempotency-key': key } })
  return { status: reply.statusCode, body: reply.json() }
}

test('a household that nobody knows applies in the app, logs in with the code it is told, and sees its application alone', async () => {
  const { status, body } = await signUp(household, 'first')
  expect([status, body]).toEqual([201, { applicationId: expect.stringMatching(/^BHKATS-A\d{4,}$/) }])
  expect(await signUp(household, 'first')).toEqual({ status, body })
  const { password } = household
  for (const who of [{ accountId: body.applicationId }, { phone: household.phone }]) {
    const session = await w.app.inject({ method: 'POST', url: '/v1/sessions', payload: { ...who, password } })
    const headers = { authorization: `Bearer ${session.json().token}` }
    const { items } = (await w.app.inject({ url: '/v1/applications', headers })).json()
    expect(items).toMatchObject([{ applicationId: body.applicationId, origin: 'app', salesAgent: null }])
    expect((await w.app.inject({ url: `/v1/accounts/${w.sunita.accountId}`, headers })).statusCode).toBe(404)
  }
  const { db } = w.database
  const starts = db.selectFrom('outbox').select('workflowId').where('workflowType', '=', 'onboardCustomer').execute()
  expect(await starts).toEqual([{ workflowId: `onboarding:${body.applicationId}` }])
  const lines = await db.selectFrom('auditLog').selectAll().where('action', '=', 'signUp').execute()
  expect(lines).toMatchObject([{ plant: PLANT, subject: `onboarding:${body.applicationId}` }])
  expect(JSON.stringify(lines)).not.toMatch(/Phulmati|555000/)
})

test('a key that was used for another household gives away nothing', async () => {
  await signUp(household, 'taken')
  const other = await signUp({ ...household, password: 'some other words' }, 'taken')
  expect(other).toMatchObject({ status: 422, body: { code: 'IDEMPOTENCY_CONFLICT' } })
})

test.each([
  ['a plant that is not there', { plant: 'XXXXXX' }, 404],
  ['no phone', { phone: undefined }, 400],
  ['a phone that is none', { phone: '12345' }, 400],
  ['a password that is soon guessed', { password: '1234' }, 400],
  ['a segment nobody has', { category: 'rich' }, 400],
  ['a person of their own choice', { personId: 'P1' }, 400],
])('%s is refused', async (why, change, status) => {
  const people = () => w.database.db.selectFrom('persons').select('personId').execute()
  const before = (await people()).length
  expect((await signUp({ ...household, ...change }, `bad ${why}`.replaceAll(' ', '-'))).status).toBe(status)
  expect(await people()).toHaveLength(before)
})

test('one address signs up so many a minute and no more, whatever phones it names', async () => {
  const { app } = await openApi(w.database.db, { config: { logInsPerMinute: 2 } })
  const phones = ['+915550003331', '+915550003332', '+915550003333']
  const statuses = []
  for (const phone of phones) statuses.push((await signUp({ ...household, phone }, `many-${phone}`, app)).status)
  expect(statuses).toEqual([201, 201, 429])
  await app.close()
})
