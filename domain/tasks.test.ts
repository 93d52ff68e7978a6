import { expect, test } from '@jest/globals'
import { KATSA_POLICY_V1 } from './policy.ts'
import { nextChase } from './tasks.ts'

// A meter fault of 1 July, 09:00 in Katsa: due after two days, a reminder after one, one level up after two.
const task = {
  kind: 'meter-fault',
  createdAt: '2026-07-01T03:30:00.000Z',
  dueAt: '2026-07-04T03:30:00.000Z',
  policy: KATSA_POLICY_V1,
  zone: 'Asia/Kolkata',
} as const

test.each([
  ['nobody was told yet', null, '2026-07-02T03:30:00.000Z', 'remind'],
  ['reminded on time', '2026-07-02T03:30:00.000Z', '2026-07-03T03:30:00.000Z', 'escalate'],
  ['escalated', '2026-07-03T03:30:00.000Z', '2026-07-04T03:30:00.000Z', 'escalate'],
  ['escalated when it was due', '2026-07-04T03:30:00.000Z', '2026-07-11T03:30:00.000Z', 'escalate'],
  ['reminded late, since nothing ran that day', '2026-07-03T10:00:00.000Z', '2026-07-04T03:30:00.000Z', 'escalate'],
  ['late for a week', '2026-07-11T03:30:00.000Z', '2026-07-18T03:30:00.000Z', 'escalate'],
] as const)('%s: the next one is told in time', (_name, chasedAt, at, level) => {
  expect(nextChase({ ...task, chasedAt })).toEqual({ at, level })
})
