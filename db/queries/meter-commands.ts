import { randomUUID } from 'node:crypto'
import { sql } from 'kysely'
import { type DesiredSupply, isCarried, type ReportedSupply } from '../../domain/meter-state.ts'
import type { Tx } from '../client.ts'

/** What a look at a meter's report did to its commands. */
export type Settled = 'unchanged' | 'done' | 'refused' | 'reopened' | 'raised'

/** What a command says beside the desired state; unknown where nothing was sent, as after work by hand. */
export interface SentBeside {
  readonly utcOffsetMin?: number
}

const HIGHEST_VERSION = 2_147_483_647

/** Writes the command for a new version, superseding the older open one: the newest is the only one ever sent. */
export async function enqueueCommand(tx: Tx, serial: string, desiredVersion: number): Promise<void> {
  await tx
    .updateTable('meterCommands')
    .set({ state: 'superseded', closedAt: sql<string>`now()` })
    .where('serial', '=', serial)
    .where('state', '=', 'open')
    .execute()
  await openCommand(tx, { serial, version: desiredVersion })
}

/**
 * Brings a meter's commands in line with what it reported: closes the open one when the report carries it or refuses it, and
 * opens it again for an installed meter that forgot or was never asked, or that keeps another offset than the one wanted. A
 * refused version stays refused. The caller holds the lock of {@link lockMeter}.
 */
export async function settleCommands(tx: Tx, serial: string, wanted: SentBeside = {}): Promise<Settled> {
  const desired = await tx
    .selectFrom('meterDesired')
    .selectAll()
    .where('serial', '=', serial)
    .orderBy('version', 'desc')
    .limit(1)
    .executeTakeFirst()
  if (desired === undefined) return 'unchanged'
  const reported = await tx.selectFrom('meterReported').selectAll().where('serial', '=', serial).executeTakeFirst()
  const command = await tx
    .selectFrom('meterCommands')
    .select(['commandId', 'state', 'body'])
    .where('serial', '=', serial)
    .where('desiredVersion', '=', desired.version)
    .executeTakeFirst()
  const isOpen = command?.state === 'open'
  const beside = { ...(command?.body as SentBeside | undefined), ...wanted }

  if (reported !== undefined && hasAll(desired, reported, beside))
    return isOpen ? close(tx, command.commandId, 'done') : 'unchanged'
  if ((reported?.refusedVersion ?? 0) >= desired.version) return isOpen ? close(tx, command.commandId, 'refused') : 'unchanged'
  if (!(await isProgrammable(tx, serial))) return 'unchanged'
  const reportedVersion = reported?.version ?? 0
  if (reportedVersion > desired.version && reportedVersion < HIGHEST_VERSION) return raiseVersion(tx, desired, reportedVersion)
  if (isOpen) return 'unchanged'
  await openCommand(tx, { serial, version: desired.version }, wanted)
  return 'reopened'
}

/**
 * Serialises what is decided about one meter: a new desired version, its report, its commands. Undefined for a meter nobody
 * knows.
 */
export async function lockMeter(tx: Tx, serial: string): Promise<{ serial: string; plant: string; kind: string } | undefined> {
  return tx
    .selectFrom('meters')
    .select(['serial', 'plant', 'kind'])
    .where('serial', '=', serial)
    .forNoKeyUpdate()
    .executeTakeFirst()
}

/** Opens the command of a version, also one that was closed; a new id, because a meter repeats its old answer to an old one. */
async function openCommand(tx: Tx, of: { serial: string; version: number }, beside: SentBeside = {}): Promise<void> {
  const opened = {
    commandId: randomUUID(),
    state: 'open',
    attempts: 0,
    closedAt: null,
    lastAnswer: null,
    body: JSON.stringify(beside),
  }
  await tx
    .insertInto('meterCommands')
    .values({ serial: of.serial, desiredVersion: of.version, ...opened })
    .onConflict((c) => c.columns(['serial', 'desiredVersion']).doUpdateSet({ ...opened, nextAttemptAt: sql<string>`now()` }))
    .execute()
}

async function close(tx: Tx, commandId: string, state: 'done' | 'refused'): Promise<Settled> {
  await tx
    .updateTable('meterCommands')
    .set({ state, closedAt: sql<string>`now()` })
    .where('commandId', '=', commandId)
    .execute()
  return state
}

/** The offset counts only where both sides know it: work by hand and imports say nothing of it. */
function hasAll(desired: DesiredSupply, reported: ReportedSupply & { utcOffsetMin: number | null }, beside: SentBeside): boolean {
  const { utcOffsetMin } = beside
  const offsetFits = utcOffsetMin === undefined || reported.utcOffsetMin === null || reported.utcOffsetMin === utcOffsetMin
  return isCarried(desired, reported) && offsetFits
}

/** On the shelf a meter is asked for nothing; other kinds are programmed by hand. */
async function isProgrammable(tx: Tx, serial: string): Promise<boolean> {
  const installed = await tx
    .selectFrom('meterInstallations')
    .innerJoin('meters', 'meters.serial', 'meterInstallations.serial')
    .select('kind')
    .where('meters.serial', '=', serial)
    .where('removedAt', 'is', null)
    .executeTakeFirst()
  return installed?.kind === 'smart'
}

/**
 * The meter is ahead of us: it was programmed under a version that our books do not know (a restored database, another
 * company's past). It refuses everything lower, so what we want gets a number above its own.
 */
async function raiseVersion(
  tx: Tx,
  desired: DesiredSupply & { serial: string; businessAt: string },
  above: number,
): Promise<Settled> {
  const { serial, loadLimitW, activeFrom, activeTo, relay, validUntil, businessAt } = desired
  const version = above + 1
  await tx
    .insertInto('meterDesired')
    .values({ serial, version, loadLimitW, activeFrom, activeTo, relay, validUntil, businessAt, source: 'gateway:meter-ahead' })
    .execute()
  await enqueueCommand(tx, serial, version)
  return 'raised'
}
