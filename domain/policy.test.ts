import { describe, expect, test } from '@jest/globals'
import { completedPolicy, parsePolicy } from './parse-policy.ts'
import { KATSA_POLICY_V1 } from './policy.ts'
import { TASK_KINDS } from './tasks.ts'

function copy(): Record<string, unknown> {
  return JSON.parse(JSON.stringify(KATSA_POLICY_V1)) as Record<string, unknown>
}

function changed(path: string, value: unknown): unknown {
  const policy = copy()
  const keys = path.split('.')
  const last = keys.pop() ?? ''
  const holder = keys.reduce<Record<string, unknown>>((part, key) => part[key] as Record<string, unknown>, policy)
  if (value === undefined) delete holder[last]
  else holder[last] = value
  return policy
}

describe('a plant’s policy', () => {
  test('the defaults pass their own check and come back as a copy', () => {
    const parsed = parsePolicy(copy())
    expect(parsed).toEqual(KATSA_POLICY_V1)
    expect(parsed).not.toBe(KATSA_POLICY_V1)
  })

  test('a plant may set its own numbers, and lists may have other lengths', () => {
    expect(parsePolicy(changed('prepaid.grace', 'P5D'))).toMatchObject({ prepaid: { grace: 'P5D' } })
    expect(parsePolicy(changed('chasing.visitsAfter', ['P3D']))).toMatchObject({ chasing: { visitsAfter: ['P3D'] } })
    expect(parsePolicy(changed('deposit.exemptCategories', []))).toMatchObject({ deposit: { exemptCategories: [] } })
  })

  test('every kind of task has a target', () => {
    expect(Object.keys(KATSA_POLICY_V1.tasks.targets).toSorted()).toEqual([...TASK_KINDS].toSorted())
  })

  test.each([
    ['a missing field', 'prepaid.grace', undefined],
    ['an unknown field', 'prepaid.gracePeriod', 'P3D'],
    ['a number for a duration', 'prepaid.grace', 3],
    ['a negative duration', 'prepaid.grace', '-P3D'],
    ['paise with a fraction', 'payment.minimumMinor', 10.5],
    ['a negative amount', 'payment.minimumMinor', -1],
    ['text for an amount', 'payment.minimumMinor', '1000'],
    ['an anchor day of 32', 'anchorDay', 32],
    ['a time that is none', 'chasing.cutFrom', '25:00'],
    ['hours that end before they begin', 'chasing.cutTo', '09:00'],
    ['a weekday of 8', 'chasing.cutWeekdays', [1, 8]],
    ['a wrong item in a list', 'chasing.visitsAfter', ['P2D', 7]],
    ['no list', 'chasing.visitsAfter', 'P2D'],
    ['no object', 'chasing', null],
    ['no date', 'validFrom', '2026-02-30'],
  ])('%s is refused', (_, path, value) => {
    expect(() => parsePolicy(changed(path, value))).toThrow(expect.objectContaining({ code: 'POLICY_INVALID' }))
  })

  test.each([null, undefined, 'policy', 7, []])('%p is no policy', (json) => {
    expect(() => parsePolicy(json)).toThrow(expect.objectContaining({ code: 'POLICY_INVALID' }))
  })
})

test('a policy kept before a row was thought of has the default for it, and is refused for what is not known', () => {
  const { waiting: _later, ...before } = copy()
  expect(parsePolicy(completedPolicy(before))).toEqual(KATSA_POLICY_V1)
  expect(() => parsePolicy(completedPolicy({ ...before, wating: {} }))).toThrow('wating is not known')
})
