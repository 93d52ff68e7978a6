import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { addDays, addToInstant, dateAt, daysInMonth, instantFromMs, msOf, startOfDay } from './calendar.ts'
import {
  assertPeriodEnded,
  boundariesBetween,
  daysIn,
  nextPeriod,
  nthPeriod,
  overlap,
  periodContaining,
  periodFrom,
  previousPeriod,
} from './period.ts'

const anchors = fc.integer({ min: 1, max: 31 })
const dates = fc.integer({ min: 0, max: 5 * 366 }).map((days) => addDays('2026-01-01', days))

describe('periods', () => {
  test('for every anchor five years of periods follow each other without gap or overlap', () => {
    for (let anchorDay = 1; anchorDay <= 31; anchorDay += 1) {
      let period = periodContaining('2026-01-15', anchorDay)
      const first = period
      for (let n = 0; n < 61; n += 1) {
        expect(period).toEqual(nthPeriod({ date: first.from, anchorDay, n }))
        expect(Number(period.from.slice(8))).toBe(Math.min(anchorDay, daysInMonth(period.from)))
        const next = nextPeriod(period, anchorDay)
        expect(next.from).toBe(period.to)
        expect(previousPeriod(next, anchorDay)).toEqual(period)
        period = next
      }
    }
  })

  test('a date lies in the one period that contains it', () => {
    fc.assert(
      fc.property(dates, anchors, (date, anchorDay) => {
        const period = periodContaining(date, anchorDay)
        return period.from <= date && date < period.to && daysIn(period) >= 28 && daysIn(period) <= 31
      }),
    )
  })

  // Half and three-quarter hours, both hemispheres, a change of half an hour, and clocks that skip midnight itself.
  const zones = fc.constantFrom(
    'Asia/Kolkata',
    'Asia/Kathmandu',
    'Africa/Nairobi',
    'Europe/Berlin',
    'America/New_York',
    'America/Santiago',
    'Africa/Cairo',
    'Asia/Beirut',
    'Australia/Lord_Howe',
    'Pacific/Chatham',
    'America/St_Johns',
  )
  const seconds = fc
    .integer({ min: 0, max: 5 * 366 * 86_400 })
    .map((s) => instantFromMs(Date.parse('2026-01-01T00:00:00Z') + s * 1000))

  test('every moment lies in exactly one period of the plant’s zone, and the next begins where it ends (billing.md rule 11)', () => {
    fc.assert(
      fc.property(seconds, anchors, zones, (instant, anchorDay, zone) => {
        const period = periodContaining(dateAt(instant, zone), anchorDay)
        const [begin, end] = [startOfDay(period.from, zone), startOfDay(period.to, zone)]
        expect(begin <= instant && instant < end).toBe(true)
        expect(startOfDay(nextPeriod(period, anchorDay).from, zone)).toBe(end)
        expect(dateAt(instantFromMs(msOf(end) - 1), zone)).toBe(addDays(period.to, -1))
        expect(dateAt(end, zone)).toBe(period.to)
      }),
      { numRuns: 300 },
    )
  })

  test('a period is as many days long as its dates say, whatever the clocks do in it', () => {
    fc.assert(
      fc.property(dates, anchors, zones, (date, anchorDay, zone) => {
        const period = periodContaining(date, anchorDay)
        const begin = startOfDay(period.from, zone)
        const walked = dateAt(addToInstant(begin, `P${daysIn(period)}D`, zone), zone)
        return walked === period.to
      }),
    )
  })

  test('a key is the first day of a period, any other day is refused', () => {
    expect(periodFrom('2027-02-28', 31)).toEqual({ key: '2027-02-28', from: '2027-02-28', to: '2027-03-31' })
    expect(() => periodFrom('2026-07-02', 1)).toThrow(expect.objectContaining({ code: 'INVALID_INPUT' }))
  })

  test('a late run finds every boundary it missed, the last day included and the first not', () => {
    expect(boundariesBetween({ after: '2026-07-01', upTo: '2026-09-30' })).toEqual(['2026-08-01', '2026-09-01'])
    expect(boundariesBetween({ after: '2026-06-30', upTo: '2026-07-01' })).toEqual(['2026-07-01'])
    expect(boundariesBetween({ after: '2026-07-01', upTo: '2026-07-31' })).toEqual([])
  })

  test('post-paid is not billed before the period has ended', () => {
    const period = periodFrom('2026-07-01')
    expect(() => assertPeriodEnded(period, '2026-07-31')).toThrow(expect.objectContaining({ code: 'PERIOD_NOT_ENDED' }))
    expect(() => assertPeriodEnded(period, '2026-08-01')).not.toThrow()
  })

  test('ranges share days or none', () => {
    expect(overlap({ from: '2026-07-01', to: '2026-08-01' }, { from: '2026-07-20', to: '2026-09-01' })).toEqual({
      from: '2026-07-20',
      to: '2026-08-01',
    })
    expect(overlap({ from: '2026-07-01', to: '2026-08-01' }, { from: '2026-08-01', to: '2026-09-01' })).toBeUndefined()
  })
})
