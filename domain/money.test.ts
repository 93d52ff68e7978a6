import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { energyChargeMinor } from './energy.ts'
import {
  assertMinor,
  assertPositiveMinor,
  currencyExponent,
  roundToWholeUnits,
  roundUpTo,
  splitByLargestRemainder,
  sumMinor,
} from './money.ts'

const amounts = fc.integer({ min: -1_000_000_000_000, max: 1_000_000_000_000 })
const weights = fc
  .array(fc.integer({ min: 0, max: 366 }), { minLength: 1, maxLength: 12 })
  .filter((all) => all.some((weight) => weight > 0))

describe('splitting an amount', () => {
  test('the parts always add up to the whole', () => {
    fc.assert(
      fc.property(
        amounts,
        weights,
        (total, all) => splitByLargestRemainder(total, all).reduce((sum, part) => sum + part, 0) === total,
      ),
    )
  })

  test('no part is a whole paisa away from its exact share', () => {
    fc.assert(
      fc.property(amounts, weights, (total, all) => {
        const sum = all.reduce((one, other) => one + other, 0)
        return splitByLargestRemainder(total, all).every(
          (part, index) => Math.abs(part - (total * (all[index] ?? 0)) / sum) < 1.001,
        )
      }),
    )
  })

  test('the paise left over go to the largest remainders, ties to the earlier part, exactly (billing.md rule 12)', () => {
    const positive = fc.integer({ min: 0, max: 1_000_000_000_000 })
    fc.assert(
      fc.property(positive, weights, (total, all) => {
        const sum = BigInt(all.reduce((one, other) => one + other, 0))
        const shares = all.map((weight) => BigInt(total) * BigInt(weight))
        const more = splitByLargestRemainder(total, all).map((part, index) => BigInt(part) - (shares[index] ?? 0n) / sum)
        const remainders = shares.map((share) => share % sum)
        return more.every(
          (got, index) =>
            more.every((other, after) => {
              const [mine = 0n, theirs = 0n] = [remainders[index], remainders[after]]
              // Who got a paisa more has the larger remainder, or the same and comes first.
              return got === 0n || other === 1n || mine > theirs || (mine === theirs && index <= after)
            }) &&
            (got === 0n || got === 1n),
        )
      }),
    )
  })

  test('a weight of zero gets nothing', () => {
    fc.assert(
      fc.property(amounts, weights, (total, all) =>
        splitByLargestRemainder(total, all).every((part, index) => all[index] !== 0 || part === 0),
      ),
    )
  })

  test('negative weights are refused', () => {
    expect(() => splitByLargestRemainder(100, [2, -1])).toThrow(expect.objectContaining({ code: 'INVALID_AMOUNT' }))
  })
})

describe('rounding to whole units', () => {
  test('gives whole units at most half a unit away, and says the difference', () => {
    fc.assert(
      fc.property(amounts, (amount) => {
        const { roundedMinor, roundingMinor } = roundToWholeUnits(amount, 'INR')
        return roundedMinor % 100 === 0 && amount + roundingMinor === roundedMinor && roundingMinor > -50 && roundingMinor <= 50
      }),
    )
  })

  test('a currency without minor units is whole already', () => {
    expect(roundToWholeUnits(1234, 'UGX')).toEqual({ roundedMinor: 1234, roundingMinor: 0 })
  })

  test('a step up leaves a multiple where it is', () => {
    expect([roundUpTo(46_400, 5_000), roundUpTo(50_000, 5_000), roundUpTo(50_001, 5_000), roundUpTo(0, 5_000)]).toEqual([
      50_000, 50_000, 55_000, 0,
    ])
  })
})

describe('amounts', () => {
  test.each([0.5, NaN, Infinity, 2 ** 53, '5', 5n, null, undefined])('%p is no amount', (value) => {
    expect(() => assertMinor(value)).toThrow(expect.objectContaining({ code: 'INVALID_AMOUNT' }))
  })

  test('zero is an amount but not a positive one, and minus zero is zero', () => {
    expect(Object.is(assertMinor(-0), 0)).toBe(true)
    expect(() => assertPositiveMinor(0)).toThrow(expect.objectContaining({ code: 'INVALID_AMOUNT' }))
  })

  test('a sum that leaves the safe integers is refused', () => {
    expect(() => sumMinor([Number.MAX_SAFE_INTEGER, 1])).toThrow(expect.objectContaining({ code: 'INVALID_AMOUNT' }))
  })

  test('exponents come from ISO 4217, not from Intl, and an unknown code is refused', () => {
    expect([currencyExponent('INR'), currencyExponent('PKR'), currencyExponent('UGX'), currencyExponent('KWD')]).toEqual([
      2, 2, 0, 3,
    ])
    for (const code of ['XXX', 'toString', ''])
      expect(() => currencyExponent(code)).toThrow(expect.objectContaining({ code: 'INVALID_INPUT' }))
  })
})

describe('energy', () => {
  test('equals exact arithmetic, half up, also beyond 2^53', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 2 ** 40 }),
        fc.integer({ min: 0, max: 1_000_000 }),
        (consumptionWh, rateMinorPerKwh) => {
          const exact = (BigInt(consumptionWh) * BigInt(rateMinorPerKwh) + 500n) / 1000n
          return BigInt(energyChargeMinor({ consumptionWh, rateMinorPerKwh })) === exact
        },
      ),
    )
  })

  test('a price beyond the safe integers is refused, never rounded in silence', () => {
    expect(() => energyChargeMinor({ consumptionWh: Number.MAX_SAFE_INTEGER, rateMinorPerKwh: 100_000 })).toThrow(
      expect.objectContaining({ code: 'INVALID_AMOUNT' }),
    )
  })
})
