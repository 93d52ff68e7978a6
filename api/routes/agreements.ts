import { type Static, Type } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import { withAccount } from '../../db/queries/accounts.ts'
import { proposePlan, takePromise } from '../../db/queries/agree.ts'
import { findPlan, type PaymentPlan, type PaymentPromise, plansOf, promisesOf } from '../../db/queries/agreements.ts'
import { recordAudit } from '../../db/queries/audit.ts'
import { businessNow } from '../../db/queries/clock.ts'
import { keepAnswer } from '../../db/queries/idempotency.ts'
import { readPlant } from '../../db/queries/plants.ts'
import { assertMayDecide } from '../../domain/approvals.ts'
import { DomainError } from '../../domain/errors.ts'
import { planStep } from '../../domain/payment-plan.ts'
import { processIds } from '../../domain/process-ids.ts'
import { agreePlan, refusePlan } from '../../workflows/collect-dues.ts'
import { decide } from '../decide.ts'
import type { Api, ApiDeps } from '../deps.ts'
import { idempotencyOf } from '../plugins/idempotency.ts'
import { staffOf } from '../principal.ts'
import {
  AccountId,
  Actor,
  AmountMinor,
  Closed,
  FreeText,
  IsoDate,
  IsoInstant,
  MoneyMinor,
  Nullable,
  OneOf,
  StandingDecision,
} from '../schemas.ts'
import { notFound, visibleAccount } from '../visible.ts'

const tags = ['Promises and plans']
const params = Closed({ accountId: AccountId })

const PromiseView = Type.Object({
  promiseId: Type.Integer(),
  accountId: AccountId,
  amountMinor: MoneyMinor,
  promisedFor: IsoDate,
  takenBy: Actor,
  takenAt: IsoInstant,
  state: Type.String({ description: '`open` holds off a cut for the debts it was given for; `kept` or `broken` has ended.' }),
  endedAt: Nullable(IsoInstant),
})
const Part = Closed({ dueOn: IsoDate, amountMinor: AmountMinor })
const PlanView = Type.Object({
  planId: Type.Integer(),
  accountId: AccountId,
  totalMinor: MoneyMinor,
  parts: Type.Array(Type.Object({ dueOn: IsoDate, amountMinor: MoneyMinor })),
  proposedBy: Actor,
  proposedAt: IsoInstant,
  approver: Type.String({ description: 'Whose it is to agree.' }),
  state: Type.String({ description: 'Only `agreed` holds off a cut. A broken plan goes back to the step the debt was at.' }),
  decidedBy: Nullable(Actor),
  decidedAt: Nullable(IsoInstant),
  endedAt: Nullable(IsoInstant),
})

const PLAN = {
  agree: { update: agreePlan, verdict: 'agreed' },
  refuse: { update: refusePlan, verdict: 'refused' },
} as const

/** What customers who owe agree on before they pay (policy "put off"). */
export function agreementRoutes(app: Api, deps: ApiDeps): void {
  app.get(
    '/v1/accounts/:accountId/agreements',
    {
      config: { action: 'accounts.read-money' },
      schema: {
        tags,
        summary: 'Promises and payment plans of an account, newest first',
        params,
        response: { 200: Type.Object({ promises: Type.Array(PromiseView), plans: Type.Array(PlanView) }) },
      },
    },
    async (request) => {
      const { accountId } = await visibleAccount(deps.db, request, request.params)
      const promises = await promisesOf(deps.db, accountId)
      const plans = await plansOf(deps.db, accountId)
      return { promises: promises.toReversed().map(showPromise), plans: plans.toReversed().map(showPlan) }
    },
  )

  app.post(
    '/v1/accounts/:accountId/promises',
    {
      config: { action: 'promises.take', idempotent: true },
      schema: {
        tags,
        summary: 'Note a promise to pay what is open by a day',
        description: 'A CSA up to 7 days, once a bill; the cluster in-charge up to 30 days (as the plant’s policy says).',
        params,
        body: Closed({ promisedFor: IsoDate }),
        response: { 201: PromiseView },
      },
    },
    async (request, reply) => {
      const made = await agree(deps, request, {
        ...request.params,
        action: 'take-promise',
        work: (tx, agreeing) => takePromise(tx, agreeing, request.body.promisedFor).then(showPromise),
      })
      return reply.code(201).send(made)
    },
  )

  planRoutes(app, deps)
}

function planRoutes(app: Api, deps: ApiDeps): void {
  app.post(
    '/v1/accounts/:accountId/payment-plans',
    {
      config: { action: 'plans.propose', idempotent: true },
      schema: {
        tags,
        summary: 'Propose that what is open is paid in parts',
        description:
          'The parts are exactly the debt. It holds off nothing until it is agreed, by another person than who proposes it.',
        params,
        body: Closed({
          parts: Type.Array(Part, {
            minItems: 2,
            maxItems: 12,
            examples: [
              [
                { dueOn: '2026-08-31', amountMinor: 23_200 },
                { dueOn: '2026-09-30', amountMinor: 23_200 },
              ],
            ],
          }),
        }),
        response: { 201: PlanView },
      },
    },
    async (request, reply) => {
      const made = await agree(deps, request, {
        ...request.params,
        action: 'propose-plan',
        work: (tx, agreeing) => proposePlan(tx, agreeing, request.body.parts).then(showPlan),
      })
      return reply.code(201).send(made)
    },
  )

  planDecisionRoute(app, deps)
}

function planDecisionRoute(app: Api, deps: ApiDeps): void {
  app.post(
    '/v1/payment-plans/:planId/decision',
    {
      config: { action: 'plans.decide', idempotent: true },
      schema: {
        tags,
        summary: 'Agree to a payment plan, or not',
        description:
          'Up to three parts the cluster in-charge, beyond and after a broken plan the state in-charge; never who proposed it.',
        params: Closed({ planId: Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER, examples: [1] }) }),
        body: Closed({ verdict: OneOf(['agree', 'refuse']), text: Type.Optional(FreeText) }),
        response: { 200: StandingDecision },
      },
    },
    async (request) => {
      const plan = await findPlan(deps.db, request.params.planId)
      if (plan === undefined) throw notFound('payment plan')
      const { plant, customerId } = await visibleAccount(deps.db, request, { accountId: plan.accountId })
      if (customerId === null) throw notFound('payment plan')
      const { login, role } = staffOf(request)
      const { policy } = await readPlant(deps.db, plant, await businessNow(deps.db, plant, deps.now()))
      const decision = plan.approver === 'state-in-charge' ? 'payment-plan-long' : 'payment-plan'
      assertMayDecide({ decision, role, deciderId: login, makerId: plan.proposedBy }, policy)
      if (plan.state !== 'proposed' && plan.decidedBy !== login)
        throw new DomainError('ALREADY_DECIDED', `Already decided by ${plan.decidedBy ?? ''}`, { decidedBy: plan.decidedBy })
      const { verdict, text } = request.body
      const workflowId = processIds.collection(customerId)
      return decide(deps, { request, workflowId, plant, ...PLAN[verdict], step: planStep(plan.planId), text })
    },
  )
}

type Agreeing = Parameters<typeof takePromise>[1]

/** Writes what was agreed with its audit line and its answer, in one transaction. */
async function agree<T extends object>(
  deps: ApiDeps,
  request: FastifyRequest,
  {
    accountId: asked,
    action,
    work,
  }: {
    accountId: string
    action: string
    work: (tx: Parameters<typeof takePromise>[0], agreeing: Agreeing) => Promise<T>
  },
): Promise<T> {
  const { accountId, plant } = await visibleAccount(deps.db, request, { accountId: asked })
  const { login, role } = staffOf(request)
  const asOf = await businessNow(deps.db, plant, deps.now())
  return withAccount(deps.db, accountId, async (tx, account) => {
    const terms = await readPlant(tx, plant, asOf)
    const made = await work(tx, { account, plant: terms, asOf, by: login, role })
    await recordAudit(tx, {
      actor: login,
      action,
      subject: accountId,
      plant,
      businessAt: asOf,
      after: { ...made, trace: request.id },
    })
    await keepAnswer(tx, idempotencyOf(request), { status: 201, body: made })
    return made
  })
}

function showPromise({ chargeIds: _covered, ...promise }: PaymentPromise): Static<typeof PromiseView> {
  return promise
}

function showPlan({ chargeIds: _covered, parts, ...plan }: PaymentPlan): Static<typeof PlanView> {
  return { ...plan, parts: parts.map(({ dueOn, amountMinor }) => ({ dueOn, amountMinor })) }
}
