import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { businessAt, nextSegment, wallFor } from './business-time.ts'
import type { ClockSegment } from './business-time.ts'
import { instantFromMs, msOf } from './calendar.ts'

const START: ClockSegment = { wallFrom: '2026-11-24T10:00:00.000Z', businessFrom: '2026-06-30T18:30:00.000Z', speed: 14_400 }
const T0 = msOf(START.wallFrom)
/** Starts, stops and changes of speed as a sandbox appends them: each leaves business time where it is. */
const clocks = fc
  .array(fc.tuple(fc.integer({ min: 0, max: 600_000 }), fc.constantFrom(0, 1, 0.5, 333.3, 14_400, 86_400)), { maxLength: 8 })
  .map((changes) => {
    const segments = [START]
    let wallMs = T0
    for (const [gap, speed] of changes) {
      wallMs += gap
      segments.push(nextSegment({ segments, wallMs, speed }))
    }
    return segments
  })
const walls = fc.integer({ min: -1_000, max: 7_200_000 }).map((ms) => T0 + ms)

describe('business time', () => {
  test('is wall time in production', () => {
    const production = [{ wallFrom: '2026-07-01T00:00:00.000Z', businessFrom: '2026-07-01T00:00:00.000Z', speed: 1 }]
    expect(businessAt(production, msOf('2026-09-03T04:05:06.007Z'))).toBe('2026-09-03T04:05:06.007Z')
  })

  test('runs a month of 30 days in three minutes at 14,400 times', () => {
    expect(businessAt([START], T0 + 180_000)).toBe('2026-07-30T18:30:00.000Z')
  })

  test('stands while the clock is stopped and goes on where it stopped', () => {
    const stopped = nextSegment({ segments: [START], wallMs: T0 + 1_000, speed: 0 })
    const again = nextSegment({ segments: [START, stopped], wallMs: T0 + 9_000_000, speed: 1 })
    expect(businessAt([START, stopped, again], T0 + 8_000_000)).toBe(stopped.businessFrom)
    expect(businessAt([START, stopped, again], T0 + 9_000_500)).toBe(instantFromMs(msOf(stopped.businessFrom) + 500))
  })

  test('a stopped clock has no wall time for a later moment', () => {
    const stopped = nextSegment({ segments: [START], wallMs: T0 + 1_000, speed: 0 })
    expect(wallFor([START, stopped], '2026-08-01T00:00:00.000Z')).toBeUndefined()
    expect(wallFor([START, stopped], START.businessFrom)).toBe(T0)
  })

  test('never goes back, whatever was appended', () => {
    fc.assert(
      fc.property(
        clocks,
        walls,
        walls,
        (segments, a, b) => businessAt(segments, Math.min(a, b)) <= businessAt(segments, Math.max(a, b)),
      ),
    )
  })

  test('a row that would turn it back does not', () => {
    const wrong = { wallFrom: instantFromMs(T0 + 60_000), businessFrom: START.businessFrom, speed: 1 }
    expect(businessAt([START, wrong], T0 + 60_001) >= businessAt([START], T0 + 60_000)).toBe(true)
  })

  test('the wall time of a moment is the first at which it is that time', () => {
    fc.assert(
      fc.property(clocks, fc.integer({ min: 0, max: 10 ** 10 }), (segments, ahead) => {
        const target = instantFromMs(msOf(START.businessFrom) + ahead)
        const wall = wallFor(segments, target)
        if (wall === undefined) return true
        return businessAt(segments, wall) >= target && (wall === T0 || businessAt(segments, wall - 1) < target)
      }),
    )
  })

  test('without a segment, or with a speed below zero, there is no time', () => {
    expect(() => businessAt([], T0)).toThrow(expect.objectContaining({ code: 'INVALID_INPUT' }))
    expect(() => nextSegment({ segments: [START], wallMs: T0, speed: -1 })).toThrow(
      expect.objectContaining({ code: 'INVALID_INPUT' }),
    )
  })
})
