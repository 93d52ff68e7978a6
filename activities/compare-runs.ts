import type { Db } from '../db/client.ts'
import { isStillOpen } from '../db/queries/process-sweeps.ts'
import type { Finding } from '../db/queries/reconciliation/finding.ts'
import { openProcessIds, withOpenRow } from '../db/queries/reconciliation/process-rules.ts'

/** A workflow that is running, as the server lists it. */
export interface RunningWorkflow {
  readonly workflowId: string
  readonly workflowType: string
}

/** The runs on the Temporal server; given from outside, for activities know none. */
export interface Runs {
  /** Whether a workflow of that id runs now. */
  isRunning(workflowId: string): Promise<boolean>
  /** Workflows of a plant that have been running for a while, at most `limit`. */
  listRunning(plant: string, limit: number): Promise<RunningWorkflow[]>
}

/** More than these are not asked about in one look. */
const MOST_RUNS = 5000
const PAGE = 500
const AT_ONCE = 10
/** Short errands without a row: the Schedules' looks. */
const WITHOUT_ROW: readonly string[] = ['findDueBilling', 'findDueReconciliation']

/**
 * Open processes without a run, and runs without an open process. Each suspect is looked at twice, so that one that begins or ends
 * meanwhile is none.
 */
export async function compareRuns(
  deps: { db: Db; runs: Runs },
  plant: string,
): Promise<{ withoutRun: Finding[]; withoutRow: Finding[]; isPartial: boolean }> {
  const { db, runs } = deps
  const processes = await allOpen(db, plant)
  const withoutRun = await suspects(
    processes,
    async (workflowId) => !(await runs.isRunning(workflowId)) && (await isStillOpen(db, workflowId)),
  )
  const running = (await runs.listRunning(plant, MOST_RUNS)).filter(({ workflowType }) => !WITHOUT_ROW.includes(workflowType))
  const rows = await withOpenRow(
    db,
    running.map(({ workflowId }) => workflowId),
  )
  const rowless = running.filter(({ workflowId }) => !rows.has(workflowId)).map(({ workflowId }) => workflowId)
  const withoutRow = await suspects(
    rowless,
    async (workflowId) => (await runs.isRunning(workflowId)) && !(await isStillOpen(db, workflowId)),
  )
  const subjects = (ids: readonly string[]): Finding[] => ids.map((subject) => ({ subject, detail: {} }))
  return {
    withoutRun: subjects(withoutRun),
    withoutRow: subjects(withoutRow),
    isPartial: processes.length >= MOST_RUNS || running.length >= MOST_RUNS,
  }
}

async function allOpen(db: Db, plant: string): Promise<string[]> {
  const all: string[] = []
  for (let after = ''; all.length < MOST_RUNS;) {
    const page = await openProcessIds(db, { plant, after, limit: PAGE })
    all.push(...page)
    after = page.at(-1) ?? ''
    if (page.length < PAGE) break
  }
  return all
}

async function suspects(workflowIds: readonly string[], isSuspect: (workflowId: string) => Promise<boolean>): Promise<string[]> {
  const first = await filter(workflowIds, isSuspect)
  return filter(first, isSuspect)
}

async function filter(ids: readonly string[], keep: (id: string) => Promise<boolean>): Promise<string[]> {
  const kept: string[] = []
  for (let n = 0; n < ids.length; n += AT_ONCE) {
    const some = ids.slice(n, n + AT_ONCE)
    const verdicts = await Promise.all(some.map(keep))
    kept.push(...some.filter((_, index) => verdicts[index]))
  }
  return kept
}
