import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { createActivities } from '../../activities/index.ts'
import { inTransaction } from '../../db/queries/accounts.ts'
import { saveStage } from '../../db/queries/processes.ts'
import { openTask } from '../../db/queries/tasks.ts'
import type { JsonObject } from '../../db/tables.ts'
import { KATSA_POLICY_V1 } from '../../domain/policy.ts'
import { processIds } from '../../domain/process-ids.ts'
import { consoleSender } from '../../notifications/sender.ts'
import { nudgeOverdue, reviveLost, type SweepDeps } from '../../workers/relay/process-sweeps.ts'
import { startRelay, type Relay } from '../../workers/relay/relay.ts'
import { billingScheduleId } from '../../workers/schedules.ts'
import { approveTask, completeTask } from '../../workflows/do-field-task.ts'
import { connectCustomer } from '../support/connections.ts'
import { type DevServer, devServer } from '../support/dev-server.ts'
import { freshDatabase, type TestDatabase } from '../support/postgres.ts'
import { realTimeTemporal, TEST_TASK_QUEUE, type TestTemporal } from '../support/temporal.ts'
import { until } from '../support/until.ts'
import { PLANT, seedPlant } from '../support/village.ts'

const START = '2026-07-01T03:30:00.000Z'
const quiet = { info: () => undefined, warn: () => undefined }

let database: TestDatabase
let server: DevServer
let temporal: TestTemporal
let relays: Relay[]

beforeAll(async () => {
  database = await freshDatabase()
  server = await devServer()
  temporal = await realTimeTemporal(server)
  await seedPlant(database.db, { wallFrom: new Date().toISOString(), startsAt: START, policy: KATSA_POLICY_V1 })
  await temporal.runWorker(createActivities({ db: database.db }))
}, 120_000)
afterAll(async () => {
  await temporal.close()
  await server.close()
  await database.close()
}, 60_000)
beforeEach(() => {
  relays = []
})
afterEach(() => Promise.all(relays.map((relay) => relay.stop())))

function relay(sweepEveryMs = 60_000): void {
  const { db, appUrl } = database
  relays.push(
    startRelay({
      db,
      databaseUrl: appUrl,
      client: temporal.client,
      taskQueue: TEST_TASK_QUEUE,
      sender: consoleSender(() => undefined),
      now: Date.now,
      log: quiet,
      sweepEveryMs,
    }),
  )
}

const sweeps = (): SweepDeps => ({
  db: database.db,
  client: temporal.client,
  taskQueue: TEST_TASK_QUEUE,
  now: Date.now,
  log: quiet,
})
const run = (workflowId: string) => temporal.client.workflow.getHandle(workflowId).describe()
const unsent = async (): Promise<number> => (await database.db.selectFrom('outbox').select('outboxId').execute()).length
const row = (workflowId: string) =>
  database.db
    .selectFrom('processes')
    .select(['stage', 'outcome', 'dueAt'])
    .where('workflowId', '=', workflowId)
    .executeTakeFirst()

/** A field task, as the transaction of any process leaves it: its workflow's start waits in the outbox. Returns the workflow's id. */
async function task(step: string): Promise<string> {
  const source = { workflowId: 'test', step }
  const { taskId } = await inTransaction(database.db, (tx) =>
    openTask(tx, { plant: PLANT, kind: 'meter-fault', source, dueAt: '2026-07-03T03:30:00.000Z', asOf: START }),
  )
  return processIds.task(taskId)
}

async function runningTask(step: string): Promise<string> {
  const workflowId = await task(step)
  await until(async () => expect(await row(workflowId)).toMatchObject({ outcome: null }))
  await until(async () => expect(await unsent()).toBe(0))
  return workflowId
}

async function finish(workflowId: string): Promise<void> {
  const handle = temporal.client.workflow.getHandle(workflowId)
  await handle.executeUpdate(completeTask, { args: [{ by: 'binod', detail: { outcome: 'done' } }] })
  await until(async () => expect(await row(workflowId)).toMatchObject({ stage: 'Review' }))
  await handle.executeUpdate(approveTask, { args: [{ by: 'chandan' }] })
}

describe('what a transaction left in the outbox', () => {
  test('waits while Temporal is away, and is sent when it is back', async () => {
    relay()
    await runningTask('before')
    await server.kill()
    const tasks = await Promise.all(['away 1', 'away 2', 'away 3'].map(task))
    await new Promise((resolve) => setTimeout(resolve, 2_000))
    expect(await unsent()).toBeGreaterThanOrEqual(3)
    await server.start()
    for (const workflowId of tasks)
      await until(async () => expect(await row(workflowId)).toMatchObject({ outcome: null }), 40_000)
    await until(async () => expect(await unsent()).toBe(0), 40_000)
  }, 120_000)

  test('is sent once by two relays, and by one that a restart woke', async () => {
    const first = await Promise.all(Array.from({ length: 30 }, (_, n) => task(`two ${n}`)))
    relay()
    relay()
    const second = await Promise.all(Array.from({ length: 30 }, (_, n) => task(`more ${n}`)))
    await until(async () => expect(await unsent()).toBe(0), 40_000)
    for (const workflowId of [...first, ...second]) {
      await until(async () => expect(await row(workflowId)).toMatchObject({ outcome: null }))
      expect((await run(workflowId)).status.name).toBe('RUNNING')
    }
  }, 90_000)
})

describe('a process that is not through', () => {
  test('is started anew from its row when its run was ended from outside', async () => {
    relay(500)
    const workflowId = await runningTask('terminated')
    const { runId } = await run(workflowId)
    await temporal.client.workflow.getHandle(workflowId).terminate('by mistake')
    await until(async () => expect(await run(workflowId)).toMatchObject({ status: { name: 'RUNNING' } }))
    expect((await run(workflowId)).runId).not.toBe(runId)
    await finish(workflowId)
    await until(async () => expect(await row(workflowId)).toMatchObject({ outcome: 'Completed' }))
  })

  test('is started anew when Temporal knows nothing of it', async () => {
    const workflowId = await task('forgotten')
    const { input } = await database.db
      .selectFrom('outbox')
      .select('input')
      .where('workflowId', '=', workflowId)
      .executeTakeFirstOrThrow()
    await database.db.deleteFrom('outbox').execute()
    await inTransaction(database.db, (tx) =>
      saveStage(tx, {
        workflowId,
        workflowType: 'doFieldTask',
        input: input as JsonObject,
        plant: PLANT,
        stage: 'InProcess',
        asOf: START,
      }),
    )
    await expect(run(workflowId)).rejects.toThrow()
    for (let at = await reviveLost(sweeps(), ''); at !== '';) at = await reviveLost(sweeps(), at)
    expect((await run(workflowId)).status.name).toBe('RUNNING')
  })

  test('is woken when it should have acted more than a day ago, and no other', async () => {
    relay()
    const [late, punctual] = [await runningTask('late'), await runningTask('punctual')]
    await database.db.updateTable('processes').set({ dueAt: '2026-06-29T00:00:00.000Z' }).where('workflowId', '=', late).execute()
    for (let at = await nudgeOverdue(sweeps(), ''); at !== '';) at = await nudgeOverdue(sweeps(), at)
    const nudges = async (workflowId: string) => {
      const { events } = await temporal.client.workflow.getHandle(workflowId).fetchHistory()
      return (events ?? []).filter((event) => event.workflowExecutionSignaledEventAttributes).length
    }
    // The start itself is a signal-with-start.
    await until(async () => expect(await nudges(late)).toBe(2))
    expect(await nudges(punctual)).toBe(1)
  })
})

test('a process that is through is not started again', async () => {
  relay()
  const workflowId = await runningTask('through')
  await finish(workflowId)
  await temporal.client.workflow.getHandle(workflowId).result()
  for (let at = await reviveLost(sweeps(), ''); at !== '';) at = await reviveLost(sweeps(), at)
  expect((await run(workflowId)).status.name).toBe('COMPLETED')
})

test('who owes and is chased by nobody is chased from the next daily round on; who owes nothing yet is not', async () => {
  const debtor = await connectCustomer(database.db, { openingDues: { amountMinor: 30_000, dueOn: '2026-06-20' } })
  const punctual = await connectCustomer(database.db, { openingDues: { amountMinor: 30_000, dueOn: '2026-07-20' } })
  await database.db.updateTable('dailyRounds').set({ madeOn: '2026-06-30' }).execute()
  relay()
  await until(async () => expect(await row(processIds.collection(debtor.customerId))).toMatchObject({ outcome: null }))
  await until(async () => expect((await run(processIds.findDueBilling(PLANT))).type).toBe('findDueBilling'))
  expect(await row(processIds.collection(punctual.customerId))).toBeUndefined()
})

test('every plant has a Schedule that looks for due billing, however many relays run', async () => {
  relay()
  relay()
  const schedule = temporal.client.schedule.getHandle(billingScheduleId(PLANT))
  await until(async () => expect((await schedule.describe()).policies.overlap).toBe('SKIP'))
  await until(async () => {
    const { recentActions, runningActions } = (await schedule.describe()).info
    expect(recentActions.length + runningActions.length).toBeGreaterThan(0)
  })
})
