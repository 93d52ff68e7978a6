import type { Db, Tx } from '../db/client.ts'
import { inTransaction } from '../db/queries/accounts.ts'
import type { Topic } from '../db/queries/outbox.ts'
import { readPlant } from '../db/queries/plants.ts'
import { cancelTask, findTask, openTask, tellRole } from '../db/queries/tasks.ts'
import { addToInstant, dateAt, daysBetween } from '../domain/calendar.ts'
import { isCarried } from '../domain/meter-state.ts'
import type { TaskKind } from '../domain/tasks.ts'
import { recordHandReport } from './hand-reports.ts'

/** Which change of which meter a process waits for. */
export interface MeterChangeKey {
  readonly customerId: string
  readonly version: number
  readonly workflowId: string
  readonly step: string
}

export type MeterProgress =
  | { readonly result: 'pending' | 'applied' | 'superseded' | 'reported-by-hand' }
  | { readonly result: 'refused'; readonly reason: string }

const CHANGEABLE = ['loadLimitW', 'activeFrom', 'activeTo', 'relay'] as const

type AtTime = { readonly asOf: string }

/** Desired and reported state of meters, and the work by hand where a meter cannot be reached (design, "Programming a meter"). */
export function createMeterActivities({ db }: { db: Db }) {
  return {
    /** Opens the field task that a limiter or conventional meter needs; a smart meter's command is in the outbox already. */
    beginMeterChange: (key: MeterChangeKey & AtTime): Promise<BegunChange> =>
      inTransaction(db, (tx) => beginMeterChange(tx, key)),
    /** How far the change is: by the meter's own report, never by a publish or an acknowledgement. */
    readMeterProgress: (key: MeterChangeKey & AtTime): Promise<MeterProgress> => readMeterProgress(db, key),
    /** The technician's confirmed report is the reported state of a meter that cannot speak for itself. */
    recordProgrammedByHand: (key: MeterChangeKey & AtTime): Promise<void> =>
      inTransaction(db, (tx) => recordProgrammedByHand(tx, key)),
    /** The work by hand is no longer wanted: a later change overtook it. */
    withdrawMeterTask: (key: MeterChangeKey): Promise<void> => inTransaction(db, (tx) => withdrawMeterTask(tx, key)),
    /** Tells the plant's people that a meter has been away for so long; each escalation once. */
    escalateMeterAway: (key: MeterChangeKey & AtTime & { times: number }): Promise<void> =>
      inTransaction(db, (tx) => escalateMeterAway(tx, key)),
  }
}

/** Who carries the change out, since when it is wanted, and what wakes whoever waits for it. */
interface BegunChange {
  readonly by: 'meter' | 'task'
  readonly at: string
  readonly topics: Topic[]
}

async function beginMeterChange(tx: Tx, key: MeterChangeKey & AtTime): Promise<BegunChange> {
  const { customerId, asOf, version } = key
  const { serial, kind: meterKind, plant, accountId } = await installedMeter(tx, customerId)
  const desired = await desiredVersion(tx, serial, version)
  if (meterKind === 'smart') return { by: 'meter', at: desired.businessAt, topics: [`meter:${serial}`] }
  const { zone, policy } = await readPlant(tx, plant, asOf)
  const kind = await handKind(tx, serial, desired)
  const { loadLimitW, activeFrom, activeTo, relay } = desired
  const detail = { serial, version, loadLimitW, activeFrom, activeTo, relay }
  const dueAt = addToInstant(asOf, policy.tasks.targets[kind], zone)
  const { taskId } = await openTask(tx, { plant, kind, customerId, accountId, source: key, asOf, dueAt, detail })
  return { by: 'task', at: desired.businessAt, topics: [`meter:${serial}`, `task:${taskId}`] }
}

async function readMeterProgress(db: Db, key: MeterChangeKey): Promise<MeterProgress> {
  const meter = await installedMeter(db, key.customerId)
  const progress = await meterProgress(db, meter.serial, key.version)
  if (progress.result !== 'pending') return progress
  const task = await findTask(db, key)
  return task?.status === 'completed' ? { result: 'reported-by-hand' } : progress
}

async function recordProgrammedByHand(tx: Tx, key: MeterChangeKey & AtTime): Promise<void> {
  const { serial } = await installedMeter(tx, key.customerId)
  const task = await findTask(tx, key)
  if (task?.status === 'completed') await recordHandReport(tx, { serial, version: key.version, task, asOf: key.asOf })
}

async function withdrawMeterTask(tx: Tx, key: MeterChangeKey): Promise<void> {
  const task = await findTask(tx, key)
  if (task !== undefined) await cancelTask(tx, task.taskId)
}

async function escalateMeterAway(
  tx: Tx,
  { customerId, version, times, asOf }: MeterChangeKey & AtTime & { times: number },
): Promise<void> {
  const { serial, plant } = await installedMeter(tx, customerId)
  const { zone } = await readPlant(tx, plant, asOf)
  const { businessAt } = await desiredVersion(tx, serial, version)
  const silentDays = daysBetween(dateAt(businessAt, zone), dateAt(asOf, zone))
  const params = { meterSerial: serial, customerId, plantCode: plant, silentDays }
  const role = times === 1 ? 'operator' : 'cluster-in-charge'
  await tellRole(tx, { plant, role }, { kind: 'meter-away', params, dedupeKey: `meter-away:${serial}:${version}:${times}`, asOf })
}

async function installedMeter(
  db: Db | Tx,
  customerId: string,
): Promise<{ serial: string; kind: string; plant: string; accountId: string }> {
  return db
    .selectFrom('meterInstallations')
    .innerJoin('meters', 'meters.serial', 'meterInstallations.serial')
    .innerJoin('connections', 'connections.customerId', 'meterInstallations.customerId')
    .select(['meters.serial', 'meters.kind', 'meters.plant', 'connections.accountId'])
    .where('meterInstallations.customerId', '=', customerId)
    .orderBy('installationId', 'desc')
    .limit(1)
    .executeTakeFirstOrThrow()
}

async function desiredVersion(db: Db | Tx, serial: string, version: number) {
  return db
    .selectFrom('meterDesired')
    .selectAll()
    .where('serial', '=', serial)
    .where('version', '=', version)
    .executeTakeFirstOrThrow()
}

/** Cutting and lighting are tasks of their own name; everything else is reprogramming. */
async function handKind(tx: Tx, serial: string, desired: { version: number; relay: string }): Promise<TaskKind> {
  if (desired.version === 1) return 'reprogramming'
  const before = await desiredVersion(tx, serial, desired.version - 1)
  if (before.relay === desired.relay) return 'reprogramming'
  return desired.relay === 'open' ? 'disconnection' : 'reconnection'
}

async function meterProgress(db: Db | Tx, serial: string, version: number): Promise<MeterProgress> {
  const versions = await db
    .selectFrom('meterDesired')
    .selectAll()
    .where('serial', '=', serial)
    .where('version', '>=', version - 1)
    .orderBy('version')
    .execute()
  const reported = await db.selectFrom('meterReported').selectAll().where('serial', '=', serial).executeTakeFirst()
  const mine = versions.find((row) => row.version === version)
  if (mine === undefined) return { result: 'superseded' }
  const before = versions.find((row) => row.version === version - 1)
  const changed = CHANGEABLE.filter((field) => before === undefined || before[field] !== mine[field])
  const overwritten = versions.some((row) => row.version > version && changed.some((field) => row[field] !== mine[field]))
  // The report must carry the values of the version it names: a meter that says "done" and is not has not done it.
  const carried = versions.findLast((row) => row.version <= (reported?.version ?? 0))
  if (reported !== undefined && carried !== undefined && reported.version >= version && isCarried(carried, reported)) {
    return { result: overwritten ? 'superseded' : 'applied' }
  }
  if (overwritten) return { result: 'superseded' }
  if (reported?.refusedVersion !== null && reported !== undefined && reported.refusedVersion >= version)
    return { result: 'refused', reason: reported.refusalReason ?? 'unknown' }
  return { result: 'pending' }
}
