import { Type } from '@fastify/type-provider-typebox'
import { findBill, listBills, listCharges, listNotices, listPayments, listPostings, listReadings } from '../../db/queries/account-history.ts'
import { accountsOf } from '../../db/queries/visibility.ts'
import { readAccountPage } from '../account-page.ts'
import { Account, AccountPage, Bill, BillDocument, Charge, Notice, Payment, PostingRow, Reading } from '../account-schemas.ts'
import type { Api, ApiDeps } from '../deps.ts'
import { numberedPageAsked, pageOf } from '../paging.ts'
import type { Action } from '../permissions.ts'
import { principalOf } from '../principal.ts'
import { AccountId, Closed, Page, paging } from '../schemas.ts'
import { notFound, visibleAccount } from '../visible.ts'

const params = Closed({ accountId: AccountId })
const tags = ['Accounts']

/** An account's page and its full lists, newest first. */
export function accountRoutes(app: Api, deps: ApiDeps): void {
  const { db } = deps

  app.get(
    '/v1/accounts',
    { config: { action: 'accounts.read' }, schema: { tags, summary: 'One’s own accounts', response: { 200: Type.Object({ items: Type.Array(Account) }) } } },
    async (request) => {
      const principal = principalOf(request)
      return { items: principal.kind === 'customer' ? await accountsOf(db, principal.personId) : [] }
    },
  )

  app.get(
    '/v1/accounts/:accountId',
    { config: { action: 'accounts.read' }, schema: { tags, summary: 'Everything about an account', params, response: { 200: AccountPage } } },
    async (request) => readAccountPage(deps, request, await visibleAccount(db, request, request.params)),
  )

  app.get('/v1/accounts/:accountId/charges', list('accounts.read-money', 'Charges with what is open', Charge), async (request) => {
    const { limit, after: before } = numberedPageAsked(request.query)
    const { accountId } = await visibleAccount(db, request, request.params)
    return pageOf(await listCharges(db, accountId, { limit: limit + 1, before }), limit, (row) => row.chargeId)
  })

  app.get('/v1/accounts/:accountId/bills', list('accounts.read-money', 'Bills', Bill), async (request) => {
    const { limit, after: before } = numberedPageAsked(request.query)
    const { accountId } = await visibleAccount(db, request, request.params)
    return pageOf(await listBills(db, accountId, { limit: limit + 1, before }), limit, (row) => row.billId)
  })

  app.get('/v1/accounts/:accountId/payments', list('accounts.read-money', 'Payments and what each was put against', Payment), async (request) => {
    const { limit, after: before } = numberedPageAsked(request.query)
    const { accountId } = await visibleAccount(db, request, request.params)
    return pageOf(await listPayments(db, accountId, { limit: limit + 1, before }), limit, (row) => row.paymentId)
  })

  app.get('/v1/accounts/:accountId/postings', list('accounts.read-money', 'Postings of the ledger', PostingRow), async (request) => {
    const { limit, after: before } = numberedPageAsked(request.query)
    const { accountId } = await visibleAccount(db, request, request.params)
    return pageOf(await listPostings(db, accountId, { limit: limit + 1, before }), limit, (row) => row.postingId)
  })

  app.get('/v1/accounts/:accountId/readings', list('accounts.read', 'Readings', Reading), async (request) => {
    const { limit, after: before } = numberedPageAsked(request.query)
    const { customerId } = await visibleAccount(db, request, request.params)
    const readings = customerId === null ? [] : await listReadings(db, customerId, { limit: limit + 1, before })
    return pageOf(readings, limit, (row) => row.readingId)
  })

  app.get('/v1/accounts/:accountId/notices', list('notices.read', 'Notices and receipts as they were sent', Notice), async (request) => {
    const { limit, after: before } = numberedPageAsked(request.query)
    const { accountId } = await visibleAccount(db, request, request.params)
    return pageOf(await listNotices(db, accountId, { limit: limit + 1, before }), limit, (row) => row.notificationId)
  })

  billRoute(app, deps)
}

function billRoute(app: Api, { db }: ApiDeps): void {
  const billParams = Closed({ accountId: AccountId, number: Type.String({ pattern: '^[A-Za-z0-9-]{1,40}(/[A-Za-z0-9-]{1,20}){0,3}$' }) })
  app.get(
    '/v1/accounts/:accountId/bills/:number',
    { config: { action: 'accounts.read-money' }, schema: { tags, summary: 'A bill as issued', params: billParams, response: { 200: BillDocument } } },
    async (request) => {
      const { accountId } = await visibleAccount(db, request, { accountId: request.params.accountId })
      const bill = await findBill(db, accountId, request.params.number)
      if (bill === undefined) throw notFound('bill')
      return bill
    },
  )
}

function list<A extends Action, T extends typeof Charge | typeof Bill | typeof Payment | typeof PostingRow | typeof Reading | typeof Notice>(action: A, summary: string, item: T) {
  return { config: { action }, schema: { tags, summary, params, querystring: Closed(paging), response: { 200: Page(item) } } }
}
