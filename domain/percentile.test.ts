import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { percentile } from './percentile.ts'

test('is one of the values, by its rank', () => {
  const values = [35, 20, 15, 50, 40]
  expect([5, 30, 40, 50, 100].map((percent) => percentile(values, percent))).toEqual([15, 20, 20, 35, 50])
  expect(percentile([7], 99)).toBe(7)
  expect(percentile([], 50)).toBeUndefined()
})

test('at least that share of the values does not exceed it, and without it less would be', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(), { minLength: 1 }), fc.integer({ min: 1, max: 100 }), (values, percent) => {
      const found = percentile(values, percent) ?? Number.NaN
      const share = (fits: (value: number) => boolean) => (values.filter(fits).length / values.length) * 100
      expect(share((value) => value <= found)).toBeGreaterThanOrEqual(percent)
      expect(share((value) => value < found)).toBeLessThan(percent)
    }),
  )
})

test('is refused for a percentage that there is none of', () => {
  for (const percent of [0, 101, Number.NaN]) expect(() => percentile([1], percent)).toThrow('between 1 and 100')
})
