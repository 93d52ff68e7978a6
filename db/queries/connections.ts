import { customerId as customerIdOf, nextConnectionNumber } from '../../domain/ids.ts'
import { DomainError } from '../../domain/errors.ts'
import type { Db, Tx } from '../client.ts'
import type { LockedAccount } from './accounts.ts'

/** Which package version holds for a connection, from which day. */
export interface Terms {
  readonly customerId: string
  readonly plant: string
  readonly packageCode: string
  readonly packageVersion: number
  readonly fromDate: string
  /** The process that brought it about. */
  readonly source: string
}

/** How many connection numbers a pole has left: 99 less the highest ever used. NOT_FOUND for a pole that the plant does not have. */
export async function roomOnPole(db: Db | Tx, plant: string, pole: string): Promise<number> {
  const row = await db
    .selectFrom('poles')
    .select('highestConnection')
    .where('plant', '=', plant)
    .where('pole', '=', pole)
    .executeTakeFirst()
  if (row === undefined) throw new DomainError('NOT_FOUND', 'this plant has no such pole', { pole })
  return 99 - row.highestConnection
}

/**
 * Gives the account its customer ID for good: the next number of the pole, which nobody had before and nobody gets again
 * (policy, "Names and numbers"). POLE_FULL for the hundredth. An account that has one keeps it. The caller holds the account lock.
 */
export async function createConnection(
  tx: Tx,
  account: LockedAccount,
  { pole: poleCode, package: supply }: { pole: string; package: { code: string; version: number } },
): Promise<string> {
  if (account.customerId !== null) return account.customerId
  const { plant, accountId, category } = account
  const pole = await tx
    .selectFrom('poles')
    .selectAll()
    .where('plant', '=', plant)
    .where('pole', '=', poleCode)
    .forUpdate()
    .executeTakeFirst()
  if (pole === undefined) throw new DomainError('NOT_FOUND', 'this plant has no such pole', { pole: poleCode })
  const connectionNumber = nextConnectionNumber(pole.highestConnection)
  const customerId = customerIdOf({ plant, pole: Number(poleCode), connection: connectionNumber })
  await tx
    .updateTable('poles')
    .set({ highestConnection: connectionNumber })
    .where('plant', '=', plant)
    .where('pole', '=', poleCode)
    .execute()
  await tx.updateTable('accounts').set({ customerId }).where('accountId', '=', accountId).execute()
  await tx
    .insertInto('connections')
    .values({
      customerId,
      accountId,
      plant,
      pole: poleCode,
      connectionNumber,
      feeder: pole.feeder,
      category,
      supplyPackageCode: supply.code,
      supplyPackageVersion: supply.version,
    })
    .execute()
  return customerId
}

/** The supply begins: day of connection and the first terms. Repeating it changes nothing. */
export async function connect(tx: Tx, terms: Terms): Promise<void> {
  await tx
    .updateTable('connections')
    .set({ connectedOn: terms.fromDate })
    .where('customerId', '=', terms.customerId)
    .where('connectedOn', 'is', null)
    .execute()
  await tx
    .insertInto('connectionTerms')
    .values(terms)
    .onConflict((c) => c.doNothing())
    .execute()
}

/** The customer has left: the connection stays in the register with its number. Repeating it keeps the first day. */
export async function markLeft(tx: Tx, customerId: string, leftOn: string): Promise<void> {
  await tx.updateTable('connections').set({ leftOn }).where('customerId', '=', customerId).where('leftOn', 'is', null).execute()
}
