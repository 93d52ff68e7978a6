import { mayBeLive, type HoldReason } from '../../domain/hold.ts'
import type { Tx, Db } from '../client.ts'
import { enqueueCommand } from './meter-commands.ts'
import { nudge } from './outbox.ts'
import { readPackage } from './plants.ts'

/** A reason to hold supply back. Only its owner lifts it; two owners may hold for the same reason. */
export interface HoldKey {
  readonly customerId: string
  readonly reason: HoldReason
  /** The process that placed it, by workflow id, or `import`, `staff:{login}`. */
  readonly owner: string
}

/** Places a hold and turns the meter's desired state accordingly; placing it again changes nothing. Returns the desired version. */
export async function placeHold(tx: Tx, hold: HoldKey, asOf: string): Promise<number | null> {
  await tx
    .insertInto('holds')
    .values({ ...hold, placedAt: asOf })
    .onConflict((c) => c.doNothing())
    .execute()
  return refreshDesiredState(tx, { customerId: hold.customerId, source: hold.owner, asOf })
}

/** Lifts a hold; lifting what is not there changes nothing. Returns the desired version. */
export async function liftHold(tx: Tx, hold: HoldKey, asOf: string): Promise<number | null> {
  await tx
    .updateTable('holds')
    .set({ liftedAt: asOf })
    .where('customerId', '=', hold.customerId)
    .where('reason', '=', hold.reason)
    .where('owner', '=', hold.owner)
    .where('liftedAt', 'is', null)
    .execute()
  return refreshDesiredState(tx, { customerId: hold.customerId, source: hold.owner, asOf })
}

/** The reasons that hold this connection back now. */
export async function openHolds(
  db: Db | Tx,
  customerId: string,
): Promise<{ reason: HoldReason; owner: string; placedAt: string }[]> {
  const rows = await db
    .selectFrom('holds')
    .select(['reason', 'owner', 'placedAt'])
    .where('customerId', '=', customerId)
    .where('liftedAt', 'is', null)
    .orderBy('placedAt')
    .execute()
  return rows as { reason: HoldReason; owner: string; placedAt: string }[]
}

/**
 * Works out what the connection's installed meter should be (limit and hours of its supply package, relay by the holds) and,
 * when that differs from the newest version, writes the next version and its command in this transaction. The gateway
 * publishes it; an older open command is superseded. Returns the version that stands, or null without a meter.
 */
export async function refreshDesiredState(
  tx: Tx,
  { customerId, source, asOf }: { customerId: string; source: string; asOf: string },
): Promise<number | null> {
  const meter = await tx
    .selectFrom('meterInstallations')
    .innerJoin('meters', 'meters.serial', 'meterInstallations.serial')
    .select(['meters.serial', 'kind'])
    .where('customerId', '=', customerId)
    .where('removedAt', 'is', null)
    .forUpdate()
    .executeTakeFirst()
  if (meter === undefined) return null
  const wanted = await wantedState(tx, customerId)
  const newest = await tx
    .selectFrom('meterDesired')
    .selectAll()
    .where('serial', '=', meter.serial)
    .orderBy('version', 'desc')
    .limit(1)
    .executeTakeFirst()
  if (newest !== undefined && isSame(newest, wanted)) return newest.version
  const version = (newest?.version ?? 0) + 1
  await tx
    .insertInto('meterDesired')
    .values({ serial: meter.serial, version, ...wanted, validUntil: null, source, businessAt: asOf })
    .execute()
  if (meter.kind === 'smart') await enqueueCommand(tx, meter.serial, version)
  await nudge(tx, `connection:${customerId}`, `meter:${meter.serial}`)
  return version
}

interface WantedState {
  readonly loadLimitW: number
  readonly activeFrom: string
  readonly activeTo: string
  readonly relay: 'auto' | 'open'
}

async function wantedState(tx: Tx, customerId: string): Promise<WantedState> {
  const {
    plant,
    supplyPackageCode: code,
    supplyPackageVersion: version,
  } = await tx
    .selectFrom('connections')
    .select(['plant', 'supplyPackageCode', 'supplyPackageVersion'])
    .where('customerId', '=', customerId)
    .executeTakeFirstOrThrow()
  const { loadLimitW, activeFrom, activeTo } = await readPackage(tx, plant, { code, version })
  const holds = await openHolds(tx, customerId)
  return { loadLimitW, activeFrom, activeTo, relay: mayBeLive(holds.map(({ reason }) => reason)) ? 'auto' : 'open' }
}

function isSame(a: { loadLimitW: number; activeFrom: string; activeTo: string; relay: string }, b: WantedState): boolean {
  return a.loadLimitW === b.loadLimitW && a.activeFrom === b.activeFrom && a.activeTo === b.activeTo && a.relay === b.relay
}
