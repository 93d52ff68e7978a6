import { Type } from '@fastify/type-provider-typebox'
import { businessNow } from '../../db/queries/clock.ts'
import { acknowledgeOwnNotice, findOwnNotice, listOwnNotices, type StaffNotice } from '../../db/queries/own-notices.ts'
import { renderStoredNotice } from '../../notifications/texts.ts'
import type { Api, ApiDeps } from '../deps.ts'
import { numberedPageAsked, pageOf } from '../paging.ts'
import { staffOf } from '../principal.ts'
import { Closed, IsoInstant, Nullable, Page, paging, Plant } from '../schemas.ts'
import { notFound } from '../visible.ts'

const tags = ['Sessions']
const Id = Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER, examples: [1] })

const OwnNotice = Type.Object({
  notificationId: Type.Integer({ description: 'Under which it is acknowledged.' }),
  plant: Plant,
  kind: Type.String({ description: 'What it is about, say `process-reminder`, `process-escalated` or `process-parked`.' }),
  body: Nullable(Type.String({ description: 'The text. `null` where it could not be written; the kind still says what it is.' })),
  queuedAt: IsoInstant,
  acknowledgedAt: Nullable(IsoInstant),
})
const Acknowledged = Type.Object({ notificationId: Type.Integer(), acknowledgedAt: IsoInstant })

/** What staff are told: work of theirs, reminders, what waits too long, what cannot go on. Customers find theirs at the account. */
export function ownNoticeRoutes(app: Api, { db, now }: ApiDeps): void {
  app.get(
    '/v1/me/notices',
    {
      config: { action: 'notices.read-own' },
      schema: {
        tags,
        summary: 'What one was told, newest first',
        querystring: Closed(paging),
        response: { 200: Page(OwnNotice) },
      },
    },
    async (request) => {
      const { limit, after: before } = numberedPageAsked(request.query)
      const rows = await listOwnNotices(db, staffOf(request).login, { before, limit: limit + 1 })
      const { items, nextCursor } = pageOf(rows, limit, ({ notificationId }) => notificationId)
      return { items: items.map(viewOf), nextCursor }
    },
  )

  app.post(
    '/v1/me/notices/:notificationId/acknowledgement',
    {
      config: { action: 'notices.acknowledge-own' },
      schema: {
        tags,
        summary: 'Say that one has seen a notice; again changes nothing',
        params: Closed({ notificationId: Id }),
        body: Closed({}),
        response: { 200: Acknowledged },
      },
    },
    async (request) => {
      const { login } = staffOf(request)
      const { notificationId } = request.params
      const notice = await findOwnNotice(db, login, notificationId)
      if (notice === undefined) throw notFound('notice')
      const asOf = await businessNow(db, notice.plant, now())
      return { notificationId, acknowledgedAt: await acknowledgeOwnNotice(db, { login, notificationId, asOf }) }
    },
  )
}

function viewOf({ notificationId, plant, kind, body, queuedAt, acknowledgedAt, ...stored }: StaffNotice) {
  return { notificationId, plant, kind, body: body ?? textOf({ kind, ...stored }), queuedAt, acknowledgedAt }
}

/** What the relay has not sent yet is written here. One that cannot be written must not hide the others. */
function textOf(stored: Pick<StaffNotice, 'kind' | 'language' | 'params'>): string | null {
  try {
    return renderStoredNotice(stored).body
  } catch {
    return null
  }
}
