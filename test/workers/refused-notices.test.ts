import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { createActivities } from '../../activities/index.ts'
import { inTransaction } from '../../db/queries/accounts.ts'
import { queueNotice } from '../../db/queries/notices.ts'
import { KATSA_POLICY_V1 } from '../../domain/policy.ts'
import type { Sender } from '../../notifications/sender.ts'
import { deliverNotices } from '../../workers/relay/notices.ts'
import { connectCustomer, type ConnectedCustomer } from '../support/connections.ts'
import { QUICK_CHASE } from '../support/debtors.ts'
import { freshDatabase, type TestDatabase } from '../support/postgres.ts'
import { PLANT, seedPlant } from '../support/village.ts'

// 2 July, 11:30 in Katsa: the day of the notice for what was due on the 1st.
const NOTICE_DAY = '2026-07-02T06:00:00.000Z'
const POLICY = { ...KATSA_POLICY_V1, chasing: { ...QUICK_CHASE.chasing, visitsAfter: [] } }
const wallFrom = new Date().toISOString()

let database: TestDatabase
beforeAll(async () => {
  database = await freshDatabase()
  await seedPlant(database.db, { wallFrom, startsAt: NOTICE_DAY, policy: POLICY })
})
afterAll(() => database.close())

const noPhoneAnswers: Sender = {
  name: 'test',
  send: async ({ channel, id }) =>
    channel === 'sms' ? { status: 'refused', reason: 'blocked' } : { status: 'accepted', providerReference: id },
}
const deliver = () =>
  deliverNotices({
    db: database.db,
    sender: noPhoneAnswers,
    now: () => Date.parse(wallFrom),
    onError: (_, error) => expect(error).toBe('none'),
  })
const activities = () => createActivities({ db: database.db })
const keyOf = ({ accountId, customerId }: ConnectedCustomer, asOf: string) => ({ plant: PLANT, accountId, customerId, asOf })
const owing = () => connectCustomer(database.db, { openingDues: { amountMinor: 45_700, dueOn: '2026-07-01' } })
const tasksOf = ({ customerId }: ConnectedCustomer) =>
  database.db.selectFrom('tasks').selectAll().where('customerId', '=', customerId).orderBy('openedAt').execute()
const nudgesOf = async ({ accountId }: ConnectedCustomer) =>
  (await database.db.selectFrom('outbox').select('topic').where('topic', '=', `account:${accountId}`).execute()).length

test('a household whose phone refuses the written notice is brought it by hand, and its chase goes on', async () => {
  const customer = await owing()
  await activities().takeCollectionStep({ ...keyOf(customer, NOTICE_DAY), expected: 'notice' })
  expect(await tasksOf(customer)).toEqual([])
  const nudgesBefore = await nudgesOf(customer)
  await deliver()
  await deliver()
  const [carried, ...more] = await tasksOf(customer)
  expect(more).toEqual([])
  expect(carried).toMatchObject({ kind: 'written-notice', status: 'in-process', detail: { notice: 'disconnection-notice' } })
  expect(await nudgesOf(customer)).toBeGreaterThan(nudgesBefore)
  // The chase waits for whoever carries it, and for nothing else.
  const taskId = carried?.taskId ?? ''
  const waiting = await activities().readCollection(keyOf(customer, '2026-07-02T07:00:00.000Z'))
  expect(waiting.next).toMatchObject({ kind: 'wait', reason: 'notice-not-delivered' })
  expect(waiting.topics).toContain(`task:${taskId}`)

  const handedOverAt = '2026-07-03T06:00:00.000Z'
  const report = { verdict: 'reported', by: 'asha', at: handedOverAt, textId: null, detail: { outcome: 'done' } }
  await activities().reportTask({ taskId, report, needsReview: false, asOf: handedOverAt })
  await activities().noteCarried({ ...keyOf(customer, handedOverAt), taskIds: [taskId] })
  // Handed over on the 3rd, two clear days (4th, 5th): cut on the 6th at the earliest, so the warning is due on the 5th.
  expect((await activities().readCollection(keyOf(customer, handedOverAt))).next).toMatchObject({ kind: 'wait', reason: 'clock' })
  expect((await activities().readCollection(keyOf(customer, '2026-07-05T06:00:00.000Z'))).next).toMatchObject({ kind: 'warn' })
})

test('nobody is sent with a message that no step of a chase waits for', async () => {
  const customer = await owing()
  const { accountId, customerId } = customer
  await inTransaction(database.db, (tx) =>
    queueNotice(tx, {
      accountId,
      kind: 'supply-restored',
      params: { customerId, restoredOn: '2026-07-02' },
      dedupeKey: 'restored-once',
      asOf: NOTICE_DAY,
    }),
  )
  await deliver()
  await deliver()
  expect(await tasksOf(customer)).toEqual([])
})
