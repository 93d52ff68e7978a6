import { type RawBuilder, sql } from 'kysely'
import { endOfBusinessDay } from '../../../domain/books.ts'
import { startOfDay } from '../../../domain/calendar.ts'
import type { Db, Tx } from '../../client.ts'

/** The plants a report is about, each to the end of its own business day; `from` is the beginning of the first day, where there is one. */
export interface BooksScope {
  readonly plants: readonly { readonly plant: string; readonly from: string; readonly until: string }[]
}

/** Plants with their currency and zone, as a report needs them. */
export interface BooksPlant {
  readonly plant: string
  readonly zone: string
  readonly currency: string
}

const BEGINNING = '1900-01-01'

/** The plants of these codes that lie in the cluster or the state, where one is named; by code. */
export async function booksPlants(
  db: Db | Tx,
  plants: readonly string[],
  { cluster, state }: { cluster?: string | undefined; state?: string | undefined } = {},
): Promise<BooksPlant[]> {
  if (plants.length === 0) return []
  let rows = db.selectFrom('plants').select(['plant', 'timeZone as zone', 'currency']).where('plant', 'in', plants)
  if (cluster !== undefined) rows = rows.where('cluster', '=', cluster)
  if (state !== undefined) rows = rows.where('state', '=', state)
  return rows.orderBy('plant').execute()
}

/** Those plants' days: everything up to the end of `to`, or from the beginning of `from` on. */
export function booksScope(plants: readonly BooksPlant[], { from = BEGINNING, to }: { from?: string; to: string }): BooksScope {
  return {
    plants: plants.map(({ plant, zone }) => ({ plant, from: startOfDay(from, zone), until: endOfBusinessDay(to, zone) })),
  }
}

/** `scope (plant, since, until)` as a table. */
export function scopeTable({ plants }: BooksScope): RawBuilder<unknown> {
  const column = (of: 'plant' | 'from' | 'until') => plants.map((one) => one[of])
  return sql`unnest(${column('plant')}::text[], ${column('from')}::timestamptz[], ${column('until')}::timestamptz[]) as scope (plant, since, until)`
}

/** Both sides of every posting in the scope, as `(code, debit_minor, credit_minor)`; of one group only, where it is named. */
export function sidesOf(scope: BooksScope, groups?: readonly string[]): RawBuilder<unknown> {
  const only = (side: 'debit' | 'credit') =>
    groups === undefined ? sql`true` : sql`split_part(p.${sql.ref(side)}, ':', 1) = any(${[...groups]}::text[])`
  const rows = sql`postings p join ${scopeTable(scope)} on scope.plant = p.plant and p.business_at >= scope.since and p.business_at < scope.until`
  return sql`(
    select p.plant, p.debit as code, p.amount_minor as debit_minor, 0::bigint as credit_minor from ${rows} where ${only('debit')}
    union all
    select p.plant, p.credit, 0::bigint, p.amount_minor from ${rows} where ${only('credit')})`
}
