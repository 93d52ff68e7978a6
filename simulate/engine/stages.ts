import type { Db } from '../../db/client.ts'
import type { Waiting } from '../../db/queries/process-waiting.ts'
import type { ProcessStage } from '../../db/queries/processes.ts'

type Saved = ProcessStage & { readonly isChased?: boolean }

/** Who waits for what, in memory, and the rows of the processes, written in one statement where nobody is reminded. */
export interface Stages {
  /** Undefined where people are reminded at this stage: the activity itself writes it then. */
  save(stage: unknown): Promise<Waiting | undefined>
  /** The runs that wait for a topic, in the order of their ids. */
  waitersOf(topic: string): readonly string[]
}

const NOBODY_IS_REMINDED: Waiting = { assignedTo: null, chaseAt: null, assignments: 0 }

/** Nobody waits yet. */
export function createStages(db: Db): Stages {
  const waiters = new Map<string, Set<string>>()
  const topicsOf = new Map<string, Set<string>>()
  const register = ({ workflowId, topics, outcome }: Saved): void => {
    const own = topicsOf.get(workflowId) ?? new Set<string>()
    if (outcome !== undefined) {
      for (const topic of own) waiters.get(topic)?.delete(workflowId)
      topicsOf.delete(workflowId)
      return
    }
    for (const topic of [`process:${workflowId}`, ...(topics ?? [])]) {
      own.add(topic)
      const waiting = waiters.get(topic) ?? new Set<string>()
      waiters.set(topic, waiting.add(workflowId))
    }
    topicsOf.set(workflowId, own)
  }
  return {
    waitersOf: (topic) => [...(waiters.get(topic) ?? [])].toSorted(),
    async save(input) {
      const stage = input as Saved
      register(stage)
      if (stage.isChased === true) return undefined
      await writeRow(db, stage)
      return NOBODY_IS_REMINDED
    },
  }
}

/** As `saveStage` writes it, less what reminding needs. */
async function writeRow(db: Db, stage: Saved): Promise<void> {
  const { workflowId, workflowType, plant, input, asOf } = stage
  const links = {
    ...(stage.accountId && { accountId: stage.accountId }),
    ...(stage.customerId && { customerId: stage.customerId }),
  }
  const state = {
    ...links,
    stage: stage.stage,
    waitingFor: stage.waitingFor ?? null,
    dueAt: stage.dueAt ?? null,
    outcome: stage.outcome ?? null,
    parkedReason: stage.parkedReason ?? null,
    changedAt: asOf,
    assignedTo: stage.assignee ?? null,
    waitingMatter: stage.matter ?? stage.stage,
    waitingSince: asOf,
    chased: 0,
  }
  await db
    .insertInto('processes')
    .values({ workflowId, workflowType, plant, input: JSON.stringify(input), startedAt: asOf, ...state })
    .onConflict((c) => c.column('workflowId').doUpdateSet(state))
    .execute()
}
