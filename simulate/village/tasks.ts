import { dateAt, msOf } from '../../domain/calendar.ts'
import { processIds } from '../../domain/process-ids.ts'
import type { JsonObject } from '../../db/tables.ts'
import type { Life } from '../lives/life.ts'
import { randomOf } from '../lives/random.ts'
import { PLANT, type World, ZONE } from '../world.ts'
import type { Registers } from './registers.ts'

/** What people need to know to do their work. */
export interface Workplace {
  readonly world: World
  readonly seed: number
  readonly registers: Registers
  readonly lifeOf: (accountId: string) => Life | undefined
  readonly accountOf: (life: number) => string | undefined
}

interface OpenTask {
  readonly taskId: string
  readonly kind: string
  readonly accountId: string | null
  readonly status: string
  readonly assignedTo: string | null
  readonly completedBy: string | null
  readonly sourceStep: string
  readonly serial: string | null
  readonly openedAt: string
  readonly round: number
}

const HOUR_MS = 3_600_000
const REVIEWER = 'chandan'
const ANOTHER = 'deepa'
const WORKERS: Readonly<Record<string, string>> = { 'reading-review': REVIEWER, dispute: 'asha', 'bill-question': 'asha' }

/** Everybody does the field tasks that are ripe, and finished work is looked at by another person. */
export async function doTasks(workplace: Workplace): Promise<void> {
  const { world } = workplace
  const nowMs = msOf(await world.now())
  for (const task of await openTasks(world)) {
    if (task.status === 'review') await review(world, task)
    else if (nowMs >= msOf(task.openedAt) + hoursFor(workplace, task) * HOUR_MS) await perform(workplace, task)
  }
}

async function openTasks({ db }: World): Promise<OpenTask[]> {
  const rows = await db
    .selectFrom('tasks')
    .select((eb) => [
      ...(['taskId', 'kind', 'accountId', 'status', 'assignedTo', 'completedBy', 'sourceStep', 'openedAt', 'round'] as const),
      eb.fn<string | null>('jsonb_extract_path_text', ['detail', eb.val('serial')]).as('serial'),
    ])
    .where('plant', '=', PLANT)
    .where('status', 'in', ['requested', 'in-process', 'review'])
    .orderBy('accountId')
    .orderBy('openedAt')
    .orderBy('sourceStep')
    .execute()
  return rows
}

/** Drawn for the house and the step, not for the number of the task: it takes as long whoever numbers tasks in which order. */
function drawOf({ seed, lifeOf }: Workplace, { accountId, kind, sourceStep, openedAt, round }: OpenTask) {
  const life = accountId === null ? undefined : lifeOf(accountId)
  const step = sourceStep.replaceAll(/\d+/g, '')
  return randomOf(seed, 'task', life?.life ?? -1, kind, step, dateAt(openedAt, ZONE), round)
}

function hoursFor(workplace: Workplace, task: OpenTask): number {
  const random = drawOf(workplace, task)
  const isUrgent = task.kind === 'reconnection' || task.kind === 'disconnection' || task.kind === 'no-supply'
  return isUrgent ? 2 * random.next() : 1 + 30 * random.next()
}

async function review(world: World, { taskId, completedBy }: OpenTask): Promise<void> {
  await world.decide(processIds.task(taskId), 'approve', { by: completedBy === REVIEWER ? ANOTHER : REVIEWER })
}

async function perform(workplace: Workplace, task: OpenTask): Promise<void> {
  const by = task.assignedTo ?? WORKERS[task.kind] ?? 'binod'
  const detail = await reportOf(workplace, task)
  await workplace.world.decide(processIds.task(task.taskId), 'complete', { by, detail })
}

/** What whoever went there found. A house is shut now and then; everything else can be done. */
async function reportOf(workplace: Workplace, task: OpenTask): Promise<JsonObject> {
  const { registers } = workplace
  const random = drawOf(workplace, task)
  random.next()
  const isShut = random.chance(0.08)
  const serial = task.serial ?? (await meterOf(workplace.world, task.accountId))
  const shown = serial === undefined ? undefined : registers.read(serial)
  const display = (name: string): JsonObject => (shown === undefined ? {} : { [name]: shown })
  switch (task.kind) {
    case 'installation': {
      const old = await meterOf(workplace.world, task.accountId)
      const last: JsonObject = old === undefined || old === serial ? {} : { finalRegisterWh: registers.read(old) }
      return { outcome: 'done', ...(serial !== undefined && { serial }), ...display('startRegisterWh'), ...last }
    }
    case 'reading':
      return isShut || shown === undefined
        ? { outcome: 'not-possible', reason: 'house-shut' }
        : { outcome: 'done', registerWh: shown }
    case 'meter-removal':
      return { outcome: 'done', ...display('finalRegisterWh') }
    case 'written-notice':
    case 'bill-delivery':
      return isShut ? { outcome: 'not-possible', reason: 'house-shut' } : { outcome: 'done', receivedBy: 'family' }
    case 'collection-visit':
      return isShut ? { outcome: 'not-possible', reason: 'house-shut' } : { outcome: 'done' }
    default:
      return { outcome: 'done' }
  }
}

async function meterOf({ db }: World, accountId: string | null): Promise<string | undefined> {
  if (accountId === null) return undefined
  const row = await db
    .selectFrom('meters')
    .select('serial')
    .where('accountId', '=', accountId)
    .where('state', '=', 'installed')
    .executeTakeFirst()
  return row?.serial
}
