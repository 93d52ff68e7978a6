import type { Db, Tx } from '../db/client.ts'
import { installedMeter, readRequestPackages } from '../db/queries/package-changes.ts'
import { assignFreeMeter, installMeter, releaseMeter, removeMeter } from '../db/queries/stock.ts'
import { findTask, openTask, tellRole, type Task } from '../db/queries/tasks.ts'
import { addToInstant, dateAt } from '../domain/calendar.ts'
import type { MeterKind } from '../domain/package.ts'
import { processIds } from '../domain/process-ids.ts'
import type { TaskKind } from '../domain/tasks.ts'
import type { JsonObject } from '../db/tables.ts'
import { recordHandReport } from './hand-reports.ts'
import { type LockedRequest, type RequestAt, saveProgress, withRequest } from './package-changes.ts'
import { supplyWith } from './package-supply.ts'

/** Another meter for a package that the one at the wall does not fit. */
export function createPackageMeterActivities({ db }: { db: Db }) {
  return {
    /** Sets a fitting meter aside and sends a technician with it; without one in stock nothing is opened. */
    prepareInstallation: ({ kind, ...at }: RequestAt & { kind: MeterKind }): Promise<{ serial: string | null }> =>
      withRequest(db, at, async (tx, locked) => {
        const { request, account, plant, asOf, requestId } = locked
        const source = processIds.packageChange(requestId)
        const meter = await assignFreeMeter(tx, { plant: plant.plant, kind, accountId: account.accountId, source, asOf })
        if (meter === undefined) return { serial: null }
        const { wanted } = await readRequestPackages(tx, request)
        const old = await installedMeter(tx, request.customerId)
        await openWork(tx, locked, {
          kind: 'installation',
          step: 'installation',
          detail: {
            serial: meter.serial,
            ...(old !== null && { removes: old.serial }),
            loadLimitW: wanted.loadLimitW,
            activeFrom: wanted.activeFrom,
            activeTo: wanted.activeTo,
          },
        })
        return { serial: meter.serial }
      }),

    /**
     * The technician's confirmed report: the old meter's final reading and its way back to the stock, the new one at the wall, the
     * new package in its desired state, all in one. A meter that cannot speak carries what the technician set.
     */
    recordInstallation: (at: RequestAt): Promise<void> =>
      withRequest(db, at, async (tx, locked) => {
        const { request, requestId, asOf } = locked
        const task = await findTask(tx, { workflowId: processIds.packageChange(requestId), step: 'installation' })
        if (request.switchedAt !== null || task?.status !== 'completed') return
        const serial = await exchangeMeters(tx, locked, task)
        const version = await supplyWith(tx, locked, { code: request.toCode, version: request.toVersion })
        const { kind } = await tx.selectFrom('meters').select('kind').where('serial', '=', serial).executeTakeFirstOrThrow()
        if (kind !== 'smart' && version !== null) await recordHandReport(tx, { serial, version, task, asOf })
        await saveProgress(tx, requestId, { switchedAt: asOf, supplyVersion: version })
      }),

    /** Puts the meter that was set aside back on the shelf. */
    returnMeter: (at: RequestAt): Promise<void> =>
      withRequest(db, at, (tx, { account, requestId, asOf }) =>
        releaseMeter(tx, { accountId: account.accountId, source: processIds.packageChange(requestId), asOf }),
      ),

    /** Tells the plant that a fitting meter is missing from the stock. */
    escalateNoMeter: ({ times, ...at }: RequestAt & { times: number }): Promise<void> =>
      withRequest(db, at, async (tx, { request, plant, asOf, requestId }) => {
        const decideBy = dateAt(asOf, plant.zone)
        await tellRole(
          tx,
          { plant: plant.plant, role: times === 1 ? 'operator' : 'cluster-in-charge' },
          {
            kind: 'decision-needed',
            params: { decision: 'package-change', requestId, plantCode: plant.plant, subjectId: request.customerId, decideBy },
            dedupeKey: `no-meter:${requestId}:${times}`,
            asOf,
          },
        )
      }),
  }
}

/** Other work of people at the connection for a package change: another feeder, and work done again. */
export function createPackageWorkActivities({ db }: { db: Db }) {
  return {
    /** Sends a technician to move the connection to the feeder that was asked for. */
    openFeederMove: (at: RequestAt): Promise<void> =>
      withRequest(db, at, (tx, locked) =>
        openWork(tx, locked, { kind: 'feeder-move', step: 'feeder-move', detail: { toFeeder: locked.request.toFeeder ?? '' } }),
      ),

    /** The move was done and reviewed: the connection belongs to the other feeder. */
    recordFeederMove: (at: RequestAt): Promise<void> =>
      withRequest(db, at, async (tx, { request, requestId }) => {
        const task = await findTask(tx, { workflowId: processIds.packageChange(requestId), step: 'feeder-move' })
        if (task?.status !== 'completed' || request.toFeeder === null) return
        await tx
          .updateTable('connections')
          .set({ feeder: request.toFeeder })
          .where('customerId', '=', request.customerId)
          .execute()
      }),

    /** The finished work was sent back: someone goes there again, and the next round of review begins after. */
    openRework: ({ textId, ...at }: RequestAt & { textId: number | null }): Promise<void> =>
      withRequest(db, at, async (tx, locked) => {
        const { request, requestId } = locked
        await openWork(tx, locked, {
          kind: 'meter-visit',
          step: `rework:${request.reviewRound}`,
          detail: { requestId, ...(textId !== null && { textId }) },
        })
        await saveProgress(tx, requestId, { reviewRound: request.reviewRound + 1 })
      }),
  }
}

async function openWork(
  tx: Tx,
  { request, plant, asOf, requestId }: LockedRequest,
  { kind, step, detail }: { kind: TaskKind; step: string; detail: JsonObject },
): Promise<void> {
  await openTask(tx, {
    plant: plant.plant,
    kind,
    accountId: request.accountId,
    customerId: request.customerId,
    source: { workflowId: processIds.packageChange(requestId), step },
    detail,
    dueAt: addToInstant(asOf, plant.policy.packageChange.workWithin, plant.zone),
    asOf,
  })
}

/** Takes the old meter down and hangs the new one up as the report says. Returns the new serial. */
async function exchangeMeters(tx: Tx, { request, account, asOf, requestId }: LockedRequest, task: Task): Promise<string> {
  const result = task.result ?? {}
  const by = {
    source: processIds.packageChange(requestId),
    asOf,
    enteredBy: task.completedBy ?? 'unknown',
    reviewedBy: task.reviewedBy,
    taskId: task.taskId,
    ...(typeof result.photoRef === 'string' && { photoRef: result.photoRef }),
  }
  const at = task.completedAt ?? asOf
  const old = await installedMeter(tx, request.customerId)
  const serial = serialIn(result) ?? serialIn(task.detail) ?? ''
  if (old?.serial === serial) return serial
  if (old !== null)
    await removeMeter(tx, { ...by, serial: old.serial, removedAt: at, ...(await finalRegister(tx, old.serial, result)) })
  const startRegisterWh = registerIn(result.startRegisterWh) ?? 0
  const { accountId } = account
  await installMeter(tx, { ...by, serial, customerId: request.customerId, accountId, installedAt: at, startRegisterWh })
  return serial
}

/** The final register as read; one that could not be read is estimated at the last one known. */
async function finalRegister(
  tx: Tx,
  serial: string,
  result: JsonObject,
): Promise<{ finalRegisterWh: number; finalIsEstimate: boolean }> {
  const last = await tx
    .selectFrom('readings')
    .select('registerWh')
    .where('serial', '=', serial)
    .where('state', '=', 'accepted')
    .orderBy('takenAt', 'desc')
    .limit(1)
    .executeTakeFirst()
  const read = registerIn(result.finalRegisterWh)
  const lastWh = last?.registerWh ?? 0
  return read === undefined || read < lastWh
    ? { finalRegisterWh: lastWh, finalIsEstimate: true }
    : { finalRegisterWh: read, finalIsEstimate: false }
}

function registerIn(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined
}

function serialIn({ serial }: JsonObject): string | undefined {
  return typeof serial === 'string' ? serial : undefined
}
