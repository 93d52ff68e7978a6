import { type Static, Type } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import { inTransaction } from '../../db/queries/accounts.ts'
import { recordAudit } from '../../db/queries/audit.ts'
import { businessNow } from '../../db/queries/clock.ts'
import { insertFreeText, readFreeText } from '../../db/queries/free-texts.ts'
import { keepAnswer } from '../../db/queries/idempotency.ts'
import { readPlant } from '../../db/queries/plants.ts'
import {
  findPriceChange,
  listPriceChanges,
  type PriceChange,
  priceProgress,
  requestPrice,
} from '../../db/queries/price-changes.ts'
import { decisionsOf, findProcess } from '../../db/queries/process-list.ts'
import { assertMayDecide } from '../../domain/approvals.ts'
import { processIds } from '../../domain/process-ids.ts'
import { rejectPrice, releasePrice, withdrawPrice } from '../../workflows/change-price.ts'
import type { DecisionUpdate } from '../../workflows/decisions.ts'
import { Standing } from '../correction-schemas.ts'
import { decide } from '../decide.ts'
import { decisionRoute } from '../decision-route.ts'
import type { Api, ApiDeps } from '../deps.ts'
import { pageAsked, pageOf } from '../paging.ts'
import { idempotencyOf } from '../plugins/idempotency.ts'
import { principalOf, staffOf } from '../principal.ts'
import { PriceBody, PriceChangeId, PriceChangeView, showPriceChange } from '../price-schemas.ts'
import type { StandingDecision } from '../schemas.ts'
import { Closed, FreeText, PackageCode, Page, paging, Plant } from '../schemas.ts'
import { notFound, visiblePlant, visiblePlants } from '../visible.ts'

const tags = ['Prices']
const params = Closed({ priceChangeId: PriceChangeId })
const Count = Type.Integer({ minimum: 0 })
const PriceChangePage = Type.Object({
  priceChange: PriceChangeView,
  progress: Type.Object(
    { told: Count, delivered: Count, paying: Count, waiting: Count },
    { description: 'Customers told, notices delivered, who pays it or is settled to, and how many have an older version still.' },
  ),
  ...Standing,
})

/** New prices: asked for at head office, released by a second person there, paid after notice (policy "price change"). */
export function priceChangeRoutes(app: Api, deps: ApiDeps): void {
  app.post(
    '/v1/plants/:plant/packages/:code/versions',
    {
      config: { action: 'prices.request', idempotent: true },
      schema: {
        tags,
        summary: 'Ask for a new version of a package: the same supply at another price',
        params: Closed({ plant: Plant, code: PackageCode }),
        body: PriceBody,
        response: { 201: PriceChangeView },
      },
    },
    async (request, reply) => reply.code(201).send(await ask(deps, request, { ...request.params, ...request.body })),
  )
  lookingRoutes(app, deps)
  decidingRoutes(app, deps)
}

async function ask(
  { db, now }: ApiDeps,
  request: FastifyRequest,
  { text, ...asked }: Static<typeof PriceBody> & { plant: string; code: string },
): Promise<Static<typeof PriceChangeView>> {
  const plant = visiblePlant(request, asked.plant)
  const { actor: requestedBy } = principalOf(request)
  const asOf = await businessNow(db, plant, now())
  return inTransaction(db, async (tx) => {
    const textId = text === undefined ? null : await insertFreeText(tx, { body: text, writtenBy: requestedBy })
    const made = showPriceChange(await requestPrice(tx, { ...asked, textId, requestedBy, asOf }))
    const { priceChangeId, packageCode, fixedChargeMinor, energyRateMinorPerKwh, wishedFrom } = made
    await recordAudit(tx, {
      actor: requestedBy,
      action: 'requestPrice',
      subject: processIds.priceChange(priceChangeId),
      plant,
      businessAt: asOf,
      after: { priceChangeId, packageCode, fixedChargeMinor, energyRateMinorPerKwh, wishedFrom, trace: request.id },
    })
    await keepAnswer(tx, idempotencyOf(request), { status: 201, body: made })
    return made
  })
}

function lookingRoutes(app: Api, deps: ApiDeps): void {
  app.get(
    '/v1/price-changes',
    {
      config: { action: 'prices.read' },
      schema: {
        tags,
        summary: 'Price changes of the plants, newest first',
        querystring: Closed({ plant: Type.Optional(Plant), ...paging }),
        response: { 200: Page(PriceChangeView) },
      },
    },
    async (request) => {
      const { plant, ...query } = request.query
      const { limit, after } = pageAsked(query)
      const rows = await listPriceChanges(deps.db, { plants: visiblePlants(request, plant), after, limit: limit + 1 })
      const { items, nextCursor } = pageOf(rows, limit, ({ priceChangeId }) => priceChangeId)
      return { items: items.map(showPriceChange), nextCursor }
    },
  )

  app.get(
    '/v1/price-changes/:priceChangeId',
    {
      config: { action: 'prices.read' },
      schema: {
        tags,
        summary: 'A price change: where it stands, who was told, who pays it',
        params,
        response: { 200: PriceChangePage },
      },
    },
    async (request) => {
      const change = await visiblePriceChange(deps, request)
      const workflowId = processIds.priceChange(change.priceChangeId)
      const { stage = 'Starting', waitingFor = null, dueAt = null } = (await findProcess(deps.db, workflowId)) ?? {}
      const progress = await priceProgress(deps.db, change)
      const decisions = await decisionsOf(deps.db, workflowId)
      const text = change.textId === null ? null : await readFreeText(deps.db, change.textId)
      return { priceChange: showPriceChange(change), progress, stage, waitingFor, dueAt, text, decisions }
    },
  )
}

function decidingRoutes(app: Api, deps: ApiDeps): void {
  const action = 'prices.decide'
  const Note = Closed({ text: Type.Optional(FreeText) })
  app.post(
    '/v1/price-changes/:priceChangeId/release',
    decisionRoute({ tags, summary: 'Release it: customers are told at once', params, body: Note, action }),
    async (request) => send(deps, request, { update: releasePrice, verdict: 'approved', text: request.body.text }),
  )
  app.post(
    '/v1/price-changes/:priceChangeId/reject',
    decisionRoute({ tags, summary: 'Refuse, saying why', params, body: Closed({ text: FreeText }), action }),
    async (request) => send(deps, request, { update: rejectPrice, verdict: 'rejected', text: request.body.text }),
  )
  app.post(
    '/v1/price-changes/:priceChangeId/withdraw',
    decisionRoute({ tags, summary: 'Take back what one asked for', params, body: Note, action: 'prices.request' }),
    async (request) => send(deps, request, { update: withdrawPrice, verdict: 'withdrawn', text: request.body.text }),
  )
}

interface Sent {
  readonly update: DecisionUpdate
  readonly verdict: 'approved' | 'rejected' | 'withdrawn'
  readonly text: string | undefined
}

/** Refused at once where it is one's own; the process asks the same again. */
async function send(deps: ApiDeps, request: FastifyRequest, sent: Sent): Promise<Static<typeof StandingDecision>> {
  const { priceChangeId, plant, requestedBy } = await visiblePriceChange(deps, request)
  if (sent.verdict !== 'withdrawn') {
    const { policy } = await readPlant(deps.db, plant, await businessNow(deps.db, plant, deps.now()))
    const { role, login } = staffOf(request)
    assertMayDecide({ decision: 'price-release', role, deciderId: login, makerId: requestedBy }, policy)
  }
  return decide(deps, { request, workflowId: processIds.priceChange(priceChangeId), plant, step: 'release', ...sent })
}

async function visiblePriceChange({ db }: ApiDeps, request: FastifyRequest): Promise<PriceChange> {
  const { priceChangeId } = request.params as Static<typeof params>
  const change = await findPriceChange(db, priceChangeId)
  if (change === undefined || !principalOf(request).plants.includes(change.plant)) throw notFound('price change')
  return change
}
