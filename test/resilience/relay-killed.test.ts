import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { createActivities } from '../../activities/index.ts'
import { appendClockSegment } from '../../db/queries/clock.ts'
import { trialBalance } from '../../db/queries/ledger.ts'
import { inTransaction } from '../../db/queries/accounts.ts'
import { openTask } from '../../db/queries/tasks.ts'
import { KATSA_POLICY_V1 } from '../../domain/policy.ts'
import { processIds } from '../../domain/process-ids.ts'
import { connectCustomer, type ConnectedCustomer } from '../support/connections.ts'
import { type DevServer, devServer } from '../support/dev-server.ts'
import { freshNamespace } from '../support/namespace.ts'
import { hear } from '../support/payers.ts'
import { freshDatabase, type TestDatabase } from '../support/postgres.ts'
import { type OwnProcess, startOwn } from '../support/processes.ts'
import { realTimeTemporal, type TestTemporal } from '../support/temporal.ts'
import { until } from '../support/until.ts'
import { PLANT, seedPlant } from '../support/village.ts'

const ASOF = '2026-07-15T06:30:00.000Z'
const ROUNDS = 4
const PAYMENTS_A_ROUND = 12
const PATIENCE_MS = 60_000

let database: TestDatabase
let server: DevServer
let space: DevServer
let temporal: TestTemporal
const relays: OwnProcess[] = []
beforeAll(async () => {
  database = await freshDatabase()
  server = await devServer()
  space = await freshNamespace(server)
  temporal = await realTimeTemporal(space)
  await temporal.runWorker(createActivities({ db: database.db }))
  const wallFrom = new Date(Date.now() - 1_000).toISOString()
  await seedPlant(database.db, { wallFrom, startsAt: ASOF, policy: KATSA_POLICY_V1 })
}, 120_000)
afterAll(async () => {
  for (const relay of relays) await relay.kill()
  await temporal.close()
  await server.close()
  await database.close()
}, 60_000)

async function relay(): Promise<OwnProcess> {
  const { address, namespace } = space
  const env = { DATABASE_URL: database.appUrl, TEMPORAL_ADDRESS: address, TEMPORAL_NAMESPACE: namespace, LOG_LEVEL: 'error' }
  const started = await startOwn('workers/relay', env)
  relays.push(started)
  return started
}

const unsent = async (): Promise<number> => (await database.db.selectFrom('outbox').select('outboxId').execute()).length
const payments = () => database.db.selectFrom('payments').select(['state', 'amountMinor', 'receiptNumber']).execute()

test(
  'a relay killed between the commit and the sending loses nothing and doubles nothing',
  async () => {
    const payer = await connectCustomer(database.db, {})
    for (let round = 0; round < ROUNDS; round += 1) {
      const running = await relay()
      const told = Array.from({ length: PAYMENTS_A_ROUND }, (_, n) => tell(payer, round * PAYMENTS_A_ROUND + n))
      await Promise.race(told)
      await running.kill()
      await Promise.all(told)
    }
    expect(await unsent()).toBeGreaterThan(0)
    await relay()
    const all = ROUNDS * PAYMENTS_A_ROUND
    await until(async () => expect((await payments()).filter(({ state }) => state === 'posted')).toHaveLength(all), PATIENCE_MS)
    await until(async () => expect(await unsent()).toBe(0), PATIENCE_MS)
    const posted = await payments()
    expect(posted).toHaveLength(all)
    expect(new Set(posted.map(({ receiptNumber }) => receiptNumber)).size).toBe(all)
    // Each is 10 rupees and a paisa more than the one before: 48 × 10.00 + (0 + 1 + … + 47) × 0.01 = 480 + 11.28.
    const wallet = (await trialBalance(database.db)).find(({ code }) => code === 'wallet:sandbox-wallet')
    expect(wallet).toMatchObject({ debitMinor: 49_128, creditMinor: 0 })
  },
  4 * PATIENCE_MS,
)

function tell({ accountId }: ConnectedCustomer, n: number): Promise<number> {
  return hear(database.db, { reference: `r-${n}`, amountMinor: 1_000 + n, payer: accountId, asOf: ASOF })
}

test(
  'who sleeps while the clock stands is woken when it runs again',
  async () => {
    const source = { workflowId: 'test', step: 'sleeps' }
    const stands = { businessFrom: '2026-07-16T06:30:00.000Z', wallFrom: new Date().toISOString(), speed: 0 }
    await appendClockSegment(database.db, { plant: PLANT, ...stands, reason: 'test' })
    const task = {
      plant: PLANT,
      kind: 'no-supply',
      source,
      dueAt: '2026-07-17T06:30:00.000Z',
      asOf: stands.businessFrom,
    } as const
    const { taskId } = await inTransaction(database.db, (tx) => openTask(tx, task))
    const remindedAt = async () =>
      database.db
        .selectFrom('notifications')
        .select('queuedAt')
        .where('kind', '=', 'task-reminder')
        .where('params', '@>', JSON.stringify({ taskId }))
        .executeTakeFirst()
    const run = processIds.task(taskId)
    const stage = () => database.db.selectFrom('processes').select('stage').where('workflowId', '=', run).executeTakeFirst()
    await until(async () => expect(await stage()).toEqual({ stage: 'InProcess' }), PATIENCE_MS)
    const sleeping = (await temporal.client.workflow.getHandle(run).describe()).historyLength
    // A day in a second: the reminder is due after a day. Without being woken the process would sleep for another half minute.
    const runs = { businessFrom: stands.businessFrom, wallFrom: new Date().toISOString(), speed: 86_400 }
    await appendClockSegment(database.db, { plant: PLANT, ...runs, reason: 'test' })
    await until(async () => expect(await remindedAt()).toBeDefined(), PATIENCE_MS)
    const { events } = await temporal.client.workflow.getHandle(run).fetchHistory()
    const since = (events ?? []).slice(sleeping)
    const firstTimer = since.findIndex((event) => event.timerFiredEventAttributes)
    const firstNudge = since.findIndex((event) => event.workflowExecutionSignaledEventAttributes)
    expect(firstNudge).toBeGreaterThanOrEqual(0)
    expect(firstNudge).toBeLessThan(firstTimer === -1 ? Number.MAX_SAFE_INTEGER : firstTimer)
  },
  2 * PATIENCE_MS,
)
