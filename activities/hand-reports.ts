import type { Tx } from '../db/client.ts'
import { nudge } from '../db/queries/outbox.ts'
import type { Task } from '../db/queries/tasks.ts'

/**
 * Makes a technician's confirmed report the reported state of a meter that cannot speak for itself: the values of that version,
 * or its refusal when the report says that it cannot be done. Repeating it changes nothing.
 */
export async function recordHandReport(
  tx: Tx,
  { serial, version, task, asOf }: { serial: string; version: number; task: Task; asOf: string },
): Promise<void> {
  const desired = await tx
    .selectFrom('meterDesired')
    .selectAll()
    .where('serial', '=', serial)
    .where('version', '=', version)
    .executeTakeFirstOrThrow()
  const done = task.result?.outcome !== 'not-possible'
  const values = done
    ? {
        version,
        loadLimitW: desired.loadLimitW,
        activeFrom: desired.activeFrom,
        activeTo: desired.activeTo,
        relay: desired.relay === 'open' ? 'open' : 'closed',
        relayMode: desired.relay,
        validUntil: desired.validUntil,
      }
    : { refusedVersion: version, refusalReason: typeof task.result?.reason === 'string' ? task.result.reason : 'not-possible' }
  const row = { ...values, reportedAt: asOf, lastSeenAt: asOf }
  await tx
    .insertInto('meterReported')
    .values({ serial, ...row })
    .onConflict((c) => c.column('serial').doUpdateSet(row))
    .execute()
  await nudge(tx, `meter:${serial}`)
}
