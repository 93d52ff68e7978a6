import { sql } from 'kysely'
import type { Db, Tx } from '../client.ts'

/** A register that a bill rests on, with who read it, who looked at it, and where its photo is. */
export interface BillReading {
  readonly readingId: number
  readonly serial: string
  readonly boundary: string
  readonly takenAt: string
  readonly registerWh: number
  readonly source: string
  readonly state: string
  readonly rules: string[]
  readonly enteredBy: string
  readonly reviewedBy: string | null
  readonly taskId: string | null
  readonly photoRef: string | null
  /** The reading it was put in the place of, by a correction. */
  readonly corrects: number | null
}

/** Everything that was read for the two ends of a bill's period, whatever became of it, oldest first. */
export async function readingsOfBill(db: Db | Tx, billId: number): Promise<BillReading[]> {
  const { rows } = await sql<BillReading>`
    select r.reading_id as "readingId", r.serial, r.boundary::text as boundary, r.taken_at as "takenAt", r.register_wh as "registerWh",
      r.source, r.state, r.rules, r.entered_by as "enteredBy", r.reviewed_by as "reviewedBy", r.task_id as "taskId",
      r.photo_ref as "photoRef", r.corrects
    from bills b
    join connections c on c.account_id = b.account_id
    join readings r on r.customer_id = c.customer_id
      and r.boundary in ((b.document #>> '{period,from}')::date, (b.document #>> '{period,to}')::date)
    where b.bill_id = ${billId}
    order by r.boundary, r.reading_id`.execute(db)
  return rows
}

/** Members of staff who read the meter for a bill, or looked at what was read. */
export async function concernedBy(db: Db | Tx, billId: number): Promise<string[]> {
  const readings = await readingsOfBill(db, billId)
  const people = readings.flatMap(({ enteredBy, reviewedBy }) => [enteredBy, ...(reviewedBy === null ? [] : [reviewedBy])])
  return [...new Set(people)].filter((who) => !who.includes(':')).toSorted()
}
