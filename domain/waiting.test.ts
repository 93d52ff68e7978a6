import { expect, test } from '@jest/globals'
import { mayTakeOver } from './approvals.ts'
import { KATSA_POLICY_V1 } from './policy.ts'
import type { Role } from './roles.ts'
import { chasedRole, isStaffRole, nextChaseAt } from './waiting.ts'

const terms = KATSA_POLICY_V1.waiting
const waiting = { since: '2026-07-01T04:30:00.000Z', zone: 'Asia/Kolkata', terms }

test.each([
  // A day, two days, and then every seven: 1, 3, 10 and 17 July are 1 + 1, 1 + 2, 1 + 2 + 7 and 1 + 2 + 14 days.
  [0, '2026-07-02T04:30:00.000Z', 'csa'],
  [1, '2026-07-03T04:30:00.000Z', 'cluster-in-charge'],
  [2, '2026-07-10T04:30:00.000Z', 'state-in-charge'],
  [3, '2026-07-17T04:30:00.000Z', 'head-office'],
  [4, '2026-07-24T04:30:00.000Z', 'head-office'],
] as const)('who was told %i times is told again at %s, then as %s', (chased, at, role) => {
  expect(nextChaseAt({ ...waiting, chased })).toBe(at)
  expect(chasedRole('csa', chased + 1)).toBe(role)
})

test.each([
  ['cluster-in-charge', 'cluster-in-charge', true],
  ['state-in-charge', 'cluster-in-charge', true],
  ['csa', 'cluster-in-charge', false],
  ['technician', 'csa', false],
  ['cluster-in-charge', 'csa', true],
  ['technician', 'operator', true],
  ['customer', 'operator', false],
] as const)('a %s may be given what waits for the %s: %s', (role: Role, needed: Role, may) => {
  expect(mayTakeOver(role, needed)).toBe(may)
})

test('nobody is reminded of what the customer, a meter or the day must do', () => {
  expect(['customer', 'meter', 'clock', undefined].filter(isStaffRole)).toEqual([])
  expect(isStaffRole('head-office')).toBe(true)
})
