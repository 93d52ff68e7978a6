import { sql } from 'kysely'
import type { Db, Tx } from '../client.ts'
import type { StaffPrincipal } from './sessions.ts'

/** A meter the broker is to let in or to throw out. */
export interface MeterAccessRow {
  readonly serial: string
  readonly plant: string
  readonly generation: number
  readonly wanted: 'allowed' | 'revoked'
}

const COLUMNS = ['serial', 'plant', 'generation', 'wanted'] as const

/** Meters of which the broker has not been told how it is now, by serial. */
export async function pendingAccess(db: Db | Tx, { after, limit }: { after: string; limit: number }): Promise<MeterAccessRow[]> {
  const rows = await db
    .selectFrom('meterAccess')
    .select(COLUMNS)
    .where(sql<boolean>`(applied is distinct from wanted or applied_generation is distinct from generation)`)
    .where('serial', '>', after)
    .orderBy('serial')
    .limit(limit)
    .execute()
  return rows as MeterAccessRow[]
}

/** Every meter that is to be let in. */
export async function allowedMeters(db: Db | Tx): Promise<MeterAccessRow[]> {
  return (await db.selectFrom('meterAccess').select(COLUMNS).where('wanted', '=', 'allowed').execute()) as MeterAccessRow[]
}

/** The broker has done this; what was changed since it was asked stays open. */
export async function accessApplied(db: Db | Tx, { serial, generation, wanted }: MeterAccessRow): Promise<void> {
  await db
    .updateTable('meterAccess')
    .set({ applied: wanted, appliedGeneration: generation, appliedAt: sql`now()` })
    .where('serial', '=', serial)
    .where('generation', '=', generation)
    .where('wanted', '=', wanted)
    .execute()
}

/** The broker has it otherwise than it once said: it is told again. */
export async function accessForgotten(db: Db | Tx, serials: readonly string[]): Promise<void> {
  if (serials.length === 0) return
  await db
    .updateTable('meterAccess')
    .set({ applied: null, appliedGeneration: null, appliedAt: null })
    .where('serial', 'in', serials)
    .execute()
}

export interface VisibleAccess {
  readonly serial: string
  readonly plant: string
  readonly generation: number
  /** The broker has been told of this generation. */
  readonly isApplied: boolean
}

/**
 * The access of a meter that may come in, for staff: of their plants, and for a technician only while he has a task at its account
 * that is not completed, or for a week when it is the meter he hung there. Undefined otherwise, whether there is such a meter or not.
 */
export async function findVisibleAccess(
  db: Db | Tx,
  { plants, role, login }: Pick<StaffPrincipal, 'plants' | 'role' | 'login'>,
  serial: string,
): Promise<VisibleAccess | undefined> {
  if (plants.length === 0) return undefined
  let rows = db
    .selectFrom('meterAccess as a')
    .innerJoin('meters as m', 'm.serial', 'a.serial')
    .select(['a.serial', 'a.plant', 'a.generation'])
    .select(sql<boolean>`a.applied is not distinct from 'allowed' and a.applied_generation = a.generation`.as('isApplied'))
    .where('a.serial', '=', serial)
    .where('a.wanted', '=', 'allowed')
    .where('a.plant', 'in', plants)
  if (role === 'technician')
    rows = rows.where((eb) =>
      eb.exists(
        eb
          .selectFrom('tasks as t')
          .select('t.taskId')
          .whereRef('t.accountId', '=', 'm.accountId')
          .where('t.assignedTo', '=', login)
          .where((or) =>
            or.or([
              or('t.status', 'in', ['in-process', 'review']),
              // A meter he hung from the shelf becomes somebody's, and has a password, only when his report is accepted.
              or.and([
                or('t.status', '=', 'completed'),
                or(sql<string>`t.result->>'serial'`, '=', or.ref('a.serial')),
                or('a.wantedAt', '>', sql<string>`now() - interval '7 days'`),
              ]),
            ]),
          ),
      ),
    )
  return rows.executeTakeFirst()
}
