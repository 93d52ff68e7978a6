import { type Client, isGrpcServiceError, WorkflowNotFoundError } from '@temporalio/client'
import { sql } from 'kysely'
import type { Db, Tx } from '../../db/client.ts'
import { nudge } from '../../workflows/procedure.ts'
import { startOptions } from '../../workflows/starts.ts'

/** How many entries one round takes, and how many of them are under way at once. */
const BATCH = 40
export const RPC_DEADLINE_MS = 10_000
const LONGEST_PAUSE_S = 60
/** Temporal is away: no fault of the entry, and whoever waits shall not wait long once it is back. */
const AWAY_PAUSE_S = 2
/** gRPC codes UNAVAILABLE, DEADLINE_EXCEEDED, CANCELLED (by our own deadline). */
const AWAY_CODES: readonly number[] = [14, 4, 1]

export interface OutboxDeps {
  readonly db: Db
  readonly client: Client
  readonly taskQueue: string
  /** Called with what could not be sent; it is tried again later, for ever. */
  readonly onError: (outboxId: number, error: unknown) => void
}

interface Start {
  readonly workflowType: string
  readonly workflowId: string
  readonly input: Record<string, unknown>
}

/**
 * Sends one batch of starts and nudges that transactions left in the outbox, and returns how many were sent. Any number of
 * relays may run: rows are taken with SKIP LOCKED. Sending twice is harmless, for a nudge only says "look" and a start of what
 * runs already is a nudge.
 */
export async function sendOutbox(deps: OutboxDeps): Promise<number> {
  return deps.db.transaction().execute(async (tx) => {
    const rows = await tx
      .selectFrom('outbox')
      .selectAll()
      .where('nextAttemptAt', '<=', sql<string>`now()`)
      .orderBy('outboxId')
      .limit(BATCH)
      .forUpdate()
      .skipLocked()
      .execute()
    const errands = errandsOf(rows)
    const results = await Promise.allSettled(errands.map(({ first }) => send(deps, tx, first)))
    const sent = errands.flatMap(({ ids }, index) => (results[index]?.status === 'fulfilled' ? ids : []))
    if (sent.length > 0) await tx.deleteFrom('outbox').where('outboxId', 'in', sent).execute()
    for (const [index, result] of results.entries()) {
      const errand = errands[index]
      if (result.status === 'rejected' && errand !== undefined) await postpone(deps, tx, { errand, error: result.reason })
    }
    return sent.length
  })
}

interface Row {
  readonly outboxId: number
  readonly topic: string | null
  readonly workflowType: string | null
  readonly workflowId: string | null
  readonly input: unknown
  readonly attempts: number
}

/** What is sent once, and the entries it settles. */
interface Errand {
  readonly first: Row
  readonly ids: number[]
}

/** Entries that say the same are one errand: a nudge covers every fact that was committed before it. */
function errandsOf(rows: readonly Row[]): Errand[] {
  const errands = new Map<string, Errand>()
  for (const row of rows) {
    const key = row.topic === null ? `start ${row.workflowId ?? ''}` : `nudge ${row.topic}`
    const known = errands.get(key)
    if (known === undefined) errands.set(key, { first: row, ids: [row.outboxId] })
    else known.ids.push(row.outboxId)
  }
  return [...errands.values()]
}

async function send(deps: OutboxDeps, tx: Tx, row: Row): Promise<void> {
  if (row.topic !== null) return nudgeWaiters(deps, tx, row.topic)
  await startOrWake(deps, {
    workflowType: row.workflowType ?? '',
    workflowId: row.workflowId ?? '',
    input: (row.input ?? {}) as Record<string, unknown>,
  })
}

/** Starts the workflow, or wakes it when it runs: signal-with-start leaves no gap between the two. */
export async function startOrWake(
  { client, taskQueue }: Pick<OutboxDeps, 'client' | 'taskQueue'>,
  { workflowType, workflowId, input }: Start,
): Promise<void> {
  await client.withDeadline(Date.now() + RPC_DEADLINE_MS, () =>
    client.workflow.signalWithStart(workflowType, {
      workflowId,
      taskQueue,
      args: [input],
      signal: nudge,
      signalArgs: [],
      workflowIdReusePolicy: 'ALLOW_DUPLICATE',
      workflowIdConflictPolicy: 'USE_EXISTING',
      ...startOptions(workflowType, input),
    }),
  )
}

async function nudgeWaiters(deps: OutboxDeps, tx: Tx, topic: string): Promise<void> {
  const waiters = await tx
    .selectFrom('processWaits')
    .leftJoin('processes', 'processes.workflowId', 'processWaits.workflowId')
    .select(['processWaits.workflowId', 'workflowType', 'input', 'outcome'])
    .where('topic', '=', topic)
    .execute()
  for (const { workflowId, workflowType, input, outcome } of waiters) {
    try {
      await deps.client.withDeadline(Date.now() + RPC_DEADLINE_MS, () => deps.client.workflow.getHandle(workflowId).signal(nudge))
    } catch (error) {
      if (!(error instanceof WorkflowNotFoundError)) throw error
      // Its history is lost or it was ended from outside: its row says that it is not through, so it begins again from there.
      if (workflowType !== null && outcome === null)
        await startOrWake(deps, { workflowType, workflowId, input: input as Record<string, unknown> })
    }
  }
}

async function postpone({ onError }: OutboxDeps, tx: Tx, { errand, error }: { errand: Errand; error: unknown }): Promise<void> {
  const { first, ids } = errand
  onError(first.outboxId, error)
  const isAway = isTemporalAway(error)
  const pauseS = isAway ? AWAY_PAUSE_S : Math.min(LONGEST_PAUSE_S, 2 ** Math.min(first.attempts, 10))
  await tx
    .updateTable('outbox')
    .set((eb) => ({
      nextAttemptAt: sql<string>`now() + make_interval(secs => ${pauseS})`,
      ...(!isAway && { attempts: eb('attempts', '+', 1) }),
    }))
    .where('outboxId', 'in', ids)
    .execute()
}

/** Whether the server could not be reached, as against an errand that it refused. */
function isTemporalAway(error: unknown): boolean {
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error
  return isGrpcServiceError(cause) && AWAY_CODES.includes(cause.code)
}
