import { beforeEach, describe, expect, test } from '@jest/globals'
import type { AckMessage, CommandMessage, Reading, ReasonCode, StateMessage } from '../messages.ts'
import { HONEST, nextDueMs, stepMeter } from './meter.ts'
import type { Conduct, MeterInput, MeterWorld } from './meter.ts'
import { newMeter } from './meter-memory.ts'
import type { MeterMemory, MeterSettings } from './meter-memory.ts'
import type { MeterOutput } from './meter-output.ts'
import { plantDays } from './plant-days.ts'

const factory: MeterSettings = { load_limit_w: 0, active_from: '00:00', active_to: '24:00', utc_offset_min: 330, relay: 'open' }
const world: MeterWorld = { factory, demandWh: () => 100, days: plantDays('Asia/Kolkata'), billingDay: 1 }

let memory: MeterMemory
let businessAt: string
let wallAt: string

/** Takes one step at `businessAt` and returns what the meter sends. */
const step = (input: MeterInput): readonly MeterOutput[] => {
  const now = { businessMs: Date.parse(businessAt), wallMs: Date.parse(wallAt), clockErrorMs: 0 }
  const result = stepMeter({ memory, input, world, now })
  memory = result.memory
  return result.output
}
const command = (id: string, version: number, args: Partial<MeterSettings> = {}): CommandMessage => ({
  v: 1,
  command_id: id,
  name: 'set_desired',
  desired_version: version,
  issued_at: '2026-11-24T10:00:00Z',
  expires_at: '2026-11-24T11:00:00Z',
  args: { load_limit_w: 500, active_from: '00:00', active_to: '24:00', utc_offset_min: 330, relay: 'auto', ...args },
})
const obey = (message: CommandMessage, conduct: Conduct = HONEST): readonly MeterOutput[] =>
  step({ kind: 'command', command: message, conduct })
const ackIn = (output: readonly MeterOutput[]): AckMessage | undefined =>
  output.flatMap((o) => (o.leaf === 'ack' ? [o.message] : []))[0]
const stateIn = (output: readonly MeterOutput[]): StateMessage | undefined =>
  output.flatMap((o) => (o.leaf === 'state' ? [o.message] : []))[0]
const readingsIn = (output: readonly MeterOutput[]): Reading[] =>
  output.flatMap((o) => (o.leaf === 'telemetry' ? o.message.readings : []))

beforeEach(() => {
  businessAt = '2026-06-30T18:30:00Z' // 1 July, midnight in Katsa
  wallAt = '2026-11-24T10:00:00Z'
  memory = newMeter({ startWh: 835_708, fromMs: Date.parse(businessAt), settings: factory })
})

describe('a meter obeys', () => {
  test('a command: it applies it, reports it and acknowledges it', () => {
    const output = obey(command('c1', 1))
    expect(output.map(({ leaf }) => leaf)).toEqual(['state', 'ack'])
    expect(stateIn(output)).toMatchObject({ applied_version: 1, load_limit_w: 500, relay: 'closed', relay_mode: 'auto' })
    expect(ackIn(output)).toMatchObject({ command_id: 'c1', status: 'SUCCEEDED', applied_version: 1 })
  })

  test('the same command twice with one and the same answer, even after a newer one', () => {
    const first = ackIn(obey(command('c1', 1)))
    obey(command('c2', 2, { relay: 'open' }))
    businessAt = '2026-07-01T10:00:00Z'
    const again = obey(command('c1', 1))
    expect(ackIn(again)).toEqual(first)
    expect(stateIn(again)).toMatchObject({ applied_version: 2, relay: 'open', open_reason: 'hold' })
  })

  test('32 commands back, and no further', () => {
    for (let n = 1; n <= 33; n += 1) obey(command(`c${n}`, n))
    expect(ackIn(obey(command('c2', 2)))).toMatchObject({ status: 'SUCCEEDED' })
    expect(ackIn(obey(command('c1', 1)))).toMatchObject({ status: 'REJECTED', reason: { code: 'STALE_VERSION' } })
  })

  test.each<[string, () => void, CommandMessage, Conduct, ReasonCode]>([
    ['an older version', () => obey(command('c5', 5)), command('c4', 4), HONEST, 'STALE_VERSION'],
    ['a command that has expired', () => (wallAt = '2026-11-24T11:00:01Z'), command('c4', 4), HONEST, 'EXPIRED'],
    ['what it cannot do', () => undefined, command('c4', 4), { lies: false, refuses: 'UNSUPPORTED' }, 'UNSUPPORTED'],
  ])('but refuses %s', (_name, before, message, conduct, code) => {
    before()
    const { appliedVersion } = memory
    expect(ackIn(obey(message, conduct))).toMatchObject({ status: 'REJECTED', reason: { code }, applied_version: appliedVersion })
    expect(memory.appliedVersion).toBe(appliedVersion)
  })

  test('an expired command when it comes again with time left', () => {
    wallAt = '2026-11-24T11:00:01Z'
    obey(command('c1', 1))
    const again = obey({ ...command('c1', 1), expires_at: '2026-11-24T12:00:00Z' })
    expect(ackIn(again)).toMatchObject({ status: 'SUCCEEDED', applied_version: 1 })
  })

  test('a refusal for good stands in its state until a version is applied', () => {
    expect(stateIn(obey(command('c1', 1), { lies: false, refuses: 'UNSUPPORTED' }))).toMatchObject({
      applied_version: 0,
      refused: { version: 1, code: 'UNSUPPORTED' },
    })
    expect(stateIn(obey(command('c2', 2)))?.refused).toBeUndefined()
  })

  test('not when it lies: the answer claims, the state does not', () => {
    const output = obey(command('c1', 1), { lies: true, refuses: null })
    expect(ackIn(output)).toMatchObject({ status: 'SUCCEEDED', applied_version: 1 })
    expect(stateIn(output)).toBeUndefined()
    expect(stateIn(step({ kind: 'connected' }))).toMatchObject({ applied_version: 0, relay: 'open' })
  })

  test('an order to read now, with the register of that moment', () => {
    obey(command('c1', 1))
    step({ kind: 'connected' })
    businessAt = '2026-07-01T00:30:00Z'
    const read: CommandMessage = { v: 1, command_id: 'r1', name: 'read_now', issued_at: wallAt, expires_at: wallAt }
    const output = obey(read)
    expect(readingsIn(output)).toEqual([expect.objectContaining({ kind: 'on_demand', energy_import_wh: 835_708 + 1_200 })])
    expect(readingsIn(obey(read))).toEqual([])
  })

  test('its validity: it opens by itself and says so once', () => {
    step({ kind: 'connected' })
    obey(command('c1', 1, { valid_until: '2026-07-01T06:30:00Z' }))
    expect(nextDueMs(memory, world)).toBe(Date.parse('2026-07-01T06:30:00Z'))
    businessAt = '2026-07-01T06:30:00Z'
    expect(stateIn(step({ kind: 'time' }))).toMatchObject({ relay: 'open', open_reason: 'expired', relay_mode: 'auto' })
    expect(step({ kind: 'time' })).toEqual([])
    businessAt = '2026-07-01T18:30:00Z'
    expect(readingsIn(step({ kind: 'time' }))[0]?.energy_import_wh).toBe(835_708 + 12 * 200)
  })
})

describe('a meter counts', () => {
  test('a reading each midnight, and the one on the 1st is for billing', () => {
    step({ kind: 'connected' })
    obey(command('c1', 1))
    businessAt = '2026-07-31T19:00:00Z'
    const readings = readingsIn(step({ kind: 'time' }))
    expect(readings).toHaveLength(31)
    expect(readings.map(({ seq }) => seq)).toEqual(Array.from({ length: 31 }, (_, index) => index + 1))
    expect(readings.filter(({ kind }) => kind === 'billing')).toEqual([
      expect.objectContaining({ ts: '2026-07-31T18:30:00.000Z', energy_import_wh: 835_708 + 31 * 4_800 }),
    ])
  })

  test('every half hour when it is told to, and the midnight on the 1st is still the one for billing', () => {
    const halfHourly = { ...world, readingEveryMin: 30 }
    step({ kind: 'connected' })
    obey(command('c1', 1))
    businessAt = '2026-07-31T17:25:00Z'
    step({ kind: 'time' })
    expect(nextDueMs(memory, halfHourly)).toBe(Date.parse('2026-07-31T17:30:00Z'))
    businessAt = '2026-07-31T19:00:00Z'
    const now = { businessMs: Date.parse(businessAt), wallMs: Date.parse(wallAt), clockErrorMs: 0 }
    const { output } = stepMeter({ memory: { ...memory, unsent: [] }, input: { kind: 'time' }, world: halfHourly, now })
    expect(readingsIn(output).map(({ ts, kind }) => `${ts.slice(11, 16)} ${kind}`)).toEqual([
      '17:30 periodic',
      '18:00 periodic',
      '18:30 billing',
      '19:00 periodic',
    ])
    expect(readingsIn(output).at(-1)?.energy_import_wh).toBe(835_708 + 31 * 4_800 + 100)
  })

  test('under the old limit until the moment of the command', () => {
    obey(command('c1', 1, { load_limit_w: 100 }))
    businessAt = '2026-07-01T06:30:00Z'
    obey(command('c2', 2, { load_limit_w: 500 }))
    businessAt = '2026-07-01T18:30:00Z'
    step({ kind: 'time' })
    expect(memory.register.wh).toBe(835_708 + 12 * 100 + 12 * 200)
  })

  test('on while it is away, and sends what it read as one batch', () => {
    obey(command('c1', 1))
    businessAt = '2026-07-08T20:00:00Z'
    expect(step({ kind: 'time' })).toEqual([])
    const output = step({ kind: 'connected' })
    expect(output.map(({ leaf }) => leaf)).toEqual(['status', 'state', 'telemetry'])
    expect(readingsIn(output)).toHaveLength(8)
  })

  test('never down: not when time goes back, nor when it loses its memory', () => {
    step({ kind: 'connected' })
    obey(command('c1', 1))
    businessAt = '2026-07-02T06:00:00Z'
    step({ kind: 'time' })
    const before = memory.register
    businessAt = '2026-07-01T06:00:00Z'
    step({ kind: 'time' })
    expect(memory.register).toEqual(before)
    businessAt = '2026-07-02T06:00:00Z'
    step({ kind: 'forget' })
    expect(memory.register).toEqual(before)
  })

  test('again what the broker has not taken, and nothing it has', () => {
    step({ kind: 'connected' })
    businessAt = '2026-07-01T18:30:00Z'
    const [sent] = step({ kind: 'time' })
    businessAt = '2026-07-02T18:30:00Z'
    expect(readingsIn(step({ kind: 'time' })).map(({ seq }) => seq)).toEqual([1, 2])
    if (sent?.leaf !== 'telemetry') throw new Error('no batch was sent')
    step({ kind: 'delivered', batch: sent.message })
    expect(readingsIn(step({ kind: 'connected' })).map(({ seq }) => seq)).toEqual([2])
  })
})

test('a meter that forgets boots anew: version 0, factory settings, a new boot', () => {
  step({ kind: 'connected' })
  obey(command('c1', 7))
  const output = step({ kind: 'forget' })
  expect(output.map(({ leaf }) => leaf)).toEqual(['status', 'state', 'telemetry', 'event'])
  expect(stateIn(output)).toMatchObject({ applied_version: 0, boot_id: 2, relay: 'open', load_limit_w: 0 })
  expect(readingsIn(output)).toEqual([expect.objectContaining({ seq: 2, kind: 'boot' })])
  expect(ackIn(obey(command('c1', 7)))).toMatchObject({ status: 'SUCCEEDED', applied_version: 7 })
})
