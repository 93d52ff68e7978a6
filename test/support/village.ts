import { createActivities } from '../../activities/index.ts'
import type { Db } from '../../db/client.ts'
import { readClock } from '../../db/queries/clock.ts'
import { businessAt, wallFor } from '../../domain/business-time.ts'
import { addToInstant } from '../../domain/calendar.ts'
import { KATSA_POLICY_V1, type PlantPolicy } from '../../domain/policy.ts'
import { createSettling } from '../../simulate/temporal/settle.ts'
import { storeReading } from '../../simulate/village/meters.ts'
import { startOrWake } from '../../workers/relay/outbox.ts'
import { freshDatabase } from './postgres.ts'
import { TEST_TASK_QUEUE, timeSkippingTemporal, type TestTemporal, type WorkerChoices } from './temporal.ts'
import { PLANT, seedPlant, ZONE } from './seed-plant.ts'

export { PLANT, seedPlant, ZONE }

/** A small Katsa on a time-skipping server: real Postgres, real workflows and activities, the relay's own functions. */
export interface Village {
  readonly db: Db
  readonly temporal: TestTemporal
  /** Business time now. */
  now(): Promise<string>
  /** Lets months pass, everything settled at each moment something is due: no activity under way, nothing unsent, meters answered. */
  advance(duration: string): Promise<void>
  /** Lets time pass up to a business instant. */
  advanceTo(instant: string): Promise<void>
  /** Waits until nothing is under way at this moment. */
  settle(): Promise<void>
  start(workflowType: string, workflowId: string, input: Record<string, unknown>): Promise<void>
  /** The process row: where it stands. */
  process(workflowId: string): Promise<{
    stage: string
    outcome: string | null
    waitingFor: string | null
    parkedReason: string | null
    dueAt: string | null
  }>
  /** Meters that do not answer, by serial; everyone else takes on what is desired at once. */
  readonly away: Set<string>
  /** Meters that refuse for good, by serial: the reason they give. */
  readonly refusing: Map<string, string>
  /** A smart meter's register at an instant, as if it had arrived in a batch. */
  meterSays(serial: string, takenAt: string, registerWh: number, kind?: string): Promise<void>
  close(): Promise<void>
}

export interface VillageOptions extends Pick<WorkerChoices, 'maxCachedWorkflows' | 'cancelsTimers'> {
  /** Business time at the start, RFC 3339; the morning of 1 July 2026 by default. */
  readonly startsAt?: string
  readonly policy?: PlantPolicy
}

/** Builds a {@link Village}; close it in `afterAll`. */
export async function village(options: VillageOptions = {}): Promise<Village> {
  const database = await freshDatabase()
  const { db } = database
  const temporal = await timeSkippingTemporal()
  await seedPlant(db, {
    wallFrom: await temporal.now(),
    startsAt: options.startsAt ?? '2026-07-01T03:30:00.000Z',
    policy: options.policy ?? KATSA_POLICY_V1,
  })
  const away = new Set<string>()
  const refusing = new Map<string, string>()
  const wallNow = async (): Promise<number> => Date.parse(await temporal.now())
  const { client } = temporal
  const { settle, watch, counted } = createSettling({
    ...{ db, client, taskQueue: TEST_TASK_QUEUE, plant: PLANT, wallNow, away, refusing },
  })
  await temporal.runWorker(counted(createActivities({ db })), options)

  const now = async (): Promise<string> => businessAt(await readClock(db, PLANT), Date.parse(await temporal.now()))
  const advanceTo = async (instant: string): Promise<void> => {
    await settle()
    for (let at = await now(); at < instant; at = await now()) {
      const next = minOf(await nextStop(db, at), instant)
      const wall = wallFor(await readClock(db, PLANT), next) ?? 0
      await temporal.advance(Math.max(1, wall - Date.parse(await temporal.now())))
      await settle()
    }
  }
  return {
    db,
    temporal,
    now,
    settle,
    advanceTo,
    away,
    refusing,
    advance: async (duration) => advanceTo(addToInstant(await now(), duration, ZONE)),
    start: async (workflowType, workflowId, input) => {
      watch(workflowId)
      await startOrWake({ client, taskQueue: TEST_TASK_QUEUE }, { workflowType, workflowId, input })
      await settle()
    },
    process: (workflowId) =>
      db
        .selectFrom('processes')
        .select(['stage', 'outcome', 'waitingFor', 'parkedReason', 'dueAt'])
        .where('workflowId', '=', workflowId)
        .executeTakeFirstOrThrow(),
    meterSays: async (serial, takenAt, registerWh, kind = 'billing') => {
      await storeReading(db, { serial, takenAt, registerWh, kind })
      await settle()
    },
    close: async () => {
      await temporal.close()
      await database.close()
    },
  }
}

/**
 * How far time may move before everything is settled again: to just after the next moment some process acts by itself, and two
 * days at most. What a process does by a timer of its own in between it does at the right moment anyway; only what must leave
 * the database by the relay would wait.
 */
async function nextStop(db: Db, at: string): Promise<string> {
  const { dueAt } = await db
    .selectFrom('processes')
    .select((eb) => eb.fn.min('dueAt').as('dueAt'))
    .where('outcome', 'is', null)
    .where('dueAt', '>', at)
    .executeTakeFirstOrThrow()
  const atMost = addToInstant(at, 'P2D', ZONE)
  return dueAt === null ? atMost : minOf(addToInstant(dueAt, 'PT1M', ZONE), atMost)
}

function minOf(a: string, b: string): string {
  return a < b ? a : b
}
