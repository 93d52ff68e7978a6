import { type Static, Type } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import { inTransaction } from '../../db/queries/accounts.ts'
import { recordAudit } from '../../db/queries/audit.ts'
import { businessNow } from '../../db/queries/clock.ts'
import { keepAnswer } from '../../db/queries/idempotency.ts'
import { findPackageRequest, listPackageRequests, type PackageRequest } from '../../db/queries/package-changes.ts'
import { requestPackageChange } from '../../db/queries/package-wishes.ts'
import { decisionsOf, findProcess } from '../../db/queries/process-list.ts'
import { findVisibleAccount } from '../../db/queries/visibility.ts'
import { METER_KINDS } from '../../domain/package.ts'
import { processIds } from '../../domain/process-ids.ts'
import type { Api, ApiDeps } from '../deps.ts'
import { pageAsked, pageOf } from '../paging.ts'
import { idempotencyOf } from '../plugins/idempotency.ts'
import { principalOf } from '../principal.ts'
import {
  Actor,
  Closed,
  CustomerId,
  IsoDate,
  IsoInstant,
  Nullable,
  OneOf,
  PackageCode,
  Page,
  paging,
  Plant,
  RequestId,
} from '../schemas.ts'
import { notFound, visibleAccount, visiblePlants } from '../visible.ts'
import { packageDecisionRoutes } from './package-decisions.ts'

const tags = ['Package changes']
const Feeder = Type.String({ pattern: '^[A-Za-z0-9-]{1,20}$', examples: ['F1'] })

const Asked = Closed({
  packageCode: PackageCode,
  takesEffect: Type.Optional(
    OneOf(
      ['next-period', 'at-once'],
      '`next-period` unless said otherwise; `at-once` is for a change between post-paid packages.',
    ),
  ),
  meterKind: Type.Optional(OneOf(METER_KINDS, 'Only where another meter is wished for: without it the meter stays if it fits.')),
  toFeeder: Type.Optional(Feeder),
})

const RequestView = Type.Object({
  requestId: RequestId,
  plant: Plant,
  customerId: CustomerId,
  fromCode: PackageCode,
  toCode: PackageCode,
  takesEffect: Type.String(),
  meterKind: Nullable(Type.String()),
  toFeeder: Nullable(Type.String()),
  requestedBy: Actor,
  requestedAt: IsoInstant,
  needsStateApproval: Nullable(Type.Boolean({ description: 'Known once the cluster in-charge has approved.' })),
  approvedAt: Nullable(IsoInstant),
  settledAt: Nullable(IsoInstant),
  effectiveOn: Nullable(
    Type.Unsafe<string>({ ...IsoDate, description: 'First day of the new price: planned, and true once applied.' }),
  ),
  appliedAt: Nullable(IsoInstant),
  endedAt: Nullable(IsoInstant),
  endedAs: Nullable(Type.String()),
})

const RequestPage = Type.Object({
  request: RequestView,
  stage: Type.String(),
  waitingFor: Nullable(Type.String()),
  dueAt: Nullable(IsoInstant),
  decisions: Type.Array(
    Type.Object({
      step: Type.String(),
      verdict: Type.String(),
      decidedBy: Actor,
      decidedAt: IsoInstant,
      text: Nullable(Type.String()),
    }),
  ),
})

const ofCustomer = Closed({ customerId: CustomerId })
const params = Closed({ requestId: RequestId })
const State = Type.Optional(OneOf(['open', 'ended', 'all']))

/** Another package for a connection: asked for by the customer or a CSA for them, decided, carried out, confirmed (manual 2.2.9). */
export function packageChangeRoutes(app: Api, deps: ApiDeps): void {
  app.post(
    '/v1/customers/:customerId/package-changes',
    {
      config: { action: 'package-changes.request', idempotent: true },
      schema: { tags, summary: 'Ask for another package', params: ofCustomer, body: Asked, response: { 201: RequestView } },
    },
    async (request, reply) => reply.code(201).send(await ask(deps, request, { ...request.params, ...request.body })),
  )

  app.get(
    '/v1/customers/:customerId/package-changes',
    {
      config: { action: 'package-changes.read' },
      schema: {
        tags,
        summary: 'Package changes of a connection, newest first',
        params: ofCustomer,
        querystring: Closed({ state: State, ...paging }),
        response: { 200: Page(RequestView) },
      },
    },
    async (request) => {
      const { customerId, plant } = await visibleAccount(deps.db, request, request.params)
      return list(deps, request.query, { plants: [plant], customerIds: [customerId ?? ''] })
    },
  )

  app.get(
    '/v1/package-changes',
    {
      config: { action: 'package-changes.decide' },
      schema: {
        tags,
        summary: 'Package changes of the plants, newest first',
        querystring: Closed({ plant: Type.Optional(Plant), state: State, ...paging }),
        response: { 200: Page(RequestView) },
      },
    },
    async (request) => list(deps, request.query, { plants: visiblePlants(request, request.query.plant) }),
  )

  app.get(
    '/v1/package-changes/:requestId',
    {
      config: { action: 'package-changes.read' },
      schema: { tags, summary: 'A package change: where it stands and what was decided', params, response: { 200: RequestPage } },
    },
    async (request) => page(deps, await visibleRequest(deps, request, request.params.requestId)),
  )

  packageDecisionRoutes(app, deps)
}

async function ask(
  { db, now }: ApiDeps,
  request: FastifyRequest,
  asked: Static<typeof Asked> & { customerId: string },
): Promise<Static<typeof RequestView>> {
  const { customerId, packageCode, takesEffect = 'next-period', meterKind, toFeeder } = asked
  const { plant } = await visibleAccount(db, request, { customerId })
  const asOf = await businessNow(db, plant, now())
  const wish = { customerId, packageCode, takesEffect, meterKind, toFeeder, requestedBy: principalOf(request).actor, asOf }
  return inTransaction(db, async (tx) => {
    const made = show(await requestPackageChange(tx, wish))
    await recordAudit(tx, {
      actor: wish.requestedBy,
      action: 'requestPackageChange',
      subject: processIds.packageChange(made.requestId),
      plant,
      businessAt: asOf,
      after: { requestId: made.requestId, packageCode, takesEffect, trace: request.id },
    })
    await keepAnswer(tx, idempotencyOf(request), { status: 201, body: made })
    return made
  })
}

async function list(
  { db }: ApiDeps,
  { state = 'all', ...query }: { state?: 'open' | 'ended' | 'all'; limit?: number; cursor?: string },
  whose: { plants: readonly string[]; customerIds?: readonly string[] },
) {
  const { limit, after } = pageAsked(query)
  const rows = await listPackageRequests(db, { ...whose, state, after, limit: limit + 1 })
  const { items, nextCursor } = pageOf(rows, limit, ({ requestId }) => requestId)
  return { items: items.map(show), nextCursor }
}

async function page({ db }: ApiDeps, request: PackageRequest): Promise<Static<typeof RequestPage>> {
  const workflowId = processIds.packageChange(request.requestId)
  const process = await findProcess(db, workflowId)
  const { stage = 'Starting', waitingFor = null, dueAt = null } = process ?? {}
  return { request: show(request), stage, waitingFor, dueAt, decisions: await decisionsOf(db, workflowId) }
}

/** The request, if the connection is theirs to see; else it does not exist. */
export async function visibleRequest({ db }: ApiDeps, request: FastifyRequest, requestId: string): Promise<PackageRequest> {
  const found = await findPackageRequest(db, requestId)
  const account = found && (await findVisibleAccount(db, principalOf(request), { accountId: found.accountId }))
  if (found === undefined || account === undefined) throw notFound('package change')
  return found
}

function show(request: PackageRequest): Static<typeof RequestView> {
  const { requestId, plant, customerId, fromCode, toCode, takesEffect, meterKind, toFeeder, requestedBy, requestedAt } = request
  const { needsStateApproval, approvedAt, settledAt, effectiveOn, appliedAt, endedAt, endedAs } = request
  const asked = { requestId, plant, customerId, fromCode, toCode, takesEffect, meterKind, toFeeder, requestedBy, requestedAt }
  return { ...asked, needsStateApproval, approvedAt, settledAt, effectiveOn, appliedAt, endedAt, endedAs }
}
