import { sql } from 'kysely'
import type { Db, Tx } from '../client.ts'
import type { Decision } from './processes.ts'

/** Where a process stands, for lists and pages. */
export interface ProcessRow {
  readonly workflowId: string
  readonly workflowType: string
  readonly plant: string
  readonly accountId: string | null
  readonly customerId: string | null
  readonly stage: string
  readonly waitingFor: string | null
  /** The person who has it, where it was given to one. */
  readonly assignedTo: string | null
  /** What exactly waits: the stage, and which of several things in it. */
  readonly waitingMatter: string | null
  readonly dueAt: string | null
  readonly outcome: string | null
  readonly parkedReason: string | null
  readonly startedAt: string
  readonly changedAt: string
}

const COLUMNS = [
  'workflowId',
  'workflowType',
  'plant',
  'accountId',
  'customerId',
  'stage',
  'waitingFor',
  'assignedTo',
  'waitingMatter',
  'dueAt',
  'outcome',
  'parkedReason',
  'startedAt',
  'changedAt',
] as const

export interface ProcessFilter {
  readonly plants: readonly string[]
  readonly state: 'open' | 'parked' | 'ended' | 'all'
  readonly workflowType?: string | undefined
  readonly stage?: string | undefined
  readonly waitingFor?: string | undefined
  readonly customerId?: string | undefined
  readonly accountId?: string | undefined
  /** The last workflow id of the page before. */
  readonly after?: string | undefined
  readonly limit: number
}

/** Processes of these plants by workflow id. */
export async function listProcesses(db: Db | Tx, filter: ProcessFilter): Promise<ProcessRow[]> {
  if (filter.plants.length === 0) return []
  let rows = db
    .selectFrom('processes')
    .select(COLUMNS)
    .where('plant', 'in', filter.plants)
    .orderBy('workflowId')
    .limit(filter.limit)
  if (filter.state === 'open' || filter.state === 'parked') rows = rows.where('outcome', 'is', null)
  if (filter.state === 'parked') rows = rows.where('stage', '=', 'Parked')
  if (filter.state === 'ended') rows = rows.where('outcome', 'is not', null)
  for (const column of ['workflowType', 'stage', 'waitingFor', 'customerId', 'accountId'] as const) {
    const wanted = filter[column]
    if (wanted !== undefined) rows = rows.where(column, '=', wanted)
  }
  if (filter.after !== undefined) rows = rows.where('workflowId', '>', filter.after)
  return rows.execute()
}

/** Processes of one account, open ones first, the newest first within. */
export async function processesOf(
  db: Db | Tx,
  key: { accountId: string; customerId: string | null },
  limit: number,
): Promise<ProcessRow[]> {
  return db
    .selectFrom('processes')
    .select(COLUMNS)
    .where((eb) => eb.or([eb('accountId', '=', key.accountId), eb('customerId', '=', key.customerId)]))
    .orderBy(sql`outcome is not null`)
    .orderBy('startedAt', 'desc')
    .orderBy('workflowId')
    .limit(limit)
    .execute()
}

/** One process, if it ever was. */
export async function findProcess(db: Db | Tx, workflowId: string): Promise<ProcessRow | undefined> {
  const row = await db.selectFrom('processes').select(COLUMNS).where('workflowId', '=', workflowId).executeTakeFirst()
  if (row !== undefined) return row
  return startOnItsWay(db, workflowId)
}

/** A process whose start is committed and not yet sent: it exists for whoever asks, and is about to begin. */
async function startOnItsWay(db: Db | Tx, workflowId: string): Promise<ProcessRow | undefined> {
  const start = await db
    .selectFrom('outbox')
    .select(['workflowType', 'input', 'recordedAt'])
    .where('kind', '=', 'start')
    .where('workflowId', '=', workflowId)
    .executeTakeFirst()
  if (start === undefined) return undefined
  const { plant, accountId, customerId } = start.input as { plant?: string; accountId?: string; customerId?: string }
  return {
    workflowId,
    workflowType: start.workflowType ?? '',
    plant: plant ?? '',
    accountId: accountId ?? null,
    customerId: customerId ?? null,
    stage: 'Starting',
    waitingFor: null,
    assignedTo: null,
    waitingMatter: null,
    dueAt: null,
    outcome: null,
    parkedReason: null,
    startedAt: start.recordedAt,
    changedAt: start.recordedAt,
  }
}

type StandingRow = Pick<Decision, 'step' | 'verdict' | 'decidedBy' | 'decidedAt'>

/** The decision of that step, or else the last one of the process. */
export async function latestDecision(db: Db | Tx, workflowId: string, step?: string): Promise<StandingRow | undefined> {
  return decisionsNewestFirst(db, workflowId, step).executeTakeFirst()
}

/** Whoever lost an answer asks again within this long; a like decision from before that was another one. */
const ASKED_AGAIN_WITHIN = sql<string>`now() - interval '1 day'`

/** What this person decided so a short while ago: the decision whose answer may have been lost. */
export async function ownDecision(
  db: Db | Tx,
  workflowId: string,
  { by, verdict, step }: { by: string; verdict: string; step?: string | undefined },
): Promise<StandingRow | undefined> {
  return decisionsNewestFirst(db, workflowId, step)
    .where('decidedBy', '=', by)
    .where('verdict', '=', verdict)
    .where('recordedAt', '>', ASKED_AGAIN_WITHIN)
    .executeTakeFirst()
}

function decisionsNewestFirst(db: Db | Tx, workflowId: string, step: string | undefined) {
  const rows = db
    .selectFrom('decisions')
    .select(['step', 'verdict', 'decidedBy', 'decidedAt'])
    .where('workflowId', '=', workflowId)
    .orderBy('decidedAt', 'desc')
    .orderBy('recordedAt', 'desc')
    .limit(1)
  return step === undefined ? rows : rows.where('step', '=', step)
}

export interface DecidedStep {
  readonly step: string
  readonly verdict: string
  readonly decidedBy: string
  readonly decidedAt: string
  readonly text: string | null
}

/** Every decision of a process in order, with what was written. */
export async function decisionsOf(db: Db | Tx, workflowId: string): Promise<DecidedStep[]> {
  return db
    .selectFrom('decisions')
    .leftJoin('freeTexts', 'freeTexts.textId', 'decisions.textId')
    .select(['step', 'verdict', 'decidedBy', 'decidedAt', 'body as text'])
    .where('workflowId', '=', workflowId)
    .orderBy('decidedAt')
    .orderBy('step')
    .execute()
}
