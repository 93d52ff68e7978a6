import { dateAt } from '../../domain/calendar.ts'
import { DomainError } from '../../domain/errors.ts'
import { isDowngrade, type MeterKind, meterFits, packageText, type PackageTerms } from '../../domain/package.ts'
import { checkPackageChange, checkTakesEffect } from '../../domain/package-change.ts'
import { periodContaining } from '../../domain/period.ts'
import { processIds } from '../../domain/process-ids.ts'
import type { Tx } from '../client.ts'
import { lockAccounts } from './accounts.ts'
import { queueNotice } from './notices.ts'
import { takePlantId } from './numbers.ts'
import { startWorkflow } from './outbox.ts'
import {
  approvalsNeeded,
  askForDecision,
  isLeaving,
  type PackageRequest,
  readPackageRequest,
  readRequestPackages,
} from './package-changes.ts'
import { type PlantTerms, readOfferedPackage, readPackage, readPlant } from './plants.ts'

export interface PackageWish {
  readonly customerId: string
  readonly packageCode: string
  readonly takesEffect: 'next-period' | 'at-once'
  /** Only where another meter is wished for; without it the meter stays if it fits. */
  readonly meterKind?: MeterKind | undefined
  readonly toFeeder?: string | undefined
  readonly requestedBy: string
  readonly asOf: string
}

/**
 * Takes in the wish for another package (manual 2.2.9): refuses what cannot be, else writes the request, starts its process,
 * confirms it to the customer and tells whoever must decide, in the caller's transaction. Refusals: NOT_FOUND, ACCOUNT_CLOSED,
 * ALREADY_EXISTS (one open request a connection), PACKAGE_UNKNOWN, PACKAGE_SAME, PACKAGE_METER_UNFIT, DOWNGRADE_TOO_SOON,
 * PERIOD_NOT_ENDED (between pre-paid and post-paid at once).
 */
export async function requestPackageChange(tx: Tx, wish: PackageWish): Promise<PackageRequest> {
  const { customerId, asOf } = wish
  const connection = await lockedConnection(tx, customerId)
  const plant = await readPlant(tx, connection.plant, asOf)
  const { current, wanted } = await checkWish(tx, wish, { connection, plant })
  const requestId = await takePlantId(tx, plant.plant, 'R')
  const ids = { requestId, plant: plant.plant, accountId: connection.accountId, customerId }
  await tx
    .insertInto('packageRequests')
    .values({
      ...ids,
      fromCode: current.code,
      fromVersion: current.version,
      toCode: wanted.code,
      toVersion: wanted.version,
      takesEffect: wish.takesEffect,
      meterKind: wish.meterKind ?? null,
      toFeeder: wish.toFeeder ?? null,
      requestedBy: wish.requestedBy,
      requestedAt: asOf,
    })
    .execute()
  await startWorkflow(tx, { workflowType: 'changePackage', workflowId: processIds.packageChange(requestId), input: ids })
  await announce(tx, { ...ids, current, wanted, toFeeder: wish.toFeeder ?? null, asOf }, plant)
  return readPackageRequest(tx, requestId)
}

interface ConnectionOfWish {
  readonly accountId: string
  readonly plant: string
  readonly closed: boolean
}

async function lockedConnection(tx: Tx, customerId: string): Promise<ConnectionOfWish> {
  const row = await tx
    .selectFrom('connections')
    .select(['accountId', 'plant', 'connectedOn'])
    .where('customerId', '=', customerId)
    .executeTakeFirst()
  if (row === undefined) throw new DomainError('NOT_FOUND', 'no such connection')
  if (row.connectedOn === null) throw new DomainError('WRONG_STAGE', 'This connection is not active yet')
  const [account] = await lockAccounts(tx, [row.accountId])
  const closed = (account?.closedAt ?? null) !== null || (await isLeaving(tx, customerId))
  return { accountId: row.accountId, plant: row.plant, closed }
}

async function checkWish(
  tx: Tx,
  wish: PackageWish,
  { connection, plant }: { connection: ConnectionOfWish; plant: PlantTerms },
): Promise<{ current: PackageTerms; wanted: PackageTerms }> {
  const today = dateAt(wish.asOf, plant.zone)
  const nextFrom = periodContaining(today, plant.policy.anchorDay).to
  const current = await packageInForce(tx, wish.customerId)
  const wanted = await readOfferedPackage(tx, plant.plant, { code: wish.packageCode, on: today })
  const lastDowngradeFrom = await lastDowngrade(tx, wish.customerId)
  checkPackageChange({
    current,
    wanted,
    closed: connection.closed,
    effectiveFrom: wish.takesEffect === 'at-once' ? today : nextFrom,
    ...(lastDowngradeFrom !== undefined && { lastDowngradeFrom }),
    policy: plant.policy,
  })
  checkTakesEffect({ current, wanted, takesEffect: wish.takesEffect, nextPeriodFrom: nextFrom })
  await checkMeterKind(tx, { plant: plant.plant, wanted, meterKind: wish.meterKind })
  await checkFeeder(tx, plant.plant, wish.toFeeder)
  await refuseSecondRequest(tx, wish.customerId)
  return { current, wanted }
}

/** The package whose price the customer pays now. */
async function packageInForce(tx: Tx, customerId: string): Promise<PackageTerms> {
  const terms = await tx
    .selectFrom('connectionTerms')
    .select(['plant', 'packageCode', 'packageVersion'])
    .where('customerId', '=', customerId)
    .where('toDate', 'is', null)
    .executeTakeFirst()
  if (terms === undefined) throw new DomainError('WRONG_STAGE', 'This connection has no package in force')
  return readPackage(tx, terms.plant, { code: terms.packageCode, version: terms.packageVersion })
}

async function lastDowngrade(tx: Tx, customerId: string): Promise<string | undefined> {
  const rows = await tx
    .selectFrom('packageRequests')
    .selectAll()
    .where('customerId', '=', customerId)
    .where('appliedAt', 'is not', null)
    .orderBy('effectiveOn', 'desc')
    .execute()
  for (const row of rows as PackageRequest[]) {
    const { current, wanted } = await readRequestPackages(tx, row)
    if (isDowngrade(current, wanted)) return row.effectiveOn ?? undefined
  }
  return undefined
}

/** A kind that is asked for must fit; otherwise the plant must have meters of some kind that does (policy "which meter"). */
async function checkMeterKind(
  tx: Tx,
  { plant, wanted, meterKind }: { plant: string; wanted: PackageTerms; meterKind: MeterKind | undefined },
): Promise<void> {
  const inUse = await tx
    .selectFrom('meters')
    .select('kind')
    .distinct()
    .where('plant', '=', plant)
    .where('state', '<>', 'scrapped')
    .execute()
  const fitting = inUse.filter(
    ({ kind }) => meterFits(wanted, kind as MeterKind) && (meterKind === undefined || kind === meterKind),
  )
  if (fitting.length > 0) return
  const details = {
    package: wanted.code,
    fitting: wanted.meterKinds.join(' '),
    ...(meterKind !== undefined && { asked: meterKind }),
  }
  throw new DomainError('PACKAGE_METER_UNFIT', 'No meter there fits this package', details)
}

async function checkFeeder(tx: Tx, plant: string, feeder: string | undefined): Promise<void> {
  if (feeder === undefined) return
  const row = await tx
    .selectFrom('feeders')
    .select('feeder')
    .where('plant', '=', plant)
    .where('feeder', '=', feeder)
    .executeTakeFirst()
  if (row === undefined) throw new DomainError('INVALID_INPUT', 'This plant has no such feeder', { feeder })
}

async function refuseSecondRequest(tx: Tx, customerId: string): Promise<void> {
  const open = await tx
    .selectFrom('packageRequests')
    .select('requestId')
    .where('customerId', '=', customerId)
    .where('endedAt', 'is', null)
    .where('appliedAt', 'is', null)
    .executeTakeFirst()
  if (open !== undefined)
    throw new DomainError('ALREADY_EXISTS', 'A request for this connection is open', { requestId: open.requestId })
}

async function announce(
  tx: Tx,
  request: {
    requestId: string
    accountId: string
    customerId: string
    current: PackageTerms
    wanted: PackageTerms
    toFeeder: string | null
    asOf: string
  },
  plant: PlantTerms,
): Promise<void> {
  const { requestId, accountId, customerId, asOf } = request
  const fromPackageId = packageText(request.current, plant.currency)
  const toPackageId = packageText(request.wanted, plant.currency)
  await queueNotice(tx, {
    accountId,
    kind: 'package-change-requested',
    params: { requestId, customerId, fromPackageId, toPackageId },
    dedupeKey: `package-change-requested:${requestId}`,
    asOf,
  })
  const { needsState } = await approvalsNeeded(tx, request, plant)
  await askForDecision(tx, {
    requestId,
    customerId,
    plant,
    role: 'cluster-in-charge',
    large: needsState,
    asOf,
    dedupeKey: 'first',
  })
}
