import { sql } from 'kysely'
import { DomainError } from '../../domain/errors.ts'
import type { PackageTerms } from '../../domain/package.ts'
import { completedPolicy, parsePolicy } from '../../domain/parse-policy.ts'
import type { PlantPolicy } from '../../domain/policy.ts'
import type { Db, Tx } from '../client.ts'

/** A plant as the rules need it: where it is in time and money, and its policy in force on a date. */
export interface PlantTerms {
  readonly plant: string
  readonly zone: string
  readonly currency: string
  readonly capacityW: number
  readonly policy: PlantPolicy
}

/** The plant with the policy version in force on that date; NOT_FOUND for an unknown plant or one without a policy yet. */
export async function readPlant(db: Db | Tx, plant: string, on: string): Promise<PlantTerms> {
  const row = await db
    .selectFrom('plants')
    .innerJoin('policies', 'policies.plant', 'plants.plant')
    .select(['timeZone', 'currency', 'capacityW', sql<string>`document::text`.as('policyText')])
    .where('plants.plant', '=', plant)
    .where('effectiveFrom', '<=', on.slice(0, 10))
    .orderBy('version', 'desc')
    .limit(1)
    .executeTakeFirst()
  if (row === undefined) throw new DomainError('NOT_FOUND', 'no such plant, or it has no policy yet', { plant })
  return { plant, zone: row.timeZone, currency: row.currency, capacityW: row.capacityW, policy: checkedPolicy(row.policyText) }
}

/** Checking a policy takes ten times as long as reading it, and a version never changes: what was checked is kept, by its own text. */
const checked = new Map<string, PlantPolicy>()
const KEPT_POLICIES = 50

function checkedPolicy(text: string): PlantPolicy {
  const before = checked.get(text)
  if (before !== undefined) return before
  const policy = frozen(parsePolicy(completedPolicy(JSON.parse(text))))
  if (checked.size >= KEPT_POLICIES) checked.clear()
  checked.set(text, policy)
  return policy
}

/** Everybody gets the same object, so nobody may change it. */
function frozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null) Object.values(Object.freeze(value)).forEach(frozen)
  return value
}

/** One immutable package version; PACKAGE_UNKNOWN when the plant never had it. */
export async function readPackage(db: Db | Tx, plant: string, key: { code: string; version: number }): Promise<PackageTerms> {
  const row = await db
    .selectFrom('packages')
    .selectAll()
    .where('plant', '=', plant)
    .where('code', '=', key.code)
    .where('version', '=', key.version)
    .executeTakeFirst()
  if (row === undefined)
    throw new DomainError('PACKAGE_UNKNOWN', 'this plant has no such package', { code: key.code, version: key.version })
  return packageTerms(row)
}

/** The newest version of a package on offer on that date; PACKAGE_UNKNOWN when it is not on offer. */
export async function readOfferedPackage(
  db: Db | Tx,
  plant: string,
  { code, on }: { code: string; on: string },
): Promise<PackageTerms> {
  const row = await db
    .selectFrom('packages')
    .selectAll()
    .where('plant', '=', plant)
    .where('code', '=', code)
    .where('effectiveFrom', '<=', on.slice(0, 10))
    .where((eb) => eb.or([eb('retiredOn', 'is', null), eb('retiredOn', '>', on.slice(0, 10))]))
    .orderBy('version', 'desc')
    .limit(1)
    .executeTakeFirst()
  if (row === undefined) throw new DomainError('PACKAGE_UNKNOWN', 'this package is not on offer', { code })
  return packageTerms(row)
}

/** A `packages` row as terms the rules understand. */
export function packageTerms(row: {
  code: string
  version: number
  mode: string
  timing: string
  activeFrom: string
  activeTo: string
  loadLimitW: number
  fixedChargeMinor: number
  energyRateMinorPerKwh: number
  expectedKwh: number
  meterKinds: string[]
}): PackageTerms {
  const {
    code,
    version,
    mode,
    timing,
    activeFrom,
    activeTo,
    loadLimitW,
    fixedChargeMinor,
    energyRateMinorPerKwh,
    expectedKwh,
    meterKinds,
  } = row
  return {
    code,
    version,
    mode,
    timing,
    activeFrom,
    activeTo,
    loadLimitW,
    fixedChargeMinor,
    energyRateMinorPerKwh,
    expectedKwh,
    meterKinds,
  } as PackageTerms
}
