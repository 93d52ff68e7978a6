import { withoutPassword } from '../broker-url.ts'
import { setTimeout as sleep } from 'node:timers/promises'
import type { AskedFleet } from './fleet-arguments.ts'
import { serialOf } from './fleet-arguments.ts'
import { createFleet } from './fleet.ts'
import type { Fleet, MeterSpec } from './fleet.ts'
import { householdDemand } from './household-load.ts'
import type { LinkLog } from './link.ts'
import { fileMemoryStore } from './memory-store.ts'
import { loadProfiles } from './profile.ts'

export interface FleetRun {
  readonly asked: AskedFleet
  readonly tell: (text: string) => void
  /** Aborted to end the run. */
  readonly stop: AbortSignal
  /** How long the first meter may take to connect. */
  readonly firstWithinMs?: number
  readonly tellEveryMs?: number
}

/** No meter could connect; the message is a sentence. */
export class NoConnection extends Error {}

const FIRST_WITHIN_MS = 15_000
const TELL_EVERY_MS = 5_000
const LOOK_EVERY_MS = 50
const START_WH = 1_000
const HOUSE = { load_limit_w: 1_000, relay: 'auto' } as const

/** Runs a fleet until it is stopped, telling how it goes. Rejects with NoConnection, or as the load file and the memory do. */
export async function runFleet({ asked, tell, stop, ...times }: FleetRun): Promise<void> {
  const { firstWithinMs = FIRST_WITHIN_MS, tellEveryMs = TELL_EVERY_MS } = times
  const meters = metersOf(asked)
  const trouble = lastTrouble()
  const fleet = await createFleet({
    url: asked.broker,
    plant: asked.plant,
    zone: asked.zone,
    meters,
    clock: { nowBusiness: () => new Date().toISOString() },
    store: fileMemoryStore(asked.memory),
    faults: asked.faults,
    readingEveryMin: asked.readingEveryMin,
    log: trouble.log,
    ...credentialsOf(asked),
  })
  try {
    await firstConnection(fleet, {
      stop,
      withinMs: firstWithinMs,
      because: () => `${withoutPassword(asked.broker)}: ${trouble.last()}`,
    })
    await telling(fleet, { count: meters.length, tell, stop, everyMs: tellEveryMs })
  } finally {
    await fleet.close()
  }
  tell(`${fleet.counts().sent} messages sent; every meter has said good-bye`)
}

async function firstConnection(
  fleet: Fleet,
  { stop, withinMs, because }: { readonly stop: AbortSignal; readonly withinMs: number; readonly because: () => string },
): Promise<void> {
  const deadlineMs = Date.now() + withinMs
  while (fleet.counts().connected === 0 && !stop.aborted) {
    if (Date.now() > deadlineMs) throw new NoConnection(`No meter could connect to ${because()}.`)
    await sleep(LOOK_EVERY_MS)
  }
}

interface Telling {
  readonly count: number
  readonly tell: (text: string) => void
  readonly stop: AbortSignal
  readonly everyMs: number
}

/** Tells at once and then now and again, as long as there is something new. */
async function telling(fleet: Fleet, { count, tell, stop, everyMs }: Telling): Promise<void> {
  let told = ''
  while (!stop.aborted) {
    const { connected, sent } = fleet.counts()
    const text = `${connected} of ${count} connected, ${sent} messages sent`
    if (text !== told) tell(text)
    told = text
    await sleep(everyMs, undefined, { signal: stop }).catch(() => undefined)
  }
}

function metersOf({ count, seed, load }: AskedFleet): MeterSpec[] {
  const profiles = load === null ? null : loadProfiles(load)
  return Array.from({ length: count }, (_, index) => {
    const serial = serialOf(index + 1)
    const column = profiles?.names[index % profiles.names.length]
    const demandWh = profiles && column !== undefined ? profiles.demand(column, 1) : householdDemand(seed, serial)
    return { serial, startWh: START_WH, demandWh, factory: HOUSE }
  })
}

function credentialsOf({ credentials }: AskedFleet): { credentials?: () => NonNullable<AskedFleet['credentials']> } {
  return credentials === null ? {} : { credentials: () => credentials }
}

/** Keeps the last trouble of any connection, for the one line that tells why there is none. */
function lastTrouble(): { readonly log: LinkLog; readonly last: () => string } {
  let last = 'no answer'
  const keep = (fields: object): void => {
    if ('err' in fields && fields.err instanceof Error && fields.err.message !== '') last = fields.err.message
  }
  return { log: { debug: keep, warn: keep }, last: () => last }
}
