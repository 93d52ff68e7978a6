import { type Static, Type } from '@fastify/type-provider-typebox'
import { parse } from 'csv-parse/sync'
import type { FastifyRequest } from 'fastify'
import { inTransaction } from '../../db/queries/accounts.ts'
import { recordAudit } from '../../db/queries/audit.ts'
import { importStatement, listBankLines, proposedMatches } from '../../db/queries/bank-statements.ts'
import { keepAnswer } from '../../db/queries/idempotency.ts'
import { type StatementRow, statementLines } from '../../domain/bank-statement.ts'
import { DomainError } from '../../domain/errors.ts'
import { BankLineView, DepositId } from '../cash-schemas.ts'
import { plantNow } from '../cash-visible.ts'
import type { Api, ApiDeps } from '../deps.ts'
import { numberedPageAsked, pageOf } from '../paging.ts'
import { idempotencyOf } from '../plugins/idempotency.ts'
import { staffOf } from '../principal.ts'
import { Actor, AmountMinor, Closed, IsoDate, IsoInstant, MoneyMinor, OneOf, Page, paging, Plant } from '../schemas.ts'
import { visiblePlant, visiblePlants } from '../visible.ts'

const tags = ['Cash']
const COLUMNS = ['date', 'reference', 'amount']

const Statement = Closed({
  plant: Plant,
  bankAccount: Type.String({
    pattern: '^[A-Za-z0-9-]{4,40}$',
    description: 'The bank’s name for the account.',
    examples: ['SBI-0815'],
  }),
  csv: Type.String({
    minLength: 1,
    maxLength: 900_000,
    pattern: '^date,reference,amount(\\r?\\n|$)',
    description:
      'The bank’s lines under `date,reference,amount`: YYYY-MM-DD, as the bank writes it, 1234.50. Debits are passed over.',
    examples: ['date,reference,amount\n2026-07-03,CASH DEP SLIP-0815,4500.00\n'],
  }),
})
const StatementView = Type.Object({
  statementId: Type.Integer(),
  plant: Plant,
  bankAccount: Type.String(),
  importedBy: Actor,
  importedAt: IsoInstant,
  linesNew: Type.Integer(),
  linesKnown: Type.Integer({ description: 'Lines that were read before.' }),
})
const Proposal = Type.Object({
  depositId: DepositId,
  lineId: Type.Integer(),
  strength: OneOf(['amount-and-reference', 'amount', 'reference'], 'What agrees. `reference`: the amount differs.'),
  holder: Type.String(),
  restMinor: AmountMinor,
  slipReference: Type.String(),
  depositedOn: IsoDate,
  lineMinor: MoneyMinor,
  lineReference: Type.String(),
  bookedOn: IsoDate,
})

/** What the bank says: its statement, read line by line, and which of them may be which deposit. */
export function bankStatementRoutes(app: Api, deps: ApiDeps): void {
  proposalRoute(app, deps)

  app.post(
    '/v1/bank-statements',
    {
      config: { action: 'bank-statements.import', idempotent: true },
      schema: {
        tags,
        summary: 'Read a statement of the bank; the same lines again add nothing',
        body: Statement,
        response: { 201: StatementView },
      },
    },
    async (request, reply) => reply.code(201).send(await readStatement(deps, request, request.body)),
  )

  app.get(
    '/v1/bank-statement-lines',
    {
      config: { action: 'bank-statements.read' },
      schema: {
        tags,
        summary: 'Credits of the bank, newest first',
        querystring: Closed({
          ...paging,
          plant: Type.Optional(Plant),
          free: Type.Optional(OneOf(['true'], 'Only those that no deposit was found to be.')),
        }),
        response: { 200: Page(BankLineView) },
      },
    },
    async (request) => {
      const { limit, after: before } = numberedPageAsked(request.query)
      const { plant, free } = request.query
      const plants = visiblePlants(request, plant)
      const rows = await listBankLines(deps.db, { plants, isFree: free === 'true', before, limit: limit + 1 })
      return pageOf(rows, limit, (row) => row.lineId)
    },
  )
}

function proposalRoute(app: Api, deps: ApiDeps): void {
  app.get(
    '/v1/bank-statements/proposals',
    {
      config: { action: 'bank-statements.read' },
      schema: {
        tags,
        summary: 'Which line may be which deposit, the surest first; head office confirms by verifying the deposit',
        querystring: Closed({ plant: Plant }),
        response: { 200: Type.Object({ items: Type.Array(Proposal) }) },
      },
    },
    async (request) => {
      const { plant } = await plantNow(deps, visiblePlant(request, request.query.plant))
      const items = (await proposedMatches(deps.db, plant)).map(({ match, deposit, line }) => ({
        ...match,
        holder: deposit.holder,
        restMinor: deposit.amountMinor - deposit.creditedMinor,
        slipReference: deposit.slipReference,
        depositedOn: deposit.depositedOn,
        lineMinor: line.amountMinor,
        lineReference: line.reference,
        bookedOn: line.bookedOn,
      }))
      return { items }
    },
  )
}

async function readStatement(
  deps: ApiDeps,
  request: FastifyRequest,
  { plant: code, bankAccount, csv }: Static<typeof Statement>,
): Promise<Static<typeof StatementView>> {
  const at = await plantNow(deps, visiblePlant(request, code))
  const lines = statementLines(rowsIn(csv), at.plant.currency)
  const { login: importedBy } = staffOf(request)
  return inTransaction(deps.db, async (tx) => {
    const statement = await importStatement(tx, at, { bankAccount, importedBy, lines })
    const { statementId, linesNew, linesKnown } = statement
    await recordAudit(tx, {
      actor: importedBy,
      action: 'import-bank-statement',
      subject: `bank-statement:${statementId}`,
      plant: code,
      businessAt: at.asOf,
      after: { linesNew, linesKnown, trace: request.id },
    })
    await keepAnswer(tx, idempotencyOf(request), { status: 201, body: statement })
    return statement
  })
}

function rowsIn(csv: string): StatementRow[] {
  try {
    return parse(csv, { columns: COLUMNS, from: 2, skip_empty_lines: true, bom: true })
  } catch {
    throw new DomainError('INVALID_INPUT', 'This is no CSV of three columns')
  }
}
