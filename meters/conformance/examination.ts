import { RULES } from '../contract/rules.ts'
import type { RuleId } from '../contract/rules.ts'
import type { IncomingMessage } from '../incoming.ts'
import type { StateMessage } from '../messages.ts'
import { apply, currentState, differences, settingsOf } from './bench.ts'
import type { Applied, Bench } from './bench.ts'
import { examineGreeting, examineReadNow } from './greeting.ts'
import { examineAuto, examineDesired, examineHold, examineHours, examineLimit, examineValidity } from './obedience.ts'
import { examineLastWill } from './reconnection.ts'
import { examineRecord } from './record.ts'
import { examineExpired, examineMalformed, examineStale, examineUnknownCommand, examineUnknownFields } from './refusals.ts'
import { examineRepeats } from './repeats.ts'
import { PASSED, failed, notTested } from './verdict.ts'
import type { Verdict, Verdicts } from './verdict.ts'
import type { Wire } from './wire.ts'

/** One line of the table. */
export type Line = Verdict & { readonly check: string; readonly says: string }

export interface ExaminationOptions {
  readonly wire: Wire
  readonly serial: string
  /** How long one answer may take. */
  readonly waitMs: number
  /** How long to listen for what should not come; three seconds when left out. */
  readonly quietMs?: number
  /** How long to listen for a first word of the meter. */
  readonly listenMs: number
  readonly onMeter: (meter: { readonly plant: string; readonly version: number | null; readonly firmware: string | null }) => void
  readonly onLine: (line: Line) => void
  /** Asks a person to cut the meter's power; the last will is not waited for when left out. */
  readonly askForReconnection?: () => void
}

/** The meter cannot be examined at all; the message is a sentence. */
export class NoMeter extends Error {}

const QUIET_MS = 3_000
const PUT_BACK = { check: 'put back', says: 'After the run the meter has the settings it had before, under a newer version.' }

/**
 * Examines one meter rule by rule and tells each line as it is known; at the end, also of a run that is interrupted, the meter has
 * the settings it had before. Resolves with all lines. Rejects with NoMeter, or Interrupted.
 */
export async function examine(options: ExaminationOptions): Promise<readonly Line[]> {
  const { wire, waitMs, quietMs = QUIET_MS } = options
  const plant = await plantOf(options)
  const bench: Bench = { wire, plant, waitMs, quietMs, highestVersion: NO_VERSION_GIVEN, applies: false, reads: false }
  const lines: Line[] = []
  const tell = (line: Line): void => {
    lines.push(line)
    options.onLine(line)
  }
  const tellAll = (verdicts: Verdicts): void => {
    for (const id of Object.keys(verdicts) as RuleId[]) {
      const verdict = verdicts[id]
      if (verdict) tell({ check: RULES[id].name, says: RULES[id].says, ...verdict })
    }
  }

  const greeting = await examineGreeting(bench)
  options.onMeter({ plant, version: currentState(bench)?.applied_version ?? null, firmware: firmwareOf(wire) })
  tellAll(greeting)
  tellAll(await examineReadNow(bench))
  const before = currentState(bench)
  let putBackVerdict: Verdict
  try {
    await examineCommands(bench, tellAll)
    tellAll(await examineLastWill(bench, options.askForReconnection))
  } finally {
    wire.resume()
    putBackVerdict = await putBack(bench, before)
  }
  tellAll(examineRecord(bench))
  tell({ ...PUT_BACK, ...putBackVerdict })
  return lines
}

/** Commands begin above it. */
const NO_VERSION_GIVEN = 1

async function examineCommands(bench: Bench, tell: (verdicts: Verdicts) => void): Promise<void> {
  const { verdicts, applied } = await examineDesired(bench)
  tell(verdicts)
  const steps: readonly ((bench: Bench, first: Applied | null) => Promise<Verdicts>)[] = [
    examineLimit,
    examineHold,
    examineRepeats,
    examineHours,
    examineValidity,
    examineAuto,
    examineStale,
    examineExpired,
    examineUnknownFields,
    examineUnknownCommand,
    examineMalformed,
  ]
  for (const step of steps) tell(await step(bench, applied))
}

async function putBack(bench: Bench, before: StateMessage | undefined): Promise<Verdict> {
  if (before === undefined) return notTested('no state was ever heard')
  const isAsBefore = (): boolean => {
    const now = currentState(bench)
    return now !== undefined && differences(settingsOf(before), settingsOf(now)).length === 0
  }
  if (bench.highestVersion === NO_VERSION_GIVEN && isAsBefore()) return PASSED
  // Though it looks as before: what it was sent last may be on its way, and only a newer version overtakes that.
  const { problem } = await apply(bench, settingsOf(before))
  return problem === undefined || isAsBefore() ? PASSED : failed(problem)
}

/** Listens for the meter, and tells its plant. */
async function plantOf({ wire, serial, listenMs }: ExaminationOptions): Promise<string> {
  const first = await wire.wait(() => wire.heard().find(hasPlant), listenMs)
  if (first === undefined || !hasPlant(first))
    throw new NoMeter(
      `Nothing was heard of meter ${serial} within ${listenMs / 1_000} s: is it connected, and is the serial right?`,
    )
  const status = wire.heard().findLast(({ leaf }) => leaf === 'status')
  if (status?.leaf === 'status' && !status.message.online)
    throw new NoMeter(`Meter ${serial} is not connected: its status says online false.`)
  return first.plant
}

function hasPlant(message: IncomingMessage): message is Exclude<IncomingMessage, { leaf: 'unreadable' }> {
  return message.leaf !== 'unreadable'
}

function firmwareOf(wire: Wire): string | null {
  const statuses = wire.heard().flatMap((message) => (message.leaf === 'status' ? [message.message] : []))
  return statuses.findLast(({ fw }) => fw !== undefined)?.fw ?? null
}
