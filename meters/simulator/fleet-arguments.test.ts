import { describe, expect, test } from '@jest/globals'
import { askedFleet, serialOf } from './fleet-arguments.ts'
import { FAULT_NAMES, faultsAt } from './faults.ts'
import { householdDemand } from './household-load.ts'

const enough = ['--broker', 'mqtt://broker.example', '--plant', 'KATSA', '--count', '2000']
const HALF_HOUR_MS = 1_800_000
const EVENING_MS = Date.parse('2026-07-01T20:00:00Z')

describe('a fleet', () => {
  test('needs a broker, a plant and a count, and keeps its memory from run to run', () => {
    expect(askedFleet(enough)).toMatchObject({ count: 2_000, readingEveryMin: 30, seed: 1, memory: 'var/meters-KATSA.json' })
    expect(askedFleet(['--help'])).toBeNull()
  })

  test.each([
    [['--broker', 'mqtt://broker.example', '--plant', 'KATSA'], '--count are needed'],
    [[...enough, '--count', '0'], '--count 0 is no whole number from 1'],
    [[...enough, '--count', 'many'], '--count many is no whole number'],
    [[...enough, '--count', '1.5'], '--count 1.5 is no whole number'],
    [[...enough, '--broker', 'broker'], 'no mqtt:// or mqtts:// URL'],
    [[...enough, '--plant', 'A/B'], 'cannot stand in a topic'],
    [[...enough, '--faults', '5'], '--faults 5 is no share'],
    [[...enough, '--faults', ''], 'is no share'],
    [[...enough, '--reading-every', '0'], '--reading-every 0 is no whole number'],
    [[...enough, '--zone', 'Asia/Katsa'], '--zone Asia/Katsa is no time zone'],
    [[...enough, '--colour'], "Unknown option '--colour'"],
  ])('is refused in one sentence with %j', (args, sentence) => {
    expect(() => askedFleet(args)).toThrow(sentence)
  })

  test('with faults of 0.4 has some on about that share of its meters, the same ones for the same seed', () => {
    const plan = askedFleet([...enough, '--faults', '0.4'])?.faults ?? {}
    const honest = JSON.stringify(faultsAt({}, 'SIM1', EVENING_MS))
    const faulty = Array.from({ length: 1_000 }, (_, n) => JSON.stringify(faultsAt(plan, serialOf(n), EVENING_MS)) !== honest)
    // Away lasts up to three days, and forgetting is a moment, so the share is not exactly the one that was asked for.
    expect(faulty.filter(Boolean).length).toBeGreaterThan(250)
    expect(faulty.filter(Boolean).length).toBeLessThan(500)
    expect(Object.keys(plan.chancePerDay ?? {})).toEqual([...FAULT_NAMES])
  })
})

describe('a drawn household', () => {
  const dayOf = (seed: number, serial: string): number[] =>
    Array.from({ length: 48 }, (_, slot) =>
      householdDemand(seed, serial)(Date.parse('2026-07-01T00:00:00Z') + slot * HALF_HOUR_MS),
    )

  test('wants the same for the same seed, and another house or seed wants something else', () => {
    expect(dayOf(1, 'SIM000001')).toEqual(dayOf(1, 'SIM000001'))
    expect(dayOf(1, 'SIM000002')).not.toEqual(dayOf(1, 'SIM000001'))
    expect(dayOf(2, 'SIM000001')).not.toEqual(dayOf(1, 'SIM000001'))
  })

  test('wants most in the evening, and a village some hundred Wh a house and day', () => {
    const days = Array.from({ length: 200 }, (_, n) => dayOf(1, serialOf(n)))
    const sum = (fromH: number, toH: number): number =>
      days.flatMap((day) => day.slice(2 * fromH, 2 * toH)).reduce((total, wh) => total + wh, 0) / days.length
    expect(sum(18, 22)).toBeGreaterThan(3 * sum(0, 4))
    expect(sum(0, 24)).toBeGreaterThan(200)
    expect(sum(0, 24)).toBeLessThan(1_500)
  })
})
