import { expect, test } from '@jest/globals'
import { MockActivityEnvironment } from '@temporalio/testing'
import { NoResultError } from 'kysely'
import { Contradiction, DomainError } from '../domain/errors.ts'
import { isBug, refusalsAreFinal } from './failure.ts'

const failing = (error: Error) => refusalsAreFinal({ act: (): Promise<void> => Promise.reject(error) }).act
const inAttempt = (attempt: number, error: Error) => new MockActivityEnvironment({ attempt }).run(failing(error))

test('a refusal ends the attempt at once, with its code', async () => {
  await expect(inAttempt(1, new DomainError('POLE_FULL', 'no place'))).rejects.toMatchObject({
    type: 'POLE_FULL',
    nonRetryable: true,
  })
})

test('outside trouble is tried again for as long as it takes', async () => {
  const away = new Error('connect ECONNREFUSED')
  await expect(inAttempt(500, away)).rejects.toBe(away)
})

test('what looks like a bug is tried a few times, then ends without quoting anybody', async () => {
  const bug = Object.assign(new Error('invalid input: "Savitri Devi"'), { code: '22P02' })
  await expect(inAttempt(4, bug)).rejects.toBe(bug)
  await expect(inAttempt(5, bug)).rejects.toMatchObject({
    type: 'BUG',
    nonRetryable: true,
    message: 'A fault of ours: SQLSTATE 22P02',
  })
})

const noRow = new NoResultError({ kind: 'SelectQueryNode' })

test.each([
  ['a row that must be there and is not', noRow, 'A fault of ours: a row that must be there is not'],
  [
    'two facts of ours that cannot both be',
    new Contradiction('a step without its debt'),
    'A fault of ours: a step without its debt',
  ],
])('a customer whose process meets %s is seen by people instead of waiting for ever', async (_name, error, message) => {
  await expect(inAttempt(4, error)).rejects.toBe(error)
  await expect(inAttempt(5, error)).rejects.toMatchObject({ type: 'BUG', nonRetryable: true, message })
})

test.each([
  ['a TypeError', new TypeError('x is undefined'), true],
  ['a duplicate key', Object.assign(new Error('duplicate key'), { code: '23505' }), true],
  ['a deadlock', Object.assign(new Error('deadlock'), { code: '40P01' }), false],
  ['a server that goes away', Object.assign(new Error('terminating connection'), { code: '57P01' }), false],
])('%s is told apart from outside trouble', (_name, error, expected) => {
  expect(isBug(error)).toBe(expected)
})
