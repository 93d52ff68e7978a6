import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { contactAt, countEnergy } from './counting.ts'
import type { Supply } from './counting.ts'
import { parseProfiles } from './profile.ts'
import type { DemandWh } from './profile.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
/** Local midnight in a zone of +05:30. */
const MIDNIGHT_MS = Date.parse('2026-06-30T18:30:00Z')
const always: Supply = { loadLimitW: 1_000, fromMin: 0, toMin: 1440, utcOffsetMin: 330, relayMode: 'auto', validUntilMs: null }
const zero = { wh: 0, rest: 0 }

const count = (supply: Partial<Supply>, [fromH, toH]: readonly [number, number], demandWh: DemandWh = () => 100): number =>
  countEnergy({
    register: zero,
    supply: { ...always, ...supply },
    demandWh,
    span: { fromMs: MIDNIGHT_MS + fromH * HOUR_MS, toMs: MIDNIGHT_MS + toH * HOUR_MS, plantOffsetMin: 330 },
  }).wh

describe('counting', () => {
  // A house that wants 100 Wh each half hour draws 200 W.
  test.each([
    ['a day with supply', {}, 0, 24, 4_800],
    ['a quarter of an hour', {}, 0, 0.25, 50],
    ['a day at a limit of 17 W', { loadLimitW: 17 }, 0, 24, 408],
    ['a day at a limit of 0 W', { loadLimitW: 0 }, 0, 24, 0],
    ['a day with a hold', { relayMode: 'open' as const }, 0, 24, 0],
    ['a night package, all day', { fromMin: 18 * 60, toMin: 6 * 60 }, 0, 24, 2_400],
    ['a night package, noon to noon', { fromMin: 18 * 60, toMin: 6 * 60 }, 12, 36, 2_400],
    ['a night package, by day', { fromMin: 18 * 60, toMin: 6 * 60 }, 6, 18, 0],
    ['a day package', { fromMin: 6 * 60, toMin: 18 * 60 }, 0, 24, 2_400],
    ['hours that begin inside a half hour', { fromMin: 6 * 60 + 10, toMin: 6 * 60 + 20 }, 0, 24, 33],
    ['validity that ends at six', { validUntilMs: MIDNIGHT_MS + 6 * HOUR_MS }, 0, 24, 1_200],
    ['validity that ended yesterday', { validUntilMs: MIDNIGHT_MS - 1 }, 0, 24, 0],
  ])('%s', (_name, supply, fromH, toH, wh) => {
    expect(count(supply, [fromH, toH])).toBe(wh)
  })

  test('the load of a half hour is the one of plant-local time', () => {
    const profiles = parseProfiles('interval_start,shop\n2026-07-01T00:00,10\n2026-07-01T00:30,20\n2026-07-01T01:00,30\n')
    expect(count({}, [0, 1.5], profiles.demand('shop', 1))).toBe(60)
    expect(count({}, [0.5, 1], profiles.demand('shop', 2))).toBe(40)
    expect(count({}, [-0.5, 0], profiles.demand('shop', 1))).toBe(30)
    expect(count({}, [1.5, 2], profiles.demand('shop', 1))).toBe(10)
  })

  test('counting in many steps gives the register of one step', () => {
    const demandWh = (slotMs: number): number => ((slotMs / 1_800_000) % 7) * 13.7
    const supply = { ...always, loadLimitW: 90, fromMin: 18 * 60, toMin: 6 * 60 + 7 }
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 3 * DAY_MS }), { maxLength: 20 }), (cuts) => {
        const stops = [...cuts.toSorted((a, b) => a - b), 3 * DAY_MS]
        let register = zero
        let fromMs = MIDNIGHT_MS
        for (const stop of stops) {
          const toMs = MIDNIGHT_MS + stop
          register = countEnergy({ register, supply, demandWh, span: { fromMs, toMs, plantOffsetMin: 330 } })
          fromMs = toMs
        }
        const span = { fromMs: MIDNIGHT_MS, toMs: MIDNIGHT_MS + 3 * DAY_MS, plantOffsetMin: 330 }
        expect(register).toEqual(countEnergy({ register: zero, supply, demandWh, span }))
      }),
    )
  })

  test.each([
    ['a hold', { relayMode: 'open' as const }, 'open', 'hold'],
    ['validity over', { validUntilMs: MIDNIGHT_MS }, 'open', 'expired'],
    ['outside hours', { fromMin: 360, toMin: 1080 }, 'armed', 'hours'],
    ['supply', {}, 'closed', null],
  ])('the contact with %s', (_name, supply, relay, reason) => {
    expect(contactAt({ ...always, ...supply }, MIDNIGHT_MS)).toEqual({ relay, reason })
  })
})

describe('profiles', () => {
  test.each([
    ['', 'no columns'],
    ['interval_start,a\n', 'no columns or no first'],
    ['interval_start,a\n2026-07-01T00:00,1\n2026-07-01T01:00,1\n', 'line 3'],
    ['interval_start,a\n2026-07-01T00:00,x\n', 'line 2'],
    ['interval_start,a,b\n2026-07-01T00:00,1\n', 'line 2'],
    ['interval_start,a\n2026-07-01T00:00,-1\n', 'line 2'],
  ])('the load file %j is refused', (text, message) => {
    expect(() => parseProfiles(text)).toThrow(message)
  })

  test('a customer without a column is refused', () => {
    expect(() => parseProfiles('interval_start,a\n2026-07-01T00:00,1\n').demand('b', 1)).toThrow(RangeError)
  })
})
