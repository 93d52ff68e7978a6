import { sql } from 'kysely'
import type { MeterKind } from '../../domain/package.ts'
import type { Db, Tx } from '../client.ts'
import { findMeter, METER_COLUMNS, type MeterState, type StockMeter } from './stock.ts'

/** Meters of a plant by serial. */
export async function listMeters(
  db: Db | Tx,
  {
    plant,
    state,
    kind,
    after,
    limit,
  }: { plant: string; state?: MeterState | undefined; kind?: MeterKind | undefined; after?: string | undefined; limit: number },
): Promise<StockMeter[]> {
  let rows = db.selectFrom('meters').select(METER_COLUMNS).where('plant', '=', plant).orderBy('serial').limit(limit)
  if (state !== undefined) rows = rows.where('state', '=', state)
  if (kind !== undefined) rows = rows.where('kind', '=', kind)
  if (after !== undefined) rows = rows.where('serial', '>', after)
  return (await rows.execute()) as StockMeter[]
}

export interface MeterMove {
  readonly fromState: string | null
  readonly toState: string
  readonly accountId: string | null
  readonly source: string
  readonly businessAt: string
}

/** Where a meter of the plant has been, newest first; undefined when the plant never had it. */
export async function movesOf(
  db: Db | Tx,
  { plant, serial }: { plant: string; serial: string },
): Promise<MeterMove[] | undefined> {
  if ((await findMeter(db, serial))?.plant !== plant) return undefined
  return db
    .selectFrom('meterMoves')
    .select(['fromState', 'toState', 'accountId', 'source', 'businessAt'])
    .where('serial', '=', serial)
    .orderBy('moveId', 'desc')
    .limit(200)
    .execute()
}

/** How many meters of that kind lie free at the plant. */
export async function countFreeMeters(db: Db | Tx, { plant, kind }: { plant: string; kind: string }): Promise<number> {
  const { free } = await db
    .selectFrom('meters')
    .select(sql<number>`count(*)`.as('free'))
    .where('plant', '=', plant)
    .where('kind', '=', kind)
    .where('state', '=', 'free')
    .executeTakeFirstOrThrow()
  return free
}
