import { type Static, Type } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import { inTransaction } from '../../db/queries/accounts.ts'
import { recordAudit } from '../../db/queries/audit.ts'
import {
  acceptCash,
  type CashHandover,
  endOffer,
  listHandovers,
  offerCash,
  readHandover,
} from '../../db/queries/cash-handovers.ts'
import { mayHoldCash } from '../../db/queries/cash-holders.ts'
import { keepAnswer } from '../../db/queries/idempotency.ts'
import type { PlantTerms } from '../../db/queries/plants.ts'
import type { Tx } from '../../db/client.ts'
import { plantOfCounter, shownState } from '../../domain/cash.ts'
import { isDomainError } from '../../domain/errors.ts'
import { HandoverView, Holder } from '../cash-schemas.ts'
import { ownHolder, plantNow, visibleHolders } from '../cash-visible.ts'
import type { Api, ApiDeps } from '../deps.ts'
import { ApiError } from '../errors.ts'
import { numberedPageAsked, pageOf } from '../paging.ts'
import { idempotencyOf } from '../plugins/idempotency.ts'
import { staffOf } from '../principal.ts'
import { AmountMinor, Closed, FreeText, Page, paging } from '../schemas.ts'
import { notFound } from '../visible.ts'

const tags = ['Cash']
const params = Closed({ handoverId: Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER, examples: [1] }) })
const response = { 200: HandoverView }

type Act = (tx: Tx, at: { plant: PlantTerms; asOf: string }) => Promise<CashHandover>

/** Cash from one hand into another: offered by one, accepted or refused by the other, posted only then. */
export function cashHandoverRoutes(app: Api, deps: ApiDeps): void {
  const { db } = deps
  settlingRoutes(app, deps)

  app.post(
    '/v1/cash/:holder/handovers',
    {
      config: { action: 'cash.hold', idempotent: true },
      schema: {
        tags,
        summary: 'Offer cash of one’s own hand, or of the counter, to another hand of the plant',
        params: Closed({ holder: Holder }),
        body: Closed({ to: Holder, amountMinor: AmountMinor }),
        response: { 201: HandoverView },
      },
    },
    async (request, reply) => {
      const { holder: from, plant } = await ownHolder(db, request, request.params.holder)
      const { to, amountMinor } = request.body
      if (!(await mayHoldCash(db, plant, to)))
        throw new ApiError('INVALID_INPUT', 'Nobody of that name holds cash at this plant.')
      const offer = { from, to, amountMinor, offeredBy: staffOf(request).login }
      const act: Act = (tx, at) => offerCash(tx, at, offer)
      return reply.code(201).send(await carryOut(deps, request, { plant, action: 'offer-cash', status: 201, act }))
    },
  )

  app.get(
    '/v1/cash-handovers',
    {
      config: { action: 'cash.read' },
      schema: {
        tags,
        summary: 'Hand-overs that one gives or takes, newest first; of the plants for those in charge',
        querystring: Closed({ ...paging }),
        response: { 200: Page(HandoverView) },
      },
    },
    async (request) => {
      const staff = staffOf(request)
      const holders = visibleHolders(staff)
      const { limit, after: before } = numberedPageAsked(request.query)
      const rows = await listHandovers(db, { plants: staff.plants, ...(holders && { holders }), before, limit: limit + 1 })
      const { items, nextCursor } = pageOf(rows, limit, (row) => row.handoverId)
      return { items: await Promise.all(items.map((row) => show(deps, row))), nextCursor }
    },
  )
}

function settlingRoutes(app: Api, deps: ApiDeps): void {
  app.post(
    '/v1/cash-handovers/:handoverId/acceptance',
    {
      config: { action: 'cash.hold', idempotent: true },
      schema: {
        tags,
        summary: 'Take the cash over: both say the same amount',
        params,
        body: Closed({ amountMinor: AmountMinor }),
        response,
      },
    },
    async (request) => {
      const { handoverId, plant } = await visibleHandover(deps, request, { as: 'receiver' })
      const { login: by } = staffOf(request)
      const act: Act = (tx, at) => acceptCash(tx, at, { handoverId, amountMinor: request.body.amountMinor, by })
      return carryOut(deps, request, { plant, action: 'accept-cash', act })
    },
  )

  for (const [path, as] of [
    ['refusal', 'refused'],
    ['withdrawal', 'withdrawn'],
  ] as const)
    app.post(
      `/v1/cash-handovers/:handoverId/${path}`,
      {
        config: { action: 'cash.hold', idempotent: true },
        schema: {
          tags,
          summary: as === 'refused' ? 'Do not take the cash' : 'Take the offer back',
          params,
          body: Closed({ text: Type.Optional(FreeText) }),
          response,
        },
      },
      async (request) => {
        const side = as === 'refused' ? 'receiver' : 'giver'
        const { handoverId, plant } = await visibleHandover(deps, request, { as: side })
        const { login: by } = staffOf(request)
        const act: Act = (tx, at) => endOffer(tx, at, { handoverId, as, by, text: request.body.text })
        return carryOut(deps, request, { plant, action: `${as}-cash`, act })
      },
    )
}

/** The hand-over, if whoever asks stands on that side of it; else NOT_FOUND. */
async function visibleHandover(
  { db }: ApiDeps,
  request: FastifyRequest,
  { as }: { as: 'giver' | 'receiver' },
): Promise<CashHandover> {
  const { handoverId } = request.params as Static<typeof params>
  const { login, plants } = staffOf(request)
  const handover = await readHandover(db, handoverId).catch((error: unknown) => {
    throw isDomainError(error) ? notFound('hand-over') : error
  })
  const holder = as === 'giver' ? handover.fromHolder : handover.toHolder
  if (!plants.includes(handover.plant) || (holder !== login && plantOfCounter(holder) !== handover.plant))
    throw notFound('hand-over')
  return handover
}

async function carryOut(
  deps: ApiDeps,
  request: FastifyRequest,
  { plant, action, act, status = 200 }: { plant: string; action: string; act: Act; status?: number },
): Promise<Static<typeof HandoverView>> {
  const at = await plantNow(deps, plant)
  return inTransaction(deps.db, async (tx) => {
    const handover = await act(tx, at)
    const { handoverId, fromHolder, toHolder, amountMinor, state } = handover
    const after = { fromHolder, toHolder, amountMinor, state, trace: request.id }
    await recordAudit(tx, {
      actor: staffOf(request).login,
      action,
      subject: `cash-handover:${handoverId}`,
      plant,
      businessAt: at.asOf,
      after,
    })
    const shown = { ...handover, state: shownState(handover, at.asOf) }
    await keepAnswer(tx, idempotencyOf(request), { status, body: shown })
    return shown
  })
}

async function show(deps: ApiDeps, handover: CashHandover): Promise<Static<typeof HandoverView>> {
  const { asOf } = await plantNow(deps, handover.plant)
  return { ...handover, state: shownState(handover, asOf) }
}
