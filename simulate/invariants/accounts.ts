import { type RawBuilder, sql } from 'kysely'
import type { Db } from '../../db/client.ts'
import type { Broken } from './broken.ts'

interface Difference {
  readonly accountId: string
  readonly what: string
  readonly ledgerMinor: number
  readonly rowsMinor: number
}

/**
 * Of each of these accounts (all where none are named), every balance is what its rows say: receivable is what is open of the debts; credit is
 * what was paid less what was put somewhere and given back; deposit, unearned and activation are what was put there and what left. Nothing
 * that is held for a customer is below zero.
 */
export async function accountsDerivable(db: Db, accountIds?: readonly string[]): Promise<Broken[]> {
  if (accountIds?.length === 0) return []
  const { rows } = await differences(accountIds).execute(db)
  return rows.map(({ accountId, what, ledgerMinor, rowsMinor }) => ({
    invariant: `balance of ${what} derivable`,
    accountId,
    detail: `ledger ${ledgerMinor}, its rows say ${rowsMinor}`,
  }))
}

/** What is posted without a row of payments or allocations: read from the postings of other events. */
const BY_ROWS = sql`event_key !~ '^(allocation|deposit-set-off|payment|payment-match|payment-bounced):'`

function differences(accountIds: readonly string[] | undefined): RawBuilder<Difference> {
  const of = accountIds === undefined ? sql`true` : sql`a.account_id = any(${[...accountIds]}::text[])`
  return sql<Difference>`
    with looked as materialized (select a.account_id from accounts a where ${of}),
    codes as materialized (
      select s.account_id, k.what, k.what || ':' || s.account_id as code
      from looked s, unnest(array['receivable', 'credit', 'deposit', 'unearned', 'activation-held', 'unclaimed']) as k (what)
    ), moved as materialized (
      select c.account_id, c.what, coalesce(sum(m.minor), 0)::bigint as all_minor, coalesce(sum(m.minor) filter (where m.is_other), 0)::bigint as other_minor
      from codes c left join lateral (
        select amount_minor as minor, ${BY_ROWS} as is_other from postings where credit = c.code
        union all select -amount_minor, ${BY_ROWS} from postings where debit = c.code) m on true
      group by 1, 2
    ), paid as materialized (
      select s.account_id, x.origin, x.amount_minor, case when c.nature = 'debt' then 'receivable' when c.kind = 'electricity' then 'unearned'
        when c.kind = 'activation' then 'activation-held' else 'deposit' end as into_what
      from looked s join charges c on c.account_id = s.account_id join allocations x on x.charge_id = c.charge_id
    ), said as (
      select s.account_id, 'receivable' as what, -coalesce((select sum(open_amount(c.charge_id)) from charges c
        where c.account_id = s.account_id and c.nature = 'debt' and c.voided_at is null), 0) as minor from looked s
      union all
      select m.account_id, m.what, m.other_minor
        + case m.what when 'credit' then coalesce((select sum(p.amount_minor) from payments p where p.account_id = m.account_id and p.state = 'posted'), 0)
            - coalesce((select sum(d.amount_minor) from paid d where d.account_id = m.account_id and d.origin = 'credit'), 0)
          when 'unclaimed' then 0
          else coalesce((select sum(d.amount_minor) from paid d where d.account_id = m.account_id and d.into_what = m.what), 0)
            - case m.what when 'deposit' then coalesce((select sum(d.amount_minor) from paid d where d.account_id = m.account_id and d.origin = 'deposit'), 0) else 0 end
          end
      from moved m where m.what <> 'receivable'
    )
    select m.account_id as "accountId", m.what, m.all_minor as "ledgerMinor", r.minor::bigint as "rowsMinor"
    from moved m join said r using (account_id, what)
    where m.all_minor <> r.minor or (m.what <> 'receivable' and m.all_minor < 0)
    order by 1, 2`
}
