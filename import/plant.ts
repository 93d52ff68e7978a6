import { sql } from 'kysely'
import type { Db, Tx } from '../db/client.ts'
import { inTransaction } from '../db/queries/accounts.ts'
import { appendClockSegment } from '../db/queries/clock.ts'
import { receiveMeters } from '../db/queries/stock.ts'
import { METER_KINDS, type PackageTerms } from '../domain/package.ts'
import type { PlantPolicy } from '../domain/policy.ts'
import type { CsvFile } from './csv-rows.ts'
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
import type { Problem } from './problems.ts'

/** The policy and the packages are in force long before a plant begins, so that whatever is brought in from before has terms. */
const IN_FORCE_SINCE = '2025-01-01'

/** Everything about a plant but its customers. */
export interface PlantFiles {
  readonly plant: PlantRow
  readonly feeders: readonly FeederRow[]
  readonly poles: readonly PoleRow[]
  readonly packages: readonly PackageTerms[]
  readonly staff: readonly StaffRow[]
  readonly stock: readonly StockRow[]
}

export const PLANT_FILES = ['plant', 'feeders', 'poles', 'packages', 'staff', 'stock'] as const
export type PlantFile = (typeof PLANT_FILES)[number]

/** Reads a plant's six files; undefined, with every problem in them, where anything is wrong. */
export function readPlantFiles(file: (name: PlantFile) => CsvFile): {
  files: PlantFiles | undefined
  problems: readonly Problem[]
} {
  const problems: Problem[] = []
  const good = <T>(checked: Checked<T>): readonly T[] => {
    problems.push(...checked.problems)
    return checked.rows
  }
  const plants = good(checkPlant(file('plant')))
  const [plant] = plants
  if (plant === undefined || plants.length > 1) {
    if (problems.length === 0) problems.push({ file: file('plant').name, line: 2, column: null, reason: 'expected one plant' })
    return { files: undefined, problems }
  }
  const feeders = good(checkFeeders(file('feeders'), plant.plant))
  const known = { plant: plant.plant, feeders: new Set(feeders.map(({ feeder }) => feeder)) }
  const files = {
    plant,
    feeders,
    poles: good(checkPoles(file('poles'), known)),
    packages: good(checkPackages(file('packages'), plant.currency)),
    staff: good(checkStaff(file('staff'))),
    stock: good(checkStock(file('stock'), plant.plant)),
  }
  return { files: problems.length === 0 ? files : undefined, problems }
}

/** How a plant begins: when, by which rules, and whether its time is real. */
export interface PlantBeginning {
  /** Business time at the start, RFC 3339 UTC. */
  readonly startsAt: string
  /** A sandbox stands still until somebody lets its clock run; a real plant lives in real time. */
  readonly sandbox: boolean
  readonly policy: PlantPolicy
  readonly protectedDays: readonly { readonly day: string; readonly reason: string }[]
}

/**
 * Sets a plant up, with clock, policy, lines, packages and meters on the shelf; staff come with their passwords. A plant that is
 * there stays as it is. Returns whether it was new.
 */
export async function setUpPlant(db: Db, files: PlantFiles, beginning: PlantBeginning): Promise<boolean> {
  return inTransaction(db, (tx) => insertPlant(tx, files, beginning))
}

/** {@link setUpPlant} within a transaction of the caller's. */
export async function insertPlant(tx: Tx, files: PlantFiles, beginning: PlantBeginning): Promise<boolean> {
  const { plant } = files.plant
  const { startsAt, sandbox, policy } = beginning
  const added = await tx
    .insertInto('plants')
    .values({ ...files.plant, sandbox })
    .onConflict((c) => c.column('plant').doNothing())
    .returning('plant')
    .executeTakeFirst()
  if (added === undefined) return false
  const wallFrom = new Date().toISOString()
  await appendClockSegment(tx, { plant, wallFrom, businessFrom: startsAt, speed: sandbox ? 0 : 1, reason: 'set up' })
  await tx
    .insertInto('policies')
    .values({ plant, version: 1, effectiveFrom: IN_FORCE_SINCE, document: JSON.stringify(policy) })
    .execute()
  await insertLines(tx, files, beginning)
  await insertStock(tx, files, startsAt)
  return true
}

async function insertLines(
  tx: Tx,
  { plant: { plant }, feeders, poles, packages }: PlantFiles,
  { protectedDays }: PlantBeginning,
): Promise<void> {
  const own = <T extends object>(rows: readonly T[]) => rows.map((row) => ({ plant, ...row }))
  if (feeders.length > 0) await tx.insertInto('feeders').values(own(feeders)).execute()
  if (protectedDays.length > 0) await tx.insertInto('protectedDays').values(own(protectedDays)).execute()
  if (poles.length > 0) await tx.insertInto('poles').values(own(poles)).execute()
  const offered = packages.map((terms) => ({ effectiveFrom: IN_FORCE_SINCE, ...terms, meterKinds: [...terms.meterKinds] }))
  if (offered.length > 0) await tx.insertInto('packages').values(own(offered)).execute()
}

async function insertStock(tx: Tx, { plant: { plant }, stock }: PlantFiles, asOf: string): Promise<void> {
  for (const kind of METER_KINDS) {
    const serials = stock.filter((meter) => meter.kind === kind).map(({ serial }) => serial)
    if (serials.length > 0) await receiveMeters(tx, { plant, kind, serials, source: 'import', asOf })
  }
}

type StaffWithHash = StaffRow & { readonly passwordHash: string }

/** Adds staff, or gives those who are there a new password hash. */
export async function saveStaff(db: Db, staff: readonly StaffWithHash[]): Promise<void> {
  if (staff.length === 0) return
  await db
    .insertInto('staff')
    .values([...staff])
    .onConflict((c) => c.column('login').doUpdateSet({ passwordHash: sql<string>`excluded.password_hash` }))
    .execute()
}

/** Adds staff who are not there yet and returns their log-ins; everybody else stays as they are. */
export async function addStaff(tx: Tx, staff: readonly StaffWithHash[]): Promise<ReadonlySet<string>> {
  if (staff.length === 0) return new Set()
  const added = await tx
    .insertInto('staff')
    .values([...staff])
    .onConflict((c) => c.column('login').doNothing())
    .returning('login')
    .execute()
  return new Set(added.map(({ login }) => login))
}
