import { Type } from '@fastify/type-provider-typebox'
import { findVisibleTask, listTasks } from '../../db/queries/task-list.ts'
import { processIds } from '../../domain/process-ids.ts'
import { TASK_KINDS } from '../../domain/tasks.ts'
import type { Api, ApiDeps } from '../deps.ts'
import { pageAsked, pageOf } from '../paging.ts'
import { staffOf } from '../principal.ts'
import { temporalUrl } from '../process-view.ts'
import { ApiError } from '../errors.ts'
import { Closed, CustomerId, IsoInstant, Login, Nullable, OneOf, Page, paging, Plant, TaskId } from '../schemas.ts'
import { notFound, visiblePlants } from '../visible.ts'

const tags = ['Tasks']

export const Task = Type.Object({
  taskId: TaskId,
  plant: Plant,
  kind: Type.String(),
  accountId: Nullable(Type.String()),
  customerId: Nullable(Type.String()),
  sourceWorkflowId: Type.String(),
  sourceStep: Type.String(),
  status: Type.String(),
  assignedTo: Nullable(Login),
  detail: Type.Unknown(),
  result: Type.Unknown(),
  completedBy: Nullable(Type.String()),
  completedAt: Nullable(IsoInstant),
  reviewedBy: Nullable(Type.String()),
  reviewedAt: Nullable(IsoInstant),
  dueAt: IsoInstant,
  openedAt: IsoInstant,
  temporalUrl: Nullable(Type.String()),
})

const query = Closed({
  ...paging,
  plant: Type.Optional(Plant),
  mine: Type.Optional(Type.Boolean({ description: 'Only those given to whoever asks.' })),
  assignedTo: Type.Optional(Login),
  status: Type.Optional(OneOf(['open', 'requested', 'in-process', 'review', 'completed', 'cancelled'])),
  kind: Type.Optional(OneOf(TASK_KINDS)),
  customerId: Type.Optional(CustomerId),
})

/** Work given to people. */
export function taskRoutes(app: Api, { db, config }: ApiDeps): void {
  app.get(
    '/v1/tasks',
    {
      config: { action: 'tasks.read' },
      schema: {
        tags,
        summary: 'Tasks of one’s plants, the most urgent first',
        querystring: query,
        response: { 200: Page(Task) },
      },
    },
    async (request) => {
      const { limit, after } = pageAsked(request.query)
      const { plant, mine, status, kind, customerId } = request.query
      const assignedTo = mine === true ? staffOf(request).login : request.query.assignedTo
      const rows = await listTasks(db, {
        plants: visiblePlants(request, plant),
        assignedTo,
        status,
        kind,
        customerId,
        after: placeOf(after),
        limit: limit + 1,
      })
      const { items, nextCursor } = pageOf(rows, limit, (row) => `${row.dueAt} ${row.taskId}`)
      return {
        items: items.map((row) => ({ ...row, temporalUrl: temporalUrl(config, processIds.task(row.taskId)) })),
        nextCursor,
      }
    },
  )

  app.get(
    '/v1/tasks/:taskId',
    {
      config: { action: 'tasks.read' },
      schema: { tags, summary: 'A task', params: Closed({ taskId: TaskId }), response: { 200: Task } },
    },
    async (request) => {
      const row = await findVisibleTask(db, visiblePlants(request, undefined), request.params.taskId)
      if (row === undefined) throw notFound('task')
      return { ...row, temporalUrl: temporalUrl(config, processIds.task(row.taskId)) }
    },
  )
}

function placeOf(cursor: string | undefined): { dueAt: string; taskId: string } | undefined {
  if (cursor === undefined) return undefined
  const [, dueAt, taskId] = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z) ([A-Z]{6}-T\d{1,9})$/.exec(cursor) ?? []
  if (dueAt === undefined || taskId === undefined || Number.isNaN(Date.parse(dueAt)))
    throw new ApiError('INVALID_REQUEST', 'This cursor is not from this list.')
  return { dueAt, taskId }
}
