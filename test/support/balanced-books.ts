import { expect } from '@jest/globals'
import { sql } from 'kysely'
import type { Db } from '../../db/client.ts'

/** One account: what its ledger says beside what charges, allocations and payments say, in minor units. */
interface Compared {
  readonly accountId: string
  readonly receivable: number
  readonly credit: number
  readonly deposit: number
  readonly unearned: number
  readonly activationHeld: number
}

/**
 * The books are right, account by account. A posting has two sides by construction, so that debits are credits says nothing: each
 * ledger account is held against the rows it was posted for. What is receivable is what is open of the debts. Credit, deposit,
 * unearned and activation are what allocations put there and took from there (and payments brought), beside what is moved without
 * one: given back, released, earned, brought in by the import. Liabilities are never below zero.
 */
export async function expectBooksInBalance(db: Db): Promise<void> {
  const { rows: ledger } = await sql<Compared>`
    select a.account_id as "accountId", -balance_of('receivable:' || a.account_id) as receivable,
      balance_of('credit:' || a.account_id) as credit, balance_of('deposit:' || a.account_id) as deposit,
      balance_of('unearned:' || a.account_id) as unearned, balance_of('activation-held:' || a.account_id) as "activationHeld"
    from accounts a order by a.account_id`.execute(db)
  const { rows } = await sql<Compared>`
    with paid as (
      select l.account_id, l.origin, l.amount_minor,
        case when c.nature = 'debt' then 'receivable' when c.kind = 'electricity' then 'unearned'
          when c.kind = 'activation' then 'activation-held' else 'deposit' end as into
      from allocations l join charges c using (charge_id)
    ), moved as (
      -- What no row of allocations or payments stands for.
      select code, sum(minor) as minor from (
        select credit as code, amount_minor as minor, event_key from postings
        union all select debit, -amount_minor, event_key from postings
      ) sides
      where event_key !~ '^(allocation|deposit-set-off|payment|payment-match|payment-bounced):'
      group by code
    )
    select a.account_id as "accountId",
      coalesce((select sum(open_amount(c.charge_id)) from charges c where c.account_id = a.account_id and c.nature = 'debt'), 0)::bigint
        as receivable,
      (${movedOf('credit')}
        + coalesce((select sum(p.amount_minor) from payments p where p.account_id = a.account_id and p.state = 'posted'), 0)
        - coalesce((select sum(d.amount_minor) from paid d where d.account_id = a.account_id and d.origin = 'credit'), 0))::bigint as credit,
      (${movedOf('deposit')} + ${paidInto('deposit')}
        - coalesce((select sum(d.amount_minor) from paid d where d.account_id = a.account_id and d.origin = 'deposit'), 0))::bigint as deposit,
      (${movedOf('unearned')} + ${paidInto('unearned')})::bigint as unearned,
      (${movedOf('activation-held')} + ${paidInto('activation-held')})::bigint as "activationHeld"
    from accounts a order by a.account_id`.execute(db)
  expect(ledger).toEqual(rows)
  const belowZero = ledger.filter(({ credit, deposit, unearned, activationHeld }) =>
    [credit, deposit, unearned, activationHeld].some((minor) => minor < 0),
  )
  expect(belowZero).toEqual([])
}

function movedOf(prefix: string) {
  return sql`coalesce((select m.minor from moved m where m.code = ${prefix} || ':' || a.account_id), 0)`
}

function paidInto(into: string) {
  return sql`coalesce((select sum(d.amount_minor) from paid d where d.account_id = a.account_id and d.into = ${into}), 0)`
}
