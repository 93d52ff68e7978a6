import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { inTransaction } from '../../db/queries/accounts.ts'
import { openTask } from '../../db/queries/tasks.ts'
import { processIds } from '../../domain/process-ids.ts'
import { connectCustomer, type ConnectedCustomer } from '../support/connections.ts'
import { village, type Village } from '../support/village.ts'
import { type OpenApi, openApi } from './support/api.ts'

let katsa: Village
let api: OpenApi
let customer: ConnectedCustomer
beforeAll(async () => {
  katsa = await village()
  api = await openApi(katsa.db, { client: katsa.temporal.client })
  customer = await connectCustomer(katsa.db)
})
afterAll(async () => {
  await api.app.close()
  await katsa.close()
})

let keys = 0
async function post(login: string, url: string, payload: object, key?: string) {
  keys += 1
  const headers = { ...(await api.logIn({ staffLogin: login })), 'idempotency-key': key ?? `key-${keys}` }
  return api.app.inject({ method: 'POST', url, payload, headers })
}

async function taskFor(login: string): Promise<string> {
  keys += 1
  const asOf = await katsa.now()
  const { accountId, customerId } = customer
  const source = { workflowId: `collection:${customerId}`, step: `step-${keys}` }
  const { taskId } = await inTransaction(katsa.db, (tx) =>
    openTask(tx, {
      plant: 'BHKATS',
      kind: 'no-supply',
      accountId,
      customerId,
      source,
      dueAt: '2026-07-03T00:00:00.000Z',
      asOf,
      assignTo: login,
    }),
  )
  await katsa.settle()
  return taskId
}

async function stands(taskId: string): Promise<string> {
  const reply = await api.app.inject({ url: `/v1/tasks/${taskId}`, headers: await api.logIn({ staffLogin: 'deepa' }) })
  return reply.json<{ status: string }>().status
}

test('work is reported by whoever has it and confirmed by another', async () => {
  const taskId = await taskFor('binod')
  const report = await post('binod', `/v1/tasks/${taskId}/report`, { outcome: 'done', text: 'फ्यूज बदला' })
  expect([report.statusCode, report.json()]).toMatchObject([200, { step: 'report:1', verdict: 'reported', decidedBy: 'binod' }])
  await katsa.settle()
  expect(await stands(taskId)).toBe('review')
  const own = await post('binod', `/v1/tasks/${taskId}/approval`, {})
  expect([own.statusCode, own.json().code]).toEqual([403, 'OWN_ENTRY'])
  expect((await post('chandan', `/v1/tasks/${taskId}/approval`, {})).statusCode).toBe(200)
  await katsa.settle()
  expect(await stands(taskId)).toBe('completed')
})

test('the second of two deciders learns who was first and when, also after the run has ended', async () => {
  const taskId = await taskFor('binod')
  await post('binod', `/v1/tasks/${taskId}/report`, { outcome: 'done' })
  await katsa.settle()
  const [first, second] = await Promise.all([
    post('chandan', `/v1/tasks/${taskId}/approval`, {}),
    post('deepa', `/v1/tasks/${taskId}/rejection`, { text: 'Photo is missing' }),
  ])
  expect([first.statusCode, second.statusCode].sort()).toEqual([200, 409])
  const winner = first.statusCode === 200 ? 'chandan' : 'deepa'
  const lost = first.statusCode === 200 ? second : first
  expect(lost.json()).toMatchObject({ code: 'ALREADY_DECIDED', details: { decidedBy: winner, decidedAt: expect.any(String) } })
  await katsa.settle()
  const ended = await taskFor('binod')
  await post('binod', `/v1/tasks/${ended}/report`, { outcome: 'done' })
  await katsa.settle()
  await post('chandan', `/v1/tasks/${ended}/approval`, {})
  await katsa.settle()
  const late = await post('deepa', `/v1/tasks/${ended}/approval`, {})
  expect([late.statusCode, late.json().code, late.json().details]).toMatchObject([
    409,
    'ALREADY_DECIDED',
    { decidedBy: 'chandan', verdict: 'approved' },
  ])
})

test('who did not hear the answer learns that his decision stands, also after the run has ended', async () => {
  const taskId = await taskFor('binod')
  await post('binod', `/v1/tasks/${taskId}/report`, { outcome: 'done' })
  await katsa.settle()
  expect((await post('chandan', `/v1/tasks/${taskId}/rejection`, { text: 'Photo is missing' })).statusCode).toBe(200)
  await katsa.settle()
  await post('binod', `/v1/tasks/${taskId}/report`, { outcome: 'done' })
  await katsa.settle()
  const heard = await post('chandan', `/v1/tasks/${taskId}/approval`, {})
  await katsa.settle()
  const again = await post('chandan', `/v1/tasks/${taskId}/approval`, {})
  expect([again.statusCode, again.json()]).toEqual([200, heard.json()])
  // Nobody else takes it for his own, and the one that is cited is the last.
  const late = await post('deepa', `/v1/tasks/${taskId}/approval`, {})
  expect([late.statusCode, late.json().details]).toMatchObject([
    409,
    { step: 'review:2', verdict: 'approved', decidedBy: 'chandan' },
  ])
})

test('the same decision sent twice is one decision', async () => {
  const taskId = await taskFor('binod')
  const [first, again] = [
    await post('binod', `/v1/tasks/${taskId}/report`, { outcome: 'done' }, 'once'),
    await post('binod', `/v1/tasks/${taskId}/report`, { outcome: 'done' }, 'once'),
  ]
  expect(again.headers['idempotency-replayed']).toBe('true')
  expect(again.json()).toEqual(first.json())
})

test('what does not fit the stage is refused with where it stands', async () => {
  const taskId = await taskFor('binod')
  const reply = await post('chandan', `/v1/tasks/${taskId}/approval`, {})
  expect([reply.statusCode, reply.json()]).toMatchObject([409, { code: 'WRONG_STAGE', details: { stage: 'InProcess' } }])
})

test('a task is given only to people of the plant, and reported only by whoever has it', async () => {
  const taskId = await taskFor('binod')
  expect((await post('deepa', `/v1/tasks/${taskId}/assignment`, { to: 'nobody' })).json().code).toBe('INVALID_INPUT')
  expect((await post('jyoti', `/v1/tasks/${taskId}/report`, { outcome: 'done' })).json().code).toBe('NOT_PERMITTED')
  expect((await post('deepa', `/v1/tasks/${taskId}/assignment`, { to: 'jyoti' })).statusCode).toBe(200)
  await katsa.settle()
  expect((await post('jyoti', `/v1/tasks/${taskId}/report`, { outcome: 'not-possible', reason: 'house-shut' })).statusCode).toBe(
    200,
  )
})

test('a process that stands is not parked, so there is nothing to retry', async () => {
  const workflowId = processIds.task(await taskFor('binod'))
  const reply = await post('deepa', `/v1/processes/${encodeURIComponent(workflowId)}/retry`, {})
  expect([reply.statusCode, reply.json().code]).toEqual([409, 'WRONG_STAGE'])
})

test('a process whose start is on its way is waited for, not denied', async () => {
  const { accountId, customerId } = customer
  const { taskId } = await inTransaction(katsa.db, (tx) =>
    openTask(tx, {
      plant: 'BHKATS',
      kind: 'no-supply',
      accountId,
      customerId,
      source: { workflowId: 'x', step: 'unsent' },
      dueAt: '2026-07-03T00:00:00.000Z',
      asOf: '2026-07-01T03:30:00.000Z',
      assignTo: 'binod',
    }),
  )
  const reply = await post('binod', `/v1/tasks/${taskId}/report`, { outcome: 'done' })
  expect([reply.statusCode, reply.json().code, reply.headers['retry-after']]).toEqual([503, 'TRY_AGAIN', '2'])
  await katsa.settle()
})

test('every decision and refusal is in the audit log, and words of people only in their own table', async () => {
  const taskId = await taskFor('binod')
  await post('binod', `/v1/tasks/${taskId}/refusal`, { text: 'मेरी तबीयत ठीक नहीं है' })
  const { items } = (
    await api.app.inject({
      url: `/v1/audit?subject=${encodeURIComponent(processIds.task(taskId))}`,
      headers: await api.logIn({ staffLogin: 'geeta' }),
    })
  ).json()
  expect(items).toMatchObject([{ actor: 'binod', action: 'decline', after: { result: 'accepted' } }])
  expect(JSON.stringify(items)).not.toContain('तबीयत')
  const history = await katsa.temporal.client.workflow.getHandle(processIds.task(taskId)).fetchHistory()
  expect(readable(history)).toContain('binod')
  expect(readable(history)).not.toContain('तबीयत')
  const written = await katsa.db
    .selectFrom('freeTexts')
    .select(['body', 'writtenBy'])
    .where('writtenBy', '=', 'binod')
    .orderBy('textId', 'desc')
    .limit(1)
    .execute()
  expect(written).toEqual([{ body: 'मेरी तबीयत ठीक नहीं है', writtenBy: 'binod' }])
})

/** A history with its payloads as text. */
function readable(history: unknown): string {
  return JSON.stringify(history).replace(/"data":"([A-Za-z0-9+/=]+)"/g, (_, base64: string) =>
    Buffer.from(base64, 'base64').toString('utf8'),
  )
}
