import { isCarried } from '../../domain/meter-state.ts'
import type { Db, Tx } from '../client.ts'

/** What a connection's meter should be beside what it says it is. */
export interface SupplyState {
  readonly serial: string
  readonly kind: 'smart' | 'conventional' | 'load_limiter'
  readonly desiredVersion: number
  readonly desiredRelay: 'auto' | 'open'
  readonly desiredSince: string
  /** The meter (or the technician) reported the newest version with its values. */
  readonly isCarried: boolean
}

/** The supply of a connection by its installed meter; undefined without one, or before anything was asked of it. */
export async function readSupplyState(db: Db | Tx, customerId: string): Promise<SupplyState | undefined> {
  const desired = await db
    .selectFrom('meterInstallations')
    .innerJoin('meters', 'meters.serial', 'meterInstallations.serial')
    .innerJoin('meterDesired', 'meterDesired.serial', 'meters.serial')
    .select(['meters.serial', 'kind', 'version', 'loadLimitW', 'activeFrom', 'activeTo', 'relay', 'validUntil', 'businessAt'])
    .where('customerId', '=', customerId)
    .where('removedAt', 'is', null)
    .orderBy('version', 'desc')
    .limit(1)
    .executeTakeFirst()
  if (desired === undefined) return undefined
  const reported = await db.selectFrom('meterReported').selectAll().where('serial', '=', desired.serial).executeTakeFirst()
  return {
    serial: desired.serial,
    kind: desired.kind as SupplyState['kind'],
    desiredVersion: desired.version,
    desiredRelay: desired.relay as 'auto' | 'open',
    desiredSince: desired.businessAt,
    isCarried: reported !== undefined && isCarried(desired, reported),
  }
}
