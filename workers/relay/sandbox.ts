import type { Db, Tx } from '../../db/client.ts'
import { appendClockSegment, readClock } from '../../db/queries/clock.ts'
import { tryLock } from '../../db/queries/locks.ts'
import { beatClock, chosenSpeed, PACE_REASON, readLag, sandboxPlants } from '../../db/queries/sandbox.ts'
import { businessAt, nextSegment } from '../../domain/business-time.ts'
import { instantFromMs, msOf } from '../../domain/calendar.ts'
import { nextPace, type PaceChange } from '../../domain/sandbox-pace.ts'

/** A change begins a moment later, so that whoever reads the clock meanwhile has heard of it before it holds. */
const BEGINS_AFTER_MS = 500

export interface SandboxDeps {
  readonly db: Db
  /** Wall time in ms. */
  readonly now: () => number
  readonly log: { info(fields: object, text: string): void }
}

/** Keeps the heartbeat of every sandbox plant and its pace: slower when the server falls behind, back when it has caught up. */
export async function tendSandboxes({ db, now, log }: SandboxDeps): Promise<void> {
  for (const { plant, zone } of await sandboxPlants(db)) {
    await beatClock(db, plant, instantFromMs(now()))
    const change = await db.transaction().execute((tx) => keepPace(tx, { plant, zone, wallMs: now() }))
    if (change !== undefined) log.info({ plant, ...change }, 'the sandbox changes its speed')
  }
}

async function keepPace(
  tx: Tx,
  { plant, zone, wallMs }: { plant: string; zone: string; wallMs: number },
): Promise<PaceChange | undefined> {
  if (!(await tryLock(tx, `pace:${plant}`))) return undefined
  const segments = await readClock(tx, plant)
  const last = segments.at(-1)
  const chosen = await chosenSpeed(tx, plant)
  if (last === undefined || chosen === undefined) return undefined
  const lag = await readLag(tx, { plant, zone, asOf: businessAt(segments, wallMs) })
  const sinceChangeMs = wallMs - msOf(last.wallFrom)
  const change = nextPace({ ...lag, chosenSpeed: chosen, currentSpeed: last.speed, sinceChangeMs })
  if (change === undefined) return undefined
  const segment = nextSegment({ segments, wallMs: wallMs + BEGINS_AFTER_MS, speed: change.speed })
  await appendClockSegment(tx, { ...segment, plant, reason: `${PACE_REASON}${change.why}` })
  return change
}
