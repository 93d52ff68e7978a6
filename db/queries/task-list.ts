import type { Db, Tx } from '../client.ts'
import type { JsonObject } from '../tables.ts'

export interface TaskRow {
  readonly taskId: string
  readonly plant: string
  readonly kind: string
  readonly accountId: string | null
  readonly customerId: string | null
  readonly sourceWorkflowId: string
  readonly sourceStep: string
  readonly status: string
  readonly assignedTo: string | null
  readonly detail: JsonObject
  readonly result: JsonObject | null
  readonly completedBy: string | null
  readonly completedAt: string | null
  readonly reviewedBy: string | null
  readonly reviewedAt: string | null
  readonly dueAt: string
  readonly openedAt: string
}

const COLUMNS = [
  'taskId',
  'plant',
  'kind',
  'accountId',
  'customerId',
  'sourceWorkflowId',
  'sourceStep',
  'status',
  'assignedTo',
  'detail',
  'result',
  'completedBy',
  'completedAt',
  'reviewedBy',
  'reviewedAt',
  'dueAt',
  'openedAt',
] as const

export interface TaskFilter {
  readonly plants: readonly string[]
  readonly assignedTo?: string | undefined
  readonly status?: string | undefined
  readonly kind?: string | undefined
  readonly customerId?: string | undefined
  /** The last task of the page before, as its due date and id. */
  readonly after?: { readonly dueAt: string; readonly taskId: string } | undefined
  readonly limit: number
}

/** Tasks of these plants, the most urgent first. */
export async function listTasks(db: Db | Tx, filter: TaskFilter): Promise<TaskRow[]> {
  if (filter.plants.length === 0) return []
  let rows = db
    .selectFrom('tasks')
    .select(COLUMNS)
    .where('plant', 'in', filter.plants)
    .orderBy('dueAt')
    .orderBy('taskId')
    .limit(filter.limit)
  if (filter.status === 'open') rows = rows.where('status', 'in', ['requested', 'in-process', 'review'])
  else if (filter.status !== undefined) rows = rows.where('status', '=', filter.status)
  for (const column of ['assignedTo', 'kind', 'customerId'] as const) {
    const wanted = filter[column]
    if (wanted !== undefined) rows = rows.where(column, '=', wanted)
  }
  const { after } = filter
  if (after !== undefined)
    rows = rows.where((eb) =>
      eb.or([eb('dueAt', '>', after.dueAt), eb.and([eb('dueAt', '=', after.dueAt), eb('taskId', '>', after.taskId)])]),
    )
  return (await rows.execute()) as TaskRow[]
}

/** One task of these plants. */
export async function findVisibleTask(db: Db | Tx, plants: readonly string[], taskId: string): Promise<TaskRow | undefined> {
  if (plants.length === 0) return undefined
  return (await db
    .selectFrom('tasks')
    .select(COLUMNS)
    .where('plant', 'in', plants)
    .where('taskId', '=', taskId)
    .executeTakeFirst()) as TaskRow | undefined
}
