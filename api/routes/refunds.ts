import { type Static, Type } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import { withAccount } from '../../db/queries/accounts.ts'
import { recordAudit } from '../../db/queries/audit.ts'
import { businessNow } from '../../db/queries/clock.ts'
import type { Tx } from '../../db/client.ts'
import { insertFreeText, readFreeText } from '../../db/queries/free-texts.ts'
import { keepAnswer } from '../../db/queries/idempotency.ts'
import { readPlant } from '../../db/queries/plants.ts'
import { decisionsOf } from '../../db/queries/process-list.ts'
import { findRefundRow, listRefundRows } from '../../db/queries/refund-list.ts'
import { payableNow } from '../../db/queries/refund-held.ts'
import { triesOf } from '../../db/queries/refund-payments.ts'
import { fetchUnclaimed, requestCreditRefund, takeReturned } from '../../db/queries/refund-requests.ts'
import { type RefundOwner, withRefundOwner } from '../../db/queries/refund-owner.ts'
import type { Refund } from '../../db/queries/refunds.ts'
import { processIds } from '../../domain/process-ids.ts'
import { REFUND_REASONS, refundApprover } from '../../domain/refund.ts'
import type { Api, ApiDeps } from '../deps.ts'
import { numberedPageAsked, pageOf } from '../paging.ts'
import { idempotencyOf } from '../plugins/idempotency.ts'
import { principalOf } from '../principal.ts'
import { Reference, RefundPage, RefundView, showRefund, showTry } from '../refund-schemas.ts'
import { AccountId, AmountMinor, Closed, FreeText, OneOf, Page, paging, Plant } from '../schemas.ts'
import { notFound, visibleAccount, visiblePlants } from '../visible.ts'
import { METHODS } from './closures.ts'
import { RefundId, visibleRefund } from './refund-decisions.ts'

const tags = ['Refunds']
const params = Closed({ refundId: RefundId })
const method = OneOf(METHODS)

const Asked = Closed({
  amountMinor: AmountMinor,
  method,
  reason: OneOf(REFUND_REASONS),
  paymentId: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: Number.MAX_SAFE_INTEGER,
      description: 'The payment that it gives back, or a part of: never more than was paid.',
    }),
  ),
  text: Type.Optional(FreeText),
})

/** Money that goes out: asked for, listed for those who must act, and what nobody fetched or what came back (policy, "credit note, refund"). */
export function refundRoutes(app: Api, deps: ApiDeps): void {
  askingRoute(app, deps)
  listRoutes(app, deps)
  pageRoute(app, deps)
  againRoutes(app, deps)
}

function askingRoute(app: Api, deps: ApiDeps): void {
  app.post(
    '/v1/accounts/:accountId/refunds',
    {
      config: { action: 'refunds.request', idempotent: true },
      schema: {
        tags,
        summary: 'Ask for a customer’s credit to be given back',
        description:
          'All or a part of what is held as credit and no other refund was asked for. It moves nothing until it was approved by the level its amount needs and paid by another person.',
        params: Closed({ accountId: AccountId }),
        body: Asked,
        response: { 201: RefundView },
      },
    },
    async (request, reply) => {
      const { accountId } = await visibleAccount(deps.db, request, request.params)
      const { text, ...asked } = request.body
      const { actor: requestedBy } = principalOf(request)
      const made = await withAccount(deps.db, accountId, (tx, account) =>
        changeRefund(deps, request, {
          ...{ tx, account, action: 'requestRefund', status: 201 },
          act: async (at) => {
            const textId = text === undefined ? null : await insertFreeText(tx, { body: text, writtenBy: requestedBy })
            return requestCreditRefund(tx, { account, asOf: at.asOf }, { ...asked, requestedBy, textId })
          },
        }),
      )
      return reply.code(201).send(made)
    },
  )
}

function listRoutes(app: Api, { db }: ApiDeps): void {
  app.get(
    '/v1/pay-outs',
    {
      config: { action: 'refunds.read' },
      schema: {
        tags,
        summary: 'Refunds of the plants, newest first, with whom each waits for',
        querystring: Closed({
          ...paging,
          plant: Type.Optional(Plant),
          state: Type.Optional(OneOf(['open', 'unclaimed', 'all'], '`open`: somebody must act. All unless said otherwise.')),
        }),
        response: { 200: Page(RefundView) },
      },
    },
    async (request) => {
      const { plant, state = 'all', ...query } = request.query
      const { limit, after } = numberedPageAsked(query)
      const rows = await listRefundRows(db, { plants: visiblePlants(request, plant), state, before: after, limit: limit + 1 })
      const { items, nextCursor } = pageOf(rows, limit, ({ refundId }) => refundId)
      return { items: items.map(showRefund), nextCursor }
    },
  )

  app.get(
    '/v1/accounts/:accountId/refunds',
    {
      config: { action: 'accounts.read-money' },
      schema: {
        tags,
        summary: 'Refunds of an account, newest first',
        params: Closed({ accountId: AccountId }),
        querystring: Closed(paging),
        response: { 200: Page(RefundView) },
      },
    },
    async (request) => {
      const { accountId, plant } = await visibleAccount(db, request, request.params)
      const { limit, after } = numberedPageAsked(request.query)
      const rows = await listRefundRows(db, { plants: [plant], accountId, state: 'all', before: after, limit: limit + 1 })
      const { items, nextCursor } = pageOf(rows, limit, ({ refundId }) => refundId)
      return { items: items.map(showRefund), nextCursor }
    },
  )
}

function pageRoute(app: Api, { db, now }: ApiDeps): void {
  app.get(
    '/v1/pay-outs/:refundId',
    {
      config: { action: 'refunds.read' },
      schema: {
        tags,
        summary: 'A refund: where it stands, every try to pay it, and what was decided',
        params,
        response: { 200: RefundPage },
      },
    },
    async (request) => {
      const refund = await visibleRefund(db, request)
      const asOf = await businessNow(db, refund.plant, now())
      const { policy } = await readPlant(db, refund.plant, asOf)
      return {
        refund: showRefund(refund),
        payableMinor: await payableNow(db, refund),
        approver: refundApprover(refund, policy),
        text: refund.textId === null ? null : await readFreeText(db, refund.textId),
        tries: (await triesOf(db, refund.refundId)).map(showTry),
        decisions: await decisionsOf(db, refund.workflowId),
      }
    },
  )
}

function againRoutes(app: Api, deps: ApiDeps): void {
  app.post(
    '/v1/pay-outs/:refundId/claim',
    {
      config: { action: 'refunds.pay', idempotent: true },
      schema: {
        tags,
        summary: 'Who did not fetch a refund has come',
        description: 'It was kept apart and is payable at any time: its process is started anew, and it is paid like any other.',
        params,
        body: Closed({ method }),
        response: { 200: RefundView },
      },
    },
    async (request) => {
      const { refundId } = await visibleRefund(deps.db, request)
      const { method: asked } = request.body
      return withRefundOwner(deps.db, refundId, (tx, account) =>
        changeRefund(deps, request, {
          ...{ tx, account, action: 'claimRefund' },
          act: (at) => fetchUnclaimed(tx, at, { refundId, method: asked }),
        }),
      )
    },
  )

  app.post(
    '/v1/pay-outs/:refundId/return',
    {
      config: { action: 'refunds.settle', idempotent: true },
      schema: {
        tags,
        summary: 'A transfer came back: the refund is to be paid another way',
        description: 'Said by head office, by another person than who sent it, with what proves it.',
        params,
        body: Closed({ proof: Reference }),
        response: { 200: RefundView },
      },
    },
    async (request) => {
      const { refundId } = await visibleRefund(deps.db, request)
      const said = { refundId, by: principalOf(request).actor, proof: request.body.proof }
      return withRefundOwner(deps.db, refundId, (tx, account) =>
        changeRefund(deps, request, { ...{ tx, account, action: 'returnRefund' }, act: (at) => takeReturned(tx, at, said) }),
      )
    },
  )
}

interface Change {
  readonly tx: Tx
  readonly account: RefundOwner
  readonly action: string
  readonly status?: number
  readonly act: (at: { account: RefundOwner; asOf: string }) => Promise<Refund>
}

/** In one transaction, which holds the lock of whose money it is: what is asked, who asked it, and the answer under its key. */
export async function changeRefund(
  { now }: Pick<ApiDeps, 'now'>,
  request: FastifyRequest,
  { tx, account, action, status = 200, act }: Change,
): Promise<Static<typeof RefundView>> {
  const asOf = await businessNow(tx, account.plant, now())
  const { refundId, amountMinor } = await act({ account, asOf })
  await recordAudit(tx, {
    actor: principalOf(request).actor,
    action,
    subject: processIds.payOut(refundId),
    plant: account.plant,
    businessAt: asOf,
    after: { refundId, amountMinor, trace: request.id },
  })
  const row = await findRefundRow(tx, refundId)
  if (row === undefined) throw notFound('refund')
  await keepAnswer(tx, idempotencyOf(request), { status, body: showRefund(row) })
  return showRefund(row)
}
