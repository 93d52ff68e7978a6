import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { formatAmount, formatMoney } from './money-words.ts'

describe('amounts of money', () => {
  test.each([
    [0, 'INR', '₹0'],
    [1, 'INR', '₹0.01'],
    [50, 'INR', '₹0.50'],
    [16_000, 'INR', '₹160'],
    [16_050, 'INR', '₹160.50'],
    [99_999, 'INR', '₹999.99'],
    [100_000, 'INR', '₹1,000'],
    [12_345_678, 'INR', '₹1,23,456.78'],
    [1_234_567_890, 'INR', '₹1,23,45,678.90'],
    [-5_000, 'INR', '-₹50'],
    [Number.MAX_SAFE_INTEGER, 'INR', '₹9,00,71,99,25,47,409.91'],
    [123_456, 'UGX', 'UGX 1,23,456'],
    [1_500, 'TND', 'TND 1.500'],
    [2_000, 'TND', 'TND 2'],
  ])('%i minor units of %s read %s', (amountMinor, currency, expected) => {
    expect(formatMoney(amountMinor, currency, 'en')).toBe(expected)
  })

  test('Hindi groups digits as Indian English does and keeps its own names for neighbours', () => {
    expect(formatMoney(12_345_678, 'INR', 'hi')).toBe('₹1,23,456.78')
    expect(formatMoney(12_300, 'NPR', 'hi')).toBe('ने.रु. 123')
  })

  test('a column of amounts keeps its decimals', () => {
    expect([0, 5, 16_000, 12_345_678].map((amountMinor) => formatAmount(amountMinor, 'INR'))).toEqual([
      '0.00',
      '0.05',
      '160.00',
      '1,23,456.78',
    ])
  })

  test.each([[0.1], [Number.NaN], [Number.POSITIVE_INFINITY], [2 ** 53]])('%p is no amount and is refused', (amountMinor) => {
    expect(() => formatMoney(amountMinor, 'INR', 'en')).toThrow(/safe integer/)
  })

  test.each([['XXX'], ['toString'], ['']])('the currency %p is unknown and is refused', (currency) => {
    expect(() => formatMoney(100, currency, 'en')).toThrow(/currency/)
  })

  test('any amount read back from its digits is the amount', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), (amountMinor) => {
        expect(Number(formatAmount(amountMinor, 'INR').replaceAll(/[,.]/g, ''))).toBe(amountMinor === 0 ? 0 : amountMinor)
      }),
    )
  })
})
