import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { randomUUID } from 'node:crypto'
import { NoMeter, examine } from '../../meters/conformance/examination.ts'
import type { ExaminationOptions, Line } from '../../meters/conformance/examination.ts'
import { UnreachableBroker, openWire } from '../../meters/conformance/wire.ts'
import type { Wire } from '../../meters/conformance/wire.ts'
import { RULES } from '../../meters/contract/rules.ts'
import type { CommandMessage, Reading } from '../../meters/messages.ts'
import type { MeterMemory } from '../../meters/simulator/meter-memory.ts'
import { createFleet } from '../../meters/simulator/fleet.ts'
import type { Fleet, FleetOptions } from '../../meters/simulator/fleet.ts'
import type { MeterFaults } from '../../meters/simulator/faults.ts'
import { freshBroker } from '../support/broker.ts'
import type { TestBroker } from '../support/broker.ts'
import { brokenMeter } from './broken-meter.ts'
import type { Defect } from './broken-meter.ts'

const quiet = { warn: () => undefined, debug: () => undefined }
const NEVER_LOST = ['last will']

let broker: TestBroker
let plant: string
let serial: string
let opened: { close(): Promise<void> }[]

beforeEach(async () => {
  broker = await freshBroker()
  plant = `T${randomUUID().slice(0, 8)}`
  serial = `${plant}-1`
  opened = []
})

afterEach(async () => {
  for (const one of opened.toReversed()) await one.close()
  await broker.close()
})

const wire = async (): Promise<Wire> => {
  const one = await openWire({ url: broker.url, serial, plant })
  opened.push(one)
  return one
}
const examined = async (more: Partial<ExaminationOptions> = {}): Promise<readonly Line[]> =>
  examine({
    wire: await wire(),
    serial,
    waitMs: 3_000,
    quietMs: 300,
    listenMs: 5_000,
    onMeter: () => undefined,
    onLine: () => undefined,
    ...more,
  })
const simulated = async (faults: MeterFaults = {}, more: Partial<FleetOptions> = {}): Promise<Fleet> => {
  const factory = { load_limit_w: 300, active_from: '06:00', active_to: '22:00', relay: 'auto' as const }
  const meters = [{ serial, startWh: 5_000, demandWh: () => 100, factory }]
  const clock = { nowBusiness: () => new Date().toISOString() }
  const plan = { meters: { [serial]: faults } }
  const shared = { url: broker.url, plant, zone: 'Asia/Kolkata', meters, clock, log: quiet, faults: plan, beatMs: 20 }
  const fleet = await createFleet({ ...shared, ...more })
  opened.push(fleet)
  await fleet.ready()
  return fleet
}
const broken = async (defect: Defect): Promise<Awaited<ReturnType<typeof brokenMeter>>> => {
  const meter = await brokenMeter({ url: broker.url, plant, serial, defect })
  opened.push(meter)
  return meter
}
const named = (lines: readonly Line[], result: Line['result']): string[] =>
  lines.filter((line) => line.result === result).map(({ check }) => check)

describe('the simulator', () => {
  test('passes every check, and has its settings back afterwards', async () => {
    const fleet = await simulated()
    const lines = await examined()
    expect(lines.filter(({ result }) => result === 'failed')).toEqual([])
    expect(named(lines, 'not tested')).toEqual(NEVER_LOST)
    expect(lines.map(({ check }) => check).toSorted()).toEqual(
      [...Object.values(RULES).map(({ name }) => name), 'put back'].toSorted(),
    )
    expect(fleet.memory(serial).settings).toMatchObject({ load_limit_w: 300, active_from: '06:00', relay: 'auto' })
    expect(fleet.memory(serial).settings.valid_until).toBeUndefined()
  })

  test('passes again, its version in force being higher by then', async () => {
    await simulated()
    await examined()
    const lines = await examined()
    expect(named(lines, 'failed')).toEqual([])
    expect(named(lines, 'not tested')).toEqual(NEVER_LOST)
  })

  test('passes when it repeats itself, is out of order and slow: all of that is allowed', async () => {
    await simulated({ repeats: true, shuffles: true, slowMs: 30 })
    expect(named(await examined(), 'failed')).toEqual([])
  })

  test('passes the last will too when its power is cut', async () => {
    const fleet = await simulated()
    const away = { silent: [{ from: '2020-01-01T00:00:00Z', to: '2100-01-01T00:00:00Z' }] }
    const connection = await wire()
    const cut = (): void => {
      fleet.setFaults(serial, away)
      const isGone = (): true | undefined =>
        connection.heard().some(({ leaf, retained, raw }) => leaf === 'status' && !retained && raw.includes('false')) || undefined
      void connection.wait(isGone, 20_000).then(() => fleet.setFaults(serial, null))
    }
    const lines = await examined({ wire: connection, askForReconnection: cut })
    expect(named(lines, 'failed')).toEqual([])
    expect(named(lines, 'not tested')).toEqual([])
  })

  test('that lies fails where it lied, and what rests on that is not tested', async () => {
    await simulated({ lies: true })
    const lines = await examined()
    expect(named(lines, 'failed')).toEqual(['set_desired applied'])
    expect(lines.find(({ check }) => check === 'set_desired applied')).toMatchObject({
      because: expect.stringContaining('the ack says SUCCEEDED, but state reports version 0'),
    })
    expect(named(lines, 'not tested')).toEqual(expect.arrayContaining(['hold opens', 'auto closes', 'stale version refused']))
  })
})

const withReadings = (change: (reading: Reading) => object): Defect['says'] => {
  return (output) => {
    if (output.leaf !== 'telemetry') return [output]
    return [{ leaf: 'telemetry', message: { ...output.message, readings: output.message.readings.map(change) } }]
  }
}
const FOR_EVER = '2199-01-01T00:00:00Z'
let told = 0

describe('a meter that', () => {
  test.each<[string, Defect]>([
    ['has no defect', {}],
    ['sends its readings a while after its acks', { readingsTakeMs: 120 }],
  ])('%s fails on no line', async (_name, defect) => {
    await broken(defect)
    expect(named(await examined(), 'failed')).toEqual([])
  })

  test.each<[string, Defect, string[]]>([
    [
      'switches its relay when a command is repeated',
      {
        remembers: (memory, { command_id }) => {
          if (!memory.answers.some((known) => known.command_id === command_id)) return memory
          const relay = memory.settings.relay === 'auto' ? 'open' : 'auto'
          return { ...memory, settings: { ...memory.settings, relay } }
        },
      },
      ['repeat harmless'],
    ],
    [
      'forgets what it answered',
      { remembers: (memory) => ({ ...memory, answers: [] }) },
      ['repeat answered alike', 'repeat harmless'],
    ],
    [
      'answers a repeated command in other words',
      {
        says: (output) =>
          output.leaf === 'ack'
            ? [{ leaf: 'ack', message: { ...output.message, ts: `2026-07-01T00:00:${stamp()}Z` } }]
            : [output],
      },
      ['repeat answered alike'],
    ],
    ['obeys expired commands', { reads: (command) => ({ ...command, expires_at: FOR_EVER }) }, ['expired command refused']],
    ['obeys older versions', { remembers: behind }, ['stale version refused']],
    ['lies', { lies: true }, ['set_desired applied']],
    [
      'sends fractions of a Wh',
      { says: withReadings((reading) => ({ ...reading, energy_import_wh: reading.energy_import_wh + 0.5 })) },
      ['read_now', 'messages fit'],
    ],
    [
      'has a register that falls',
      { says: withReadings((reading) => ({ ...reading, energy_import_wh: 90_000 - 10 * reading.seq })) },
      ['energy never falls'],
    ],
    [
      'gives every reading the same key',
      { says: withReadings((reading) => ({ ...reading, seq: 7, energy_import_wh: 80_000 + (told += 1) })) },
      ['reading keys'],
    ],
    ['does not retain its state', { retains: (leaf) => leaf === 'status' }, ['state retained']],
    ['does not retain its status', { retains: (leaf) => leaf === 'state' }, ['status retained']],
    [
      'does not open when its hours are over',
      {
        says: (output) =>
          output.leaf === 'state' && output.message.open_reason === 'hours'
            ? [{ leaf: 'state', message: { ...output.message, relay: 'closed', open_reason: undefined } }]
            : [output],
      },
      ['hours open'],
    ],
    [
      'speaks on a leaf of its own',
      { says: (output) => (output.leaf === 'ack' ? [output, { leaf: 'debug', message: {} }] : [output]) },
      ['own branch'],
    ],
    ['refuses fields it does not know', { overlooks: (payload) => payload.includes('new_in_') }, ['unknown fields ignored']],
    [
      'dies of half a message',
      { guesses: (payload) => (payload.length === 7 ? 'dies' : undefined) },
      ['malformed command', 'put back'],
    ],
    ['takes any name for set_desired', { guesses: taken('make_tea') }, ['unknown command']],
  ])('%s fails on that line only', async (_name, defect, wrong) => {
    await broken(defect)
    const lines = await examined()
    expect(named(lines, 'failed').toSorted()).toEqual(wrong.toSorted())
  })
})

describe('there is nothing to examine', () => {
  test('when no broker is there', async () => {
    await expect(openWire({ url: 'mqtt://127.0.0.1:1', serial: 'SM1' })).rejects.toThrow(UnreachableBroker)
  })

  test('when the meter is not heard', async () => {
    await expect(examined({ listenMs: 200 })).rejects.toThrow(NoMeter)
  })

  test('when the meter has said good-bye', async () => {
    const fleet = await simulated()
    await fleet.close()
    opened = []
    await expect(examined()).rejects.toThrow('is not connected')
  })
})

test('a run that is ended by hand puts the meter back', async () => {
  const fleet = await simulated()
  const connection = await wire()
  const onLine = ({ check }: Line): void => {
    if (check === 'hold opens') connection.interrupt()
  }
  await expect(examined({ wire: connection, onLine })).rejects.toThrow('ended by hand')
  expect(fleet.memory(serial).settings).toMatchObject({ load_limit_w: 300, active_from: '06:00', relay: 'auto' })
})

/** Has never heard of a newer version than the one it is sent. */
function behind(memory: MeterMemory, command: CommandMessage): MeterMemory {
  const isKnown = memory.answers.some((known) => known.command_id === command.command_id)
  if (isKnown || command.name !== 'set_desired' || command.desired_version >= memory.appliedVersion) return memory
  return { ...memory, appliedVersion: 0 }
}

function stamp(): string {
  told += 1
  return `${String(Math.floor(told / 1_000) % 60).padStart(2, '0')}.${String(told % 1_000).padStart(3, '0')}`
}

function taken(name: string): Defect['guesses'] {
  return (payload) => {
    if (!payload.includes(name)) return undefined
    return { ...(JSON.parse(payload.toString()) as CommandMessage), name: 'set_desired' } as CommandMessage
  }
}
