import { type Static, Type } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import { withAccount } from '../../db/queries/accounts.ts'
import { recordAudit } from '../../db/queries/audit.ts'
import { businessNow } from '../../db/queries/clock.ts'
import { type Closure, findClosure, listClosures, openClosure } from '../../db/queries/closures.ts'
import { readPlant } from '../../db/queries/plants.ts'
import { readRefunds } from '../../db/queries/refunds.ts'
import { addDuration, dateAt } from '../../domain/calendar.ts'
import { DomainError } from '../../domain/errors.ts'
import { processIds } from '../../domain/process-ids.ts'
import type { Api, ApiDeps } from '../deps.ts'
import { ApiError } from '../errors.ts'
import { keepAnswer } from '../../db/queries/idempotency.ts'
import { idempotencyOf } from '../plugins/idempotency.ts'
import { principalOf } from '../principal.ts'
import {
  AccountId,
  Actor,
  Closed,
  ClosureId,
  Currency,
  CustomerId,
  IsoDate,
  IsoInstant,
  MoneyMinor,
  Nullable,
  OneOf,
} from '../schemas.ts'
import { notFound, visibleAccount } from '../visible.ts'

const tags = ['Closing an account']
/** How money is given back. */
export const METHODS = ['cash', 'upi', 'bank'] as const
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

const Asked = Closed({
  leavingOn: Type.Unsafe<string>({ ...IsoDate, description: 'The last day with supply, today or later.' }),
  refundMethod: OneOf(METHODS),
  reason: Type.Optional(
    OneOf(['own-wish', 'capacity'], '`own-wish` unless said otherwise; `capacity` is for the state in-charge.'),
  ),
})

/** A connection that is to end: asked for, and how it stands (manual 2.2.3, 2.2.8). */
export function closureRoutes(app: Api, deps: ApiDeps): void {
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

/** The closing, if whoever asks may see its account; else NOT_FOUND. */
export async function visibleClosure(deps: ApiDeps, request: FastifyRequest, closureId: string): Promise<Closure> {
  const closure = await findClosure(deps.db, closureId)
  if (closure === undefined) throw notFound('closing')
  await visibleAccount(deps.db, request, { accountId: closure.accountId }).catch(() => {
    throw notFound('closing')
  })
  return closure
}
