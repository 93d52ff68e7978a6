import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals'
import { inTransaction } from '../../db/queries/accounts.ts'
import { queueNotice } from '../../db/queries/notices.ts'
import { KATSA_POLICY_V1 } from '../../domain/policy.ts'
import type { OutgoingNotice, SendResult, Sender } from '../../notifications/sender.ts'
import { deliverNotices } from '../../workers/relay/notices.ts'
import { connectCustomer, type ConnectedCustomer } from '../support/connections.ts'
import { freshDatabase, type TestDatabase } from '../support/postgres.ts'
import { seedPlant } from '../support/village.ts'

const NOON = '2026-07-01T06:30:00.000Z'
const wallFrom = new Date().toISOString()

let database: TestDatabase
let customer: ConnectedCustomer
let sent: OutgoingNotice[]
let answer: (notice: OutgoingNotice) => SendResult
const sender: Sender = {
  name: 'test',
  send: async (notice) => {
    const result = answer(notice)
    sent.push(notice)
    return result
  },
}

beforeAll(async () => {
  database = await freshDatabase()
  await seedPlant(database.db, { wallFrom, startsAt: NOON, policy: KATSA_POLICY_V1 })
  customer = await connectCustomer(database.db, { language: 'en' })
})
afterAll(() => database.close())
beforeEach(() => {
  sent = []
  answer = ({ id }) => ({ status: 'delivered', providerReference: `ref-${id}` })
})

/** The hours that have passed since noon, at which the relay looks. */
const deliver = (hours = 0, failed: number[] = []): Promise<number> =>
  deliverNotices({
    db: database.db,
    sender,
    now: () => Date.parse(wallFrom) + hours * 3_600_000,
    onError: (id) => void failed.push(id),
  })
const dueNow = () =>
  database.db.updateTable('notifications').set({ nextAttemptAt: wallFrom }).where('state', '=', 'queued').execute()
const queue = (dedupeKey: string, accountId = customer.accountId) =>
  inTransaction(database.db, (tx) =>
    queueNotice(tx, {
      accountId,
      kind: 'due-today-reminder',
      params: { customerId: customer.customerId, remainingMinor: 16_000, currency: 'INR', dueOn: '2026-07-10' },
      dedupeKey,
      asOf: NOON,
    }),
  )
const notice = (id: number) =>
  database.db.selectFrom('notifications').selectAll().where('notificationId', '=', id).executeTakeFirstOrThrow()

test('a text message goes out once, in cheap letters, and its account is told', async () => {
  const { notificationId } = await queue('once')
  expect(await deliver()).toBe(1)
  expect(await deliver()).toBe(0)
  expect(sent).toMatchObject([{ id: String(notificationId), channel: 'sms', to: '+915550000001' }])
  // 160 rupees of 16,000 paise, and no sign that would cost another alphabet.
  expect(sent[0]?.body).toContain('Rs 160')
  expect(await notice(notificationId)).toMatchObject({ state: 'delivered', sentAt: NOON, deliveredAt: NOON, body: sent[0]?.body })
  const nudges = await database.db
    .selectFrom('outbox')
    .select('topic')
    .where('topic', '=', `account:${customer.accountId}`)
    .execute()
  expect(nudges.length).toBeGreaterThan(0)
})

test('a sender that fails is tried again with the same id, and the message is sent once', async () => {
  const { notificationId } = await queue('fails')
  answer = () => {
    throw new Error('provider is down')
  }
  const failed: number[] = []
  await deliver(0, failed)
  expect(failed).toEqual([notificationId])
  expect(await notice(notificationId)).toMatchObject({ state: 'queued', attempts: 1, lastError: 'provider is down' })
  expect(await deliver()).toBe(0)
  answer = ({ id }) => ({ status: 'delivered', providerReference: `ref-${id}` })
  await dueNow()
  await deliver()
  await deliver()
  expect(sent.map(({ id }) => id)).toEqual([String(notificationId)])
  expect(await notice(notificationId)).toMatchObject({ state: 'delivered' })
})

test('a message is held in quiet hours, from 20:00 to 08:00', async () => {
  const { notificationId } = await queue('quiet')
  // Noon and eight hours: 20:00 in Katsa.
  await deliver(8)
  expect(sent).toEqual([])
  const held = await notice(notificationId)
  // Twelve hours of a clock at speed 1 to eight in the morning.
  expect(Date.parse(held.nextAttemptAt) - Date.now()).toBeGreaterThan(11.9 * 3_600_000)
  expect(held).toMatchObject({ state: 'queued', attempts: 0 })
  await dueNow()
  await deliver(20)
  expect(await notice(notificationId)).toMatchObject({ state: 'delivered', sentAt: '2026-07-02T02:30:00.000Z' })
})

test('a household that cannot be reached by phone gets its notice on paper', async () => {
  const { notificationId } = await queue('blocked')
  answer = ({ channel, id }) =>
    channel === 'sms' ? { status: 'refused', reason: 'blocked' } : { status: 'accepted', providerReference: id }
  await deliver()
  await deliver()
  expect(sent.map(({ channel }) => channel)).toEqual(['sms', 'print'])
  expect(await notice(notificationId)).toMatchObject({ state: 'sent', channel: 'print', deliveredAt: null })
})

test('a notice that cannot be written holds up nobody else', async () => {
  const broken = await queue('broken')
  await database.db
    .updateTable('notifications')
    .set({ kind: 'no-such-kind' })
    .where('notificationId', '=', broken.notificationId)
    .execute()
  const { notificationId } = await queue('after the broken one')
  const failed: number[] = []
  await deliver(0, failed)
  expect(failed).toEqual([broken.notificationId])
  expect(await notice(notificationId)).toMatchObject({ state: 'delivered' })
})

test('two relays send each message once', async () => {
  const ids = []
  for (let n = 0; n < 30; n += 1) ids.push((await queue(`many ${n}`)).notificationId)
  await Promise.all([deliver(), deliver(), deliver()])
  await deliver()
  expect(sent.map(({ id }) => Number(id)).toSorted((a, b) => a - b)).toEqual(ids)
})
