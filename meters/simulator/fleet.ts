import { setTimeout as sleep } from 'node:timers/promises'
import { msOf } from '../../domain/calendar.ts'
import type { IsoInstant, Zone } from '../../domain/calendar.ts'
import type { TelemetryMessage } from '../messages.ts'
import { createDevice } from './device.ts'
import type { Device } from './device.ts'
import { faultsAt, forgetsBetween } from './faults.ts'
import type { FaultPlan, MeterFaults } from './faults.ts'
import type { LinkLog } from './link.ts'
import { groupedSaver, volatileMemoryStore } from './memory-store.ts'
import type { FleetMemory, MemoryStore } from './memory-store.ts'
import { newMeter } from './meter-memory.ts'
import type { MeterMemory, MeterSettings } from './meter-memory.ts'
import { plantDays } from './plant-days.ts'
import type { PlantDays } from './plant-days.ts'
import type { DemandWh } from './profile.ts'

export interface MeterSpec {
  readonly serial: string
  /** What the register shows when the meter is first seen; later starts go on from the store. */
  readonly startWh: number
  /** What the house wants; a meter on the shelf has none. */
  readonly demandWh?: DemandWh
  /** In force before the first command and after a loss of memory; a meter from stock is open. */
  readonly factory?: Partial<MeterSettings>
}

export interface FleetOptions {
  readonly url: string
  readonly plant: string
  readonly zone: Zone
  readonly meters: readonly MeterSpec[]
  readonly clock: { readonly nowBusiness: () => IsoInstant; readonly nowWall?: () => IsoInstant }
  readonly log: LinkLog
  /** Business time from which new meters count; now when left out. */
  readonly startsAt?: IsoInstant
  readonly store?: MemoryStore
  readonly faults?: FaultPlan
  readonly billingDay?: number
  /** Whole minutes between the readings of a meter, 1 to 1440, counted from its midnight; midnights alone when left out. */
  readonly readingEveryMin?: number
  readonly protocolVersion?: 4 | 5
  readonly credentials?: (serial: string) => { readonly username: string; readonly password: string }
  readonly connectsPerS?: number
  /** How often, in wall time, the fleet looks at its clock. */
  readonly beatMs?: number
  /** Told of each batch of readings that the broker has acknowledged: whoever counts on them may be asked for them. */
  readonly onAcknowledged?: (serial: string, batch: TelemetryMessage) => void
}

export interface Fleet {
  /** Resolves when every meter that is not silent has greeted once. */
  ready(): Promise<void>
  memory(serial: string): MeterMemory
  /** How many meters are connected, and how many messages the broker has taken from all of them. */
  counts(): { readonly connected: number; readonly sent: number }
  /** Puts a meter under other faults from now on; null makes it honest. */
  setFaults(serial: string, faults: MeterFaults | null): void
  /** Boots a meter that loses its settings. */
  forget(serial: string): void
  /** Wires a house to a meter, or takes it off (a demand of 0). */
  setDemand(serial: string, demandWh: DemandWh): void
  addMeter(spec: MeterSpec): Promise<void>
  /** Says good-bye for every meter and keeps their memory. */
  close(): Promise<void>
}

const SHELF: MeterSettings = { load_limit_w: 0, active_from: '00:00', active_to: '24:00', utc_offset_min: 0, relay: 'open' }
const MINUTES_A_DAY = 1_440
const LEAVE_AT_ONCE = 50
const NO_DEMAND: DemandWh = () => 0

/** What the meters of a fleet share. */
interface Village {
  readonly options: FleetOptions
  readonly days: PlantDays
  readonly kept: FleetMemory
  readonly devices: Map<string, Device>
  readonly businessMs: () => number
  readonly persist: () => Promise<void>
  plan: FaultPlan
  closed: boolean
}

/**
 * A village of meters in one process, each with a connection of its own (client id = serial, with a last will).
 * They begin to connect at once, a few at a time. Rejects when the store cannot be read, or with RangeError
 * for a reading interval that is none; calls throw RangeError for an unknown serial.
 */
export async function createFleet(options: FleetOptions): Promise<Fleet> {
  assertInterval(options.readingEveryMin)
  const store = options.store ?? volatileMemoryStore()
  const kept = await store.load()
  const devices = new Map<string, Device>()
  // Meters that are not in this run keep their registers in the store.
  const memories = (): FleetMemory => ({
    ...kept,
    ...Object.fromEntries([...devices].map(([serial, { memory }]) => [serial, memory()])),
  })
  const persist = groupedSaver(() => store.save(memories()))
  const businessMs = (): number => msOf(options.clock.nowBusiness())
  const village: Village = {
    options,
    days: plantDays(options.zone),
    kept,
    devices,
    businessMs,
    persist,
    plan: options.faults ?? {},
    closed: false,
  }
  for (const spec of options.meters) install(village, spec)

  const arrival = arrive(village)
  const timer = startBeating(village, arrival.begun)
  return {
    ready: () => arrival.greeted,
    memory: (serial) => deviceOf(village, serial).memory(),
    counts: () => countsOf([...devices.values()]),
    setFaults: (serial, faults) => {
      village.plan = { ...village.plan, meters: { ...village.plan.meters, [serial]: faults ?? {} } }
    },
    forget: (serial) => deviceOf(village, serial).step({ kind: 'forget' }),
    setDemand: (serial, demandWh) => deviceOf(village, serial).setDemand(demandWh),
    addMeter: (spec) => (devices.get(spec.serial) ?? install(village, spec)).link.open(),
    close: async () => {
      village.closed = true
      clearInterval(timer)
      await arrival.begun
      await leave([...devices.values()])
      await persist()
    },
  }
}

function countsOf(devices: readonly Device[]): ReturnType<Fleet['counts']> {
  const sent = devices.reduce((sum, { link }) => sum + link.taken(), 0)
  return { connected: devices.filter(({ link }) => link.isUp()).length, sent }
}

function assertInterval(readingEveryMin: number | undefined): void {
  if (readingEveryMin === undefined) return
  if (!Number.isInteger(readingEveryMin) || readingEveryMin < 1 || readingEveryMin > MINUTES_A_DAY)
    throw new RangeError(`a meter cannot read every ${readingEveryMin} minutes`)
}

function install(village: Village, spec: MeterSpec): Device {
  const { options, days, businessMs } = village
  const { nowWall } = options.clock
  const { readingEveryMin } = options
  const fromMs = options.startsAt === undefined ? businessMs() : msOf(options.startsAt)
  const factory = { ...SHELF, utc_offset_min: days(fromMs).offsetMin, ...spec.factory }
  const memory = village.kept[spec.serial] ?? newMeter({ startWh: spec.startWh, fromMs, settings: factory })
  const device = createDevice({
    url: options.url,
    protocolVersion: options.protocolVersion ?? 4,
    credentials: options.credentials?.(spec.serial) ?? null,
    plant: options.plant,
    serial: spec.serial,
    log: options.log,
    memory: { ...memory, online: false },
    world: {
      factory,
      demandWh: spec.demandWh ?? NO_DEMAND,
      days,
      billingDay: options.billingDay ?? 1,
      ...(readingEveryMin === undefined ? {} : { readingEveryMin }),
    },
    businessMs,
    wallMs: () => (nowWall === undefined ? Date.now() : msOf(nowWall())),
    faults: () => faultsAt(village.plan, spec.serial, businessMs()),
    persist: village.persist,
    onAcknowledged: (batch) => options.onAcknowledged?.(spec.serial, batch),
  })
  village.devices.set(spec.serial, device)
  return device
}

function deviceOf({ devices }: Village, serial: string): Device {
  const device = devices.get(serial)
  if (device === undefined) throw new RangeError(`no meter ${serial} in this fleet`)
  return device
}

function isSilent({ plan, businessMs }: Village, serial: string): boolean {
  return faultsAt(plan, serial, businessMs()).isSilent
}

/** Opens the connections a few at a time: two thousand at once would time out against a small broker. */
function arrive(village: Village): { begun: Promise<void>; greeted: Promise<void> } {
  const greetings: Promise<void>[] = []
  const devices = [...village.devices.values()]
  const atOnce = Math.max(1, Math.floor((village.options.connectsPerS ?? 200) / 10))
  const begin = async (): Promise<void> => {
    for (let first = 0; first < devices.length && !village.closed; first += atOnce) {
      if (first > 0) await sleep(100)
      const wanted = devices.slice(first, first + atOnce).filter(({ serial }) => !village.closed && !isSilent(village, serial))
      greetings.push(...wanted.map(({ link }) => link.open()))
    }
  }
  const begun = begin()
  return { begun, greeted: begun.then(() => Promise.all(greetings)).then(() => undefined) }
}

/** Disconnects a few at a time, for the same reason. */
async function leave(devices: readonly Device[]): Promise<void> {
  for (let first = 0; first < devices.length; first += LEAVE_AT_ONCE) {
    await Promise.all(devices.slice(first, first + LEAVE_AT_ONCE).map((device) => device.close()))
  }
}

/** Looks at the clock every beat: midnights, ends of validity, losses of memory, coming and going. */
function startBeating(village: Village, arrived: Promise<void>): NodeJS.Timeout {
  let lastBeatMs = village.businessMs()
  let hasArrived = false
  void arrived.then(() => {
    hasArrived = true
  })
  const beat = (): void => {
    const nowMs = village.businessMs()
    for (const device of village.devices.values()) {
      if (device.dueMs() <= nowMs) device.step({ kind: 'time' })
      if (forgetsBetween(village.plan, device.serial, { afterMs: lastBeatMs, upToMs: nowMs })) device.step({ kind: 'forget' })
      if (hasArrived) comeOrGo(village, device)
    }
    lastBeatMs = nowMs
  }
  return setInterval(beat, village.options.beatMs ?? 200)
}

function comeOrGo(village: Village, { serial, link }: Device): void {
  const { log } = village.options
  const moved = isSilent(village, serial) ? link.cut() : link.open()
  moved.catch((error: unknown) => log.warn({ serial, err: error }, 'meter could not come or go'))
}
