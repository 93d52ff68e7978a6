import type { Db, Tx } from '../../db/client.ts'
import { inTransaction } from '../../db/queries/accounts.ts'
import { noteHeard } from '../../db/queries/meter-messages.ts'
import { contradicting, lockKnownMeters, storeTelemetry, type TelemetryRow } from '../../db/queries/readings.ts'
import { instantFromMs, msOf } from '../../domain/calendar.ts'
import { futureToleranceMs } from '../../domain/command-pace.ts'
import type { Reading } from '../../meters/messages.ts'
import { arrivalAt, problemWith, type Arrival, type Of } from './arrivals.ts'

type Telemetry = Of<'telemetry'>

/** A message that cannot be stored where it belongs, or not all of it. */
export interface Problem {
  readonly message: Telemetry
  readonly code: string
}

/**
 * Stores the readings of any number of messages in one transaction: a handful of statements, however many there are.
 * Returns the messages to put aside. Rejects when the database refuses one of them, or all; then nothing is stored.
 */
export async function storeReadings(
  { db, now }: { readonly db: Db; readonly now: () => number },
  messages: readonly Telemetry[],
): Promise<Problem[]> {
  if (messages.length === 0) return []
  return inTransaction(db, async (tx) => {
    const meters = await lockKnownMeters(
      tx,
      messages.map(({ serial }) => serial),
    )
    const problems = messages.flatMap((message): Problem[] => {
      const code = problemWith(message, meters.get(message.serial))
      return code === undefined ? [] : [{ message, code }]
    })
    const strange = new Set(problems.map(({ message }) => message))
    const believed = messages.filter((message) => !strange.has(message))
    return [...problems, ...(await storeBelieved(tx, believed, now()))]
  })
}

async function storeBelieved(tx: Tx, messages: readonly Telemetry[], wallMs: number): Promise<Problem[]> {
  const arrivals = new Map<string, Arrival>()
  for (const plant of new Set(messages.map((message) => message.plant))) arrivals.set(plant, await arrivalAt(tx, plant, wallMs))
  const taken = messages.flatMap((message) => {
    const arrival = arrivals.get(message.plant)
    return arrival === undefined ? [] : [{ message, arrival, rows: rowsOf(message, arrival) }]
  })
  const rows = taken.flatMap((one) => one.rows)
  const stored = await storeTelemetry(tx, rows)
  await noteHeard(tx, new Map(taken.map(({ message, arrival }) => [message.serial, arrival.at])))
  if (stored === rows.length) return []
  // Repetitions, unless a register stands there that is not this one.
  const wrong = new Set(await contradicting(tx, rows))
  return taken
    .filter((one) => one.rows.some((row) => wrong.has(row)))
    .map(({ message }) => ({ message, code: 'CONTRADICTS_STORED' }))
}

function rowsOf({ serial, message }: Telemetry, arrival: Arrival): TelemetryRow[] {
  return message.readings.map((reading) => telemetryRow(serial, { bootId: message.boot_id, reading, arrival }))
}

function telemetryRow(
  serial: string,
  { bootId, reading, arrival }: { bootId: number; reading: Reading; arrival: Arrival },
): TelemetryRow {
  const latestMs = msOf(arrival.at) + futureToleranceMs(arrival.speed)
  const isSuspect = msOf(reading.ts) > latestMs || (reading.quality ?? []).includes('clock_unset')
  return {
    serial,
    bootId,
    seq: reading.seq,
    takenAt: instantFromMs(msOf(reading.ts)),
    kind: reading.kind,
    registerWh: reading.energy_import_wh,
    payload: reading,
    verdict: isSuspect ? 'suspect' : 'raw',
  }
}
