import { describe, expect, test } from '@jest/globals'
import { nextPace, type PaceFacts } from './sandbox-pace.ts'

// A month in three minutes: 30 × 86,400 s / 180 s = 14,400.
const calm: PaceFacts = {
  chosenSpeed: 14_400,
  currentSpeed: 14_400,
  sinceChangeMs: 60_000,
  oldestUnsentMs: 0,
  openProcesses: 100,
  overdueProcesses: 0,
}
const slowed = { currentSpeed: 3_600 }

describe('the clock of a sandbox', () => {
  test.each<[string, Partial<PaceFacts>, number | undefined]>([
    ['runs on while the server keeps pace', {}, undefined],
    ['runs on when a nudge waits for five seconds', { oldestUnsentMs: 5_000 }, undefined],
    ['halves when a nudge waits for longer', { oldestUnsentMs: 5_001 }, 7_200],
    ['halves again while it still does', { oldestUnsentMs: 9_000, currentSpeed: 7_200 }, 3_600],
    ['goes no slower than an eighth', { oldestUnsentMs: 90_000, currentSpeed: 1_800 }, undefined],
    ['comes to the eighth when it was between', { oldestUnsentMs: 90_000, currentSpeed: 2_000 }, 1_800],
    ['gives a change ten seconds to show', { oldestUnsentMs: 9_000, currentSpeed: 7_200, sinceChangeMs: 9_999 }, undefined],
    ['runs on with five processes a day overdue', { overdueProcesses: 5 }, undefined],
    ['halves with six of a hundred', { overdueProcesses: 6 }, 7_200],
    ['runs on with fifty of a thousand', { openProcesses: 1_000, overdueProcesses: 50 }, undefined],
    ['halves with fifty-one of a thousand', { openProcesses: 1_000, overdueProcesses: 51 }, 7_200],
    ['doubles when it has caught up', slowed, 7_200],
    ['doubles to no more than what was chosen', { currentSpeed: 10_000 }, 14_400],
    ['waits twenty seconds before it gets faster', { ...slowed, sinceChangeMs: 19_999 }, undefined],
    ['stays slow while a nudge waits for two seconds', { ...slowed, oldestUnsentMs: 2_000 }, undefined],
    ['stays slow while three processes are overdue', { ...slowed, overdueProcesses: 3 }, undefined],
    ['is left alone while stopped', { chosenSpeed: 0, currentSpeed: 0, oldestUnsentMs: 90_000 }, undefined],
    ['is left alone in real time', { chosenSpeed: 1, currentSpeed: 1, oldestUnsentMs: 90_000 }, undefined],
  ])('%s', (...[, facts, speed]) => {
    expect(nextPace({ ...calm, ...facts })?.speed).toBe(speed)
  })

  test.each<[Partial<PaceFacts>, string]>([
    [{ oldestUnsentMs: 7_400 }, 'oldest unsent nudge waits 7 s'],
    [{ overdueProcesses: 12 }, '12 processes more than a day overdue'],
    [slowed, 'caught up'],
  ])('says why: %p', (facts, why) => {
    expect(nextPace({ ...calm, ...facts })?.why).toBe(why)
  })
})
