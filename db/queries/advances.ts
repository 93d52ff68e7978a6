import { sql } from 'kysely'
import { processIds } from '../../domain/process-ids.ts'
import type { Db, Tx } from '../client.ts'
import type { JsonObject } from '../tables.ts'
import { startWorkflow } from './outbox.ts'

/** What became of the money of one pre-paid advance, in minor units. */
export interface AdvanceMoved {
  /** Allocated to it. */
  readonly paidMinor: number
  /** Turned back into credit already: days of a package that ended, dark days. */
  readonly returnedMinor: number
  /** Posted as income. */
  readonly earnedMinor: number
  /** Paid, and neither income nor given back from before it was: it still waits for its period. */
  readonly waitingMinor: number
}

/** Reads what became of an advance; zeros where nothing was paid of it. */
export async function advanceMoved(db: Db | Tx, chargeId: number): Promise<AdvanceMoved> {
  const { rows } = await sql<Omit<AdvanceMoved, 'waitingMinor'> & { returnedUnearnedMinor: number }>`
    select
      coalesce((select sum(a.amount_minor) from allocations a where a.charge_id = ${chargeId}), 0) as "paidMinor",
      coalesce(sum(p.amount_minor) filter (where p.event_key like 'advance-unused:%'), 0) as "returnedMinor",
      coalesce(sum(p.amount_minor) filter (where p.event_key like 'advance-unused:%' and p.debit like 'unearned:%'), 0)
        as "returnedUnearnedMinor",
      coalesce(sum(case when p.debit like 'unearned:%' then p.amount_minor else -p.amount_minor end) filter (
        where p.event_key like 'earned:%' and (p.debit like 'unearned:%' or p.credit like 'unearned:%')), 0) as "earnedMinor"
    from postings p
    where p.event_key like 'advance-unused:' || ${chargeId}::text || ':%' or p.event_key like 'earned:' || ${chargeId}::text || ':%'`.execute(
    db,
  )
  const { paidMinor, returnedMinor, earnedMinor, returnedUnearnedMinor } = rows[0] ?? NOTHING
  return { paidMinor, returnedMinor, earnedMinor, waitingMinor: paidMinor - earnedMinor - returnedUnearnedMinor }
}

const NOTHING = { paidMinor: 0, returnedMinor: 0, earnedMinor: 0, returnedUnearnedMinor: 0 }

/**
 * Money came to advances whose cycle is through already: what was used of a month nobody had paid, say. The cycle looks again, and earns it;
 * one that is still at work is nudged like everybody who waits for the account.
 */
export async function wakeEndedAdvances(tx: Tx, customerId: string | null, sources: readonly string[]): Promise<void> {
  const periods = sources.flatMap((source) => (source.startsWith(ADVANCE) ? [source.slice(ADVANCE.length)] : []))
  if (customerId === null || periods.length === 0) return
  const ended = await tx
    .selectFrom('processes')
    .select(['workflowType', 'workflowId', 'input'])
    .where(
      'workflowId',
      'in',
      periods.flatMap((period) => [processIds.billing(customerId, period), processIds.advanceSinceChange(customerId, period)]),
    )
    .where('outcome', 'is not', null)
    .orderBy('workflowId')
    .execute()
  for (const { input, ...process } of ended) await startWorkflow(tx, { ...process, input: input as JsonObject })
}

/** How the source of an advance begins (`electricitySource`). */
const ADVANCE = 'advance:'
