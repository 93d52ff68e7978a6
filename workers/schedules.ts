import { type Client, ScheduleAlreadyRunning, ScheduleOverlapPolicy, type ScheduleOptions } from '@temporalio/client'
import type { Db } from '../db/client.ts'
import { processIds } from '../domain/process-ids.ts'
import { startOptions } from '../workflows/starts.ts'

/** How often due work is looked for, in wall time: what is due is decided by the plant's own clock. */
const LOOK_EVERY = '1 hour'
/** A firing missed for longer is not made up for one by one: the next look finds everything that is not done. */
const CATCH_UP_WITHIN = '1 day'

/** The Schedule of a plant, by id. */
export function billingScheduleId(plant: string): string {
  return `billing:${plant}`
}

/** The Schedule that reconciles a plant's books, by id. */
export function reconciliationScheduleId(plant: string): string {
  return `reconciliation:${plant}`
}

export interface ScheduleDeps {
  readonly db: Db
  readonly client: Client
  readonly taskQueue: string
}

/**
 * Makes sure that every plant not in `known` has its Schedules for `findDueBilling` and `findDueReconciliation` and that they are as they
 * should be, and adds it to `known`; repeating it changes nothing. At a sandbox plant, whose months pass in minutes, the run that fires stays and watches
 * business time; overlap SKIP lets the Schedule start another only should that one end.
 */
export async function ensureBillingSchedules(
  { db, client, taskQueue }: ScheduleDeps,
  known: Set<string> = new Set(),
): Promise<void> {
  const plants = await db.selectFrom('plants').select(['plant', 'sandbox']).orderBy('plant').execute()
  for (const { plant, sandbox } of plants.filter((one) => !known.has(one.plant))) {
    await ensure(client, billingSchedule(plant, { sandbox, taskQueue }))
    await ensure(client, reconciliationSchedule(plant, { sandbox, taskQueue }))
    known.add(plant)
  }
}

interface Choices {
  readonly sandbox: boolean
  readonly taskQueue: string
}

/** What the Schedule of a plant's billing should be. */
export function billingSchedule(plant: string, choices: Choices): ScheduleOptions {
  const workflow = { workflowType: 'findDueBilling', workflowId: processIds.findDueBilling(plant) }
  return looking(plant, { ...choices, ...workflow, scheduleId: billingScheduleId(plant) })
}

/** What the Schedule of a plant's reconciliation should be. */
export function reconciliationSchedule(plant: string, choices: Choices): ScheduleOptions {
  const workflow = { workflowType: 'findDueReconciliation', workflowId: processIds.findDueReconciliation(plant) }
  return looking(plant, { ...choices, ...workflow, scheduleId: reconciliationScheduleId(plant) })
}

function looking(
  plant: string,
  {
    scheduleId,
    workflowType,
    workflowId,
    sandbox,
    taskQueue,
  }: Choices & Record<'scheduleId' | 'workflowType' | 'workflowId', string>,
): ScheduleOptions {
  return {
    scheduleId,
    spec: { intervals: [{ every: LOOK_EVERY }] },
    policies: { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: CATCH_UP_WITHIN, pauseOnFailure: false },
    action: {
      type: 'startWorkflow',
      workflowType,
      workflowId,
      taskQueue,
      args: [{ plant, watch: sandbox }],
      ...startOptions(workflowType, { plant }),
    },
  }
}

async function ensure(client: Client, wanted: ScheduleOptions): Promise<void> {
  try {
    await client.schedule.create(wanted)
  } catch (error) {
    if (!(error instanceof ScheduleAlreadyRunning)) throw error
    await client.schedule
      .getHandle(wanted.scheduleId)
      .update((standing) => ({ ...standing, spec: wanted.spec, policies: wanted.policies, action: wanted.action }))
  }
  // The first look need not wait for the hour; one that runs already is left alone.
  await client.schedule.getHandle(wanted.scheduleId).trigger(ScheduleOverlapPolicy.SKIP)
}
