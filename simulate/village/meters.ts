import type { Db } from '../../db/client.ts'
import { inTransaction } from '../../db/queries/accounts.ts'
import { storeReport, storeTelemetry } from '../../db/queries/readings.ts'

// Meters without a broker: only what they would have reported.

/** A register at an instant, as if it had arrived in a batch. */
export async function storeReading(
  db: Db,
  { takenAt, ...reading }: { serial: string; takenAt: string; registerWh: number; kind: string },
): Promise<void> {
  const seq = Math.floor(Date.parse(takenAt) / 1000)
  await inTransaction(db, (tx) => storeTelemetry(tx, [{ ...reading, bootId: 1, seq, takenAt, payload: {} }]))
}

/**
 * Every meter that can be reached takes on what is desired, or refuses it for good: both as its own report. Returns how many
 * answered.
 */
export async function answerCommands(
  db: Db,
  { away, refusing, asOf }: { away: Set<string>; refusing: Map<string, string>; asOf: string },
): Promise<number> {
  const open = await db
    .selectFrom('meterCommands')
    .innerJoin('meterDesired', (join) =>
      join
        .onRef('meterDesired.serial', '=', 'meterCommands.serial')
        .onRef('meterDesired.version', '=', 'meterCommands.desiredVersion'),
    )
    .select(['meterCommands.serial', 'version', 'loadLimitW', 'activeFrom', 'activeTo', 'meterDesired.relay'])
    .where('state', '=', 'open')
    .execute()
  const reachable = open.filter(({ serial }) => !away.has(serial))
  for (const { serial, version, loadLimitW, activeFrom, activeTo, relay } of reachable) {
    const reason = refusing.get(serial)
    const report = { serial, bootId: 1, reportedAt: asOf }
    const taken = { version, loadLimitW, activeFrom, activeTo, relay: relay === 'open' ? ('open' as const) : ('closed' as const) }
    const refused = {
      version: version - 1,
      loadLimitW: null,
      activeFrom: null,
      activeTo: null,
      relay: null,
      refused: { version, reason: reason ?? '' },
    }
    await inTransaction(db, (tx) => storeReport(tx, { ...report, ...(reason === undefined ? taken : refused) }))
  }
  return reachable.length
}
