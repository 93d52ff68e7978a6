import type { JsonObject } from '../tables.ts'
import type { Tx } from '../client.ts'

/** What a process may wait for: facts about an account, a charge, a meter, a task, a connection, another process, or a plant's stock of a kind. */
export type Topic = `${'account' | 'charge' | 'meter' | 'reading' | 'task' | 'connection' | 'process' | 'stock'}:${string}`

/** Wakes whoever waits for this, after the transaction commits. The fact is in the same transaction; the nudge only says "look". */
export async function nudge(tx: Tx, ...topics: Topic[]): Promise<void> {
  if (topics.length > 0)
    await tx
      .insertInto('outbox')
      .values(topics.map((topic) => ({ kind: 'nudge', topic })))
      .execute()
}

/**
 * Starts a workflow (or wakes it, when it runs already) after the transaction commits: starting twice is starting once.
 * `input` is the workflow's one argument; it is kept with the process so that it can be started anew.
 */
export async function startWorkflow(
  tx: Tx,
  start: { workflowType: string; workflowId: string; input: JsonObject },
): Promise<void> {
  await tx
    .insertInto('outbox')
    .values({ kind: 'start', ...start })
    .execute()
}

/** {@link startWorkflow} for many in one statement. */
export async function startWorkflows(
  tx: Tx,
  starts: readonly { workflowType: string; workflowId: string; input: JsonObject }[],
): Promise<void> {
  if (starts.length > 0)
    await tx
      .insertInto('outbox')
      .values(starts.map((start) => ({ kind: 'start', ...start })))
      .execute()
}

/** Registers that the workflow waits for a topic; kept until the process ends. */
export async function waitOn(tx: Tx, workflowId: string, ...topics: Topic[]): Promise<void> {
  if (topics.length === 0) return
  await tx
    .insertInto('processWaits')
    .values(topics.map((topic) => ({ topic, workflowId })))
    .onConflict((c) => c.doNothing())
    .execute()
}
