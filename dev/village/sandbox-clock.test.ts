import { describe, expect, test } from '@jest/globals'
import { businessAt } from '../../domain/business-time.ts'
import { BEAT_MS, segmentIfKilled, segmentsToStart, segmentToStop } from './sandbox-clock.ts'

const NINE = Date.parse('2026-03-02T09:00:00Z')
const HOUR_MS = 3_600_000
const setUp = { wallFrom: '2026-03-02T08:59:00.000Z', businessFrom: '2026-06-30T18:30:00.000Z', speed: 0 }
const running = { wallFrom: '2026-03-02T09:00:00.000Z', businessFrom: '2026-06-30T18:30:00.000Z', speed: 14_400 }

describe('the clock of a sandbox', () => {
  test('begins where it was set up, at the speed asked for', () => {
    const [start, ...more] = segmentsToStart({ segments: [setUp], heartbeatMs: undefined, wallMs: NINE, speed: 14_400 })
    expect(more).toEqual([])
    expect(start).toEqual({ ...running, reason: 'start' })
  })

  test('stands through a night between a stop and the next start', () => {
    // Ten seconds at 14,400 are 144,000 s: 40 hours.
    const stop = segmentToStop({ segments: [setUp, running], wallMs: NINE + 10_000 })
    expect(stop).toMatchObject({ businessFrom: '2026-07-02T10:30:00.000Z', speed: 0 })
    const segments = [setUp, running, ...(stop ? [stop] : [])]
    const [start] = segmentsToStart({ segments, heartbeatMs: NINE + 10_000, wallMs: NINE + 9 * HOUR_MS, speed: 14_400 })
    expect(start).toMatchObject({ businessFrom: '2026-07-02T10:30:00.000Z', speed: 14_400 })
  })

  test('goes on one beat after it last lived when it was killed, and does not live the hours between', () => {
    const segments = [setUp, running]
    const rows = segmentsToStart({ segments, heartbeatMs: NINE + 10_000, wallMs: NINE + HOUR_MS, speed: 14_400 })
    expect(rows.map(({ reason }) => reason)).toEqual(['killed', 'start'])
    const lived = businessAt(segments, NINE + 10_000 + BEAT_MS)
    expect(businessAt([...segments, ...rows], NINE + HOUR_MS)).toBe(lived)
    expect(businessAt([...segments, ...rows], NINE + HOUR_MS / 2)).toBe(lived)
  })

  test('that was killed before its first beat goes on from its start', () => {
    const rows = segmentsToStart({ segments: [setUp, running], heartbeatMs: undefined, wallMs: NINE + HOUR_MS, speed: 1 })
    // One millisecond at 14,400: 14.4 s.
    expect(rows.at(-1)).toMatchObject({ businessFrom: '2026-06-30T18:30:14.400Z', speed: 1 })
  })

  test('that was killed is mended before anybody lives by it again, and one that lives or stands is let be', () => {
    const killed = { segments: [setUp, running], heartbeatMs: NINE + 10_000, wallMs: NINE + HOUR_MS }
    expect(segmentIfKilled(killed)).toMatchObject({ reason: 'killed', speed: 0 })
    expect(segmentIfKilled({ ...killed, wallMs: NINE + 11_000 })).toBeUndefined()
    expect(segmentIfKilled({ ...killed, segments: [setUp] })).toBeUndefined()
  })

  test('only changes its speed when it is alive', () => {
    const rows = segmentsToStart({ segments: [setUp, running], heartbeatMs: NINE + 9_500, wallMs: NINE + 10_000, speed: 1 })
    expect(rows).toEqual([
      { wallFrom: '2026-03-02T09:00:10.000Z', businessFrom: '2026-07-02T10:30:00.000Z', speed: 1, reason: 'start' },
    ])
  })

  test('that stands needs no stop', () => {
    expect(segmentToStop({ segments: [setUp], wallMs: NINE })).toBeUndefined()
  })
})
