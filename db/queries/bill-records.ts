import { sql } from 'kysely'
import type { Db, Tx } from '../client.ts'
import { type BillReading, readingsOfBill } from './bill-readings.ts'
import { listNotes, type NoteEntry } from './notes.ts'

/** What was put against a charge of the bill, or taken off it again, and of which payment. */
export interface RecordedAllocation {
  readonly allocationId: number
  readonly chargeId: number
  /** Below zero: taken back. */
  readonly amountMinor: number
  readonly origin: string
  readonly businessAt: string
  readonly paymentId: number | null
  readonly provider: string | null
  readonly reference: string | null
  readonly channel: string | null
  readonly receiptNumber: string | null
  readonly state: string | null
  readonly receivedAt: string | null
}

/** A message or a piece of paper about the bill, and whether it arrived. */
export interface RecordedDelivery {
  readonly notificationId: number
  readonly kind: string
  readonly channel: string
  readonly state: string
  readonly queuedAt: string
  readonly sentAt: string | null
  readonly deliveredAt: string | null
  readonly taskId: string | null
  readonly carriedBy: string | null
  readonly carriedAt: string | null
}

export interface RecordedCharge {
  readonly chargeId: number
  readonly kind: string
  readonly source: string
  readonly amountMinor: number
  readonly openMinor: number
  readonly lines: { line: number; kind: string; amountMinor: number }[]
}

/** Everything that is known of a bill: what settles a dispute (issue 4, "Records settle it"). */
export interface BillRecords {
  readonly billId: number
  readonly readings: BillReading[]
  readonly deliveries: RecordedDelivery[]
  readonly charges: RecordedCharge[]
  readonly allocations: RecordedAllocation[]
  readonly notes: NoteEntry[]
}

/** Reads the records of a bill by its number; undefined when there is none. */
export async function readBillRecords(db: Db | Tx, number: string): Promise<BillRecords | undefined> {
  const bill = await db
    .selectFrom('bills')
    .select(['billId', 'accountId', 'source'])
    .where('number', '=', number)
    .executeTakeFirst()
  if (bill === undefined) return undefined
  const { billId, accountId } = bill
  const charges = await chargesOf(db, billId)
  const chargeIds = charges.map(({ chargeId }) => chargeId)
  return {
    billId,
    readings: await readingsOfBill(db, billId),
    deliveries: await deliveriesOf(db, { accountId, number }),
    charges,
    allocations: await allocationsOf(db, chargeIds),
    notes: await listNotes(db, accountId, { limit: 200, chargeIds }),
  }
}

async function chargesOf(db: Db | Tx, billId: number): Promise<RecordedCharge[]> {
  const { rows } = await sql<RecordedCharge>`
    select c.charge_id as "chargeId", c.kind, c.source, c.amount_minor as "amountMinor", open_amount(c.charge_id) as "openMinor",
      coalesce((select json_agg(json_build_object('line', l.line, 'kind', l.kind, 'amountMinor', l.amount_minor) order by l.line)
        from charge_lines l where l.charge_id = c.charge_id), '[]') as lines
    from bill_charges b join charges c using (charge_id) where b.bill_id = ${billId} order by c.charge_id`.execute(db)
  return rows
}

async function deliveriesOf(
  db: Db | Tx,
  { accountId, number }: { accountId: string; number: string },
): Promise<RecordedDelivery[]> {
  const { rows } = await sql<RecordedDelivery>`
    select n.notification_id as "notificationId", n.kind, n.channel, n.state, n.queued_at as "queuedAt", n.sent_at as "sentAt",
      n.delivered_at as "deliveredAt", t.task_id as "taskId", t.completed_by as "carriedBy", t.completed_at as "carriedAt"
    from notifications n
    left join lateral (
      -- A paper brought back is carried again: the task that counts is the one that handed it over, until then the newest.
      select task_id, completed_by, completed_at from tasks
      where kind = 'bill-delivery' and n.dedupe_key = 'bill:' || ${number} and n.channel = 'print'
        and source_workflow_id in (select p.workflow_id from processes p join bills b on b.account_id = p.account_id
          where b.number = ${number} and p.workflow_type = 'billCustomer'
            and p.input ->> 'period' = regexp_replace(b.source, '^advance:', ''))
      order by (result ->> 'outcome' = 'done') desc nulls last, opened_at desc limit 1) t on true
    where n.account_id = ${accountId} and (n.dedupe_key = 'bill:' || ${number} or n.params ->> 'billNumber' = ${number})
    order by n.notification_id`.execute(db)
  return rows
}

async function allocationsOf(db: Db | Tx, chargeIds: readonly number[]): Promise<RecordedAllocation[]> {
  if (chargeIds.length === 0) return []
  return db
    .selectFrom('allocations')
    .leftJoin('payments', 'payments.paymentId', 'allocations.paymentId')
    .select(['allocationId', 'allocations.chargeId', 'allocations.amountMinor', 'origin', 'businessAt', 'allocations.paymentId'])
    .select(['provider', 'reference', 'channel', 'receiptNumber', 'state', 'receivedAt'])
    .where('chargeId', 'in', chargeIds)
    .orderBy('allocationId')
    .execute()
}
