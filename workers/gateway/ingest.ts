import type { Db, Tx } from '../../db/client.ts'
import { inTransaction } from '../../db/queries/accounts.ts'
import { bringForward, noteAnswer } from '../../db/queries/command-attempts.ts'
import { noteHeard, setAside, storeEvent } from '../../db/queries/meter-messages.ts'
import { storePresence, storeRefusal, storeReport } from '../../db/queries/readings.ts'
import { instantFromMs, msOf } from '../../domain/calendar.ts'
import { isFinalRefusal } from '../../domain/meter-state.ts'
import { reportedState } from '../../meters/desired.ts'
import type { IncomingMessage } from '../../meters/incoming.ts'
import { arrivalAt, problemWith, type Arrival, type FromMeter, type Of } from './arrivals.ts'
import { createFloodWatch } from './floods.ts'
import { storeReadings } from './store-readings.ts'

export interface IngestDeps {
  readonly db: Db
  /** Wall time in ms; the plant's business time follows from it. */
  readonly now: () => number
  /** Ids only: what a meter says may be about a household. */
  readonly log: { info(fields: object, text: string): void; warn(fields: object, text: string): void }
  /** There may be a command to send now. */
  readonly onDue: () => void
}

type Spoken = Exclude<FromMeter, { leaf: 'telemetry' }>

/** What the meters' client hands over; each resolves once it is committed, and only then is it acknowledged. */
export interface Ingest {
  one(message: IncomingMessage): Promise<void>
  /** Readings in one transaction; before them all else, meter by meter in the order it came. */
  many(messages: readonly IncomingMessage[]): Promise<void>
}

const COMMAND_ID = /^([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}):\d+$/

/**
 * Stores what meters say. What can never be stored is put aside, so that it does not hold up what comes behind it; everything
 * else rejects, and is tried again by the client.
 */
export function createIngest(deps: IngestDeps): Ingest {
  const watch = createFloodWatch(deps.now, deps.log)
  const one = async (message: IncomingMessage): Promise<void> => {
    try {
      if (message.leaf === 'unreadable') await reject(deps, message, message.problem)
      else if (message.leaf === 'telemetry') await takeReadings(deps, message)
      else await store(deps, message)
    } catch (error) {
      if (!isBadData(error)) throw error
      await reject(deps, message, { code: 'NOT_STORABLE', detail: sqlState(error) })
    }
  }
  const many = async (messages: readonly IncomingMessage[]): Promise<void> => {
    watch(messages)
    await eachMeterInTurn(messages.filter(isSpoken), one)
    const rest = messages.filter((message) => !isSpoken(message))
    const readings = rest.filter((message) => message.leaf === 'telemetry')
    try {
      const problems = new Map((await storeReadings(deps, readings)).map(({ message, code }) => [message, { code }]))
      for (const message of rest) {
        const problem = message.leaf === 'unreadable' ? message.problem : message.leaf === 'telemetry' && problems.get(message)
        if (problem) await reject(deps, message, problem)
      }
    } catch (error) {
      if (!isBadData(error)) throw error
      // One of them can never be stored: alone, it is put aside and costs nobody else anything.
      for (const message of rest) await one(message)
    }
  }
  return { one, many }
}

function isSpoken(message: IncomingMessage): message is Spoken {
  return message.leaf !== 'telemetry' && message.leaf !== 'unreadable'
}

/** Different meters at once, one meter's words in their order. */
async function eachMeterInTurn(messages: readonly Spoken[], take: (message: IncomingMessage) => Promise<void>): Promise<void> {
  const turns = new Map<string, Promise<void>>()
  for (const message of messages) {
    turns.set(
      message.serial,
      (turns.get(message.serial) ?? Promise.resolve()).then(() => take(message)),
    )
  }
  // All of them end before the batch is tried again.
  const failed = (await Promise.allSettled(turns.values())).find((result) => result.status === 'rejected')
  if (failed !== undefined) throw failed.reason
}

async function takeReadings(deps: IngestDeps, message: Of<'telemetry'>): Promise<void> {
  const [problem] = await storeReadings(deps, [message])
  if (problem !== undefined) await reject(deps, message, { code: problem.code })
}

async function store(deps: IngestDeps, message: Spoken): Promise<void> {
  const problem = await inTransaction(deps.db, async (tx) => {
    const meter = await tx.selectFrom('meters').select(['plant', 'kind']).where('serial', '=', message.serial).executeTakeFirst()
    const strange = problemWith(message, meter)
    if (strange !== undefined) return strange
    await storeByLeaf(deps, tx, { message, arrival: await arrivalAt(tx, message.plant, deps.now()) })
    return undefined
  })
  if (problem !== undefined) await reject(deps, message, { code: problem })
  else if (message.leaf === 'status' || message.leaf === 'state') deps.onDue()
}

async function storeByLeaf(deps: IngestDeps, tx: Tx, { message, arrival }: { message: Spoken; arrival: Arrival }): Promise<void> {
  switch (message.leaf) {
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

async function takeState(
  deps: IngestDeps,
  tx: Tx,
  { message, arrival }: { message: Of<'state'>; arrival: Arrival },
): Promise<void> {
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
}

/** A meter that just came online is sent what is open; the broker's memory of it is no contact. */
async function takeStatus(tx: Tx, { serial, message, retained }: Of<'status'>, arrival: Arrival): Promise<void> {
  const { online } = message
  await storePresence(tx, { serial, online, heardAt: online && !retained ? arrival.at : null })
  if (online && !retained) await bringForward(tx, serial)
}

/** A claim. It never closes a command, except that a meter may say that it will never do it. */
async function takeAck(deps: IngestDeps, tx: Tx, { serial, message }: Of<'ack'>): Promise<void> {
  const [, commandId] = COMMAND_ID.exec(message.command_id) ?? []
  const code = message.reason?.code
  const command =
    commandId === undefined
      ? undefined
      : await noteAnswer(tx, { commandId, serial, text: code === undefined ? message.status : `${message.status} ${code}` })
  if (command === undefined) return
  if (command.isOpen && message.status === 'REJECTED' && code !== undefined && isFinalRefusal(code)) {
    await storeRefusal(tx, serial, { version: command.version, reason: code })
    deps.log.info({ serial, commandId, version: command.version, code }, 'meter refused for good')
  }
}

async function takeEvent(tx: Tx, { serial, message }: Of<'event'>, arrival: Arrival): Promise<void> {
  await storeEvent(tx, { serial, kind: message.name, takenAt: instantFromMs(msOf(message.ts)), payload: message })
  await noteHeard(tx, new Map([[serial, arrival.at]]))
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

/**
 * Data that Postgres will never take: classes 22 (data exception), 23 (integrity constraint violation) and 54 (beyond a limit,
 * such as the depth of JSON); and JSON that is too deep for ourselves to write.
 */
function isBadData(error: unknown): boolean {
  return /^(2[23]|54)/.test(sqlState(error)) || (error instanceof RangeError && error.message.includes('call stack'))
}

function sqlState(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : ''
}
