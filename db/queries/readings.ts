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

/** Keeps every reading of a batch as it came; a repeated one (meter, boot, sequence) changes nothing. Returns how many were new. */
export async function storeTelemetry(tx: Tx, rows: readonly TelemetryRow[]): Promise<number> {
  if (rows.length === 0) return 0
  // In one order, so that two gateways with the same readings wait for each other instead of locking each other out.
  const inOrder = rows.toSorted((a, b) => a.bootId - b.bootId || a.seq - b.seq)
  const stored = await tx
    .insertInto('meterTelemetry')
    .values(inOrder.map((row) => ({ ...row, payload: JSON.stringify(row.payload) })))
    .onConflict((c) => c.columns(['serial', 'bootId', 'seq']).doNothing())
    .returning('serial')
    .execute()
  for (const serial of new Set(stored.map((row) => row.serial))) await nudge(tx, `reading:${serial}`)
  return stored.length
}

/** Those of the rows (of one meter and boot) under whose key another register is stored: the meter's counters were reset. */
export async function contradicting(db: Db | Tx, rows: readonly TelemetryRow[]): Promise<TelemetryRow[]> {
  const [first] = rows
  if (first === undefined) return []
  const stored = await db
    .selectFrom('meterTelemetry')
    .select(['seq', 'registerWh'])
    .where('serial', '=', first.serial)
    .where('bootId', '=', first.bootId)
    .where('seq', 'in', [...new Set(rows.map(({ seq }) => seq))])
    .execute()
  const registers = new Map(stored.map(({ seq, registerWh }) => [seq, registerWh]))
  return rows.filter(({ seq, registerWh }) => (registers.get(seq) ?? registerWh) !== registerWh)
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
