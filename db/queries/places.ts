import type { Selectable } from 'kysely'
import type { Db, Tx } from '../client.ts'
import type { Packages, Plants } from '../tables.ts'

const PLANT = ['plant', 'name', 'state', 'cluster', 'timeZone', 'currency', 'capacityW', 'sandbox'] as const

export type PlantEntry = Pick<Selectable<Plants>, (typeof PLANT)[number]>

/** Plants with where they are and how much they can give. */
export async function listPlants(db: Db | Tx, plants: readonly string[]): Promise<PlantEntry[]> {
  if (plants.length === 0) return []
  return db.selectFrom('plants').select(PLANT).where('plant', 'in', plants).orderBy('plant').execute()
}

/** Every package version of these plants; `on` leaves those on offer that day: the newest version of each that is in force. */
export async function listPackages(
  db: Db | Tx,
  plants: readonly string[],
  { on, code }: { on?: string | undefined; code?: string | undefined },
): Promise<Selectable<Packages>[]> {
  if (plants.length === 0) return []
  let rows = db.selectFrom('packages').selectAll().where('plant', 'in', plants)
  if (code !== undefined) rows = rows.where('code', '=', code)
  if (on !== undefined) {
    rows = rows
      .where('effectiveFrom', '<=', on)
      .where((eb) => eb.or([eb('retiredOn', 'is', null), eb('retiredOn', '>', on)]))
      .where(({ not, exists, selectFrom }) =>
        not(
          exists(
            selectFrom('packages as newer')
              .select('newer.version')
              .whereRef('newer.plant', '=', 'packages.plant')
              .whereRef('newer.code', '=', 'packages.code')
              .whereRef('newer.version', '>', 'packages.version')
              .where('newer.effectiveFrom', '<=', on),
          ),
        ),
      )
  }
  return rows.orderBy('plant').orderBy('code').orderBy('version').execute()
}
