import { describe, expect, test } from '@jest/globals'
import { assertMayDecide, mayDecide } from './approvals.ts'
import type { DecisionAttempt } from './approvals.ts'
import { KATSA_POLICY_V1 as policy } from './policy.ts'
import { levelUp } from './roles.ts'

const ATTEMPT: DecisionAttempt = { decision: 'package-change', role: 'cluster-in-charge', deciderId: 'deepa', makerId: 'asha' }

describe('who may decide', () => {
  test('the role the table names, or one above it', () => {
    expect(mayDecide(ATTEMPT, policy)).toEqual({ may: true })
    expect(mayDecide({ ...ATTEMPT, role: 'state-in-charge', deciderId: 'farid' }, policy)).toEqual({ may: true })
  })

  test.each(['csa', 'operator', 'technician', 'customer'] as const)('a %s approves no package change', (role) => {
    expect(mayDecide({ ...ATTEMPT, role }, policy)).toEqual({ may: false, code: 'NOT_PERMITTED' })
  })

  test('nobody decides his own entry, whatever his role', () => {
    expect(mayDecide({ ...ATTEMPT, makerId: 'deepa' }, policy)).toEqual({ may: false, code: 'OWN_ENTRY' })
    expect(() => assertMayDecide({ ...ATTEMPT, makerId: 'deepa' }, policy)).toThrow(
      expect.objectContaining({ code: 'OWN_ENTRY' }),
    )
  })

  test('a chain of two is two people', () => {
    const second: DecisionAttempt = { ...ATTEMPT, decision: 'package-change-large', step: 1, earlierDeciderIds: ['deepa'] }
    expect(mayDecide(second, policy)).toEqual({ may: false, code: 'NOT_PERMITTED' })
    expect(mayDecide({ ...second, role: 'state-in-charge', deciderId: 'farid' }, policy)).toEqual({ may: true })
    expect(mayDecide({ ...second, role: 'state-in-charge', deciderId: 'farid', earlierDeciderIds: ['farid'] }, policy)).toEqual({
      may: false,
      code: 'OWN_ENTRY',
    })
    expect(mayDecide({ ...second, step: 2, role: 'head-office', deciderId: 'geeta' }, policy)).toEqual({
      may: false,
      code: 'WRONG_STAGE',
    })
  })

  test('a reading is reviewed by anyone else at the plant, else from above', () => {
    const review: DecisionAttempt = { decision: 'reading-review', role: 'technician', deciderId: 'jyoti', makerId: 'binod' }
    expect(mayDecide(review, policy)).toEqual({ may: true })
    expect(mayDecide({ ...review, deciderId: 'binod' }, policy)).toEqual({ may: false, code: 'OWN_ENTRY' })
    expect(mayDecide({ ...review, role: 'cluster-in-charge', deciderId: 'deepa' }, policy)).toEqual({ may: true })
    expect(mayDecide({ ...review, role: 'customer', deciderId: 'P0001' }, policy)).toEqual({ may: false, code: 'NOT_PERMITTED' })
  })

  test('a short cut for repair needs nobody, so there is nothing to decide', () => {
    expect(mayDecide({ ...ATTEMPT, decision: 'temporary-cut', duration: 'PT2H' }, policy)).toEqual({
      may: false,
      code: 'WRONG_STAGE',
    })
  })

  test('silence goes one level up, to the head office and no further', () => {
    expect([levelUp('csa'), levelUp('cluster-in-charge'), levelUp('state-in-charge'), levelUp('head-office')]).toEqual([
      'cluster-in-charge',
      'state-in-charge',
      'head-office',
      'head-office',
    ])
  })
})
