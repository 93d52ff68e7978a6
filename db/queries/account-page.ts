import { connectionStatus, type ConnectionStatus } from '../../domain/hold.ts'
import { activationHeld, credit, depositHeld, receivable, unearned } from '../../domain/ledger.ts'
import type { Db, Tx } from '../client.ts'
import { balanceOf } from './ledger.ts'
import { openHolds } from './supply.ts'

/** Whose account it is and how to reach them. */
export async function readHolder(db: Db | Tx, personId: string) {
  return db.selectFrom('persons').select(['personId', 'name', 'nameHi', 'phone', 'language']).where('personId', '=', personId).executeTakeFirstOrThrow()
}

/** The connection with its package terms, what holds it back, and the status that follows; null before there is one. */
export async function readConnectionPage(db: Db | Tx, customerId: string | null) {
  if (customerId === null) return null
  const connection = await db
    .selectFrom('connections')
    .select(['customerId', 'pole', 'connectionNumber', 'feeder', 'category', 'connectedOn', 'leftOn', 'supplyPackageCode', 'supplyPackageVersion'])
    .where('customerId', '=', customerId)
    .executeTakeFirst()
  if (connection === undefined) return null
  const holds = await openHolds(db, customerId)
  const terms = await db.selectFrom('connectionTerms').select(['fromDate', 'toDate', 'packageCode', 'packageVersion', 'source']).where('customerId', '=', customerId).orderBy('fromDate', 'desc').execute()
  const status: ConnectionStatus = connectionStatus(holds.map(({ reason }) => reason))
  return { ...connection, status, holds, terms }
}

/** The installed meter: what it should be beside what it says it is. Null where there is none. */
export async function readMeterPage(db: Db | Tx, customerId: string | null) {
  if (customerId === null) return null
  const meter = await db
    .selectFrom('meterInstallations')
    .innerJoin('meters', 'meters.serial', 'meterInstallations.serial')
    .select(['meters.serial', 'meters.kind', 'installedAt', 'startRegisterWh'])
    .where('customerId', '=', customerId)
    .where('removedAt', 'is', null)
    .executeTakeFirst()
  if (meter === undefined) return null
  const desired = await db
    .selectFrom('meterDesired')
    .select(['version', 'loadLimitW', 'activeFrom', 'activeTo', 'relay', 'source', 'businessAt'])
    .where('serial', '=', meter.serial)
    .orderBy('version', 'desc')
    .limit(1)
    .executeTakeFirst()
  const reported = await db
    .selectFrom('meterReported')
    .select(['version', 'loadLimitW', 'activeFrom', 'activeTo', 'relay', 'online', 'refusedVersion', 'refusalReason', 'reportedAt', 'lastSeenAt'])
    .where('serial', '=', meter.serial)
    .executeTakeFirst()
  return { ...meter, desired: desired ?? null, reported: reported ?? null }
}

/** What the account holds and owes by the ledger, in minor units: debts open, credit, deposit, advance not yet used, activation held. */
export async function readBalances(db: Db | Tx, accountId: string) {
  const owed = await balanceOf(db, receivable(accountId))
  return {
    owedMinor: owed === 0 ? 0 : -owed,
    creditMinor: await balanceOf(db, credit(accountId)),
    depositHeldMinor: await balanceOf(db, depositHeld(accountId)),
    unearnedMinor: await balanceOf(db, unearned(accountId)),
    activationHeldMinor: await balanceOf(db, activationHeld(accountId)),
  }
}
