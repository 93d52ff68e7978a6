import type { ClockSegment } from '../domain/business-time.ts'
import type { Db } from '../db/client.ts'
import { readClock } from '../db/queries/clock.ts'
import { inTransaction } from '../db/queries/accounts.ts'
import { type Decision, type ProcessStage, recordDecision, saveStage } from '../db/queries/processes.ts'
import {
  type Assignment,
  type AssignmentAnswer,
  assignWaiting,
  chaseWaiting,
  readWaiting,
  tellParked,
  type Waiting,
} from '../db/queries/process-waiting.ts'

/** A sandbox adds a row at each start, stop and change of pace; a history need not carry them all at every look. */
const RECENT_SEGMENTS = 8

/** What every procedure needs: its clock, its row, its decisions. All short and idempotent: run as local activities. */
export function createProcessActivities({ db }: { db: Db }) {
  return {
    /** The plant's newest clock segments, which is all that now and later depend on; empty for an unknown plant. */
    readClock: async ({ plant }: { plant: string }): Promise<ClockSegment[]> =>
      (await readClock(db, plant)).slice(-RECENT_SEGMENTS),

    /** Writes where the process stands; repeating it changes nothing. Returns how it waits there. */
    saveStage: ({ isChased = false, ...stage }: ProcessStage & { isChased?: boolean }): Promise<Waiting> =>
      inTransaction(db, async (tx) => {
        await saveStage(tx, stage)
        return readWaiting(tx, { ...stage, isChased, hasDueDate: stage.dueAt !== undefined })
      }),

    /** Gives what waits to another person and tells them, or says why not. */
    assignWaiting: (assignment: Assignment): Promise<AssignmentAnswer> =>
      inTransaction(db, (tx) => assignWaiting(tx, assignment)),

    /** Reminds whoever has it, or tells the level above; returns when people are told next. */
    chaseWaiting: (chase: { workflowId: string; matter: string; hasDueDate: boolean; asOf: string }): Promise<Waiting> =>
      inTransaction(db, async (tx) => {
        await chaseWaiting(tx, chase)
        return readWaiting(tx, { ...chase, isChased: true })
      }),

    /** Tells the cluster in-charge that the process cannot go on by itself. */
    tellParked: (parked: { workflowId: string; asOf: string }): Promise<void> =>
      inTransaction(db, (tx) => tellParked(tx, parked)),

    /** Records a decision once for ever and returns the one that stands. */
    recordDecision: (decision: Decision): Promise<{ recorded: boolean; standing: Decision }> => recordDecision(db, decision),
  }
}
