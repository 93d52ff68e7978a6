import { Type } from '@fastify/type-provider-typebox'
import { businessNow } from '../../db/queries/clock.ts'
import { readReceipt } from '../../db/queries/receipts.ts'
import { maySee } from '../../db/queries/visibility.ts'
import { smsReceipt } from '../../notifications/receipts/sms-text.ts'
import type { Api, ApiDeps } from '../deps.ts'
import { standingPaper } from '../draw-paper.ts'
import { ReceiptBody, viewReceipt } from '../payment-view.ts'
import { principalOf } from '../principal.ts'
import { renderStored } from '../render-paper.ts'
import { Closed, OneOf } from '../schemas.ts'
import { notFound } from '../visible.ts'

const params = Closed({
  receiptNumber: Type.String({ pattern: '^[A-Z]{6}-R/[0-9]{4}-[0-9]{2}/[0-9]{6,12}$', examples: ['BHKATS-R/2026-27/000123'] }),
})
const querystring = Closed({
  form: Type.Optional(
    OneOf(
      ['data', 'print', 'sms'],
      '`print`: the paper as 32 columns of text. `sms`: as it stands now. `data` unless text/plain is asked for.',
    ),
  ),
  language: Type.Optional(OneOf(['en', 'hi'], 'Of the texts; English unless said.')),
})

/** A receipt by its number (manual 2.2.5): its facts, its SMS, and its paper as text; the other forms are behind `/v1/papers`. */
export function receiptRoutes(app: Api, { db, now }: ApiDeps): void {
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
      const { receipt } = issued
      const { language = 'en', form = wantsText(request.headers.accept) ? 'print' : 'data' } = request.query
      if (form === 'data') return reply.send(viewReceipt(receipt))
      reply.type('text/plain; charset=utf-8')
      if (form === 'sms') return reply.send(smsReceipt(receipt, { language }).body)
      const { accountId, number: subject, plantCode: plant } = receipt
      const asked = async () => ({ plant, madeBy: principalOf(request).actor, madeAt: await businessNow(db, plant, now()) })
      const stored = await standingPaper(db, { accountId, kind: 'receipt', subject, language }, asked)
      if (stored === undefined) throw notFound('receipt')
      return reply.send((await renderStored(db, stored, 'text')).toString())
    },
  )
}

function wantsText(accept: string | undefined): boolean {
  return accept !== undefined && accept.includes('text/plain') && !accept.includes('json')
}
