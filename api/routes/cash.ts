import { Type } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import { inTransaction } from '../../db/queries/accounts.ts'
import { recordAudit } from '../../db/queries/audit.ts'
import { type CashCount, countCash, type Counting, listCounts } from '../../db/queries/cash-counts.ts'
import { cashDays } from '../../db/queries/cash-days.ts'
import { listCash } from '../../db/queries/cash-holders.ts'
import { keepAnswer } from '../../db/queries/idempotency.ts'
import { addDays, dateAt, daysBetween } from '../../domain/calendar.ts'
import { DomainError } from '../../domain/errors.ts'
import { CashDayView, CashView, CountedMinor, CountView, Denominations, Holder, Reason } from '../cash-schemas.ts'
import { ownHolder, plantNow, visibleHolder, visibleHolders } from '../cash-visible.ts'
import type { Api, ApiDeps } from '../deps.ts'
import { numberedPageAsked, pageOf } from '../paging.ts'
import { idempotencyOf } from '../plugins/idempotency.ts'
import { staffOf } from '../principal.ts'
import { Closed, IsoDate, Page, paging, Plant } from '../schemas.ts'
import { visiblePlants } from '../visible.ts'

const tags = ['Cash']
const params = Closed({ holder: Holder })
const LONGEST_VIEW_DAYS = 366

/** Cash in people's hands: how much, how it came and went by day, and counts (policy "cash"). */
export function cashRoutes(app: Api, deps: ApiDeps): void {
  const { db } = deps
  countRoutes(app, deps)

  app.get(
    '/v1/cash',
    {
      config: { action: 'cash.read' },
      schema: {
        tags,
        summary: 'Cash in hand: one’s own and the counter’s; of all of the plant for those in charge',
        querystring: Closed({ plant: Type.Optional(Plant) }),
        response: { 200: Type.Object({ items: Type.Array(CashView) }) },
      },
    },
    async (request) => {
      const holders = visibleHolders(staffOf(request))
      const items = []
      for (const plant of visiblePlants(request, request.query.plant)) {
        const { asOf } = await plantNow(deps, plant)
        items.push(...(await listCash(db, { plants: [plant], ...(holders && { holders }), asOf })))
      }
      return { items }
    },
  )

  app.get(
    '/v1/cash/:holder/days',
    {
      config: { action: 'cash.read' },
      schema: {
        tags,
        summary: 'The cash of a hand by business day: opening, what came and went, closing',
        description: 'Days on which nothing moved are left out. From 30 days before `to`, and to today, unless said.',
        params,
        querystring: Closed({ from: Type.Optional(IsoDate), to: Type.Optional(IsoDate) }),
        response: { 200: Type.Object({ items: Type.Array(CashDayView) }) },
      },
    },
    async (request) => {
      const { holder, plant: code } = await visibleHolder(db, request, request.params.holder)
      const { plant, asOf } = await plantNow(deps, code)
      return { items: await cashDays(db, { holder, zone: plant.zone, ...daysAsked(request.query, { asOf, zone: plant.zone }) }) }
    },
  )
}

function countRoutes(app: Api, deps: ApiDeps): void {
  const { db } = deps
  app.post(
    '/v1/cash/:holder/counts',
    {
      config: { action: 'cash.hold', idempotent: true },
      schema: {
        tags,
        summary: 'Count one’s own cash, or the counter’s: once a business day',
        description: 'The book then says what was counted: less is owed by the holder, more is kept apart and needs a reason.',
        params,
        body: Closed({
          countedMinor: CountedMinor,
          denominations: Type.Optional(Denominations),
          reason: Type.Optional(Reason),
        }),
        response: { 201: CountView },
      },
    },
    async (request, reply) => {
      const { holder, plant } = await ownHolder(db, request, request.params.holder)
      const counting = { holder, countedBy: staffOf(request).login, ...request.body }
      return reply.code(201).send(await count(deps, request, { plant, counting }))
    },
  )

  app.get(
    '/v1/cash/:holder/counts',
    {
      config: { action: 'cash.read' },
      schema: {
        tags,
        summary: 'Counts, newest first',
        params,
        querystring: Closed({ ...paging }),
        response: { 200: Page(CountView) },
      },
    },
    async (request) => {
      const { holder } = await visibleHolder(db, request, request.params.holder)
      const { limit, after: before } = numberedPageAsked(request.query)
      return pageOf(await listCounts(db, { holder, before, limit: limit + 1 }), limit, (row) => row.countId)
    },
  )
}

async function count(
  deps: ApiDeps,
  request: FastifyRequest,
  { plant: code, counting }: { plant: string; counting: Counting },
): Promise<CashCount> {
  const at = await plantNow(deps, code)
  return inTransaction(deps.db, async (tx) => {
    const counted = await countCash(tx, at, counting)
    const { countId, bookMinor, countedMinor } = counted
    await recordAudit(tx, {
      actor: counting.countedBy,
      action: 'count-cash',
      subject: `cash:${counting.holder}`,
      plant: code,
      businessAt: at.asOf,
      before: { amountMinor: bookMinor },
      after: { amountMinor: countedMinor, countId, trace: request.id },
    })
    await keepAnswer(tx, idempotencyOf(request), { status: 201, body: counted })
    return counted
  })
}

function daysAsked(
  { from, to }: { from?: string; to?: string },
  { asOf, zone }: { asOf: string; zone: string },
): { from: string; to: string } {
  const last = to ?? dateAt(asOf, zone)
  const first = from ?? addDays(last, -30)
  if (first > last || daysBetween(first, last) > LONGEST_VIEW_DAYS)
    throw new DomainError('INVALID_INPUT', 'At most a year, from its first day to its last')
  return { from: first, to: last }
}
