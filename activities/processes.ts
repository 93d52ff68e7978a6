import type { ClockSegment } from '../domain/business-time.ts'
import type { Db } from '../db/client.ts'
import { readClock } from '../db/queries/clock.ts'
import { type Decision, type ProcessStage, recordDecision, saveStage } from '../db/queries/processes.ts'
import { inTransaction } from '../db/queries/accounts.ts'

/** A sandbox adds a row at each start, stop and change of pace; a history need not carry them all at every look. */
const RECENT_SEGMENTS = 8

/** What every procedure needs: its clock, its row, its decisions. All short and idempotent: run as local activities. */
export function createProcessActivities({ db }: { db: Db }) {
  return {
    /** The plant's newest clock segments, which is all that now and later depend on; empty for an unknown plant. */
    readClock: async ({ plant }: { plant: string }): Promise<ClockSegment[]> =>
      (await readClock(db, plant)).slice(-RECENT_SEGMENTS),

    /** Writes where the process stands; repeating it changes nothing. */
    saveStage: (stage: ProcessStage): Promise<void> => inTransaction(db, (tx) => saveStage(tx, stage)),

    /** Records a decision once for ever and returns the one that stands. */
    recordDecision: (decision: Decision): Promise<{ recorded: boolean; standing: Decision }> => recordDecision(db, decision),
  }
}
