import { describe, expect, test } from '@jest/globals'
import { habitOf } from '../households.ts'
import { partOf, paydays } from './paying.ts'

/** Some customer of each habit. */
const ids = Array.from({ length: 200 }, (_, index) => `BHKATS${String(1000 + index).padStart(5, '0')}`)
const withHabit = (habit: string): string => ids.find((id) => habitOf(id) === habit) ?? ''

describe('the households of the village', () => {
  test.each([
    [10_000, 1, 10_000],
    [10_000, 0.5, 5_000],
    [10_050, 0.5, 5_000], // Whole rupees.
    [2_500, 0.1, 1_000], // Ten rupees at least.
    [1_400, 0.5, 1_400], // Or four rupees would be left, which nobody may pay alone.
    [300, 1, 300],
    [0, 1, 0],
  ])('who owe %i paise and pay a share of %f pay %i', (openMinor, share, amountMinor) => {
    expect(partOf(openMinor, share)).toBe(amountMinor)
  })

  test('pay in every way there is', () => {
    expect([...new Set(ids.map(habitOf))].toSorted()).toEqual(['full', 'late', 'never', 'parts', 'wallet'])
  })

  test.each([
    ['full', '2026-08', true, 1],
    ['parts', '2026-08', true, 2],
    ['parts', '2026-08', false, 3],
    ['wallet', '2026-08', false, 1],
    ['never', '2026-08', false, 0],
  ] as const)('with the habit "%s" pay on their days of %s', (habit, month, isPrepaid, days) => {
    const found = paydays(withHabit(habit), { month, isPrepaid })
    expect(found).toHaveLength(days)
    expect(found).toEqual(paydays(withHabit(habit), { month, isPrepaid }))
    expect(found.every(({ by }) => (by === 'wallet') === (habit === 'wallet'))).toBe(true)
  })

  test('who are late pay a bill after its due day', () => {
    expect(paydays(withHabit('late'), { month: '2026-08', isPrepaid: false }).every(({ date }) => date > '2026-08-10')).toBe(true)
  })

  test('pay the advance of the first month when it begins', () => {
    expect(paydays(withHabit('full'), { month: '2026-07', isPrepaid: true })[0]).toMatchObject({ date: '2026-07-01', share: 1 })
  })
})
