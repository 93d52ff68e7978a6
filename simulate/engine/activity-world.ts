import { createActivities } from '../../activities/index.ts'
import type { Db } from '../../db/client.ts'
import { instantFromMs, msOf } from '../../domain/calendar.ts'
import { carry, tryHeldNotices } from './carry.ts'
import type { World } from '../world.ts'
import { createEngine, type Engine } from './engine.ts'
import type { Call } from './runs.ts'
import { createStages, type Stages } from './stages.ts'

/** What an activity may do again in the same moment without a difference, as long as nothing was written. */
const READS = /^(read|next|count)/

export interface ActivityWorld extends World {
  readonly engine: Engine
  /** How many activities were called in all. */
  activities(): number
}

export interface ActivityWorldOptions {
  readonly db: Db
  readonly audited: Db
  /** How much was written to these tables so far; without, it is looked at after every step. */
  readonly writesTo?: ((...tables: readonly string[]) => number) | undefined
  readonly workflows: Readonly<Record<string, Call>>
  readonly startsAt: string
}

/** A world in one process: the workflows' bodies on the queue, the activities on Postgres, and what the relay and the meters do. */
export function activityWorld({ db, audited, writesTo, workflows, startsAt }: ActivityWorldOptions): ActivityWorld {
  const stages = createStages(db)
  const calls = createCalls(db, stages)
  const engine = createEngine({ workflows, call: calls.call, startMs: msOf(startsAt) })
  const away = new Set<string>()
  const now = (): string => instantFromMs(engine.nowMs())
  const carriers = createCarriers(writesTo, away)
  const look = (): Promise<boolean> => carriers.unlessAtRest(() => carry(db, { engine, stages, away, asOf: now() }))
  const settle = async (): Promise<void> => {
    calls.forget()
    while (await look()) calls.forget()
  }
  const advanceTo = async (instant: string): Promise<void> => {
    const untilMs = msOf(instant)
    while (engine.nextAt() <= untilMs) {
      if (engine.nextAt() > engine.nowMs()) calls.forget()
      engine.setNow(Math.max(engine.nextAt(), engine.nowMs()))
      const before = calls.writes()
      await engine.wakeNext()
      if (calls.writes() !== before) await settle()
    }
    engine.setNow(untilMs)
    calls.forget()
  }
  return {
    db,
    audited,
    engine,
    away,
    settle,
    advanceTo,
    activities: calls.count,
    now: () => Promise.resolve(now()),
    wallClock: () => Promise.resolve(engine.nowMs),
    deliverHeld: () => tryHeldNotices(db),
    decide: async (workflowId, name, input) => {
      calls.forget()
      await engine.decide(workflowId, name, input)
      await settle()
    },
  }
}

/** What leaves the database. */
const CARRIED = ['outbox', 'notifications', 'meter_commands'] as const

/** Whoever carries has nothing to do where nothing was written for them since they last found nothing, and no meter came into reach. */
function createCarriers(writesTo: ActivityWorldOptions['writesTo'], away: ReadonlySet<string>) {
  const state = (): string | undefined => writesTo && `${writesTo(...CARRIED)} ${[...away].join(' ')}`
  let atRest: string | undefined
  return {
    async unlessAtRest(carryOnce: () => Promise<boolean>): Promise<boolean> {
      if (atRest !== undefined && atRest === state()) return false
      const isMoved = await carryOnce()
      atRest = isMoved ? undefined : state()
      return isMoved
    },
  }
}

interface Calls {
  call(name: string, input: unknown): Promise<unknown>
  /** Somebody else wrote, or time went on: what was read before does not count any more. */
  forget(): void
  count(): number
  writes(): number
}

/** Activities by name; the same read twice in a moment is read once. */
function createCalls(db: Db, stages: Stages): Calls {
  const activities = createActivities({ db }) as unknown as Readonly<Record<string, (input: unknown) => Promise<unknown>>>
  const known = new Map<string, unknown>()
  let clock: Promise<unknown> | undefined
  let count = 0
  let writes = 0
  const run = (name: string, input: unknown): Promise<unknown> => {
    const activity = activities[name]
    if (activity === undefined) throw new Error(`no activity ${name}`)
    count += 1
    return activity(input)
  }
  return {
    count: () => count,
    writes: () => writes,
    forget: () => known.clear(),
    async call(name, input) {
      if (name === 'readClock') return (clock ??= run(name, input))
      // Every run writes where it stands all the time, and no facts are read from there.
      if (name === 'saveStage') return (await stages.save(input)) ?? run(name, input)
      if (!READS.test(name)) {
        writes += 1
        known.clear()
        return run(name, input)
      }
      const key = `${name} ${JSON.stringify(input)}`
      if (!known.has(key)) known.set(key, await run(name, input))
      return known.get(key)
    },
  }
}
