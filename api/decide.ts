import type { UpdateDefinition } from '@temporalio/common'
import { createHash } from 'node:crypto'
import type { FastifyRequest } from 'fastify'
import { businessNow } from '../db/queries/clock.ts'
import { recordAudit } from '../db/queries/audit.ts'
import { insertFreeText } from '../db/queries/free-texts.ts'
import { findProcess, latestDecision, ownDecision } from '../db/queries/process-list.ts'
import type { JsonObject } from '../db/tables.ts'
import type { DecisionUpdate, StandingDecision } from '../workflows/decisions.ts'
import type { ApiDeps } from './deps.ts'
import { ApiError } from './errors.ts'
import { idempotencyOf } from './plugins/idempotency.ts'
import { principalOf } from './principal.ts'
import { refusalFrom } from './problem.ts'
import { hasEnded, refusalFromTemporal } from './temporal-failures.ts'

const ANSWER_WITHIN_MS = 5000

export interface DecisionRequest {
  readonly request: FastifyRequest
  readonly workflowId: string
  readonly plant: string
  readonly update: DecisionUpdate
  /** Step and verdict of the decision, where fixed: they tell one's own decision from another's after the run has ended. */
  readonly step?: string
  readonly verdict?: string
  readonly detail?: JsonObject
  /** What the person wrote; stored first, only its number travels. */
  readonly text?: string | undefined
}

/**
 * Sends a decision to its process and answers with the one that stands. The caller has checked that whoever asks may see the
 * object. Refusals come back as the codes of the rules: ALREADY_DECIDED with who and when, WRONG_STAGE, …; TRY_AGAIN when no
 * worker answered. Each decision and each refusal leaves a line in the audit log.
 */
export async function decide(deps: ApiDeps, decision: DecisionRequest): Promise<StandingDecision> {
  const { request, text, detail } = decision
  const { actor } = principalOf(request)
  return audited(deps, { ...decision, action: decision.update.name }, async () => {
    const textId = text === undefined ? undefined : await insertFreeText(deps.db, { body: text, writtenBy: actor })
    const input = { by: actor, ...(textId !== undefined && { textId }), ...(detail && { detail }) }
    try {
      return await update(deps, { ...decision, input })
    } catch (error) {
      if (hasEnded(error)) return standingAfterEnd(deps, decision, actor)
      const own = ownStanding(error, { actor, verdict: decision.verdict })
      if (own === undefined) throw error
      return own
    }
  })
}

/** Sends any Update under the request's Idempotency-Key, with a deadline. NOT_FOUND and WRONG_STAGE as {@link decide} says. */
export async function command<T, Input>(deps: ApiDeps, asked: Asked<T, Input> & { readonly plant: string }): Promise<T> {
  return audited(deps, { ...asked, action: asked.update.name }, async () => {
    try {
      return await update(deps, asked)
    } catch (error) {
      if (!hasEnded(error)) throw error
      throw await whyThereIsNoRun(deps, asked.workflowId)
    }
  })
}

interface Asked<T, Input> {
  readonly request: FastifyRequest
  readonly workflowId: string
  readonly update: UpdateDefinition<T, [Input]>
  readonly input: Input
}

async function update<T, Input>(
  { client }: ApiDeps,
  { request, workflowId, update: definition, input }: Asked<T, Input>,
): Promise<T> {
  const options: { args: [Input]; updateId: string } = { args: [input], updateId: updateIdOf(request) }
  try {
    return await client.withDeadline(Date.now() + ANSWER_WITHIN_MS, () =>
      client.workflow.getHandle(workflowId).executeUpdate(definition, options),
    )
  } catch (error) {
    throw hasEnded(error) ? error : (refusalFromTemporal(error) ?? error)
  }
}

/** What one decided oneself and asks for again, without having heard the answer, stands as it was decided. */
function ownStanding(
  error: unknown,
  { actor, verdict }: { actor: string; verdict?: string | undefined },
): StandingDecision | undefined {
  if (!(error instanceof ApiError) || error.code !== 'ALREADY_DECIDED' || verdict === undefined) return undefined
  const { step, verdict: decided, decidedBy, decidedAt } = error.details ?? {}
  const isOwn = decidedBy === actor && decided === verdict
  return isOwn && typeof step === 'string' && typeof decidedAt === 'string'
    ? { step, verdict, decidedBy: actor, decidedAt }
    : undefined
}

/** The same key of the same caller is the same Update; two callers who both chose "1" are not. */
function updateIdOf(request: FastifyRequest): string {
  const { actor, key } = idempotencyOf(request)
  return createHash('sha256')
    .update(JSON.stringify([actor, key]))
    .digest('base64url')
}

/** The run has ended: what was decided stands in its row, also if it was this very request that did not hear the answer. */
async function standingAfterEnd(
  deps: ApiDeps,
  { workflowId, step, verdict }: DecisionRequest,
  actor: string,
): Promise<StandingDecision> {
  const own = verdict === undefined ? undefined : await ownDecision(deps.db, workflowId, { by: actor, verdict, step })
  if (own !== undefined) return own
  const standing = await latestDecision(deps.db, workflowId, step)
  if (standing === undefined) throw await whyThereIsNoRun(deps, workflowId)
  throw new ApiError('ALREADY_DECIDED', `Already decided by ${standing.decidedBy}`, { details: { ...standing } })
}

async function whyThereIsNoRun({ db }: ApiDeps, workflowId: string): Promise<ApiError> {
  const process = await findProcess(db, workflowId)
  if (process === undefined) return new ApiError('NOT_FOUND', 'There is no such process.')
  if (process.outcome !== null)
    return new ApiError('WRONG_STAGE', 'This process has ended.', {
      details: { stage: process.stage, outcome: process.outcome, endedAt: process.changedAt },
    })
  return new ApiError('TRY_AGAIN', 'This process is just being started.', { retryAfterSeconds: 2 })
}

async function audited<T>(
  deps: ApiDeps,
  asked: { request: FastifyRequest; workflowId: string; plant: string; action: string },
  act: () => Promise<T>,
): Promise<T> {
  const { request, workflowId, plant, action } = asked
  const entry = {
    actor: principalOf(request).actor,
    action,
    subject: workflowId,
    plant,
    businessAt: await businessNow(deps.db, plant, deps.now()),
  }
  try {
    const result = await act()
    await recordAudit(deps.db, { ...entry, after: { result: 'accepted', trace: request.id } })
    return result
  } catch (error) {
    await recordAudit(deps.db, { ...entry, after: { result: 'refused', code: refusalFrom(error).code, trace: request.id } })
    throw error
  }
}
