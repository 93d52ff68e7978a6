import type { Db, Tx } from '../db/client.ts'
import { changeApplication, demandsOf } from '../db/queries/applications.ts'
import { markLeft } from '../db/queries/connections.ts'
import { queueNotice } from '../db/queries/notices.ts'
import { readPackage } from '../db/queries/plants.ts'
import { assignFreeMeter, findMeter, installMeter, meterOf, removeMeter, type StockMeter } from '../db/queries/stock.ts'
import { liftHold, placeHold, refreshDesiredState } from '../db/queries/supply.ts'
import { cancelTask, findTask, openTask, tellRole, type Task } from '../db/queries/tasks.ts'
import type { JsonObject } from '../db/tables.ts'
import { addToInstant, dateAt } from '../domain/calendar.ts'
import { type DomainErrorCode, isDomainError } from '../domain/errors.ts'
import { meterFits } from '../domain/package.ts'
import { recordHandReport } from './hand-reports.ts'
import { asked, type OpenApplication, withApplication } from './onboarding.ts'
import { type ApplicationKey, payAgainWindow, removalVisits } from './onboarding-facts.ts'

/** Why what the technician reported cannot stand; a person must decide. */
export type InstallationProblem = Extract<
  DomainErrorCode,
  'NOT_FOUND' | 'METER_NOT_FREE' | 'PACKAGE_METER_UNFIT' | 'READING_MISSING'
>

/** A new customer's meter, from the shelf to the wall (manual 2.2.2, step 7). */
export function createStockActivities({ db }: { db: Db }) {
  return {
    /** Sets a free meter of the chosen kind aside; false while there is none. The first time, the cluster in-charge is told. */
    reserveMeter: ({ applicationId, asOf }: ApplicationKey): Promise<boolean> =>
      withApplication(
        db,
        { applicationId, asOf },
        async (tx, { application: { plant, meterKind: kind }, plant: { zone }, workflowId }) => {
          const before = await meterOf(tx, applicationId)
          if (before !== undefined || kind === null) return before !== undefined
          if ((await assignFreeMeter(tx, { plant, kind, accountId: applicationId, source: workflowId, asOf })) !== undefined)
            return true
          const notice = { kind: 'decision-needed', params: asked(applicationId, plant, dateAt(asOf, zone)), asOf } as const
          await tellRole(tx, { plant, role: 'cluster-in-charge' }, { ...notice, dedupeKey: `no-meter-free:${applicationId}` })
          return false
        },
      ),

    /** Sends a technician with the meter and tells the customer the day, once a round. */
    planInstallation: (key: ApplicationKey): Promise<void> =>
      withApplication(db, key, (tx, open) => planInstallation(tx, open, key.asOf)),

    /**
     * Takes over what the technician found and another person confirmed: the meter on the wall, its start register, and the end
     * of the hold. A limiter or a conventional meter is set by hand at the same visit. Returns why it cannot stand, or null.
     */
    recordFirstInstallation: (key: ApplicationKey): Promise<InstallationProblem | null> =>
      withApplication(db, key, (tx, open) => recordFirstInstallation(tx, open, key.asOf)),

    /**
     * Money came back before the meter hung: a visit that nobody has made is called off, and the customer is told until when the money
     * must be there again, once each time it came back. Where it is there again, nothing happens.
     */
    holdInstallation: (key: ApplicationKey): Promise<void> =>
      withApplication(db, key, (tx, open) => holdInstallation(tx, open, key.asOf)),

    /** The money is there again, and the meter hangs already: supply begins. */
    lightInstallation: (key: ApplicationKey): Promise<void> =>
      withApplication(db, key, async (tx, open) => {
        const { application, account, workflowId } = open
        const meter = await meterOf(tx, application.applicationId)
        const task = await findTask(tx, { workflowId, step: `installation:${application.installationRound}` })
        if (meter?.state !== 'installed' || task === undefined || account.customerId === null) return
        if ((await openDemandsMinor(tx, application.applicationId)) > 0) return
        await powerUp(tx, open, { meter, task, customerId: account.customerId, asOf: key.asOf })
      }),

    /** The desired version that the installed meter must report. */
    desiredVersionOf: ({ applicationId, asOf }: ApplicationKey): Promise<number | null> =>
      withApplication(db, { applicationId, asOf }, async (tx, { account: { customerId }, workflowId }) =>
        customerId === null ? null : refreshDesiredState(tx, { customerId, source: workflowId, asOf }),
      ),
  }
}

/** A meter that comes down again: exchanged because it refuses, or fetched from somebody who withdrew. */
export function createMeterReturnActivities({ db }: { db: Db }) {
  return {
    /** Another visit was decided. A meter that refuses goes to repair first, and another is set aside. */
    replanInstallation: ({ applicationId, asOf, round }: ApplicationKey & { round: number }): Promise<void> =>
      withApplication(db, { applicationId, asOf }, async (tx, { application, account: { customerId }, workflowId }) => {
        if (application.installationRound !== round) return
        await changeApplication(tx, applicationId, { installationRound: round + 1 })
        const meter = await meterOf(tx, applicationId)
        if (meter?.state !== 'installed' || customerId === null) return
        await placeHold(tx, { customerId, reason: 'not-activated', owner: workflowId }, asOf)
        const finalRegisterWh = await startRegisterOf(tx, meter.serial)
        await removeMeter(tx, {
          serial: meter.serial,
          removedAt: asOf,
          finalRegisterWh,
          enteredBy: 'system',
          reviewedBy: null,
          to: 'in-repair',
          source: workflowId,
          asOf,
        })
      }),

    /** Sends a technician for the meter of somebody who withdrew; again, when the last visit was in vain. */
    planMeterFetching: ({ applicationId, asOf }: ApplicationKey): Promise<void> =>
      withApplication(
        db,
        { applicationId, asOf },
        async (tx, { application: { plant }, account: { customerId }, plant: { policy, zone }, workflowId }) => {
          const meter = await meterOf(tx, applicationId)
          const visits = await removalVisits(tx, workflowId)
          const last = visits === 0 ? undefined : await findTask(tx, { workflowId, step: `removal:${visits}` })
          if (meter === undefined || customerId === null || (last !== undefined && !wasInVain(last))) return
          await openTask(tx, {
            plant,
            kind: 'meter-removal',
            accountId: applicationId,
            customerId,
            source: { workflowId, step: `removal:${visits + 1}` },
            asOf,
            dueAt: addToInstant(asOf, policy.tasks.targets['meter-removal'], zone),
            detail: { serial: meter.serial },
          })
        },
      ),

    /** The meter is down: back to the stock with its final register, and the connection is left. */
    recordMeterFetched: (key: ApplicationKey): Promise<void> =>
      withApplication(db, key, (tx, open) => recordFetched(tx, open, key.asOf)),
  }
}

async function planInstallation(
  tx: Tx,
  { application, account: { customerId }, plant, workflowId }: OpenApplication,
  asOf: string,
): Promise<void> {
  const { applicationId, installationRound: round, pole, packageCode, packageVersion } = application
  const meter = await meterOf(tx, applicationId)
  if (meter === undefined || customerId === null) return
  const { loadLimitW, activeFrom, activeTo } = await readPackage(tx, application.plant, {
    code: packageCode ?? '',
    version: packageVersion ?? 0,
  })
  const { policy, zone } = plant
  const task = await openTask(tx, {
    plant: application.plant,
    kind: 'installation',
    accountId: applicationId,
    customerId,
    source: { workflowId, step: `installation:${round}` },
    asOf,
    dueAt: addToInstant(asOf, policy.onboarding.installWithin, zone),
    detail: { serial: meter.serial, meterKind: meter.kind, pole, loadLimitW, activeFrom, activeTo },
  })
  const kind = round === 1 ? 'installation-scheduled' : 'installation-delayed'
  const params = { customerId, visitOn: dateAt(task.dueAt, zone) }
  await queueNotice(tx, { accountId: applicationId, kind, params, dedupeKey: `${kind}:${applicationId}:${round}`, asOf })
}

async function recordFirstInstallation(tx: Tx, open: OpenApplication, asOf: string): Promise<InstallationProblem | null> {
  const { application, account, workflowId } = open
  const task = await findTask(tx, { workflowId, step: `installation:${application.installationRound}` })
  const assigned = await meterOf(tx, application.applicationId)
  if (task?.status !== 'completed' || account.customerId === null || assigned?.state === 'installed') return null
  const meter = await findMeter(tx, typeof task.result?.serial === 'string' ? task.result.serial : (assigned?.serial ?? ''))
  if (meter === undefined) return 'NOT_FOUND'
  const terms = await readPackage(tx, application.plant, {
    code: application.packageCode ?? '',
    version: application.packageVersion ?? 0,
  })
  if (!meterFits(terms, meter.kind)) return 'PACKAGE_METER_UNFIT'
  const startRegisterWh = registerIn(task.result, 'startRegisterWh') ?? (meter.kind === 'load_limiter' ? 0 : undefined)
  if (startRegisterWh === undefined) return 'READING_MISSING'
  try {
    await installMeter(tx, {
      ...reportOf(task, asOf),
      serial: meter.serial,
      customerId: account.customerId,
      accountId: application.applicationId,
      installedAt: task.completedAt ?? asOf,
      startRegisterWh,
      source: workflowId,
      asOf,
    })
  } catch (error) {
    if (isDomainError(error) && error.code === 'METER_NOT_FREE') return error.code
    throw error
  }
  // Money that came back since he was there: the meter hangs, and its supply waits.
  if ((await openDemandsMinor(tx, application.applicationId)) === 0)
    await powerUp(tx, open, { meter, task, customerId: account.customerId, asOf })
  return null
}

async function holdInstallation(
  tx: Tx,
  { application, account, plant, workflowId }: OpenApplication,
  asOf: string,
): Promise<void> {
  const { applicationId, installationRound } = application
  const { customerId, currency } = account
  const remainingMinor = await openDemandsMinor(tx, applicationId)
  const window = await payAgainWindow(tx, { application, ...plant })
  if (remainingMinor === 0 || customerId === null || window === undefined) return
  const task = await findTask(tx, { workflowId, step: `installation:${installationRound}` })
  if (task?.status === 'requested' || task?.status === 'in-process') {
    await cancelTask(tx, task.taskId, asOf)
    await changeApplication(tx, applicationId, { installationRound: installationRound + 1 })
  }
  const params = { customerId, remainingMinor, currency, payBy: dateAt(window.by, plant.zone) }
  const dedupeKey = `installation-waits:${applicationId}:${window.since}`
  await queueNotice(tx, { accountId: applicationId, kind: 'installation-waits', params, dedupeKey, asOf })
}

async function openDemandsMinor(tx: Tx, applicationId: string): Promise<number> {
  const standing = (await demandsOf(tx, applicationId)).filter(({ voidedAt }) => voidedAt === null)
  return standing.reduce((sum, { openMinor }) => sum + openMinor, 0)
}

/** The technician's confirmation ends the hold (manual 2.2.2, step 8); a smart meter must still report the package itself. */
async function powerUp(
  tx: Tx,
  { workflowId }: OpenApplication,
  { meter, task, customerId, asOf }: { meter: StockMeter; task: Task; customerId: string; asOf: string },
): Promise<void> {
  const version = await liftHold(tx, { customerId, reason: 'not-activated', owner: workflowId }, asOf)
  if (meter.kind !== 'smart' && version !== null) await recordHandReport(tx, { serial: meter.serial, version, task, asOf })
}

async function recordFetched(
  tx: Tx,
  { application: { applicationId }, account: { customerId }, plant: { zone }, workflowId }: OpenApplication,
  asOf: string,
): Promise<void> {
  const meter = await meterOf(tx, applicationId)
  const task = await findTask(tx, { workflowId, step: `removal:${await removalVisits(tx, workflowId)}` })
  if (meter === undefined || customerId === null || task?.status !== 'completed' || wasInVain(task)) return
  const startWh = await startRegisterOf(tx, meter.serial)
  const readWh = registerIn(task.result, 'finalRegisterWh')
  await removeMeter(tx, {
    ...reportOf(task, asOf),
    serial: meter.serial,
    removedAt: task.completedAt ?? asOf,
    finalRegisterWh: Math.max(readWh ?? startWh, startWh),
    finalIsEstimate: readWh === undefined || readWh < startWh,
    source: workflowId,
    asOf,
  })
  await markLeft(tx, customerId, dateAt(asOf, zone))
}

function reportOf(task: Task, asOf: string) {
  const { taskId, completedBy, reviewedBy, result } = task
  return {
    taskId,
    enteredBy: completedBy ?? 'system',
    reviewedBy,
    asOf,
    ...(typeof result?.photoRef === 'string' && { photoRef: result.photoRef }),
  }
}

function registerIn(result: JsonObject | null, name: string): number | undefined {
  const value = result?.[name] ?? result?.registerWh
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined
}

async function startRegisterOf(tx: Tx, serial: string): Promise<number> {
  const row = await tx
    .selectFrom('meterInstallations')
    .select('startRegisterWh')
    .where('serial', '=', serial)
    .where('removedAt', 'is', null)
    .executeTakeFirst()
  return row?.startRegisterWh ?? 0
}

function wasInVain(task: Task): boolean {
  return task.status === 'completed' && task.result?.outcome === 'not-possible'
}
