import { type Static, Type } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import type { Db } from '../../db/client.ts'
import { businessNow } from '../../db/queries/clock.ts'
import { readPlant } from '../../db/queries/plants.ts'
import { findRefundRow, type RefundRow } from '../../db/queries/refund-list.ts'
import { triesOf } from '../../db/queries/refund-payments.ts'
import { findVisibleAccount } from '../../db/queries/visibility.ts'
import type { JsonObject } from '../../db/tables.ts'
import { assertMayDecide, type Decision } from '../../domain/approvals.ts'
import { DomainError } from '../../domain/errors.ts'
import type { DecisionUpdate } from '../../workflows/decisions.ts'
import { approvePayOut, confirmTransfer, denyTransfer, payPayOut, refusePayOut } from '../../workflows/pay-out.ts'
import { decide } from '../decide.ts'
import { decisionRoute } from '../decision-route.ts'
import type { Api, ApiDeps } from '../deps.ts'
import { principalOf, staffOf } from '../principal.ts'
import { inDoubt, Reference } from '../refund-schemas.ts'
import { AmountMinor, Closed, FreeText, OneOf, type StandingDecision } from '../schemas.ts'
import { notFound } from '../visible.ts'
import { METHODS } from './closures.ts'

export const RefundId = Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER, examples: [1] })
const tags = ['Refunds']
const params = Closed({ refundId: RefundId })
const text = Type.Optional(FreeText)

const Paid = Closed({
  method: OneOf(METHODS),
  amountMinor: Type.Unsafe<number>({
    ...AmountMinor,
    description: 'What was handed over or sent: exactly what can be paid now.',
  }),
  reference: Type.Optional(Reference),
  ...inDoubt,
  text,
})

/** What people decide about money that goes out: approval, payment, and what became of a transfer in doubt. */
export function refundDecisionRoutes(app: Api, deps: ApiDeps): void {
  approvalRoutes(app, deps)
  transferRoutes(app, deps)

  app.post(
    '/v1/pay-outs/:refundId/payment',
    decisionRoute({ tags, summary: 'Say that it was handed over, or sent', params, body: Paid, action: 'refunds.pay' }),
    async (request) => {
      const { text: said, ...detail } = request.body
      const refund = await visibleRefund(deps.db, request)
      return send(deps, request, { refund, update: payPayOut, verdict: 'paid', text: said, detail })
    },
  )
}

function approvalRoutes(app: Api, deps: ApiDeps): void {
  const action = 'refunds.decide'
  app.post(
    '/v1/pay-outs/:refundId/approval',
    decisionRoute({ tags, summary: 'Approve giving the money back', params, body: Closed({ text }), action }),
    async (request) => decideOn(deps, request, { update: approvePayOut, verdict: 'approved', text: request.body.text }),
  )
  app.post(
    '/v1/pay-outs/:refundId/refusal',
    decisionRoute({
      tags,
      summary: 'Refuse, saying why: the money stays the customer’s',
      params,
      body: Closed({ text: FreeText }),
      action,
    }),
    async (request) => decideOn(deps, request, { update: refusePayOut, verdict: 'refused', text: request.body.text }),
  )
}

function transferRoutes(app: Api, deps: ApiDeps): void {
  for (const { path, summary, update, verdict } of [
    { path: 'arrival', summary: 'A transfer in doubt arrived', update: confirmTransfer, verdict: 'arrived' },
    { path: 'non-arrival', summary: 'A transfer in doubt never arrived', update: denyTransfer, verdict: 'not-arrived' },
  ])
    app.post(
      `/v1/pay-outs/:refundId/${path}`,
      decisionRoute({ tags, summary, params, body: Closed({ proof: Reference, text }), action: 'refunds.settle' }),
      async (request) => {
        const { proof, text: said } = request.body
        const refund = await visibleRefund(deps.db, request)
        const sent = (await triesOf(deps.db, refund.refundId)).find(({ state }) => state === 'unknown')
        if (sent !== undefined) await assertMay(deps, request, { refund, decision: 'payment-in-doubt', makerId: sent.paidBy })
        return send(deps, request, { refund, update, verdict, text: said, detail: { proof } })
      },
    )
}

interface Decided {
  readonly update: DecisionUpdate
  readonly verdict: string
  readonly text: string | undefined
}

async function decideOn(deps: ApiDeps, request: FastifyRequest, decided: Decided): Promise<Static<typeof StandingDecision>> {
  const refund = await visibleRefund(deps.db, request)
  const decision = refund.kind === 'deposit' ? 'deposit-refund' : 'refund'
  await assertMay(deps, request, { refund, decision, makerId: refund.requestedBy })
  return send(deps, request, { refund, step: 'approval', ...decided })
}

/** The level that the amount asks for or above it, and never whoever did the step before. */
async function assertMay(
  { db, now }: ApiDeps,
  request: FastifyRequest,
  { refund, decision, makerId }: { refund: RefundRow; decision: Decision; makerId: string },
): Promise<void> {
  const { login, role } = staffOf(request)
  const { policy } = await readPlant(db, refund.plant, await businessNow(db, refund.plant, now()))
  assertMayDecide({ decision, amountMinor: refund.amountMinor, role, deciderId: login, makerId }, policy)
}

interface Sent extends Decided {
  readonly refund: RefundRow
  readonly step?: string
  readonly detail?: JsonObject
}

/** WRONG_STAGE, with where it is decided, for what a closing or an application sees through itself. */
async function send(
  deps: ApiDeps,
  request: FastifyRequest,
  { refund, ...decided }: Sent,
): Promise<Static<typeof StandingDecision>> {
  const { plant, workflowId, handledBy } = refund
  if (handledBy !== 'pay-out') throw new DomainError('WRONG_STAGE', 'Its own process decides this refund', { workflowId })
  return decide(deps, { request, workflowId, plant, ...decided })
}

/** The refund of the path, if whoever asks may see its account; else NOT_FOUND. */
export async function visibleRefund(db: Db, request: FastifyRequest): Promise<RefundRow> {
  const { refundId } = request.params as Static<typeof params>
  const refund = await findRefundRow(db, refundId)
  if (refund === undefined || !(await isVisible(db, request, refund))) throw notFound('refund')
  return refund
}

/** Of an account one may see; of a payer nobody knows, for staff of the plant. */
async function isVisible(db: Db, request: FastifyRequest, { accountId, plant }: RefundRow): Promise<boolean> {
  const principal = principalOf(request)
  if (accountId === null) return principal.kind === 'staff' && principal.plants.includes(plant)
  return (await findVisibleAccount(db, principal, { accountId })) !== undefined
}
