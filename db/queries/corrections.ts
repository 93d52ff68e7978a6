import { sql } from 'kysely'
import { DomainError } from '../../domain/errors.ts'
import { parseNumberedId } from '../../domain/ids.ts'
import type { CorrectionKind, NoteLine, NoteReason } from '../../domain/note.ts'
import type { Db, Tx } from '../client.ts'

/** A correction that was asked for, and what became of it: enough to begin its process anew at any stage. */
export interface Correction {
  readonly correctionId: string
  readonly plant: string
  readonly accountId: string
  readonly customerId: string | null
  readonly kind: CorrectionKind
  /** The charge it corrects; null for a reading. */
  readonly chargeId: number | null
  readonly amountMinor: number | null
  readonly currency: string
  readonly lines: readonly NoteLine[]
  /** The reading it corrects, and what the register really was; null for a charge. */
  readonly readingId: number | null
  readonly registerWh: number | null
  readonly photoRef: string | null
  readonly reason: NoteReason
  readonly textId: number | null
  readonly disputeId: string | null
  readonly disputeRound: number | null
  readonly requestedBy: string
  readonly requestedAt: string
  readonly approvedBy: string | null
  readonly noteId: number | null
  readonly endedAt: string | null
  readonly endedAs: CorrectionEnding | null
}

/** How a correction ends: `Overtaken` is one that was approved when there was nothing left to correct. */
export type CorrectionEnding = 'Corrected' | 'Rejected' | 'Withdrawn' | 'Overtaken'

/** A correction by its id, if it ever was. */
export async function findCorrection(db: Db | Tx, correctionId: string): Promise<Correction | undefined> {
  const row = await db.selectFrom('corrections').selectAll().where('correctionId', '=', correctionId).executeTakeFirst()
  return row as unknown as Correction | undefined
}

/** A correction by its id; NOT_FOUND when there is none. */
export async function readCorrection(db: Db | Tx, correctionId: string): Promise<Correction> {
  const correction = await findCorrection(db, correctionId)
  if (correction === undefined) throw new DomainError('NOT_FOUND', 'no such correction')
  return correction
}

/** The corrections that came of a dispute, oldest first. */
export async function correctionsOfDispute(db: Db | Tx, disputeId: string): Promise<Correction[]> {
  const rows = await db
    .selectFrom('corrections')
    .selectAll()
    .where('disputeId', '=', disputeId)
    .orderBy('recordedAt')
    .orderBy('correctionId')
    .execute()
  return rows as unknown as Correction[]
}

export interface CorrectionFilter {
  readonly plants: readonly string[]
  readonly accountId?: string | undefined
  readonly state: 'open' | 'ended' | 'all'
  /** The last correction of the page before. */
  readonly after?: string | undefined
  readonly limit: number
}

/** Corrections of these plants, or of one account, by number, the newest first. */
export async function listCorrections(db: Db | Tx, filter: CorrectionFilter): Promise<Correction[]> {
  const { plants, accountId, state, after, limit } = filter
  if (plants.length === 0) return []
  const number = sql<number>`substring(correction_id from '[0-9]+$')::bigint`
  let rows = db.selectFrom('corrections').selectAll().where('plant', 'in', plants)
  if (accountId !== undefined) rows = rows.where('accountId', '=', accountId)
  if (state !== 'all') rows = rows.where('endedAt', state === 'open' ? 'is' : 'is not', null)
  if (after !== undefined) {
    const last = parseNumberedId(after)
    rows = rows.where(sql<boolean>`(${number}, plant) < (${last.n}, ${last.plant})`)
  }
  return (await rows.orderBy(number, 'desc').orderBy('plant', 'desc').limit(limit).execute()) as unknown as Correction[]
}
