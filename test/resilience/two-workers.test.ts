import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { Client, Connection } from '@temporalio/client'
import { sql } from 'kysely'
import { hostname } from 'node:os'
import { inTransaction } from '../../db/queries/accounts.ts'
import { appendClockSegment } from '../../db/queries/clock.ts'
import { storeTelemetry } from '../../db/queries/readings.ts'
import type { Db } from '../../db/client.ts'
import { KATSA_POLICY_V1 } from '../../domain/policy.ts'
import { processIds } from '../../domain/process-ids.ts'
import { connectCustomer, type ConnectedCustomer } from '../support/connections.ts'
import { type DevServer, devServer } from '../support/dev-server.ts'
import { freshNamespace } from '../support/namespace.ts'
import { hear } from '../support/payers.ts'
import { freshDatabase, type TestDatabase } from '../support/postgres.ts'
import { type OwnProcess, startOwn } from '../support/processes.ts'
import { until } from '../support/until.ts'
import { PLANT, seedPlant } from '../support/village.ts'
import { digestOfLife, type LifeDigest } from './support/digest.ts'

const CUSTOMERS = 40
const AUGUST = '2026-07-31T18:30:00.000Z' // midnight of 1 August in Katsa
/** Eleven in the morning of that day, at which the plant's clock stands: whatever happens, happens then. */
const STANDS_AT = '2026-08-01T05:30:00.000Z'
const PATIENCE_MS = 120_000

let server: DevServer
let databases: TestDatabase[]
let processes: OwnProcess[]
beforeAll(async () => {
  databases = []
  processes = []
  server = await devServer()
}, 60_000)
afterAll(async () => {
  for (const one of processes) await one.kill()
  await server.close()
  for (const one of databases) await one.close()
}, 60_000)

interface Life {
  readonly db: Db
  readonly customers: readonly ConnectedCustomer[]
  readonly client: Client
  readonly env: Readonly<Record<string, string>>
  worker(): Promise<OwnProcess>
}

/** A plant on the day July is billed, every meter's register there; nobody works yet. */
async function aPlant(): Promise<Life> {
  const database = await freshDatabase()
  databases.push(database)
  const { db } = database
  const wallMs = Date.now() - 2_000
  await seedPlant(db, {
    wallFrom: new Date(wallMs).toISOString(),
    startsAt: '2026-07-01T03:30:00.000Z',
    policy: KATSA_POLICY_V1,
  })
  const wallFrom = new Date(wallMs + 1_000).toISOString()
  await appendClockSegment(db, { plant: PLANT, wallFrom, businessFrom: STANDS_AT, speed: 0, reason: 'test' })
  const customers: ConnectedCustomer[] = []
  for (let n = 0; n < CUSTOMERS; n += 1) customers.push(await connectCustomer(db, { pole: n < 20 ? '011' : '012' }))
  const registers = customers.map(({ serial }, n) => ({
    serial,
    bootId: 1,
    seq: 1,
    takenAt: AUGUST,
    kind: 'billing',
    registerWh: 120_000 + 100 * n,
    payload: {},
  }))
  await inTransaction(db, (tx) => storeTelemetry(tx, registers))
  const { address, namespace } = await freshNamespace(server)
  const env = { DATABASE_URL: database.appUrl, TEMPORAL_ADDRESS: address, TEMPORAL_NAMESPACE: namespace, LOG_LEVEL: 'error' }
  const client = new Client({ connection: await Connection.connect({ address }), namespace })
  const worker = async (): Promise<OwnProcess> => {
    const started = await startOwn('workers/operations', env)
    processes.push(started)
    return started
  }
  return { db, customers, client, env, worker }
}

async function relayFor({ env }: Life): Promise<void> {
  processes.push(await startOwn('workers/relay', env))
}

const count = async (db: Db, query: string): Promise<number> => {
  const { rows } = await sql<{ n: number }>`select count(*)::int as n from ${sql.raw(query)}`.execute(db)
  return rows[0]?.n ?? 0
}

const billed = (life: Life) =>
  until(async () => expect(await count(life.db, `bills where kind = 'electricity'`)).toBe(CUSTOMERS), PATIENCE_MS)

/** Every second one pays the whole bill, the others half of theirs. */
async function everybodyPays({ db, customers }: Life): Promise<void> {
  const bills = await db.selectFrom('bills').select(['accountId', 'totalMinor']).execute()
  for (const [n, { accountId, customerId }] of customers.entries()) {
    const totalMinor = bills.find((bill) => bill.accountId === accountId)?.totalMinor ?? 0
    const amountMinor = n % 2 === 0 ? totalMinor : totalMinor / 2
    await hear(db, { reference: `pay-${customerId}`, amountMinor, payer: customerId, asOf: STANDS_AT })
  }
}

/** Through: nothing unsent, nobody waits to be told, no process open but those that chase the other half. */
async function untilThrough({ db }: Life): Promise<LifeDigest> {
  const looks: LifeDigest[] = []
  await until(async () => {
    expect(await count(db, `payments where state = 'posted'`)).toBe(CUSTOMERS)
    expect(await count(db, 'outbox')).toBe(0)
    expect(await count(db, `notifications where state = 'queued'`)).toBe(0)
    // A run that never waits has a row only when it ends.
    expect(await count(db, `processes where workflow_type = 'receivePayment' and outcome = 'Posted'`)).toBe(CUSTOMERS)
    expect(await count(db, `processes where workflow_type = 'billCustomer' and outcome is not null`)).toBe(CUSTOMERS)
    expect(await count(db, `processes where outcome is null`)).toBe(CUSTOMERS / 2)
    expect(await count(db, `processes where outcome = 'Settled'`)).toBe(CUSTOMERS / 2)
    const look = await digestOfLife(db)
    // July's books are closed beside all this; a run confirms its end by one more look, in which its row is open once more.
    expect(look.processes).toContain('reconciliation:BHKATS:2026-07-31 Ended Agrees')
    looks.push(look)
  }, PATIENCE_MS)
  const [through] = looks
  if (through === undefined) throw new Error('never through')
  return through
}

let alone: LifeDigest

test(
  'one worker bills the plant and takes in what everybody pays',
  async () => {
    const life = await aPlant()
    const worker = await life.worker()
    await relayFor(life)
    await billed(life)
    await everybodyPays(life)
    alone = await untilThrough(life)
    expect(alone.bills).toHaveLength(CUSTOMERS)
    // 50 rupees + 20 kWh × 18 = 410 for the first; half of everything is open with every second one.
    expect(alone.bills[0]).toContain(' 41000 ')
    expect(alone.ledger.length).toBeGreaterThan(3 * CUSTOMERS)
    await worker.stop()
    await life.client.connection.close()
  },
  2 * PATIENCE_MS,
)

test(
  'two workers share it, one is killed in the middle, and nothing is different',
  async () => {
    const life = await aPlant()
    const [killed, left] = [await life.worker(), await life.worker()]
    await relayFor(life)
    await billed(life)
    await everybodyPays(life)
    await until(async () => expect(await count(life.db, 'payments')).toBeGreaterThan(2), PATIENCE_MS)
    await killed.kill()
    expect(await count(life.db, `payments where state = 'posted'`)).toBeLessThan(CUSTOMERS)
    const shared = await untilThrough(life)
    expect(shared).toEqual(alone)
    const hands = await handsOn(life)
    expect([killed, left].map(({ pid }) => hands.has(`${pid}@${hostname()}`))).toEqual([true, true])
    await life.client.connection.close()
  },
  2 * PATIENCE_MS,
)

/** Who worked on the billing and the payments, as the histories name them. */
async function handsOn({ client, customers }: Life): Promise<Set<string>> {
  const ids = customers.flatMap(({ customerId }) => [
    processIds.payment('sandbox-wallet', `pay-${customerId}`),
    processIds.billing(customerId, '2026-07-01'),
  ])
  const histories = await Promise.all(ids.map((id) => client.workflow.getHandle(id).fetchHistory()))
  const events = histories.flatMap((history) => history.events ?? [])
  return new Set(
    events.map(
      (event) => event.workflowTaskStartedEventAttributes?.identity ?? event.activityTaskStartedEventAttributes?.identity ?? '',
    ),
  )
}
