import type { ClockSegment } from '../domain/business-time.ts'
import type { Db } from '../db/client.ts'
import { readClock } from '../db/queries/clock.ts'
import { type Decision, type ProcessStage, recordDecision, saveStage } from '../db/queries/processes.ts'
import { inTransaction } from '../db/queries/accounts.ts'

/** What every procedure needs: its clock, its row, its decisions. All short and idempotent: run as local activities. */
export function createProcessActivities({ db }: { db: Db }) {
  return {
    /** The plant's clock segments; empty for an unknown plant. */
    readClock: ({ plant }: { plant: string }): Promise<ClockSegment[]> => readClock(db, plant),

    /** Writes where the process stands; repeating it changes nothing. */
    saveStage: (stage: ProcessStage): Promise<void> => inTransaction(db, (tx) => saveStage(tx, stage)),

    /** Records a decision once for ever and returns the one that stands. */
    recordDecision: (decision: Decision): Promise<{ recorded: boolean; standing: Decision }> => recordDecision(db, decision),
  }
}
