import { WorkflowNotFoundError } from '@temporalio/client'
import type { Db } from '../../db/client.ts'
import { businessNow } from '../../db/queries/clock.ts'
import { plantsWithClock } from '../../db/queries/daily-rounds.ts'
import { tryLock } from '../../db/queries/locks.ts'
import { isStillOpen, type OpenProcess, openProcesses } from '../../db/queries/process-sweeps.ts'
import { addToInstant } from '../../domain/calendar.ts'
import { type OutboxDeps, RPC_DEADLINE_MS, startOrWake } from './outbox.ts'

const PAGE = 100
const AT_ONCE = 10

export interface SweepDeps extends Pick<OutboxDeps, 'db' | 'client' | 'taskQueue'> {
  /** Wall time in ms. */
  readonly now: () => number
  readonly log: { info(fields: object, text: string): void }
}

/** Where a sweep is: the last workflow id it looked at; empty at the beginning of a round. */
export type Cursor = string

/**
 * Looks at one page of open process rows and starts anew, from its row, each whose run is gone: ended from outside, or its
 * history lost. Returns where to go on. One relay at a time.
 */
export async function reviveLost(deps: SweepDeps, after: Cursor): Promise<Cursor> {
  return sweepPage(deps, { name: 'lost', page: (db) => openProcesses(db, { after, limit: PAGE }) }, async (process) => {
    if (await isRunning(deps, process.workflowId)) return
    // Its run may have come to its end since the page was read.
    if (!(await isStillOpen(deps.db, process.workflowId))) return
    await startOrWake(deps, process)
    deps.log.info({ workflowId: process.workflowId }, 'started anew from its row')
  })
}

/**
 * Wakes one page of open processes whose time passed more than a business day ago: a nudge that went astray. Returns where to
 * go on, plant by plant.
 */
export async function nudgeOverdue(deps: SweepDeps, after: Cursor): Promise<Cursor> {
  const deadlines = new Map<string, string>()
  for (const { plant, zone } of await plantsWithClock(deps.db)) {
    deadlines.set(plant, addToInstant(await businessNow(deps.db, plant, deps.now()), '-P1D', zone))
  }
  return sweepPage(
    deps,
    { name: 'overdue', page: (db) => openProcesses(db, { after, limit: PAGE, dueBefore: deadlines }) },
    (process) => startOrWake(deps, process),
  )
}

interface Sweep {
  readonly name: string
  readonly page: (db: Db) => Promise<OpenProcess[]>
}

async function sweepPage(
  { db }: SweepDeps,
  { name, page }: Sweep,
  look: (process: OpenProcess) => Promise<void>,
): Promise<Cursor> {
  return db.transaction().execute(async (tx) => {
    if (!(await tryLock(tx, `sweep:${name}`))) return ''
    const processes = await page(tx)
    for (let first = 0; first < processes.length; first += AT_ONCE)
      await Promise.all(processes.slice(first, first + AT_ONCE).map(look))
    return processes.length < PAGE ? '' : (processes.at(-1)?.workflowId ?? '')
  })
}

async function isRunning({ client }: SweepDeps, workflowId: string): Promise<boolean> {
  try {
    const { status } = await client.withDeadline(Date.now() + RPC_DEADLINE_MS, () =>
      client.workflow.getHandle(workflowId).describe(),
    )
    return status.name === 'RUNNING'
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return false
    throw error
  }
}
