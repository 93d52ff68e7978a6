import { sql } from 'kysely'
import type { Db, Tx } from '../client.ts'
import type { JsonObject } from '../tables.ts'
import { waitOn, type Topic } from './outbox.ts'

export interface ProcessStage {
  readonly workflowId: string
  readonly workflowType: string
  readonly input: JsonObject
  readonly plant: string
  readonly accountId?: string
  readonly customerId?: string
  readonly stage: string
  readonly waitingFor?: string
  readonly dueAt?: string
  readonly outcome?: string
  readonly parkedReason?: string
  readonly asOf: string
  /** What wakes it: registered with the stage, dropped with the outcome. */
  readonly topics?: readonly Topic[]
  /** What is waited for: the stage, and which of several things in it. */
  readonly matter?: string
  /** The person the process itself has given it to. */
  readonly assignee?: string | null
}

/**
 * Writes where a process stands. Only its own workflow calls this; repeating it changes nothing. The same matter goes on waiting since
 * when it began, and stays with whom it was given to; another one begins anew.
 */
export async function saveStage(tx: Tx, stage: ProcessStage): Promise<void> {
  const { workflowId, topics, asOf, input, ...rest } = stage
  const matter = rest.matter ?? rest.stage
  const assignedTo = rest.outcome === undefined ? (rest.assignee ?? (await lastAssignee(tx, workflowId, matter))) : null
  const state = {
    stage: rest.stage,
    waitingFor: rest.waitingFor ?? null,
    dueAt: rest.dueAt ?? null,
    outcome: rest.outcome ?? null,
    parkedReason: rest.parkedReason ?? null,
    changedAt: asOf,
    assignedTo,
    waitingMatter: matter,
  }
  const sameMatter = sql<boolean>`processes.waiting_matter is not distinct from excluded.waiting_matter`
  const waited = {
    waitingSince: sql<string>`case when ${sameMatter} then coalesce(processes.waiting_since, excluded.waiting_since) else excluded.waiting_since end`,
    chased: sql<number>`case when ${sameMatter} then processes.chased else 0 end`,
  }
  const links = { ...(rest.accountId && { accountId: rest.accountId }), ...(rest.customerId && { customerId: rest.customerId }) }
  await tx
    .insertInto('processes')
    .values({
      workflowId,
      workflowType: rest.workflowType,
      input: JSON.stringify(input),
      plant: rest.plant,
      ...links,
      ...state,
      startedAt: asOf,
      waitingSince: asOf,
    })
    .onConflict((c) => c.column('workflowId').doUpdateSet({ ...state, ...links, ...waited, input: JSON.stringify(input) }))
    .execute()
  if (stage.outcome === undefined) await waitOn(tx, workflowId, `process:${workflowId}`, ...(topics ?? []))
  else await tx.deleteFrom('processWaits').where('workflowId', '=', workflowId).execute()
}

/** Whom the matter was given to last, by a decision. */
async function lastAssignee(tx: Tx, workflowId: string, matter: string): Promise<string | null> {
  const row = await tx
    .selectFrom('decisions')
    .select(sql<string | null>`detail ->> 'to'`.as('to'))
    .where('workflowId', '=', workflowId)
    .where(sql<boolean>`starts_with(step, ${`assign:${matter}:`})`)
    .orderBy('recordedAt', 'desc')
    .limit(1)
    .executeTakeFirst()
  return row?.to ?? null
}

export interface Decision {
  readonly workflowId: string
  readonly step: string
  readonly verdict: string
  readonly decidedBy: string
  readonly decidedAt: string
  readonly textId?: number | null
  readonly detail?: JsonObject
}

/** Records a decision once for ever. Returns the one that stands: this one, or whoever decided first. */
export async function recordDecision(db: Db | Tx, decision: Decision): Promise<{ recorded: boolean; standing: Decision }> {
  const inserted = await db
    .insertInto('decisions')
    .values({ ...decision, detail: JSON.stringify(decision.detail ?? {}) })
    .onConflict((c) => c.columns(['workflowId', 'step']).doNothing())
    .returning('step')
    .executeTakeFirst()
  const standing = await readDecision(db, decision.workflowId, decision.step)
  // A second try of the very same decision, whose first try did commit, is that decision and no other's.
  const isThisOne =
    standing?.decidedBy === decision.decidedBy &&
    standing.verdict === decision.verdict &&
    standing.decidedAt === decision.decidedAt
  return { recorded: inserted !== undefined || isThisOne, standing: standing ?? decision }
}

/** The decision that stands for this step, if any. */
export async function readDecision(db: Db | Tx, workflowId: string, step: string): Promise<Decision | undefined> {
  const row = await db
    .selectFrom('decisions')
    .selectAll()
    .where('workflowId', '=', workflowId)
    .where('step', '=', step)
    .executeTakeFirst()
  return (
    row && {
      workflowId,
      step,
      verdict: row.verdict,
      decidedBy: row.decidedBy,
      decidedAt: row.decidedAt,
      textId: row.textId,
      detail: row.detail as JsonObject,
    }
  )
}
