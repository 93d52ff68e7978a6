import type { AckMessage, CommandMessage, Reading, ReasonCode, SetDesiredCommand, TelemetryMessage } from '../messages.ts'
import { contactAt, countEnergy } from './counting.ts'
import { supplyOf } from './meter-memory.ts'
import type { MeterMemory, MeterSettings, StoredReading } from './meter-memory.ts'
import { batches, greeting, instant, ownTime, stateOf } from './meter-output.ts'
import type { MeterOutput, Moment } from './meter-output.ts'
import type { PlantDays } from './plant-days.ts'
import type { DemandWh } from './profile.ts'

/** What a meter does not remember but lives in. */
export interface MeterWorld {
  readonly factory: MeterSettings
  readonly demandWh: DemandWh
  readonly days: PlantDays
  /** Day of the month whose first midnight is read for billing. */
  readonly billingDay: number
  /** Minutes between readings, counted from midnight; midnights alone when left out. */
  readonly readingEveryMin?: number
}

/** Misbehaviour in answering a command. */
export interface Conduct {
  readonly lies: boolean
  readonly refuses: ReasonCode | null
}

export type MeterInput =
  | { readonly kind: 'time' }
  | { readonly kind: 'connected' }
  | { readonly kind: 'disconnected' }
  | { readonly kind: 'delivered'; readonly batch: TelemetryMessage }
  | { readonly kind: 'command'; readonly command: CommandMessage; readonly conduct: Conduct }
  | { readonly kind: 'forget' }

export interface Step {
  readonly memory: MeterMemory
  readonly output: readonly MeterOutput[]
}

export const HONEST: Conduct = { lies: false, refuses: null }
const MINUTE_MS = 60_000
const REMEMBERED_ANSWERS = 32
const FLASH_READINGS = 400

/**
 * One step of a meter's life: it first counts up to `now` under the settings in force, taking its readings on the
 * way, and then obeys the input. Pure; `output` may be sent only once `memory` is kept.
 */
export function stepMeter({
  memory,
  input,
  world,
  now,
}: {
  memory: MeterMemory
  input: MeterInput
  world: MeterWorld
  now: Moment
}): Step {
  const obeyed = obey(countUpTo(memory, world, now), { input, world, now })
  const step = reportExpiry(obeyed, now)
  const hasNewReading = step.memory.nextSeq !== memory.nextSeq || step.memory.bootId !== memory.bootId
  const isSent = step.output.some(({ leaf }) => leaf === 'telemetry')
  return hasNewReading && !isSent ? { memory: step.memory, output: [...step.output, ...batches(step.memory)] } : step
}

/** When the meter next has something to do by itself (business time): its next reading, or the end of its validity. */
export function nextDueMs(memory: MeterMemory, world: MeterWorld): number {
  const readingMs = nextReadingMs(memory, world)
  const validUntilMs = supplyOf(memory.settings).validUntilMs
  return validUntilMs !== null && validUntilMs > memory.countedToMs ? Math.min(readingMs, validUntilMs) : readingMs
}

type Situation = { readonly input: MeterInput; readonly world: MeterWorld; readonly now: Moment }

function obey(memory: MeterMemory, { input, world, now }: Situation): Step {
  switch (input.kind) {
    case 'time':
      return { memory, output: [] }
    case 'disconnected':
      return { memory: { ...memory, online: false }, output: [] }
    case 'connected':
      return online({ ...memory, online: true }, now)
    case 'delivered':
      return { memory: { ...memory, unsent: memory.unsent.filter((stored) => !isIn(input.batch, stored)) }, output: [] }
    case 'command':
      return answer(memory, { command: input.command, conduct: input.conduct, now })
    case 'forget':
      return forget(memory, { world, now })
  }
}

function online(memory: MeterMemory, now: Moment): Step {
  return { memory, output: greeting(memory, now) }
}

function countUpTo(memory: MeterMemory, world: MeterWorld, now: Moment): MeterMemory {
  let counted = memory
  // Counting from reading to reading, so that the register of that moment is the one that is sent.
  for (let atMs = nextReadingMs(counted, world); atMs <= now.businessMs; atMs = nextReadingMs(counted, world)) {
    counted = countSpan(counted, { world, toMs: atMs, plantOffsetMin: world.days(counted.countedToMs).offsetMin })
    const isBilling = isBillingMoment(world, atMs)
    counted = takeReading(counted, { kind: isBilling ? 'billing' : 'periodic', atMs, clockErrorMs: now.clockErrorMs })
  }
  return countSpan(counted, { world, toMs: now.businessMs, plantOffsetMin: world.days(counted.countedToMs).offsetMin })
}

/** The end of the interval the meter is counting in: the plant's midnight, or sooner when it reads more often. */
function nextReadingMs({ countedToMs }: MeterMemory, { days, readingEveryMin }: MeterWorld): number {
  const { startMs, endMs } = days(countedToMs)
  if (readingEveryMin === undefined) return endMs
  const everyMs = readingEveryMin * MINUTE_MS
  return Math.min(endMs, startMs + (Math.floor((countedToMs - startMs) / everyMs) + 1) * everyMs)
}

function isBillingMoment({ days, billingDay }: MeterWorld, atMs: number): boolean {
  const { date, startMs } = days(atMs)
  return startMs === atMs && Number(date.slice(8)) === billingDay
}

interface SpanEnd {
  readonly world: MeterWorld
  readonly toMs: number
  readonly plantOffsetMin: number
}

function countSpan(memory: MeterMemory, { world, toMs, plantOffsetMin }: SpanEnd): MeterMemory {
  // A clock that was turned back counts nothing until it is where it was.
  if (toMs <= memory.countedToMs) return memory
  const span = { fromMs: memory.countedToMs, toMs, plantOffsetMin }
  const register = countEnergy({ register: memory.register, supply: supplyOf(memory.settings), demandWh: world.demandWh, span })
  return { ...memory, register, countedToMs: toMs }
}

interface ReadingTake {
  readonly kind: Reading['kind']
  readonly atMs: number
  readonly clockErrorMs: number
}

function takeReading(memory: MeterMemory, { kind, atMs, clockErrorMs }: ReadingTake): MeterMemory {
  const reading: Reading = {
    seq: memory.nextSeq,
    ts: instant(atMs + clockErrorMs),
    kind,
    energy_import_wh: memory.register.wh,
    relay: contactAt(supplyOf(memory.settings), atMs).relay,
  }
  // A full flash loses its oldest reading; the register itself loses nothing.
  const unsent = [...memory.unsent, { bootId: memory.bootId, reading }].slice(-FLASH_READINGS)
  return { ...memory, nextSeq: memory.nextSeq + 1, unsent }
}

function forget(memory: MeterMemory, { world, now }: { world: MeterWorld; now: Moment }): Step {
  const booted: MeterMemory = {
    ...memory,
    bootId: memory.bootId + 1,
    nextSeq: 2,
    appliedVersion: 0,
    settings: world.factory,
    refused: null,
    answers: [],
    expiryReported: false,
  }
  const powerOn: MeterOutput = {
    leaf: 'event',
    message: { v: 1, boot_id: booted.bootId, seq: 1, ts: ownTime(now), name: 'power_on' },
  }
  const after = takeReading(booted, { kind: 'boot', atMs: now.businessMs, clockErrorMs: now.clockErrorMs })
  return { memory: after, output: memory.online ? [...greeting(after, now), powerOn] : [] }
}

function answer(memory: MeterMemory, { command, conduct, now }: Omit<Order, 'command'> & { command: CommandMessage }): Step {
  const known = memory.answers.find(({ command_id }) => command_id === command.command_id)
  if (known) return { memory, output: [stateOf(memory, now), { leaf: 'ack', message: known }] }
  const obeyed = command.name === 'read_now' ? readNow(memory, { command, now }) : setDesired(memory, { command, conduct, now })
  // A liar claims the version it was asked for; its state goes on telling the truth.
  const isLie = conduct.lies && obeyed.code === null && command.name === 'set_desired'
  const ack: AckMessage = {
    v: 1,
    command_id: command.command_id,
    status: obeyed.code === null ? 'SUCCEEDED' : 'REJECTED',
    ...(obeyed.code === null ? {} : { reason: { code: obeyed.code } }),
    applied_version: isLie ? command.desired_version : obeyed.memory.appliedVersion,
    ts: ownTime(now),
  }
  // An expired command was not carried out, so the same one with a new expiry must find no old answer.
  const answers = obeyed.code === 'EXPIRED' ? memory.answers : [...memory.answers, ack].slice(-REMEMBERED_ANSWERS)
  const after = { ...obeyed.memory, answers }
  return { memory: after, output: [...(isLie ? [] : [stateOf(after, now)]), { leaf: 'ack', message: ack }] }
}

interface Obeyed {
  readonly memory: MeterMemory
  readonly code: ReasonCode | null
}

function readNow(memory: MeterMemory, { command, now }: { command: CommandMessage; now: Moment }): Obeyed {
  if (isExpired(command, now)) return { memory, code: 'EXPIRED' }
  return { memory: takeReading(memory, { kind: 'on_demand', atMs: now.businessMs, clockErrorMs: now.clockErrorMs }), code: null }
}

interface Order {
  readonly command: SetDesiredCommand
  readonly conduct: Conduct
  readonly now: Moment
}

function setDesired(memory: MeterMemory, { command, conduct, now }: Order): Obeyed {
  if (isExpired(command, now)) return { memory, code: 'EXPIRED' }
  if (command.desired_version < memory.appliedVersion) return { memory, code: 'STALE_VERSION' }
  if (conduct.refuses !== null) {
    const refused = { version: command.desired_version, code: conduct.refuses }
    return { memory: { ...memory, refused }, code: conduct.refuses }
  }
  if (conduct.lies) return { memory, code: null }
  const applied = {
    ...memory,
    appliedVersion: command.desired_version,
    settings: command.args,
    refused: null,
    expiryReported: false,
  }
  return { memory: applied, code: null }
}

function reportExpiry({ memory, output }: Step, now: Moment): Step {
  if (memory.expiryReported || contactAt(supplyOf(memory.settings), now.businessMs).reason !== 'expired')
    return { memory, output }
  const reported = { ...memory, expiryReported: true }
  return { memory: reported, output: memory.online ? [...output, stateOf(reported, now)] : output }
}

function isIn(batch: TelemetryMessage, { bootId, reading }: StoredReading): boolean {
  return bootId === batch.boot_id && batch.readings.some(({ seq }) => seq === reading.seq)
}

function isExpired(command: CommandMessage, now: Moment): boolean {
  return now.wallMs + now.clockErrorMs > Date.parse(command.expires_at)
}
