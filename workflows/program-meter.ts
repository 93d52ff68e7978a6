import type { MeterProgress } from '../activities/meters.ts'
import { awayToldAt } from '../domain/away-ladder.ts'
import { KATSA_POLICY_V1 } from '../domain/policy.ts'
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
  /** A smart meter that says no is gone to by a technician; only where that is in vain the change is refused. */
  readonly isDoneByHandIfRefused?: boolean
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
  let begun = await work.beginMeterChange({ ...key, asOf: begunAt })
  for (let times = 0; ; times += 1) {
    // A run begun by an older release was not told the plant's terms; they were these.
    const terms = begun.terms ?? KATSA_POLICY_V1.tasks
    const until = awayToldAt({ since: begun.at, zone: change.zone, terms }, times + 1)
    let seenAt = begunAt
    const progress = await p.waitFor({
      read: async (asOf): Promise<MeterProgress> => {
        seenAt = asOf
        return (await change.overtaken?.(asOf)) === true ? { result: 'superseded' } : facts.readMeterProgress({ ...key, asOf })
      },
      enough: ({ result }) => result !== 'pending',
      until,
      stage: {
        name: 'Programming',
        waitingFor: begun.by === 'task' ? 'technician' : 'meter',
        chasedBy: begun.by === 'task' ? 'task' : 'body',
        dueAt: until,
        topics: begun.topics,
      },
      summary: `meter of ${change.customerId} to report version ${change.version}`,
    })
    if (progress === undefined) {
      if (begun.by === 'meter') await work.escalateMeterAway({ ...key, times: times + 1, asOf: await p.now() })
    } else if (progress.result === 'reported-by-hand') {
      await work.recordProgrammedByHand({ ...key, asOf: await p.now() })
    } else if (progress.result === 'refused' && change.isDoneByHandIfRefused === true && begun.by === 'meter') {
      begun = await work.sendToRefusingMeter({ ...key, asOf: await p.now() })
    } else {
      if (progress.result === 'superseded' && begun.by === 'task') await work.withdrawMeterTask({ ...key, asOf: seenAt })
      return progress as ProgramOutcome
    }
  }
}
