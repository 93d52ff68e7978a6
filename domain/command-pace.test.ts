import { expect, test } from '@jest/globals'
import { futureToleranceMs, pauseAfterAttemptS } from './command-pace.ts'

test.each([
  ['the first pause is short', 1, 1, 5],
  ['it doubles', 2, 1, 10],
  ['and doubles', 5, 1, 80],
  ['up to an hour', 11, 1, 3_600],
  ['for ever', 10_000, 1, 3_600],
  // A month in three minutes: a business day is 6 s.
  ['in a fast sandbox the first is the same', 1, 14_400, 5],
  ['and no other longer than a business day', 9, 14_400, 6],
  ['nor shorter than two seconds', 9, 1_000_000, 2],
  ['a stopped clock counts as a slow one', 20, 0, 3_600],
])('a command that is not answered is sent again: %s', (...[, attempts, speed, pauseS]) => {
  expect(pauseAfterAttemptS({ attempts, speed })).toBe(pauseS)
})

test.each([
  [1, 300_000],
  [60, 300_000],
  [14_400, 72_000_000],
])('at speed %d a meter may be ahead by %d ms of business time', (speed, toleranceMs) => {
  expect(futureToleranceMs(speed)).toBe(toleranceMs)
})
