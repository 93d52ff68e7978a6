import { sql } from 'kysely'
import { type AgedReceivables, type AgingDebt, ageDebts } from '../../../domain/aging.ts'
import type { Db, Tx } from '../../client.ts'
import { type BooksScope, scopeTable, sidesOf } from './scope.ts'

/** Banned customers are told apart; everybody else is active (manual, "Receivables are aged …"). */
export const STANDINGS = ['active', 'banned'] as const
export type Standing = (typeof STANDINGS)[number]

/** Receivables of one standing, beside what the ledger says of the same accounts. */
export interface ReceivablesLine extends AgedReceivables {
  readonly standing: Standing
  readonly accounts: number
  /** Balance of the receivable accounts: equal to the total, or the reconciler has a case. */
  readonly ledgerMinor: number
  /** Unallocated credit of customers, not set off here. */
  readonly creditMinor: number
}

/** One account that owes, or has credit. */
export interface AccountReceivables extends AgedReceivables {
  readonly accountId: string
  readonly customerId: string | null
  readonly standing: Standing
  readonly ledgerMinor: number
  readonly creditMinor: number
}

type Debt = AgingDebt & { readonly accountId: string; readonly standing: Standing }

/** Aged receivables on a day, by standing; both are always there. */
export async function agedReceivables(db: Db | Tx, scope: BooksScope, on: string): Promise<ReceivablesLine[]> {
  const debts = await openDebts(db, scope)
  const ledger = await customerBalances(db, scope)
  return STANDINGS.map((standing) => {
    const own = debts.filter((debt) => debt.standing === standing)
    const booked = ledger.filter((row) => row.standing === standing)
    const sum = (of: 'ledgerMinor' | 'creditMinor') => booked.reduce((total, row) => total + row[of], 0)
    const accounts = booked.reduce((total, row) => total + row.owing, 0)
    return { standing, accounts, ...ageDebts(own, on), ledgerMinor: sum('ledgerMinor'), creditMinor: sum('creditMinor') }
  })
}

/** The accounts behind it, by account; those after `after`. */
export async function receivableAccounts(
  db: Db | Tx,
  scope: BooksScope,
  { on, after = '', limit }: { on: string; after?: string | undefined; limit: number },
): Promise<AccountReceivables[]> {
  const { rows } = await sql<Pick<AccountReceivables, 'accountId' | 'customerId' | 'standing' | 'ledgerMinor' | 'creditMinor'>>`
    select a.account_id as "accountId", a.customer_id as "customerId", ${standingOf} as standing, b.owed as "ledgerMinor", b.credit as "creditMinor"
    from ${balancesByAccount(scope)} b join accounts a on a.account_id = b.account_id join ${scopeTable(scope)} on scope.plant = a.plant
    where a.account_id > ${after} and (b.owed <> 0 or b.credit <> 0)
    order by 1
    limit ${limit}`.execute(db)
  const debts = rows.length === 0 ? [] : await openDebts(db, scope, { accountIds: rows.map(({ accountId }) => accountId) })
  return rows.map((row) => ({
    ...row,
    ...ageDebts(
      debts.filter(({ accountId }) => accountId === row.accountId),
      on,
    ),
  }))
}

/** Open debts as they stood: summed by due date, or by account too where accounts are named. */
async function openDebts(db: Db | Tx, scope: BooksScope, only?: { accountIds: readonly string[] }): Promise<Debt[]> {
  const accountId = only === undefined ? sql`''` : sql`c.account_id`
  const named = only === undefined ? sql`true` : sql`c.account_id = any(${[...only.accountIds]}::text[])`
  const { rows } = await sql<Debt>`
    select ${accountId} as "accountId", ${standingOf} as standing, c.due_on as "dueOn", sum(c.amount_minor
      - coalesce((select sum(x.amount_minor) from allocations x where x.charge_id = c.charge_id and x.business_at < scope.until), 0)
      - coalesce((select sum(n.amount_minor) from notes n where n.charge_id = c.charge_id and n.kind <> 'debit' and n.business_at < scope.until), 0)
      )::bigint as "openMinor"
    from charges c join accounts a on a.account_id = c.account_id join ${scopeTable(scope)} on scope.plant = a.plant
    where c.nature = 'debt' and c.issued_at < scope.until and ${named}
    group by 1, 2, 3`.execute(db)
  return rows
}

async function customerBalances(
  db: Db | Tx,
  scope: BooksScope,
): Promise<{ standing: Standing; owing: number; ledgerMinor: number; creditMinor: number }[]> {
  const { rows } = await sql<{ standing: Standing; owing: number; ledgerMinor: number; creditMinor: number }>`
    select ${standingOf} as standing, count(*) filter (where b.owed <> 0) as owing,
      sum(b.owed)::bigint as "ledgerMinor", sum(b.credit)::bigint as "creditMinor"
    from ${balancesByAccount(scope)} b join accounts a on a.account_id = b.account_id join ${scopeTable(scope)} on scope.plant = a.plant
    group by 1`.execute(db)
  return rows
}

function balancesByAccount(scope: BooksScope) {
  return sql`(
    select substr(code, strpos(code, ':') + 1) as account_id,
      coalesce(sum(debit_minor - credit_minor) filter (where code like 'receivable:%'), 0)::bigint as owed,
      coalesce(sum(credit_minor - debit_minor) filter (where code like 'credit:%'), 0)::bigint as credit
    from ${sidesOf(scope, ['receivable', 'credit'])} s
    group by 1)`
}

/** Banned at the end of the day: the hold was placed before it and not lifted by then. */
const standingOf = sql`case when exists (
    select 1 from holds h where h.customer_id = a.customer_id and h.reason = 'ban' and h.placed_at < scope.until
      and (h.lifted_at is null or h.lifted_at >= scope.until)) then 'banned' else 'active' end`
