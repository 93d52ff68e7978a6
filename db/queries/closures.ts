import { DomainError } from '../../domain/errors.ts'
import { processIds } from '../../domain/process-ids.ts'
import type { RefundMethod } from '../../domain/refund.ts'
import type { Db, Tx } from '../client.ts'
import type { LockedAccount } from './accounts.ts'
import { takePlantId } from './numbers.ts'
import { startWorkflow } from './outbox.ts'

export type ClosingReason = 'own-wish' | 'non-payment' | 'capacity'

/** A connection that is to end, as it was asked for. */
export interface Closure {
  readonly closureId: string
  readonly plant: string
  readonly accountId: string
  readonly customerId: string
  readonly reason: ClosingReason
  /** The last supplied day. */
  readonly leavingOn: string
  readonly requestedBy: string
  readonly requestedAt: string
  readonly refundMethod: RefundMethod
  /** When the final bill was issued and the deposit set against it. */
  readonly settledAt: string | null
  readonly endedAt: string | null
  readonly endedAs: string | null
}

/** The closure of that id; undefined when there is none. */
export async function findClosure(db: Db | Tx, closureId: string): Promise<Closure | undefined> {
  return (await db.selectFrom('closures').selectAll().where('closureId', '=', closureId).executeTakeFirst()) as
    Closure | undefined
}

/** The closures of a connection, newest first. */
export async function listClosures(db: Db | Tx, customerId: string): Promise<Closure[]> {
  return (await db
    .selectFrom('closures')
    .selectAll()
    .where('customerId', '=', customerId)
    .orderBy('requestedAt', 'desc')
    .execute()) as Closure[]
}

/**
 * Opens the closing of a connection and starts its process with the commit. The caller holds the account lock.
 * ACCOUNT_CLOSED when it has left already, WRONG_STAGE before it is active (then the application is withdrawn, which gives back what
 * was paid), ALREADY_EXISTS with the id while another closing is open.
 */
export async function openClosure(
  tx: Tx,
  account: LockedAccount & { readonly customerId: string },
  asked: Pick<Closure, 'reason' | 'leavingOn' | 'requestedBy' | 'requestedAt' | 'refundMethod'>,
): Promise<Closure> {
  const { plant, accountId, customerId } = account
  if (account.closedAt !== null) throw new DomainError('ACCOUNT_CLOSED', 'this account is closed')
  const { connectedOn } = await tx
    .selectFrom('connections')
    .select('connectedOn')
    .where('customerId', '=', customerId)
    .executeTakeFirstOrThrow()
  if (connectedOn === null)
    throw new DomainError('WRONG_STAGE', 'this connection is not active yet: its application is withdrawn instead')
  const open = (await listClosures(tx, customerId)).find(({ endedAt }) => endedAt === null)
  if (open !== undefined)
    throw new DomainError('ALREADY_EXISTS', 'this connection is being closed already', { closureId: open.closureId })
  const closureId = await takePlantId(tx, plant, 'L')
  await tx
    .insertInto('closures')
    .values({ closureId, plant, accountId, customerId, ...asked })
    .execute()
  await startWorkflow(tx, {
    workflowType: 'closeAccount',
    workflowId: processIds.closing(closureId),
    input: { plant, accountId, customerId, closureId },
  })
  return (await findClosure(tx, closureId)) as Closure
}

/** Ends a closure. Ending it again, after money that came later, leaves the first end's time and says how it stands now. */
export async function endClosure(tx: Tx, closureId: string, { asOf, as }: { asOf: string; as: string }): Promise<void> {
  await tx
    .updateTable('closures')
    .set((eb) => ({ endedAt: eb.fn.coalesce('endedAt', eb.val(asOf)), endedAs: as }))
    .where('closureId', '=', closureId)
    .execute()
}

/** Money came to an account that is closed: its closing looks again, and gives it back. Any other account is left alone. */
export async function wakeEndedClosing(tx: Tx, { accountId, plant }: { accountId: string; plant: string }): Promise<void> {
  const ended = await tx
    .selectFrom('closures')
    .select(['closureId', 'customerId'])
    .where('accountId', '=', accountId)
    .where('endedAt', 'is not', null)
    .where('endedAs', '<>', 'Withdrawn')
    .orderBy('endedAt', 'desc')
    .executeTakeFirst()
  if (ended === undefined) return
  const input = { plant, accountId, ...ended }
  await startWorkflow(tx, { workflowType: 'closeAccount', workflowId: processIds.closing(ended.closureId), input })
}
