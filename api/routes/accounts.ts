import { Type } from '@fastify/type-provider-typebox'
import { findBill } from '../../db/queries/account-history.ts'
import { accountsOf } from '../../db/queries/visibility.ts'
import { readAccountPage } from '../account-page.ts'
import { Account, AccountPage, BillDocument } from '../account-schemas.ts'
import type { Api, ApiDeps } from '../deps.ts'
import { principalOf } from '../principal.ts'
import { AccountId, Closed } from '../schemas.ts'
import { notFound, visibleAccount } from '../visible.ts'

const params = Closed({ accountId: AccountId })
const billParams = Closed({
  accountId: AccountId,
  number: Type.String({ pattern: '^[A-Za-z0-9-]{1,40}(/[A-Za-z0-9-]{1,20}){0,3}$' }),
})
const tags = ['Accounts']

/** Accounts and their pages; their full lists are in `account-lists.ts`. */
export function accountRoutes(app: Api, deps: ApiDeps): void {
  const { db } = deps

  app.get(
    '/v1/accounts',
    {
      config: { action: 'accounts.read' },
      schema: { tags, summary: 'One’s own accounts', response: { 200: Type.Object({ items: Type.Array(Account) }) } },
    },
    async (request) => {
      const principal = principalOf(request)
      return { items: principal.kind === 'customer' ? await accountsOf(db, principal.personId) : [] }
    },
  )

  app.get(
    '/v1/accounts/:accountId',
    {
      config: { action: 'accounts.read' },
      schema: { tags, summary: 'Everything about an account', params, response: { 200: AccountPage } },
    },
    async (request) => readAccountPage(deps, request, await visibleAccount(db, request, request.params)),
  )

  app.get(
    '/v1/accounts/:accountId/bills/:number',
    {
      config: { action: 'accounts.read-money' },
      schema: { tags, summary: 'A bill as issued', params: billParams, response: { 200: BillDocument } },
    },
    async (request) => {
      const { accountId } = await visibleAccount(db, request, { accountId: request.params.accountId })
      const bill = await findBill(db, accountId, request.params.number)
      if (bill === undefined) throw notFound('bill')
      return bill
    },
  )
}
