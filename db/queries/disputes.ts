import { sql } from 'kysely'
import { DomainError } from '../../domain/errors.ts'
import { parseNumberedId } from '../../domain/ids.ts'
import type { ConfirmationReason, DisputeReason } from '../../domain/dispute.ts'
import type { Db, Tx } from '../client.ts'

/** A disputed bill and how far its answer has come: enough to begin its process anew at any stage. */
export interface Dispute {
  readonly disputeId: string
  readonly plant: string
  readonly accountId: string
  readonly customerId: string | null
  readonly billId: number
  readonly isWhole: boolean
  readonly amountMinor: number
  readonly currency: string
  readonly reason: DisputeReason
  readonly textId: number | null
  readonly raisedBy: string
  readonly raisedAt: string
  readonly dueAt: string
  /** 1, and one more each time a correction came to nothing. */
  readonly round: number
  readonly answeredBy: string | null
  readonly answeredAt: string | null
  readonly answer: 'confirmed' | 'corrected' | null
  readonly answerReason: ConfirmationReason | null
  readonly answerTextId: number | null
  readonly closedAt: string | null
  readonly closedAs: 'Confirmed' | 'Corrected' | 'Withdrawn' | null
}

/** A dispute by its id, if it ever was. */
export async function findDispute(db: Db | Tx, disputeId: string): Promise<Dispute | undefined> {
  const row = await db.selectFrom('disputes').selectAll().where('disputeId', '=', disputeId).executeTakeFirst()
  return row as Dispute | undefined
}

/** A dispute by its id; NOT_FOUND when there is none. */
export async function readDispute(db: Db | Tx, disputeId: string): Promise<Dispute> {
  const dispute = await findDispute(db, disputeId)
  if (dispute === undefined) throw new DomainError('NOT_FOUND', 'no such dispute')
  return dispute
}

/** The dispute of a bill, if it was ever disputed. */
export async function disputeOfBill(db: Db | Tx, billId: number): Promise<Dispute | undefined> {
  return (await db.selectFrom('disputes').selectAll().where('billId', '=', billId).executeTakeFirst()) as Dispute | undefined
}

/** The number of the bill that is disputed. */
export async function billNumberOf(db: Db | Tx, billId: number): Promise<string> {
  return (await db.selectFrom('bills').select('number').where('billId', '=', billId).executeTakeFirstOrThrow()).number
}

export interface DisputeFilter {
  readonly plants: readonly string[]
  readonly accountId?: string | undefined
  readonly state: 'open' | 'ended' | 'all'
  /** The last dispute of the page before. */
  readonly after?: string | undefined
  readonly limit: number
}

/** Disputes of these plants, or of one account, by number, the newest first. */
export async function listDisputes(db: Db | Tx, filter: DisputeFilter): Promise<Dispute[]> {
  const { plants, accountId, state, after, limit } = filter
  if (plants.length === 0) return []
  const number = sql<number>`substring(dispute_id from '[0-9]+$')::bigint`
  let rows = db.selectFrom('disputes').selectAll().where('plant', 'in', plants)
  if (accountId !== undefined) rows = rows.where('accountId', '=', accountId)
  if (state !== 'all') rows = rows.where('closedAt', state === 'open' ? 'is' : 'is not', null)
  if (after !== undefined) {
    const last = parseNumberedId(after)
    rows = rows.where(sql<boolean>`(${number}, plant) < (${last.n}, ${last.plant})`)
  }
  return (await rows.orderBy(number, 'desc').orderBy('plant', 'desc').limit(limit).execute()) as Dispute[]
}

/** What of each charge of an account is disputed now, and since when, by charge. */
export async function disputedPartsOf(
  db: Db | Tx,
  accountId: string,
): Promise<Map<number, { amountMinor: number; since: string }>> {
  const rows = await db
    .selectFrom('disputedCharges')
    .innerJoin('disputes', 'disputes.disputeId', 'disputedCharges.disputeId')
    .select(['chargeId', 'disputedCharges.amountMinor', 'raisedAt'])
    .where('disputes.accountId', '=', accountId)
    .where('closedAt', 'is', null)
    .execute()
  return new Map(rows.map(({ chargeId, amountMinor, raisedAt }) => [chargeId, { amountMinor, since: raisedAt }]))
}

/** How much of which charge a dispute is about. */
export function disputedChargesOf(db: Db | Tx, disputeId: string): Promise<{ chargeId: number; amountMinor: number }[]> {
  return db
    .selectFrom('disputedCharges')
    .select(['chargeId', 'amountMinor'])
    .where('disputeId', '=', disputeId)
    .orderBy('chargeId')
    .execute()
}
