import { sql } from 'kysely'
import type { Db, Tx } from '../../../db/client.ts'
import { inTransaction } from '../../../db/queries/accounts.ts'
import { appendClockSegment } from '../../../db/queries/clock.ts'
import { receiveMeters } from '../../../db/queries/stock.ts'
import type { PackageTerms } from '../../../domain/package.ts'
import { METER_KINDS } from '../../../domain/package.ts'
import { KATSA_POLICY_V1 } from '../../../domain/policy.ts'
import { PROTECTED_DAYS } from '../cast.ts'
import {
  type Checked,
  checkFeeders,
  checkPackages,
  checkPlant,
  checkPoles,
  checkStaff,
  checkStock,
  type FeederRow,
  type PlantRow,
  type PoleRow,
  type StaffRow,
  type StockRow,
} from './plant-files.ts'
import { problemText } from './problems.ts'
import { villageFile } from './village-files.ts'

/** The policy is in force long before the village begins, so that whatever is brought in from before has terms. */
const IN_FORCE_SINCE = '2025-01-01'

/** Everything about the village but its customers. */
export interface VillagePlant {
  readonly plant: PlantRow
  readonly feeders: readonly FeederRow[]
  readonly poles: readonly PoleRow[]
  readonly packages: readonly PackageTerms[]
  readonly staff: readonly StaffRow[]
  readonly stock: readonly StockRow[]
}

/** Reads the village's files. Throws with every problem in them: they are ours. */
export function readVillagePlant(): VillagePlant {
  const [plant] = goodRows(checkPlant(villageFile('katsa-plant.csv')))
  if (plant === undefined) throw new Error('katsa-plant.csv names no plant')
  const feeders = goodRows(checkFeeders(villageFile('katsa-feeders.csv'), plant.plant))
  const known = { plant: plant.plant, feeders: new Set(feeders.map(({ feeder }) => feeder)) }
  return {
    plant,
    feeders,
    poles: goodRows(checkPoles(villageFile('katsa-poles.csv'), known)),
    packages: goodRows(checkPackages(villageFile('katsa-packages.csv'), plant.currency)),
    staff: goodRows(checkStaff(villageFile('katsa-staff.csv'))),
    stock: goodRows(checkStock(villageFile('katsa-stock.csv'), plant.plant)),
  }
}

/**
 * Sets the plant up as a sandbox whose clock stands at `startsAt`, with policy, lines, packages and meters on the shelf; staff
 * come with their passwords. A plant that is there stays as it is. Returns whether it was new.
 */
export async function setUpPlant(db: Db, village: VillagePlant, startsAt: string): Promise<boolean> {
  const { plant } = village.plant
  return inTransaction(db, async (tx) => {
    const added = await tx
      .insertInto('plants')
      .values({ ...village.plant, sandbox: true })
      .onConflict((c) => c.column('plant').doNothing())
      .returning('plant')
      .executeTakeFirst()
    if (added === undefined) return false
    const wallFrom = new Date().toISOString()
    await appendClockSegment(tx, { plant, wallFrom, businessFrom: startsAt, speed: 0, reason: 'set up' })
    await tx
      .insertInto('policies')
      .values({ plant, version: 1, effectiveFrom: IN_FORCE_SINCE, document: JSON.stringify(KATSA_POLICY_V1) })
      .execute()
    await insertLines(tx, village)
    await insertStock(tx, village, startsAt)
    return true
  })
}

async function insertLines(tx: Tx, { plant: { plant }, feeders, poles, packages }: VillagePlant): Promise<void> {
  await tx
    .insertInto('feeders')
    .values(feeders.map((row) => ({ plant, ...row })))
    .execute()
  await tx
    .insertInto('protectedDays')
    .values(PROTECTED_DAYS.map((row) => ({ plant, ...row })))
    .execute()
  await tx
    .insertInto('poles')
    .values(poles.map((row) => ({ plant, ...row })))
    .execute()
  await tx
    .insertInto('packages')
    .values(
      packages.map(({ meterKinds, ...terms }) => ({
        plant,
        effectiveFrom: IN_FORCE_SINCE,
        ...terms,
        meterKinds: [...meterKinds],
      })),
    )
    .execute()
}

async function insertStock(tx: Tx, { plant: { plant }, stock }: VillagePlant, asOf: string): Promise<void> {
  for (const kind of METER_KINDS) {
    const serials = stock.filter((meter) => meter.kind === kind).map(({ serial }) => serial)
    if (serials.length > 0) await receiveMeters(tx, { plant, kind, serials, source: 'import', asOf })
  }
}

/** Adds staff, or gives those who are there a new password hash. */
export async function saveStaff(db: Db, staff: readonly (StaffRow & { readonly passwordHash: string })[]): Promise<void> {
  if (staff.length === 0) return
  await db
    .insertInto('staff')
    .values([...staff])
    .onConflict((c) => c.column('login').doUpdateSet({ passwordHash: sql<string>`excluded.password_hash` }))
    .execute()
}

function goodRows<T>({ rows, problems }: Checked<T>): readonly T[] {
  if (problems.length > 0) throw new Error(problems.map(problemText).join('\n'))
  return rows
}
