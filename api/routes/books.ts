import { collections } from '../../db/queries/books/collections.ts'
import { cashInHand, depositsHeld } from '../../db/queries/books/holdings.ts'
import { agedReceivables, receivableAccounts, type ReceivablesLine } from '../../db/queries/books/receivables.ts'
import { trialBalanceByAccount, trialBalanceByGroup, type TrialBalanceLine } from '../../db/queries/books/trial-balance.ts'
import { AGE_BUCKETS } from '../../domain/aging.ts'
import { Type } from '@fastify/type-provider-typebox'
import { everyRow, headOf, jsonOrCsv, onDay, reportOf, reportQuery, sendCsv, wantsCsv } from '../books-report.ts'
import {
  CashBody,
  CollectionsBody,
  DepositsBody,
  ReceivableAccountsBody,
  ReceivablesBody,
  TrialBalanceBody,
} from '../books-schemas.ts'
import type { CsvCell } from '../csv.ts'
import type { Api, ApiDeps } from '../deps.ts'
import { ApiError } from '../errors.ts'
import { pageAsked, pageOf } from '../paging.ts'
import { Closed, IsoDate, OneOf, paging } from '../schemas.ts'

const tags = ['Books']
const config = { action: 'books.read' } as const
const balanceColumns = {
  group: (row: TrialBalanceLine) => row.group,
  class: (row: TrialBalanceLine) => row.class,
  debitMinor: (row: TrialBalanceLine) => row.debitMinor,
  creditMinor: (row: TrialBalanceLine) => row.creditMinor,
  balanceMinor: (row: TrialBalanceLine) => row.balanceMinor,
}

/** The books of one's plants, read only: each report adds up to the ledger (docs/decisions/0028). */
export function booksRoutes(app: Api, deps: ApiDeps): void {
  trialBalanceRoute(app, deps)
  receivablesRoutes(app, deps)
  collectionsRoute(app, deps)
  holdingsRoutes(app, deps)
}

function trialBalanceRoute(app: Api, deps: ApiDeps): void {
  app.get(
    '/v1/books/trial-balance',
    {
      config,
      schema: {
        tags,
        summary: 'Trial balance at the end of a business day, by group of accounts or by account',
        querystring: Closed({ ...reportQuery, ...onDay, by: Type.Optional(OneOf(['group', 'account'])), ...paging }),
        response: { 200: jsonOrCsv('The trial balance', TrialBalanceBody) },
      },
    },
    async (request, reply) => {
      const { query } = request
      const report = await reportOf(deps, request, { query, to: query.on })
      const groups = await trialBalanceByGroup(deps.db, report.scope)
      const byAccount = (page: { after: string | undefined; limit: number }) => trialBalanceByAccount(deps.db, report.scope, page)
      const name = `trial-balance-${report.on}`
      if (wantsCsv(request, query) && query.by === 'account')
        return sendCsv(reply, {
          name,
          rows: await everyRow(byAccount, ({ code }) => code),
          columns: { code: (row) => row.code, ...balanceColumns },
        })
      if (wantsCsv(request, query)) return sendCsv(reply, { name, rows: groups, columns: balanceColumns })
      const total = (side: 'debitMinor' | 'creditMinor') => groups.reduce((sum, row) => sum + row[side], 0)
      const { limit, after } = pageAsked(query)
      const page =
        query.by === 'account'
          ? pageOf(await byAccount({ after, limit: limit + 1 }), limit, ({ code }) => code)
          : { items: groups, nextCursor: null }
      return reply.send({ ...headOf(report), debitMinor: total('debitMinor'), creditMinor: total('creditMinor'), ...page })
    },
  )
}

type Aged = Omit<ReceivablesLine, 'standing' | 'accounts'>
const agedColumns: Readonly<Record<string, (row: Aged) => CsvCell>> = {
  ...Object.fromEntries(AGE_BUCKETS.map(({ bucket }) => [`days ${bucket}`, (row: Aged) => row.buckets[bucket]])),
  notDueMinor: (row) => row.notDueMinor,
  totalMinor: (row) => row.totalMinor,
  ledgerMinor: (row) => row.ledgerMinor,
  creditMinor: (row) => row.creditMinor,
}

function receivablesRoutes(app: Api, deps: ApiDeps): void {
  app.get(
    '/v1/books/receivables',
    {
      config,
      schema: {
        tags,
        summary: 'What customers owe by age, active and banned apart',
        querystring: Closed({ ...reportQuery, ...onDay }),
        response: { 200: jsonOrCsv('Aged receivables', ReceivablesBody) },
      },
    },
    async (request, reply) => {
      const report = await reportOf(deps, request, { query: request.query, to: request.query.on })
      const items = await agedReceivables(deps.db, report.scope, report.on)
      if (!wantsCsv(request, request.query)) return reply.send({ ...headOf(report), items })
      const columns = {
        standing: (row: ReceivablesLine) => row.standing,
        accounts: (row: ReceivablesLine) => row.accounts,
        ...agedColumns,
      }
      return sendCsv(reply, { name: `receivables-${report.on}`, rows: items, columns })
    },
  )

  app.get(
    '/v1/books/receivables/accounts',
    {
      config,
      schema: {
        tags,
        summary: 'The accounts behind the aged receivables',
        querystring: Closed({ ...reportQuery, ...onDay, ...paging }),
        response: { 200: jsonOrCsv('A page of accounts that owe or have credit', ReceivableAccountsBody) },
      },
    },
    async (request, reply) => {
      const { query } = request
      const { scope, on, ...report } = await reportOf(deps, request, { query, to: query.on })
      const read = (page: { after: string | undefined; limit: number }) => receivableAccounts(deps.db, scope, { on, ...page })
      if (wantsCsv(request, query))
        return sendCsv(reply, {
          name: `receivable-accounts-${on}`,
          rows: await everyRow(read, ({ accountId }) => accountId),
          columns: {
            accountId: (row) => row.accountId,
            customerId: (row) => row.customerId,
            standing: (row) => row.standing,
            ...agedColumns,
          },
        })
      const { limit, after } = pageAsked(query)
      const page = pageOf(await read({ after, limit: limit + 1 }), limit, ({ accountId }) => accountId)
      return reply.send({ ...headOf({ ...report, scope, on }), ...page })
    },
  )
}

function collectionsRoute(app: Api, deps: ApiDeps): void {
  app.get(
    '/v1/books/collections',
    {
      config,
      schema: {
        tags,
        summary: 'What came in from one business day to another, by service and channel',
        querystring: Closed({ ...reportQuery, from: IsoDate, to: IsoDate }),
        response: { 200: jsonOrCsv('Collections', CollectionsBody) },
      },
    },
    async (request, reply) => {
      const { query } = request
      const { from, to } = query
      if (from > to) throw new ApiError('INVALID_INPUT', 'A range ends on or after the day it begins.')
      const report = await reportOf(deps, request, { query, from, to })
      const { lines: items, ...rest } = await collections(deps.db, report.scope)
      const { plants, currency } = headOf(report)
      if (!wantsCsv(request, query))
        return reply.send({ plants, currency, from, to, ...rest, items: [...items], bounced: [...rest.bounced] })
      return sendCsv(reply, {
        name: `collections-${from}-${to}`,
        rows: items,
        columns: { service: (row) => row.service, channel: (row) => row.channel, amountMinor: (row) => row.amountMinor },
      })
    },
  )
}

function holdingsRoutes(app: Api, deps: ApiDeps): void {
  app.get(
    '/v1/books/cash',
    {
      config,
      schema: {
        tags,
        summary: 'Cash in hand by holder at the end of a business day',
        querystring: Closed({ ...reportQuery, ...onDay, ...paging }),
        response: { 200: jsonOrCsv('Cash in hand', CashBody) },
      },
    },
    async (request, reply) => {
      const { query } = request
      const report = await reportOf(deps, request, { query, to: query.on })
      const read = (page: { after: string | undefined; limit: number }) => cashInHand(deps.db, report.scope, page)
      if (wantsCsv(request, query))
        return sendCsv(reply, {
          name: `cash-${report.on}`,
          rows: await everyRow(read, ({ holder }) => holder),
          columns: { holder: (row) => row.holder, cashMinor: (row) => row.cashMinor, shortMinor: (row) => row.shortMinor },
        })
      const { limit, after } = pageAsked(query)
      const page = pageOf(await read({ after, limit: limit + 1 }), limit, ({ holder }) => holder)
      return reply.send({ ...headOf(report), cashMinor: await balanceOfGroup(deps, report, 'cash'), ...page })
    },
  )

  app.get(
    '/v1/books/deposits',
    {
      config,
      schema: {
        tags,
        summary: 'Deposits held by account at the end of a business day',
        querystring: Closed({ ...reportQuery, ...onDay, ...paging }),
        response: { 200: jsonOrCsv('Deposits held', DepositsBody) },
      },
    },
    async (request, reply) => {
      const { query } = request
      const report = await reportOf(deps, request, { query, to: query.on })
      const read = (page: { after: string | undefined; limit: number }) => depositsHeld(deps.db, report.scope, page)
      if (wantsCsv(request, query))
        return sendCsv(reply, {
          name: `deposits-${report.on}`,
          rows: await everyRow(read, ({ accountId }) => accountId),
          columns: {
            accountId: (row) => row.accountId,
            customerId: (row) => row.customerId,
            plant: (row) => row.plant,
            heldMinor: (row) => row.heldMinor,
          },
        })
      const { limit, after } = pageAsked(query)
      const page = pageOf(await read({ after, limit: limit + 1 }), limit, ({ accountId }) => accountId)
      return reply.send({ ...headOf(report), heldMinor: await balanceOfGroup(deps, report, 'deposit'), ...page })
    },
  )
}

async function balanceOfGroup({ db }: ApiDeps, { scope }: Awaited<ReturnType<typeof reportOf>>, group: string): Promise<number> {
  const lines = await trialBalanceByGroup(db, scope)
  return lines.find((line) => line.group === group)?.balanceMinor ?? 0
}
