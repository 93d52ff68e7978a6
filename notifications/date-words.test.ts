import { describe, expect, test } from '@jest/globals'
import { formatDate, formatTimeOf, formatDays, formatPeriod } from './date-words.ts'
import { formatKwh, formatReading } from './energy-words.ts'
import { wordsIn } from './words.ts'

describe('dates', () => {
  test.each([
    ['2026-07-01', '1 July 2026', '1 जुलाई 2026'],
    ['2026-02-28', '28 February 2026', '28 फ़रवरी 2026'],
    ['2026-12-31', '31 December 2026', '31 दिसंबर 2026'],
  ])('%s reads %s and %s', (date, english, hindi) => {
    expect([formatDate(date, 'en'), formatDate(date, 'hi')]).toEqual([english, hindi])
  })

  test.each([['2026-13-01'], ['2026-02-30'], ['01-07-2026'], ['2026-07-01T00:00:00Z'], ['']])(
    '%p is no date and is refused',
    (date) => {
      expect(() => formatDate(date, 'en')).toThrow(/Not a date/)
    },
  )

  test('a period is named by its month, or by its first day when that is not the first of a month', () => {
    expect([formatPeriod('2026-07-01', 'en'), formatPeriod('2026-07-01', 'hi')]).toEqual(['July 2026', 'जुलाई 2026'])
    expect([formatPeriod('2026-07-09', 'en'), formatPeriod('2026-07-09', 'hi')]).toEqual(['from 9 July 2026', '9 जुलाई 2026 से'])
  })

  test.each([
    ['2026-07-09T05:00:00.000Z', '10:30 am', 'सुबह 10:30 बजे'],
    ['2026-07-09T06:30:00.000Z', '12:00 pm', 'दोपहर 12:00 बजे'],
    ['2026-07-09T12:05:00.000Z', '5:35 pm', 'शाम 5:35 बजे'],
    ['2026-07-09T18:30:00.000Z', '12:00 am', 'रात 12:00 बजे'],
    ['2026-12-31T18:29:59.999Z', '11:59 pm', 'रात 11:59 बजे'],
  ])('the instant %s reads %s in Bihar', (instant, english, hindi) => {
    expect([formatTimeOf(instant, 'Asia/Kolkata', 'en'), formatTimeOf(instant, 'Asia/Kolkata', 'hi')]).toEqual([english, hindi])
  })

  test('one day is singular', () => {
    expect([formatDays(1, 'en'), formatDays(15, 'en'), formatDays(1, 'hi')]).toEqual(['1 day', '15 days', '1 दिन'])
    expect(() => formatDays(1.5, 'en')).toThrow(/days/)
  })
})

describe('energy', () => {
  test.each([
    [0, '0'],
    [1, '0.001'],
    [500, '0.5'],
    [23_450, '23.45'],
    [10_000, '10'],
    [1_234_567_000, '12,34,567'],
  ])('a register of %i Wh reads %s', (energyWh, expected) => {
    expect(formatReading(energyWh)).toBe(expected)
  })

  test('a kilowatt-hour is a unit in Hindi', () => {
    expect([formatKwh(23_450, 'en'), formatKwh(23_450, 'hi')]).toEqual(['23.45 kWh', '23.45 यूनिट'])
  })

  test('a fraction of a watt-hour is refused', () => {
    expect(() => formatKwh(0.5, 'en')).toThrow(/safe integer/)
  })
})

test('a list is joined as it is spoken', () => {
  const { list } = wordsIn('en')
  expect([list([]), list(['a']), list(['a', 'b']), list(['a', 'b', 'c'])]).toEqual(['', 'a', 'a and b', 'a, b and c'])
  expect(wordsIn('hi').list(['क', 'ख'])).toBe('क और ख')
})
