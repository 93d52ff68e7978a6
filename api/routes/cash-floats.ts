import { type Static, Type } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import { inTransaction } from '../../db/queries/accounts.ts'
import { recordAudit } from '../../db/queries/audit.ts'
import { acceptFloat, type CashFloat, endFloat, giveFloat, listFloats, readFloat } from '../../db/queries/cash-floats.ts'
import { keepAnswer } from '../../db/queries/idempotency.ts'
import type { PlantTerms } from '../../db/queries/plants.ts'
import type { Tx } from '../../db/client.ts'
import { plantOfCounter } from '../../domain/cash.ts'
import { isDomainError } from '../../domain/errors.ts'
import { BankReference, FloatView, Holder } from '../cash-schemas.ts'
import { plantNow, visibleHolder, visibleHolders } from '../cash-visible.ts'
import type { Api, ApiDeps } from '../deps.ts'
import { numberedPageAsked, pageOf } from '../paging.ts'
import { idempotencyOf } from '../plugins/idempotency.ts'
import { staffOf } from '../principal.ts'
import { AmountMinor, Closed, FreeText, Page, paging } from '../schemas.ts'
import { notFound } from '../visible.ts'

const tags = ['Cash']
const params = Closed({ floatId: Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER, examples: [1] }) })
const response = { 200: FloatView }

type Act = (tx: Tx, at: { plant: PlantTerms; asOf: string }) => Promise<CashFloat>

/** Cash from the bank into a hand: given by head office, accepted or refused by that hand, posted only then. */
export function cashFloatRoutes(app: Api, deps: ApiDeps): void {
  givingRoutes(app, deps)
  takingRoutes(app, deps)

  app.get(
    '/v1/cash-floats',
    {
      config: { action: 'cash.read' },
      schema: {
        tags,
        summary: 'Floats of one’s own hand and the counter’s, newest first; of the plants for those in charge',
        querystring: Closed({ ...paging }),
        response: { 200: Page(FloatView) },
      },
    },
    async (request) => {
      const staff = staffOf(request)
      const holders = visibleHolders(staff)
      const { limit, after: before } = numberedPageAsked(request.query)
      const asked = { plants: staff.plants, ...(holders && { holders }), before, limit: limit + 1 }
      return pageOf(await listFloats(deps.db, asked), limit, (row) => row.floatId)
    },
  )
}

function givingRoutes(app: Api, deps: ApiDeps): void {
  app.post(
    '/v1/cash/:holder/floats',
    {
      config: { action: 'cash.bank', idempotent: true },
      schema: {
        tags,
        summary: 'Give a hand cash out of the plant’s bank account, up to its ceiling',
        params: Closed({ holder: Holder }),
        body: Closed({ amountMinor: AmountMinor, bankReference: BankReference }),
        response: { 201: FloatView },
      },
    },
    async (request, reply) => {
      const { holder, plant } = await visibleHolder(deps.db, request, request.params.holder)
      const float = { holder, ...request.body, givenBy: staffOf(request).login }
      const act: Act = (tx, at) => giveFloat(tx, at, float)
      return reply.code(201).send(await carryOut(deps, request, { plant, action: 'give-float', status: 201, act }))
    },
  )

  app.post(
    '/v1/cash-floats/:floatId/withdrawal',
    {
      config: { action: 'cash.bank', idempotent: true },
      schema: {
        tags,
        summary: 'Take back what nobody has accepted',
        params,
        body: Closed({ text: Type.Optional(FreeText) }),
        response,
      },
    },
    async (request) => {
      const { floatId, plant } = await floatAsked(deps, request)
      const ending = { floatId, as: 'withdrawn', by: staffOf(request).login, text: request.body.text } as const
      return carryOut(deps, request, { plant, action: 'withdraw-float', act: (tx, at) => endFloat(tx, at, ending) })
    },
  )
}

function takingRoutes(app: Api, deps: ApiDeps): void {
  app.post(
    '/v1/cash-floats/:floatId/acceptance',
    {
      config: { action: 'cash.hold', idempotent: true },
      schema: {
        tags,
        summary: 'Take the cash: both say the same amount',
        params,
        body: Closed({ amountMinor: AmountMinor }),
        response,
      },
    },
    async (request) => {
      const { floatId, plant } = await ownFloat(deps, request)
      const accepting = { floatId, amountMinor: request.body.amountMinor, by: staffOf(request).login }
      return carryOut(deps, request, { plant, action: 'accept-float', act: (tx, at) => acceptFloat(tx, at, accepting) })
    },
  )

  app.post(
    '/v1/cash-floats/:floatId/refusal',
    {
      config: { action: 'cash.hold', idempotent: true },
      schema: { tags, summary: 'Do not take the cash', params, body: Closed({ text: Type.Optional(FreeText) }), response },
    },
    async (request) => {
      const { floatId, plant } = await ownFloat(deps, request)
      const ending = { floatId, as: 'refused', by: staffOf(request).login, text: request.body.text } as const
      return carryOut(deps, request, { plant, action: 'refuse-float', act: (tx, at) => endFloat(tx, at, ending) })
    },
  )
}

/** The float, if it is of a plant of whoever asks; else NOT_FOUND. */
async function floatAsked({ db }: ApiDeps, request: FastifyRequest): Promise<CashFloat> {
  const { floatId } = request.params as Static<typeof params>
  const float = await readFloat(db, floatId).catch((error: unknown) => {
    throw isDomainError(error) ? notFound('float') : error
  })
  if (!staffOf(request).plants.includes(float.plant)) throw notFound('float')
  return float
}

/** The same, if it is for one's own hand or the counter's. */
async function ownFloat(deps: ApiDeps, request: FastifyRequest): Promise<CashFloat> {
  const float = await floatAsked(deps, request)
  if (float.holder !== staffOf(request).login && plantOfCounter(float.holder) !== float.plant) throw notFound('float')
  return float
}

async function carryOut(
  deps: ApiDeps,
  request: FastifyRequest,
  { plant, action, act, status = 200 }: { plant: string; action: string; act: Act; status?: number },
): Promise<Static<typeof FloatView>> {
  const at = await plantNow(deps, plant)
  return inTransaction(deps.db, async (tx) => {
    const float = await act(tx, at)
    const { floatId, holder, amountMinor, state } = float
    await recordAudit(tx, {
      actor: staffOf(request).login,
      action,
      subject: `cash-float:${floatId}`,
      plant,
      businessAt: at.asOf,
      after: { holder, amountMinor, state, trace: request.id },
    })
    await keepAnswer(tx, idempotencyOf(request), { status, body: float })
    return float
  })
}
