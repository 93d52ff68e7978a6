import type { MeterProgress } from '../activities/meters.ts'
import { addToInstant } from '../domain/calendar.ts'
import { facts, work } from './activity-proxies.ts'
import type { Procedure } from './procedure.ts'

/** What became of a desired version: the meter has it, a later version overwrote it, or the meter (or the technician) said no for good. */
export type ProgramOutcome = { readonly result: 'applied' | 'superseded' } | { readonly result: 'refused'; readonly reason: string }

/** A change that a meter must take on, as the transaction that decided it returned it. */
export interface MeterChange {
  readonly customerId: string
  readonly plant: string
  readonly zone: string
  /** Version of the desired state that carries the change; null where no meter is installed. */
  readonly version: number | null
  /** Names the step that waits, for tasks and escalations. */
  readonly step: string
}

/** People are told when a meter stays away: after a day, three days, then every week. The gateway goes on by itself. */
const ESCALATIONS = ['P1D', 'P3D', 'P10D', 'P17D', 'P24D', 'P31D', 'P38D', 'P45D', 'P52D', 'P59D'] as const

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
  const read = (asOf: string): Promise<MeterProgress> => facts.readMeterProgress({ ...key, asOf })
  for (const [index, after] of ESCALATIONS.entries()) {
    const until = addToInstant(begun.at, after, change.zone)
    const progress = await p.waitFor({
      read,
      enough: (fact) => fact.result !== 'pending',
      until,
      stage: { name: 'Programming', waitingFor: begun.by === 'task' ? 'technician' : 'meter', dueAt: until, topics: begun.topics },
      summary: `meter of ${change.customerId} to report version ${change.version}`,
    })
    if (progress !== undefined && progress.result !== 'pending') return progress
    if (begun.by === 'meter') await work.escalateMeterAway({ ...key, times: index + 1, asOf: await p.now() })
  }
  return p.waitAsLongAsItTakes({
    read, enough: (fact) => fact.result !== 'pending', summary: `meter of ${change.customerId} to report version ${change.version}`,
    stage: { name: 'Programming', waitingFor: 'meter', topics: begun.topics },
  }) as Promise<ProgramOutcome>
}
