import type { IsoInstant } from '../../domain/calendar.ts'
import type { Caller } from './people/caller.ts'

/** Business time of a plant as the API tells it, worked out locally between two looks. It never runs back. */
export interface BusinessClock {
  nowMs(): number
  now(): IsoInstant
  /** 0 while the village stands. */
  speed(): number
  /** Looks once; keeps what it knows when the API is away. */
  look(): Promise<void>
}

/** How far a clock may run on without a look: an API that is gone may mean that the village was stopped. */
const TRUST_MS = 5_000

/** A clock that was looked at once. Rejects when the API does not answer even then. */
export async function followClock(caller: Caller, plant: string): Promise<BusinessClock> {
  let known = await ask(caller, plant)
  let latestMs = 0
  const nowMs = (): number => {
    const sinceMs = Math.min(performance.now() - known.atMs, TRUST_MS)
    latestMs = Math.max(latestMs, Math.floor(known.businessMs + sinceMs * known.speed))
    return latestMs
  }
  return {
    nowMs,
    now: () => new Date(nowMs()).toISOString(),
    speed: () => known.speed,
    look: async () => {
      const seen = await ask(caller, plant).catch(() => undefined)
      if (seen !== undefined) known = seen
    },
  }
}

interface Seen {
  readonly atMs: number
  readonly businessMs: number
  readonly speed: number
}

async function ask(caller: Caller, plant: string): Promise<Seen> {
  const atMs = performance.now()
  const { body } = await caller.get<{ now: string; speed: number }>(`/v1/clock?plant=${plant}`)
  return { atMs, businessMs: Date.parse(body.now), speed: body.speed }
}
