import { type Client, ScheduleAlreadyRunning, ScheduleOverlapPolicy, type ScheduleOptions } from '@temporalio/client'
import type { Db } from '../db/client.ts'
import { processIds } from '../domain/process-ids.ts'
import { startOptions } from '../workflows/starts.ts'

/** How often due billing is looked for, in wall time: what is due is decided by the plant's own clock. */
const LOOK_EVERY = '1 hour'
/** A firing missed for longer is not made up for one by one: the next look finds everything that is not done. */
const CATCH_UP_WITHIN = '1 day'

/** The Schedule of a plant, by id. */
export function billingScheduleId(plant: string): string {
  return `billing:${plant}`
}

export interface ScheduleDeps {
  readonly db: Db
  readonly client: Client
  readonly taskQueue: string
}

/**
 * Makes sure that every plant not in `known` has its Schedule for `findDueBilling` and that it is as it should be, and adds it to
 * `known`; repeating it changes nothing. At a sandbox plant, whose months pass in minutes, the run that fires stays and watches
 * business time; overlap SKIP lets the Schedule start another only should that one end.
 */
export async function ensureBillingSchedules(
  { db, client, taskQueue }: ScheduleDeps,
  known: Set<string> = new Set(),
): Promise<void> {
  const plants = await db.selectFrom('plants').select(['plant', 'sandbox']).orderBy('plant').execute()
  for (const { plant, sandbox } of plants.filter((one) => !known.has(one.plant))) {
    await ensure(client, billingSchedule(plant, { sandbox, taskQueue }))
    known.add(plant)
  }
}

/** What the Schedule of a plant should be. */
export function billingSchedule(plant: string, { sandbox, taskQueue }: { sandbox: boolean; taskQueue: string }): ScheduleOptions {
  return {
    scheduleId: billingScheduleId(plant),
    spec: { intervals: [{ every: LOOK_EVERY }] },
    policies: { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: CATCH_UP_WITHIN, pauseOnFailure: false },
    action: {
      type: 'startWorkflow',
      workflowType: 'findDueBilling',
      workflowId: processIds.findDueBilling(plant),
      taskQueue,
      args: [{ plant, watch: sandbox }],
      ...startOptions('findDueBilling', { plant }),
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
