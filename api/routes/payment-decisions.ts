import { Type } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import { inTransaction } from '../../db/queries/accounts.ts'
import { recordAudit } from '../../db/queries/audit.ts'
import { openBounceReport, reportBounce } from '../../db/queries/bounce-reports.ts'
import { businessNow } from '../../db/queries/clock.ts'
import { keepAnswer } from '../../db/queries/idempotency.ts'
import type { Payment } from '../../db/queries/payments.ts'
import { readPlant } from '../../db/queries/plants.ts'
import { assertMayDecide } from '../../domain/approvals.ts'
import { DomainError } from '../../domain/errors.ts'
import { BOUNCE_REASONS, bounceStep, DOUBT_STEP } from '../../domain/payment.ts'
import { processIds } from '../../domain/process-ids.ts'
import { confirmBounce, declareFailed, declarePosted, dismissBounce } from '../../workflows/receive-payment.ts'
import { decide } from '../decide.ts'
import type { Api, ApiDeps } from '../deps.ts'
import { idempotencyOf } from '../plugins/idempotency.ts'
import { principalOf, staffOf } from '../principal.ts'
import { Actor, Closed, FreeText, IsoInstant, OneOf, StandingDecision } from '../schemas.ts'
import { visiblePayment } from './payments.ts'

const tags = ['Payments']
const params = Closed({ paymentId: Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER, examples: [1] }) })
const note = Type.Optional(FreeText)

/** What proves it: the bank's memo, the provider's case, a line of a statement. */
const Proof = Type.String({
  pattern: '^[A-Za-z0-9][A-Za-z0-9._/-]{0,99}$',
  description: 'Reference of what proves it: the bank’s memo, the provider’s case.',
  examples: ['MEMO-2026-118'],
})

const BounceReported = Type.Object({
  reportId: Type.Integer(),
  paymentId: Type.Integer(),
  reason: Type.String(),
  proof: Type.String(),
  reportedBy: Actor,
  reportedAt: IsoInstant,
})

const BOUNCE = {
  confirm: { update: confirmBounce, verdict: 'confirmed' },
  dismiss: { update: dismissBounce, verdict: 'dismissed' },
} as const
const DOUBT = {
  posted: { update: declarePosted, verdict: 'posted' },
  failed: { update: declareFailed, verdict: 'failed' },
} as const

/** What people say of a payment that its provider does not say: that it came back, or what became of one in doubt. */
export function paymentDecisionRoutes(app: Api, deps: ApiDeps): void {
  bounceRoutes(app, deps)

  app.post(
    '/v1/payments/:paymentId/doubt-decision',
    {
      config: { action: 'payments.decide', idempotent: true },
      schema: {
        tags,
        summary: 'Say what became of a payment that nobody could resolve',
        description: 'For head office, with a proof, and only after the provider was asked for as many days as the policy says.',
        params,
        body: Closed({ verdict: OneOf(['posted', 'failed']), proof: Proof, text: note }),
        response: { 200: StandingDecision },
      },
    },
    async (request) => {
      const payment = await visiblePayment(deps.db, principalOf(request), request.params.paymentId)
      const { verdict, proof, text } = request.body
      return decide(deps, { ...ofPayment(request, payment), ...DOUBT[verdict], step: DOUBT_STEP, detail: { proof }, text })
    },
  )
}

function bounceRoutes(app: Api, deps: ApiDeps): void {
  app.post(
    '/v1/payments/:paymentId/bounce-reports',
    {
      config: { action: 'payments.report-bounce', idempotent: true },
      schema: {
        tags,
        summary: 'Report that a payment came back',
        description: 'A cheque that was returned, a transfer that was reversed. Nothing moves until head office confirms it.',
        params,
        body: Closed({ reason: OneOf(BOUNCE_REASONS), proof: Proof }),
        response: { 201: BounceReported },
      },
    },
    async (request, reply) => {
      const payment = await visiblePayment(deps.db, principalOf(request), request.params.paymentId)
      const { actor } = principalOf(request)
      const asOf = await businessNow(deps.db, payment.plant, deps.now())
      const report = await inTransaction(deps.db, async (tx) => {
        const {
          verdict: _open,
          decidedAt: _never,
          ...made
        } = await reportBounce(tx, payment, { ...request.body, reportedBy: actor, asOf })
        const subject = processIds.payment(payment.provider, payment.reference)
        const { reason, proof } = made
        const audit = { actor, action: 'report-bounce', subject, plant: payment.plant, businessAt: asOf }
        await recordAudit(tx, { ...audit, after: { reason, proof } })
        await keepAnswer(tx, idempotencyOf(request), { status: 201, body: made })
        return made
      })
      return reply.code(201).send(report)
    },
  )

  app.post(
    '/v1/payments/:paymentId/bounce-decision',
    {
      config: { action: 'payments.decide', idempotent: true },
      schema: {
        tags,
        summary: 'Confirm or dismiss that a payment came back',
        description: 'For head office, and never for who reported it.',
        params,
        body: Closed({ verdict: OneOf(['confirm', 'dismiss']), text: note }),
        response: { 200: StandingDecision },
      },
    },
    async (request) => {
      const payment = await visiblePayment(deps.db, principalOf(request), request.params.paymentId)
      const reportId = await assertMayDecideBounce(deps, request, payment)
      const { verdict, text } = request.body
      return decide(deps, { ...ofPayment(request, payment), ...BOUNCE[verdict], step: bounceStep(reportId), text })
    },
  )
}

/** Head office, and another person than who reported it (OWN_ENTRY). Returns the report; WRONG_STAGE without one. */
async function assertMayDecideBounce(deps: ApiDeps, request: FastifyRequest, payment: Payment): Promise<number> {
  const report = await openBounceReport(deps.db, payment.paymentId)
  if (report === undefined) throw new DomainError('WRONG_STAGE', 'Nobody reports that this payment came back')
  const { login, role } = staffOf(request)
  const asOf = await businessNow(deps.db, payment.plant, deps.now())
  const { policy } = await readPlant(deps.db, payment.plant, asOf)
  assertMayDecide({ decision: 'bounce', role, deciderId: login, makerId: report.reportedBy }, policy)
  return report.reportId
}

function ofPayment(request: FastifyRequest, { plant, provider, reference }: Payment) {
  return { request, plant, workflowId: processIds.payment(provider, reference) }
}
