import { Type } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import { inTransaction } from '../../db/queries/accounts.ts'
import { recordAudit } from '../../db/queries/audit.ts'
import { type CashRepayment, listRepayments, type Repaying, repayShortage } from '../../db/queries/cash-repayments.ts'
import { keepAnswer } from '../../db/queries/idempotency.ts'
import { isStaffAt } from '../../db/queries/staff.ts'
import { plantOfCounter } from '../../domain/cash.ts'
import { BankReference, Holder, RepaymentView } from '../cash-schemas.ts'
import { ownHolder, plantNow, visibleHolder } from '../cash-visible.ts'
import type { Api, ApiDeps } from '../deps.ts'
import { ApiError } from '../errors.ts'
import { numberedPageAsked, pageOf } from '../paging.ts'
import { idempotencyOf } from '../plugins/idempotency.ts'
import { staffOf } from '../principal.ts'
import { AmountMinor, Closed, Login, Page, paging } from '../schemas.ts'

const tags = ['Cash']
const params = Closed({ holder: Holder })
const paidBy = Type.Optional(
  Type.Unsafe<string>({ ...Login, description: 'Who pays it; for a counter it must be said. The holder unless said otherwise.' }),
)
const response = { 201: RepaymentView }

/** What was short is paid back: another person takes it and writes the receipt, or head office finds it in the bank (policy "cash"). */
export function cashRepaymentRoutes(app: Api, deps: ApiDeps): void {
  const { db } = deps
  listRoute(app, deps)

  app.post(
    '/v1/cash/:holder/repayments',
    {
      config: { action: 'cash.hold', idempotent: true },
      schema: {
        tags,
        summary: 'Take in cash what a hand was short: into one’s own hand, or the counter’s',
        description:
          'The path names the hand that was short. Whoever pays does not write the receipt, and never more than is owed is taken.',
        params,
        body: Closed({ amountMinor: AmountMinor, into: Holder, paidBy }),
        response,
      },
    },
    async (request, reply) => {
      const { amountMinor, into, paidBy: payer } = request.body
      const { hand, plant } = await handOwing(deps, request, payer)
      const own = await ownHolder(db, request, into)
      if (own.plant !== plant) throw new ApiError('INVALID_INPUT', 'That hand is of another plant.')
      const repaying = { ...hand, amountMinor, receivedBy: staffOf(request).login, into: { hand: into } }
      return reply.code(201).send(await repay(deps, request, { plant, repaying }))
    },
  )

  app.post(
    '/v1/cash/:holder/bank-repayments',
    {
      config: { action: 'cash.bank', idempotent: true },
      schema: {
        tags,
        summary: 'Say that what a hand was short was paid into the bank, as its statement says',
        params,
        body: Closed({ amountMinor: AmountMinor, bankReference: BankReference, paidBy }),
        response,
      },
    },
    async (request, reply) => {
      const { amountMinor, bankReference, paidBy: payer } = request.body
      const { hand, plant } = await handOwing(deps, request, payer)
      const repaying = { ...hand, amountMinor, receivedBy: staffOf(request).login, into: { bankReference } }
      return reply.code(201).send(await repay(deps, request, { plant, repaying }))
    },
  )
}

function listRoute(app: Api, { db }: ApiDeps): void {
  app.get(
    '/v1/cash/:holder/repayments',
    {
      config: { action: 'cash.read' },
      schema: {
        tags,
        summary: 'What was paid back for a hand, with its receipts, newest first',
        params,
        querystring: Closed({ ...paging }),
        response: { 200: Page(RepaymentView) },
      },
    },
    async (request) => {
      const { holder } = await visibleHolder(db, request, request.params.holder)
      const { limit, after: before } = numberedPageAsked(request.query)
      return pageOf(await listRepayments(db, { holder, before, limit: limit + 1 }), limit, (row) => row.repaymentId)
    },
  )
}

/** The hand of the path, if whoever asks may look into it, and who pays for it: somebody of the plant. */
async function handOwing(
  { db }: ApiDeps,
  request: FastifyRequest,
  payer: string | undefined,
): Promise<{ hand: Pick<Repaying, 'holder' | 'paidBy'>; plant: string }> {
  const { holder: asked } = request.params as { holder: string }
  const { holder, plant } = await visibleHolder(db, request, asked)
  const by = payer ?? (plantOfCounter(holder) === undefined ? holder : undefined)
  if (by === undefined || !(await isStaffAt(db, plant, by)))
    throw new ApiError('INVALID_INPUT', 'Say who of the plant’s staff pays it.')
  return { hand: { holder, paidBy: by }, plant }
}

async function repay(
  deps: ApiDeps,
  request: FastifyRequest,
  { plant, repaying }: { plant: string; repaying: Repaying },
): Promise<CashRepayment> {
  const at = await plantNow(deps, plant)
  return inTransaction(deps.db, async (tx) => {
    const made = await repayShortage(tx, at, repaying)
    const { holder, amountMinor, restMinor, receiptNumber } = made
    await recordAudit(tx, {
      actor: staffOf(request).login,
      action: 'repay-shortage',
      subject: `cash:${holder}`,
      plant,
      businessAt: at.asOf,
      after: { amountMinor, restMinor, receiptNumber, trace: request.id },
    })
    await keepAnswer(tx, idempotencyOf(request), { status: 201, body: made })
    return made
  })
}
