import type { Db, Tx } from '../db/client.ts'
import { type Closure, findClosure } from '../db/queries/closures.ts'
import { readCharges } from '../db/queries/charges.ts'
import type { Topic } from '../db/queries/outbox.ts'
import { readPlant } from '../db/queries/plants.ts'
import { readRefunds, refundableMinor, type Refund } from '../db/queries/refunds.ts'
import { findTask, type Task } from '../db/queries/tasks.ts'
import { addDays, addToInstant, startOfDay } from '../domain/calendar.ts'
import { DomainError } from '../domain/errors.ts'
import { processIds } from '../domain/process-ids.ts'
import { refundApprover } from '../domain/refund.ts'
import type { Role } from '../domain/roles.ts'

export interface ClosingKey {
  readonly closureId: string
  readonly asOf: string
}

/** A decision of this closing, by its step. */
export interface ClosingDecision {
  readonly verdict: string
  readonly by: string
  readonly detail: Record<string, unknown>
}

/** Everything `close-account` decides by. */
export interface ClosingFacts {
  readonly closure: Closure
  /** The midnight after the last supplied day. */
  readonly supplyEndsAt: string
  readonly isWithdrawn: boolean
  readonly isSupplyEnded: boolean
  readonly removal: {
    readonly round: number
    readonly task: Task | null
    readonly isMeterGone: boolean
    readonly decision: ClosingDecision | null
  }
  readonly openDebtMinor: number
  /** Credit that no refund was asked for yet: money that came in after the settlement too. */
  readonly refundableMinor: number
  /** Until when we wait for what is still owed before the closing ends owing. */
  readonly waitForDebtUntil: string
  readonly refunds: readonly (Refund & {
    readonly approver: Role
    readonly decision: ClosingDecision | null
    readonly handOver: ClosingDecision | null
    readonly unclaimedAt: string
  })[]
  /** How it can end now; null while money is to be given back or waited for. */
  readonly outcome: 'Closed' | 'ClosedUnclaimed' | 'ClosedOwing' | null
  readonly topics: readonly Topic[]
}

/** Reads where a closing stands, from the facts alone. NOT_FOUND for an unknown closure. */
export async function readClosingFacts(db: Db | Tx, { closureId, asOf }: ClosingKey): Promise<ClosingFacts> {
  const closure = await findClosure(db, closureId)
  if (closure === undefined) throw new DomainError('NOT_FOUND', 'no such closure')
  const { zone, policy } = await readPlant(db, closure.plant, asOf)
  const decisions = await readDecisions(db, closureId)
  const removal = await readRemoval(db, closure, decisions)
  const debts = (await readCharges(db, closure.accountId, { onlyOpen: true })).filter(({ nature }) => nature === 'debt')
  const refunds = (await readRefunds(db, closure.accountId))
    .filter(({ source }) => source.split(':')[0] === closureId)
    .map(asSeenHere)
  const openDebtMinor = debts.reduce((sum, { openMinor }) => sum + openMinor, 0)
  const restMinor =
    (await refundableMinor(db, { accountId: closure.accountId, kind: 'credit' })) +
    (await refundableMinor(db, { accountId: closure.accountId, kind: 'deposit' }))
  const waitForDebtUntil = addToInstant(closure.settledAt ?? asOf, policy.chasing.noticeGoodFor, zone)
  return {
    closure,
    supplyEndsAt: startOfDay(addDays(closure.leavingOn, 1), zone),
    isWithdrawn: decisions.get('withdrawal') !== undefined,
    isSupplyEnded:
      (await db
        .selectFrom('holds')
        .select('holdId')
        .where('customerId', '=', closure.customerId)
        .where('reason', '=', 'closed')
        .where('liftedAt', 'is', null)
        .executeTakeFirst()) !== undefined,
    removal,
    openDebtMinor,
    refundableMinor: restMinor,
    waitForDebtUntil,
    outcome: outcomeOf({ refunds, openDebtMinor, restMinor, isWaitOver: closure.settledAt !== null && asOf >= waitForDebtUntil }),
    refunds: refunds.map((refund) => ({
      ...refund,
      approver: refundApprover(refund, policy),
      decision: decisions.get(`refund:${refund.refundId}`) ?? null,
      handOver: decisions.get(`pay-out:${refund.refundId}`) ?? null,
      unclaimedAt: addToInstant(refund.requestedAt, policy.closing.unclaimedAfter, zone),
    })),
    topics: [
      `account:${closure.accountId}`,
      `connection:${closure.customerId}`,
      ...(removal.task === null ? [] : [`task:${removal.task.taskId}` as const]),
    ],
  }
}

/** A refund that its own process sees through by now (nobody fetched it, its transfer is in doubt or came back) is done with here. */
function asSeenHere(refund: Refund): Refund {
  if (refund.handledBy === 'asker') return refund
  return { ...refund, state: refund.unclaimedAt === null ? 'paid' : 'unclaimed' }
}

interface MoneyLeft {
  readonly refunds: readonly Refund[]
  readonly openDebtMinor: number
  readonly restMinor: number
  readonly isWaitOver: boolean
}

function outcomeOf({ refunds, openDebtMinor, restMinor, isWaitOver }: MoneyLeft): ClosingFacts['outcome'] {
  if (refunds.some(({ state }) => state === 'requested' || state === 'approved')) return null
  if (openDebtMinor > 0) return isWaitOver ? 'ClosedOwing' : null
  if (restMinor > 0) return null
  return refunds.some(({ state }) => state === 'unclaimed') ? 'ClosedUnclaimed' : 'Closed'
}

/** Names the removal task of a round: a new one when somebody says "try again". */
export function removalSource(closureId: string, round: number): { workflowId: string; step: string } {
  return { workflowId: processIds.closing(closureId), step: `removal:${round}` }
}

async function readDecisions(db: Db | Tx, closureId: string): Promise<Map<string, ClosingDecision>> {
  const rows = await db
    .selectFrom('decisions')
    .select(['step', 'verdict', 'decidedBy', 'detail'])
    .where('workflowId', '=', processIds.closing(closureId))
    .execute()
  return new Map(
    rows.map(({ step, verdict, decidedBy, detail }) => [
      step,
      { verdict, by: decidedBy, detail: (detail ?? {}) as Record<string, unknown> },
    ]),
  )
}

async function readRemoval(
  db: Db | Tx,
  { closureId, customerId }: Closure,
  decisions: ReadonlyMap<string, ClosingDecision>,
): Promise<ClosingFacts['removal']> {
  let round = 1
  while (decisions.get(`no-removal:${round}`)?.verdict === 'try-again') round += 1
  const hanging = await db
    .selectFrom('meterInstallations')
    .select('serial')
    .where('customerId', '=', customerId)
    .where('removedAt', 'is', null)
    .executeTakeFirst()
  const task = await findTask(db, removalSource(closureId, round))
  return { round, task: task ?? null, isMeterGone: hanging === undefined, decision: decisions.get(`no-removal:${round}`) ?? null }
}
