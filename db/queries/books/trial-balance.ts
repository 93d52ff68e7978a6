import { sql } from 'kysely'
import type { AccountClass } from '../../../domain/ledger.ts'
import { naturalMinor } from '../../../domain/books.ts'
import type { Db, Tx } from '../../client.ts'
import { type BooksScope, sidesOf } from './scope.ts'

/** A line of a trial balance: a group of ledger accounts, or one account. */
export interface TrialBalanceLine {
  readonly group: string
  readonly class: AccountClass
  readonly debitMinor: number
  readonly creditMinor: number
  /** On the side the class grows on. */
  readonly balanceMinor: number
}

/** Debits, credits and balance of every group of ledger accounts, whatever groups there are; by class and group. */
export async function trialBalanceByGroup(db: Db | Tx, scope: BooksScope): Promise<TrialBalanceLine[]> {
  const { rows } = await sql<Omit<TrialBalanceLine, 'balanceMinor'>>`
    select split_part(s.code, ':', 1) as "group", l.class, sum(s.debit_minor)::bigint as "debitMinor", sum(s.credit_minor)::bigint as "creditMinor"
    from ${sidesOf(scope)} s join ledger_accounts l on l.code = s.code
    group by 1, 2
    order by array_position(array['asset', 'liability', 'equity', 'income', 'expense'], l.class), 1`.execute(db)
  return rows.map((row) => ({ ...row, balanceMinor: naturalMinor(row.class, row) }))
}

/** The same by single account, by code; those after `after`. */
export async function trialBalanceByAccount(
  db: Db | Tx,
  scope: BooksScope,
  { after = '', limit }: { after?: string | undefined; limit: number },
): Promise<(TrialBalanceLine & { readonly code: string })[]> {
  const { rows } = await sql<Omit<TrialBalanceLine, 'balanceMinor'> & { code: string }>`
    select s.code, split_part(s.code, ':', 1) as "group", l.class,
      sum(s.debit_minor)::bigint as "debitMinor", sum(s.credit_minor)::bigint as "creditMinor"
    from ${sidesOf(scope)} s join ledger_accounts l on l.code = s.code
    where s.code > ${after}
    group by 1, 2, 3
    order by 1
    limit ${limit}`.execute(db)
  return rows.map((row) => ({ ...row, balanceMinor: naturalMinor(row.class, row) }))
}
