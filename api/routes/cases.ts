import { type Static, Type } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import { inTransaction } from '../../db/queries/accounts.ts'
import { recordAudit } from '../../db/queries/audit.ts'
import {
  acknowledgeCase,
  type Case,
  CASE_STATES,
  type CaseVerdict,
  findCase,
  listCases,
  settleCase,
} from '../../db/queries/cases.ts'
import { businessNow } from '../../db/queries/clock.ts'
import { readSteps } from '../../db/queries/reconciliation/steps.ts'
import type { Tx } from '../../db/client.ts'
import { RECONCILIATION_RULES } from '../../domain/reconciliation.ts'
import type { Api, ApiDeps } from '../deps.ts'
import { ApiError } from '../errors.ts'
import { pageAsked, pageOf } from '../paging.ts'
import { principalOf, staffOf } from '../principal.ts'
import { Actor, Closed, FreeText, IsoDate, IsoInstant, Nullable, OneOf, Page, paging, Plant } from '../schemas.ts'
import { notFound, visiblePlant, visiblePlants } from '../visible.ts'

const tags = ['Books']
const CaseId = Type.String({ pattern: '^[A-Z]{6}-C[0-9]{1,9}$', examples: ['BHKATS-C3'] })
const params = Closed({ caseId: CaseId })
const body = Closed({ text: FreeText })

const CaseBody = Type.Object({
  caseId: CaseId,
  plant: Plant,
  rule: OneOf(RECONCILIATION_RULES, 'What does not hold.'),
  subject: Type.String({ description: 'The account, connection, process or paper it is about.' }),
  detail: Type.Record(Type.String(), Type.Unknown(), { description: 'The figures that do not agree.' }),
  foundAt: IsoInstant,
  seenAt: Type.Unsafe<string>({ ...IsoInstant, description: 'When it was found last.' }),
  state: OneOf(CASE_STATES),
  acknowledgedBy: Nullable(Actor),
  acknowledgedAt: Nullable(IsoInstant),
  closedAt: Nullable(IsoInstant),
  closedAs: Nullable(OneOf(['gone', 'settled'], '`gone`: the next look found it in order. `settled`: a person says so.')),
  closedBy: Nullable(Actor),
})

const StepBody = Type.Object({
  step: Type.String(),
  found: Type.Integer(),
  opened: Type.Integer(),
  gone: Type.Integer(),
  remark: Nullable(Type.String()),
  provedAt: IsoInstant,
})

/** What the reconciler found, and what people say of it. */
export function caseRoutes(app: Api, deps: ApiDeps): void {
  const { db } = deps
  app.get(
    '/v1/cases',
    {
      config: { action: 'books.read' },
      schema: {
        tags,
        summary: 'What does not agree at one’s plants, newest first',
        querystring: Closed({
          ...paging,
          plant: Type.Optional(Plant),
          state: Type.Optional(OneOf(CASE_STATES)),
          rule: Type.Optional(OneOf(RECONCILIATION_RULES)),
        }),
        response: { 200: Page(CaseBody) },
      },
    },
    async (request) => {
      const { limit, after } = pageAsked(request.query)
      const { plant, state, rule } = request.query
      const before = after === undefined ? undefined : keyOf(after)
      const rows = await listCases(db, { plants: visiblePlants(request, plant), state, rule, before, limit: limit + 1 })
      return pageOf(rows, limit, ({ foundAt, caseId }) => `${foundAt}/${caseId}`)
    },
  )

  app.get(
    '/v1/cases/:caseId',
    { config: { action: 'books.read' }, schema: { tags, summary: 'A case', params, response: { 200: CaseBody } } },
    async (request) => visibleCase(deps, request, request.params.caseId),
  )

  app.post(
    '/v1/cases/:caseId/acknowledge',
    {
      config: { action: 'cases.decide', idempotent: true },
      schema: { tags, summary: 'Say that one has it in hand, and how', params, body, response: { 200: CaseBody } },
    },
    async (request) =>
      say(deps, request, { ...request.params, ...request.body, action: 'acknowledge-case', act: acknowledgeCase }),
  )

  app.post(
    '/v1/cases/:caseId/close',
    {
      config: { action: 'cases.decide', idempotent: true },
      schema: { tags, summary: 'Say that it is settled, and why', params, body, response: { 200: CaseBody } },
    },
    async (request) => say(deps, request, { ...request.params, ...request.body, action: 'settle-case', act: settleCase }),
  )
}

/** The reconciler's own record. */
export function reconciliationRoutes(app: Api, { db }: ApiDeps): void {
  app.get(
    '/v1/books/reconciliations/:plant/:date',
    {
      config: { action: 'books.read' },
      schema: {
        tags,
        summary: 'What was proved for a business day',
        params: Closed({ plant: Plant, date: IsoDate }),
        response: { 200: Type.Object({ items: Type.Array(StepBody) }) },
      },
    },
    async (request) => {
      const items = await readSteps(db, visiblePlant(request, request.params.plant), request.params.date)
      if (items.length === 0) throw notFound('reconciliation')
      return { items }
    },
  )
}

async function visibleCase({ db }: Pick<ApiDeps, 'db'>, request: FastifyRequest, caseId: string): Promise<Case> {
  const found = await findCase(db, caseId)
  if (found === undefined || !principalOf(request).plants.includes(found.plant)) throw notFound('case')
  return found
}

interface Saying {
  readonly caseId: string
  readonly text: string
  readonly action: string
  readonly act: (tx: Tx, verdict: CaseVerdict) => Promise<Case>
}

async function say(
  deps: ApiDeps,
  request: FastifyRequest,
  { caseId, text, action, act }: Saying,
): Promise<Static<typeof CaseBody>> {
  const { plant } = await visibleCase(deps, request, caseId)
  const { actor } = staffOf(request)
  const asOf = await businessNow(deps.db, plant, deps.now())
  return inTransaction(deps.db, async (tx) => {
    const changed = await act(tx, { caseId, by: actor, text, asOf })
    await recordAudit(tx, { actor, action, subject: caseId, plant, after: { state: changed.state }, businessAt: asOf })
    return changed
  })
}

function keyOf(cursor: string): { foundAt: string; caseId: string } {
  const [, foundAt, caseId] = /^(\d{4}-\d{2}-\d{2}T[\d:.]+Z)\/([A-Z]{6}-C\d{1,9})$/.exec(cursor) ?? []
  if (foundAt === undefined || caseId === undefined)
    throw new ApiError('INVALID_REQUEST', 'This cursor is not from this list.', {
      errors: [{ in: 'query', pointer: '#/cursor', detail: 'take nextCursor of the page before' }],
    })
  return { foundAt, caseId }
}
