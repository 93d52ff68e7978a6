import { Type } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import { Webhook } from 'standardwebhooks'
import { inTransaction } from '../../db/queries/accounts.ts'
import { businessNow, readClock } from '../../db/queries/clock.ts'
import { acceptNotice, findNotice, listNotices } from '../../db/queries/payment-notices.ts'
import { PROVIDER_STATUSES } from '../../domain/payment.ts'
import type { Api, ApiDeps, ApiSettings } from '../deps.ts'
import { ApiError } from '../errors.ts'
import { numberedPageAsked, pageOf } from '../paging.ts'
import { NoticeBody, viewNotice } from '../payment-view.ts'
import { principalOf } from '../principal.ts'
import { AmountMinor, Closed, Currency, IsoDate, IsoInstant, Line, OneOf, Page, paging, Plant } from '../schemas.ts'
import { notFound, visiblePlants } from '../visible.ts'
import { BillNumber } from './payments.ts'

const tags = ['Payments']
const Provider = Type.String({ pattern: '^[a-z][a-z0-9-]{0,39}$', examples: ['sandbox-wallet'] })

/** What a provider tells, in the envelope of Standard Webhooks. */
const SaidByProvider = Closed({
  type: OneOf(['payment.updated']),
  timestamp: IsoInstant,
  data: Closed({
    reference: Type.String({
      pattern: '^[\\x21-\\x7e]{1,100}$',
      description: 'The provider’s own number of the payment.',
      examples: ['W-20260701-000017'],
    }),
    status: OneOf(PROVIDER_STATUSES, 'Only `confirmed` counts; `pending` and `unknown` are asked after.'),
    amountMinor: AmountMinor,
    currency: Currency,
    payer: Line(100, 'What the payer gave as their number: customer ID or application’s code. Anything else waits in suspense.'),
    plant: Type.Unsafe<string>({ ...Plant, description: 'Whose till it was paid to; money of nobody known waits there.' }),
    channel: OneOf(['wallet', 'card', 'transfer', 'cheque']),
    paidOn: Type.Optional(IsoDate),
    billNumber: Type.Optional(BillNumber),
  }),
})

const Accepted = Type.Object({
  noticeId: Type.Integer(),
  isNew: Type.Boolean({ description: 'False: this was told before, and changes nothing.' }),
})

const SIGNATURE_HEADERS = Type.Object({
  'webhook-id': Type.Optional(Type.String({ maxLength: 200 })),
  'webhook-timestamp': Type.Optional(Type.String({ maxLength: 20 })),
  'webhook-signature': Type.Optional(
    Type.String({
      maxLength: 2000,
      description: '`v1,` and the base64 HMAC-SHA256 of `id.timestamp.body`; several while a secret is being replaced.',
    }),
  ),
})

/** Providers tell of payments here; staff see what was told and what was set aside. */
export function paymentNoticeRoutes(app: Api, deps: ApiDeps): void {
  void app.register(async (scope) => webhookRoute(scope as unknown as Api, deps))

  app.get(
    '/v1/payment-notices',
    {
      config: { action: 'payments.read-notices' },
      schema: {
        tags,
        summary: 'What was told of payments, newest first',
        response: { 200: Page(NoticeBody) },
        querystring: Closed({
          ...paging,
          plant: Type.Optional(Plant),
          state: Type.Optional(OneOf(['received', 'done', 'quarantined'])),
          provider: Type.Optional(Type.Unsafe<string>({ ...Provider, maxLength: 40 })),
        }),
      },
    },
    async (request) => {
      const { limit, after: before } = numberedPageAsked(request.query)
      const { plant, state, provider } = request.query
      const notices = await listNotices(deps.db, {
        plants: visiblePlants(request, plant),
        state,
        provider,
        before,
        limit: limit + 1,
      })
      return pageOf(await Promise.all(notices.map((notice) => viewNotice(deps.db, notice))), limit, (row) => row.noticeId)
    },
  )

  app.get(
    '/v1/payment-notices/:noticeId',
    {
      config: { action: 'payments.read-notices' },
      schema: {
        tags,
        summary: 'What became of what was told',
        params: Closed({ noticeId: Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }) }),
        response: { 200: NoticeBody },
      },
    },
    async (request) => {
      const notice = await findNotice(deps.db, request.params.noticeId)
      if (notice === undefined || !principalOf(request).plants.includes(notice.plant)) throw notFound('notice')
      return viewNotice(deps.db, notice)
    },
  )
}

/** In a scope of its own: here a body is read only after its bytes were proved to be the provider's. */
function webhookRoute(scope: Api, { db, now, config }: ApiDeps): void {
  const rawBodies = new WeakMap<FastifyRequest, string>()
  scope.removeContentTypeParser('application/json')
  scope.addContentTypeParser('application/json', { parseAs: 'buffer' }, async (request: FastifyRequest, body: Buffer) => {
    assertSigned(config, request, body)
    rawBodies.set(request, body.toString('utf8'))
    return parse(body)
  })
  scope.post(
    '/v1/payment-notices/:provider',
    {
      config: { action: 'open' },
      schema: {
        tags,
        summary: 'A provider tells of a payment',
        params: Closed({ provider: Provider }),
        headers: SIGNATURE_HEADERS,
        body: SaidByProvider,
        response: { 202: Accepted },
      },
    },
    async (request, reply) => {
      const { reference, plant, ...said } = request.body.data
      if ((await readClock(db, plant)).length === 0) throw new ApiError('INVALID_INPUT', 'There is no such plant.')
      const notice = {
        provider: request.params.provider,
        reference,
        plant,
        said: { ...said, raw: rawBodies.get(request) ?? '' },
        asOf: await businessNow(db, plant, now()),
      }
      return reply.code(202).send(await inTransaction(db, (tx) => acceptNotice(tx, notice)))
    },
  )
}

/** UNAUTHENTICATED unless one of the provider's secrets signed exactly these bytes, lately (Standard Webhooks 1.0). */
function assertSigned({ webhookSecrets = {} }: ApiSettings, request: FastifyRequest, body: Buffer): void {
  const { provider } = request.params as { provider: string }
  const secrets = Object.hasOwn(webhookSecrets, provider) ? (webhookSecrets[provider] ?? []) : []
  const headers = Object.fromEntries(
    ['webhook-id', 'webhook-timestamp', 'webhook-signature'].map((name) => [name, String(request.headers[name] ?? '')]),
  )
  if (!secrets.some((secret) => isSigned(new Webhook(secret), body, headers)))
    throw new ApiError('UNAUTHENTICATED', 'This notice is not signed by a provider known here.')
}

function isSigned(webhook: Webhook, body: Buffer, headers: Record<string, string>): boolean {
  try {
    webhook.verify(body, headers, { jsonParse: false })
    return true
  } catch {
    // Whatever is wrong with the signature, the answer is the same: it tells a forger nothing.
    return false
  }
}

function parse(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'))
  } catch {
    throw new ApiError('MALFORMED_BODY', 'The request could not be read as JSON.')
  }
}
