import { type Static, Type } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import { inTransaction } from '../../db/queries/accounts.ts'
import { recordAudit } from '../../db/queries/audit.ts'
import { findBankLine } from '../../db/queries/bank-statements.ts'
import { type CashDeposit, creditsOf, declareDeposit, listDeposits, readDeposit } from '../../db/queries/cash-deposits.ts'
import { keepAnswer } from '../../db/queries/idempotency.ts'
import type { JsonObject } from '../../db/tables.ts'
import { assertMayDecide } from '../../domain/approvals.ts'
import { DEPOSIT_STATES } from '../../domain/cash-deposit.ts'
import { DomainError, isDomainError } from '../../domain/errors.ts'
import { processIds } from '../../domain/process-ids.ts'
import type { DecisionUpdate } from '../../workflows/decisions.ts'
import { bookDepositShort, returnDeposit, verifyDeposit } from '../../workflows/deposit-cash.ts'
import { DepositId, type DepositShown, DepositView, Holder, PhotoRef, SlipReference } from '../cash-schemas.ts'
import { ownHolder, plantNow, visibleHolders } from '../cash-visible.ts'
import { decide } from '../decide.ts'
import type { Api, ApiDeps } from '../deps.ts'
import { pageAsked, pageOf } from '../paging.ts'
import { idempotencyOf } from '../plugins/idempotency.ts'
import { staffOf } from '../principal.ts'
import {
  Actor,
  AmountMinor,
  Closed,
  FreeText,
  IsoDate,
  IsoInstant,
  MoneyMinor,
  OneOf,
  Page,
  paging,
  Plant,
  StandingDecision,
} from '../schemas.ts'
import { notFound, visiblePlants } from '../visible.ts'

const tags = ['Cash']
const params = Closed({ depositId: DepositId })

const Declared = Closed({
  amountMinor: AmountMinor,
  slipReference: SlipReference,
  depositedOn: Type.Unsafe<string>({ ...IsoDate, description: 'The day of the slip, today or before.' }),
  photoRef: Type.Optional(PhotoRef),
})

const DepositPage = Type.Object({
  deposit: DepositView,
  credits: Type.Array(
    Type.Object({
      lineId: Type.Integer(),
      amountMinor: MoneyMinor,
      surplusMinor: MoneyMinor,
      verifiedBy: Actor,
      verifiedAt: IsoInstant,
    }),
  ),
})

/** Cash that was taken to the bank: said by whoever took it, verified by head office (policy "cash", "bank deposit"). */
export function cashDepositRoutes(app: Api, deps: ApiDeps): void {
  const { db } = deps
  decisionRoutes(app, deps)
  listRoute(app, deps)

  app.post(
    '/v1/cash/:holder/deposits',
    {
      config: { action: 'cash.hold', idempotent: true },
      schema: {
        tags,
        summary: 'Say that cash of one’s own hand, or of the counter, is in the bank',
        description: 'It leaves the hand at once, and is in transit until head office finds it in the bank’s statement.',
        params: Closed({ holder: Holder }),
        body: Declared,
        response: { 201: DepositView },
      },
    },
    async (request, reply) => {
      const { holder, plant } = await ownHolder(db, request, request.params.holder)
      return reply.code(201).send(await declare(deps, request, { ...request.body, holder, plant }))
    },
  )

  app.get(
    '/v1/cash-deposits/:depositId',
    {
      config: { action: 'cash.read' },
      schema: { tags, summary: 'A deposit and what the bank credited of it', params, response: { 200: DepositPage } },
    },
    async (request) => {
      const deposit = await visibleDeposit(deps, request)
      return { deposit: show(deposit), credits: await creditsOf(db, deposit.depositId) }
    },
  )
}

function listRoute(app: Api, { db }: ApiDeps): void {
  app.get(
    '/v1/cash-deposits',
    {
      config: { action: 'cash.read' },
      schema: {
        tags,
        summary: 'Deposits, newest first: one’s own and the counter’s; of all of the plant for those in charge',
        querystring: Closed({ ...paging, plant: Type.Optional(Plant), state: Type.Optional(OneOf(DEPOSIT_STATES)) }),
        response: { 200: Page(DepositView) },
      },
    },
    async (request) => {
      const { plant, state } = request.query
      const { limit, after } = pageAsked(request.query)
      const holders = visibleHolders(staffOf(request))
      const [declaredAt = '', depositId = ''] = after?.split(' ') ?? []
      const rows = await listDeposits(db, {
        plants: visiblePlants(request, plant),
        ...(holders && { holders }),
        state,
        before: isInstant(declaredAt) ? { declaredAt, depositId } : undefined,
        limit: limit + 1,
      })
      return pageOf(rows.map(show), limit, (row) => `${row.declaredAt} ${row.depositId}`)
    },
  )
}

function decisionRoutes(app: Api, deps: ApiDeps): void {
  app.post(
    '/v1/cash-deposits/:depositId/verification',
    {
      config: { action: 'deposits.verify', idempotent: true },
      schema: {
        tags,
        summary: 'Say which line of the bank’s statement it is',
        description: 'A line of less leaves a rest that waits on; what the bank credited beyond the slip is kept apart.',
        params,
        body: Closed({ lineId: Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }), text: Type.Optional(FreeText) }),
        response: { 200: StandingDecision },
      },
    },
    async (request) => {
      const { lineId, text } = request.body
      const deposit = await visibleDeposit(deps, request)
      const line = await findBankLine(deps.db, lineId)
      if (line === undefined || line.plant !== deposit.plant) throw notFound('line of the bank’s statement')
      if (line.depositId !== null && line.depositId !== deposit.depositId)
        throw new DomainError('ALREADY_EXISTS', 'This line is another deposit', { depositId: line.depositId })
      return send(deps, request, { deposit, update: verifyDeposit, verdict: 'verified', detail: { lineId }, text })
    },
  )

  for (const { path, summary, update, verdict } of [
    { path: 'return', summary: 'The bank never saw it: cash in hand again', update: returnDeposit, verdict: 'returned' },
    { path: 'shortage', summary: 'Nobody has it: owed by whoever had it', update: bookDepositShort, verdict: 'short' },
  ])
    app.post(
      `/v1/cash-deposits/:depositId/${path}`,
      {
        config: { action: 'deposits.verify', idempotent: true },
        schema: { tags, summary, params, body: Closed({ text: FreeText }), response: { 200: StandingDecision } },
      },
      async (request) =>
        send(deps, request, { deposit: await visibleDeposit(deps, request), update, verdict, text: request.body.text }),
    )
}

interface Sent {
  readonly deposit: CashDeposit
  readonly update: DecisionUpdate
  readonly verdict: string
  readonly text?: string | undefined
  readonly detail?: JsonObject
}

async function send(
  deps: ApiDeps,
  request: FastifyRequest,
  { deposit, ...decision }: Sent,
): Promise<Static<typeof StandingDecision>> {
  const { plant, depositId, declaredBy } = deposit
  const { login, role } = staffOf(request)
  const { policy } = (await plantNow(deps, plant)).plant
  assertMayDecide({ decision: 'bank-deposit', role, deciderId: login, makerId: declaredBy }, policy)
  return decide(deps, { request, workflowId: processIds.depositCash(depositId), plant, ...decision })
}

async function declare(
  deps: ApiDeps,
  request: FastifyRequest,
  { plant: code, ...declared }: Static<typeof Declared> & { holder: string; plant: string },
): Promise<DepositShown> {
  const at = await plantNow(deps, code)
  const declaredBy = staffOf(request).login
  return inTransaction(deps.db, async (tx) => {
    const deposit = await declareDeposit(tx, at, { ...declared, declaredBy })
    const { depositId, amountMinor, holder } = deposit
    await recordAudit(tx, {
      actor: declaredBy,
      action: 'declare-deposit',
      subject: processIds.depositCash(depositId),
      plant: code,
      businessAt: at.asOf,
      after: { depositId, holder, amountMinor, trace: request.id },
    })
    await keepAnswer(tx, idempotencyOf(request), { status: 201, body: show(deposit) })
    return show(deposit)
  })
}

/** The deposit, if whoever asks may look into that hand; else NOT_FOUND. */
async function visibleDeposit({ db }: ApiDeps, request: FastifyRequest): Promise<CashDeposit> {
  const { depositId } = request.params as Static<typeof params>
  const staff = staffOf(request)
  const deposit = await readDeposit(db, depositId).catch((error: unknown) => {
    throw isDomainError(error) ? notFound('deposit') : error
  })
  const holders = visibleHolders(staff)
  if (!staff.plants.includes(deposit.plant) || holders?.includes(deposit.holder) === false) throw notFound('deposit')
  return deposit
}

function show({ round: _round, chases: _chases, chasedAt: _chasedAt, ...deposit }: CashDeposit): DepositShown {
  return deposit
}

function isInstant(text: string): boolean {
  return /^\d{4}-\d{2}-\d{2}T[\d:.]+Z$/.test(text)
}
