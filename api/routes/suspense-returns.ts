import { Type } from '@fastify/type-provider-typebox'
import { inTransaction } from '../../db/queries/accounts.ts'
import { insertFreeText } from '../../db/queries/free-texts.ts'
import { nobodysMoney } from '../../db/queries/refund-owner.ts'
import { requestReturn } from '../../db/queries/suspense-returns.ts'
import type { Api, ApiDeps } from '../deps.ts'
import { principalOf } from '../principal.ts'
import { RefundView } from '../refund-schemas.ts'
import { Closed, FreeText, OneOf } from '../schemas.ts'
import { METHODS } from './closures.ts'
import { visiblePayment } from './payments.ts'
import { changeRefund } from './refunds.ts'

const params = Closed({ paymentId: Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER, examples: [1] }) })

/** Money of a payer nobody knows goes back to its sender, as any money that goes out. */
export function suspenseReturnRoutes(app: Api, deps: ApiDeps): void {
  app.post(
    '/v1/payments/:paymentId/return',
    {
      config: { action: 'payments.return', idempotent: true },
      schema: {
        tags: ['Refunds'],
        summary: 'Ask for money in suspense to be returned to its sender',
        description:
          'All of the payment. It moves nothing until it was approved by the level its amount needs and paid by another person. From now on nobody can say whose it is, unless this is refused.',
        params,
        body: Closed({ method: OneOf(METHODS), text: FreeText }),
        response: { 201: RefundView },
      },
    },
    async (request, reply) => {
      const payment = await visiblePayment(deps.db, principalOf(request), request.params.paymentId)
      const { actor: requestedBy } = principalOf(request)
      const { method, text } = request.body
      const made = await inTransaction(deps.db, (tx) =>
        changeRefund(deps, request, {
          ...{ tx, account: nobodysMoney(payment), action: 'requestReturn', status: 201 },
          act: async ({ asOf }) => {
            const textId = await insertFreeText(tx, { body: text, writtenBy: requestedBy })
            return requestReturn(tx, { paymentId: payment.paymentId, method, requestedBy, textId }, { asOf })
          },
        }),
      )
      return reply.code(201).send(made)
    },
  )
}
