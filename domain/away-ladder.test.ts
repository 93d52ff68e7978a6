import { expect, test } from '@jest/globals'
import { awayRungs, awayTold, awayToldAt } from './away-ladder.ts'
import { KATSA_POLICY_V1 } from './policy.ts'

const away = { since: '2026-07-01T06:00:00.000Z', zone: 'Asia/Kolkata', terms: KATSA_POLICY_V1.tasks }

test('a silent meter is told of after a day, after three, then every week', () => {
  expect([1, 2, 3, 4].map((times) => awayToldAt(away, times).slice(0, 10))).toEqual([
    '2026-07-02',
    '2026-07-04',
    '2026-07-11',
    '2026-07-18',
  ])
  expect([1, 2, 3].map(awayTold)).toEqual(['operator', 'cluster-in-charge', 'cluster-in-charge'])
})

test('and without end', () => {
  expect(awayRungs(away, '2026-07-01T12:00:00.000Z')).toEqual({ times: 0, nextAt: '2026-07-02T06:00:00.000Z' })
  // Day 3 and 52 weeks are 367 days after 1 July 2026: the 54th time on 3 July 2027.
  expect(awayRungs(away, '2027-07-03T06:00:00.000Z')).toEqual({ times: 54, nextAt: '2027-07-10T06:00:00.000Z' })
})
