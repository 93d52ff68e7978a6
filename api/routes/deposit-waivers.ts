import { Type } from '@fastify/type-provider-typebox'
import { withAccount } from '../../db/queries/accounts.ts'
import { businessNow } from '../../db/queries/clock.ts'
import { keepAnswer } from '../../db/queries/idempotency.ts'
import { waiveTopUp } from '../../db/queries/waive-top-up.ts'
import type { Api, ApiDeps } from '../deps.ts'
import { idempotencyOf } from '../plugins/idempotency.ts'
import { staffOf } from '../principal.ts'
import { AccountId, Closed, FreeText, MoneyMinor } from '../schemas.ts'
import { visibleAccount } from '../visible.ts'

const Waived = Type.Object({
  accountId: AccountId,
  waivedMinor: MoneyMinor,
  chargeIds: Type.Array(Type.Integer(), { description: 'The parts that nobody is asked for any more.' }),
})

/** Giving up what a review asked for (policy "deposit": waiver by the state in-charge); an application has a route of its own. */
export function depositWaiverRoutes(app: Api, { db, now }: ApiDeps): void {
  app.post(
    '/v1/accounts/:accountId/deposit-waiver',
    {
      config: { action: 'deposits.waive-top-up', idempotent: true },
      schema: {
        tags: ['Accounts'],
        summary: 'Give up the parts of a deposit’s top-up of which nothing was paid',
        params: Closed({ accountId: AccountId }),
        body: Closed({ text: Type.Optional(FreeText) }),
        response: { 200: Waived },
      },
    },
    async (request) => {
      const { accountId, plant } = await visibleAccount(db, request, request.params)
      const asOf = await businessNow(db, plant, now())
      const { login: waivedBy } = staffOf(request)
      return withAccount(db, accountId, async (tx, account) => {
        const { chargeIds, ...waived } = await waiveTopUp(tx, account, { waivedBy, text: request.body.text, asOf })
        const body = { ...waived, chargeIds: [...chargeIds] }
        await keepAnswer(tx, idempotencyOf(request), { status: 200, body })
        return body
      })
    },
  )
}
