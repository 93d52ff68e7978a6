import { Type } from '@fastify/type-provider-typebox'
import { listStaff } from '../../db/queries/staff.ts'
import type { Api, ApiDeps } from '../deps.ts'
import { pageAsked, pageOf } from '../paging.ts'
import { Closed, Login, Page, paging, Plant } from '../schemas.ts'
import { visiblePlants } from '../visible.ts'

const Member = Type.Object({
  login: Login,
  name: Type.String(),
  role: Type.String(),
  scope: Type.String(),
  active: Type.Boolean(),
})

/** Who works at one's plants. */
export function staffRoutes(app: Api, { db }: ApiDeps): void {
  app.get(
    '/v1/staff',
    {
      config: { action: 'staff.read' },
      schema: {
        tags: ['Staff'],
        summary: 'Staff whose scope covers one’s plants',
        querystring: Closed({ ...paging, plant: Type.Optional(Plant) }),
        response: { 200: Page(Member) },
      },
    },
    async (request) => {
      const { limit, after } = pageAsked(request.query)
      const plants = visiblePlants(request, request.query.plant)
      return pageOf(
        await listStaff(db, plants, { limit: limit + 1, ...(after !== undefined && { after }) }),
        limit,
        (row) => row.login,
      )
    },
  )
}
