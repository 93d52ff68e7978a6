import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { hashPassword } from '../../api/passwords.ts'
import { createSession } from '../../db/queries/sessions.ts'
import { insertStaff, setPersonPassword } from '../../db/queries/staff.ts'
import { startApi } from './support/api.ts'
import { type World, world } from './support/world.ts'

let w: World
beforeAll(async () => {
  w = await world()
  const { db } = w.database
  await insertStaff(db, {
    login: 'kavita',
    name: 'Kavita Rai',
    role: 'csa',
    scope: 'cluster:Saran East',
    passwordHash: await hashPassword('correct horse'),
  })
  await setPersonPassword(db, w.sunita.personId, await hashPassword('4711'))
  await setPersonPassword(db, w.mohan.personId, await hashPassword('4711'))
  for (const { personId } of [w.sunita, w.mohan])
    await db.updateTable('persons').set({ phone: '+910000000001' }).where('personId', '=', personId).execute()
})
afterAll(() => w.close())

const logIn = (payload: object) => w.app.inject({ method: 'POST', url: '/v1/sessions', payload })
const me = (token: string) => w.app.inject({ url: '/v1/me', headers: { authorization: `Bearer ${token}` } })

test('staff log in with their password and see the plants of their scope', async () => {
  const session = await logIn({ login: 'kavita', password: 'correct horse' })
  expect(session.statusCode).toBe(201)
  expect((await me(session.json().token)).json()).toEqual({
    kind: 'staff',
    actor: 'kavita',
    role: 'csa',
    scope: 'cluster:Saran East',
    plants: ['BHKATS'],
  })
})

test('a customer logs in with the customer ID', async () => {
  const session = await logIn({ customerId: w.sunita.customerId, password: '4711' })
  expect((await me(session.json().token)).json()).toMatchObject({
    kind: 'customer',
    actor: `customer:${w.sunita.personId}`,
    plants: ['BHKATS'],
  })
})

test('an applicant logs in with the application, before there is a customer ID', async () => {
  expect((await logIn({ accountId: w.mohan.accountId, password: '4711' })).statusCode).toBe(201)
})

test('two customers who share a phone and a password are asked which connection they mean', async () => {
  const reply = await logIn({ phone: '+910000000001', password: '4711' })
  expect([reply.statusCode, reply.json().code]).toEqual([409, 'CHOOSE_CONNECTION'])
  expect(reply.json().details.choices).toEqual([w.sunita.customerId, w.mohan.customerId])
})

test('ten strangers who apply with a customer’s phone do not push the customer out', async () => {
  const { db } = w.database
  const strangers = Array.from({ length: 10 }, (_, n) => ({ personId: `A-stranger-${n}`, plant: 'BHKATS', name: 'Stranger' }))
  await db
    .insertInto('persons')
    .values(strangers.map((one) => ({ ...one, phone: '+910000000001', language: 'hi', passwordHash: 'none of yours' })))
    .execute()
  expect((await logIn({ phone: '+910000000001', password: '4711' })).json().code).toBe('CHOOSE_CONNECTION')
  await db.updateTable('persons').set({ phone: null }).where('personId', 'like', 'A-stranger-%').execute()
})

test('a shared phone lets in the one whose password it is', async () => {
  await setPersonPassword(w.database.db, w.mohan.personId, await hashPassword('0815'))
  const session = await logIn({ phone: '+910000000001', password: '0815' })
  expect((await me(session.json().token)).json().actor).toBe(`customer:${w.mohan.personId}`)
})

test('a wrong password and an unknown log-in are told apart by nobody', async () => {
  const [wrong, unknown, unset] = await Promise.all([
    logIn({ login: 'kavita', password: 'wrong horse' }),
    logIn({ login: 'nobody', password: 'wrong horse' }),
    logIn({ login: 'asha', password: '----' }),
  ])
  for (const reply of [wrong, unknown, unset])
    expect([reply.statusCode, reply.json().code, reply.json().detail]).toEqual([
      401,
      'WRONG_CREDENTIALS',
      'Log-in or password is wrong.',
    ])
})

test('logging out ends the session', async () => {
  const { token } = (await logIn({ login: 'kavita', password: 'correct horse' })).json()
  const out = await w.app.inject({ method: 'DELETE', url: '/v1/sessions/current', headers: { authorization: `Bearer ${token}` } })
  expect([out.statusCode, out.body]).toEqual([204, ''])
  expect((await me(token)).json().code).toBe('UNAUTHENTICATED')
})

test('a session ends by itself, and with the job', async () => {
  const { db } = w.database
  const past = await createSession(db, { staffLogin: 'kavita' }, '2020-01-01T00:00:00.000Z')
  expect((await me(past)).statusCode).toBe(401)
  const open = await createSession(db, { staffLogin: 'imran' }, '2099-01-01T00:00:00.000Z')
  expect((await me(open)).statusCode).toBe(200)
  await db.updateTable('staff').set({ active: false }).where('login', '=', 'imran').execute()
  expect((await me(open)).statusCode).toBe(401)
})

test('the database holds no token that could be used', async () => {
  const { token } = (await logIn({ login: 'kavita', password: 'correct horse' })).json()
  const rows = await w.database.db.selectFrom('sessions').selectAll().execute()
  expect(JSON.stringify(rows)).not.toContain(token)
})

test('passwords cannot be tried out', async () => {
  const strict = await startApi({ config: { logInsPerMinute: 3 } })
  const tries = []
  for (let n = 0; n < 4; n += 1)
    tries.push(
      await strict.app.inject({ method: 'POST', url: '/v1/sessions', payload: { login: 'kavita', password: `guess ${n}` } }),
    )
  const last = tries.at(-1)
  expect(tries.map((reply) => reply.statusCode)).toEqual([401, 401, 401, 429])
  expect([last?.json().code, Number(last?.headers['retry-after']) > 0]).toEqual(['TOO_MANY_REQUESTS', true])
  const other = await strict.app.inject({ method: 'POST', url: '/v1/sessions', payload: { login: 'deepa', password: 'my own' } })
  expect(other.statusCode).toBe(401)
  await strict.close()
})

test('nor by going through everybody’s log-in from one address', async () => {
  const strict = await startApi({ config: { logInsPerMinute: 1 } })
  const codes = []
  for (let n = 0; n < 7; n += 1) {
    const payload = { login: `nobody${n}`, password: 'guess' }
    codes.push((await strict.app.inject({ method: 'POST', url: '/v1/sessions', payload })).statusCode)
  }
  expect(codes).toEqual([401, 401, 401, 401, 401, 401, 429])
  await strict.app.close()
})
