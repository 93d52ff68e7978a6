import { type Static, Type } from '@fastify/type-provider-typebox'
import { parse } from 'csv-parse/sync'
import type { FastifyRequest } from 'fastify'
import { inTransaction } from '../../db/queries/accounts.ts'
import { recordAudit } from '../../db/queries/audit.ts'
import { businessNow } from '../../db/queries/clock.ts'
import { keepAnswer } from '../../db/queries/idempotency.ts'
import { listOpenItems } from '../../db/queries/payment-open-items.ts'
import {
  findStatement,
  importProviderStatement,
  listStatements,
  type ReadStatement,
  statementResult,
} from '../../db/queries/payment-statements.ts'
import { readPlant } from '../../db/queries/plants.ts'
import { readProviderStatement, STATEMENT_COLUMNS, type StatementRecord } from '../../domain/provider-statement.ts'
import type { Db, Tx } from '../../db/client.ts'
import type { Api, ApiDeps } from '../deps.ts'
import { ApiError } from '../errors.ts'
import { numberedPageAsked, pageOf } from '../paging.ts'
import { idempotencyOf } from '../plugins/idempotency.ts'
import { principalOf, staffOf } from '../principal.ts'
import { Actor, Closed, IsoDate, IsoInstant, MoneyMinor, Nullable, OneOf, Page, paging, Plant } from '../schemas.ts'
import { notFound, visiblePlant, visiblePlants } from '../visible.ts'
import { OpenItemView } from './payment-open-items.ts'

const tags = ['Payments']
const BODY_LIMIT_BYTES = 1024 * 1024
const FAULTS_SHOWN = 50
const ITEMS_SHOWN = 200

const Statement = Closed({
  plant: Plant,
  provider: Type.String({ pattern: '^[a-z][a-z0-9-]{0,39}$', examples: ['sandbox-wallet'] }),
  channel: OneOf(['wallet', 'card', 'transfer', 'cheque'], 'How money comes in through this provider.'),
  fromDate: Type.Unsafe<string>({ ...IsoDate, description: 'First day the statement covers.' }),
  toDate: Type.Unsafe<string>({ ...IsoDate, description: 'Last day the statement covers.' }),
  csv: Type.String({
    minLength: 1,
    maxLength: 900_000,
    pattern: '^reference,amount,currency,status,paid_at,payer(\\r?\\n|$)',
    description: 'Lines under `reference,amount,currency,status,paid_at,payer`: 1234.50, RFC 3339; the payer may be empty.',
    examples: ['reference,amount,currency,status,paid_at,payer\nW-1,464.00,INR,confirmed,2026-07-03T09:30:00Z,BHKATS01112\n'],
  }),
})
const StatementView = Type.Object({
  statementId: Type.Integer(),
  plant: Plant,
  provider: Type.String(),
  fromDate: IsoDate,
  toDate: IsoDate,
  importedBy: Actor,
  importedAt: IsoInstant,
})
const StatementPage = Type.Object({
  ...StatementView.properties,
  same: Type.Integer({ description: 'Lines that say what we hold.' }),
  told: Type.Array(
    Type.Object({
      line: Type.Integer(),
      reference: Type.String(),
      amountMinor: MoneyMinor,
      status: Type.String(),
      noticeId: Type.Integer(),
      noticeState: Type.String({ description: '`received`, `done`, or `quarantined`: set aside, nothing posted.' }),
      quarantineReason: Nullable(Type.String()),
    }),
    { description: 'Lines that said something else: taken in like any word of the provider.' },
  ),
  items: Type.Array(OpenItemView, { description: 'What is with us and missing there, or there with another amount.' }),
})
const params = Closed({ statementId: Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER, examples: [1] }) })

/** What providers say they took, held against what we hold (billing.md rule 4). */
export function paymentStatementRoutes(app: Api, deps: ApiDeps): void {
  const { db } = deps
  app.post(
    '/v1/payment-statements',
    {
      bodyLimit: BODY_LIMIT_BYTES,
      config: { action: 'payments.import-statement', idempotent: true },
      schema: {
        tags,
        summary: 'Read a provider’s statement',
        description:
          'Any line that cannot be read refuses the whole, with line and reason of each. The same statement again changes nothing.',
        body: Statement,
        response: { 201: StatementPage },
      },
    },
    async (request, reply) => reply.code(201).send(await importStatement(deps, request, request.body)),
  )

  app.get(
    '/v1/payment-statements',
    {
      config: { action: 'payments.read-notices' },
      schema: {
        tags,
        summary: 'Statements that were read, newest first',
        querystring: Closed({ ...paging, plant: Type.Optional(Plant) }),
        response: { 200: Page(StatementView) },
      },
    },
    async (request) => {
      const { limit, after: before } = numberedPageAsked(request.query)
      const rows = await listStatements(db, { plants: visiblePlants(request, request.query.plant), before, limit: limit + 1 })
      return pageOf(rows, limit, (row) => row.statementId)
    },
  )

  app.get(
    '/v1/payment-statements/:statementId',
    {
      config: { action: 'payments.read-notices' },
      schema: { tags, summary: 'A statement and what came of it', params, response: { 200: StatementPage } },
    },
    async (request) => {
      const statement = await findStatement(db, request.params.statementId)
      if (statement === undefined || !principalOf(request).plants.includes(statement.plant)) throw notFound('statement')
      return pageOfStatement(db, statement)
    },
  )
}

async function importStatement(
  deps: ApiDeps,
  request: FastifyRequest,
  { csv, ...asked }: Static<typeof Statement>,
): Promise<Static<typeof StatementPage>> {
  const plantCode = visiblePlant(request, asked.plant)
  const { login } = staffOf(request)
  const asOf = await businessNow(deps.db, plantCode, deps.now())
  if (asked.toDate < asked.fromDate) throw new ApiError('INVALID_INPUT', 'The last day is before the first.')
  return inTransaction(deps.db, async (tx) => {
    const plant = await readPlant(tx, plantCode, asOf)
    const { rows, faults } = readProviderStatement(recordsIn(csv), plant.currency)
    if (faults.length > 0)
      throw new ApiError('INVALID_INPUT', 'Lines of the statement cannot be read. Nothing was taken in.', {
        details: { faults: faults.length },
        errors: faults
          .slice(0, FAULTS_SHOWN)
          .map(({ line, reason }) => ({ in: 'body', pointer: '/csv', detail: `Line ${line}: ${reason}` })),
      })
    const { provider, channel, fromDate, toDate } = asked
    const { statementId, isNew } = await importProviderStatement(tx, {
      plant,
      provider,
      channel,
      fromDate,
      toDate,
      rows,
      importedBy: login,
      asOf,
    })
    if (isNew)
      await recordAudit(tx, {
        actor: login,
        action: 'import-statement',
        subject: `payment-statement:${statementId}`,
        plant: plantCode,
        businessAt: asOf,
        after: { provider, fromDate, toDate, lines: rows.length, trace: request.id },
      })
    const page = await pageOfStatement(tx, (await findStatement(tx, statementId)) as ReadStatement)
    await keepAnswer(tx, idempotencyOf(request), { status: 201, body: page })
    return page
  })
}

/** Lines of the file as texts; the schema has seen the heading. INVALID_INPUT for what is no CSV. */
function recordsIn(csv: string): StatementRecord[] {
  try {
    return parse(csv, { columns: [...STATEMENT_COLUMNS], from: 2, skip_empty_lines: true, bom: true })
  } catch (error) {
    throw new ApiError('INVALID_INPUT', 'This is no CSV with six columns.', {
      errors: [{ in: 'body', pointer: '/csv', detail: error instanceof Error ? error.message.slice(0, 200) : 'unreadable' }],
    })
  }
}

async function pageOfStatement(db: Db | Tx, statement: ReadStatement): Promise<Static<typeof StatementPage>> {
  const { statementId, plant } = statement
  const items = await listOpenItems(db, { plants: [plant], statementId, limit: ITEMS_SHOWN })
  return { ...statement, ...(await statementResult(db, statementId)), items }
}
