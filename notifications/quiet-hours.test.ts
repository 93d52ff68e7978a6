import { describe, expect, test } from '@jest/globals'
import { sendableAt } from './quiet-hours.ts'

const india = { zone: 'Asia/Kolkata', quietHours: { from: '20:00', to: '08:00' } }

describe('quiet hours', () => {
  test.each([
    ['2026-07-09T02:29:59.000Z', '2026-07-09T02:30:00.000Z', 'a second before eight waits that second'],
    ['2026-07-09T02:30:00.000Z', '2026-07-09T02:30:00.000Z', 'at eight in the morning it goes out'],
    ['2026-07-09T14:29:59.000Z', '2026-07-09T14:29:59.000Z', 'just before eight in the evening it goes out'],
    ['2026-07-09T14:30:00.000Z', '2026-07-10T02:30:00.000Z', 'from eight in the evening it waits for the morning'],
    ['2026-07-09T18:30:00.000Z', '2026-07-10T02:30:00.000Z', 'at midnight it waits for the same morning'],
    ['2026-12-31T16:00:00.000Z', '2027-01-01T02:30:00.000Z', 'over New Year it waits for the next year'],
  ])('a notice of %s is sent at %s: %s', (instant, expected) => {
    expect(sendableAt({ ...india, instant, urgency: 'normal' })).toBe(expected)
  })

  test.each(['safety', 'receipt'] as const)('a %s goes out at midnight', (urgency) => {
    expect(sendableAt({ ...india, instant: '2026-07-09T18:30:00.000Z', urgency })).toBe('2026-07-09T18:30:00.000Z')
  })

  test('the morning is found by the wall clock, also on the night the clocks change', () => {
    const instant = '2026-03-28T22:00:00.000Z'
    expect(sendableAt({ ...india, zone: 'Europe/Berlin', instant, urgency: 'normal' })).toBe('2026-03-29T06:00:00.000Z')
  })

  test('quiet hours within one day end on that day', () => {
    const quietHours = { from: '12:00', to: '14:00' }
    const at = (instant: string): string => sendableAt({ zone: 'Asia/Kolkata', quietHours, instant, urgency: 'normal' })
    expect(at('2026-07-09T07:00:00.000Z')).toBe('2026-07-09T08:30:00.000Z')
    expect(at('2026-07-09T08:30:00.000Z')).toBe('2026-07-09T08:30:00.000Z')
  })

  test('a plant whose quiet hours begin when they end has none', () => {
    const instant = '2026-07-09T18:30:00.000Z'
    expect(sendableAt({ zone: 'Asia/Kolkata', quietHours: { from: '00:00', to: '00:00' }, instant, urgency: 'normal' })).toBe(
      instant,
    )
  })
})
