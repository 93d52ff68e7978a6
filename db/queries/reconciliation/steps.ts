import type { ReconciliationStep } from '../../../domain/reconciliation.ts'
import type { Db, Tx } from '../../client.ts'
import type { CaseChanges } from '../cases.ts'

/** A step of a day's reconciliation that was taken. */
export interface StepRecord extends CaseChanges {
  readonly step: ReconciliationStep
  /** Why it was not looked at, or not at everything. */
  readonly remark: string | null
  readonly provedAt: string
}

/** Keeps what a step found; the first record of a day stands. */
export async function insertStep(
  tx: Tx,
  {
    plant,
    date,
    asOf,
    step,
    remark,
    found,
    opened,
    gone,
  }: CaseChanges & { plant: string; date: string; asOf: string; step: ReconciliationStep; remark: string | null },
): Promise<void> {
  await tx
    .insertInto('reconciliationSteps')
    .values({ plant, businessDate: date, step, found, opened, gone, remark, provedAt: asOf })
    .onConflict((c) => c.columns(['plant', 'businessDate', 'step']).doNothing())
    .execute()
}

/** The steps taken for a day, in the order in which they were. */
export async function readSteps(db: Db | Tx, plant: string, date: string): Promise<StepRecord[]> {
  const rows = await db
    .selectFrom('reconciliationSteps')
    .select(['step', 'found', 'opened', 'gone', 'remark', 'provedAt'])
    .where('plant', '=', plant)
    .where('businessDate', '=', date)
    .orderBy('recordedAt')
    .execute()
  return rows as StepRecord[]
}
