import { describe, expect, test } from '@jest/globals'
import { catalogue } from '../test/support/domain-builders.ts'
import {
  checkPackageTerms,
  comparePackages,
  isDowngrade,
  isUpgrade,
  isWithinHours,
  meterFits,
  packageText,
  parsePackageText,
  promisedHoursPerDay,
} from './package.ts'

describe('packages', () => {
  test.each(['A1.1', 'A1.2', 'A2.1', 'B1.1', 'B1.2', 'B1.3', 'B2.1', 'B2.2'])('%s is written as it is read', (code) => {
    const terms = catalogue(code)
    expect(checkPackageTerms(terms)).toBe(terms)
    expect(parsePackageText(packageText(terms, 'INR'), 'INR')).toMatchObject({ code, fixedChargeMinor: terms.fixedChargeMinor })
  })

  test('the text has whole rupees, half up; the terms keep the paise', () => {
    expect(packageText({ ...catalogue('B1.1'), fixedChargeMinor: 5_050, energyRateMinorPerKwh: 1_849 }, 'INR')).toBe(
      'B1.1 (FD) / 500 / 51+18u',
    )
  })

  test.each([
    ['A1.1', '18:00', true],
    ['A1.1', '05:59', true],
    ['A1.1', '06:00', false],
    ['A1.1', '17:59', false],
    ['A1.1', '24:00', true],
    ['B1.1', '00:00', true],
    ['B1.1', '23:59', true],
    ['B1.3', '06:00', true],
    ['B1.3', '18:00', false],
  ])('%s at %s is live: %s', (code, time, live) => {
    expect(isWithinHours(catalogue(code), time)).toBe(live)
  })

  test('promised hours are 12 by night, 12 by day, 24 in all', () => {
    expect(['A1.1', 'B1.3', 'B1.1'].map((code) => promisedHoursPerDay(catalogue(code)))).toEqual([12, 12, 24])
  })

  test('more watts is an upgrade; with the same watts more hours are, then the higher fixed charge', () => {
    expect(isUpgrade(catalogue('B1.1'), catalogue('B1.2'))).toBe(true)
    expect(isDowngrade(catalogue('B1.2'), catalogue('B1.1'))).toBe(true)
    const night = { ...catalogue('B1.1'), activeFrom: '18:00', activeTo: '06:00' }
    expect(isUpgrade(night, catalogue('B1.1'))).toBe(true)
    expect(comparePackages(catalogue('B1.1'), catalogue('B1.1'))).toBe(0)
    expect(comparePackages(catalogue('B1.1'), { ...catalogue('B1.1'), fixedChargeMinor: 4_000 })).toBe(-1)
  })

  test('a limiter cannot count, so it serves no post-paid package', () => {
    expect(meterFits(catalogue('A1.1'), 'load_limiter')).toBe(true)
    expect(meterFits(catalogue('B1.1'), 'load_limiter')).toBe(false)
  })

  test.each([
    ['code', { code: 'B11' }],
    ['mode', { mode: 'prepaid' as const }],
    ['hours', { activeFrom: '24:00' }],
    ['watts', { loadLimitW: 0 }],
    ['paise', { fixedChargeMinor: 0.5 }],
    ['rate', { energyRateMinorPerKwh: -1 }],
    ['meters', { meterKinds: [] }],
  ])('terms with a wrong %s are refused', (_, wrong) => {
    expect(() => checkPackageTerms({ ...catalogue('B1.1'), ...wrong })).toThrow(
      expect.objectContaining({ code: 'INVALID_INPUT' }),
    )
  })
})
