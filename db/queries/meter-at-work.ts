import { darkReasons, type DarkReason } from '../../domain/dark-reasons.ts'
import type { HoldReason } from '../../domain/hold.ts'
import { isCarried } from '../../domain/meter-state.ts'
import type { Db, Tx } from '../client.ts'
import { findMeter, type StockMeter } from './stock.ts'
import { openHolds } from './supply.ts'

const DESIRED = ['version', 'loadLimitW', 'activeFrom', 'activeTo', 'relay', 'validUntil', 'source', 'businessAt'] as const
const REPORTED = [
  'version',
  'loadLimitW',
  'activeFrom',
  'activeTo',
  'relay',
  'relayMode',
  'validUntil',
  'online',
  'refusedVersion',
  'refusalReason',
  'reportedAt',
  'lastSeenAt',
] as const
const COMMAND = ['desiredVersion', 'state', 'attempts', 'publishedAt', 'lastAnswer', 'nextAttemptAt'] as const
const EVENTS = 20

interface Supply {
  readonly version: number
  readonly loadLimitW: number
  readonly activeFrom: string
  readonly activeTo: string
  readonly relay: string
  readonly validUntil: string | null
  readonly source: string
  readonly businessAt: string
}

interface Report {
  readonly version: number
  readonly loadLimitW: number | null
  readonly activeFrom: string | null
  readonly activeTo: string | null
  readonly relay: string | null
  readonly relayMode: string | null
  readonly validUntil: string | null
  readonly online: boolean
  readonly refusedVersion: number | null
  readonly refusalReason: string | null
  readonly reportedAt: string | null
  readonly lastSeenAt: string | null
}

interface Command {
  readonly desiredVersion: number
  readonly state: string
  readonly attempts: number
  readonly publishedAt: string | null
  readonly lastAnswer: string | null
  readonly nextAttemptAt: string
}

/** A meter as staff look at it: what it should be beside what it says it is, and why its house has no light. */
export interface MeterAtWork extends StockMeter {
  readonly customerId: string | null
  readonly desired: Supply | null
  readonly reported: Report | null
  /** It has reported the newest version with its values. */
  readonly isAsDesired: boolean
  readonly darkReasons: readonly DarkReason[]
  readonly holds: readonly { reason: HoldReason; owner: string; placedAt: string }[]
  /** The last command, open or not; instants of it are wall time. */
  readonly command: Command | null
  /** Newest first, at most twenty. */
  readonly events: readonly { kind: string; takenAt: string }[]
}

/** One meter of a plant; undefined when the plant has none of that serial. `asOf` is business time. */
export async function readMeterAtWork(
  db: Db | Tx,
  { plant, serial, asOf }: { plant: string; serial: string; asOf: string },
): Promise<MeterAtWork | undefined> {
  const meter = await findMeter(db, serial)
  if (meter?.plant !== plant) return undefined
  const { customerId } = (await installation(db, serial)) ?? { customerId: null }
  const holds = customerId === null ? [] : await openHolds(db, customerId)
  const desired = await newest(db, serial)
  const reported = await db.selectFrom('meterReported').select(REPORTED).where('serial', '=', serial).executeTakeFirst()
  return {
    ...meter,
    customerId,
    desired: desired ?? null,
    reported: reported ?? null,
    isAsDesired: desired !== undefined && reported !== undefined && isCarried(desired, reported),
    // A meter on the shelf keeps nobody in the dark.
    darkReasons:
      customerId === null ? [] : darkReasons({ holds: holds.map(({ reason }) => reason), reported: reported ?? null, asOf }),
    holds,
    command: (await lastCommand(db, serial)) ?? null,
    events: await events(db, serial),
  }
}

function installation(db: Db | Tx, serial: string): Promise<{ customerId: string } | undefined> {
  return db
    .selectFrom('meterInstallations')
    .select('customerId')
    .where('serial', '=', serial)
    .where('removedAt', 'is', null)
    .executeTakeFirst()
}

function newest(db: Db | Tx, serial: string): Promise<Supply | undefined> {
  return db
    .selectFrom('meterDesired')
    .select(DESIRED)
    .where('serial', '=', serial)
    .orderBy('version', 'desc')
    .limit(1)
    .executeTakeFirst()
}

function lastCommand(db: Db | Tx, serial: string): Promise<Command | undefined> {
  return db
    .selectFrom('meterCommands')
    .select(COMMAND)
    .where('serial', '=', serial)
    .orderBy('desiredVersion', 'desc')
    .limit(1)
    .executeTakeFirst()
}

function events(db: Db | Tx, serial: string): Promise<{ kind: string; takenAt: string }[]> {
  return db
    .selectFrom('meterEvents')
    .select(['kind', 'takenAt'])
    .where('serial', '=', serial)
    .orderBy('takenAt', 'desc')
    .limit(EVENTS)
    .execute()
}
