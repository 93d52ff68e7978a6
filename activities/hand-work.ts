import type { Db, Tx } from '../db/client.ts'
import { nudge } from '../db/queries/outbox.ts'
import type { PlantTerms } from '../db/queries/plants.ts'
import type { SupplyState } from '../db/queries/supply-state.ts'
import { cancelTask, findTask, openTask, staffAt, type Task, tellRole } from '../db/queries/tasks.ts'
import { awayRungs, awayTold } from '../domain/away-ladder.ts'
import { addToInstant, dateAt, daysBetween } from '../domain/calendar.ts'
import { isCarried } from '../domain/meter-state.ts'
import type { TaskKind } from '../domain/tasks.ts'
import { recordHandReport } from './hand-reports.ts'

/** Which version of whose meter is meant, and which step of which process wants it. */
export interface HandWorkKey {
  readonly accountId: string
  readonly customerId: string
  readonly serial: string
  readonly version: number
  readonly source: { readonly workflowId: string; readonly step: string }
}

/** Where and when. */
export interface HandWorkContext {
  readonly plant: PlantTerms
  readonly asOf: string
}

/** What somebody must do now about a meter that has not taken on what is wanted of it. */
export type MeterAct =
  { readonly kind: 'open-task' } | { readonly kind: 'report' } | { readonly kind: 'tell'; readonly times: number }

export interface MeterWork {
  readonly act: MeterAct | null
  /** When somebody must be told that nothing has happened still. */
  readonly lookAgainAt: string | null
  readonly task: Task | undefined
}

/**
 * A conventional meter or a limiter is switched by a technician, and so is a smart meter that said no; a smart meter that is away, or
 * one that even the technician could not switch, is told of again and again. Changes nothing.
 */
export async function readMeterWork(
  db: Db | Tx,
  { supply, source, plant, asOf }: HandWorkContext & { supply: SupplyState; source: HandWorkKey['source'] },
): Promise<MeterWork> {
  const task = await findTask(db, source)
  if (supply.isCarried) return { act: null, lookAgainAt: null, task }
  const isByHand = supply.kind !== 'smart' || supply.refused !== null
  if (isByHand && task === undefined) return { act: { kind: 'open-task' }, lookAgainAt: null, task }
  const isInVain = task?.status === 'completed' && !isDone(task) && supply.refused !== null
  if (task?.status === 'completed' && !isInVain) return { act: { kind: 'report' }, lookAgainAt: null, task }
  if (isByHand && !isInVain) return { act: null, lookAgainAt: null, task }
  const since = isInVain ? (task.completedAt ?? supply.desiredSince) : supply.desiredSince
  const { times, nextAt } = awayRungs({ since, zone: plant.zone, terms: plant.policy.tasks }, asOf)
  const isOwed = times > 0 && !(await wasTold(db, { serial: supply.serial, version: supply.desiredVersion, times }))
  const isSomebody = isOwed && (await staffAt(db, plant.plant, awayTold(times))).length > 0
  return { act: isSomebody ? { kind: 'tell', times } : null, lookAgainAt: nextAt, task }
}

/** Does what {@link readMeterWork} found. */
export async function doMeterWork(
  tx: Tx,
  context: HandWorkContext & { supply: SupplyState; key: HandWorkKey },
  { act, task }: MeterWork,
): Promise<void> {
  const { key, supply, asOf, plant } = context
  if (act?.kind === 'open-task') await (supply.refused === null ? openHandTask : sendToRefusing)(tx, key, context)
  else if (act?.kind === 'report' && task !== undefined)
    await recordHandReport(tx, { serial: key.serial, version: key.version, task, asOf })
  else if (act?.kind === 'tell') await tellAway(tx, { ...key, times: act.times, since: supply.desiredSince }, { plant, asOf })
}

/** Sends a technician to a meter that cannot be told. Cutting and lighting are tasks of their own name; all else is reprogramming. */
export async function openHandTask(tx: Tx, key: HandWorkKey, { plant, asOf }: HandWorkContext): Promise<Task> {
  const { accountId, customerId, serial, version, source } = key
  const desired = await desiredVersion(tx, serial, version)
  const kind = await handKind(tx, serial, desired)
  const { loadLimitW, activeFrom, activeTo, relay } = desired
  return openTask(tx, {
    plant: plant.plant,
    kind,
    accountId,
    customerId,
    source,
    asOf,
    dueAt: addToInstant(asOf, plant.policy.tasks.targets[kind], plant.zone),
    detail: { serial, version, loadLimitW, activeFrom, activeTo, relay },
  })
}

/** A smart meter said no for good: a technician goes there, and the operator is told. */
export async function sendToRefusing(tx: Tx, key: HandWorkKey, context: HandWorkContext): Promise<Task> {
  const task = await openHandTask(tx, key, context)
  const { plant } = context.plant
  const params = { meterSerial: key.serial, customerId: key.customerId, plantCode: plant, taskId: task.taskId }
  const dedupeKey = `meter-refused:${key.serial}:${key.version}`
  await tellRole(tx, { plant, role: 'operator' }, { kind: 'meter-refused', params, dedupeKey, asOf: context.asOf })
  return task
}

/**
 * The work is no longer wanted. Where nobody had been there yet and the meter is what is wanted now, it has that version: nobody need
 * go there to leave it as it is.
 */
export async function withdrawHandTask(tx: Tx, task: Task, now: { supply: SupplyState; asOf: string }): Promise<void> {
  const { serial, kind, desiredVersion: version } = now.supply
  await cancelTask(tx, task.taskId, now.asOf)
  if (kind === 'smart' || task.status === 'review' || task.status === 'completed') return
  const desired = await desiredVersion(tx, serial, version)
  const reported = await tx.selectFrom('meterReported').selectAll().where('serial', '=', serial).executeTakeFirst()
  if (reported === undefined || reported.version >= version || !isCarried(desired, { ...reported, version })) return
  await tx.updateTable('meterReported').set({ version, reportedAt: now.asOf }).where('serial', '=', serial).execute()
  await nudge(tx, `meter:${serial}`)
}

/** Tells the plant's people for the nth time that a meter has not taken on what is wanted since then; each time once. */
export async function tellAway(
  tx: Tx,
  { serial, version, customerId, times, since }: Omit<HandWorkKey, 'accountId' | 'source'> & { times: number; since: string },
  { plant: { plant, zone }, asOf }: HandWorkContext,
): Promise<void> {
  const silentDays = daysBetween(dateAt(since, zone), dateAt(asOf, zone))
  const params = { meterSerial: serial, customerId, plantCode: plant, silentDays }
  const dedupeKey = awayKey({ serial, version, times })
  await tellRole(tx, { plant, role: awayTold(times) }, { kind: 'meter-away', params, dedupeKey, asOf })
}

/** The work was done, as far as the report of it says. */
export function isDone({ result }: Pick<Task, 'result'>): boolean {
  return result?.outcome !== 'not-possible'
}

async function wasTold(db: Db | Tx, told: { serial: string; version: number; times: number }): Promise<boolean> {
  const row = await db
    .selectFrom('notifications')
    .select('notificationId')
    .where('dedupeKey', 'like', `${awayKey(told)}:%`)
    .limit(1)
    .executeTakeFirst()
  return row !== undefined
}

function awayKey({ serial, version, times }: { serial: string; version: number; times: number }): string {
  return `meter-away:${serial}:${version}:${times}`
}

async function desiredVersion(tx: Tx, serial: string, version: number) {
  return tx
    .selectFrom('meterDesired')
    .selectAll()
    .where('serial', '=', serial)
    .where('version', '=', version)
    .executeTakeFirstOrThrow()
}

/** A change of the relay against the version before, or against what the meter is set to where that version never came about. */
async function handKind(tx: Tx, serial: string, desired: { version: number; relay: string }): Promise<TaskKind> {
  if (desired.version === 1) return 'reprogramming'
  const reported = await tx.selectFrom('meterReported').select('relayMode').where('serial', '=', serial).executeTakeFirst()
  const before = await desiredVersion(tx, serial, desired.version - 1)
  if (before.relay === desired.relay && (reported?.relayMode ?? before.relay) === desired.relay) return 'reprogramming'
  return desired.relay === 'open' ? 'disconnection' : 'reconnection'
}
