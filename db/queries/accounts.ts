import { DomainError } from '../../domain/errors.ts'
import type { Db, Tx } from '../client.ts'

/** What every write of money needs to know of an account. */
export interface LockedAccount {
  readonly accountId: string
  readonly plant: string
  readonly customerId: string | null
  readonly personId: string
  readonly category: string
  readonly currency: string
  readonly closedAt: string | null
}

const COLUMNS = ['accountId', 'plant', 'customerId', 'personId', 'category', 'currency', 'closedAt'] as const
const RETRYABLE = new Set(['40P01', '40001']) // deadlock_detected, serialization_failure
const MAX_TRIES = 5

/**
 * Runs `work` in one transaction that first locks the accounts, ordered by id: the order of commits then decides between a
 * payment and a cut. Retries on deadlock. NOT_FOUND when one of them does not exist.
 */
export async function withAccounts<T>(
  db: Db,
  accountIds: readonly string[],
  work: (tx: Tx, accounts: LockedAccount[]) => Promise<T>,
): Promise<T> {
  return inTransaction(db, async (tx) => work(tx, await lockAccounts(tx, accountIds)))
}

/** {@link withAccounts} for one account. */
export async function withAccount<T>(
  db: Db,
  accountId: string,
  work: (tx: Tx, account: LockedAccount) => Promise<T>,
): Promise<T> {
  return withAccounts(db, [accountId], (tx, [account]) => work(tx, account as LockedAccount))
}

/** A transaction that is tried again when Postgres chose it as the victim of a deadlock. */
export async function inTransaction<T>(db: Db, work: (tx: Tx) => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await db.transaction().execute(work)
    } catch (error) {
      if (tries >= MAX_TRIES || !RETRYABLE.has(sqlState(error))) throw error
    }
  }
}

/** Locks the accounts in id order and returns them in that order. */
export async function lockAccounts(tx: Tx, accountIds: readonly string[]): Promise<LockedAccount[]> {
  const wanted = [...new Set(accountIds)]
  if (wanted.length === 0) return []
  const accounts = await tx
    .selectFrom('accounts')
    .select(COLUMNS)
    .where('accountId', 'in', wanted)
    .orderBy('accountId')
    .forUpdate()
    .execute()
  if (accounts.length !== wanted.length) throw new DomainError('NOT_FOUND', 'no such account')
  return accounts
}

function sqlState(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : ''
}
