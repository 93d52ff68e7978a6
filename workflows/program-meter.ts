import type { MeterProgress } from '../activities/meters.ts'
import { addToInstant } from '../domain/calendar.ts'
import { facts, work } from './activity-proxies.ts'
import type { Procedure } from './procedure.ts'

/** What became of a desired version: the meter has it, a later version overwrote it, or the meter (or the technician) said no for good. */
export type ProgramOutcome =
  { readonly result: 'applied' | 'superseded' } | { readonly result: 'refused'; readonly reason: string }

/** A change that a meter must take on, as the transaction that decided it returned it. */
export interface MeterChange {
  readonly customerId: string
  readonly plant: string
  readonly zone: string
  /** Version of the desired state that carries the change; null where no meter is installed. */
  readonly version: number | null
  /** Names the step that waits, for tasks and escalations. */
  readonly step: string
  /** Asked at every look: true once the change is no longer wanted. It ends as superseded then, and work by hand is withdrawn. */
  readonly overtaken?: (asOf: string) => Promise<boolean>
}

/**
 * Waits until the meter reports the change, was overtaken by a newer one, or refused it. A smart meter is programmed by the
 * gateway; a limiter or a conventional meter by a field task, which returns the same three. Waits as long as it takes: a
 * meter that is away is a visible wait, not a failure (design, "Programming a meter").
 */
export async function programMeter(p: Procedure, change: MeterChange): Promise<ProgramOutcome> {
  if (change.version === null) return { result: 'applied' }
  const key = { customerId: change.customerId, version: change.version, workflowId: p.workflowId, step: change.step }
  const begunAt = await p.now()
  const begun = await work.beginMeterChange({ ...key, asOf: begunAt })
  for (let times = 0; ; times += 1) {
    const until = addToInstant(begun.at, escalationAfter(times), change.zone)
    const progress = await p.waitFor({
      read: async (asOf): Promise<MeterProgress> =>
        (await change.overtaken?.(asOf)) === true ? { result: 'superseded' } : facts.readMeterProgress({ ...key, asOf }),
      enough: ({ result }) => result !== 'pending',
      until,
      stage: {
        name: 'Programming',
        waitingFor: begun.by === 'task' ? 'technician' : 'meter',
        dueAt: until,
        topics: begun.topics,
      },
      summary: `meter of ${change.customerId} to report version ${change.version}`,
    })
    if (progress === undefined) {
      if (begun.by === 'meter') await work.escalateMeterAway({ ...key, times: times + 1, asOf: await p.now() })
    } else if (progress.result === 'reported-by-hand') {
      await work.recordProgrammedByHand({ ...key, asOf: await p.now() })
    } else {
      if (progress.result === 'superseded' && begun.by === 'task') await work.withdrawMeterTask(key)
      return progress as ProgramOutcome
    }
  }
}

/** People are told when a meter stays away: after a day, after three, then every week. The gateway goes on by itself. */
function escalationAfter(times: number): string {
  return times < 2 ? `P${1 + 2 * times}D` : `P${3 + 7 * (times - 1)}D`
}
