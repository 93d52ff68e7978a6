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

/** Desired and reported state of meters, and the work by hand where a meter cannot be reached (design, "Programming a meter"). */
export function createMeterActivities({ db }: { db: Db }) {
  return {
    /** Opens the field task that a limiter or conventional meter needs; a smart meter's command is in the outbox already. */
    beginMeterChange: (key: MeterChangeKey & { asOf: string }): Promise<{ by: 'meter' | 'task'; at: string; topics: Topic[] }> =>
      inTransaction(db, async (tx) => {
        const meter = await installedMeter(tx, key.customerId)
        const desired = await desiredVersion(tx, meter.serial, key.version)
        if (meter.kind === 'smart') return { by: 'meter', at: desired.businessAt, topics: [`meter:${meter.serial}`] }
        const { zone, policy } = await readPlant(tx, meter.plant, key.asOf)
        const kind = await handKind(tx, meter.serial, desired)
        const task = await openTask(tx, {
          plant: meter.plant,
          kind,
          customerId: key.customerId,
          accountId: meter.accountId,
          source: key,
          asOf: key.asOf,
          dueAt: addToInstant(key.asOf, policy.tasks.targets[kind], zone),
          detail: {
            serial: meter.serial,
            version: key.version,
            loadLimitW: desired.loadLimitW,
            activeFrom: desired.activeFrom,
            activeTo: desired.activeTo,
            relay: desired.relay,
          },
        })
        return { by: 'task', at: desired.businessAt, topics: [`meter:${meter.serial}`, `task:${task.taskId}`] }
      }),

    /** How far the change is: by the meter's own report, never by a publish or an acknowledgement. */
    readMeterProgress: async (key: MeterChangeKey & { asOf: string }): Promise<MeterProgress> => {
      const meter = await installedMeter(db, key.customerId)
      const progress = await meterProgress(db, meter.serial, key.version)
      if (progress.result !== 'pending') return progress
      const task = await findTask(db, key)
      return task?.status === 'completed' ? { result: 'reported-by-hand' } : progress
    },

    /** The technician's confirmed report is the reported state of a meter that cannot speak for itself. */
    recordProgrammedByHand: (key: MeterChangeKey & { asOf: string }): Promise<void> =>
      inTransaction(db, async (tx) => {
        const meter = await installedMeter(tx, key.customerId)
        const task = await findTask(tx, key)
        if (task?.status === 'completed')
          await recordHandReport(tx, { serial: meter.serial, version: key.version, task, asOf: key.asOf })
      }),

    /** The work by hand is no longer wanted: a later change overtook it. */
    withdrawMeterTask: (key: MeterChangeKey): Promise<void> =>
      inTransaction(db, async (tx) => {
        const task = await findTask(tx, key)
        if (task !== undefined) await cancelTask(tx, task.taskId)
      }),

    /** Tells the plant's people that a meter has been away for so long; each escalation once. */
    escalateMeterAway: (key: MeterChangeKey & { times: number; asOf: string }): Promise<void> =>
      inTransaction(db, async (tx) => {
        const meter = await installedMeter(tx, key.customerId)
        const { zone } = await readPlant(tx, meter.plant, key.asOf)
        const { businessAt } = await desiredVersion(tx, meter.serial, key.version)
        const silentDays = daysBetween(dateAt(businessAt, zone), dateAt(key.asOf, zone))
        await tellRole(
          tx,
          { plant: meter.plant, role: key.times === 1 ? 'operator' : 'cluster-in-charge' },
          {
            kind: 'meter-away',
            params: { meterSerial: meter.serial, customerId: key.customerId, plantCode: meter.plant, silentDays },
            dedupeKey: `meter-away:${meter.serial}:${key.version}:${key.times}`,
            asOf: key.asOf,
          },
        )
      }),
  }
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
