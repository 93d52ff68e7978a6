import { Type } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import type { Tx } from '../../db/client.ts'
import { inTransaction } from '../../db/queries/accounts.ts'
import { recordAudit } from '../../db/queries/audit.ts'
import { businessNow } from '../../db/queries/clock.ts'
import { insertFreeText } from '../../db/queries/free-texts.ts'
import {
  acknowledgeItem,
  acknowledgementOf,
  acknowledgeNotice,
  findOpenItem,
  listOpenItems,
} from '../../db/queries/payment-open-items.ts'
import { findNotice } from '../../db/queries/payment-notices.ts'
import { DomainError } from '../../domain/errors.ts'
import type { Api, ApiDeps } from '../deps.ts'
import { numberedPageAsked, pageOf } from '../paging.ts'
import { principalOf, staffOf } from '../principal.ts'
import { Actor, Closed, Currency, FreeText, IsoInstant, MoneyMinor, Nullable, OneOf, Page, paging, Plant } from '../schemas.ts'
import { notFound, visiblePlants } from '../visible.ts'

const tags = ['Payments']
const Id = Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER, examples: [1] })

/** Something in which a provider and we do not agree. */
export const OpenItemView = Type.Object({
  itemId: Type.Integer(),
  statementId: Type.Integer(),
  plant: Plant,
  kind: Type.String({
    description: '`not-in-statement`: posted with us, missing there. `another-amount`: in both, and not the same.',
  }),
  provider: Type.String(),
  reference: Type.String(),
  paymentId: Type.Integer(),
  oursMinor: MoneyMinor,
  theirsMinor: Nullable(MoneyMinor),
  currency: Currency,
  openedAt: IsoInstant,
  closedAt: Nullable(IsoInstant),
  closedAs: Nullable(Type.String({ description: '`acknowledged` by somebody, or `found` in a later statement.' })),
  closedBy: Nullable(Actor),
})
const Acknowledged = Type.Object({ acknowledgedBy: Actor, acknowledgedAt: IsoInstant })

/** What people have to look at, and that they have. */
export function paymentOpenItemRoutes(app: Api, deps: ApiDeps): void {
  app.get(
    '/v1/payment-open-items',
    {
      config: { action: 'payments.read-notices' },
      schema: {
        tags,
        summary: 'What statements and books do not agree in, newest first',
        querystring: Closed({ ...paging, plant: Type.Optional(Plant), state: Type.Optional(OneOf(['open', 'closed'])) }),
        response: { 200: Page(OpenItemView) },
      },
    },
    async (request) => {
      const { limit, after: before } = numberedPageAsked(request.query)
      const { plant, state } = request.query
      const isOpen = state === undefined ? undefined : state === 'open'
      const rows = await listOpenItems(deps.db, { plants: visiblePlants(request, plant), isOpen, before, limit: limit + 1 })
      return pageOf(rows, limit, (row) => row.itemId)
    },
  )

  app.post(
    '/v1/payment-open-items/:itemId/acknowledgement',
    {
      config: { action: 'payments.acknowledge', idempotent: true },
      schema: {
        tags,
        summary: 'Say why an open item may rest',
        params: Closed({ itemId: Id }),
        body: Closed({ text: FreeText }),
        response: { 200: Acknowledged },
      },
    },
    async (request) => {
      const item = await findOpenItem(deps.db, request.params.itemId)
      if (item === undefined || !principalOf(request).plants.includes(item.plant)) throw notFound('open item')
      const { itemId, plant } = item
      return acknowledge(deps, request, {
        plant,
        subject: `payment-open-item:${itemId}`,
        text: request.body.text,
        write: (tx, seen) => acknowledgeItem(tx, itemId, seen),
        before: async () => {
          const { closedBy, closedAt } = (await findOpenItem(deps.db, itemId)) ?? item
          return { by: closedBy, at: closedAt }
        },
      })
    },
  )

  noticeRoute(app, deps)
}

function noticeRoute(app: Api, deps: ApiDeps): void {
  app.post(
    '/v1/payment-notices/:noticeId/acknowledgement',
    {
      config: { action: 'payments.acknowledge', idempotent: true },
      schema: {
        tags,
        summary: 'Say why a notice that was set aside may rest',
        params: Closed({ noticeId: Id }),
        body: Closed({ text: FreeText }),
        response: { 200: Acknowledged },
      },
    },
    async (request) => {
      const notice = await findNotice(deps.db, request.params.noticeId)
      if (notice === undefined || !principalOf(request).plants.includes(notice.plant)) throw notFound('notice')
      const { noticeId, plant, state } = notice
      if (state !== 'quarantined') throw new DomainError('WRONG_STAGE', 'This notice was not set aside', { state })
      return acknowledge(deps, request, {
        plant,
        subject: `payment-notice:${noticeId}`,
        text: request.body.text,
        write: (tx, seen) => acknowledgeNotice(tx, noticeId, seen),
        before: async () => {
          const seen = await acknowledgementOf(deps.db, noticeId)
          return { by: seen?.acknowledgedBy ?? null, at: seen?.acknowledgedAt ?? null }
        },
      })
    },
  )
}

interface Acknowledging {
  readonly plant: string
  readonly subject: string
  readonly text: string
  readonly write: (tx: Tx, seen: { by: string; textId: number; asOf: string }) => Promise<boolean>
  readonly before: () => Promise<{ by: string | null; at: string | null }>
}

/** ALREADY_DECIDED with who and when where somebody has before. */
async function acknowledge(deps: ApiDeps, request: FastifyRequest, { plant, subject, text, write, before }: Acknowledging) {
  const { login: by } = staffOf(request)
  const asOf = await businessNow(deps.db, plant, deps.now())
  const isFirst = await inTransaction(deps.db, async (tx) => {
    const textId = await insertFreeText(tx, { body: text, writtenBy: by })
    if (!(await write(tx, { by, textId, asOf }))) return false
    await recordAudit(tx, {
      actor: by,
      action: 'acknowledge',
      subject,
      plant,
      businessAt: asOf,
      after: { textId, trace: request.id },
    })
    return true
  })
  if (isFirst) return { acknowledgedBy: by, acknowledgedAt: asOf }
  const standing = await before()
  throw new DomainError('ALREADY_DECIDED', 'Somebody has seen to it already', { decidedBy: standing.by, decidedAt: standing.at })
}
