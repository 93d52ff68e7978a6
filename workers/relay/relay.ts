import type { Client } from '@temporalio/client'
import type { Db } from '../../db/client.ts'
import type { Sender } from '../../notifications/sender.ts'
import { listen } from '../listen.ts'
import { ensureBillingSchedules } from '../schedules.ts'
import { type Loop, startLoop } from '../loop.ts'
import { makeDailyRounds } from './daily-rounds.ts'
import { deliverNotices } from './notices.ts'
import { sendOutbox } from './outbox.ts'
import { sweepPaymentNotices } from './payment-notices.ts'
import { type Cursor, nudgeOverdue, reviveLost, type SweepDeps } from './process-sweeps.ts'
import { tendSandboxes } from './sandbox.ts'

const LOOK_EVERY_MS = 1_000
const SWEEP_EVERY_MS = 10_000
const OVERDUE_EVERY_MS = 5 * 60_000
const SCHEDULES_EVERY_MS = 60_000

export interface RelayOptions {
  readonly db: Db
  readonly databaseUrl: string
  readonly client: Client
  readonly taskQueue: string
  readonly sender: Sender
  /** Wall time in ms. */
  readonly now: () => number
  readonly log: { info(fields: object, text: string): void; warn(fields: object, text: string): void }
  /** How often it looks for processes whose run is gone, and for what nobody started. */
  readonly sweepEveryMs?: number
}

export interface Relay {
  /** Resolves when the database was reached for the first time. */
  readonly ready: Promise<void>
  /** Finishes the batches in hand. What is left stays in the database for the next one. */
  stop(): Promise<void>
}

/**
 * Carries out of the database what transactions left there: starts and nudges to Temporal, notices to people; looks for what
 * went astray, makes the plants' daily rounds and keeps the sandboxes' clocks. Any number may run.
 */
export function startRelay(options: RelayOptions): Relay {
  const { db, databaseUrl, client, taskQueue, sender, now, log, sweepEveryMs = SWEEP_EVERY_MS } = options
  const onError = (what: 'outboxId' | 'notificationId') => (id: number, error: unknown) =>
    log.warn({ [what]: id, err: error }, 'not sent; tried again later')
  const loop = (name: string, everyMs: number, round: () => Promise<number>): Loop => startLoop({ name, everyMs, round, log })
  const atRest = (work: () => Promise<unknown>) => async () => {
    await work()
    return 0
  }
  const sweeps: SweepDeps = { db, client, taskQueue, now, log }
  const scheduled = new Set<string>()

  const outbox = loop('outbox', LOOK_EVERY_MS, () => sendOutbox({ db, client, taskQueue, onError: onError('outboxId') }))
  const notices = loop('notices', LOOK_EVERY_MS, () => deliverNotices({ db, sender, now, onError: onError('notificationId') }))
  const loops = [
    outbox,
    notices,
    loop(
      'sandboxes',
      LOOK_EVERY_MS,
      atRest(() => tendSandboxes({ db, now, log })),
    ),
    loop(
      'daily rounds',
      LOOK_EVERY_MS,
      atRest(() => makeDailyRounds({ db, now })),
    ),
    loop(
      'payments',
      sweepEveryMs,
      atRest(() => sweepPaymentNotices({ db })),
    ),
    loop(
      'schedules',
      SCHEDULES_EVERY_MS,
      atRest(() => ensureBillingSchedules({ db, client, taskQueue }, scheduled)),
    ),
    loop('lost processes', sweepEveryMs, atRest(paged((after) => reviveLost(sweeps, after)))),
    loop(
      'overdue processes',
      OVERDUE_EVERY_MS,
      roundTrip((after) => nudgeOverdue(sweeps, after)),
    ),
  ]
  const wake = (): void => {
    outbox.wake()
    notices.wake()
  }
  const listener = listen({ databaseUrl, channel: 'relay', onWake: wake, log })
  return {
    ready: listener.ready,
    stop: async () => {
      await listener.close()
      await Promise.all(loops.map((one) => one.stop()))
    },
  }
}

/** One page at each call. */
function paged(sweep: (after: Cursor) => Promise<Cursor>): () => Promise<void> {
  let cursor: Cursor = ''
  return async () => {
    cursor = await sweep(cursor)
  }
}

/** Page after page until the end; then it rests. */
function roundTrip(sweep: (after: Cursor) => Promise<Cursor>): () => Promise<number> {
  let cursor: Cursor = ''
  return async () => {
    cursor = await sweep(cursor)
    return cursor === '' ? 0 : 1
  }
}
