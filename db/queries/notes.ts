import { sql } from 'kysely'
import type { ChargeKind, ChargeNature } from '../../domain/charge.ts'
import { DomainError } from '../../domain/errors.ts'
import type { CorrectableCharge, CorrectableLine, NoteKind, NoteLine } from '../../domain/note.ts'
import type { Db, Tx } from '../client.ts'
import type { JsonObject } from '../tables.ts'
import type { LockedAccount } from './accounts.ts'
import { advanceMoved } from './advances.ts'
import { takeNumbers } from './numbers.ts'

/** A charge with all that a note on it is judged by. */
export interface ChargeToCorrect extends CorrectableCharge {
  readonly chargeId: number
  readonly accountId: string
  readonly kind: ChargeKind
  readonly amountMinor: number
  readonly customerId: string | null
  readonly lines: readonly (CorrectableLine & { readonly kind: string; readonly detail: JsonObject })[]
}

/** A charge as a note finds it; NOT_FOUND for an unknown one. */
export async function readChargeToCorrect(db: Db | Tx, chargeId: number): Promise<ChargeToCorrect> {
  const row = await db
    .selectFrom('charges')
    .select(['chargeId', 'accountId', 'customerId', 'kind', 'nature', 'amountMinor', 'currency', 'voidedAt'])
    .select(sql<number>`open_amount(charge_id)`.as('openMinor'))
    .where('chargeId', '=', chargeId)
    .executeTakeFirst()
  if (row === undefined) throw new DomainError('NOT_FOUND', 'no such charge')
  const { kind, nature, voidedAt, ...charge } = row
  const notedMinor = await notedMinorOf(db, chargeId)
  return {
    ...charge,
    kind: kind as ChargeKind,
    nature: nature as ChargeNature,
    isVoid: voidedAt !== null,
    creditableMinor: nature === 'debt' ? charge.amountMinor - notedMinor : await earnedAndKept(db, chargeId),
    lines: await linesOf(db, chargeId),
  }
}

/** Refuses a note on somebody else's charge, and one on top of what a closed account owed. */
export function assertCorrectable(
  charge: Pick<ChargeToCorrect, 'accountId' | 'kind'>,
  account: Pick<LockedAccount, 'accountId' | 'closedAt'>,
  { kind }: { readonly kind: NoteKind },
): void {
  if (charge.accountId !== account.accountId) throw new DomainError('NOT_FOUND', 'no such charge')
  if (kind === 'debit' && account.closedAt !== null) throw new DomainError('ACCOUNT_CLOSED', 'This account is closed')
  if (charge.kind === 'bounced' && kind !== 'write-off')
    throw new DomainError('WRONG_STAGE', 'What a bounced payment left missing is paid or written off')
}

async function notedMinorOf(db: Db | Tx, chargeId: number): Promise<number> {
  const { noted } = await db
    .selectFrom('notes')
    .select((eb) => eb.fn.coalesce(eb.fn.sum<number>('amountMinor'), sql<number>`0`).as('noted'))
    .where('chargeId', '=', chargeId)
    .where('kind', '<>', 'debit')
    .executeTakeFirstOrThrow()
  return noted
}

/** What was earned of an advance and not turned back into credit. Once a closing has reckoned it up nothing is left to correct. */
async function earnedAndKept(db: Db | Tx, chargeId: number): Promise<number> {
  const reckoned = await db
    .selectFrom('postings')
    .select('postingId')
    .where('eventKey', 'like', `closing-advance:%:${chargeId}`)
    .executeTakeFirst()
  if (reckoned !== undefined) return 0
  const { paidMinor, returnedMinor, earnedMinor } = await advanceMoved(db, chargeId)
  return Math.max(0, Math.min(earnedMinor, paidMinor - returnedMinor))
}

async function linesOf(db: Db | Tx, chargeId: number): Promise<ChargeToCorrect['lines']> {
  const { rows } = await sql<ChargeToCorrect['lines'][number]>`
    select c.line, c.kind, c.amount_minor as "amountMinor", c.detail,
      coalesce((select sum(l.amount_minor) from note_lines l join notes n using (note_id)
        where l.charge_id = c.charge_id and l.line = c.line and n.kind = 'credit'), 0) as "creditedMinor"
    from charge_lines c where c.charge_id = ${chargeId} order by c.line`.execute(db)
  return rows
}

export interface NewNote {
  readonly chargeId: number
  readonly kind: NoteKind
  readonly amountMinor: number
  readonly lines: readonly NoteLine[]
  readonly reason: string
  /** What it comes from, once for ever: `correction:BHKATS-N7`. */
  readonly source: string
  readonly madeBy: string
  readonly approvedBy: string
  /** The debt that a debit note raises. */
  readonly raises?: number
}

/** The next number of the plant's notes, `BHKATS-N-000007`: a series without gaps, taken in the transaction that uses it. */
export async function takeNoteNumber(tx: Tx, plant: string): Promise<string> {
  return `${plant}-N-${String(await takeNumbers(tx, `${plant}:N`, 1)).padStart(6, '0')}`
}

/** Writes a note with the lines it corrects. The caller holds the account lock and posts it. */
export async function insertNote(
  tx: Tx,
  { account, asOf, number }: { account: LockedAccount; asOf: string; number: string },
  { lines, raises, ...note }: NewNote,
): Promise<number> {
  const { noteId } = await tx
    .insertInto('notes')
    .values({ ...note, number, accountId: account.accountId, raises: raises ?? null, businessAt: asOf })
    .returning('noteId')
    .executeTakeFirstOrThrow()
  const rows = lines.map(({ line, amountMinor }) => ({ noteId, chargeId: note.chargeId, line, amountMinor }))
  if (rows.length > 0) await tx.insertInto('noteLines').values(rows).execute()
  return noteId
}

/** A note as pages show it. */
export type NoteEntry = {
  readonly noteId: number
  readonly number: string
  readonly chargeId: number
  readonly kind: NoteKind
  readonly amountMinor: number
  readonly currency: string
  readonly reason: string
  readonly source: string
  readonly madeBy: string
  readonly approvedBy: string
  readonly raises: number | null
  readonly businessAt: string
  readonly lines: { line: number; kind: string; amountMinor: number }[]
}

/** Notes of an account, or on some of its charges, newest first. */
export async function listNotes(
  db: Db | Tx,
  accountId: string,
  { before, limit, chargeIds }: { before?: number | undefined; limit: number; chargeIds?: readonly number[] },
): Promise<NoteEntry[]> {
  const lines = sql<NoteEntry['lines']>`coalesce((
    select json_agg(json_build_object('line', l.line, 'kind', c.kind, 'amountMinor', l.amount_minor) order by l.line)
    from note_lines l join charge_lines c on c.charge_id = l.charge_id and c.line = l.line where l.note_id = notes.note_id), '[]')`
  let rows = db
    .selectFrom('notes')
    .innerJoin('charges', 'charges.chargeId', 'notes.chargeId')
    .select(['noteId', 'number', 'notes.chargeId', 'notes.kind', 'notes.amountMinor', 'currency', 'reason', 'notes.source'])
    .select(['madeBy', 'approvedBy', 'raises', 'businessAt'])
    .select(lines.as('lines'))
    .where('notes.accountId', '=', accountId)
  if (before !== undefined) rows = rows.where('noteId', '<', before)
  if (chargeIds !== undefined) {
    if (chargeIds.length === 0) return []
    rows = rows.where((eb) => eb.or([eb('notes.chargeId', 'in', chargeIds), eb('raises', 'in', chargeIds)]))
  }
  return (await rows.orderBy('noteId', 'desc').limit(limit).execute()) as NoteEntry[]
}
