import { type Static, Type } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import { findPaymentById, listPayments, type Payment } from '../../db/queries/payments.ts'
import { accountsOf, findVisibleAccount } from '../../db/queries/visibility.ts'
import type { Principal } from '../../db/queries/sessions.ts'
import type { Db } from '../../db/client.ts'
import { PAYMENT_STATES } from '../../domain/payment.ts'
import { processIds } from '../../domain/process-ids.ts'
import { matchPayment } from '../../workflows/receive-payment.ts'
import { decide } from '../decide.ts'
import type { Api, ApiDeps } from '../deps.ts'
import { ApiError } from '../errors.ts'
import { numberedPageAsked, pageOf } from '../paging.ts'
import { PaymentBody, PaymentPage, viewPayment, viewPaymentPage } from '../payment-view.ts'
import { principalOf } from '../principal.ts'
import {
  AccountId,
  AmountMinor,
  Closed,
  Currency,
  FreeText,
  IsoDate,
  Login,
  OneOf,
  Page,
  paging,
  Plant,
  StandingDecision,
} from '../schemas.ts'
import { takeCash } from '../take-cash.ts'
import { notFound, visibleAccount, visiblePlants } from '../visible.ts'

const tags = ['Payments']
const params = Closed({ paymentId: Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER, examples: [1] }) })

/** Who pays, as the payer's paper says it: the customer ID, or the application's code before there is one. */
export const Payer = Type.String({
  pattern: '^[A-Z]{6}([0-9]{5}|-A[0-9]{4,9})$',
  description: 'Customer ID, or the application’s code.',
  examples: ['BHKATS01112'],
})
export const BillNumber = Type.String({
  pattern: '^[A-Za-z0-9-]{1,40}(/[A-Za-z0-9-]{1,20}){0,3}$',
  description: 'The bill to be paid first.',
})

export const CashBody = Closed({
  payer: Payer,
  amountMinor: AmountMinor,
  currency: Currency,
  place: Type.Optional(
    OneOf(['visit', 'counter'], 'Whose hand the cash is in: the agent’s, or the plant’s counter. An agent’s unless said.'),
  ),
  paidOn: Type.Optional(
    Type.Unsafe<string>({
      ...IsoDate,
      description: 'The day it was taken, where that was before today: an agent without network tells it later.',
    }),
  ),
  collectedBy: Type.Optional(
    Type.Unsafe<string>({ ...Login, description: 'The agent who took it, where the cluster in-charge enters it for him.' }),
  ),
  billNumber: Type.Optional(BillNumber),
  chargeIds: Type.Optional(
    Type.Array(Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }), {
      maxItems: 20,
      description: 'Charges to be paid first.',
    }),
  ),
})

/** Where to look when the receipt did not come in time. */
export const OnItsWay = Type.Object({
  noticeId: Type.Integer(),
  state: Type.String(),
  href: Type.String({ description: 'Shows the payment once it is through.' }),
})

const ListQuery = Closed({
  ...paging,
  plant: Type.Optional(Plant),
  accountId: Type.Optional(AccountId),
  state: Type.Optional(OneOf(PAYMENT_STATES)),
  mismatched: Type.Optional(OneOf(['true'], 'Only what did not fit: a closed account, somebody else’s bill.')),
})

/** Money that comes in: cash taken, payments looked at, and suspended money given its owner. */
export function paymentRoutes(app: Api, deps: ApiDeps): void {
  const { db } = deps

  app.post(
    '/v1/payments',
    {
      config: { action: 'payments.take-cash', idempotent: true, answersLater: true },
      schema: {
        tags,
        summary: 'Take cash',
        description:
          'The Idempotency-Key is the payment’s reference: sent again it answers the same receipt. Cash that was taken without network counts from the day it was taken, within the plant’s window; older cash is the cluster in-charge’s to enter.',
        body: CashBody,
        response: { 201: PaymentPage, 202: OnItsWay },
      },
    },
    async (request, reply) => {
      const taken = await takeCash(deps, request, request.body)
      if ('payment' in taken) return reply.code(201).send(await viewPaymentPage(db, taken.payment, { forStaff: true }))
      const href = `/v1/payment-notices/${taken.noticeId}`
      return reply
        .code(202)
        .header('location', href)
        .header('retry-after', '2')
        .send({ noticeId: taken.noticeId, state: 'received', href })
    },
  )

  app.get(
    '/v1/payments',
    {
      config: { action: 'payments.read' },
      schema: { tags, summary: 'Payments, newest first', querystring: ListQuery, response: { 200: Page(PaymentBody) } },
    },
    async (request) => {
      const { limit, after: before } = numberedPageAsked(request.query)
      const rows = await listPayments(db, { ...(await filterAsked(db, request, request.query)), before, limit: limit + 1 })
      return pageOf(rows.map(viewPayment), limit, (row) => row.paymentId)
    },
  )

  app.get(
    '/v1/payments/:paymentId',
    {
      config: { action: 'payments.read' },
      schema: { tags, summary: 'A payment with its receipt', params, response: { 200: PaymentPage } },
    },
    async (request) => {
      const principal = principalOf(request)
      return viewPaymentPage(db, await visiblePayment(db, principal, request.params.paymentId), {
        forStaff: principal.kind === 'staff',
      })
    },
  )

  matchRoute(app, deps)
}

function matchRoute(app: Api, deps: ApiDeps): void {
  const { db } = deps
  app.post(
    '/v1/payments/:paymentId/match',
    {
      config: { action: 'payments.match', idempotent: true },
      schema: {
        tags,
        summary: 'Say whose money in suspense is',
        params,
        body: Closed({ accountId: AccountId, text: Type.Optional(FreeText) }),
        response: { 200: StandingDecision },
      },
    },
    async (request) => {
      const payment = await visiblePayment(db, principalOf(request), request.params.paymentId)
      const { accountId, plant, currency } = await visibleAccount(db, request, request.body)
      if (plant !== payment.plant || currency !== payment.currency)
        throw new ApiError('PAYMENT_MISMATCH', 'This account is of another plant or currency.')
      const { provider, reference } = payment
      return decide(deps, {
        request,
        plant,
        workflowId: processIds.payment(provider, reference),
        update: matchPayment,
        step: 'match',
        verdict: 'matched',
        detail: { accountId },
        text: request.body.text,
      })
    },
  )
}

/** A payment of an account one may see; of nobody's account, for staff of the plant. */
export async function visiblePayment(db: Db, principal: Principal, paymentId: number): Promise<Payment> {
  const payment = await findPaymentById(db, paymentId)
  if (payment === undefined) throw notFound('payment')
  const { accountId, plant } = payment
  const isVisible =
    accountId === null
      ? principal.kind === 'staff' && principal.plants.includes(plant)
      : (await findVisibleAccount(db, principal, { accountId })) !== undefined
  if (!isVisible) throw notFound('payment')
  return payment
}

async function filterAsked(db: Db, request: FastifyRequest, { plant, accountId, state, mismatched }: Static<typeof ListQuery>) {
  const principal = principalOf(request)
  const plants = visiblePlants(request, plant)
  const account = accountId === undefined ? undefined : await visibleAccount(db, request, { accountId })
  const visible =
    principal.kind === 'staff'
      ? { plants }
      : {
          accountIds: (await accountsOf(db, principal.personId))
            .filter((own) => plants.includes(own.plant))
            .map((own) => own.accountId),
        }
  return { visible, accountId: account?.accountId, state, mismatched: mismatched === 'true' }
}
