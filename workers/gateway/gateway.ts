import type { Db } from '../../db/client.ts'
import { bringForward } from '../../db/queries/command-attempts.ts'
import { createMeterClient } from '../../meters/client.ts'
import type { MeterClientOptions } from '../../meters/client.ts'
import { listen } from '../listen.ts'
import { startLoop } from '../loop.ts'
import { createIngest } from './ingest.ts'
import { publishDue } from './publish.ts'
import { reconcileMeters } from './reconcile.ts'

const LOOK_EVERY_MS = 1_000
const RECONCILE_EVERY_MS = 60_000

export interface GatewayOptions {
  readonly db: Db
  readonly databaseUrl: string
  readonly mqtt: Pick<
    MeterClientOptions,
    'url' | 'clientId' | 'protocolVersion' | 'username' | 'password' | 'ca' | 'plants' | 'keepaliveS'
  >
  /** Wall time in ms. */
  readonly now: () => number
  readonly log: { info(fields: object, text: string): void; warn(fields: object, text: string): void }
  readonly reconcileEveryMs?: number
}

export interface Gateway {
  /** Resolves when it hears the meters and has begun to send. */
  ready(): Promise<void>
  /** Finishes what it has in hand; what the broker keeps for it is heard at the next start. */
  stop(): Promise<void>
}

/**
 * Between the meters and the database: stores what they say before it acknowledges it, and is the only publisher of commands:
 * as soon as one is written, when its meter comes online, at its own start, and again after a growing pause.
 */
export function startGateway({
  db,
  databaseUrl,
  mqtt,
  now,
  log,
  reconcileEveryMs = RECONCILE_EVERY_MS,
}: GatewayOptions): Gateway {
  const ingest = createIngest({ db, now, log, onDue: () => publishing.wake() })
  const client = createMeterClient({
    ...mqtt,
    onMessage: ingest.one,
    onBatch: ingest.many,
    onConnect: () => publishing.wake(),
    log,
  })
  // Whatever was tried before this process began is tried again now: its meter may have come back while nobody listened.
  const started = { isForward: false }
  const publishing = startLoop({
    name: 'publish',
    everyMs: LOOK_EVERY_MS,
    round: async () => {
      if (!started.isForward) await bringForward(db)
      started.isForward = true
      return publishDue({ db, client, now, log })
    },
    log,
  })
  const reconciling = startLoop({
    name: 'reconcile',
    everyMs: reconcileEveryMs,
    round: async () => {
      if ((await reconcileMeters({ db, now, log })) > 0) publishing.wake()
      return 0
    },
    log,
  })
  const listener = listen({ databaseUrl, channel: 'meter_commands', onWake: () => publishing.wake(), log })
  return {
    ready: async () => {
      await Promise.all([client.ready(), listener.ready])
    },
    stop: async () => {
      await listener.close()
      await Promise.all([publishing.stop(), reconciling.stop()])
      await client.close()
    },
  }
}
