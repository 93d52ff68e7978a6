import type { Db, Tx } from '../db/client.ts'
import { inTransaction } from '../db/queries/accounts.ts'
import type { Topic } from '../db/queries/outbox.ts'
import { readPlant } from '../db/queries/plants.ts'
import { cancelTask, findTask } from '../db/queries/tasks.ts'
import type { AwaySince } from '../domain/away-ladder.ts'
import { isCarried } from '../domain/meter-state.ts'
import { recordHandReport } from './hand-reports.ts'
import { isDone, openHandTask, sendToRefusing, tellAway } from './hand-work.ts'

/** Which change of which meter a process waits for. */
export interface MeterChangeKey {
  readonly customerId: string
  readonly version: number
  readonly workflowId: string
  readonly step: string
}

export type MeterProgress =
  | { readonly result: 'pending' | 'applied' | 'superseded' | 'reported-by-hand' }
  /** `byHand`: somebody went there, and could not do it either. */
  | { readonly result: 'refused'; readonly reason: string; readonly byHand?: boolean }

const CHANGEABLE = ['loadLimitW', 'activeFrom', 'activeTo', 'relay'] as const

type AtTime = { readonly asOf: string }

/** Desired and reported state of meters, and the work by hand where a meter cannot be reached (design, "Programming a meter"). */
export function createMeterActivities({ db }: { db: Db }) {
  return {
    /** Opens the field task that a limiter or conventional meter needs; a smart meter's command is in the outbox already. */
    beginMeterChange: (key: MeterChangeKey & AtTime): Promise<BegunChange> =>
      inTransaction(db, (tx) => beginMeterChange(tx, key)),
    /** Sends a technician to a smart meter that said no, and tells the operator. */
    sendToRefusingMeter: (key: MeterChangeKey & AtTime): Promise<BegunChange> =>
      inTransaction(db, (tx) => sendToRefusingMeter(tx, key)),
    /** How far the change is: by the meter's own report, never by a publish or an acknowledgement. */
    readMeterProgress: (key: MeterChangeKey & AtTime): Promise<MeterProgress> => readMeterProgress(db, key),
    /** The technician's confirmed report is the reported state of a meter that cannot speak for itself. */
    recordProgrammedByHand: (key: MeterChangeKey & AtTime): Promise<void> =>
      inTransaction(db, (tx) => recordProgrammedByHand(tx, key)),
    /** The work by hand is no longer wanted: a later change overtook it. */
    withdrawMeterTask: (key: MeterChangeKey & Partial<AtTime>): Promise<void> =>
      inTransaction(db, (tx) => withdrawMeterTask(tx, key)),
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
  /** Under which people are told that it still is not done; missing from what an older release recorded. */
  readonly terms?: AwaySince['terms']
}

async function beginMeterChange(tx: Tx, key: MeterChangeKey & AtTime): Promise<BegunChange> {
  const { customerId, asOf, version } = key
  const { serial, kind, plant: code, accountId } = await installedMeter(tx, customerId)
  const { businessAt } = await desiredVersion(tx, serial, version)
  const plant = await readPlant(tx, code, asOf)
  const { remindAfter, escalateAfter } = plant.policy.tasks
  const begun = { at: businessAt, terms: { remindAfter, escalateAfter } }
  // A run that begins again finds the work that a refusal led to.
  if (kind === 'smart' && (await findTask(tx, key)) === undefined) return { ...begun, by: 'meter', topics: [`meter:${serial}`] }
  const { taskId } = await openHandTask(tx, { accountId, customerId, serial, version, source: key }, { plant, asOf })
  return { ...begun, by: 'task', topics: [`meter:${serial}`, `task:${taskId}`] }
}

async function sendToRefusingMeter(tx: Tx, key: MeterChangeKey & AtTime): Promise<BegunChange> {
  const { customerId, asOf, version } = key
  const { serial, plant: code, accountId } = await installedMeter(tx, customerId)
  const plant = await readPlant(tx, code, asOf)
  const { taskId } = await sendToRefusing(tx, { accountId, customerId, serial, version, source: key }, { plant, asOf })
  const { remindAfter, escalateAfter } = plant.policy.tasks
  return { by: 'task', at: asOf, topics: [`meter:${serial}`, `task:${taskId}`], terms: { remindAfter, escalateAfter } }
}

async function readMeterProgress(db: Db, key: MeterChangeKey): Promise<MeterProgress> {
  const meter = await installedMeter(db, key.customerId)
  const progress = await meterProgress(db, meter.serial, key.version)
  if (progress.result !== 'pending' && progress.result !== 'refused') return progress
  const task = await findTask(db, key)
  if (task === undefined) return progress
  if (task.status !== 'completed') return { result: 'pending' }
  // What the technician could not do either was recorded as a refusal already, or is one of the meter's own.
  return progress.result === 'refused' && !isDone(task) ? { ...progress, byHand: true } : { result: 'reported-by-hand' }
}

async function recordProgrammedByHand(tx: Tx, key: MeterChangeKey & AtTime): Promise<void> {
  const { serial } = await installedMeter(tx, key.customerId)
  const task = await findTask(tx, key)
  if (task?.status === 'completed') await recordHandReport(tx, { serial, version: key.version, task, asOf: key.asOf })
}

async function withdrawMeterTask(tx: Tx, key: MeterChangeKey & Partial<AtTime>): Promise<void> {
  const task = await findTask(tx, key)
  // An older release did not say when.
  if (task !== undefined) await cancelTask(tx, task.taskId, key.asOf ?? task.openedAt)
}

async function escalateMeterAway(
  tx: Tx,
  { customerId, version, times, asOf }: MeterChangeKey & AtTime & { times: number },
): Promise<void> {
  const { serial, plant: code } = await installedMeter(tx, customerId)
  const plant = await readPlant(tx, code, asOf)
  const { businessAt: since } = await desiredVersion(tx, serial, version)
  await tellAway(tx, { serial, version, customerId, times, since }, { plant, asOf })
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
