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
  const row = await db
    .selectFrom('meterInstallations')
    .innerJoin('meters', 'meters.serial', 'meterInstallations.serial')
    .innerJoin('meterDesired as desired', 'desired.serial', 'meters.serial')
    .leftJoin('meterReported as reported', 'reported.serial', 'meters.serial')
    .select(['meters.serial', 'kind', 'desired.version', 'desired.relay', 'desired.businessAt', 'desired.loadLimitW', 'desired.activeFrom', 'desired.activeTo'])
    .select(['reported.version as reportedVersion', 'reported.relay as reportedRelay', 'reported.loadLimitW as reportedLimitW', 'reported.activeFrom as reportedFrom', 'reported.activeTo as reportedTo'])
    .where('customerId', '=', customerId)
    .where('removedAt', 'is', null)
    .orderBy('desired.version', 'desc')
    .limit(1)
    .executeTakeFirst()
  if (row === undefined) return undefined
  const relayFits = row.relay === 'open' ? row.reportedRelay === 'open' : row.reportedRelay !== null && row.reportedRelay !== 'open'
  const valuesFit = row.reportedLimitW === row.loadLimitW && row.reportedFrom === row.activeFrom && row.reportedTo === row.activeTo
  return {
    serial: row.serial, kind: row.kind as SupplyState['kind'], desiredVersion: row.version, desiredRelay: row.relay as 'auto' | 'open', desiredSince: row.businessAt,
    isCarried: row.reportedVersion === row.version && relayFits && valuesFit,
  }
}
