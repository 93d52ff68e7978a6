import { sql } from 'kysely'
import type { PaperKind } from '../../../papers/document.ts'
import type { Db, Tx } from '../../client.ts'

/** How a notice that speaks of a paper travelled. */
export interface Delivery {
  readonly notificationId: number
  readonly kind: string
  readonly language: string
  readonly channel: string
  readonly state: string
  readonly queuedAt: string
  readonly sentAt: string | null
  readonly deliveredAt: string | null
}

/** A paper that can be had. */
export interface PaperEntry {
  readonly kind: PaperKind
  readonly subject: string
  readonly issuedAt: string
  readonly amountMinor: number | null
  /** When it was first asked for in any language; null before. */
  readonly madeAt: string | null
  readonly deliveries: Delivery[]
}

/**
 * Papers of an account, newest first: those that follow from a bill, receipt, note or application, and those that somebody had made.
 * `after` is `issuedAt kind subject` of the last one seen.
 */
export async function listPapers(
  db: Db | Tx,
  accountId: string,
  { limit, after }: { limit: number; after: string | undefined },
): Promise<PaperEntry[]> {
  const [at, kind, subject] = after?.split(' ') ?? []
  const older =
    at === undefined
      ? sql`true`
      : sql`(e.issued_at, e.kind, e.subject) < (${at}::timestamptz, ${kind ?? ''}::text, ${subject ?? ''}::text)`
  const { rows } = await sql<PaperEntry>`
    select e.kind, e.subject, e.issued_at as "issuedAt", e.amount_minor as "amountMinor",
      (select min(p.made_at) from papers p where p.kind = e.kind and p.subject = e.subject) as "madeAt",
      coalesce((select json_agg(json_build_object('notificationId', n.notification_id, 'kind', n.kind, 'language', n.language,
          'channel', n.channel, 'state', n.state, 'queuedAt', ${iso(sql`n.queued_at`)}, 'sentAt', ${iso(sql`n.sent_at`)},
          'deliveredAt', ${iso(sql`n.delivered_at`)}) order by n.notification_id)
        from notifications n where n.account_id = ${accountId} and n.channel <> 'staff'
          and case e.kind when 'bill' then n.params ->> 'billNumber' when 'receipt' then n.params ->> 'receiptNumber'
            when 'note' then n.params ->> 'noteNumber' when 'commitments' then n.params ->> 'reference' end = e.subject
          and (e.kind <> 'commitments' or n.kind = 'supplier-commitments')), '[]') as deliveries
    from (
      select 'bill' as kind, number as subject, issued_at, total_minor as amount_minor from bills where account_id = ${accountId}
      union all
      select 'receipt', receipt_number, posted_at, amount_minor from payments where account_id = ${accountId} and receipt_number is not null
      union all
      select 'note', number, business_at, amount_minor from notes where account_id = ${accountId} and kind in ('credit', 'debit')
      union all
      select 'commitments', application_id, applied_at, null from applications where application_id = ${accountId} and origin <> 'import'
      union all
      select distinct kind, subject, made_at, null::bigint from papers where account_id = ${accountId}
        and kind in ('deposit-certificate', 'account-statement', 'deposit-statement')
    ) e where ${older} order by e.issued_at desc, e.kind desc, e.subject desc limit ${limit}`.execute(db)
  return rows
}

// Inside JSON an instant is text already: in the form in which columns are read (db/client.ts).
function iso(column: ReturnType<typeof sql>): ReturnType<typeof sql<string | null>> {
  return sql<string | null>`to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`
}
