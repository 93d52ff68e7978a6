import { type Static, Type } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import { isStaffAt } from '../../db/queries/staff.ts'
import { findVisibleTask, type TaskRow } from '../../db/queries/task-list.ts'
import { processIds } from '../../domain/process-ids.ts'
import { type TaskKind, TASK_ROLE } from '../../domain/tasks.ts'
import { approveTask, assignTask, completeTask, declineTask, rejectTask } from '../../workflows/do-field-task.ts'
import type { DecisionUpdate } from '../../workflows/decisions.ts'
import { decide } from '../decide.ts'
import type { Api, ApiDeps } from '../deps.ts'
import { ApiError } from '../errors.ts'
import { staffOf } from '../principal.ts'
import { Closed, EnergyWh, FreeText, Login, OneOf, Serial, StandingDecision, TaskId } from '../schemas.ts'
import { notFound } from '../visible.ts'

const params = Closed({ taskId: TaskId })
const response = { 200: StandingDecision }
const note = Type.Optional(FreeText)
const tags = ['Tasks']

const Word = Type.String({ pattern: '^[a-z][a-z-]{0,39}$', examples: ['family'] })

/** What a visit found: numbers and words of a list; a person's name belongs into `text`, which no history carries. */
const Report = Closed({
  outcome: OneOf(['done', 'not-possible']),
  reason: Type.Optional(Type.Unsafe<string>({ ...Word, description: 'Why it was not possible.', examples: ['house-shut'] })),
  registerWh: Type.Optional(EnergyWh),
  startRegisterWh: Type.Optional(EnergyWh),
  finalRegisterWh: Type.Optional(EnergyWh),
  serial: Type.Optional(Serial),
  photoRef: Type.Optional(Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9._/-]{0,199}$', examples: ['photos/t12.jpg'] })),
  receivedBy: Type.Optional(
    Type.Unsafe<string>({ ...Word, description: 'Who took it, as a relation; the name goes into `text`.' }),
  ),
  text: note,
})

/** What people do with a task; who may is said here, whether it can be is said by its process. */
export function taskDecisionRoutes(app: Api, deps: ApiDeps): void {
  workRoutes(app, deps)
  reviewRoutes(app, deps)
}

function workRoutes(app: Api, deps: ApiDeps): void {
  const { db } = deps

  app.post(
    '/v1/tasks/:taskId/assignment',
    {
      config: { action: 'tasks.assign', idempotent: true },
      schema: { tags, summary: 'Give a task to someone else', params, body: Closed({ to: Login, text: note }), response },
    },
    async (request) => {
      const task = await visibleTask(deps, request, request.params.taskId)
      const { to, text } = request.body
      if (!(await isStaffAt(db, task.plant, to)))
        throw new ApiError('INVALID_INPUT', 'Nobody of that log-in works at this plant.', { details: { to } })
      return send(deps, request, { task, update: assignTask, verdict: 'assigned', text, detail: { to } })
    },
  )

  app.post(
    '/v1/tasks/:taskId/refusal',
    {
      config: { action: 'tasks.do', idempotent: true },
      schema: { tags, summary: 'Give a task back', params, body: Closed({ text: FreeText }), response },
    },
    async (request) => {
      const task = await ownTask(deps, request, request.params.taskId)
      return send(deps, request, { task, update: declineTask, verdict: 'declined', text: request.body.text })
    },
  )

  app.post(
    '/v1/tasks/:taskId/report',
    {
      config: { action: 'tasks.do', idempotent: true },
      schema: { tags, summary: 'Report the work', params, body: Report, response },
    },
    async (request) => {
      const task = await ownTask(deps, request, request.params.taskId)
      const { text, ...detail } = request.body satisfies Static<typeof Report>
      return send(deps, request, { task, update: completeTask, verdict: 'reported', text, detail })
    },
  )
}

function reviewRoutes(app: Api, deps: ApiDeps): void {
  app.post(
    '/v1/tasks/:taskId/approval',
    {
      config: { action: 'tasks.review', idempotent: true },
      schema: { tags, summary: 'Confirm someone else’s work', params, body: Closed({ text: note }), response },
    },
    async (request) => {
      const task = await visibleTask(deps, request, request.params.taskId)
      return send(deps, request, { task, update: approveTask, verdict: 'approved', text: request.body.text })
    },
  )

  app.post(
    '/v1/tasks/:taskId/rejection',
    {
      config: { action: 'tasks.review', idempotent: true },
      schema: { tags, summary: 'Send work back, saying why', params, body: Closed({ text: FreeText }), response },
    },
    async (request) => {
      const task = await visibleTask(deps, request, request.params.taskId)
      return send(deps, request, { task, update: rejectTask, verdict: 'rejected-back', text: request.body.text })
    },
  )
}

interface TaskDecision {
  readonly task: TaskRow
  readonly update: DecisionUpdate
  readonly verdict: string
  readonly text?: string | undefined
  readonly detail?: Readonly<Record<string, string | number>>
}

function send(
  deps: ApiDeps,
  request: FastifyRequest,
  { task, update, verdict, text, detail }: TaskDecision,
): Promise<Static<typeof StandingDecision>> {
  const { taskId, plant } = task
  return decide(deps, { request, workflowId: processIds.task(taskId), plant, update, verdict, text, ...(detail && { detail }) })
}

async function visibleTask({ db }: ApiDeps, request: FastifyRequest, taskId: string): Promise<TaskRow> {
  const task = await findVisibleTask(db, staffOf(request).plants, taskId)
  if (task === undefined) throw notFound('task')
  return task
}

/** A task one may report on: one's own; or nobody's, when it is work of one's role. */
async function ownTask(deps: ApiDeps, request: FastifyRequest, taskId: string): Promise<TaskRow> {
  const { login, role } = staffOf(request)
  const task = await visibleTask(deps, request, taskId)
  const isFree = task.assignedTo === null && TASK_ROLE[task.kind as TaskKind] === role
  if (task.assignedTo !== login && !isFree) throw new ApiError('NOT_PERMITTED', 'This task is with someone else.')
  return task
}
