import { sql } from 'kysely'
import { isOvertaken } from '../../domain/meter-state.ts'
import type { Db, Tx } from '../client.ts'
import { lockMeter, settleCommands, type Settled } from './meter-commands.ts'
import { nudge } from './outbox.ts'

/** One line of a meter's batch, as the contract says it. */
export interface TelemetryRow {
  readonly serial: string
  readonly bootId: number
  readonly seq: number
  readonly takenAt: string
  readonly kind: string
  readonly registerWh: number
  readonly payload: object
  /** `suspect` where the meter's clock cannot be right; billing passes over it. */
  readonly verdict?: 'raw' | 'suspect'
}

/** Meters by serial, locked against being taken away; in one order, so that two batches wait for each other. */
export async function lockKnownMeters(
  tx: Tx,
  serials: readonly string[],
): Promise<Map<string, { readonly plant: string; readonly kind: string }>> {
  const rows = await tx
    .selectFrom('meters')
    .select(['serial', 'plant', 'kind'])
    .where('serial', '=', sql<string>`any(${[...new Set(serials)]}::text[])`)
    .orderBy('serial')
    .forKeyShare()
    .execute()
  return new Map(rows.map(({ serial, ...meter }) => [serial, meter]))
}

/**
 * Keeps every reading as it came, of any number of meters, in one statement; a repeated one (meter, boot, sequence) changes
 * nothing. Wakes who waits for a meter that had something new. Returns how many were new.
 */
export async function storeTelemetry(tx: Tx, rows: readonly TelemetryRow[]): Promise<number> {
  if (rows.length === 0) return 0
  // In one order, so that two gateways with the same readings wait for each other instead of locking each other out.
  const inOrder = rows.toSorted((a, b) => compare(a.serial, b.serial) || a.bootId - b.bootId || a.seq - b.seq)
  const column = <T>(of: (row: TelemetryRow) => T): T[] => inOrder.map(of)
  // Arrays: a batch has more values than a statement may have parameters.
  const { rows: stored } = await sql<{ serial: string }>`
    insert into meter_telemetry (serial, boot_id, seq, taken_at, kind, register_wh, payload, verdict)
    select serial, boot_id, seq, taken_at, kind, register_wh, payload::jsonb, verdict
    from unnest(${column((row) => row.serial)}::text[], ${column((row) => row.bootId)}::bigint[],
      ${column((row) => row.seq)}::bigint[], ${column((row) => row.takenAt)}::timestamptz[], ${column((row) => row.kind)}::text[],
      ${column((row) => row.registerWh)}::bigint[], ${column((row) => JSON.stringify(row.payload))}::text[],
      ${column((row) => row.verdict ?? 'raw')}::text[])
      as came (serial, boot_id, seq, taken_at, kind, register_wh, payload, verdict)
    on conflict (serial, boot_id, seq) do nothing
    returning serial`.execute(tx)
  const heard = new Set(stored.map(({ serial }) => serial))
  await nudge(tx, ...[...heard].map((serial) => `reading:${serial}` as const))
  return stored.length
}

/** Those of the rows under whose key another register is stored: the meter's counters were reset. */
export async function contradicting(db: Db | Tx, rows: readonly TelemetryRow[]): Promise<TelemetryRow[]> {
  if (rows.length === 0) return []
  const { rows: found } = await sql<{ place: number }>`
    select came.place::int as place
    from unnest(${rows.map(({ serial }) => serial)}::text[], ${rows.map(({ bootId }) => bootId)}::bigint[],
      ${rows.map(({ seq }) => seq)}::bigint[], ${rows.map(({ registerWh }) => registerWh)}::bigint[])
      with ordinality as came (serial, boot_id, seq, register_wh, place)
      join meter_telemetry stored using (serial, boot_id, seq)
    where stored.register_wh <> came.register_wh`.execute(db)
  const places = new Set(found.map(({ place }) => place))
  return rows.filter((_, index) => places.has(index + 1))
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/** What a meter says of itself. */
export interface MeterReport {
  readonly serial: string
  readonly version: number
  readonly loadLimitW: number | null
  readonly activeFrom: string | null
  readonly activeTo: string | null
  /** The contact itself. */
  readonly relay: 'open' | 'closed' | 'armed' | null
  /** What the relay is set to; worked out from the contact when left out. */
  readonly relayMode?: 'auto' | 'open' | null
  readonly utcOffsetMin?: number | null
  readonly validUntil?: string | null
  readonly bootId: number | null
  readonly refused?: { readonly version: number; readonly reason: string }
  readonly reportedAt: string
  /** When we had it from the meter itself, business time; null from the broker's memory; `reportedAt` when left out. */
  readonly heardAt?: string | null
}

/**
 * Stores the meter's own report of its state, brings its commands in line with it and wakes whoever waits. A report that was
 * overtaken changes nothing, so they may come twice and in any order.
 */
export async function storeReport(tx: Tx, report: MeterReport): Promise<Settled | 'overtaken'> {
  const { serial, refused, heardAt = report.reportedAt } = report
  await lockMeter(tx, serial)
  const standing = await tx
    .selectFrom('meterReported')
    .select(['bootId', 'version', 'reportedAt'])
    .where('serial', '=', serial)
    .executeTakeFirst()
  if (standing !== undefined && isOvertaken(report, standing)) return 'overtaken'
  const row = {
    ...valuesOf(report),
    ...(heardAt !== null && { lastSeenAt: heardAt, online: true }),
  }
  await tx
    .insertInto('meterReported')
    .values({ serial, ...row })
    .onConflict((c) => c.column('serial').doUpdateSet(row))
    .execute()
  if (report.version > (standing?.version ?? 0)) await confirm(tx, report)
  if (refused !== undefined) await refuse(tx, serial, refused)
  const settled = await settleCommands(tx, serial)
  await nudge(tx, `meter:${serial}`)
  return settled
}

/** Notes when a version that was asked of the meter was reported by it first. */
async function confirm(tx: Tx, { serial, version, reportedAt }: MeterReport): Promise<void> {
  await sql`
    insert into meter_confirmations (serial, version, reported_at)
    select serial, version, ${reportedAt} from meter_desired where serial = ${serial} and version = ${version}
    on conflict do nothing`.execute(tx)
}

/** Stores that the meter will never carry out a version, as it answered; closes the command and wakes whoever waits. */
export async function storeRefusal(tx: Tx, serial: string, refused: { version: number; reason: string }): Promise<Settled> {
  await lockMeter(tx, serial)
  await refuse(tx, serial, refused)
  const settled = await settleCommands(tx, serial)
  await nudge(tx, `meter:${serial}`)
  return settled
}

/** Notes that a meter came or went; `heardAt` (business time) is null when only the broker remembers it. */
export async function storePresence(
  tx: Tx,
  presence: { serial: string; online: boolean; heardAt: string | null },
): Promise<void> {
  const { serial, online, heardAt } = presence
  const row = { online, ...(heardAt !== null && { lastSeenAt: heardAt }) }
  await tx
    .insertInto('meterReported')
    .values({ serial, ...row })
    .onConflict((c) => c.column('serial').doUpdateSet(row))
    .execute()
}

function valuesOf({ relay, relayMode, utcOffsetMin = null, validUntil = null, ...report }: MeterReport) {
  const { version, loadLimitW, activeFrom, activeTo, bootId, reportedAt } = report
  const inferred = relay === null ? null : relay === 'open' ? 'open' : 'auto'
  return {
    version,
    loadLimitW,
    activeFrom,
    activeTo,
    relay,
    relayMode: relayMode === undefined ? inferred : relayMode,
    utcOffsetMin,
    validUntil,
    bootId,
    reportedAt,
  }
}

async function refuse(tx: Tx, serial: string, { version, reason }: { version: number; reason: string }): Promise<void> {
  await tx
    .insertInto('meterReported')
    .values({ serial, refusedVersion: version, refusalReason: reason })
    .onConflict((c) =>
      c
        .column('serial')
        .doUpdateSet({ refusedVersion: version, refusalReason: reason })
        .where(sql<boolean>`coalesce(meter_reported.refused_version, 0) <= ${version}`),
    )
    .execute()
}
