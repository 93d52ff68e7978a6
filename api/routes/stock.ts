import { Type } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import { inTransaction } from '../../db/queries/accounts.ts'
import { recordAudit } from '../../db/queries/audit.ts'
import { businessNow } from '../../db/queries/clock.ts'
import { keepAnswer } from '../../db/queries/idempotency.ts'
import { receiveMeters } from '../../db/queries/stock.ts'
import { listMeters, movesOf } from '../../db/queries/stock-lists.ts'
import { METER_KINDS, type MeterKind } from '../../domain/package.ts'
import type { Api, ApiDeps } from '../deps.ts'
import { pageAsked, pageOf } from '../paging.ts'
import { idempotencyOf } from '../plugins/idempotency.ts'
import { principalOf } from '../principal.ts'
import { AccountId, Closed, IsoInstant, Nullable, OneOf, Page, paging, Plant, Serial } from '../schemas.ts'
import { notFound, visiblePlant } from '../visible.ts'

const tags = ['Meter stock']
const STATES = ['free', 'assigned', 'installed', 'to-be-removed', 'in-repair', 'scrapped'] as const

const Meter = Type.Object({
  serial: Serial,
  plant: Plant,
  kind: OneOf(METER_KINDS),
  state: OneOf(STATES),
  accountId: Nullable(AccountId),
})
const Move = Type.Object({
  fromState: Nullable(Type.String()),
  toState: Type.String(),
  accountId: Nullable(AccountId),
  source: Type.String(),
  businessAt: IsoInstant,
})
const Receipt = Closed({
  kind: OneOf(METER_KINDS),
  serials: Type.Array(Serial, { minItems: 1, maxItems: 200, uniqueItems: true }),
})
const query = Closed({ ...paging, state: Type.Optional(OneOf(STATES)), kind: Type.Optional(OneOf(METER_KINDS)) })

/** The meters of a plant: on the shelf, set aside, on the wall; and where each has been. */
export function stockRoutes(app: Api, deps: ApiDeps): void {
  const { db } = deps

  app.get(
    '/v1/plants/:plant/meters',
    {
      config: { action: 'meters.read' },
      schema: {
        tags,
        summary: 'Meters of a plant by serial',
        params: Closed({ plant: Plant }),
        querystring: query,
        response: { 200: Page(Meter) },
      },
    },
    async (request) => {
      const { limit, after } = pageAsked(request.query)
      const { state, kind } = request.query
      const rows = await listMeters(db, {
        plant: visiblePlant(request, request.params.plant),
        state,
        kind,
        after,
        limit: limit + 1,
      })
      return pageOf(rows, limit, (row) => row.serial)
    },
  )

  app.get(
    '/v1/plants/:plant/meters/:serial/moves',
    {
      config: { action: 'meters.read' },
      schema: {
        tags,
        summary: 'Where a meter has been, newest first',
        params: Closed({ plant: Plant, serial: Serial }),
        response: { 200: Type.Object({ items: Type.Array(Move) }) },
      },
    },
    async (request) => {
      const moves = await movesOf(db, { plant: visiblePlant(request, request.params.plant), serial: request.params.serial })
      if (moves === undefined) throw notFound('meter')
      return { items: moves }
    },
  )

  app.post(
    '/v1/plants/:plant/meters',
    {
      config: { action: 'stock.write', idempotent: true },
      schema: {
        tags,
        summary: 'Take new meters into the stock',
        params: Closed({ plant: Plant }),
        body: Receipt,
        response: { 201: Type.Object({ received: Type.Integer() }) },
      },
    },
    async (request, reply) =>
      reply.code(201).send(await receive(deps, request, { ...request.body, plant: visiblePlant(request, request.params.plant) })),
  )
}

async function receive(
  { db, now }: ApiDeps,
  request: FastifyRequest,
  { plant, kind, serials }: { plant: string; kind: MeterKind; serials: string[] },
): Promise<{ received: number }> {
  const { actor } = principalOf(request)
  const asOf = await businessNow(db, plant, now())
  return inTransaction(db, async (tx) => {
    await receiveMeters(tx, { plant, kind, serials, source: `staff:${actor}`, asOf })
    await recordAudit(tx, {
      actor,
      action: 'receiveMeters',
      subject: `stock:${plant}:${kind}`,
      plant,
      businessAt: asOf,
      after: { kind, serials, trace: request.id },
    })
    const answer = { received: serials.length }
    await keepAnswer(tx, idempotencyOf(request), { status: 201, body: answer })
    return answer
  })
}
