import type { Tx } from '../client.ts'
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
}

/** Keeps every reading of a batch as it came; a repeated one (meter, boot, sequence) changes nothing. Returns how many were new. */
export async function storeTelemetry(tx: Tx, rows: readonly TelemetryRow[]): Promise<number> {
  if (rows.length === 0) return 0
  const stored = await tx
    .insertInto('meterTelemetry')
    .values(rows.map((row) => ({ ...row, payload: JSON.stringify(row.payload) })))
    .onConflict((c) => c.columns(['serial', 'bootId', 'seq']).doNothing())
    .returning('serial')
    .execute()
  for (const serial of new Set(stored.map((row) => row.serial))) await nudge(tx, `meter:${serial}`)
  return stored.length
}

/** What a meter says of itself. Closes its open command when the report carries the version that was asked for. */
export interface MeterReport {
  readonly serial: string
  readonly version: number
  readonly loadLimitW: number | null
  readonly activeFrom: string | null
  readonly activeTo: string | null
  readonly relay: 'open' | 'closed' | 'armed' | null
  readonly bootId: number | null
  readonly refused?: { readonly version: number; readonly reason: string }
  readonly reportedAt: string
}

/** Stores the meter's own report of its state and wakes whoever waits for it. */
export async function storeReport(tx: Tx, { serial, refused, ...report }: MeterReport): Promise<void> {
  const row = {
    version: report.version, loadLimitW: report.loadLimitW, activeFrom: report.activeFrom, activeTo: report.activeTo, relay: report.relay, bootId: report.bootId,
    reportedAt: report.reportedAt, lastSeenAt: report.reportedAt, online: true,
    ...(refused && { refusedVersion: refused.version, refusalReason: refused.reason }),
  }
  await tx.insertInto('meterReported').values({ serial, ...row }).onConflict((c) => c.column('serial').doUpdateSet(row)).execute()
  await closeCommands(tx, serial, { carried: report, refusedVersion: refused?.version ?? 0 })
  await nudge(tx, `meter:${serial}`)
}

async function closeCommands(tx: Tx, serial: string, { carried, refusedVersion }: { carried: Omit<MeterReport, 'serial' | 'refused'>; refusedVersion: number }): Promise<void> {
  const open = await tx
    .selectFrom('meterCommands')
    .innerJoin('meterDesired', (join) => join.onRef('meterDesired.serial', '=', 'meterCommands.serial').onRef('meterDesired.version', '=', 'meterCommands.desiredVersion'))
    .select(['commandId', 'desiredVersion', 'loadLimitW', 'activeFrom', 'activeTo', 'meterDesired.relay'])
    .where('meterCommands.serial', '=', serial)
    .where('state', '=', 'open')
    .executeTakeFirst()
  if (open === undefined) return
  const isCarried =
    carried.version >= open.desiredVersion && carried.loadLimitW === open.loadLimitW && carried.activeFrom === open.activeFrom &&
    carried.activeTo === open.activeTo && (open.relay === 'open') === (carried.relay === 'open')
  if (!isCarried && refusedVersion < open.desiredVersion) return
  const closedAt = new Date().toISOString()
  await tx.updateTable('meterCommands').set({ state: isCarried ? 'done' : 'refused', closedAt }).where('commandId', '=', open.commandId).execute()
}
