import { sql } from 'kysely'
import type { Db } from '../../db/client.ts'

/** The last things that happened to an account, oldest first: what whoever looks into a broken invariant reads first. */
export async function lastEvents(db: Db, accountId: string, limit = 40): Promise<string[]> {
  const { rows } = await sql<{ at: string; what: string }>`
    select at, what from (
      select business_at as at, 'posting ' || event_key || ' ' || debit || ' > ' || credit || ' ' || amount_minor as what, posting_id as n
        from postings where account_id = ${accountId}
      union all select issued_at, 'charge ' || charge_id || ' ' || kind || '/' || source || ' ' || nature || ' ' || amount_minor
          || ' due ' || due_on || ' open ' || open_amount(charge_id) || coalesce(' void ' || void_reason, ''), charge_id
        from charges where account_id = ${accountId}
      union all select received_at, 'payment ' || payment_id || ' ' || channel || ' ' || amount_minor || ' ' || state, payment_id
        from payments where account_id = ${accountId}
      union all select requested_at, 'refund ' || refund_id || ' ' || kind || ' ' || amount_minor || ' ' || state, refund_id
        from refunds where account_id = ${accountId}
      union all select placed_at, 'hold ' || reason || ' by ' || owner || coalesce(', lifted ' || lifted_at, ''), hold_id
        from holds h join connections c on c.customer_id = h.customer_id where c.account_id = ${accountId}
      union all select opened_at, 'task ' || task_id || ' ' || kind || ' ' || source_step || ' ' || status, 0
        from tasks where account_id = ${accountId}
      union all select changed_at, 'process ' || workflow_id || ' ' || stage || coalesce(' ' || outcome, '') || coalesce(' ' || parked_reason, ''), 0
        from processes where account_id = ${accountId}
      union all select taken_at, 'reading ' || serial || ' ' || register_wh || ' ' || source || ' ' || state || coalesce(' for ' || boundary, ''), reading_id
        from readings r join connections c on c.customer_id = r.customer_id where c.account_id = ${accountId}
    ) events order by at desc, n desc limit ${limit}`.execute(db)
  return rows.toReversed().map(({ at, what }) => `${at} ${what}`)
}
