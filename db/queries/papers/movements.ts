import { sql } from 'kysely'
import type { LedgerEntry } from '../../../domain/movements.ts'
import type { Db, Tx } from '../../client.ts'

/**
 * Every posting of an account in the order of posting, with what it speaks of: the charge and its bill, the receipt of a payment, the
 * receipt whose money paid a deposit, the note. Postings are found by the event's name, which says what made them.
 */
export async function ledgerEntries(db: Db | Tx, accountId: string): Promise<LedgerEntry[]> {
  const { rows } = await sql<LedgerEntry>`
    select p.event_key as "eventKey", p.debit, p.credit, p.amount_minor as "amountMinor", p.business_at as "businessAt",
      coalesce(c.kind, ac.kind) as "chargeKind", coalesce(c.period_from, ac.period_from) as "periodFrom",
      pay.channel as "channel", coalesce(b.number, pay.receipt_number, apay.receipt_number, n.number) as "number",
      case when ac.kind = 'deposit' and ac.source like 'restore:%' then 'deposit-restored'
        when ac.kind = 'deposit' and ac.source like 'top-up:%' then 'deposit-topped-up'
        when a.origin = 'deposit' and exists (select 1 from dunning_steps d join charges dc on dc.charge_id = d.charge_id
          where dc.account_id = p.account_id and d.step = 'deposit-draw' and d.decided_at = a.business_at) then 'deposit-drawn' end as "depositEvent"
    from postings p
    left join charges c on c.account_id = p.account_id and p.event_key = 'charge:' || c.charge_id
    left join bill_charges bc on bc.charge_id = c.charge_id
    left join bills b on b.bill_id = bc.bill_id
    left join payments pay on pay.account_id = p.account_id
      and p.event_key in ('payment:' || pay.provider || ':' || pay.reference,
        'payment-match:' || pay.provider || ':' || pay.reference, 'payment-bounced:' || pay.provider || ':' || pay.reference)
    left join allocations a on a.account_id = p.account_id
      and p.event_key in ('allocation:' || a.allocation_id, 'deposit-set-off:' || a.allocation_id)
    left join charges ac on ac.charge_id = a.charge_id
    left join payments apay on apay.payment_id = a.payment_id
    left join notes n on n.account_id = p.account_id and p.event_key = 'note:' || n.number
    where p.account_id = ${accountId}
    order by p.posting_id`.execute(db)
  return rows
}
