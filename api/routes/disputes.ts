import { type Static, Type } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import { withAccount } from '../../db/queries/accounts.ts'
import { recordAudit } from '../../db/queries/audit.ts'
import { findBillByNumber } from '../../db/queries/bills.ts'
import { businessNow } from '../../db/queries/clock.ts'
import { raiseDispute } from '../../db/queries/dispute-requests.ts'
import { billNumberOf, type Dispute, findDispute, listDisputes } from '../../db/queries/disputes.ts'
import { insertFreeText, readFreeText } from '../../db/queries/free-texts.ts'
import { keepAnswer } from '../../db/queries/idempotency.ts'
import { decisionsOf, findProcess } from '../../db/queries/process-list.ts'
import { findVisibleAccount } from '../../db/queries/visibility.ts'
import type { JsonObject } from '../../db/tables.ts'
import { CONFIRMATION_REASONS, DISPUTE_REASONS } from '../../domain/dispute.ts'
import { processIds } from '../../domain/process-ids.ts'
import type { DecisionUpdate } from '../../workflows/decisions.ts'
import { confirmBill, correctBill, withdrawDispute } from '../../workflows/handle-dispute.ts'
import { DisputeId, DisputeView, showDispute, Standing } from '../correction-schemas.ts'
import { decide } from '../decide.ts'
import { decisionRoute } from '../decision-route.ts'
import type { Api, ApiDeps } from '../deps.ts'
import { pageAsked, pageOf } from '../paging.ts'
import { idempotencyOf } from '../plugins/idempotency.ts'
import { principalOf } from '../principal.ts'
import type { StandingDecision } from '../schemas.ts'
import { BillNumber, Closed, FreeText, AmountMinor, OneOf, Page, paging, Plant } from '../schemas.ts'
import { notFound, visiblePlants } from '../visible.ts'

const tags = ['Disputes']
const text = Type.Optional(FreeText)
const params = Closed({ disputeId: DisputeId })
const Raised = Closed({
  amountMinor: Type.Optional(
    Type.Unsafe<number>({ ...AmountMinor, description: 'How much of it; the whole bill when left out.' }),
  ),
  reason: OneOf(DISPUTE_REASONS),
  text,
})
const Line = Closed({
  line: Type.Integer({ minimum: 1, maximum: 1000 }),
  amountMinor: Type.Integer({ minimum: -1e12, maximum: 1e12 }),
})
const Wrong = Closed({
  amountMinor: Type.Unsafe<number>({ ...AmountMinor, description: 'How much is to be taken off.' }),
  chargeId: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: Number.MAX_SAFE_INTEGER,
      description: 'Of which charge; the first disputed one when left out.',
    }),
  ),
  lines: Type.Optional(Type.Array(Line, { maxItems: 100 })),
  text: FreeText,
})
export const DisputePage = Type.Object({ dispute: DisputeView, billNumber: BillNumber, ...Standing })

/** Disputes of bills: raised by the customer or a CSA for them, answered by somebody else than read the meter. */
export function disputeRoutes(app: Api, deps: ApiDeps): void {
  app.post(
    '/v1/bills/:number/disputes',
    {
      config: { action: 'disputes.raise', idempotent: true },
      schema: {
        tags,
        summary: 'Dispute a bill, or an amount of it; that part is not chased until it is answered',
        params: Closed({ number: BillNumber }),
        body: Raised,
        response: { 201: DisputeView },
      },
    },
    async (request, reply) => reply.code(201).send(await raise(deps, request, { ...request.params, ...request.body })),
  )
  lookingRoutes(app, deps)
  answeringRoutes(app, deps)
}

async function raise(
  { db, now }: ApiDeps,
  request: FastifyRequest,
  { number, text: said, ...raised }: Static<typeof Raised> & { number: string },
): Promise<Static<typeof DisputeView>> {
  const bill = await findBillByNumber(db, number)
  const account = bill && (await findVisibleAccount(db, principalOf(request), { accountId: bill.accountId }))
  if (account === undefined) throw notFound('bill')
  const { actor: raisedBy } = principalOf(request)
  const asOf = await businessNow(db, account.plant, now())
  return withAccount(db, account.accountId, async (tx, locked) => {
    const textId = said === undefined ? null : await insertFreeText(tx, { body: said, writtenBy: raisedBy })
    const made = showDispute(await raiseDispute(tx, locked, { ...raised, billNumber: number, textId, raisedBy, asOf }))
    await recordAudit(tx, {
      actor: raisedBy,
      action: 'raiseDispute',
      subject: processIds.dispute(made.disputeId),
      plant: account.plant,
      businessAt: asOf,
      after: { disputeId: made.disputeId, number, amountMinor: made.amountMinor, trace: request.id },
    })
    await keepAnswer(tx, idempotencyOf(request), { status: 201, body: made })
    return made
  })
}

function lookingRoutes(app: Api, deps: ApiDeps): void {
  app.get(
    '/v1/disputes',
    {
      config: { action: 'disputes.answer' },
      schema: {
        tags,
        summary: 'Disputes of the plants, newest first',
        querystring: Closed({ plant: Type.Optional(Plant), state: Type.Optional(OneOf(['open', 'ended', 'all'])), ...paging }),
        response: { 200: Page(DisputeView) },
      },
    },
    async (request) => {
      const { plant, state = 'all', ...query } = request.query
      const { limit, after } = pageAsked(query)
      const rows = await listDisputes(deps.db, { plants: visiblePlants(request, plant), state, after, limit: limit + 1 })
      const { items, nextCursor } = pageOf(rows, limit, ({ disputeId }) => disputeId)
      return { items: items.map(showDispute), nextCursor }
    },
  )

  app.get(
    '/v1/disputes/:disputeId',
    {
      config: { action: 'disputes.read' },
      schema: { tags, summary: 'A dispute: where it stands and what was said', params, response: { 200: DisputePage } },
    },
    async (request) => disputePage(deps, await visibleDispute(deps, request, request.params.disputeId)),
  )
}

/** A dispute with its history, as its own page and the bill's records show it. */
export async function disputePage({ db }: Pick<ApiDeps, 'db'>, dispute: Dispute): Promise<Static<typeof DisputePage>> {
  const workflowId = processIds.dispute(dispute.disputeId)
  const { stage = 'Starting', waitingFor = null, dueAt = null } = (await findProcess(db, workflowId)) ?? {}
  return {
    dispute: showDispute(dispute),
    billNumber: await billNumberOf(db, dispute.billId),
    stage,
    waitingFor,
    dueAt,
    text: dispute.textId === null ? null : await readFreeText(db, dispute.textId),
    decisions: await decisionsOf(db, workflowId),
  }
}

function answeringRoutes(app: Api, deps: ApiDeps): void {
  const action = 'disputes.answer'
  const Right = Closed({ reason: OneOf(CONFIRMATION_REASONS), text: FreeText })
  app.post(
    '/v1/disputes/:disputeId/confirm',
    decisionRoute({ tags, summary: 'The bill is right, and why', params, body: Right, action }),
    async (request) => {
      const { reason, text: said } = request.body
      return send(deps, request, { ...request.params, update: confirmBill, verdict: 'confirmed', text: said, detail: { reason } })
    },
  )
  app.post(
    '/v1/disputes/:disputeId/correct',
    decisionRoute({ tags, summary: 'The bill is wrong: ask for a credit note', params, body: Wrong, action }),
    async (request) => {
      const { text: said, ...detail } = request.body
      return send(deps, request, { ...request.params, update: correctBill, verdict: 'corrected', text: said, detail })
    },
  )
  app.post(
    '/v1/disputes/:disputeId/withdraw',
    decisionRoute({ tags, summary: 'Take the dispute back', params, body: Closed({ text }), action: 'disputes.raise' }),
    async (request) =>
      send(deps, request, { ...request.params, update: withdrawDispute, verdict: 'withdrawn', text: request.body.text }),
  )
}

interface Said {
  readonly disputeId: string
  readonly update: DecisionUpdate
  readonly verdict: string
  readonly text: string | undefined
  readonly detail?: JsonObject
}

async function send(
  deps: ApiDeps,
  request: FastifyRequest,
  { disputeId, ...said }: Said,
): Promise<Static<typeof StandingDecision>> {
  const { plant } = await visibleDispute(deps, request, disputeId)
  return decide(deps, { request, workflowId: processIds.dispute(disputeId), plant, ...said })
}

async function visibleDispute({ db }: ApiDeps, request: FastifyRequest, disputeId: string): Promise<Dispute> {
  const found = await findDispute(db, disputeId)
  const account = found && (await findVisibleAccount(db, principalOf(request), { accountId: found.accountId }))
  if (found === undefined || account === undefined) throw notFound('dispute')
  return found
}
