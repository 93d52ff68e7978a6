import { isCarried } from '../../domain/meter-state.ts'
import type { Db, Tx } from '../client.ts'

/** What a connection's meter should be beside what it says it is. */
export interface SupplyState {
  readonly serial: string
  readonly kind: 'smart' | 'conventional' | 'load_limiter'
  readonly desiredVersion: number
  readonly desiredRelay: 'auto' | 'open'
  readonly desiredSince: string
  /** The process that asked for the newest version. */
  readonly source: string
  /** The meter (or the technician) reported the newest version with its values. */
  readonly isCarried: boolean
  /** It is lit or dark as wanted already, whatever else of the version is still to be carried out. */
  readonly isRelaySet: boolean
  /** Why the newest version will not be carried out, in the words of whoever said no: the meter, or the technician; null otherwise. */
  readonly refused: string | null
}

/** The supply of a connection by its installed meter; undefined without one, or before anything was asked of it. */
export async function readSupplyState(db: Db | Tx, customerId: string): Promise<SupplyState | undefined> {
  const desired = await db
    .selectFrom('meterInstallations')
    .innerJoin('meters', 'meters.serial', 'meterInstallations.serial')
    .innerJoin('meterDesired', 'meterDesired.serial', 'meters.serial')
    .select([
      'meters.serial',
      'kind',
      'version',
      'loadLimitW',
      'activeFrom',
      'activeTo',
      'relay',
      'validUntil',
      'source',
      'businessAt',
    ])
    .where('customerId', '=', customerId)
    .where('removedAt', 'is', null)
    .orderBy('version', 'desc')
    .limit(1)
    .executeTakeFirst()
  if (desired === undefined) return undefined
  const reported = await db.selectFrom('meterReported').selectAll().where('serial', '=', desired.serial).executeTakeFirst()
  const carried = reported !== undefined && isCarried(desired, reported)
  const isRefused = !carried && (reported?.refusedVersion ?? 0) >= desired.version
  return {
    serial: desired.serial,
    kind: desired.kind as SupplyState['kind'],
    desiredVersion: desired.version,
    desiredRelay: desired.relay as 'auto' | 'open',
    desiredSince: desired.businessAt,
    source: desired.source,
    isCarried: carried,
    isRelaySet: reported?.relayMode === desired.relay && (desired.relay !== 'open' || reported.relay === 'open'),
    refused: isRefused ? (reported?.refusalReason ?? 'unknown') : null,
  }
}
