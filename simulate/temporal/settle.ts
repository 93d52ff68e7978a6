import { type Client, WorkflowNotFoundError } from '@temporalio/client'
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
  /** Waits until nothing ran, nothing was sent, no meter had anything to answer, and every open run was at rest since. */
  settle(): Promise<void>
}

const LOOK_EVERY_MS = 10

/** Nothing has been started yet. */
export function createSettling(options: SettlingOptions): Settling {
  const running = { now: 0, done: 0 }
  // Runs to look at besides those whose row is open: just started, without a row yet, or open at the last look.
  const recent = new Set<string>()
  // How long the history of a run was when it was last at rest.
  const rested = new Map<string, string>()
  const settle = async (): Promise<void> => {
    for (let isQuiet = false; !isQuiet;) {
      const { done } = running
      const moved = await relayRound(options, recent)
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS))
      if (moved > 0 || running.now > 0 || running.done !== done) continue
      if (!(await everyRunRests(options, { recent, rested }))) continue
      isQuiet = running.now === 0 && running.done === done && (await relayRound(options, recent)) === 0
    }
  }
  return { settle, watch: (workflowId) => void recent.add(workflowId), counted: (activities) => counted(activities, running) }
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

async function relayRound(options: SettlingOptions, recent: Set<string>): Promise<number> {
  const { db, client, taskQueue, plant, away, refusing } = options
  const wallMs = await options.wallNow()
  const fail = (id: number, error: unknown): void => {
    throw new Error(`could not send ${id}: ${String(error)}`)
  }
  const starts = await db.selectFrom('outbox').select('workflowId').where('kind', '=', 'start').execute()
  for (const { workflowId } of starts) recent.add(workflowId ?? '')
  const sent = await sendOutbox({ db, client, taskQueue, onError: fail })
  await db
    .updateTable('notifications')
    .set({ nextAttemptAt: sql<string>`now()` })
    .where('state', '=', 'queued')
    .execute()
  const before = await queued(db)
  await deliverNotices({ db, sender: consoleSender(() => undefined), now: () => wallMs, onError: fail })
  const answered = await answerCommands(db, { away, refusing, asOf: await businessNow(db, plant, wallMs) })
  return sent + (before - (await queued(db))) + answered
}

async function queued(db: Db): Promise<number> {
  const { n } = await db
    .selectFrom('notifications')
    .select((eb) => eb.fn.countAll<number>().as('n'))
    .where('state', '=', 'queued')
    .executeTakeFirstOrThrow()
  return Number(n)
}
