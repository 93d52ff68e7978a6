import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { sql } from 'kysely'
import { findProcess } from '../../db/queries/process-list.ts'
import { type World, world } from './support/world.ts'

let w: World
beforeAll(async () => {
  w = await world()
})
afterAll(() => w.close())

const GONE = 'onboarding:BHKATS-A9999'
const retry = (workflowId: string, key: string, more: { payload?: object; role?: 'head-office' | 'cluster-in-charge' } = {}) =>
  w.app.inject({
    method: 'POST',
    url: `/v1/processes/${encodeURIComponent(workflowId)}/retry`,
    payload: more.payload ?? {},
    headers: { ...w.as(more.role ?? 'cluster-in-charge'), 'idempotency-key': key },
  })

test('the same request with the same key is answered the same, and says that it was answered before', async () => {
  const first = await retry(GONE, 'same')
  const again = await retry(GONE, 'same')
  expect([first.statusCode, first.headers['idempotency-replayed']]).toEqual([404, undefined])
  expect([again.statusCode, again.headers['idempotency-replayed']]).toEqual([404, 'true'])
  expect(again.json()).toEqual(first.json())
  expect(again.headers['content-type']).toContain('application/problem+json')
})

test('a key used for another request is refused', async () => {
  await retry(GONE, 'other')
  const reply = await retry('onboarding:BHKATS-A9998', 'other')
  expect([reply.statusCode, reply.json().code]).toEqual([422, 'IDEMPOTENCY_CONFLICT'])
})

test('two people may choose the same key', async () => {
  await retry(GONE, 'common')
  const reply = await retry(GONE, 'common', { role: 'head-office' })
  expect(reply.headers['idempotency-replayed']).toBeUndefined()
})

test('while the first is still running the second is told to wait', async () => {
  await retry(GONE, 'slow')
  await w.database.db.updateTable('idempotencyKeys').set({ status: null, body: null }).where('key', '=', 'slow').execute()
  const reply = await retry(GONE, 'slow')
  expect([reply.statusCode, reply.json().code, reply.headers['retry-after']]).toEqual([409, 'IDEMPOTENCY_IN_PROGRESS', '1'])
})

test('a request whose process died is taken up again after a minute', async () => {
  await retry(GONE, 'died')
  await w.database.db
    .updateTable('idempotencyKeys')
    .set({ status: null, body: null, recordedAt: sql`now() - interval '2 minutes'` })
    .where('key', '=', 'died')
    .execute()
  expect((await retry(GONE, 'died')).statusCode).toBe(404)
})

test('of many at the same moment one acts', async () => {
  const replies = await Promise.all(Array.from({ length: 8 }, () => retry(GONE, 'crowd')))
  expect(replies.filter((reply) => reply.statusCode === 404 && reply.headers['idempotency-replayed'] === undefined)).toHaveLength(
    1,
  )
})

test('a decision that nobody hears is answered with when to come back, keeps no key, and is written down', async () => {
  const reply = await retry(w.workflowId, 'unheard')
  expect([reply.statusCode, reply.json().code, reply.headers['retry-after']]).toEqual([503, 'TRY_AGAIN', '2'])
  expect(await w.database.db.selectFrom('idempotencyKeys').selectAll().where('key', '=', 'unheard').execute()).toEqual([])
  const { items } = (await w.app.inject({ url: '/v1/audit', headers: w.as('head-office') })).json()
  expect(items[0]).toMatchObject({
    actor: 'deepa',
    action: 'retry',
    subject: w.workflowId,
    plant: 'BHKATS',
    after: { result: 'refused', code: 'TRY_AGAIN' },
  })
  expect(await findProcess(w.database.db, w.workflowId)).toMatchObject({ stage: 'Parked' })
})
