import { type Client, WorkflowNotFoundError } from '@temporalio/client'
import { sql } from 'kysely'
import type { Db, Tx } from '../../db/client.ts'
import { nudge } from '../../workflows/procedure.ts'
import { startOptions } from '../../workflows/starts.ts'

/** How many entries one round takes, and how many of them are under way at once. */
const BATCH = 40
const RPC_DEADLINE_MS = 10_000

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
      .where('sentAt', 'is', null)
      .where('nextAttemptAt', '<=', sql<string>`now()`)
      .orderBy('outboxId')
      .limit(BATCH)
      .forUpdate()
      .skipLocked()
      .execute()
    const results = await Promise.allSettled(rows.map((row) => send(deps, tx, row)))
    const sent = rows.filter((_, index) => results[index]?.status === 'fulfilled').map((row) => row.outboxId)
    if (sent.length > 0) await tx.deleteFrom('outbox').where('outboxId', 'in', sent).execute()
    for (const [index, result] of results.entries()) {
      const row = rows[index]
      if (result.status === 'rejected' && row !== undefined) await postpone(deps, tx, { row, error: result.reason })
    }
    return sent.length
  })
}

async function send(deps: OutboxDeps, tx: Tx, row: { kind: string; topic: string | null; workflowType: string | null; workflowId: string | null; input: unknown }): Promise<void> {
  if (row.topic !== null) return nudgeWaiters(deps, tx, row.topic)
  await startOrWake(deps, { workflowType: row.workflowType ?? '', workflowId: row.workflowId ?? '', input: (row.input ?? {}) as Record<string, unknown> })
}

/** Starts the workflow, or wakes it when it runs: signal-with-start leaves no gap between the two. */
export async function startOrWake({ client, taskQueue }: Pick<OutboxDeps, 'client' | 'taskQueue'>, { workflowType, workflowId, input }: Start): Promise<void> {
  await client.withDeadline(Date.now() + RPC_DEADLINE_MS, () =>
    client.workflow.signalWithStart(workflowType, {
      workflowId, taskQueue, args: [input], signal: nudge, signalArgs: [],
      workflowIdReusePolicy: 'ALLOW_DUPLICATE', workflowIdConflictPolicy: 'USE_EXISTING', ...startOptions(workflowType, input),
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
      if (workflowType !== null && outcome === null) await startOrWake(deps, { workflowType, workflowId, input: input as Record<string, unknown> })
    }
  }
}

async function postpone({ onError }: OutboxDeps, tx: Tx, { row, error }: { row: { outboxId: number; attempts: number }; error: unknown }): Promise<void> {
  onError(row.outboxId, error)
  const backoffSeconds = Math.min(60, 2 ** row.attempts)
  await tx
    .updateTable('outbox')
    .set({ attempts: row.attempts + 1, nextAttemptAt: sql<string>`now() + make_interval(secs => ${backoffSeconds})` })
    .where('outboxId', '=', row.outboxId)
    .execute()
}
