// Says every second that the sandbox lives, and slows its clock down while its servers lag behind (design, "Time").
import { Connection } from '@temporalio/client'
import { sql } from 'kysely'
import { setTimeout as sleep } from 'node:timers/promises'
import { loadConfig } from '../../config.ts'
import { createDatabase, type Db, type Tx } from '../../db/client.ts'
import { inTransaction } from '../../db/queries/accounts.ts'
import { appendClockSegment, readClock } from '../../db/queries/clock.ts'
import { nextSegment } from '../../domain/business-time.ts'
import { BEAT_MS, speedFor } from './sandbox-clock.ts'

/** Between two looks at the lag there is time for a change of speed to show. */
const BEATS_BETWEEN_LOOKS = 3
const WORKFLOW_QUEUE = 1
const ACTIVITY_QUEUE = 2

interface Keeper {
  readonly db: Db
  readonly temporal: Connection
  readonly namespace: string
  readonly taskQueue: string
}

async function beat(db: Db): Promise<void> {
  await sql`
    insert into clock_heartbeats (plant, wall_at) select plant, now() from plants where sandbox
    on conflict (plant) do update set wall_at = excluded.wall_at`.execute(db)
}

/** How long (wall ms) the oldest piece of work has waited: a message to a workflow, a payment, a task of a workflow. */
async function lag(keeper: Keeper): Promise<number> {
  const { rows } = await sql<{ lagMs: number | null }>`
    select greatest(
      (select extract(epoch from now() - min(recorded_at)) from outbox where sent_at is null and attempts = 0),
      (select extract(epoch from now() - min(recorded_at)) from payment_notices where state = 'received'))::float8 * 1000 as "lagMs"`.execute(
    keeper.db,
  )
  const queues = await Promise.all([WORKFLOW_QUEUE, ACTIVITY_QUEUE].map((type) => backlogMs(keeper, type)))
  return Math.max(rows[0]?.lagMs ?? 0, ...queues)
}

async function backlogMs({ temporal, namespace, taskQueue }: Keeper, taskQueueType: number): Promise<number> {
  const { stats } = await temporal.workflowService.describeTaskQueue({
    namespace,
    taskQueue: { name: taskQueue },
    taskQueueType,
    reportStats: true,
  })
  const { seconds = 0, nanos = 0 } = stats?.approximateBacklogAge ?? {}
  return Number(seconds) * 1000 + (nanos ?? 0) / 1e6
}

async function adjust(keeper: Keeper): Promise<void> {
  const lagMs = await lag(keeper)
  for (const { plant } of await keeper.db.selectFrom('plants').select('plant').where('sandbox', '=', true).execute()) {
    await inTransaction(keeper.db, (tx) => adjustPlant(tx, plant, lagMs))
  }
}

/** Under the lock of the plant: a sandbox that was stopped meanwhile stays stopped. */
async function adjustPlant(tx: Tx, plant: string, lagMs: number): Promise<void> {
  await tx.selectFrom('plants').select('plant').where('plant', '=', plant).forUpdate().execute()
  const segments = await readClock(tx, plant)
  const speed = segments.at(-1)?.speed ?? 0
  const wanted = await wantedSpeed(tx, plant)
  const next = speedFor({ lagMs, speed, wanted })
  if (next === speed) return
  const reason = next < speed ? `slower: work lags ${Math.round(lagMs)} ms` : 'faster: work has caught up'
  console.log(`${new Date().toISOString()} ${plant}: ${reason}, speed ${next} of ${wanted}`)
  await appendClockSegment(tx, { plant, ...nextSegment({ segments, wallMs: Date.now(), speed: next }), reason })
}

/** The speed of the last start: what came after only slowed it. */
async function wantedSpeed(db: Tx, plant: string): Promise<number> {
  const row = await db
    .selectFrom('clockSegments')
    .select('speed')
    .where('plant', '=', plant)
    .where('reason', '=', 'start')
    .orderBy('wallFrom', 'desc')
    .limit(1)
    .executeTakeFirst()
  return row?.speed ?? 0
}

async function main(): Promise<void> {
  const config = loadConfig(['database', 'temporal'])
  const db = createDatabase(config.database.url, { poolSize: 2 })
  const temporal = await Connection.connect({ address: config.temporal.address })
  const { namespace, taskQueue } = config.temporal
  const stopping = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stopping.abort())
  process.send?.('ready')
  for (let beats = 0; !stopping.signal.aborted; beats += 1) {
    await beat(db).catch(tellTrouble)
    if (beats % BEATS_BETWEEN_LOOKS === 0) await adjust({ db, temporal, namespace, taskQueue }).catch(tellTrouble)
    await sleep(BEAT_MS, undefined, { signal: stopping.signal }).catch(() => undefined)
  }
  await db.destroy()
  process.exit(0)
}

/** A server that restarts is not worth dying for: the next beat tries again. */
function tellTrouble(error: unknown): void {
  console.error(new Date().toISOString(), error instanceof Error ? error.message : error)
}

await main()
