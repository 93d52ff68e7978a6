import { type Static, Type } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import { businessNow } from '../../db/queries/clock.ts'
import { readPlant } from '../../db/queries/plants.ts'
import { openRefundOf } from '../../db/queries/refunds.ts'
import type { JsonObject } from '../../db/tables.ts'
import { assertMayDecide } from '../../domain/approvals.ts'
import { DomainError } from '../../domain/errors.ts'
import { processIds } from '../../domain/process-ids.ts'
import {
  approveClosingRefund,
  closeWithoutMeter,
  payClosingRefund,
  tryRemovalAgain,
  withdrawClosing,
} from '../../workflows/close-account.ts'
import type { DecisionUpdate } from '../../workflows/decisions.ts'
import { decide } from '../decide.ts'
import type { Api, ApiDeps } from '../deps.ts'
import { ApiError } from '../errors.ts'
import { staffOf } from '../principal.ts'
import { assertDoubtIsWhole, inDoubt, Reference } from '../refund-schemas.ts'
import { Closed, ClosureId, FreeText, OneOf, StandingDecision } from '../schemas.ts'
import { METHODS, visibleClosure } from './closures.ts'

const tags = ['Closing an account']
const params = Closed({ closureId: ClosureId })
const response = { 200: StandingDecision }
const note = Type.Optional(FreeText)

/** What people decide while a connection ends: to stay, about its meter, about the money that goes back. */
export function closureDecisionRoutes(app: Api, deps: ApiDeps): void {
  meterRoutes(app, deps)
  refundRoutes(app, deps)

  app.post(
    '/v1/closures/:closureId/withdrawal',
    {
      config: { action: 'closures.request', idempotent: true },
      schema: { tags, summary: 'Stay after all', params, body: Closed({ text: note }), response },
    },
    async (request) => {
      const { closureId } = request.params
      const { reason } = await visibleClosure(deps, request, closureId)
      // Whoever was banned, or let go for want of capacity, does not decide to stay: lifting a ban is for the state in-charge.
      if (reason !== 'own-wish')
        throw new ApiError('NOT_PERMITTED', 'Only who leaves at the own wish can stay after all.', { details: { reason } })
      return send(deps, request, {
        closureId,
        update: withdrawClosing,
        step: 'withdrawal',
        verdict: 'withdrawn',
        text: request.body.text,
      })
    },
  )
}

function meterRoutes(app: Api, deps: ApiDeps): void {
  app.post(
    '/v1/closures/:closureId/meter-search',
    {
      config: { action: 'closures.decide', idempotent: true },
      schema: {
        tags,
        summary: 'Send somebody again for a meter that was not found',
        params,
        body: Closed({ text: note }),
        response,
      },
    },
    async (request) =>
      send(deps, request, {
        closureId: request.params.closureId,
        update: tryRemovalAgain,
        verdict: 'try-again',
        text: request.body.text,
      }),
  )

  app.post(
    '/v1/closures/:closureId/meter-write-off',
    {
      config: { action: 'closures.decide', idempotent: true },
      schema: {
        tags,
        summary: 'Close without the meter, its last reading estimated',
        params,
        body: Closed({ text: FreeText }),
        response,
      },
    },
    async (request) =>
      send(deps, request, {
        closureId: request.params.closureId,
        update: closeWithoutMeter,
        verdict: 'without-meter',
        text: request.body.text,
      }),
  )
}

function refundRoutes(app: Api, deps: ApiDeps): void {
  app.post(
    '/v1/closures/:closureId/refund-approval',
    {
      config: { action: 'refunds.decide', idempotent: true },
      schema: { tags, summary: 'Approve the refund that waits', params, body: Closed({ text: note }), response },
    },
    async (request) => {
      const refundId = await assertApprover(deps, request, request.params.closureId)
      return send(deps, request, {
        closureId: request.params.closureId,
        update: approveClosingRefund,
        verdict: 'approved',
        text: request.body.text,
        detail: { refundId },
      })
    },
  )

  app.post(
    '/v1/closures/:closureId/refund-payment',
    {
      config: { action: 'refunds.pay', idempotent: true },
      schema: {
        tags,
        summary: 'Say that the approved refund was handed over',
        params,
        response,
        body: Closed({
          method: OneOf(METHODS),
          proof: Type.Optional(Reference),
          ...inDoubt,
          text: note,
        }),
      },
    },
    async (request) => {
      const { text, ...said } = request.body
      const { closureId } = request.params
      await assertDoubtIsWhole(deps.db, said)
      const { accountId } = await visibleClosure(deps, request, closureId)
      const open = await openRefundOf(deps.db, { accountId, source: closureId })
      return send(deps, request, {
        closureId,
        update: payClosingRefund,
        verdict: 'paid',
        text,
        detail: { ...(open && { refundId: open.refundId }), ...said },
      })
    },
  )
}

/** The level the refund's amount asks for, and never whoever asked for the closing. Returns the refund; WRONG_STAGE without one. */
async function assertApprover(deps: ApiDeps, request: FastifyRequest, closureId: string): Promise<number> {
  const closure = await visibleClosure(deps, request, closureId)
  const refund = await openRefundOf(deps.db, { accountId: closure.accountId, source: closureId })
  if (refund === undefined) throw new DomainError('WRONG_STAGE', 'No refund of this closing waits')
  const { login, role } = staffOf(request)
  const asOf = await businessNow(deps.db, closure.plant, deps.now())
  const { policy } = await readPlant(deps.db, closure.plant, asOf)
  const decision = refund.kind === 'deposit' ? 'deposit-refund' : 'refund'
  assertMayDecide({ decision, amountMinor: refund.amountMinor, role, deciderId: login, makerId: closure.requestedBy }, policy)
  return refund.refundId
}

interface Sent {
  readonly closureId: string
  readonly update: DecisionUpdate
  readonly step?: string
  readonly verdict: string
  readonly text?: string | undefined
  readonly detail?: JsonObject
}

async function send(
  deps: ApiDeps,
  request: FastifyRequest,
  { closureId, ...decision }: Sent,
): Promise<Static<typeof StandingDecision>> {
  const { plant } = await visibleClosure(deps, request, closureId)
  return decide(deps, { request, workflowId: processIds.closing(closureId), plant, ...decision })
}
