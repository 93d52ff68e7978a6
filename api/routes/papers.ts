import { type Static, Type } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import { withAccount } from '../../db/queries/accounts.ts'
import { businessNow } from '../../db/queries/clock.ts'
import { keepAnswer } from '../../db/queries/idempotency.ts'
import { listPapers, type PaperEntry } from '../../db/queries/papers/list.ts'
import type { StoredPaper } from '../../db/queries/papers/stored.ts'
import { readPlant } from '../../db/queries/plants.ts'
import { addDuration, dateAt } from '../../domain/calendar.ts'
import { LANGUAGES } from '../../notifications/language.ts'
import { PAPER_KINDS } from '../../papers/document.ts'
import { CONTENT_TYPES, PAPER_FORMATS, type PaperFormat } from '../../papers/renderings/render.ts'
import type { Api, ApiDeps } from '../deps.ts'
import { standingPaper } from '../draw-paper.ts'
import { ApiError } from '../errors.ts'
import { MADE_KINDS, type MadeKind, makePaper } from '../make-statement.ts'
import { pageAsked, pageOf } from '../paging.ts'
import { paperIdOf, paperKeyOf } from '../paper-ids.ts'
import { idempotencyOf } from '../plugins/idempotency.ts'
import { principalOf } from '../principal.ts'
import { renderStored } from '../render-paper.ts'
import { AccountId, Closed, IsoDate, IsoInstant, MoneyMinor, Nullable, OneOf, Page, paging } from '../schemas.ts'
import { notFound, visibleAccount } from '../visible.ts'

const tags = ['Papers']
const PaperId = Type.String({
  pattern: '^[A-Z]{6}-A[0-9]{4,9}[.][a-z-]{4,24}[.][A-Za-z0-9-]{1,40}([.][A-Za-z0-9-]{1,20}){0,3}[.](en|hi)$',
  description: 'Account, kind, number, language.',
  examples: ['BHKATS-A0042.bill.BHKATS-B-000123.hi'],
})
const Delivery = Type.Object({
  notificationId: Type.Integer(),
  kind: Type.String(),
  language: Type.String(),
  channel: Type.String(),
  state: Type.String({ description: '`queued`, `sent`, `delivered` or `failed` (tried again).' }),
  queuedAt: IsoInstant,
  sentAt: Nullable(IsoInstant),
  deliveredAt: Nullable(IsoInstant),
})
const PaperView = Type.Object({
  kind: OneOf(PAPER_KINDS),
  number: Type.String(),
  issuedAt: IsoInstant,
  amountMinor: Nullable(MoneyMinor),
  paperIds: Type.Object({ en: PaperId, hi: PaperId }, { description: 'The paper in each language.' }),
  madeAt: Nullable(Type.Unsafe<string>({ ...IsoInstant, description: 'When it was first asked for; null before.' })),
  deliveries: Type.Array(Delivery, { description: 'What was sent about it, when, and whether it arrived.' }),
})
const Wanted = Closed({
  kind: OneOf(MADE_KINDS),
  from: Type.Optional(
    Type.Unsafe<string>({ ...IsoDate, description: 'First day of a statement; a month before `to` unless said.' }),
  ),
  to: Type.Optional(Type.Unsafe<string>({ ...IsoDate, description: 'Last day of a statement; today unless said.' })),
})
const Made = Type.Object({ kind: OneOf(MADE_KINDS), number: Type.String(), paperIds: Type.Object({ en: PaperId, hi: PaperId }) })

const ofAccount = Closed({ accountId: AccountId })
const Format = OneOf(
  PAPER_FORMATS,
  '`json`: the digital record. `escpos`: bytes for a 58 mm printer. Unless said, by the Accept header: PDF, PNG, text, else JSON.',
)

/** The papers a customer is handed, in every form; the same for customer and staff. */
export function paperRoutes(app: Api, deps: ApiDeps): void {
  app.get(
    '/v1/accounts/:accountId/papers',
    {
      config: { action: 'papers.read' },
      schema: {
        tags,
        summary: 'Papers of an account, newest first, and what was sent about each',
        params: ofAccount,
        querystring: Closed(paging),
        response: { 200: Page(PaperView) },
      },
    },
    async (request) => {
      const { accountId } = await visibleAccount(deps.db, request, request.params)
      const { limit, after } = pageAsked(request.query)
      if (after !== undefined && !CURSOR.test(after)) throw new ApiError('INVALID_REQUEST', 'This cursor is not from this list.')
      const rows = await listPapers(deps.db, accountId, { limit: limit + 1, after })
      const { items, nextCursor } = pageOf(rows, limit, ({ issuedAt, kind, subject }) => `${issuedAt} ${kind} ${subject}`)
      return { items: items.map((entry) => view(accountId, entry)), nextCursor }
    },
  )

  app.post(
    '/v1/accounts/:accountId/papers',
    {
      config: { action: 'papers.make', idempotent: true },
      schema: {
        tags,
        summary: 'Have a statement or deposit certificate made',
        params: ofAccount,
        body: Wanted,
        response: { 201: Made },
      },
    },
    async (request, reply) => reply.code(201).send(await make(deps, request, { ...request.params, ...request.body })),
  )

  app.get(
    '/v1/papers/:paperId',
    {
      config: { action: 'papers.read' },
      schema: {
        tags,
        summary: 'A paper: the same bytes whenever it is asked for',
        params: Closed({ paperId: PaperId }),
        querystring: Closed({ format: Type.Optional(Format) }),
        response: { 200: { description: 'The paper', content: formContents() } },
      },
    },
    async (request, reply) => {
      const stored = await visiblePaper(deps, request, request.params.paperId)
      const format = request.query.format ?? acceptedFormat(request.headers.accept)
      const bytes = await renderStored(deps.db, stored, format)
      return reply
        .type(CONTENT_TYPES[format])
        .header('content-disposition', `inline; filename="${stored.paperId}.${ENDINGS[format]}"`)
        .serializer((payload: unknown) => payload as string)
        .send(bytes)
    },
  )
}

const CURSOR = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z [a-z-]+ \S+$/
const ENDINGS: Readonly<Record<PaperFormat, string>> = {
  json: 'json',
  pdf: 'pdf',
  png: 'png',
  escpos: 'bin',
  text: 'txt',
  sms: 'sms.txt',
}

function formContents() {
  const binary = { schema: Type.Unsafe<Buffer>({ type: 'string', format: 'binary' }) }
  return {
    'application/json': { schema: Type.Unsafe<Buffer>({ type: 'object', additionalProperties: true }) },
    'application/pdf': binary,
    'image/png': binary,
    'application/octet-stream': binary,
    'text/plain': binary,
  }
}

function acceptedFormat(accept = ''): PaperFormat {
  const asked = accept.split(',').map((part) => part.split(';', 1)[0]?.trim())
  if (asked.includes('application/json')) return 'json'
  if (asked.includes('application/pdf')) return 'pdf'
  if (asked.includes('image/png')) return 'png'
  return asked.includes('text/plain') ? 'text' : 'json'
}

async function visiblePaper({ db, now }: ApiDeps, request: FastifyRequest, paperId: string): Promise<StoredPaper> {
  const key = paperKeyOf(paperId)
  if (key === undefined) throw notFound('paper')
  const { plant } = await visibleAccount(db, request, { accountId: key.accountId }).catch(() => {
    throw notFound('paper')
  })
  const asked = async () => ({ plant, madeBy: principalOf(request).actor, madeAt: await businessNow(db, plant, now()) })
  const stored = await standingPaper(db, key, asked)
  if (stored === undefined) throw notFound('paper')
  return stored
}

function view(accountId: string, { subject, ...entry }: PaperEntry): Static<typeof PaperView> {
  return { ...entry, number: subject, paperIds: idsOf(accountId, { kind: entry.kind, subject }) }
}

function idsOf(accountId: string, of: { kind: PaperEntry['kind']; subject: string }): Static<typeof PaperView>['paperIds'] {
  const [hi = '', en = ''] = LANGUAGES.map((language) => paperIdOf({ accountId, ...of, language }))
  return { hi, en }
}

async function make(
  { db, now }: ApiDeps,
  request: FastifyRequest,
  asked: { accountId: string; kind: MadeKind; from?: string; to?: string },
): Promise<Static<typeof Made>> {
  const { accountId, plant } = await visibleAccount(db, request, { accountId: asked.accountId })
  const madeAt = await businessNow(db, plant, now())
  const { zone } = await readPlant(db, plant, madeAt)
  const today = dateAt(madeAt, zone)
  const to = asked.to ?? today
  const from = asked.from ?? addDuration(to, '-P1M')
  if (from > to || to > today)
    throw new ApiError('INVALID_INPUT', 'A statement runs from a day to a later one, at most until today.')
  const madeBy = principalOf(request).actor
  return withAccount(db, accountId, async (tx): Promise<Static<typeof Made>> => {
    const number = await makePaper(tx, { accountId, plant, kind: asked.kind, from, to, madeBy, madeAt })
    const made = { kind: asked.kind, number, paperIds: idsOf(accountId, { kind: asked.kind, subject: number }) }
    await keepAnswer(tx, idempotencyOf(request), { status: 201, body: made })
    return made
  })
}
