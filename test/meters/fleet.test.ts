import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { randomUUID } from 'node:crypto'
import { createMeterClient } from '../../meters/client.ts'
import type { MeterClient } from '../../meters/client.ts'
import { hasValuesOf, reportedState, setDesiredCommand } from '../../meters/desired.ts'
import type { DesiredState } from '../../meters/desired.ts'
import type { IncomingMessage } from '../../meters/incoming.ts'
import type { Reading } from '../../meters/messages.ts'
import { createFleet } from '../../meters/simulator/fleet.ts'
import type { Fleet, FleetOptions } from '../../meters/simulator/fleet.ts'
import { volatileMemoryStore } from '../../meters/simulator/memory-store.ts'
import { freshBroker } from '../support/broker.ts'
import type { TestBroker } from '../support/broker.ts'
import { eventually } from './eventually.ts'

const quiet = { info: () => undefined, warn: () => undefined, debug: () => undefined }
const JULY = '2026-06-30T18:30:00.000Z' // The 1st of July, midnight in Katsa.
const AUGUST = '2026-07-31T18:30:00.000Z'
const HOUSE = { load_limit_w: 1_000, relay: 'auto' as const }

let broker: TestBroker
let gateway: MeterClient
let fleet: Fleet | null
let plant: string
let businessNow: string
let received: IncomingMessage[]

beforeEach(async () => {
  broker = await freshBroker()
  plant = `T${randomUUID().slice(0, 8)}`
  businessNow = JULY
  received = []
  fleet = null
  gateway = createMeterClient({
    url: broker.url,
    clientId: `gateway-${plant}`,
    plants: [plant],
    onMessage: (message) => {
      received.push(message)
      return Promise.resolve()
    },
    log: quiet,
  })
  await gateway.ready()
})

afterEach(async () => {
  await fleet?.close()
  await gateway.close()
  await broker.close()
})

// A client id is unique at a broker, so the serials carry the plant.
const serial = (n: number): string => `${plant}-${n}`
const village = async (count: number, more: Partial<FleetOptions> = {}): Promise<Fleet> => {
  const meters = Array.from({ length: count }, (_, n) => ({
    serial: serial(n),
    startWh: 1_000 * n,
    demandWh: () => 100,
    factory: HOUSE,
  }))
  const clock = { nowBusiness: () => businessNow }
  fleet = await createFleet({ url: broker.url, plant, zone: 'Asia/Kolkata', meters, clock, log: quiet, beatMs: 20, ...more })
  await fleet.ready()
  return fleet
}
const readingsOf = (n: number): Reading[] =>
  received.flatMap((message) => (message.leaf === 'telemetry' && message.serial === serial(n) ? message.message.readings : []))
const distinct = (readings: readonly Reading[]): number[] =>
  [...new Set(readings.map(({ seq }) => seq))].toSorted((a, b) => a - b)
const stateOf = (n: number) =>
  received
    .flatMap((message) => (message.leaf === 'state' && message.serial === serial(n) ? [reportedState(message.message)] : []))
    .at(-1)
const statuses = (n: number): boolean[] =>
  received.flatMap((message) => (message.leaf === 'status' && message.serial === serial(n) ? [message.message.online] : []))
const acks = (n: number): string[] =>
  received.flatMap((message) => (message.leaf === 'ack' && message.serial === serial(n) ? [message.message.status] : []))

const desired = (version: number, more: Partial<DesiredState> = {}): DesiredState => {
  const whole = {
    loadLimitW: 500,
    activeFrom: '00:00',
    activeTo: '24:00',
    utcOffsetMin: 330,
    relay: 'auto' as const,
    validUntil: null,
  }
  return { ...whole, version, ...more }
}
const program = (n: number, wanted: DesiredState): Promise<void> => {
  const envelope = {
    commandId: randomUUID(),
    issuedAt: new Date().toISOString(),
    expiresAt: new Date(Date.now() + 60_000).toISOString(),
  }
  return gateway.publishCommand({ plant, serial: serial(n), command: setDesiredCommand(wanted, envelope) })
}

describe('a village of meters', () => {
  test('sends a month of readings, the last of them for billing', async () => {
    await village(3)
    businessNow = AUGUST
    await eventually(() => {
      for (const n of [0, 1, 2]) expect(distinct(readingsOf(n))).toHaveLength(31)
    })
    expect(readingsOf(2).at(-1)).toMatchObject({ kind: 'billing', ts: AUGUST, energy_import_wh: 2_000 + 31 * 4_800 })
  })

  test('reads every half hour when it is told to, and refuses to read every 0 minutes', async () => {
    await village(2, { readingEveryMin: 30 })
    businessNow = '2026-07-01T18:30:00.000Z'
    await eventually(() => {
      for (const n of [0, 1]) expect(distinct(readingsOf(n))).toHaveLength(48)
    })
    const none = { url: broker.url, plant, zone: 'Asia/Kolkata', meters: [], clock: { nowBusiness: () => JULY }, log: quiet }
    await expect(createFleet({ ...none, readingEveryMin: 0 })).rejects.toThrow('every 0 minutes')
  })

  test('is programmed, and reads back what was programmed', async () => {
    await village(1)
    const night = desired(1, { activeFrom: '18:00', activeTo: '06:00', loadLimitW: 40 })
    await program(0, night)
    await eventually(() => expect(stateOf(0)).toMatchObject({ appliedVersion: 1, relay: 'closed' }))
    await program(0, desired(2, { relay: 'open' }))
    await eventually(() => expect(stateOf(0)).toMatchObject({ appliedVersion: 2, relay: 'open', openReason: 'hold' }))
    await program(0, night)
    await eventually(() => expect(acks(0)).toEqual(['SUCCEEDED', 'SUCCEEDED', 'REJECTED']))
    expect(stateOf(0)?.appliedVersion).toBe(2)
  })

  test('goes on where it stopped when its process starts again', async () => {
    const store = volatileMemoryStore()
    const before = await village(1, { store })
    await program(0, desired(4))
    businessNow = '2026-07-05T00:00:00.000Z'
    await eventually(() => expect(distinct(readingsOf(0))).toEqual([1, 2, 3, 4]))
    await before.close()
    await eventually(() => expect(statuses(0)).toEqual([true, false]))
    const register = before.memory(serial(0)).register.wh

    businessNow = '2026-07-06T00:00:00.000Z'
    const after = await village(1, { store })
    await eventually(() => expect(distinct(readingsOf(0))).toEqual([1, 2, 3, 4, 5]))
    expect(after.memory(serial(0)).register.wh).toBe(register + 4_800)
    expect(stateOf(0)).toMatchObject({ appliedVersion: 4, bootId: 1 })
  })

  test('comes back by itself when the broker dropped it', async () => {
    await village(5)
    broker.dropClients()
    if (process.env.MQTT_URL) return
    businessNow = '2026-07-02T00:00:00.000Z'
    await eventually(() => {
      for (const n of [0, 1, 2, 3, 4]) expect(distinct(readingsOf(n))).toEqual([1])
    })
  })

  test('of 150 is connected within seconds and sends every midnight', async () => {
    await village(150, { connectsPerS: 400 })
    for (const day of [2, 3, 4]) businessNow = `2026-07-0${day}T00:00:00.000Z`
    await eventually(() => {
      for (let n = 0; n < 150; n += 1) expect(distinct(readingsOf(n))).toEqual([1, 2, 3])
    })
  })
})

describe('a meter that is', () => {
  test('silent is seen to go, and comes back with what it read as one batch', async () => {
    const silent = [{ from: '2026-07-02T00:00:00Z', to: '2026-07-12T00:00:00Z' }]
    await village(1, { faults: { meters: { [serial(0)]: { silent } } } })
    await eventually(() => expect(statuses(0)).toEqual([true]))
    businessNow = '2026-07-02T06:00:00.000Z'
    await eventually(() => expect(statuses(0)).toEqual([true, false]))
    businessNow = '2026-07-12T06:00:00.000Z'
    await eventually(() => expect(distinct(readingsOf(0))).toHaveLength(11))
    expect(statuses(0)).toEqual([true, false, true])
  })

  test('repeating itself sends nothing that is not the same', async () => {
    await village(1, { faults: { meters: { [serial(0)]: { repeats: true } } } })
    businessNow = '2026-07-02T06:00:00.000Z'
    await eventually(() => expect(readingsOf(0).length).toBeGreaterThan(1))
    businessNow = '2026-07-03T06:00:00.000Z'
    await eventually(() => expect(distinct(readingsOf(0))).toEqual([1, 2]))
    expect(new Set(readingsOf(0).map((reading) => JSON.stringify(reading))).size).toBe(2)
  })

  test('lying claims success until it is made honest', async () => {
    const simulated = await village(1, { faults: { meters: { [serial(0)]: { lies: true } } } })
    await program(0, desired(1))
    await eventually(() => expect(acks(0)).toEqual(['SUCCEEDED']))
    expect(stateOf(0)).toMatchObject({ appliedVersion: 0 })
    simulated.setFaults(serial(0), null)
    await program(0, desired(1))
    await eventually(() => expect(stateOf(0)).toMatchObject({ appliedVersion: 1, loadLimitW: 500 }))
    const state = stateOf(0)
    expect(state && hasValuesOf(state, desired(1))).toBe(true)
  })

  test('forgetful comes back without its settings and can be programmed again', async () => {
    const simulated = await village(1)
    await program(0, desired(3))
    await eventually(() => expect(stateOf(0)).toMatchObject({ appliedVersion: 3 }))
    simulated.forget(serial(0))
    await eventually(() => expect(stateOf(0)).toMatchObject({ appliedVersion: 0, bootId: 2 }))
    await program(0, desired(3))
    await eventually(() => expect(stateOf(0)).toMatchObject({ appliedVersion: 3, bootId: 2 }))
  })

  test('unable says so for good', async () => {
    await village(1, { faults: { meters: { [serial(0)]: { refuses: 'UNSUPPORTED' } } } })
    await program(0, desired(1))
    await eventually(() => expect(stateOf(0)?.refused).toEqual({ version: 1, code: 'UNSUPPORTED', detail: null }))
  })

  test('slow answers in the end', async () => {
    await village(1, { faults: { meters: { [serial(0)]: { slowMs: 300 } } } })
    await program(0, desired(1))
    await eventually(() => expect(acks(0)).toEqual(['SUCCEEDED']))
  })

  test('out of order and wrong about the time still counts right', async () => {
    const faults = { meters: { [serial(0)]: { shuffles: true, clockErrorMs: 3_600_000 } } }
    await village(1, { faults })
    businessNow = '2026-07-03T18:30:00.000Z'
    await eventually(() => expect(readingsOf(0).map(({ seq }) => seq)).toEqual([3, 2, 1]))
    expect(readingsOf(0)[0]).toMatchObject({ ts: '2026-07-03T19:30:00.000Z', energy_import_wh: 3 * 4_800 })
  })
})
