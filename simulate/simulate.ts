import type { Db } from '../db/client.ts'
import { activityWorld } from './engine/activity-world.ts'
import type { ReadCache } from './engine/read-cache.ts'
import type { Call } from './engine/runs.ts'
import type { BrokenInvariant } from './invariants/broken.ts'
import { lastEvents } from './invariants/last-events.ts'
import type { Plan } from './lives/life.ts'
import { figuresOf, type YearFigures } from './report/figures.ts'
import { live, type Outcome } from './run.ts'
import type { SkippingServer } from './temporal/server.ts'
import { temporalWorld } from './temporal/world.ts'
import { buildPlant } from './village/plant.ts'

/** A database nobody else writes to; `audited` is the same without anything kept in between. */
export interface Databases {
  readonly db: Db
  readonly audited: Db
  /** Where reads of `db` are kept. */
  readonly cache?: ReadCache
}

export interface Simulated extends Outcome {
  readonly years: readonly YearFigures[]
  /** Calls of activities. */
  readonly activities: number
}

/** Lives a plan on the queue of events. Throws a BrokenInvariant on the first day on which something does not hold. */
export async function simulate(
  plan: Plan,
  { db, audited, cache }: Databases,
  { workflows, onDay }: { workflows: Readonly<Record<string, Call>>; onDay: (day: string) => void },
): Promise<Simulated> {
  await buildPlant(db, plan, plan.startsAt)
  const world = activityWorld({ db, audited, writesTo: cache?.writesTo, workflows, startsAt: plan.startsAt })
  const outcome = await live(plan, world, { onDay })
  return { ...outcome, years: await figuresOf(audited, plan), activities: world.activities() }
}

/** Lives the same plan through the real workflows on a server whose clock skips, and audits it in the same way. */
export async function liveThroughTemporal(
  plan: Plan,
  db: Db,
  { server, onDay }: { server: SkippingServer; onDay: (day: string) => void },
): Promise<Outcome> {
  await buildPlant(db, plan, new Date(await server.wallNow()).toISOString())
  return live(plan, await temporalWorld(db, server), { onDay })
}

/** What somebody needs to find the fault: what does not hold, on which day of which seed, and what happened to that account last. */
export async function tellBroken(db: Db, plan: Plan, { day, broken }: BrokenInvariant): Promise<string> {
  const lines = [`Seed ${plan.seed}, ${day}: ${broken.length} invariants do not hold.`]
  for (const { invariant, accountId, detail } of broken.slice(0, 10)) lines.push(`  ${invariant}: ${accountId ?? ''} ${detail}`)
  const accountId = broken.find((one) => one.accountId !== undefined)?.accountId
  if (accountId === undefined) return lines.join('\n')
  return [...lines, `The last events of ${accountId}:`, ...(await lastEvents(db, accountId))].join('\n')
}
