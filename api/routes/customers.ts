import { Type } from '@fastify/type-provider-typebox'
import { listCustomers } from '../../db/queries/customers.ts'
import { readAccountPage } from '../account-page.ts'
import { AccountPage } from '../account-schemas.ts'
import type { Api, ApiDeps } from '../deps.ts'
import { pageAsked, pageOf } from '../paging.ts'
import { AccountId, Closed, CustomerId, Line, Nullable, OneOf, Page, paging, Plant } from '../schemas.ts'
import { visibleAccount, visiblePlants } from '../visible.ts'

const STATUSES = ['active', 'inactive', 'banned', 'new', 'closed'] as const

const Customer = Type.Object({
  customerId: CustomerId,
  accountId: AccountId,
  plant: Plant,
  name: Type.String(),
  nameHi: Nullable(Type.String()),
  category: Type.String(),
  packageCode: Type.String(),
  meterKind: Nullable(Type.String()),
  status: OneOf(STATUSES),
})

const query = Closed({
  ...paging,
  plant: Type.Optional(Plant),
  status: Type.Optional(OneOf(STATUSES)),
  search: Type.Optional(Line(100, 'The beginning of a customer ID, or of the words of a name, in Devanagari or Latin letters.')),
})

/** The register of connections. */
export function customerRoutes(app: Api, deps: ApiDeps): void {
  const { db } = deps

  app.get(
    '/v1/customers',
    {
      config: { action: 'customers.read' },
      schema: {
        tags: ['Customers'],
        summary: 'Customers of one’s plants',
        querystring: query,
        response: { 200: Page(Customer) },
      },
    },
    async (request) => {
      const { limit, after } = pageAsked(request.query)
      const { plant, status, search } = request.query
      const rows = await listCustomers(db, { plants: visiblePlants(request, plant), status, search, after, limit: limit + 1 })
      return pageOf(rows, limit, (row) => row.customerId)
    },
  )

  app.get(
    '/v1/customers/:customerId',
    {
      config: { action: 'accounts.read' },
      schema: {
        tags: ['Customers'],
        summary: 'Everything about a customer',
        params: Closed({ customerId: CustomerId }),
        response: { 200: AccountPage },
      },
    },
    async (request) => readAccountPage(deps, request, await visibleAccount(db, request, request.params)),
  )
}
