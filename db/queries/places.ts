import type { Db, Tx } from '../client.ts'

/** Plants with where they are and how much they can give. */
export async function listPlants(db: Db | Tx, plants: readonly string[]) {
  if (plants.length === 0) return []
  return db.selectFrom('plants').select(['plant', 'name', 'state', 'cluster', 'timeZone', 'currency', 'capacityW', 'sandbox']).where('plant', 'in', plants).orderBy('plant').execute()
}

/** Every package version of these plants; `on` leaves those on offer that day. */
export async function listPackages(db: Db | Tx, plants: readonly string[], { on, code }: { on?: string | undefined; code?: string | undefined }) {
  if (plants.length === 0) return []
  let rows = db.selectFrom('packages').selectAll().where('plant', 'in', plants).orderBy('plant').orderBy('code').orderBy('version')
  if (code !== undefined) rows = rows.where('code', '=', code)
  if (on !== undefined) rows = rows.where('effectiveFrom', '<=', on).where((eb) => eb.or([eb('retiredOn', 'is', null), eb('retiredOn', '>', on)]))
  return rows.execute()
}
