import { sql } from 'kysely'
import type { Db, Tx } from '../../client.ts'
import { type BooksScope, sidesOf } from './scope.ts'

/** Cash in one hand, and what its holder owes for cash that was short. */
export interface CashInHand {
  readonly holder: string
  readonly cashMinor: number
  readonly shortMinor: number
}

/** A deposit held for a customer: a liability. */
export interface DepositHeld {
  readonly accountId: string
  readonly customerId: string | null
  readonly plant: string
  readonly heldMinor: number
}

interface Page {
  readonly after?: string | undefined
  readonly limit: number
}

/** Cash per holder, by holder; who has none and owes nothing is left out. */
export async function cashInHand(db: Db | Tx, scope: BooksScope, { after = '', limit }: Page): Promise<CashInHand[]> {
  const { rows } = await sql<CashInHand>`
    select b.holder, b.cash as "cashMinor", b.short as "shortMinor"
    from (select substr(code, strpos(code, ':') + 1) as holder,
        coalesce(sum(debit_minor - credit_minor) filter (where code like 'cash:%'), 0)::bigint as cash,
        coalesce(sum(debit_minor - credit_minor) filter (where code like 'agent:%'), 0)::bigint as short
      from ${sidesOf(scope, ['cash', 'agent'])} s group by 1) b
    where b.holder > ${after} and (b.cash <> 0 or b.short <> 0)
    order by 1
    limit ${limit}`.execute(db)
  return rows
}

/** Deposits held per account, by account. */
export async function depositsHeld(db: Db | Tx, scope: BooksScope, { after = '', limit }: Page): Promise<DepositHeld[]> {
  const { rows } = await sql<DepositHeld>`
    select a.account_id as "accountId", a.customer_id as "customerId", a.plant, b.held as "heldMinor"
    from (select substr(code, strpos(code, ':') + 1) as account_id, sum(credit_minor - debit_minor)::bigint as held
      from ${sidesOf(scope, ['deposit'])} s group by 1) b
    join accounts a on a.account_id = b.account_id
    where a.account_id > ${after} and b.held <> 0
    order by 1
    limit ${limit}`.execute(db)
  return rows
}
