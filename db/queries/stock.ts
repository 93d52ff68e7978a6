import { DomainError } from '../../domain/errors.ts'
import type { MeterKind } from '../../domain/package.ts'
import type { Db, Tx } from '../client.ts'
import { nudge } from './outbox.ts'

/** Where a meter of the stock can be. Only an assigned, installed or to-be-removed one belongs to an account. */
export type MeterState = 'free' | 'assigned' | 'installed' | 'to-be-removed' | 'in-repair' | 'scrapped'

export interface StockMeter {
  readonly serial: string
  readonly plant: string
  readonly kind: MeterKind
  readonly state: MeterState
  readonly accountId: string | null
}

/** Which step of which process (or who, at the counter) moves a meter, and when. */
export interface MoveSource {
  readonly source: string
  readonly asOf: string
}

/** The columns of a {@link StockMeter}. */
export const METER_COLUMNS = ['serial', 'plant', 'kind', 'state', 'accountId'] as const

/** A meter by its serial; undefined when the stock never had it. */
export async function findMeter(db: Db | Tx, serial: string): Promise<StockMeter | undefined> {
  return (await db.selectFrom('meters').select(METER_COLUMNS).where('serial', '=', serial).executeTakeFirst()) as
    StockMeter | undefined
}

/** The meter that is assigned to the account or installed for it, if any; an installed one first. */
export async function meterOf(db: Db | Tx, accountId: string): Promise<StockMeter | undefined> {
  const row = await db
    .selectFrom('meters')
    .select(METER_COLUMNS)
    .where('accountId', '=', accountId)
    .orderBy('state', 'desc')
    .limit(1)
    .executeTakeFirst()
  return row as StockMeter | undefined
}

/**
 * Sets the first free meter of that kind aside for the account and returns it; the one that is set aside already, when there
 * is one. Undefined when none is free: the caller waits on `stock:{plant}:{kind}`. Two at once never get the same meter.
 */
export async function assignFreeMeter(
  tx: Tx,
  wanted: { plant: string; kind: MeterKind; accountId: string } & MoveSource,
): Promise<StockMeter | undefined> {
  const { plant, kind, accountId } = wanted
  const before = await tx
    .selectFrom('meters')
    .select(METER_COLUMNS)
    .where('accountId', '=', accountId)
    .where('state', '=', 'assigned')
    .executeTakeFirst()
  if (before !== undefined) return before as StockMeter
  const free = await tx
    .selectFrom('meters')
    .select(METER_COLUMNS)
    .where('plant', '=', plant)
    .where('kind', '=', kind)
    .where('state', '=', 'free')
    .orderBy('serial')
    .limit(1)
    .forUpdate()
    .skipLocked()
    .executeTakeFirst()
  return free && moveMeter(tx, free as StockMeter, { ...wanted, to: 'assigned', accountId })
}

/** Puts the meter that was set aside for the account back on the shelf; without one nothing changes. */
export async function releaseMeter(tx: Tx, { accountId, ...move }: { accountId: string } & MoveSource): Promise<void> {
  const row = await tx
    .selectFrom('meters')
    .select(METER_COLUMNS)
    .where('accountId', '=', accountId)
    .where('state', '=', 'assigned')
    .forUpdate()
    .executeTakeFirst()
  if (row !== undefined) await moveMeter(tx, row as StockMeter, { ...move, to: 'free', accountId: null })
}

export interface Installation extends MoveSource {
  readonly serial: string
  readonly customerId: string
  readonly accountId: string
  readonly installedAt: string
  readonly startRegisterWh: number
  /** Who read the register, who confirmed it, and what shows it. */
  readonly enteredBy: string
  readonly reviewedBy: string | null
  readonly taskId?: string
  readonly photoRef?: string
}

/**
 * A meter hangs at the connection now, with its start reading. It is the one set aside for the account, or another that was
 * free: then the stock follows what hangs on the wall, and the one set aside is free again. METER_NOT_FREE when it is
 * another's, out of use, of another plant, or when a meter hangs there already. Installing the same again changes nothing.
 */
export async function installMeter(tx: Tx, installation: Installation): Promise<void> {
  const { serial, customerId, accountId, installedAt, startRegisterWh } = installation
  const meter = await lockMeter(tx, serial)
  if (meter.state === 'installed' && meter.accountId === accountId) return
  const isTheirs = meter.state === 'assigned' && meter.accountId === accountId
  const { plant } = await tx
    .selectFrom('connections')
    .select('plant')
    .where('customerId', '=', customerId)
    .executeTakeFirstOrThrow()
  if (!(isTheirs || meter.state === 'free') || meter.plant !== plant) throw notFree(meter)
  const hanging = await tx
    .selectFrom('meterInstallations')
    .select('serial')
    .where('customerId', '=', customerId)
    .where('removedAt', 'is', null)
    .executeTakeFirst()
  if (hanging !== undefined)
    throw new DomainError('METER_NOT_FREE', 'another meter hangs there already', { serial: hanging.serial })
  if (!isTheirs) await releaseMeter(tx, installation)
  await moveMeter(tx, meter, { ...installation, to: 'installed', accountId })
  await tx.insertInto('meterInstallations').values({ serial, customerId, installedAt, startRegisterWh }).execute()
  await insertReading(tx, { ...installation, takenAt: installedAt, registerWh: startRegisterWh, kind: 'installation' })
}

export interface Removal extends MoveSource {
  readonly serial: string
  readonly removedAt: string
  readonly finalRegisterWh: number
  readonly finalIsEstimate?: boolean
  readonly enteredBy: string
  readonly reviewedBy: string | null
  readonly taskId?: string
  readonly photoRef?: string
  /** Where it goes: back on the shelf, unless it must be looked at first. */
  readonly to?: 'free' | 'in-repair' | 'scrapped'
}

/** Takes an installed meter down with its final reading and gives it back to the stock; one that does not hang changes nothing. */
export async function removeMeter(tx: Tx, removal: Removal): Promise<void> {
  const { serial, removedAt, finalRegisterWh, finalIsEstimate = false } = removal
  const meter = await lockMeter(tx, serial)
  const hung = await tx
    .updateTable('meterInstallations')
    .set({ removedAt, finalRegisterWh, finalIsEstimate })
    .where('serial', '=', serial)
    .where('removedAt', 'is', null)
    .returning('customerId')
    .executeTakeFirst()
  if (hung === undefined) return
  await openOnShelf(tx, removal)
  await tx
    .updateTable('meterCommands')
    .set({ state: 'superseded', closedAt: removal.asOf })
    .where('serial', '=', serial)
    .where('state', '=', 'open')
    .execute()
  await moveMeter(tx, meter, { ...removal, to: removal.to ?? 'free', accountId: null })
  await insertReading(tx, {
    ...removal,
    customerId: hung.customerId,
    takenAt: removedAt,
    registerWh: finalRegisterWh,
    kind: finalIsEstimate ? 'estimate' : 'removal',
  })
}

/** A meter on the shelf gives no power: so the next house it goes to is a new version, which it must report itself. */
async function openOnShelf(tx: Tx, { serial, source, asOf }: { serial: string } & MoveSource): Promise<void> {
  const newest = await tx
    .selectFrom('meterDesired')
    .selectAll()
    .where('serial', '=', serial)
    .orderBy('version', 'desc')
    .limit(1)
    .executeTakeFirst()
  if (newest === undefined || newest.relay === 'open') return
  const { version, loadLimitW, activeFrom, activeTo } = newest
  await tx
    .insertInto('meterDesired')
    .values({
      serial,
      version: version + 1,
      loadLimitW,
      activeFrom,
      activeTo,
      relay: 'open',
      validUntil: null,
      source,
      businessAt: asOf,
    })
    .execute()
}

/** Says that an installed meter is to be fetched: it still hangs and still counts. */
export async function markForRemoval(tx: Tx, { serial, ...move }: { serial: string } & MoveSource): Promise<void> {
  const meter = await lockMeter(tx, serial)
  if (meter.state === 'installed') await moveMeter(tx, meter, { ...move, to: 'to-be-removed', accountId: meter.accountId })
}

/** Takes new meters into the stock of a plant. ALREADY_EXISTS names the first serial that is known already; then none is taken in. */
export async function receiveMeters(
  tx: Tx,
  { plant, kind, serials, source, asOf }: { plant: string; kind: MeterKind; serials: readonly string[] } & MoveSource,
): Promise<void> {
  const added = await tx
    .insertInto('meters')
    .values(serials.map((serial) => ({ serial, plant, kind, state: 'free' })))
    .onConflict((c) => c.column('serial').doNothing())
    .returning('serial')
    .execute()
  const taken = new Set(added.map(({ serial }) => serial))
  const known = serials.find((serial) => !taken.has(serial))
  if (known !== undefined) throw new DomainError('ALREADY_EXISTS', 'this meter is in the stock already', { serial: known })
  await tx
    .insertInto('meterMoves')
    .values(serials.map((serial) => ({ serial, fromState: null, toState: 'free', accountId: null, source, businessAt: asOf })))
    .execute()
  await nudge(tx, `stock:${plant}:${kind}`)
}

async function lockMeter(tx: Tx, serial: string): Promise<StockMeter> {
  const row = await tx.selectFrom('meters').select(METER_COLUMNS).where('serial', '=', serial).forUpdate().executeTakeFirst()
  if (row === undefined) throw new DomainError('NOT_FOUND', 'the stock does not have this meter', { serial })
  return row as StockMeter
}

/** Moves a locked meter, adds the line to its history, and wakes whoever waits for one on the shelf. */
async function moveMeter(
  tx: Tx,
  meter: StockMeter,
  move: { to: MeterState; accountId: string | null } & MoveSource,
): Promise<StockMeter> {
  const { serial, plant, kind, state: fromState } = meter
  const { to: state, accountId, source, asOf } = move
  await tx.updateTable('meters').set({ state, accountId }).where('serial', '=', serial).execute()
  await tx
    .insertInto('meterMoves')
    .values({ serial, fromState, toState: state, accountId: accountId ?? meter.accountId, source, businessAt: asOf })
    .execute()
  await nudge(tx, `meter:${serial}`, ...(state === 'free' ? [`stock:${plant}:${kind}` as const] : []))
  return { ...meter, state, accountId }
}

interface RegisterReading {
  readonly serial: string
  readonly customerId: string
  readonly takenAt: string
  readonly registerWh: number
  readonly kind: 'installation' | 'removal' | 'estimate'
  readonly enteredBy: string
  readonly reviewedBy: string | null
  readonly taskId?: string
  readonly photoRef?: string
}

async function insertReading(
  tx: Tx,
  { kind, serial, customerId, takenAt, registerWh, enteredBy, reviewedBy, taskId, photoRef }: RegisterReading,
): Promise<void> {
  await tx
    .insertInto('readings')
    .values({
      customerId,
      serial,
      takenAt,
      boundary: null,
      registerWh,
      source: kind,
      state: 'accepted',
      enteredBy,
      reviewedBy,
      taskId: taskId ?? null,
      photoRef: photoRef ?? null,
    })
    .execute()
}

function notFree(meter: StockMeter): DomainError {
  return new DomainError('METER_NOT_FREE', 'this meter is not free', { serial: meter.serial, state: meter.state })
}
