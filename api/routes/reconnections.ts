import { Type } from '@fastify/type-provider-typebox'
import { type Reconnection, reconnections } from '../../db/queries/reconnections.ts'
import { percentile } from '../../domain/percentile.ts'
import { jsonOrCsv, reportOf, reportQuery, sendCsv, wantsCsv } from '../books-report.ts'
import type { Api, ApiDeps } from '../deps.ts'
import { ApiError } from '../errors.ts'
import { Closed, CustomerId, IsoDate, IsoInstant, Nullable, OneOf, Plant } from '../schemas.ts'

const Seconds = (description: string) => Nullable(Type.Number({ description }))

const ReconnectionsBody = Type.Object({
  plants: Type.Array(Plant),
  from: IsoDate,
  to: IsoDate,
  lit: Type.Integer({ description: 'Customers whose payment lit them again.' }),
  unconfirmed: Type.Integer({ description: 'Of those: whose meter has not said so yet.' }),
  p50Seconds: Seconds(
    'Half of them were lit within so many seconds of real time, from the payment accepted to the meter’s own report.',
  ),
  p99Seconds: Seconds('99 of 100 were.'),
  items: Type.Array(
    Type.Object({
      customerId: CustomerId,
      reason: OneOf(['unpaid', 'prepaid-lapsed']),
      paidAt: IsoInstant,
      allowedAt: IsoInstant,
      confirmedAt: Nullable(IsoInstant),
      seconds: Seconds('From the payment to the report.'),
    }),
  ),
})

/** How long it takes until who has paid has light (billing.md rule 22). */
export function reconnectionRoutes(app: Api, deps: ApiDeps): void {
  app.get(
    '/v1/reconnections',
    {
      config: { action: 'books.read' },
      schema: {
        tags: ['Supply'],
        summary: 'How long customers who paid waited for their light, from one business day to another',
        querystring: Closed({ ...reportQuery, from: IsoDate, to: IsoDate }),
        response: { 200: jsonOrCsv('Reconnections, with their median and 99th percentile', ReconnectionsBody) },
      },
    },
    async (request, reply) => {
      const { query } = request
      const { from, to } = query
      if (from > to) throw new ApiError('INVALID_INPUT', 'A range ends on or after the day it begins.')
      const { plants, scope } = await reportOf(deps, request, { query, from, to })
      const items = await reconnections(deps.db, scope)
      if (wantsCsv(request, query)) return sendCsv(reply, { name: `reconnections-${from}-${to}`, rows: items, columns: COLUMNS })
      const seconds = items.flatMap((one) => one.seconds ?? [])
      return reply.send({
        plants: plants.map(({ plant }) => plant),
        from,
        to,
        lit: items.length,
        unconfirmed: items.length - seconds.length,
        p50Seconds: percentile(seconds, 50) ?? null,
        p99Seconds: percentile(seconds, 99) ?? null,
        items,
      })
    },
  )
}

const COLUMNS = {
  customerId: (row: Reconnection) => row.customerId,
  reason: (row: Reconnection) => row.reason,
  paidAt: (row: Reconnection) => row.paidAt,
  allowedAt: (row: Reconnection) => row.allowedAt,
  confirmedAt: (row: Reconnection) => row.confirmedAt,
  seconds: (row: Reconnection) => row.seconds,
}
