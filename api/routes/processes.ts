import { Type } from '@fastify/type-provider-typebox'
import { decisionsOf, findProcess, listProcesses, type ProcessRow } from '../../db/queries/process-list.ts'
import { assigneeRefusal } from '../../db/queries/process-waiting.ts'
import { mayTakeOver } from '../../domain/approvals.ts'
import { isStaffRole } from '../../domain/waiting.ts'
import { retry } from '../../workflows/procedure.ts'
import { reassign } from '../../workflows/reassign.ts'
import type { FastifyRequest } from 'fastify'
import { command, decide } from '../decide.ts'
import type { Api, ApiDeps } from '../deps.ts'
import { ApiError } from '../errors.ts'
import { pageAsked, pageOf } from '../paging.ts'
import { principalOf, staffOf } from '../principal.ts'
import { Process, showProcess } from '../process-view.ts'
import {
  Actor,
  Closed,
  CustomerId,
  FreeText,
  IsoInstant,
  Login,
  Nullable,
  OneOf,
  Page,
  paging,
  Plant,
  StandingDecision,
  WorkflowId,
} from '../schemas.ts'
import { notFound, visiblePlants } from '../visible.ts'

const Word = Type.String({ pattern: '^[A-Za-z-]{1,60}$' })
const params = Closed({ workflowId: WorkflowId })
const tags = ['Processes']

const query = Closed({
  ...paging,
  plant: Type.Optional(Plant),
  state: Type.Optional(OneOf(['open', 'parked', 'ended', 'all'], '`open` unless said otherwise.')),
  workflowType: Type.Optional(Word),
  stage: Type.Optional(Word),
  waitingFor: Type.Optional(Word),
  customerId: Type.Optional(CustomerId),
})

const DecidedStep = Type.Object({
  step: Type.String(),
  verdict: Type.String(),
  decidedBy: Actor,
  decidedAt: IsoInstant,
  text: Nullable(Type.String()),
})
const ProcessPage = Type.Object({ process: Process, decisions: Type.Array(DecidedStep) })

/** Where procedures stand, whom they are given to, and the way on for those that are parked. */
export function processRoutes(app: Api, deps: ApiDeps): void {
  assignmentRoute(app, deps)
  const { db, config } = deps

  app.get(
    '/v1/processes',
    {
      config: { action: 'processes.read' },
      schema: { tags, summary: 'Processes of one’s plants', querystring: query, response: { 200: Page(Process) } },
    },
    async (request) => {
      const { limit, after } = pageAsked(request.query)
      const { plant, state = 'open', workflowType, stage, waitingFor, customerId } = request.query
      const filter = {
        plants: visiblePlants(request, plant),
        state,
        workflowType,
        stage,
        waitingFor,
        customerId,
        after,
        limit: limit + 1,
      }
      const { items, nextCursor } = pageOf(await listProcesses(db, filter), limit, (row) => row.workflowId)
      return { items: items.map((row) => showProcess(config, request, row)), nextCursor }
    },
  )

  app.get(
    '/v1/processes/:workflowId',
    {
      config: { action: 'processes.read' },
      schema: { tags, summary: 'A process and what was decided in it', params, response: { 200: ProcessPage } },
    },
    async (request) => {
      const row = await visibleProcess(deps, request, request.params.workflowId)
      return { process: showProcess(config, request, row), decisions: await decisionsOf(db, row.workflowId) }
    },
  )

  app.post(
    '/v1/processes/:workflowId/retry',
    {
      config: { action: 'processes.retry', idempotent: true },
      schema: {
        tags,
        summary: 'Let a parked process try again',
        params,
        body: Closed({}),
        response: { 202: Type.Object({ workflowId: WorkflowId }) },
      },
    },
    async (request, reply) => {
      const { workflowId, plant } = await visibleProcess(deps, request, request.params.workflowId)
      await command(deps, { request, workflowId, plant, update: retry, input: { by: principalOf(request).actor } })
      return reply.code(202).send({ workflowId })
    },
  )
}

/** Hands what waits for one person to another: an approval whose approver is away, a refund to be paid out, a reading to review. */
function assignmentRoute(app: Api, deps: ApiDeps): void {
  app.post(
    '/v1/processes/:workflowId/assignment',
    {
      config: { action: 'processes.assign', idempotent: true },
      schema: {
        tags,
        summary: 'Give what a process waits for to another person',
        params,
        body: Closed({ to: Login, text: Type.Optional(FreeText) }),
        response: { 200: StandingDecision },
      },
    },
    async (request) => {
      const { to, text } = request.body
      const { workflowId, plant, waitingFor, waitingMatter } = await visibleProcess(deps, request, request.params.workflowId)
      // Nobody hands on what is for a level above.
      if (isStaffRole(waitingFor) && !mayTakeOver(staffOf(request).role, waitingFor))
        throw new ApiError('NOT_PERMITTED', `This is for a ${waitingFor} to give to another person.`)
      const refusal = isStaffRole(waitingFor) ? await assigneeRefusal(deps.db, { plant, to, waitingFor }) : undefined
      if (refusal !== undefined) throw new ApiError('INVALID_INPUT', refusal, { details: { to } })
      const detail = { to, ...(waitingMatter !== null && { matter: waitingMatter }) }
      return decide(deps, { request, workflowId, plant, update: reassign, verdict: 'assigned', text, detail })
    },
  )
}

async function visibleProcess({ db }: ApiDeps, request: FastifyRequest, workflowId: string): Promise<ProcessRow> {
  const row = await findProcess(db, workflowId)
  if (row === undefined || !principalOf(request).plants.includes(row.plant)) throw notFound('process')
  return row
}
