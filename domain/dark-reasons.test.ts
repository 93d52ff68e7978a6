import { expect, test } from '@jest/globals'
import { darkReasons, type ReportedContact } from './dark-reasons.ts'
import type { HoldReason } from './hold.ts'

const NOW = '2026-07-10T06:30:00.000Z'
const contact = (relay: string | null, more: Partial<ReportedContact> = {}): ReportedContact => ({
  relay,
  relayMode: 'auto',
  validUntil: null,
  ...more,
})
const why = (reported: ReportedContact | null, holds: readonly HoldReason[] = []) => darkReasons({ holds, reported, asOf: NOW })

test.each([
  ['light is there', contact('closed'), [], []],
  ['light is there, though a hold was placed a moment ago', contact('closed'), ['unpaid'], []],
  ['two holds, each told', contact('open', { relayMode: 'open' }), ['unpaid', 'maintenance'], ['unpaid', 'maintenance']],
  ['one reason with two owners, told once', contact('open', { relayMode: 'open' }), ['staff', 'staff'], ['staff']],
  ['outside the hours of the package', contact('armed'), [], ['hours']],
  ['a hold outside the hours too', contact('armed'), ['unpaid'], ['unpaid']],
  ['paid until yesterday', contact('open', { validUntil: '2026-07-09T18:30:00.000Z' }), [], ['expired']],
  ['paid until this moment', contact('open', { validUntil: NOW }), [], ['expired']],
  ['paid until tomorrow, and too many kettles', contact('open', { validUntil: '2026-07-11T00:00:00.000Z' }), [], ['by-itself']],
  ['lit again on paper, not yet at the house', contact('open', { relayMode: 'open' }), [], ['not-yet-obeyed']],
  ['a meter that has only said that it is there', contact(null), [], ['never-heard']],
] as const)('%s', (_, reported, holds, expected) => {
  expect(why(reported, holds)).toEqual(expected)
})

test('a meter nobody has ever heard is not called dark for its holds', () => {
  expect(why(null, ['unpaid'])).toEqual(['never-heard'])
})
