import { sql } from 'kysely'
import { addToInstant, dateAt } from '../../domain/calendar.ts'
import { DomainError } from '../../domain/errors.ts'
import { parseNumberedId } from '../../domain/ids.ts'
import type { MeterKind, PackageTerms } from '../../domain/package.ts'
import { packageChangeApprovals, spareCapacityW } from '../../domain/package-change.ts'
import type { Db, Tx } from '../client.ts'
import { type PlantTerms, readPackage } from './plants.ts'
import { tellRole } from './tasks.ts'

/** A package request and how far it has come: enough to begin its process anew at any stage. */
export interface PackageRequest {
  readonly requestId: string
  readonly plant: string
  readonly accountId: string
  readonly customerId: string
  readonly fromCode: string
  readonly fromVersion: number
  readonly toCode: string
  readonly toVersion: number
  readonly takesEffect: 'next-period' | 'at-once'
  readonly meterKind: MeterKind | null
  readonly toFeeder: string | null
  readonly requestedBy: string
  readonly requestedAt: string
  readonly followUps: number
  readonly needsStateApproval: boolean | null
  readonly approvedAt: string | null
  readonly settledAt: string | null
  readonly effectiveOn: string | null
  readonly supplyVersion: number | null
  readonly switchedAt: string | null
  readonly appliedAt: string | null
  readonly setBackVersion: number | null
  readonly setBackAt: string | null
  readonly failedAs: string | null
  readonly reviewRound: number
  readonly endedAt: string | null
  readonly endedAs: string | null
}

/** A request by its id; NOT_FOUND when there is none. */
export async function readPackageRequest(db: Db | Tx, requestId: string): Promise<PackageRequest> {
  const request = await findPackageRequest(db, requestId)
  if (request === undefined) throw new DomainError('NOT_FOUND', 'no such package request')
  return request
}

/** The package that is and the one that is wanted, as they were when the request was made. */
export async function readRequestPackages(
  db: Db | Tx,
  request: PackageRequest,
): Promise<{ current: PackageTerms; wanted: PackageTerms }> {
  return {
    current: await readPackage(db, request.plant, { code: request.fromCode, version: request.fromVersion }),
    wanted: await readPackage(db, request.plant, { code: request.toCode, version: request.toVersion }),
  }
}

/** A request by its id, if it ever was. */
export async function findPackageRequest(db: Db | Tx, requestId: string): Promise<PackageRequest | undefined> {
  const row = await db.selectFrom('packageRequests').selectAll().where('requestId', '=', requestId).executeTakeFirst()
  return row as PackageRequest | undefined
}

export interface RequestFilter {
  readonly plants: readonly string[]
  readonly customerIds?: readonly string[] | undefined
  readonly state: 'open' | 'ended' | 'all'
  /** The last request of the page before. */
  readonly after?: string | undefined
  readonly limit: number
}

/** Requests of these plants, or of one connection, by number, the newest first. */
export async function listPackageRequests(db: Db | Tx, filter: RequestFilter): Promise<PackageRequest[]> {
  const { plants, customerIds, state, after, limit } = filter
  if (plants.length === 0 || customerIds?.length === 0) return []
  const number = sql<number>`substring(request_id from '[0-9]+$')::bigint`
  let rows = db.selectFrom('packageRequests').selectAll().where('plant', 'in', plants)
  if (customerIds !== undefined) rows = rows.where('customerId', 'in', customerIds)
  if (state !== 'all') rows = rows.where('endedAt', state === 'open' ? 'is' : 'is not', null)
  if (after !== undefined) {
    const last = parseNumberedId(after)
    rows = rows.where(sql<boolean>`(${number}, plant) < (${last.n}, ${last.plant})`)
  }
  return (await rows.orderBy(number, 'desc').orderBy('plant', 'desc').limit(limit).execute()) as PackageRequest[]
}

/** The kind of the meter at the connection, or null while there is none. */
export async function installedMeter(db: Db | Tx, customerId: string): Promise<{ serial: string; kind: MeterKind } | null> {
  const row = await db
    .selectFrom('meterInstallations')
    .innerJoin('meters', 'meters.serial', 'meterInstallations.serial')
    .select(['meters.serial', 'kind'])
    .where('customerId', '=', customerId)
    .where('removedAt', 'is', null)
    .executeTakeFirst()
  return (row as { serial: string; kind: MeterKind } | undefined) ?? null
}

/** True once the customer is leaving: a closing is open, or the connection was left (a request ends then). */
export async function isLeaving(db: Db | Tx, customerId: string): Promise<boolean> {
  const { leftOn } = await db
    .selectFrom('connections')
    .select('leftOn')
    .where('customerId', '=', customerId)
    .executeTakeFirstOrThrow()
  if (leftOn !== null) return true
  const closing = await db
    .selectFrom('closures')
    .select('closureId')
    .where('customerId', '=', customerId)
    .where('endedAt', 'is', null)
    .executeTakeFirst()
  return closing !== undefined
}

/** Whose approval this change needs by what feeder and plant have to spare just now (policy, "decision" table). */
export async function approvalsNeeded(
  db: Db | Tx,
  change: { customerId: string; requestId?: string; current: PackageTerms; wanted: PackageTerms; toFeeder: string | null },
  plant: PlantTerms,
): Promise<{ needsState: boolean }> {
  const { current, wanted, toFeeder } = change
  const { feeder } = await db
    .selectFrom('connections')
    .select('feeder')
    .where('customerId', '=', change.customerId)
    .executeTakeFirstOrThrow()
  const line = await db
    .selectFrom('feeders')
    .select('capacityW')
    .where('plant', '=', plant.plant)
    .where('feeder', '=', toFeeder ?? feeder)
    .executeTakeFirstOrThrow()
  const { policy } = plant
  const except = change.requestId ?? ''
  const here = { plant: plant.plant, except }
  const feederSpareW = spareCapacityW({
    capacityW: line.capacityW,
    promisedW: await promisedW(db, { ...here, feeder: toFeeder ?? feeder }),
    policy,
  })
  const plantSpareW = spareCapacityW({ capacityW: plant.capacityW, promisedW: await promisedW(db, here), policy })
  // On another feeder the whole limit is new, to the plant only what it grows by.
  const moved = toFeeder !== null && toFeeder !== feeder
  const limits = moved
    ? { current: { ...current, loadLimitW: 0 }, feederSpareW, plantSpareW: plantSpareW + current.loadLimitW }
    : { current, feederSpareW, plantSpareW }
  const { approvals } = packageChangeApprovals({ ...limits, wanted, policy })
  return { needsState: approvals.includes('state-in-charge') }
}

/** Load limits promised on a feeder or in the plant: of everyone connected, and what approved changes will add. */
async function promisedW(
  db: Db | Tx,
  { plant, feeder, except }: { plant: string; feeder?: string; except: string },
): Promise<number> {
  const { rows } = await sql<{ watts: number }>`
    select coalesce(sum(greatest(supplied.load_limit_w, coalesce(coming.load_limit_w, 0))), 0)::bigint as watts
    from connections c
    join packages supplied on supplied.plant = c.plant and supplied.code = c.supply_package_code and supplied.version = c.supply_package_version
    left join package_requests r on r.customer_id = c.customer_id and r.ended_at is null and r.applied_at is null
      and r.approved_at is not null and r.request_id <> ${except}
    left join packages coming on coming.plant = r.plant and coming.code = r.to_code and coming.version = r.to_version
    where c.plant = ${plant} and c.left_on is null
      and (${feeder ?? null}::text is null or coalesce(r.to_feeder, c.feeder) = ${feeder ?? null})`.execute(db)
  return rows[0]?.watts ?? 0
}

/** Tells everyone of a role that the request waits for their decision. */
export async function askForDecision(
  tx: Tx,
  asked: {
    requestId: string
    customerId: string
    plant: PlantTerms
    role: 'cluster-in-charge' | 'state-in-charge' | 'head-office'
    large: boolean
    decideBy?: string
    asOf: string
    dedupeKey: string
  },
): Promise<void> {
  const { requestId, customerId, plant, role, large, asOf } = asked
  const decideBy = asked.decideBy ?? dateAt(addToInstant(asOf, plant.policy.packageChange.approveWithin, plant.zone), plant.zone)
  await tellRole(
    tx,
    { plant: plant.plant, role },
    {
      kind: 'decision-needed',
      params: {
        decision: large ? 'package-change-large' : 'package-change',
        requestId,
        plantCode: plant.plant,
        subjectId: customerId,
        decideBy,
      },
      dedupeKey: `decision-needed:${requestId}:${role}:${asked.dedupeKey}`,
      asOf,
    },
  )
}
