import { type Static, Type } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import { withAccount } from '../../db/queries/accounts.ts'
import { recordAudit } from '../../db/queries/audit.ts'
import { businessNow } from '../../db/queries/clock.ts'
import { requestNote, requestReadingCorrection } from '../../db/queries/correction-requests.ts'
import { type Correction, findCorrection, listCorrections } from '../../db/queries/corrections.ts'
import { insertFreeText, readFreeText } from '../../db/queries/free-texts.ts'
import { keepAnswer } from '../../db/queries/idempotency.ts'
import { accountOfCharge, accountOfReading } from '../../db/queries/owners.ts'
import { readPlant } from '../../db/queries/plants.ts'
import { decisionsOf, findProcess } from '../../db/queries/process-list.ts'
import { findVisibleAccount } from '../../db/queries/visibility.ts'
import type { Tx } from '../../db/client.ts'
import type { LockedAccount } from '../../db/queries/accounts.ts'
import { assertMayDecide } from '../../domain/approvals.ts'
import { CORRECTION_DECISION, NOTE_KINDS, NOTE_REASONS } from '../../domain/note.ts'
import { processIds } from '../../domain/process-ids.ts'
import type { DecisionUpdate } from '../../workflows/decisions.ts'
import { approveCorrection, rejectCorrection, withdrawCorrection } from '../../workflows/correct-charge.ts'
import { CorrectionId, CorrectionView, showCorrection, Standing } from '../correction-schemas.ts'
import { decide } from '../decide.ts'
import { decisionRoute } from '../decision-route.ts'
import type { Api, ApiDeps } from '../deps.ts'
import { ApiError } from '../errors.ts'
import { pageAsked, pageOf } from '../paging.ts'
import { idempotencyOf } from '../plugins/idempotency.ts'
import { mayAlso, principalOf, staffOf } from '../principal.ts'
import type { StandingDecision } from '../schemas.ts'
import { Closed, EnergyWh, FreeText, AmountMinor, OneOf, Page, paging, Plant } from '../schemas.ts'
import { notFound, visiblePlants } from '../visible.ts'

const tags = ['Corrections']
const Id = Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER })
const text = Type.Optional(FreeText)
const reason = OneOf(NOTE_REASONS)
const LineMinor = Type.Integer({ minimum: -1e12, maximum: 1e12, description: 'With the sign of the line.' })
const Line = Closed({
  line: Type.Integer({ minimum: 1, maximum: 1000 }),
  amountMinor: LineMinor,
})

export const NoteBody = Closed({
  kind: OneOf(NOTE_KINDS, 'A write-off is asked for by the state in-charge.'),
  amountMinor: AmountMinor,
  lines: Type.Optional(
    Type.Array(Line, { maxItems: 100, description: 'Which lines it corrects; spread over all of them when left out.' }),
  ),
  reason,
  text,
})
const ReadingBody = Closed({
  registerWh: EnergyWh,
  photoRef: Type.Optional(Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9._/-]{0,99}$' })),
  reason,
  text,
})
const CorrectionPage = Type.Object({ correction: CorrectionView, ...Standing })
const params = Closed({ correctionId: CorrectionId })

/** Corrections of issued charges and accepted readings: asked for by one, decided by another (policy, "decision" table). */
export function correctionRoutes(app: Api, deps: ApiDeps): void {
  askingRoutes(app, deps)
  readingRoutes(app, deps)
  decidingRoutes(app, deps)
}

function askingRoutes(app: Api, deps: ApiDeps): void {
  const asking = { action: 'corrections.request', idempotent: true } as const
  app.post(
    '/v1/charges/:chargeId/corrections',
    {
      config: asking,
      schema: {
        tags,
        summary: 'Ask for a note on a charge',
        params: Closed({ chargeId: Id }),
        body: NoteBody,
        response: { 201: CorrectionView },
      },
    },
    async (request, reply) => {
      const { chargeId } = request.params
      const { text: said, ...asked } = request.body
      if (asked.kind === 'write-off' && !mayAlso(request, 'corrections.write-off'))
        throw new ApiError('NOT_PERMITTED', 'A write-off is asked for by the state in-charge.')
      const owner = await accountOfCharge(deps.db, chargeId)
      const made = await ask(deps, request, {
        owner,
        said,
        what: 'charge',
        make: (tx, account, by) => requestNote(tx, account, { ...asked, chargeId, ...by }),
      })
      return reply.code(201).send(made)
    },
  )

  app.post(
    '/v1/readings/:readingId/corrections',
    {
      config: { action: 'readings.enter', idempotent: true },
      schema: {
        tags,
        summary: 'Ask for the correction of an accepted reading',
        params: Closed({ readingId: Id }),
        body: ReadingBody,
        response: { 201: CorrectionView },
      },
    },
    async (request, reply) => {
      const { readingId } = request.params
      const { text: said, photoRef = null, ...asked } = request.body
      const owner = await accountOfReading(deps.db, readingId)
      const made = await ask(deps, request, {
        owner,
        said,
        what: 'reading',
        make: (tx, account, by) => requestReadingCorrection(tx, account, { ...asked, photoRef, readingId, ...by }),
      })
      return reply.code(201).send(made)
    },
  )
}

interface Asked {
  readonly owner: string | undefined
  readonly said: string | undefined
  readonly what: string
  readonly make: Asking
}
type Asking = (
  tx: Tx,
  account: LockedAccount,
  by: { requestedBy: string; asOf: string; textId: number | null },
) => Promise<Correction>

async function ask(
  { db, now }: ApiDeps,
  request: FastifyRequest,
  { owner, said, what, make }: Asked,
): Promise<Static<typeof CorrectionView>> {
  const account = owner === undefined ? undefined : await findVisibleAccount(db, principalOf(request), { accountId: owner })
  if (account === undefined) throw notFound(what)
  const { actor: requestedBy } = principalOf(request)
  const asOf = await businessNow(db, account.plant, now())
  return withAccount(db, account.accountId, async (tx, locked) => {
    const textId = said === undefined ? null : await insertFreeText(tx, { body: said, writtenBy: requestedBy })
    const made = showCorrection(await make(tx, locked, { requestedBy, asOf, textId }))
    const { correctionId, kind, amountMinor } = made
    await recordAudit(tx, {
      actor: requestedBy,
      action: 'requestCorrection',
      subject: processIds.correction(correctionId),
      plant: account.plant,
      businessAt: asOf,
      after: { correctionId, kind, amountMinor, trace: request.id },
    })
    await keepAnswer(tx, idempotencyOf(request), { status: 201, body: made })
    return made
  })
}

function readingRoutes(app: Api, deps: ApiDeps): void {
  const State = Type.Optional(OneOf(['open', 'ended', 'all']))
  app.get(
    '/v1/corrections',
    {
      config: { action: 'corrections.read' },
      schema: {
        tags,
        summary: 'Corrections of the plants, newest first',
        querystring: Closed({ plant: Type.Optional(Plant), state: State, ...paging }),
        response: { 200: Page(CorrectionView) },
      },
    },
    async (request) => {
      const { plant, state = 'all', ...query } = request.query
      const { limit, after } = pageAsked(query)
      const rows = await listCorrections(deps.db, { plants: visiblePlants(request, plant), state, after, limit: limit + 1 })
      const { items, nextCursor } = pageOf(rows, limit, ({ correctionId }) => correctionId)
      return { items: items.map(showCorrection), nextCursor }
    },
  )

  app.get(
    '/v1/corrections/:correctionId',
    {
      config: { action: 'corrections.read' },
      schema: { tags, summary: 'A correction: where it stands and what was decided', params, response: { 200: CorrectionPage } },
    },
    async (request) => {
      const correction = await visibleCorrection(deps, request, request.params.correctionId)
      const workflowId = processIds.correction(correction.correctionId)
      const { stage = 'Starting', waitingFor = null, dueAt = null } = (await findProcess(deps.db, workflowId)) ?? {}
      const written = correction.textId === null ? null : await readFreeText(deps.db, correction.textId)
      const decisions = await decisionsOf(deps.db, workflowId)
      return { correction: showCorrection(correction), stage, waitingFor, dueAt, text: written, decisions }
    },
  )
}

function decidingRoutes(app: Api, deps: ApiDeps): void {
  const Note = Closed({ text })
  const action = 'corrections.decide'
  app.post(
    '/v1/corrections/:correctionId/approve',
    decisionRoute({ tags, summary: 'Approve; the note is made at once', params, body: Note, action }),
    async (request) =>
      send(deps, request, { ...request.params, update: approveCorrection, verdict: 'approved', text: request.body.text }),
  )
  app.post(
    '/v1/corrections/:correctionId/reject',
    decisionRoute({ tags, summary: 'Refuse, saying why', params, body: Closed({ text: FreeText }), action }),
    async (request) =>
      send(deps, request, { ...request.params, update: rejectCorrection, verdict: 'rejected', text: request.body.text }),
  )
  app.post(
    '/v1/corrections/:correctionId/withdraw',
    decisionRoute({ tags, summary: 'Take back what one asked for', params, body: Note, action: 'corrections.withdraw' }),
    async (request) =>
      send(deps, request, { ...request.params, update: withdrawCorrection, verdict: 'withdrawn', text: request.body.text }),
  )
}

interface Said {
  readonly correctionId: string
  readonly update: DecisionUpdate
  readonly verdict: string
  readonly text: string | undefined
}

async function send(
  deps: ApiDeps,
  request: FastifyRequest,
  { correctionId, ...said }: Said,
): Promise<Static<typeof StandingDecision>> {
  const correction = await visibleCorrection(deps, request, correctionId)
  if (said.verdict !== 'withdrawn') await assertApprover(deps, request, correction)
  return decide(deps, {
    request,
    workflowId: processIds.correction(correctionId),
    plant: correction.plant,
    step: 'approval',
    ...said,
  })
}

/** The level the amount asks for or above it, never whoever asked. */
async function assertApprover({ db }: ApiDeps, request: FastifyRequest, correction: Correction): Promise<void> {
  const { login, role } = staffOf(request)
  const { kind, amountMinor, requestedBy } = correction
  const plant = await readPlant(db, correction.plant, correction.requestedAt)
  const matter = { decision: CORRECTION_DECISION[kind], ...(amountMinor !== null && { amountMinor }) }
  assertMayDecide({ ...matter, role, deciderId: login, makerId: requestedBy }, plant.policy)
}

async function visibleCorrection({ db }: ApiDeps, request: FastifyRequest, correctionId: string): Promise<Correction> {
  const found = await findCorrection(db, correctionId)
  const account = found && (await findVisibleAccount(db, principalOf(request), { accountId: found.accountId }))
  if (found === undefined || account === undefined) throw notFound('correction')
  return found
}
