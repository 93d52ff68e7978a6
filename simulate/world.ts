import type { Db } from '../db/client.ts'
import type { DecisionInput } from '../workflows/decisions.ts'

export const PLANT = 'BHKATS'
export const ZONE = 'Asia/Kolkata'

/** Where lives are lived: on the queue of events, or on a Temporal server whose clock skips. Both do the same with the same plan. */
export interface World {
  readonly db: Db
  /** The same database as the audit reads it: always afresh. */
  readonly audited: Db
  /** Business time now. */
  now(): Promise<string>
  /** The wall's time behind it, in ms. */
  wallClock(): Promise<() => number>
  /** What was held back over the night is sent. */
  deliverHeld(): Promise<void>
  /** Lets everything happen that is due up to a business instant, all of it settled. */
  advanceTo(instant: string): Promise<void>
  /** What was written by now takes its effect: runs start and wake, notices are delivered, meters answer. */
  settle(): Promise<void>
  /** A person's decision on a process, settled. Throws what the process answers where it refuses. */
  decide(workflowId: string, name: string, input: DecisionInput): Promise<void>
  /** Serials of meters that cannot be reached now. */
  readonly away: Set<string>
}
