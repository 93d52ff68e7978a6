import { createHash } from 'node:crypto'
import { sql } from 'kysely'
import { type BookMovement, type ClosingGroup, closeDay, endOfBusinessDay } from '../../../domain/books.ts'
import { addDays, dateAt, startOfDay } from '../../../domain/calendar.ts'
import type { Db, Tx } from '../../client.ts'

/** A business day that is closed: its figures stand for ever. */
export interface BookClosing {
  readonly plant: string
  readonly businessDate: string
  readonly currency: string
  readonly lastPostingId: number
  readonly groups: readonly ClosingGroup[]
  readonly hash: string
  readonly previousHash: string | null
  readonly closedAt: string
}

/** A posting that came for a day after it was closed. */
export interface LatePosting {
  readonly postingId: number
  readonly eventKey: string
  readonly debit: string
  readonly credit: string
  readonly amountMinor: number
  readonly businessAt: string
  readonly recordedAt: string
}

const COLUMNS = ['plant', 'businessDate', 'currency', 'lastPostingId', 'figures', 'hash', 'previousHash', 'closedAt'] as const

/** The first day of a plant that is not closed, up to `upTo`; undefined when there is none, or nothing was ever posted. */
export async function nextDayToClose(
  db: Db | Tx,
  { plant, zone, upTo }: { plant: string; zone: string; upTo: string },
): Promise<string | undefined> {
  const last = await latestClosing(db, plant, addDays(upTo, 1))
  const first = last === undefined ? await firstPosting(db, plant) : undefined
  const day = last === undefined ? first && dateAt(first, zone) : addDays(last.businessDate, 1)
  return day === undefined || day > upTo ? undefined : day
}

/**
 * Closes one business day after the one before it: everything posted up to this moment is in it, later postings for it are late. A day
 * that is closed stays as it is. The caller has waited until the day is over.
 */
export async function closeBusinessDay(
  db: Db,
  { plant, zone, currency, date, asOf }: { plant: string; zone: string; currency: string; date: string; asOf: string },
): Promise<BookClosing> {
  // A statement of its own: whoever posts is kept waiting for no longer than this.
  const { rows } = await sql<{ last: number }>`select last_posting() as last`.execute(db)
  const previous = await latestClosing(db, plant, date)
  const lastPostingId = rows[0]?.last ?? 0
  const groups = closeDay(
    previous?.groups ?? [],
    await movementsOf(db, { plant, zone, date, after: previous?.lastPostingId ?? 0, upTo: lastPostingId }),
  )
  const closing = { plant, businessDate: date, currency, lastPostingId, groups, previousHash: previous?.hash ?? null }
  await db
    .insertInto('bookClosings')
    .values({
      plant,
      businessDate: date,
      currency,
      lastPostingId,
      figures: JSON.stringify({ groups }),
      hash: closingHash(closing),
      previousHash: closing.previousHash,
      closedAt: asOf,
    })
    .onConflict((c) => c.columns(['plant', 'businessDate']).doNothing())
    .execute()
  return (await readClosing(db, plant, date)) as BookClosing
}

/** What was posted for the day, and for days before it since they were closed (`after`), up to a posting. */
export async function movementsOf(
  db: Db | Tx,
  { plant, zone, date, after, upTo }: { plant: string; zone: string; date: string; after: number; upTo: number },
): Promise<BookMovement[]> {
  const from = startOfDay(date, zone)
  const side = (code: 'debit' | 'credit', debit: 'amount_minor' | '0', credit: 'amount_minor' | '0') => sql`
    select ${sql.ref(code)} as code, split_part(event_key, ':', 1) as event_kind, business_at < ${from} as is_late,
      ${sql.raw(debit)} as debit_minor, ${sql.raw(credit)} as credit_minor
    from postings
    where plant = ${plant} and posting_id <= ${upTo} and business_at < ${endOfBusinessDay(date, zone)}
      and (business_at >= ${from} or posting_id > ${after})`
  const { rows } = await sql<BookMovement>`
    select split_part(s.code, ':', 1) as "group", l.class, s.event_kind as "eventKind", s.is_late as "isLate",
      sum(s.debit_minor)::bigint as "debitMinor", sum(s.credit_minor)::bigint as "creditMinor"
    from (${side('debit', 'amount_minor', '0')} union all ${side('credit', '0', 'amount_minor')}) s
    join ledger_accounts l on l.code = s.code
    group by 1, 2, 3, 4`.execute(db)
  return rows
}

/** The closing of a day, if it was made. */
export async function readClosing(db: Db | Tx, plant: string, date: string): Promise<BookClosing | undefined> {
  const row = await db
    .selectFrom('bookClosings')
    .select(COLUMNS)
    .where('plant', '=', plant)
    .where('businessDate', '=', date)
    .executeTakeFirst()
  return row && closingFrom(row)
}

/** Closings of these plants, newest day first; `before` is plant and day of the last one of the page before. */
export async function listClosings(
  db: Db | Tx,
  { plants, before, limit }: { plants: readonly string[]; before?: { date: string; plant: string } | undefined; limit: number },
): Promise<BookClosing[]> {
  if (plants.length === 0) return []
  let rows = db
    .selectFrom('bookClosings')
    .select(COLUMNS)
    .where('plant', 'in', plants)
    .orderBy('businessDate', 'desc')
    .orderBy('plant', 'desc')
    .limit(limit)
  if (before !== undefined) rows = rows.where(sql<boolean>`(business_date, plant) < (${before.date}::date, ${before.plant})`)
  return (await rows.execute()).map(closingFrom)
}

/** What was posted for a day after it was closed, oldest first. */
export async function latePostings(
  db: Db | Tx,
  { plant, businessDate, lastPostingId, zone }: Pick<BookClosing, 'plant' | 'businessDate' | 'lastPostingId'> & { zone: string },
  { after = 0, limit }: { after?: number | undefined; limit: number },
): Promise<LatePosting[]> {
  return db
    .selectFrom('postings')
    .select(['postingId', 'eventKey', 'debit', 'credit', 'amountMinor', 'businessAt', 'recordedAt'])
    .where('plant', '=', plant)
    .where('postingId', '>', Math.max(lastPostingId, after))
    .where('businessAt', '>=', startOfDay(businessDate, zone))
    .where('businessAt', '<', endOfBusinessDay(businessDate, zone))
    .orderBy('postingId')
    .limit(limit)
    .execute()
}

/** SHA-256 over what a closing says and the hash of the one before, in one order of keys whatever the database made of them. */
export function closingHash(closing: Omit<BookClosing, 'hash' | 'closedAt'>): string {
  const { plant, businessDate, currency, lastPostingId, groups, previousHash } = closing
  return createHash('sha256')
    .update(JSON.stringify(ordered({ plant, businessDate, currency, lastPostingId, groups, previousHash })))
    .digest('hex')
}

function ordered(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(ordered)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, part]) => [key, ordered(part)]),
  )
}

/** The last closing before a day. */
export async function latestClosing(db: Db | Tx, plant: string, before: string): Promise<BookClosing | undefined> {
  const row = await db
    .selectFrom('bookClosings')
    .select(COLUMNS)
    .where('plant', '=', plant)
    .where('businessDate', '<', before)
    .orderBy('businessDate', 'desc')
    .limit(1)
    .executeTakeFirst()
  return row && closingFrom(row)
}

async function firstPosting(db: Db | Tx, plant: string): Promise<string | undefined> {
  const row = await db
    .selectFrom('postings')
    .select('businessAt')
    .where('plant', '=', plant)
    .orderBy('businessAt')
    .limit(1)
    .executeTakeFirst()
  return row?.businessAt
}

function closingFrom({ figures, ...row }: Omit<BookClosing, 'groups'> & { figures: unknown }): BookClosing {
  return { ...row, groups: (figures as { groups: ClosingGroup[] }).groups }
}
