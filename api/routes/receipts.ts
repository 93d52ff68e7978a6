import { Type } from '@fastify/type-provider-typebox'
import { readReceipt } from '../../db/queries/receipts.ts'
import { maySee } from '../../db/queries/visibility.ts'
import { printReceipt } from '../../notifications/receipts/print-text.ts'
import { smsReceipt } from '../../notifications/receipts/sms-text.ts'
import type { Api, ApiDeps } from '../deps.ts'
import { ReceiptBody, viewReceipt } from '../payment-view.ts'
import { principalOf } from '../principal.ts'
import { Closed, OneOf } from '../schemas.ts'
import { notFound } from '../visible.ts'

const params = Closed({
  receiptNumber: Type.String({ pattern: '^[A-Z]{6}-R/[0-9]{4}-[0-9]{2}/[0-9]{6,12}$', examples: ['BHKATS-R/2026-27/000123'] }),
})
const querystring = Closed({
  form: Type.Optional(
    OneOf(['data', 'print', 'sms'], '`print`: 32 columns for a portable printer. `data` unless text/plain is asked for.'),
  ),
  language: Type.Optional(OneOf(['en', 'hi'], 'Of the texts; English unless said.')),
})

/** Receipts in every form there is (manual 2.2.5): the same facts, made anew from rows that never change. */
export function receiptRoutes(app: Api, { db }: ApiDeps): void {
  app.get(
    '/v1/receipts/:receiptNumber',
    {
      config: { action: 'payments.read' },
      schema: {
        tags: ['Payments'],
        summary: 'A receipt',
        params,
        querystring,
        response: {
          200: {
            description: 'The receipt',
            content: { 'application/json': { schema: ReceiptBody }, 'text/plain': { schema: Type.String() } },
          },
        },
      },
    },
    async (request, reply) => {
      const issued = await readReceipt(db, request.params.receiptNumber)
      if (issued === undefined || !maySee(principalOf(request), { plant: issued.receipt.plantCode, personId: issued.personId }))
        throw notFound('receipt')
      const { receipt, payerName, payerNameHi } = issued
      const { language = 'en', form = wantsText(request.headers.accept) ? 'print' : 'data' } = request.query
      if (form === 'data') return reply.send(viewReceipt(receipt))
      const context = { language, payerName: language === 'hi' ? (payerNameHi ?? payerName) : payerName }
      return reply
        .type('text/plain; charset=utf-8')
        .send(form === 'sms' ? smsReceipt(receipt, context).body : printReceipt(receipt, context))
    },
  )
}

function wantsText(accept: string | undefined): boolean {
  return accept !== undefined && accept.includes('text/plain') && !accept.includes('json')
}
