import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { catalogue } from '../test/support/domain-builders.ts'
import { addDays } from './calendar.ts'
import { daysIn, nthPeriod, type Period } from './period.ts'
import { splitByLargestRemainder } from './money.ts'
import { fixedLines } from './tariff.ts'

const periods = fc
  .record({ anchorDay: fc.integer({ min: 1, max: 31 }), n: fc.integer({ min: 0, max: 60 }) })
  .map(({ anchorDay, n }) => nthPeriod({ date: '2026-01-15', anchorDay, n }))
const prices = fc.integer({ min: 0, max: 500_000 })

/** A life in one period: joined on some day, changed on others, left on another. Prices may come again. */
const lives = fc.record({
  period: periods,
  days: fc.uniqueArray(fc.integer({ min: 0, max: 28 }), { minLength: 2, maxLength: 6 }),
  prices: fc.array(fc.constantFrom(0, 1, 5_000, 10_001, 16_000, 29_999), { minLength: 6, maxLength: 6 }),
})

function segmentsOf({ period, days, prices: costs }: { period: Period; days: readonly number[]; prices: readonly number[] }) {
  const edges = days.toSorted((a, b) => a - b)
  return edges.slice(1).map((to, index) => ({
    from: addDays(period.from, edges[index] ?? 0),
    to: addDays(period.from, to),
    terms: { ...catalogue('B1.1'), fixedChargeMinor: costs[index] ?? 0 },
    consumptionWh: 0,
  }))
}

const total = (lines: readonly { amountMinor: number }[]): number => lines.reduce((sum, { amountMinor }) => sum + amountMinor, 0)

describe('a fixed charge in parts (billing.md rule 12)', () => {
  test('adds up with the days without that price to exactly the price, whatever was changed and back', () => {
    fc.assert(
      fc.property(lives, (life) => {
        const segments = segmentsOf(life)
        const lines = fixedLines(life.period, segments)
        for (const price of new Set(segments.map(({ terms }) => terms.fixedChargeMinor))) {
          const own = lines.filter(({ fullMinor }) => fullMinor === price)
          const days = own.map((line) => line.days)
          const rest = daysIn(life.period) - days.reduce((sum, one) => sum + one, 0)
          const whole = splitByLargestRemainder(price, [...days, rest])
          expect(total(own) + (whole.at(-1) ?? 0)).toBe(price)
        }
      }),
    )
  })

  test('is the whole price for a whole period, however often the package changed to one of the same price', () => {
    fc.assert(
      fc.property(periods, fc.uniqueArray(fc.integer({ min: 1, max: 27 }), { maxLength: 5 }), prices, (period, cuts, price) => {
        const segments = segmentsOf({
          period,
          days: [0, ...cuts, daysIn(period)],
          prices: Array.from({ length: 7 }, () => price),
        })
        expect(total(fixedLines(period, segments))).toBe(price)
      }),
    )
  })

  test('of who joins and who leaves on the same day is the price less the days nobody had, to a paisa each', () => {
    fc.assert(
      fc.property(periods, fc.integer({ min: 1, max: 27 }), prices, (period, day, price) => {
        const terms = { ...catalogue('A1.1'), fixedChargeMinor: price }
        const on = addDays(period.from, day)
        const leaves = total(fixedLines(period, [{ from: period.from, to: on, terms }]))
        const joins = total(fixedLines(period, [{ from: on, to: period.to, terms }]))
        return Math.abs(leaves + joins - price) <= 1
      }),
    )
  })

  test('has the days of the whole period below the line, also after a change (denominator never the rest)', () => {
    fc.assert(
      fc.property(lives, (life) =>
        fixedLines(life.period, segmentsOf(life)).every(
          ({ amountMinor, fullMinor, days, daysInPeriod }) =>
            daysInPeriod === daysIn(life.period) && Math.abs(amountMinor * daysInPeriod - fullMinor * days) < daysInPeriod,
        ),
      ),
    )
  })
})
