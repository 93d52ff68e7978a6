import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { inTransaction } from '../../db/queries/accounts.ts'
import { queueStaffNotice } from '../../db/queries/notices.ts'
import { tellParked } from '../../db/queries/process-waiting.ts'
import { deliverNotices } from '../../workers/relay/notices.ts'
import type { Headers } from './support/api.ts'
import { type World, world } from './support/world.ts'

const ASOF = '2026-07-01T03:30:00.000Z'

let w: World
beforeAll(async () => {
  w = await world()
  await inTransaction(w.database.db, (tx) => tellParked(tx, { workflowId: w.workflowId, asOf: ASOF }))
})
afterAll(() => w.close())

interface Listed {
  items: { notificationId: number; kind: string; body: string | null; queuedAt: string; acknowledgedAt: string | null }[]
  nextCursor: string | null
}
const list = async (headers: Headers, query = ''): Promise<Listed> =>
  (await w.app.inject({ url: `/v1/me/notices${query}`, headers })).json<Listed>()
const acknowledge = (notificationId: number, headers: Headers) =>
  w.app.inject({ method: 'POST', url: `/v1/me/notices/${notificationId}/acknowledgement`, headers, payload: {} })
const remind = (login: string, waitedDays: number) =>
  inTransaction(w.database.db, (tx) =>
    queueStaffNotice(tx, {
      plant: 'BHKATS',
      login,
      kind: 'process-reminder',
      params: { process: 'closing', requestId: `BHKATS-L${waitedDays}`, plantCode: 'BHKATS', waitedDays },
      dedupeKey: `reminder:${login}:${waitedDays}`,
      asOf: ASOF,
    }),
  )

test('the cluster in-charge reads that a process stands parked, before and after the notice left', async () => {
  const parked = {
    kind: 'process-parked',
    body: `The collection of ${w.sunita.customerId} (BHKATS) cannot go on by itself. Please see why, put it right and retry.`,
    queuedAt: ASOF,
    acknowledgedAt: null,
  }
  expect((await list(w.as('cluster-in-charge'))).items).toMatchObject([parked])
  const sender = { name: 'nobody', send: () => Promise.resolve({ status: 'delivered', providerReference: 'x' } as const) }
  while ((await deliverNotices({ db: w.database.db, sender, now: Date.now, onError: () => undefined })) > 0);
  expect((await list(w.as('cluster-in-charge'))).items).toMatchObject([parked])
})

test('a colleague reads reminders newest first, page by page, and each one once', async () => {
  for (const days of [1, 2, 3]) await remind('chandan', days)
  const first = await list(w.as('operator'), '?limit=2')
  const second = await list(w.as('operator'), `?limit=2&cursor=${first.nextCursor}`)
  expect([...first.items, ...second.items].map(({ body }) => body?.slice(0, 25))).toEqual([
    'The closing of BHKATS-L3 ',
    'The closing of BHKATS-L2 ',
    'The closing of BHKATS-L1 ',
  ])
  expect(second.nextCursor).toBeNull()
})

test('a colleague says that a notice was seen; saying so again keeps the first time', async () => {
  await remind('asha', 1)
  const [notice] = (await list(w.as('csa'))).items
  const id = notice?.notificationId ?? 0
  const seen = await acknowledge(id, w.as('csa'))
  expect([seen.statusCode, seen.json()]).toMatchObject([200, { notificationId: id }])
  const again = await acknowledge(id, w.as('csa'))
  expect(again.json()).toEqual(seen.json())
  expect((await list(w.as('csa'))).items).toMatchObject([{ acknowledgedAt: seen.json<Listed['items'][number]>().acknowledgedAt }])
})

test('nobody reads or acknowledges what another was told, and a customer is not staff', async () => {
  await remind('binod', 4)
  const [notice] = (await list(w.as('technician'))).items
  const id = notice?.notificationId ?? 0
  expect((await list(w.asStranger('technician'))).items).toEqual([])
  expect((await list(w.as('head-office'))).items).toEqual([])
  expect((await acknowledge(id, w.as('head-office'))).statusCode).toBe(404)
  expect((await acknowledge(id, w.asStranger('technician'))).statusCode).toBe(404)
  expect((await acknowledge(999_999, w.as('technician'))).statusCode).toBe(404)
  expect((await w.app.inject({ url: '/v1/me/notices', headers: w.as('customer') })).statusCode).toBe(403)
  const still = (await list(w.as('technician'))).items.filter(({ notificationId }) => notificationId === id)
  expect(still).toMatchObject([{ acknowledgedAt: null }])
})

test('a notice that cannot be written any more does not hide the others', async () => {
  await w.database.db
    .insertInto('notifications')
    .values({
      plant: 'BHKATS',
      staffLogin: 'farid',
      kind: 'no-such-notice',
      language: 'en',
      channel: 'staff',
      params: '{}',
      dedupeKey: 'old',
      queuedAt: ASOF,
    })
    .execute()
  await remind('farid', 5)
  expect((await list(w.as('state-in-charge'))).items).toMatchObject([
    { kind: 'process-reminder', body: expect.stringContaining('BHKATS-L5') },
    { kind: 'no-such-notice', body: null },
  ])
})
