import type { Db, Tx } from '../../db/client.ts'
import { inTransaction } from '../../db/queries/accounts.ts'
import { readClock } from '../../db/queries/clock.ts'
import { bringForward, noteAnswer } from '../../db/queries/command-attempts.ts'
import { noteHeard, setAside, storeEvent } from '../../db/queries/meter-messages.ts'
import {
  contradicting,
  storePresence,
  storeRefusal,
  storeReport,
  storeTelemetry,
  type TelemetryRow,
} from '../../db/queries/readings.ts'
import { businessAt } from '../../domain/business-time.ts'
import { instantFromMs, msOf } from '../../domain/calendar.ts'
import { futureToleranceMs } from '../../domain/command-pace.ts'
import { isFinalRefusal } from '../../domain/meter-state.ts'
import { reportedState } from '../../meters/desired.ts'
import type { IncomingMessage } from '../../meters/incoming.ts'
import type { Reading } from '../../meters/messages.ts'

export interface IngestDeps {
  readonly db: Db
  /** Wall time in ms; the plant's business time follows from it. */
  readonly now: () => number
  /** Ids only: what a meter says may be about a household. */
  readonly log: { info(fields: object, text: string): void; warn(fields: object, text: string): void }
  /** There may be a command to send now. */
  readonly onDue: () => void
}

type FromMeter = Exclude<IncomingMessage, { leaf: 'unreadable' }>
type Of<L extends FromMeter['leaf']> = Extract<FromMeter, { leaf: L }>

/** Business time of a message's arrival, and how fast its plant's clock runs. */
interface Arrival {
  readonly at: string
  readonly speed: number
}

const COMMAND_ID = /^([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}):\d+$/

/**
 * Stores what meters say; resolves once it is committed, and only then is it acknowledged. What can never be stored is put
 * aside, so that it does not hold up what comes behind it; everything else rejects, and is tried again by the client.
 */
export function createIngest(deps: IngestDeps): (message: IncomingMessage) => Promise<void> {
  return async (message) => {
    try {
      if (message.leaf === 'unreadable') await reject(deps, message, message.problem)
      else await store(deps, message)
    } catch (error) {
      if (!isBadData(error)) throw error
      await reject(deps, message, { code: 'NOT_STORABLE', detail: sqlState(error) })
    }
  }
}

async function store(deps: IngestDeps, message: FromMeter): Promise<void> {
  const problem = await inTransaction(deps.db, async (tx) => {
    const meter = await tx.selectFrom('meters').select(['plant', 'kind']).where('serial', '=', message.serial).executeTakeFirst()
    if (meter === undefined) return 'UNKNOWN_METER'
    if (meter.plant !== message.plant) return 'WRONG_PLANT'
    if (meter.kind !== 'smart') return 'NOT_A_SMART_METER'
    const clock = await readClock(tx, meter.plant)
    const arrival = { at: businessAt(clock, deps.now()), speed: clock.at(-1)?.speed ?? 1 }
    return storeByLeaf(deps, tx, { message, arrival })
  })
  if (problem !== undefined) await reject(deps, message, { code: problem })
  else if (message.leaf === 'status' || message.leaf === 'state') deps.onDue()
}

/** Returns why the message could not be stored where it belongs, if so. */
async function storeByLeaf(
  deps: IngestDeps,
  tx: Tx,
  { message, arrival }: { message: FromMeter; arrival: Arrival },
): Promise<string | undefined> {
  switch (message.leaf) {
    case 'telemetry':
      return takeTelemetry(tx, message, arrival)
    case 'state':
      return takeState(deps, tx, { message, arrival })
    case 'status':
      return takeStatus(tx, message, arrival)
    case 'ack':
      return takeAck(deps, tx, message)
    case 'event':
      return takeEvent(tx, message, arrival)
  }
}

async function takeTelemetry(tx: Tx, { serial, message }: Of<'telemetry'>, arrival: Arrival): Promise<string | undefined> {
  const rows = message.readings.map((reading) => telemetryRow(serial, { bootId: message.boot_id, reading, arrival }))
  const stored = await storeTelemetry(tx, rows)
  await noteHeard(tx, serial, arrival.at)
  if (stored === rows.length) return undefined
  // Repetitions, unless a register stands there that is not this one.
  return (await contradicting(tx, rows)).length > 0 ? 'CONTRADICTS_STORED' : undefined
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

async function takeState(
  deps: IngestDeps,
  tx: Tx,
  { message, arrival }: { message: Of<'state'>; arrival: Arrival },
): Promise<undefined> {
  const { serial, retained } = message
  const { appliedVersion, openReason: _, refused, ...values } = reportedState(message.message)
  const isRefused = refused !== null && isFinalRefusal(refused.code)
  const settled = await storeReport(tx, {
    ...values,
    serial,
    version: appliedVersion,
    reportedAt: instantFromMs(msOf(values.reportedAt)),
    heardAt: retained ? null : arrival.at,
    ...(isRefused && { refused: { version: refused.version, reason: refused.code } }),
  })
  if (settled !== 'unchanged' && settled !== 'overtaken')
    deps.log.info({ serial, version: appliedVersion, settled }, 'meter reported')
  return undefined
}

/** A meter that just came online is sent what is open; the broker's memory of it is no contact. */
async function takeStatus(tx: Tx, { serial, message, retained }: Of<'status'>, arrival: Arrival): Promise<undefined> {
  const { online } = message
  await storePresence(tx, { serial, online, heardAt: online && !retained ? arrival.at : null })
  if (online && !retained) await bringForward(tx, serial)
  return undefined
}

/** A claim. It never closes a command, except that a meter may say that it will never do it. */
async function takeAck(deps: IngestDeps, tx: Tx, { serial, message }: Of<'ack'>): Promise<undefined> {
  const [, commandId] = COMMAND_ID.exec(message.command_id) ?? []
  const code = message.reason?.code
  const command =
    commandId === undefined
      ? undefined
      : await noteAnswer(tx, { commandId, serial, text: code === undefined ? message.status : `${message.status} ${code}` })
  if (command === undefined) return undefined
  if (command.isOpen && message.status === 'REJECTED' && code !== undefined && isFinalRefusal(code)) {
    await storeRefusal(tx, serial, { version: command.version, reason: code })
    deps.log.info({ serial, commandId, version: command.version, code }, 'meter refused for good')
  }
  return undefined
}

async function takeEvent(tx: Tx, { serial, message }: Of<'event'>, arrival: Arrival): Promise<undefined> {
  await storeEvent(tx, { serial, kind: message.name, takenAt: instantFromMs(msOf(message.ts)), payload: message })
  await noteHeard(tx, serial, arrival.at)
  return undefined
}

async function reject(
  { db, log }: IngestDeps,
  { topic, raw }: IncomingMessage,
  problem: { code: string; detail?: string },
): Promise<void> {
  await setAside(db, {
    topic,
    payload: raw,
    problem: problem.code,
    ...(problem.detail !== undefined && { detail: problem.detail }),
  })
  log.warn({ topic, problem: problem.code }, 'message put aside')
}

/** Data that Postgres will never take: classes 22 (data exception) and 23 (integrity constraint violation). */
function isBadData(error: unknown): boolean {
  return /^2[23]/.test(sqlState(error))
}

function sqlState(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : ''
}
