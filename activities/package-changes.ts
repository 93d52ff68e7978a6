import type { Db, Tx } from '../db/client.ts'
import { type LockedAccount, withAccount } from '../db/queries/accounts.ts'
import { queueNotice } from '../db/queries/notices.ts'
import { type PackageRequest, readPackageRequest, readRequestPackages } from '../db/queries/package-changes.ts'
import { readPlant } from '../db/queries/plants.ts'
import { cancelTask } from '../db/queries/tasks.ts'
import { dateAt, latest } from '../domain/calendar.ts'
import { packageEffectiveFrom } from '../domain/package-change.ts'
import { processIds } from '../domain/process-ids.ts'
import { announceEnd, type PackageEnding } from './package-endings.ts'
import { type PackageChangeFacts, readPackageChangeFacts } from './package-facts.ts'
import { type ChangeMoney, demandDifference, findDifference, firstDayWithoutAdvance, releaseDifference } from './package-money.ts'

/** A request and the moment something is done about it. */
export interface RequestAt {
  readonly requestId: string
  readonly asOf: string
}

/** What a step of a package change works on, the account locked. */
export interface LockedRequest extends ChangeMoney {
  readonly request: PackageRequest
}

/** Runs a step of a package change in one transaction with the account locked. */
export async function withRequest<T>(
  db: Db,
  { requestId, asOf }: RequestAt,
  work: (tx: Tx, locked: LockedRequest) => Promise<T>,
): Promise<T> {
  const { accountId } = await readPackageRequest(db, requestId)
  return withAccount(db, accountId, async (tx, account: LockedAccount) => {
    const request = await readPackageRequest(tx, requestId)
    const plant = await readPlant(tx, request.plant, request.requestedAt)
    return work(tx, { requestId, request, account, plant, asOf })
  })
}

/** Writes how far a request has come. */
export async function saveProgress(
  tx: Tx,
  requestId: string,
  progress: Partial<Omit<PackageRequest, 'requestId'>>,
): Promise<void> {
  await tx.updateTable('packageRequests').set(progress).where('requestId', '=', requestId).execute()
}

/** Money and ending of a package change (manual 2.2.9). */
export function createPackageChangeActivities({ db }: { db: Db }) {
  return {
    /** Where the request stands, with every decision and task of it. */
    readPackageChange: ({ requestId }: RequestAt): Promise<PackageChangeFacts> => readPackageChangeFacts(db, requestId),

    /** Asks for the difference, or finds it paid: then the request is settled and its day is fixed (policy "package change"). */
    settleDifference: (at: RequestAt): Promise<void> =>
      withRequest(db, at, async (tx, locked) => {
        const { request, plant, asOf, requestId } = locked
        if (request.settledAt !== null || request.endedAt !== null) return
        const { current, wanted } = await readRequestPackages(tx, request)
        const { openMinor, asked } = await demandDifference(tx, locked, wanted)
        if (openMinor > 0 && asked !== undefined) await askForPayment(tx, locked, asked)
        if (openMinor > 0) return
        const today = dateAt(asOf, plant.zone)
        const day = packageEffectiveFrom({ when: request.takesEffect, today, settled: true, policy: plant.policy })
        const isPrepaid = current.mode === 'prepaid' && wanted.mode === 'prepaid'
        const effectiveOn = isPrepaid ? latest(day, await firstDayWithoutAdvance(tx, locked)) : day
        await saveProgress(tx, requestId, { settledAt: asOf, effectiveOn })
      }),

    /**
     * Ends a request before anything was done at the connection: what was paid becomes credit, work under way is withdrawn, the
     * customer is told. Null when it was not to end after all: the last part was paid in the moment the time was up.
     */
    endPackageRequest: ({ as, ...at }: RequestAt & { as: PackageEnding }): Promise<string | null> =>
      withRequest(db, at, async (tx, locked) => {
        const { request, requestId, asOf } = locked
        if (request.endedAs !== null) return request.endedAs
        if (as === 'Expired' && (await findDifference(tx, locked))?.openMinor === 0) return null
        const creditMinor = await releaseDifference(tx, locked, `package-change: ${as}`)
        await cancelTasks(tx, { requestId, asOf })
        if (request.failedAs === null) await announceEnd(tx, locked, { as, creditMinor })
        await saveProgress(tx, requestId, { endedAt: asOf, endedAs: as })
        return as
      }),

    /** The finished work was confirmed: the request is over. */
    closePackageRequest: (at: RequestAt): Promise<void> =>
      withRequest(db, at, async (tx, { request, requestId, asOf }) => {
        if (request.endedAt === null) await saveProgress(tx, requestId, { endedAt: asOf, endedAs: 'Done' })
      }),
  }
}

async function askForPayment(
  tx: Tx,
  { request, account, asOf }: LockedRequest,
  { amountMinor, payBy }: { amountMinor: number; payBy: string },
): Promise<void> {
  const { requestId, customerId } = request
  await queueNotice(tx, {
    accountId: account.accountId,
    kind: 'package-difference-due',
    params: { requestId, customerId, amountMinor, currency: account.currency, payBy },
    dedupeKey: `package-difference-due:${requestId}`,
    asOf,
  })
}

/** Withdraws whatever work of the request is still under way. */
export async function cancelTasks(
  tx: Tx,
  { requestId, asOf, step }: { requestId: string; asOf: string; step?: string },
): Promise<void> {
  let tasks = tx.selectFrom('tasks').select('taskId').where('sourceWorkflowId', '=', processIds.packageChange(requestId))
  if (step !== undefined) tasks = tasks.where('sourceStep', 'like', step)
  for (const { taskId } of await tasks.execute()) await cancelTask(tx, taskId, asOf)
}
