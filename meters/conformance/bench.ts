import { randomUUID } from 'node:crypto'
import { encodeMessage } from '../messages.ts'
import type { AckMessage, CommandMessage, Reading, SetDesiredCommand, StateMessage } from '../messages.ts'
import type { Wire } from './wire.ts'

export type Settings = SetDesiredCommand['args']

/** One meter under examination. */
export interface Bench {
  readonly wire: Wire
  readonly plant: string
  /** How long one answer may take. */
  readonly waitMs: number
  /** How long to listen for what should not come after all has been answered. */
  readonly quietMs: number
  /** Versions given so far; commands of this run stay above all the meter knows. */
  highestVersion: number
  /** Whether the first set_desired was applied; without that there is nothing to see in what rests on it. */
  applies: boolean
  /** Whether read_now yielded a reading that can be read; otherwise there is none to wait for. */
  reads: boolean
}

/** What came of a set_desired. `problem` is undefined when state reported its version and values. */
export interface Applied {
  readonly command: SetDesiredCommand
  readonly ack: AckMessage | undefined
  readonly state: StateMessage | undefined
  readonly problem: string | undefined
}

const COMMAND_LIFE_MS = 600_000

/** The newest state that was heard. */
export function currentState({ wire }: Bench): StateMessage | undefined {
  return wire
    .heard()
    .flatMap((message) => (message.leaf === 'state' ? [message.message] : []))
    .at(-1)
}

export function nextVersion(bench: Bench): number {
  const state = currentState(bench)
  bench.highestVersion = Math.max(bench.highestVersion, state?.applied_version ?? 0, state?.refused?.version ?? 0) + 1
  return bench.highestVersion
}

/** A set_desired of a new version. `lifeMs` is the time left; below zero it has expired. */
export function setDesired(bench: Bench, args: Settings, lifeMs = COMMAND_LIFE_MS): SetDesiredCommand {
  return { ...head(lifeMs), name: 'set_desired', desired_version: nextVersion(bench), args }
}

export function readNow(): CommandMessage {
  return { ...head(COMMAND_LIFE_MS), name: 'read_now' }
}

/** Sends a command and resolves with its final ack, or undefined when none comes in time. */
export async function answerTo(bench: Bench, command: CommandMessage): Promise<AckMessage | undefined> {
  const { wire, plant, waitMs } = bench
  const since = wire.heard().length
  await wire.publish(plant, encodeMessage(command))
  return wire.wait(() => finalAck(bench, command.command_id, since), waitMs)
}

/** Sends settings under a new version and waits until state reports them. */
export async function apply(bench: Bench, args: Settings): Promise<Applied> {
  const command = setDesired(bench, args)
  const ack = await answerTo(bench, command)
  const isThere = (): StateMessage | undefined => {
    const state = currentState(bench)
    return state !== undefined && state.applied_version >= command.desired_version ? state : undefined
  }
  const state = await bench.wire.wait(isThere, bench.waitMs)
  return { command, ack, state, problem: problemOf({ bench, command, ack, state }) }
}

/** The settings a state reports. */
export function settingsOf(state: StateMessage): Settings {
  return {
    load_limit_w: state.load_limit_w,
    active_from: state.active_from,
    active_to: state.active_to,
    utc_offset_min: state.utc_offset_min,
    relay: state.relay_mode,
    ...(state.valid_until === undefined ? {} : { valid_until: state.valid_until }),
  }
}

/** The fields in which settings differ, each with both values; instants are compared as instants. */
export function differences(wanted: Settings, reported: Settings): string[] {
  const fields = ['load_limit_w', 'active_from', 'active_to', 'utc_offset_min', 'relay', 'valid_until'] as const
  const comparable = (settings: Settings, field: (typeof fields)[number]): unknown =>
    field === 'valid_until' && settings.valid_until !== undefined ? Date.parse(settings.valid_until) : settings[field]
  return fields
    .filter((field) => comparable(wanted, field) !== comparable(reported, field))
    .map((field) => `${field} is ${reported[field] ?? 'left out'} and should be ${wanted[field] ?? 'left out'}`)
}

/** Readings taken on demand that were first heard from a place in the record on, each once; a batch may bring old ones again. */
export function onDemandSince({ wire }: Bench, since: number): Reading[] {
  const known = new Set<string>()
  const fresh: Reading[] = []
  for (const [index, message] of wire.heard().entries()) {
    if (message.leaf !== 'telemetry') continue
    for (const reading of message.message.readings) {
      const key = `${message.message.boot_id}/${reading.seq}`
      if (index >= since && reading.kind === 'on_demand' && !known.has(key)) fresh.push(reading)
      known.add(key)
    }
  }
  return fresh
}

/** An ack in a few words, for a reason. */
export function ackWords(ack: AckMessage | undefined): string {
  if (ack === undefined) return 'no ack came'
  return `the ack says ${ack.status}${ack.reason === undefined ? '' : ` ${ack.reason.code}`}`
}

function finalAck({ wire }: Bench, commandId: string, since: number): AckMessage | undefined {
  return wire
    .heard()
    .slice(since)
    .flatMap((message) => (message.leaf === 'ack' ? [message.message] : []))
    .find(({ command_id, status }) => command_id === commandId && status !== 'IN_PROGRESS')
}

function problemOf(outcome: Pick<Applied, 'command' | 'ack' | 'state'> & { readonly bench: Bench }): string | undefined {
  const { bench, command, ack, state } = outcome
  if (state === undefined)
    return `${ackWords(ack)}, but state reports version ${currentState(bench)?.applied_version ?? 'none'}, not ${command.desired_version}`
  const differing = differences(command.args, settingsOf(state))
  return differing.length === 0 ? undefined : `state reports version ${state.applied_version}, but ${differing.join(', ')}`
}

function head(lifeMs: number): Omit<CommandMessage, 'name' | 'desired_version' | 'args'> {
  const nowMs = Date.now()
  const expiresMs = nowMs + lifeMs
  return {
    v: 1,
    command_id: randomUUID(),
    issued_at: new Date(Math.min(nowMs, expiresMs - COMMAND_LIFE_MS)).toISOString(),
    expires_at: new Date(expiresMs).toISOString(),
  }
}
