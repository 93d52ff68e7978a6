import { type Static, Type } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import { withAccount } from '../../db/queries/accounts.ts'
import { recordAudit } from '../../db/queries/audit.ts'
import { businessNow } from '../../db/queries/clock.ts'
import { type Closure, findClosure, listClosures, openClosure } from '../../db/queries/closures.ts'
import { readPlant } from '../../db/queries/plants.ts'
import { openRefundOf, readRefunds } from '../../db/queries/refunds.ts'
import type { JsonObject } from '../../db/tables.ts'
import { addDuration, dateAt } from '../../domain/calendar.ts'
import { DomainError } from '../../domain/errors.ts'
import { assertMayDecide } from '../../domain/approvals.ts'
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
import { keepAnswer } from '../../db/queries/idempotency.ts'
import { idempotencyOf } from '../plugins/idempotency.ts'
import { principalOf, staffOf } from '../principal.ts'
import {
  AccountId,
  Actor,
  Closed,
  ClosureId,
  Currency,
  CustomerId,
  FreeText,
  IsoDate,
  IsoInstant,
  MoneyMinor,
  Nullable,
  OneOf,
  StandingDecision,
} from '../schemas.ts'
import { notFound, visibleAccount } from '../visible.ts'

const tags = ['Closing an account']
const METHODS = ['cash', 'upi', 'bank'] as const
/** A closing is asked for at most this long before the last day. */
const AHEAD_AT_MOST = 'P1Y'

const ClosureView = Type.Object({
  closureId: ClosureId,
  accountId: AccountId,
  customerId: CustomerId,
  reason: Type.String(),
  leavingOn: IsoDate,
  requestedBy: Actor,
  requestedAt: IsoInstant,
  refundMethod: Type.String(),
  settledAt: Nullable(IsoInstant),
  endedAt: Nullable(IsoInstant),
  endedAs: Nullable(Type.String()),
})
const RefundView = Type.Object({
  refundId: Type.Integer(),
  kind: Type.String(),
  amountMinor: MoneyMinor,
  currency: Currency,
  state: Type.String(),
  method: Type.String(),
  requestedAt: IsoInstant,
  paidAt: Nullable(IsoInstant),
})
const ClosurePage = Type.Object({ closure: ClosureView, refunds: Type.Array(RefundView) })

const params = Closed({ closureId: ClosureId })
const ofCustomer = Closed({ customerId: CustomerId })
const response = { 200: StandingDecision }
const note = Type.Optional(FreeText)

const Asked = Closed({
  leavingOn: Type.Unsafe<string>({ ...IsoDate, description: 'The last day with supply, today or later.' }),
  refundMethod: OneOf(METHODS),
  reason: Type.Optional(
    OneOf(['own-wish', 'capacity'], '`own-wish` unless said otherwise; `capacity` is for the state in-charge.'),
  ),
})

/** A connection that ends: asked for, withdrawn, settled, its money given back (manual 2.2.3, 2.2.8). */
export function closureRoutes(app: Api, deps: ApiDeps): void {
  askingRoutes(app, deps)
  meterRoutes(app, deps)
  refundRoutes(app, deps)
}

function askingRoutes(app: Api, deps: ApiDeps): void {
  app.post(
    '/v1/customers/:customerId/closures',
    {
      config: { action: 'closures.request', idempotent: true },
      schema: { tags, summary: 'Ask for a connection to end', params: ofCustomer, body: Asked, response: { 201: ClosureView } },
    },
    async (request, reply) => reply.code(201).send(await requestClosure(deps, request, { ...request.params, ...request.body })),
  )

  app.get(
    '/v1/customers/:customerId/closures',
    {
      config: { action: 'closures.read' },
      schema: {
        tags,
        summary: 'Closings of a connection, newest first',
        params: ofCustomer,
        response: { 200: Type.Object({ items: Type.Array(ClosureView) }) },
      },
    },
    async (request) => {
      const { customerId } = request.params
      await visibleAccount(deps.db, request, { customerId })
      return { items: (await listClosures(deps.db, customerId)).map(show) }
    },
  )

  app.get(
    '/v1/closures/:closureId',
    {
      config: { action: 'closures.read' },
      schema: { tags, summary: 'A closing and its refunds', params, response: { 200: ClosurePage } },
    },
    async (request) => {
      const closure = await visibleClosure(deps, request, request.params.closureId)
      const refunds = (await readRefunds(deps.db, closure.accountId)).filter(
        ({ source }) => source.split(':')[0] === closure.closureId,
      )
      return { closure: show(closure), refunds }
    },
  )

  app.post(
    '/v1/closures/:closureId/withdrawal',
    {
      config: { action: 'closures.request', idempotent: true },
      schema: { tags, summary: 'Stay after all', params, body: Closed({ text: note }), response },
    },
    async (request) =>
      send(deps, request, {
        closureId: request.params.closureId,
        update: withdrawClosing,
        step: 'withdrawal',
        verdict: 'withdrawn',
        text: request.body.text,
      }),
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
          proof: Type.Optional(
            Type.String({
              pattern: '^[A-Za-z0-9][A-Za-z0-9._/-]{0,99}$',
              description: 'Reference of the transfer, or of the signed receipt.',
            }),
          ),
          text: note,
        }),
      },
    },
    async (request) => {
      const { text, method, proof } = request.body
      const { closureId } = request.params
      const { accountId } = await visibleClosure(deps, request, closureId)
      const open = await openRefundOf(deps.db, { accountId, source: closureId })
      return send(deps, request, {
        closureId,
        update: payClosingRefund,
        verdict: 'paid',
        text,
        detail: { ...(open && { refundId: open.refundId }), method, ...(proof !== undefined && { proof }) },
      })
    },
  )
}

async function requestClosure(
  deps: ApiDeps,
  request: FastifyRequest,
  asked: Static<typeof Asked> & { customerId: string },
): Promise<Static<typeof ClosureView>> {
  const { customerId, leavingOn, refundMethod, reason = 'own-wish' } = asked
  const { accountId, plant } = await visibleAccount(deps.db, request, { customerId })
  const { actor, role } = principalOf(request)
  if (reason === 'capacity' && role !== 'state-in-charge' && role !== 'head-office')
    throw new ApiError('NOT_PERMITTED', 'Ending a contract for capacity is for the state in-charge.')
  const asOf = await businessNow(deps.db, plant, deps.now())
  const { zone } = await readPlant(deps.db, plant, asOf)
  const today = dateAt(asOf, zone)
  if (leavingOn < today || leavingOn > addDuration(today, AHEAD_AT_MOST)) {
    throw new DomainError('INVALID_INPUT', 'The last supplied day is today or later, within a year.', { today })
  }
  return withAccount(deps.db, accountId, async (tx, account) => {
    const closure = await openClosure(
      tx,
      { ...account, customerId },
      { reason, leavingOn, refundMethod, requestedBy: actor, requestedAt: asOf },
    )
    await recordAudit(tx, {
      actor,
      action: 'requestClosure',
      subject: processIds.closing(closure.closureId),
      plant,
      businessAt: asOf,
      after: { closureId: closure.closureId, reason, leavingOn, trace: request.id },
    })
    await keepAnswer(tx, idempotencyOf(request), { status: 201, body: show(closure) })
    return show(closure)
  })
}

function show({ plant: _plant, ...closure }: Closure): Static<typeof ClosureView> {
  return closure
}

async function visibleClosure(deps: ApiDeps, request: FastifyRequest, closureId: string): Promise<Closure> {
  const closure = await findClosure(deps.db, closureId)
  if (closure === undefined) throw notFound('closing')
  await visibleAccount(deps.db, request, { accountId: closure.accountId }).catch(() => {
    throw notFound('closing')
  })
  return closure
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
