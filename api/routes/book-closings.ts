import { latePostings, listClosings, readClosing } from '../../db/queries/books/closings.ts'
import { booksPlants } from '../../db/queries/books/scope.ts'
import { Type } from '@fastify/type-provider-typebox'
import { jsonOrCsv, reportQuery, sendCsv, wantsCsv } from '../books-report.ts'
import { ClosingBody, ClosingRow } from '../books-schemas.ts'
import type { Api, ApiDeps } from '../deps.ts'
import { ApiError } from '../errors.ts'
import { pageAsked, pageOf } from '../paging.ts'
import { Closed, IsoDate, Page, paging, Plant } from '../schemas.ts'
import { notFound, visiblePlant, visiblePlants } from '../visible.ts'

const tags = ['Books']
const config = { action: 'books.read' } as const
const LATE_SHOWN = 100

/** Business days that are closed: what they said stands, whatever comes late. */
export function bookClosingRoutes(app: Api, { db }: ApiDeps): void {
  app.get(
    '/v1/books/closings',
    {
      config,
      schema: {
        tags,
        summary: 'Closed business days, newest first',
        querystring: Closed({ ...paging, plant: Type.Optional(Plant) }),
        response: { 200: Page(ClosingRow) },
      },
    },
    async (request) => {
      const { limit, after } = pageAsked(request.query)
      const plants = visiblePlants(request, request.query.plant)
      const rows = await listClosings(db, { plants, before: after === undefined ? undefined : keyOf(after), limit: limit + 1 })
      return pageOf(rows, limit, ({ businessDate, plant }) => `${businessDate}/${plant}`)
    },
  )

  app.get(
    '/v1/books/closings/:plant/:date',
    {
      config,
      schema: {
        tags,
        summary: 'The closing of a business day, and what came late for it',
        params: Closed({ plant: Plant, date: IsoDate }),
        querystring: Closed({ format: reportQuery.format }),
        response: { 200: jsonOrCsv('The closing', ClosingBody) },
      },
    },
    async (request, reply) => {
      const plant = visiblePlant(request, request.params.plant)
      const [of] = await booksPlants(db, [plant])
      const closing = await readClosing(db, plant, request.params.date)
      if (closing === undefined || of === undefined) throw notFound('closing')
      if (!wantsCsv(request, request.query))
        return reply.send({
          ...closing,
          groups: [...closing.groups],
          late: await latePostings(db, { ...closing, zone: of.zone }, { limit: LATE_SHOWN }),
        })
      return sendCsv(reply, {
        name: `closing-${plant}-${closing.businessDate}`,
        rows: closing.groups.flatMap(linesOf),
        columns: {
          group: (row) => row.group,
          class: (row) => row.class,
          line: (row) => row.line,
          amountMinor: (row) => row.amountMinor,
        },
      })
    },
  )
}

type Group = NonNullable<Awaited<ReturnType<typeof readClosing>>>['groups'][number]

function linesOf(group: Group): { group: string; class: string; line: string; amountMinor: number }[] {
  const { openingMinor, lateMinor, movements, closingMinor } = group
  const lines = { opening: openingMinor, late: lateMinor, ...movements, closing: closingMinor }
  return Object.entries(lines).map(([line, amountMinor]) => ({ group: group.group, class: group.class, line, amountMinor }))
}

function keyOf(cursor: string): { date: string; plant: string } {
  const [, date, plant] = /^(\d{4}-\d{2}-\d{2})\/([A-Z]{6})$/.exec(cursor) ?? []
  if (date === undefined || plant === undefined)
    throw new ApiError('INVALID_REQUEST', 'This cursor is not from this list.', {
      errors: [{ in: 'query', pointer: '#/cursor', detail: 'take nextCursor of the page before' }],
    })
  return { date, plant }
}
