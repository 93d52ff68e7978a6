import { type Static, type TObject, type TProperties, Type } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import { type Decision, assertMayDecide } from '../../domain/approvals.ts'
import { readPlant } from '../../db/queries/plants.ts'
import { staffAt } from '../../db/queries/tasks.ts'
import { DomainError } from '../../domain/errors.ts'
import { readDecision } from '../../db/queries/processes.ts'
import type { PackageRequest } from '../../db/queries/package-changes.ts'
import { processIds } from '../../domain/process-ids.ts'
import type { JsonObject } from '../../db/tables.ts'
import { approve, approveState, confirmWork, followUp, reject, sendBack, withdraw } from '../../workflows/change-package.ts'
import type { DecisionUpdate } from '../../workflows/decisions.ts'
import { decide } from '../decide.ts'
import type { Api, ApiDeps } from '../deps.ts'
import type { Action } from '../permissions.ts'
import { staffOf } from '../principal.ts'
import { Closed, FreeText, Login, OneOf, RequestId, StandingDecision } from '../schemas.ts'
import { visibleRequest } from './package-changes.ts'

const note = Type.Optional(FreeText)
const Note = Closed({ text: note })
const REASONS = ['no-capacity', 'dues-outstanding', 'too-soon', 'meter-does-not-fit', 'other'] as const

/** Which step of the chain a decision settles. */
type Level = 'cluster' | 'state'

interface Said {
  readonly requestId: string
  readonly update: DecisionUpdate
  /** Left out where none is asked for; `now`: whichever the request has come to, which the process is told (`detail.level`). */
  readonly level?: Level | 'now'
  readonly step?: string
  readonly verdict?: string
  readonly text?: string | undefined
  readonly detail?: JsonObject
}

/** What people decide on a package change (policy, "decision" table: the maker is never the approver). */
export function packageDecisionRoutes(app: Api, deps: ApiDeps): void {
  approvalRoutes(app, deps)
  workRoutes(app, deps)
}

function approvalRoutes(app: Api, deps: ApiDeps): void {
  const Approval = Closed({
    askState: Type.Optional(Type.Boolean({ description: 'Let the state in-charge decide as well.' })),
    text: note,
  })
  app.post('/v1/package-changes/:requestId/approve', deciding('Approve for the cluster', Approval), async (request) => {
    const { askState = false, text } = request.body
    return send(deps, request, {
      ...request.params,
      update: approve,
      level: 'cluster',
      step: 'cluster',
      verdict: 'approved',
      text,
      detail: { askState },
    })
  })

  app.post('/v1/package-changes/:requestId/approve-state', deciding('Approve for the state', Note), async (request) => {
    return send(deps, request, {
      ...request.params,
      update: approveState,
      level: 'state',
      step: 'state',
      verdict: 'approved',
      text: request.body.text,
    })
  })

  const FollowUp = Closed({ to: Type.Optional(Login), text: note })
  app.post('/v1/package-changes/:requestId/follow-up', deciding('Have a CSA ask or look first', FollowUp), async (request) => {
    const { to, text } = request.body
    const { requestId } = request.params
    if (to !== undefined) await assertCsa(deps, request, { requestId, login: to })
    return send(deps, request, {
      requestId,
      update: followUp,
      level: 'cluster',
      text,
      ...(to !== undefined && { detail: { to } }),
    })
  })

  const Refusal = Closed({ reason: OneOf(REASONS), text: note })
  app.post('/v1/package-changes/:requestId/reject', deciding('Refuse, with the reason', Refusal), async (request) => {
    const { reason, text } = request.body
    return send(deps, request, {
      ...request.params,
      update: reject,
      level: 'now',
      text,
      detail: { reason },
    })
  })
}

function workRoutes(app: Api, deps: ApiDeps): void {
  const withdrawing = deciding('Take the request back, before the meter is programmed', Note, 'package-changes.request')
  app.post('/v1/package-changes/:requestId/withdraw', withdrawing, async (request) => {
    return send(deps, request, {
      ...request.params,
      update: withdraw,
      step: 'withdraw',
      verdict: 'withdrawn',
      text: request.body.text,
    })
  })

  app.post('/v1/package-changes/:requestId/confirm', deciding('Confirm the finished work', Note), async (request) => {
    return send(deps, request, {
      ...request.params,
      update: confirmWork,
      level: 'cluster',
      text: request.body.text,
    })
  })

  app.post(
    '/v1/package-changes/:requestId/send-back',
    deciding('Have the work looked after again', Closed({ text: FreeText })),
    async (request) => {
      return send(deps, request, {
        ...request.params,
        update: sendBack,
        level: 'cluster',
        text: request.body.text,
      })
    },
  )
}

/** Every decision on a package change has one shape: who may, what it is, what it takes. */
function deciding<T extends TProperties>(summary: string, body: TObject<T>, action: Action = 'package-changes.decide') {
  const params = Closed({ requestId: RequestId })
  return {
    config: { action, idempotent: true },
    schema: { tags: ['Package changes'], summary, params, body, response: { 200: StandingDecision } },
  } as const
}

async function send(deps: ApiDeps, request: FastifyRequest, said: Said): Promise<Static<typeof StandingDecision>> {
  const { requestId, level: wanted, ...decision } = said
  const asked = await visibleRequest(deps, request, requestId)
  const level = wanted === 'now' ? (asked.needsStateApproval === true ? 'state' : 'cluster') : wanted
  if (level !== undefined)
    await assertApprover(deps, request, { asked, level, isReview: said.update === confirmWork || said.update === sendBack })
  const workflowId = processIds.packageChange(requestId)
  const detail = wanted === 'now' ? { ...said.detail, level } : said.detail
  return decide(deps, { request, workflowId, plant: asked.plant, ...decision, ...(detail !== undefined && { detail }) })
}

/** A follow-up is given to a CSA of the plant. */
async function assertCsa(
  deps: ApiDeps,
  request: FastifyRequest,
  { requestId, login }: { requestId: string; login: string },
): Promise<void> {
  const { plant } = await visibleRequest(deps, request, requestId)
  const people = await staffAt(deps.db, plant, 'csa')
  if (!people.includes(login)) throw new DomainError('INVALID_INPUT', 'A follow-up is for a CSA of the plant', { to: login })
}

/** The level the step asks for or above it, never whoever asked, nor the same person twice on one request. */
async function assertApprover(
  { db }: ApiDeps,
  request: FastifyRequest,
  { asked, level, isReview }: { asked: PackageRequest; level: Level; isReview: boolean },
): Promise<void> {
  const { login, role } = staffOf(request)
  const { policy } = await readPlant(db, asked.plant, asked.requestedAt)
  const isState = level === 'state'
  const earlier = isState && !isReview ? await readDecision(db, processIds.packageChange(asked.requestId), 'cluster') : undefined
  const decision: Decision = isState ? 'package-change-large' : 'package-change'
  const earlierDeciderIds = earlier === undefined ? [] : [earlier.decidedBy]
  assertMayDecide(
    { decision, step: isState ? 1 : 0, role, deciderId: login, makerId: asked.requestedBy, earlierDeciderIds },
    policy,
  )
}
