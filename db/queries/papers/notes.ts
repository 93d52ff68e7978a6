import { sql } from 'kysely'
import type { NoteFacts } from '../../../papers/models/note.ts'
import type { Db, Tx } from '../../client.ts'

/** A credit or debit note of an account, by its number; undefined for a debt given up, which is no paper of the customer's. */
export async function readNote(db: Db | Tx, accountId: string, number: string): Promise<NoteFacts | undefined> {
  const { rows } = await sql<NoteFacts>`
    select n.number, n.kind as direction, n.business_at as "issuedAt", n.amount_minor as "amountMinor", n.reason,
      coalesce(s.name, n.approved_by) as "approvedBy", b.number as "billNumber", c.kind as "chargeKind", c.period_from as "periodFrom",
      c.amount_minor + coalesce((select sum(case when e.kind = 'debit' then e.amount_minor else -e.amount_minor end)
        from notes e where e.charge_id = n.charge_id and e.note_id < n.note_id), 0)::bigint as "beforeMinor",
      (select t.params from notifications t where t.account_id = n.account_id and t.kind = 'bill-corrected'
        and t.params ->> 'noteNumber' = n.number order by t.notification_id limit 1) as notice,
      coalesce((select json_agg(json_build_object('kind', l.kind, 'amountMinor', nl.amount_minor) order by nl.line)
        from note_lines nl join charge_lines l using (charge_id, line) where nl.note_id = n.note_id), '[]') as lines
    from notes n
    join charges c on c.charge_id = n.charge_id
    left join bill_charges bc on bc.charge_id = n.charge_id
    left join bills b on b.bill_id = bc.bill_id
    left join staff s on s.login = n.approved_by
    where n.account_id = ${accountId} and n.number = ${number} and n.kind in ('credit', 'debit')`.execute(db)
  return rows[0]
}
