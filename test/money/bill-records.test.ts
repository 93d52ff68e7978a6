import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { inTransaction } from '../../db/queries/accounts.ts'
import { readBillRecords } from '../../db/queries/bill-records.ts'
import { openTask } from '../../db/queries/tasks.ts'
import { KATSA_POLICY_V1 } from '../../domain/policy.ts'
import { processIds } from '../../domain/process-ids.ts'
import { connectCustomer, payInCash } from '../support/connections.ts'
import { billJuly } from '../support/corrections.ts'
import { freshDatabase, type TestDatabase } from '../support/postgres.ts'
import { PLANT, seedPlant } from '../support/village.ts'

const AT = '2026-08-01T06:00:00.000Z'

let database: TestDatabase
beforeAll(async () => {
  database = await freshDatabase()
  await seedPlant(database.db, { wallFrom: AT, startsAt: AT, policy: KATSA_POLICY_V1 })
})
afterAll(() => database.close())

test('the records of a bill show who read the meter, the photo, the payment, and who handed the paper over at the second try', async () => {
  const { db } = database
  const customer = await connectCustomer(db)
  const { accountId, customerId } = customer
  const { billNumber } = await billJuly(db, customer, { at: AT })
  await payInCash(db, { accountId, amountMinor: 6_400, at: AT, reference: 'part' })
  const workflowId = processIds.billing(customerId, '2026-07-01')
  await db
    .insertInto('processes')
    .values({
      ...{ workflowId, workflowType: 'billCustomer', plant: PLANT, accountId, customerId, stage: 'Delivering' },
      input: JSON.stringify({ period: '2026-07-01' }),
      ...{ startedAt: AT, changedAt: AT },
    })
    .execute()
  const carried = async (step: string, by: string, outcome: string) => {
    const task = { plant: PLANT, kind: 'bill-delivery', accountId, customerId, dueAt: AT, asOf: AT } as const
    const { taskId } = await inTransaction(db, (tx) => openTask(tx, { ...task, source: { workflowId, step } }))
    const done = { status: 'completed', completedBy: by, completedAt: AT, result: JSON.stringify({ outcome }) }
    await db.updateTable('tasks').set(done).where('taskId', '=', taskId).execute()
    return taskId
  }
  await db
    .insertInto('notifications')
    .values({
      ...{ dedupeKey: `bill:${billNumber}`, plant: PLANT, accountId, kind: 'bill-issued', language: 'hi', channel: 'print' },
      ...{ params: JSON.stringify({ billNumber }), queuedAt: AT },
    })
    .execute()
  const secondTry = await carried('delivery:try-2', 'imran', 'done')
  await carried('delivery', 'asha', 'not-possible')

  const records = await readBillRecords(db, billNumber)
  expect(records?.deliveries).toMatchObject([{ kind: 'bill-issued', channel: 'print', taskId: secondTry, carriedBy: 'imran' }])
  expect(records?.readings).toEqual(
    expect.arrayContaining([expect.objectContaining({ enteredBy: 'binod', reviewedBy: 'chandan', photoRef: 'photos/july.jpg' })]),
  )
  // 464 − 64
  expect(records?.charges).toMatchObject([{ amountMinor: 46_400, openMinor: 40_000 }])
  expect(records?.allocations).toMatchObject([{ amountMinor: 6_400, channel: 'cash' }])
  expect(await readBillRecords(db, 'BHKATS-B-999999')).toBeUndefined()
})
