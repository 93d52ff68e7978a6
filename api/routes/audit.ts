import { Type } from '@fastify/type-provider-typebox'
import { listAudit } from '../../db/queries/audit.ts'
import type { Api, ApiDeps } from '../deps.ts'
import { numberedPageAsked, pageOf } from '../paging.ts'
import { Actor, Closed, IsoInstant, Nullable, Page, paging, Plant } from '../schemas.ts'
import { visiblePlants } from '../visible.ts'

const Entry = Type.Object({
  auditId: Type.Integer(),
  actor: Actor,
  action: Type.String(),
  subject: Type.String(),
  plant: Nullable(Plant),
  before: Type.Unknown(),
  after: Type.Unknown(),
  businessAt: Nullable(IsoInstant),
  recordedAt: IsoInstant,
})

const Key = Type.String({ pattern: "^[A-Za-z][A-Za-z0-9%:._~!*'()-]{0,339}$" })

/** Who did what, newest first. */
export function auditRoutes(app: Api, { db }: ApiDeps): void {
  app.get(
    '/v1/audit',
    {
      config: { action: 'audit.read' },
      schema: {
        tags: ['Audit'],
        summary: 'Who did what at one’s plants',
        querystring: Closed({ ...paging, plant: Type.Optional(Plant), subject: Type.Optional(Key), actor: Type.Optional(Key) }),
        response: { 200: Page(Entry) },
      },
    },
    async (request) => {
      const { limit, after: before } = numberedPageAsked(request.query)
      const { plant, subject, actor } = request.query
      return pageOf(
        await listAudit(db, { plants: visiblePlants(request, plant), subject, actor, before, limit: limit + 1 }),
        limit,
        (row) => row.auditId,
      )
    },
  )
}
