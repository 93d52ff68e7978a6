import { Client, WorkflowNotFoundError } from '@temporalio/client'
import { sql } from 'kysely'
import type { Db } from '../../db/client.ts'
import { businessNow } from '../../db/queries/clock.ts'
import { consoleSender } from '../../notifications/sender.ts'
import { deliverNotices } from '../../workers/relay/notices.ts'
import { sendOutbox } from '../../workers/relay/outbox.ts'
import { answerCommands } from '../village/meters.ts'

type Activity = (...args: never[]) => Promise<unknown>

export interface SettlingOptions {
  readonly db: Db
  readonly client: Client
  readonly taskQueue: string
  readonly plant: string
  /** The server's clock, in ms. */
  readonly wallNow: () => Promise<number>
  readonly away: Set<string>
  readonly refusing: Map<string, string>
}

/** Knows when nothing is under way on a server whose clock skips: only then may time move. */
export interface Settling {
  /** The same activities, counted while they run. */
  counted<T extends Record<string, Activity>>(activities: T): object
  /** A run without a row of its process yet. */
  watch(workflowId: string): void
  /** Whether anything new waits to leave the database: without it, nothing can be under way that was not before. */
  hasWork(): Promise<boolean>
  /** Waits until nothing ran, nothing was sent, no meter had anything to answer, and every open run was at rest since. */
  settle(): Promise<void>
}

const LOOK_EVERY_MS = 10
/** Without an activity done for so long nothing is under way any more: a run is stuck, and waiting on would not help. */
const STUCK_AFTER_MS = 60_000

/** Nothing has been started yet. */
export function createSettling(given: SettlingOptions): Settling {
  const running = { now: 0, done: 0 }
  // Runs to look at besides those whose row is open: just started, without a row yet, or open at the last look.
  const recent = new Set<string>()
  const options = { ...given, client: clientThatTells(given.client, (workflowId) => void recent.add(workflowId)) }
  // How long the history of a run was when it was last at rest.
  const rested = new Map<string, string>()
  const held = { last: ' ' }
  const settle = async (): Promise<void> => {
    let progress = { done: -1, atMs: 0 }
    for (let isQuiet = false; !isQuiet;) {
      const { done } = running
      if (done !== progress.done) progress = { done, atMs: performance.now() }
      else if (performance.now() - progress.atMs > STUCK_AFTER_MS) throw new Error(await whatIsStuck(options.client, recent))
      const moved = await relayRound(options, held)
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS))
      if (moved > 0 || running.now > 0 || running.done !== done) continue
      if (!(await everyRunRests(options, { recent, rested }))) continue
      isQuiet = running.now === 0 && running.done === done && (await relayRound(options, held)) === 0
    }
  }
  const hasWork = async (): Promise<boolean> => {
    const { outbox, notices, commands } = await whatWaits(options.db, [...options.away])
    return outbox + commands > 0 || !held.last.endsWith(` ${notices}`)
  }
  return {
    settle,
    hasWork,
    watch: (workflowId) => void recent.add(workflowId),
    counted: (activities) => counted(activities, running),
  }
}

/** The same client; every run that it is about to start is told, so that it is looked at before it has a row. */
function clientThatTells({ connection, options: { namespace } }: Client, onStart: (workflowId: string) => void): Client {
  return new Client({
    ...{ connection, namespace },
    interceptors: {
      workflow: [
        {
          signalWithStart: (input, next) => {
            onStart(input.options.workflowId)
            return next(input)
          },
        },
      ],
    },
  })
}

/** Which runs are looked at, and how their histories end. */
async function whatIsStuck(client: Client, recent: ReadonlySet<string>): Promise<string> {
  const told = [...recent].map(async (workflowId) => {
    const { events } = await client.workflow.getHandle(workflowId).fetchHistory()
    return `${workflowId}: ${(events ?? [])
      .slice(-12)
      .map(({ eventType }) => String(eventType))
      .join(' ')}`
  })
  const all = await Promise.allSettled(told)
  return ['stuck', ...all.map((one) => (one.status === 'fulfilled' ? one.value : String(one.reason)))].join('\n')
}

function counted(activities: Record<string, Activity>, running: { now: number; done: number }): object {
  const entries = Object.entries(activities).map(([name, activity]) => [
    name,
    async (...args: never[]) => {
      running.now += 1
      try {
        return await activity(...args)
      } finally {
        running.now -= 1
        running.done += 1
      }
    },
  ])
  return Object.fromEntries(entries) as object
}

/**
 * Whether every run has done with what it was told: the last of its history is neither a workflow task that is still to be answered nor an
 * activity that nobody has begun. The history alone says so; a question to the run itself may meet such a task on its way.
 */
async function everyRunRests(
  { db, client }: SettlingOptions,
  { recent, rested }: { recent: Set<string>; rested: Map<string, string> },
): Promise<boolean> {
  const open = await db.selectFrom('processes').select('workflowId').where('outcome', 'is', null).execute()
  const runs = new Set([...open.map(({ workflowId }) => workflowId), ...recent])
  recent.clear()
  // Looked at the next time as well: a run whose row says that it has ended still confirms that end.
  for (const { workflowId } of open) recent.add(workflowId)
  const all = await Promise.all(
    [...runs].map(async (workflowId) => [workflowId, await runRests(client, workflowId, rested)] as const),
  )
  for (const [workflowId, isAtRest] of all) if (!isAtRest) recent.add(workflowId)
  return all.every(([, isAtRest]) => isAtRest)
}

async function runRests(client: Client, workflowId: string, rested: Map<string, string>): Promise<boolean> {
  const handle = client.workflow.getHandle(workflowId)
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

interface Waiting {
  readonly outbox: number
  /** Which notices are queued. */
  readonly notices: string
  readonly commands: number
}

/** What waits to leave the database, in one look: it is asked thousands of times. */
async function whatWaits(db: Db, away: readonly string[]): Promise<Waiting> {
  const { rows } = await sql<Waiting>`
    select (select count(*) from outbox) as outbox,
      (select coalesce(string_agg(notification_id::text, ' ' order by notification_id), '') from notifications where state = 'queued') as notices,
      (select count(*) from meter_commands where state = 'open' and not serial = any(${away})) as commands`.execute(db)
  return rows[0] ?? { outbox: 0, notices: '', commands: 0 }
}

/** One round of the relay and of the meters. Notices that quiet hours hold back are tried again when time has moved, or others joined them. */
async function relayRound(options: SettlingOptions, held: { last: string }): Promise<number> {
  const { db, plant, away, refusing } = options
  const waits = await whatWaits(db, [...away])
  let moved = waits.outbox > 0 ? await sendOutbox({ ...options, onError: failed }) : 0
  if (waits.notices === '') held.last = ' '
  if (waits.notices === '' && waits.commands === 0) return moved
  const wallMs = await options.wallNow()
  const trying = `${wallMs} ${waits.notices}`
  if (waits.notices !== '' && trying !== held.last) moved += await deliver(db, wallMs)
  if (waits.notices !== '') held.last = trying
  if (waits.commands > 0) moved += await answerCommands(db, { away, refusing, asOf: await businessNow(db, plant, wallMs) })
  return moved
}

function failed(id: number, error: unknown): never {
  throw new Error(`could not send ${id}: ${String(error)}`)
}

/** Returns how many left; those that are held back stay. */
async function deliver(db: Db, wallMs: number): Promise<number> {
  await sql`update notifications set next_attempt_at = now() where state = 'queued'`.execute(db)
  const before = await queued(db)
  await deliverNotices({ db, sender: consoleSender(() => undefined), now: () => wallMs, onError: failed })
  return before - (await queued(db))
}

async function queued(db: Db): Promise<number> {
  const { rows } = await sql<{ n: number }>`select count(*) as n from notifications where state = 'queued'`.execute(db)
  return rows[0]?.n ?? 0
}
