import { sql } from 'kysely'
import { processIds } from '../../domain/process-ids.ts'
import type { Db, Tx } from '../client.ts'
import type { Refund } from './refunds.ts'

/** A refund as lists show it, with where its process stands. */
export interface RefundRow extends Refund {
  readonly plant: string
  readonly customerId: string | null
  readonly personId: string | null
  /** The process that sees it through: its own, or the closing or application that asked for it. */
  readonly workflowId: string
  readonly stage: string | null
  readonly waitingFor: string | null
  readonly dueAt: string | null
}

export interface RefundFilter {
  readonly plants: readonly string[]
  readonly accountId?: string | undefined
  /** `open`: somebody must act. `unclaimed`: nobody fetched it yet. */
  readonly state: 'open' | 'unclaimed' | 'all'
  /** The last refund of the page before. */
  readonly before?: number | undefined
  readonly limit: number
}

/** Refunds of these plants, or of one account, newest first. */
export async function listRefundRows(db: Db | Tx, filter: RefundFilter): Promise<RefundRow[]> {
  const { plants, accountId, state, before, limit } = filter
  if (plants.length === 0) return []
  let rows = rowsOf(db).where(PLANT, 'in', plants)
  if (accountId !== undefined) rows = rows.where('refunds.accountId', '=', accountId)
  if (before !== undefined) rows = rows.where('refundId', '<', before)
  if (state === 'unclaimed') rows = rows.where('refunds.state', '=', 'unclaimed')
  if (state === 'open')
    rows = rows.where((eb) =>
      eb.or([
        eb('refunds.state', 'in', ['requested', 'approved', 'sending']),
        eb.and([eb('refunds.state', '=', 'unclaimed'), eb('claimedAt', 'is not', null)]),
      ]),
    )
  const found = (await rows.orderBy('refundId', 'desc').limit(limit).execute()) as Omit<
    RefundRow,
    'workflowId' | 'stage' | 'waitingFor' | 'dueAt'
  >[]
  return withProcesses(db, found)
}

/** One refund, if there is such. */
export async function findRefundRow(db: Db | Tx, refundId: number): Promise<RefundRow | undefined> {
  const found = (await rowsOf(db).where('refundId', '=', refundId).execute()) as Parameters<typeof withProcesses>[1]
  return (await withProcesses(db, found))[0]
}

/** Of the account, or of the payment where nobody knows whose it is. */
const PLANT = sql<string>`coalesce(accounts.plant, payments.plant)`

function rowsOf(db: Db | Tx) {
  return db
    .selectFrom('refunds')
    .leftJoin('accounts', 'accounts.accountId', 'refunds.accountId')
    .leftJoin('payments', 'payments.paymentId', 'refunds.paymentId')
    .selectAll('refunds')
    .select(['accounts.customerId', 'accounts.personId', PLANT.as('plant')])
}

async function withProcesses(
  db: Db | Tx,
  refunds: readonly Omit<RefundRow, 'workflowId' | 'stage' | 'waitingFor' | 'dueAt'>[],
): Promise<RefundRow[]> {
  const ids = refunds.map(processOfRefund)
  if (ids.length === 0) return []
  const processes = await db
    .selectFrom('processes')
    .select(['workflowId', 'stage', 'waitingFor', 'dueAt'])
    .where('workflowId', 'in', ids)
    .where('outcome', 'is', null)
    .execute()
  return refunds.map((refund) => {
    const workflowId = processOfRefund(refund)
    const { stage = null, waitingFor = null, dueAt = null } = processes.find((one) => one.workflowId === workflowId) ?? {}
    return { ...refund, workflowId, stage, waitingFor, dueAt }
  })
}

/** The id of the process that sees a refund through. */
function processOfRefund({
  refundId,
  handledBy,
  source,
  accountId,
}: Pick<Refund, 'refundId' | 'handledBy' | 'source' | 'accountId'>): string {
  if (handledBy === 'pay-out') return processIds.payOut(refundId)
  const asker = source.split(':')[0] ?? source
  return asker === accountId ? processIds.onboarding(accountId) : processIds.closing(asker)
}
