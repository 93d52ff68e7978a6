import { Type } from '@fastify/type-provider-typebox'
import { businessNow } from '../../db/queries/clock.ts'
import { DepositStatement, readDepositStatement } from '../deposit-statement.ts'
import type { Api, ApiDeps } from '../deps.ts'
import { AccountId, Closed, IsoDate } from '../schemas.ts'
import { visibleAccount } from '../visible.ts'

/** The deposit's own statement, the same for customer and staff. On paper it is made by `POST /v1/accounts/{accountId}/papers`. */
export function depositStatementRoutes(app: Api, deps: ApiDeps): void {
  app.get(
    '/v1/accounts/:accountId/deposit-statement',
    {
      config: { action: 'accounts.read-money' },
      schema: {
        tags: ['Accounts'],
        summary: 'The security deposit: every movement with the running balance, what is asked for, the last review',
        description:
          'In any form a customer is handed (PDF, image, print, text), with a number: `POST /v1/accounts/{accountId}/papers` with kind `deposit-statement`.',
        params: Closed({ accountId: AccountId }),
        querystring: Closed({
          from: Type.Optional(Type.Unsafe<string>({ ...IsoDate, description: 'First day; the first movement unless said.' })),
          to: Type.Optional(Type.Unsafe<string>({ ...IsoDate, description: 'Last day; today unless said.' })),
        }),
        response: { 200: DepositStatement },
      },
    },
    async (request) => {
      const account = await visibleAccount(deps.db, request, request.params)
      const asOf = await businessNow(deps.db, account.plant, deps.now())
      return readDepositStatement(deps, account, { asOf, from: request.query.from, to: request.query.to })
    },
  )
}
