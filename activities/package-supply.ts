import type { Db, Tx } from '../db/client.ts'
import { recordAudit } from '../db/queries/audit.ts'
import { allocateCredit, issueCharge, readCharges } from '../db/queries/charges.ts'
import { queueNotice } from '../db/queries/notices.ts'
import { installedMeter, isLeaving, readRequestPackages } from '../db/queries/package-changes.ts'
import { nudge, startWorkflow } from '../db/queries/outbox.ts'
import { readDecision } from '../db/queries/processes.ts'
import { refreshDesiredState } from '../db/queries/supply.ts'
import { tellRole } from '../db/queries/tasks.ts'
import { addToInstant, dateAt, latest } from '../domain/calendar.ts'
import { packageText, type PackageTerms } from '../domain/package.ts'
import { effectiveAfterReadBack } from '../domain/package-change.ts'
import { periodContaining } from '../domain/period.ts'
import { processIds } from '../domain/process-ids.ts'
import { type LockedRequest, type RequestAt, saveProgress, withRequest } from './package-changes.ts'
import { announceEnd, type PackageEnding } from './package-endings.ts'
import { creditExcessDeposit, creditUnusedAdvances, releaseDifference } from './package-money.ts'

/** Why a step was not taken: the customer took the request back, or is leaving. */
type Stop = 'Withdrawn' | 'CustomerLeft'

/** What the meter carries, what the customer pays for, and the way back (manual 2.2.9, billing.md rule 24). */
export function createPackageSupplyActivities({ db }: { db: Db }) {
  return {
    /** The connection's supply package becomes the new one and its meter's desired state with it; the price does not change yet. */
    switchSupply: (at: RequestAt): Promise<{ version: number | null; stop: Stop | null }> =>
      withRequest(db, at, async (tx, locked) => {
        const { request, requestId, asOf } = locked
        const stop = await stopOf(tx, locked)
        if (request.switchedAt !== null) return { version: request.supplyVersion, stop }
        if (stop !== null) return { version: null, stop }
        const version = await supplyWith(tx, locked, { code: request.toCode, version: request.toVersion })
        await saveProgress(tx, requestId, { switchedAt: asOf, supplyVersion: version })
        return { version, stop: null }
      }),

    /**
     * The meter has reported the new limits: the old terms end and the new ones begin, on the planned day or else at the midnight
     * after the read-back (policy "which meter"); excess deposit and unused advances become credit. Not when it was stopped meanwhile.
     */
    applyPackageChange: (at: RequestAt): Promise<{ stop: Stop | null }> =>
      withRequest(db, at, async (tx, locked) => {
        if (locked.request.appliedAt !== null) return { stop: null }
        const stop = await stopOf(tx, locked)
        if (stop !== null) return { stop }
        await apply(tx, locked)
        return { stop: null }
      }),

    /**
     * Takes back what was begun: supply package and meter as they were (unless another change has overtaken this one), the demand
     * void, what was paid of it credit, the customer told. The price never changed. Returns the version that takes it back.
     */
    setBackSupply: ({ as, ...at }: RequestAt & { as: PackageEnding }): Promise<{ version: number | null }> =>
      withRequest(db, at, async (tx, locked) => {
        const { request, requestId, asOf } = locked
        if (request.setBackAt !== null) return { version: request.setBackVersion }
        const creditMinor = await releaseDifference(tx, locked, `package-change: ${as}`)
        await announceEnd(tx, locked, { as, creditMinor })
        const version = (await stillOurs(tx, locked))
          ? await supplyWith(tx, locked, { code: request.fromCode, version: request.fromVersion })
          : null
        await saveProgress(tx, requestId, { failedAs: as, setBackAt: asOf, setBackVersion: version })
        return { version }
      }),
  }
}

/** Withdrawn or leaving, read under the account's lock: whoever commits first decides. */
async function stopOf(tx: Tx, { request, requestId }: LockedRequest): Promise<Stop | null> {
  if ((await readDecision(tx, processIds.packageChange(requestId), 'withdraw')) !== undefined) return 'Withdrawn'
  return (await isLeaving(tx, request.customerId)) ? 'CustomerLeft' : null
}

/** Makes this the package whose limits the connection should have, and its meter's desired state with it. Returns the version. */
export async function supplyWith(
  tx: Tx,
  { request, asOf, requestId }: LockedRequest,
  { code, version }: { code: string; version: number },
): Promise<number | null> {
  await tx
    .updateTable('connections')
    .set({ supplyPackageCode: code, supplyPackageVersion: version })
    .where('customerId', '=', request.customerId)
    .execute()
  return refreshDesiredState(tx, { customerId: request.customerId, source: processIds.packageChange(requestId), asOf })
}

async function stillOurs(tx: Tx, { request }: LockedRequest): Promise<boolean> {
  const row = await tx
    .selectFrom('connections')
    .select(['supplyPackageCode', 'supplyPackageVersion'])
    .where('customerId', '=', request.customerId)
    .executeTakeFirstOrThrow()
  return row.supplyPackageCode === request.toCode && row.supplyPackageVersion === request.toVersion
}

async function apply(tx: Tx, locked: LockedRequest): Promise<void> {
  const { request, requestId, plant, account, asOf } = locked
  const { current, wanted } = await readRequestPackages(tx, request)
  const readBackOn = dateAt(await readBackAt(tx, locked), plant.zone)
  const planned = effectiveAfterReadBack({ planned: request.effectiveOn ?? readBackOn, readBackOn })
  const from = latest(planned, await firstUnbilledDay(tx, account.accountId))
  await changeTerms(tx, locked, { wanted, from })
  await saveProgress(tx, requestId, { appliedAt: asOf, effectiveOn: from })
  await settleMoney(tx, locked, { current, wanted, from })
  if (current.mode === 'postpaid' && wanted.mode === 'prepaid') await billUntil(tx, locked, from)
  await tellApplied(tx, locked, { wanted, from })
  await recordAudit(tx, {
    actor: processIds.packageChange(requestId),
    action: 'package-changed',
    subject: request.customerId,
    plant: plant.plant,
    before: { package: current.code, version: current.version },
    after: { package: wanted.code, version: wanted.version, from, requestId },
    businessAt: asOf,
  })
  await nudge(tx, `account:${account.accountId}`, `connection:${request.customerId}`)
}

/**
 * Final reading and bill first (policy "which meter", post → pre): days of a period that became pre-paid in its middle are billed from that
 * day on, not after the period. Where the change is on the first, the boundary's own run does it.
 */
async function billUntil(tx: Tx, { request, plant, account }: LockedRequest, from: string): Promise<void> {
  const { customerId } = request
  const { accountId } = account
  const period = periodContaining(from, plant.policy.anchorDay)
  if (period.from === from) return
  await startWorkflow(tx, {
    workflowType: 'billCustomer',
    workflowId: processIds.billing(customerId, period.key),
    input: { plant: plant.plant, accountId, customerId, period: period.key, boundary: period.to },
  })
}

/** When the meter, or the technician for it, reported what was asked. */
async function readBackAt(tx: Tx, { request, asOf }: LockedRequest): Promise<string> {
  const meter = await installedMeter(tx, request.customerId)
  if (meter === null) return asOf
  const row = await tx.selectFrom('meterReported').select('reportedAt').where('serial', '=', meter.serial).executeTakeFirst()
  const reportedAt = row?.reportedAt ?? asOf
  return reportedAt < asOf ? reportedAt : asOf
}

/** No price reaches back over an issued period (billing.md rule 14). */
async function firstUnbilledDay(tx: Tx, accountId: string): Promise<string> {
  const bills = (await readCharges(tx, accountId)).filter(({ kind, nature }) => kind === 'electricity' && nature === 'debt')
  return latest('0001-01-01', ...bills.flatMap(({ periodTo }) => (periodTo === null ? [] : [periodTo])))
}

async function changeTerms(
  tx: Tx,
  { request, requestId }: LockedRequest,
  { wanted, from }: { wanted: PackageTerms; from: string },
): Promise<void> {
  const { customerId, plant } = request
  const packageOf = { packageCode: wanted.code, packageVersion: wanted.version, source: requestId }
  const open = tx.updateTable('connectionTerms').where('customerId', '=', customerId).where('toDate', 'is', null)
  // A package that would begin on the very day its predecessor did takes its place.
  const replaced = await open.set(packageOf).where('fromDate', '>=', from).returning('fromDate').executeTakeFirst()
  if (replaced !== undefined) return
  await open.set({ toDate: from }).execute()
  await tx
    .insertInto('connectionTerms')
    .values({ customerId, plant, fromDate: from, ...packageOf })
    .execute()
}

async function settleMoney(
  tx: Tx,
  locked: LockedRequest,
  { current, wanted, from }: { current: PackageTerms; wanted: PackageTerms; from: string },
): Promise<void> {
  const { account, plant, asOf, requestId } = locked
  await creditExcessDeposit(tx, locked, wanted)
  // The advance of the new package, where it is pre-paid, is billing's: it waits for the terms.
  if (current.mode === 'prepaid' && wanted.mode === 'postpaid') await creditUnusedAdvances(tx, locked, from)
  const feeMinor = plant.policy.fees.packageChangeMinor
  if (feeMinor > 0) {
    const dueOn = dateAt(addToInstant(asOf, plant.policy.postpaid.dueAfter, plant.zone), plant.zone)
    await issueCharge(
      tx,
      { account, asOf },
      { kind: 'fee', source: requestId, amountMinor: feeMinor, dueOn, terms: { requestId } },
    )
  }
  await allocateCredit(tx, { account, asOf, zone: plant.zone })
}

async function tellApplied(
  tx: Tx,
  { request, account, plant, asOf }: LockedRequest,
  { wanted, from }: { wanted: PackageTerms; from: string },
): Promise<void> {
  const { requestId, customerId } = request
  await queueNotice(tx, {
    accountId: account.accountId,
    kind: 'package-change-applied',
    params: {
      requestId,
      customerId,
      packageId: packageText(wanted, plant.currency),
      loadLimitW: wanted.loadLimitW,
      timing: wanted.timing,
      priceFrom: from,
    },
    dedupeKey: `package-change-applied:${requestId}`,
    asOf,
  })
  const decideBy = dateAt(addToInstant(asOf, plant.policy.tasks.escalateAfter, plant.zone), plant.zone)
  await tellRole(
    tx,
    { plant: plant.plant, role: 'cluster-in-charge' },
    {
      kind: 'decision-needed',
      params: { decision: 'task-review', requestId, plantCode: plant.plant, subjectId: customerId, decideBy },
      dedupeKey: `decision-needed:${requestId}:review:${request.reviewRound}`,
      asOf,
    },
  )
}
