import { sql } from 'kysely'
import { addDays, startOfDay } from '../../domain/calendar.ts'
import type { Db, Tx } from '../client.ts'

/** A register as it is stored for billing. */
export interface NewReading {
  readonly customerId: string
  readonly serial: string
  readonly takenAt: string
  readonly boundary: string | null
  readonly registerWh: number
  readonly source: 'smart' | 'visit' | 'estimate'
  readonly state: 'accepted' | 'review' | 'refused'
  readonly rules: readonly string[]
  readonly enteredBy: string
  readonly reviewedBy?: string | null
  readonly taskId?: string | null
  readonly photoRef?: string | null
}

export interface StoredReading {
  readonly readingId: number
  readonly serial: string
  readonly takenAt: string
  readonly boundary: string | null
  readonly registerWh: number
  readonly source: string
  readonly state: string
  readonly rules: string[]
  readonly enteredBy: string
  readonly reviewedBy: string | null
  readonly taskId: string | null
  readonly photoRef: string | null
}

const COLUMNS = [
  'readingId',
  'serial',
  'takenAt',
  'boundary',
  'registerWh',
  'source',
  'state',
  'rules',
  'enteredBy',
  'reviewedBy',
  'taskId',
  'photoRef',
] as const

/** Stores registers; a second accepted one for the same connection, meter and boundary changes nothing. Returns the ids of the new ones. */
export async function insertReadings(tx: Tx, readings: readonly NewReading[]): Promise<number[]> {
  if (readings.length === 0) return []
  const rows = readings.map(({ rules, ...reading }) => ({ ...reading, rules: [...rules] }))
  const added = await tx
    .insertInto('readings')
    .values(rows)
    .onConflict((c) => c.doNothing())
    .returning('readingId')
    .execute()
  return added.map(({ readingId }) => readingId)
}

/** Registers entered for the end of a period, oldest first, whatever became of them. */
export async function readingsForBoundary(db: Db | Tx, customerId: string, boundary: string): Promise<StoredReading[]> {
  return db
    .selectFrom('readings')
    .select(COLUMNS)
    .where('customerId', '=', customerId)
    .where('boundary', '=', boundary)
    .orderBy('readingId')
    .execute()
}

/** The billing cycle that still wants a register of this connection, earliest period first; undefined when none does. */
export async function cycleWantingReading(
  db: Db | Tx,
  customerId: string,
): Promise<{ workflowId: string; period: string } | undefined> {
  const { rows } = await sql<{ workflowId: string; period: string }>`
    select p.workflow_id as "workflowId", p.input ->> 'period' as period from processes p
    where p.customer_id = ${customerId} and p.workflow_type = 'billCustomer' and p.outcome is null and p.input ->> 'period' <> p.input ->> 'boundary'
      and not exists (select 1 from charges c where c.account_id = p.account_id and c.kind = 'electricity' and c.source = p.input ->> 'period')
    order by period limit 1`.execute(db)
  return rows[0]
}

/** The register below which no reading of the installed meter may lie: the last that was read. Undefined without a meter. */
export async function lastReadRegister(db: Db | Tx, customerId: string): Promise<number | undefined> {
  const { rows } = await sql<{ registerWh: number }>`
    select greatest(i.start_register_wh, coalesce((
      select max(r.register_wh) from readings r
      where r.serial = i.serial and r.customer_id = i.customer_id and r.state = 'accepted' and r.source <> 'estimate'), 0)) as "registerWh"
    from meter_installations i where i.customer_id = ${customerId} and i.removed_at is null`.execute(db)
  return rows[0]?.registerWh
}

/** Settles a reading that a second person has looked at. One settled already stays as it is. */
export async function reviewReading(
  tx: Tx,
  readingId: number,
  { accepted, reviewedBy }: { accepted: boolean; reviewedBy: string | null },
): Promise<void> {
  await tx
    .updateTable('readings')
    .set({ state: accepted ? 'accepted' : 'refused', reviewedBy })
    .where('readingId', '=', readingId)
    .where('state', '=', 'review')
    .execute()
}

/** How many of the last boundaries were estimated one after another, up to and without `before`. */
export async function estimatesRunning(db: Db | Tx, customerId: string, before: string): Promise<number> {
  const rows = await db
    .selectFrom('readings')
    .select('source')
    .where('customerId', '=', customerId)
    .where('state', '=', 'accepted')
    .where('boundary', '<', before)
    .orderBy('boundary', 'desc')
    .limit(24)
    .execute()
  const actual = rows.findIndex(({ source }) => source !== 'estimate')
  return actual === -1 ? rows.length : actual
}

/**
 * The first register of each meter at or after an instant, up to another: the one of the boundary midnight itself, or what the meter
 * said first when its power came back (policy "smart"). Suspect ones are passed over.
 */
export async function firstTelemetry(
  db: Db | Tx,
  serials: readonly string[],
  { from, until }: { from: string; until: string },
): Promise<Map<string, { takenAt: string; registerWh: number }>> {
  if (serials.length === 0) return new Map()
  const { rows } = await sql<{ serial: string; takenAt: string; registerWh: number }>`
    select distinct on (serial) serial, taken_at as "takenAt", register_wh as "registerWh"
    from meter_telemetry
    where serial in (${sql.join(serials)}) and taken_at >= ${from} and taken_at <= ${until} and verdict <> 'suspect'
    order by serial, taken_at, kind = 'billing' desc, boot_id, seq`.execute(db)
  return new Map(rows.map(({ serial, takenAt, registerWh }) => [serial, { takenAt, registerWh }]))
}

/** What a meter said last before an instant; undefined when it said nothing. Suspect registers are passed over. */
export async function lastTelemetry(
  db: Db | Tx,
  serial: string,
  before: string,
): Promise<{ takenAt: string; registerWh: number } | undefined> {
  return db
    .selectFrom('meterTelemetry')
    .select(['takenAt', 'registerWh'])
    .where('serial', '=', serial)
    .where('takenAt', '<', before)
    .where('verdict', '<>', 'suspect')
    .orderBy('takenAt', 'desc')
    .limit(1)
    .executeTakeFirst()
}

/** Registers at the midnights on which a package changed, by date: what was entered for that day, or what a smart meter said. */
export async function registersOnDates(
  db: Db | Tx,
  serial: string,
  { dates, zone }: { dates: readonly string[]; zone: string },
): Promise<Record<string, number>> {
  const found: Record<string, number> = {}
  for (const date of dates) {
    const from = startOfDay(date, zone)
    const until = startOfDay(addDays(date, 1), zone)
    const read = await db
      .selectFrom('readings')
      .select('registerWh')
      .where('serial', '=', serial)
      .where('state', '=', 'accepted')
      .where('takenAt', '>=', from)
      .where('takenAt', '<', until)
      .orderBy('takenAt')
      .limit(1)
      .executeTakeFirst()
    const registerWh = read?.registerWh ?? (await firstTelemetry(db, [serial], { from, until })).get(serial)?.registerWh
    if (registerWh !== undefined) found[date] = registerWh
  }
  return found
}
