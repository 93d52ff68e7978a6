import { type Static, Type } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import { inTransaction } from '../../db/queries/accounts.ts'
import { type Applicant, createApplication, listApplications } from '../../db/queries/applications.ts'
import { recordAudit } from '../../db/queries/audit.ts'
import { businessNow } from '../../db/queries/clock.ts'
import { keepAnswer } from '../../db/queries/idempotency.ts'
import { readPlant } from '../../db/queries/plants.ts'
import { findPersonAt } from '../../db/queries/visibility.ts'
import { processIds } from '../../domain/process-ids.ts'
import { readApplicationPage } from '../application-page.ts'
import { ApplicationPage, Created, Listed, NewApplication } from '../application-schemas.ts'
import type { Api, ApiDeps } from '../deps.ts'
import { ApiError } from '../errors.ts'
import { pageAsked, pageOf } from '../paging.ts'
import { idempotencyOf } from '../plugins/idempotency.ts'
import { principalOf } from '../principal.ts'
import { AccountId, Closed, Login, OneOf, Page, paging, Plant } from '../schemas.ts'
import { notFound, visibleAccount, visiblePlant, visiblePlants } from '../visible.ts'

const tags = ['Applications']
const query = Closed({
  ...paging,
  plant: Type.Optional(Plant),
  state: Type.Optional(OneOf(['open', 'ended'])),
  salesAgent: Type.Optional(Login),
})

/** Households that want a connection: asked for, listed, looked at. What is decided about one is in `application-decisions.ts`. */
export function applicationRoutes(app: Api, deps: ApiDeps): void {
  app.post(
    '/v1/applications',
    {
      config: { action: 'applications.create', idempotent: true },
      schema: { tags, summary: 'Apply for a connection', body: NewApplication, response: { 201: Created } },
    },
    async (request, reply) => reply.code(201).send(await apply(deps, request, request.body)),
  )

  app.get(
    '/v1/applications',
    {
      config: { action: 'applications.read' },
      schema: {
        tags,
        summary: 'Applications of one’s plants, or one’s own',
        querystring: query,
        response: { 200: Page(Listed) },
      },
    },
    async (request) => {
      const { limit, after } = pageAsked(request.query)
      const { plant, state, salesAgent } = request.query
      const who = principalOf(request)
      const personId = who.kind === 'customer' ? who.personId : undefined
      const rows = await listApplications(deps.db, {
        plants: visiblePlants(request, plant),
        personId,
        state,
        salesAgent,
        after,
        limit: limit + 1,
      })
      return pageOf(rows, limit, (row) => row.applicationId)
    },
  )

  app.get(
    '/v1/applications/:applicationId',
    {
      config: { action: 'applications.read' },
      schema: {
        tags,
        summary: 'An application and where it stands',
        params: Closed({ applicationId: AccountId }),
        response: { 200: ApplicationPage },
      },
    },
    async (request) =>
      readApplicationPage(deps, request, await visibleAccount(deps.db, request, { accountId: request.params.applicationId })),
  )
}

/** Person, account, application and the start of its process in one transaction, with the answer for whoever asks again. */
async function apply(
  { db, now }: ApiDeps,
  request: FastifyRequest,
  body: Static<typeof NewApplication>,
): Promise<Static<typeof Created>> {
  const plant = visiblePlant(request, body.plant)
  const who = principalOf(request)
  const asOf = await businessNow(db, plant, now())
  const { currency } = await readPlant(db, plant, asOf)
  return inTransaction(db, async (tx) => {
    const applicant = applicantOf(request, body)
    if ('personId' in applicant && who.kind === 'staff' && (await findPersonAt(tx, plant, applicant.personId)) === undefined)
      throw notFound('person')
    const { category, address } = body
    const { applicationId } = await createApplication(tx, {
      plant,
      currency,
      applicant,
      category,
      address,
      origin: who.kind === 'staff' ? 'visit' : 'app',
      asOf,
      ...(who.role === 'csa' && { salesAgent: who.login }),
    })
    const answer = { applicationId, workflowId: processIds.onboarding(applicationId) }
    await recordAudit(tx, {
      actor: who.actor,
      action: 'apply',
      subject: answer.workflowId,
      plant,
      businessAt: asOf,
      after: { applicationId, trace: request.id },
    })
    await keepAnswer(tx, idempotencyOf(request), { status: 201, body: answer })
    return answer
  })
}

function applicantOf(request: FastifyRequest, { applicant, personId }: Static<typeof NewApplication>): Applicant {
  const who = principalOf(request)
  if (who.kind === 'customer') {
    if (applicant !== undefined || (personId ?? who.personId) !== who.personId)
      throw new ApiError('INVALID_INPUT', 'You apply in your own name.')
    return { personId: who.personId }
  }
  if ((applicant === undefined) === (personId === undefined))
    throw new ApiError('INVALID_INPUT', 'Say who applies: `applicant`, or `personId` of somebody known.')
  return applicant ?? { personId: personId ?? '' }
}
