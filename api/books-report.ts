import { type TSchema, type TString, Type } from '@fastify/type-provider-typebox'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { booksPlants, type BooksPlant, booksScope, type BooksScope } from '../db/queries/books/scope.ts'
import { businessNow } from '../db/queries/clock.ts'
import { dateAt, earliest } from '../domain/calendar.ts'
import { type CsvCell, toCsv } from './csv.ts'
import type { ApiDeps } from './deps.ts'
import { ApiError } from './errors.ts'
import { IsoDate, Line, OneOf, Plant } from './schemas.ts'
import { notFound, visiblePlants } from './visible.ts'

/** Spread into the query of a report: whose books, and how they are written. */
export const reportQuery = {
  plant: Type.Optional(Plant),
  cluster: Type.Optional(Line(100, 'Only the plants of this cluster.')),
  state: Type.Optional(Type.String({ pattern: '^[A-Z]{2}$', description: 'Only the plants of this state.', examples: ['BH'] })),
  format: Type.Optional(
    OneOf(['json', 'csv'], '`csv`: the whole report, RFC 4180, whatever page was asked for. JSON unless text/csv is asked for.'),
  ),
}
/** Spread in beside it where a report is about the end of one day. */
export const onDay = {
  on: Type.Optional(Type.Unsafe<string>({ ...IsoDate, description: 'The end of this business day; today unless said.' })),
}

interface ReportQuery {
  readonly plant?: string
  readonly cluster?: string
  readonly state?: string
  readonly format?: 'json' | 'csv'
}

/** Whose books are meant, and up to when. */
export interface Report {
  readonly plants: readonly BooksPlant[]
  readonly scope: BooksScope
  readonly currency: string
  readonly on: string
}

/**
 * The report that is asked for: the one plant (NOT_FOUND where it is not theirs), or all of theirs in the cluster or state. Books in several
 * currencies have no sum: INVALID_INPUT.
 */
export async function reportOf(
  deps: Pick<ApiDeps, 'db' | 'now'>,
  request: FastifyRequest,
  { query, from, to }: { query: ReportQuery; from?: string | undefined; to?: string | undefined },
): Promise<Report> {
  const plants = await booksPlants(deps.db, visiblePlants(request, query.plant), query)
  const [first] = plants
  if (first === undefined) throw notFound('plant')
  if (plants.some(({ currency }) => currency !== first.currency))
    throw new ApiError('INVALID_INPUT', 'These plants keep their books in several currencies: ask for one plant or state.')
  const on = to ?? (await businessToday(deps, plants))
  return { plants, scope: booksScope(plants, { ...(from !== undefined && { from }), to: on }), currency: first.currency, on }
}

/** The day it is at all of these plants. */
async function businessToday({ db, now }: Pick<ApiDeps, 'db' | 'now'>, plants: readonly BooksPlant[]): Promise<string> {
  const days = await Promise.all(plants.map(async ({ plant, zone }) => dateAt(await businessNow(db, plant, now()), zone)))
  return days.reduce((early, day) => earliest(early, day))
}

/** What a report says besides its lines, in every report. */
export function headOf({ plants, currency, on }: Report): { plants: string[]; currency: string; on: string } {
  return { plants: plants.map(({ plant }) => plant), currency, on }
}

/** True when the report is to be a table: by `format`, or else by what is accepted. */
export function wantsCsv(request: FastifyRequest, { format }: { format?: 'json' | 'csv' }): boolean {
  if (format !== undefined) return format === 'csv'
  const { accept } = request.headers
  return accept !== undefined && accept.includes('text/csv') && !accept.includes('json')
}

/** Sends rows as a table to keep, under a name. */
export function sendCsv<Row>(
  reply: FastifyReply,
  { name, rows, columns }: { name: string; rows: readonly Row[]; columns: Readonly<Record<string, (row: Row) => CsvCell>> },
): FastifyReply {
  const cells = Object.values(columns)
  return reply
    .type('text/csv; charset=utf-8; header=present')
    .header('content-disposition', `attachment; filename="${name}.csv"`)
    .send(
      toCsv(
        Object.keys(columns),
        rows.map((row) => cells.map((cell) => cell(row))),
      ),
    )
}

const EXPORT_PAGE = 1000

/** Every row of a list that is read by pages. */
export async function everyRow<Row>(
  page: (asked: { after: string | undefined; limit: number }) => Promise<Row[]>,
  keyOf: (row: Row) => string,
): Promise<Row[]> {
  const all: Row[] = []
  for (let after: string | undefined; ;) {
    const rows = await page({ after, limit: EXPORT_PAGE })
    all.push(...rows)
    const last = rows.at(-1)
    if (last === undefined || rows.length < EXPORT_PAGE) return all
    after = keyOf(last)
  }
}

/** A success that is JSON or a table. */
export function jsonOrCsv<T extends TSchema>(
  description: string,
  schema: T,
): { description: string; content: { 'application/json': { schema: T }; 'text/csv': { schema: TString } } } {
  return {
    description,
    content: {
      'application/json': { schema },
      'text/csv': { schema: Type.String({ description: 'RFC 4180, UTF-8, with a header.' }) },
    },
  }
}
