import { parse } from 'csv-parse/sync'
import { WorkflowNotFoundError } from '@temporalio/client'
import { readFileSync } from 'node:fs'
import { createActivities } from '../../activities/index.ts'
import type { Db } from '../../db/client.ts'
import { readClock } from '../../db/queries/clock.ts'
import { businessAt, wallFor } from '../../domain/business-time.ts'
import { addToInstant } from '../../domain/calendar.ts'
import { parsePackageText } from '../../domain/package.ts'
import { KATSA_POLICY_V1, type PlantPolicy } from '../../domain/policy.ts'
import { startOrWake } from '../../workers/relay/outbox.ts'
import { freshDatabase } from './postgres.ts'
import { TEST_TASK_QUEUE, timeSkippingTemporal, type TestTemporal, type WorkerChoices } from './temporal.ts'
import { giveFloat } from './cash.ts'
import { storeReading } from './village-meters.ts'
import { createVillageRelay, type VillageRelay } from './village-relay.ts'

export const PLANT = 'BHKATS'
export const ZONE = 'Asia/Kolkata'

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
  const activity = countRunning(createActivities({ db }))
  await temporal.runWorker(activity.activities, options)
  const away = new Set<string>()
  const refusing = new Map<string, string>()
  const recent = new Set<string>()
  const rested = new Map<string, string>()

  const relay = createVillageRelay({
    db,
    temporal,
    plant: PLANT,
    away,
    refusing,
    onStart: (workflowId) => recent.add(workflowId),
  })
  const settle = () => settleAll({ db, temporal, activity, relay, recent, rested })
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
      recent.add(workflowId)
      await startOrWake({ client: temporal.client, taskQueue: TEST_TASK_QUEUE }, { workflowType, workflowId, input })
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

interface Running {
  readonly activities: object
  readonly count: () => { running: number; done: number }
}

/** Wraps activities to know whether any is under way: time must not move while one is. */
function countRunning(activities: Record<string, (...args: never[]) => Promise<unknown>>): Running {
  const state = { running: 0, done: 0 }
  const counted = Object.entries(activities).map(([name, activity]) => [
    name,
    async (...args: never[]) => {
      state.running += 1
      try {
        return await activity(...args)
      } finally {
        state.running -= 1
        state.done += 1
      }
    },
  ])
  return { activities: Object.fromEntries(counted), count: () => ({ ...state }) }
}

interface Settling {
  readonly db: Db
  readonly temporal: TestTemporal
  readonly activity: Running
  readonly relay: VillageRelay
  /** Runs to look at besides those whose row is open: just started, without a row yet, or open at the last look. */
  readonly recent: Set<string>
  /** How long the history of a run was when it was last at rest. */
  readonly rested: Map<string, string>
}

const LOOK_EVERY_MS = 10
/** Without an activity done for so long, nothing is under way any more: a run is stuck, and waiting on would not help. */
const STUCK_AFTER_MS = 60_000

/** Settled: nothing ran, nothing was sent, no meter had anything to answer, and every open run was at rest since. */
async function settleAll(world: Settling): Promise<void> {
  const { activity, relay } = world
  let moved = { done: -1, atMs: 0 }
  for (let isQuiet = false; !isQuiet;) {
    const before = activity.count()
    if (before.done !== moved.done) moved = { done: before.done, atMs: performance.now() }
    else if (performance.now() - moved.atMs > STUCK_AFTER_MS) throw new Error(await whatIsStuck(world))
    const sent = await relay.round()
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS))
    if (sent > 0 || activity.count().running > 0 || activity.count().done !== before.done) continue
    if (!(await everyRunRests(world))) continue
    const { running, done } = activity.count()
    isQuiet = running === 0 && done === before.done && (await relay.round()) === 0
  }
}

/** Which runs are not at rest, and how their histories end. */
async function whatIsStuck({ temporal, recent }: Settling): Promise<string> {
  const told = [...recent].map(async (workflowId) => {
    const { events } = await temporal.client.workflow.getHandle(workflowId).fetchHistory()
    return `${workflowId}: ${(events ?? [])
      .slice(-12)
      .map(({ eventType }) => String(eventType))
      .join(' ')}`
  })
  const all = await Promise.allSettled(told)
  return ['stuck', ...all.map((one) => (one.status === 'fulfilled' ? one.value : String(one.reason)))].join('\n')
}

/**
 * Whether every run has done with what it was told: the last of its history is neither a workflow task that is still to be answered nor an
 * activity that nobody has begun. The history alone says so; a question to the run itself may meet such a task on its way.
 */
async function everyRunRests({ db, temporal, recent, rested }: Settling): Promise<boolean> {
  const open = await db.selectFrom('processes').select('workflowId').where('outcome', 'is', null).execute()
  const runs = new Set([...open.map(({ workflowId }) => workflowId), ...recent])
  recent.clear()
  // Looked at the next time as well: a run whose row says that it has ended still confirms that end.
  for (const { workflowId } of open) recent.add(workflowId)
  const rests = async (workflowId: string): Promise<boolean> => {
    const handle = temporal.client.workflow.getHandle(workflowId)
    try {
      const { runId, historyLength } = await handle.describe()
      const length = `${runId} ${historyLength}`
      if (rested.get(workflowId) === length) return true
      const last = (await handle.fetchHistory()).events?.at(-1)
      if (last?.workflowTaskScheduledEventAttributes || last?.workflowTaskStartedEventAttributes) return false
      if (last?.activityTaskScheduledEventAttributes) return false
      rested.set(workflowId, length)
      return true
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return true
      throw error
    }
  }
  const all = await Promise.all([...runs].map(async (workflowId) => [workflowId, await rests(workflowId)] as const))
  for (const [workflowId, isAtRest] of all) if (!isAtRest) recent.add(workflowId)
  return all.every(([, isAtRest]) => isAtRest)
}

function rows(file: string): Record<string, string>[] {
  return parse(readFileSync(new URL(`../../dev/village/data/${file}`, import.meta.url)), { columns: true, bom: true })
}

/** The plant, its lines, packages, staff and stock as the village's own files have them; no customers. */
export async function seedPlant(
  db: Db,
  { wallFrom, startsAt, policy }: { wallFrom: string; startsAt: string; policy: PlantPolicy },
): Promise<void> {
  await db
    .insertInto('plants')
    .values({
      plant: PLANT,
      state: 'BH',
      name: 'Katsa',
      cluster: 'Saran East',
      timeZone: ZONE,
      currency: 'INR',
      capacityW: 25000,
    })
    .execute()
  await db
    .insertInto('clockSegments')
    .values({ plant: PLANT, wallFrom, businessFrom: startsAt, speed: 1, reason: 'test' })
    .execute()
  await db
    .insertInto('policies')
    .values({ plant: PLANT, version: 1, effectiveFrom: '2026-01-01', document: JSON.stringify(policy) })
    .execute()
  await db
    .insertInto('feeders')
    .values(rows('katsa-feeders.csv').map((r) => ({ plant: PLANT, feeder: String(r.feeder), capacityW: Number(r.capacity_w) })))
    .execute()
  await db
    .insertInto('poles')
    .values(rows('katsa-poles.csv').map((r) => ({ plant: PLANT, pole: String(r.pole), feeder: String(r.feeder) })))
    .execute()
  await db
    .insertInto('staff')
    .values(
      rows('katsa-staff.csv').map((r) => ({
        login: String(r.login),
        name: String(r.name),
        role: String(r.role),
        scope: String(r.scope),
        passwordHash: '-',
      })),
    )
    .execute()
  await db.insertInto('packages').values(rows('katsa-packages.csv').map(packageRow)).execute()
  await db
    .insertInto('meters')
    .values(
      rows('katsa-stock.csv').map((r) => ({ serial: String(r.serial), plant: PLANT, kind: String(r.meter_kind), state: 'free' })),
    )
    .execute()
  await giveFloat(db, startsAt)
}

function packageRow(r: Record<string, string>) {
  const { code, mode, timing, loadLimitW } = parsePackageText(String(r.package_id), 'INR')
  const [activeFrom = '', activeTo = ''] = String(r.active_hours).split('-')
  return {
    plant: PLANT,
    code,
    version: 1,
    mode,
    timing,
    activeFrom,
    activeTo,
    loadLimitW,
    fixedChargeMinor: Number(r.fixed_charge_minor),
    energyRateMinorPerKwh: Number(r.energy_rate_minor_per_kwh),
    expectedKwh: Number(r.expected_kwh),
    meterKinds: String(r.meter_kinds).split(' '),
    effectiveFrom: '2025-01-01',
  }
}
