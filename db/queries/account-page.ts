import type { Selectable } from 'kysely'
import { connectionStatus, type ConnectionStatus, type HoldReason } from '../../domain/hold.ts'
import { activationHeld, credit, depositHeld, payingOut, receivable, unclaimed, unearned } from '../../domain/ledger.ts'
import type { Db, Tx } from '../client.ts'
import type { Connections, ConnectionTerms, MeterDesired, MeterInstallations, MeterReported, Meters, Persons } from '../tables.ts'
import { balanceOf } from './ledger.ts'
import { openHolds } from './supply.ts'

const HOLDER = ['personId', 'name', 'nameHi', 'phone', 'language'] as const
const CONNECTION = [
  'customerId',
  'pole',
  'connectionNumber',
  'feeder',
  'category',
  'connectedOn',
  'leftOn',
  'supplyPackageCode',
  'supplyPackageVersion',
] as const
const TERMS = ['fromDate', 'toDate', 'packageCode', 'packageVersion', 'source'] as const
const DESIRED = ['version', 'loadLimitW', 'activeFrom', 'activeTo', 'relay', 'source', 'businessAt'] as const
const REPORTED = [
  'version',
  'loadLimitW',
  'activeFrom',
  'activeTo',
  'relay',
  'online',
  'refusedVersion',
  'refusalReason',
  'reportedAt',
  'lastSeenAt',
] as const

export type Holder = Pick<Selectable<Persons>, (typeof HOLDER)[number]>

export type ConnectionPage = Pick<Selectable<Connections>, (typeof CONNECTION)[number]> & {
  status: ConnectionStatus
  holds: { reason: HoldReason; owner: string; placedAt: string }[]
  terms: Pick<Selectable<ConnectionTerms>, (typeof TERMS)[number]>[]
}

export type MeterPage = Pick<Selectable<Meters>, 'serial' | 'kind'> &
  Pick<Selectable<MeterInstallations>, 'installedAt' | 'startRegisterWh'> & {
    desired: Pick<Selectable<MeterDesired>, (typeof DESIRED)[number]> | null
    reported: Pick<Selectable<MeterReported>, (typeof REPORTED)[number]> | null
  }

/**
 * What an account holds and owes, in minor units: debts open, credit, deposit, advance not yet used, activation held; what is on its way
 * to the customer, and what waits for them because nobody fetched it.
 */
export interface Balances {
  readonly owedMinor: number
  readonly creditMinor: number
  readonly depositHeldMinor: number
  readonly unearnedMinor: number
  readonly activationHeldMinor: number
  readonly payingOutMinor: number
  readonly unclaimedMinor: number
}

/** Whose account it is and how to reach them. */
export async function readHolder(db: Db | Tx, personId: string): Promise<Holder> {
  return db.selectFrom('persons').select(HOLDER).where('personId', '=', personId).executeTakeFirstOrThrow()
}

/** The connection with its package terms, what holds it back, and the status that follows; null before there is one. */
export async function readConnectionPage(db: Db | Tx, customerId: string | null): Promise<ConnectionPage | null> {
  if (customerId === null) return null
  const connection = await db.selectFrom('connections').select(CONNECTION).where('customerId', '=', customerId).executeTakeFirst()
  if (connection === undefined) return null
  const holds = await openHolds(db, customerId)
  const terms = await db
    .selectFrom('connectionTerms')
    .select(TERMS)
    .where('customerId', '=', customerId)
    .orderBy('fromDate', 'desc')
    .execute()
  return { ...connection, status: connectionStatus(holds.map(({ reason }) => reason)), holds, terms }
}

/** The installed meter: what it should be beside what it says it is. Null where there is none. */
export async function readMeterPage(db: Db | Tx, customerId: string | null): Promise<MeterPage | null> {
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
    .select(DESIRED)
    .where('serial', '=', meter.serial)
    .orderBy('version', 'desc')
    .limit(1)
    .executeTakeFirst()
  const reported = await db.selectFrom('meterReported').select(REPORTED).where('serial', '=', meter.serial).executeTakeFirst()
  return { ...meter, desired: desired ?? null, reported: reported ?? null }
}

/** The account's balances by the ledger. */
export async function readBalances(db: Db | Tx, accountId: string): Promise<Balances> {
  return {
    // A receivable is a debit balance; `0 -` and not `-`, for there is no minus nothing.
    owedMinor: 0 - (await balanceOf(db, receivable(accountId))),
    creditMinor: await balanceOf(db, credit(accountId)),
    depositHeldMinor: await balanceOf(db, depositHeld(accountId)),
    unearnedMinor: await balanceOf(db, unearned(accountId)),
    activationHeldMinor: await balanceOf(db, activationHeld(accountId)),
    payingOutMinor: await balanceOf(db, payingOut(accountId)),
    unclaimedMinor: await balanceOf(db, unclaimed(accountId)),
  }
}
