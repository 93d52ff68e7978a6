import { describe, expect, test } from '@jest/globals'
import * as calendar from './calendar.ts'

const refused = expect.objectContaining({ code: 'INVALID_INPUT' })

describe('dates of a plant', () => {
  test.each([
    ['2026-06-30T18:29:59.999Z', 'Asia/Kolkata', '2026-06-30', '23:59'],
    ['2026-06-30T18:30:00.000Z', 'Asia/Kolkata', '2026-07-01', '00:00'],
    ['2026-06-30T18:15:00.000Z', 'Asia/Kathmandu', '2026-07-01', '00:00'],
    ['2026-03-29T01:00:00.000Z', 'Europe/Berlin', '2026-03-29', '03:00'],
  ])('%s in %s is %s %s', (instant, zone, date, time) => {
    expect([calendar.dateAt(instant, zone), calendar.timeAt(instant, zone)]).toEqual([date, time])
  })

  test.each([
    ['2026-07-01', 'Asia/Kolkata', '2026-06-30T18:30:00.000Z'],
    ['2026-07-01', 'Asia/Kathmandu', '2026-06-30T18:15:00.000Z'],
    // Midnight was skipped: the day begins at 01:00.
    ['2018-11-04', 'America/Sao_Paulo', '2018-11-04T03:00:00.000Z'],
  ])('%s in %s begins at %s', (date, zone, instant) => {
    expect(calendar.startOfDay(date, zone)).toBe(instant)
  })

  test('24:00 is the next midnight, a skipped time moves on, a repeated one is the first', () => {
    expect(calendar.atTimeOn('2026-07-01', '24:00', 'Asia/Kolkata')).toBe('2026-07-01T18:30:00.000Z')
    expect(calendar.atTimeOn('2026-03-29', '02:30', 'Europe/Berlin')).toBe('2026-03-29T01:30:00.000Z')
    expect(calendar.atTimeOn('2026-10-25', '02:30', 'Europe/Berlin')).toBe('2026-10-25T00:30:00.000Z')
  })

  test('a day added keeps the wall time over a clock change, 24 hours do not', () => {
    expect(calendar.addToInstant('2026-03-28T11:00:00.000Z', 'P1D', 'Europe/Berlin')).toBe('2026-03-29T10:00:00.000Z')
    expect(calendar.addToInstant('2026-03-28T11:00:00.000Z', 'PT24H', 'Europe/Berlin')).toBe('2026-03-29T11:00:00.000Z')
  })

  test('durations clamp at month ends and know leap years', () => {
    expect(calendar.addDuration('2027-01-31', 'P1M')).toBe('2027-02-28')
    expect(calendar.addDuration('2028-01-31', 'P1M')).toBe('2028-02-29')
    expect(calendar.addDuration('2026-07-01', 'P9D')).toBe('2026-07-10')
    expect(calendar.subtractDuration('2026-07-01', 'P5D')).toBe('2026-06-26')
    expect(calendar.addDays('2028-02-28', 1)).toBe('2028-02-29')
    expect(calendar.daysBetween('2026-01-01', '2027-01-01')).toBe(365)
    expect(calendar.daysBetween('2026-07-02', '2026-07-01')).toBe(-1)
  })

  test('Monday is 1 and Sunday 7', () => {
    expect([calendar.weekday('2026-08-10'), calendar.weekday('2026-08-16')]).toEqual([1, 7])
  })

  test('thresholds are compared in hours', () => {
    expect([calendar.hoursOf('PT4H'), calendar.hoursOf('P1D'), calendar.hoursOf('PT90M')]).toEqual([4, 24, 1.5])
  })
})

describe('what is no date, time, duration or zone is refused', () => {
  test.each(['2026-02-30', '2026-7-1', '', 'tomorrow', '2026-07-01T00:00:00Z'])('date %p', (date) => {
    expect(calendar.isIsoDate(date)).toBe(false)
    expect(() => calendar.addDays(date, 1)).toThrow(refused)
  })

  test.each(['25:00', '24:01', '7:00', '', '12:60'])('time %p', (time) => {
    expect(calendar.isLocalTime(time)).toBe(false)
    expect(() => calendar.minutesOf(time)).toThrow(refused)
  })

  test.each(['9 days', '', '-P3D', 'PXD'])('duration %p', (duration) => {
    expect(calendar.isIsoDuration(duration)).toBe(false)
  })

  test('a date has no hours, an instant needs an offset, a zone must exist', () => {
    expect(() => calendar.addDuration('2026-07-01', 'PT4H')).toThrow(refused)
    expect(() => calendar.msOf('2026-07-01T00:00:00')).toThrow(refused)
    expect(() => calendar.dateAt('2026-07-01T00:00:00Z', 'Bihar/Katsa')).toThrow(refused)
    expect(() => calendar.instantFromMs(Infinity)).toThrow(refused)
  })
})
