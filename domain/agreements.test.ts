import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { addDays } from './calendar.ts'
import { splitByLargestRemainder } from './money.ts'
import { assertPlan, judgePlan } from './payment-plan.ts'
import { KATSA_POLICY_V1 } from './policy.ts'
import { judgePromise } from './promise.ts'

const TODAY = '2026-08-20'

describe('a promise to pay (billing.md rules 19 and 21)', () => {
  const promise = { promisedFor: '2026-08-24' }

  test('is kept by money that was paid in time and told of late', () => {
    // 464 open on the 25th: broken. On the 27th the agent's phone tells of cash of the 23rd: kept.
    expect(judgePromise(promise, { openMinor: 46_400, paid: [] }, '2026-08-25')).toBe('broken')
    expect(judgePromise(promise, { openMinor: 0, paid: [{ on: '2026-08-23', amountMinor: 46_400 }] }, '2026-08-27')).toBe('kept')
  })

  test('stays broken when the money came after its day', () => {
    expect(judgePromise(promise, { openMinor: 0, paid: [{ on: '2026-08-26', amountMinor: 46_400 }] }, '2026-08-27')).toBe(
      'broken',
    )
  })

  test('is not kept by a payment that bounced', () => {
    const paid = [
      { on: '2026-08-23', amountMinor: 46_400 },
      { on: '2026-08-23', amountMinor: -46_400 },
    ]
    expect(judgePromise(promise, { openMinor: 46_400, paid }, '2026-08-25')).toBe('broken')
  })
})

describe('a payment plan (billing.md rule 21)', () => {
  const terms = KATSA_POLICY_V1.chasing
  const someParts = fc.record({
    debtMinor: fc.integer({ min: 600, max: 1_000_000 }),
    gaps: fc.array(fc.integer({ min: 1, max: 31 }), { minLength: 2, maxLength: 6 }),
  })
  const partsOf = ({ debtMinor, gaps }: { debtMinor: number; gaps: number[] }) => {
    const amounts = splitByLargestRemainder(
      debtMinor,
      gaps.map(() => 1),
    )
    return gaps.map((_, index) => ({
      dueOn: addDays(
        TODAY,
        gaps.slice(0, index + 1).reduce((sum, gap) => sum + gap, 0),
      ),
      amountMinor: amounts[index] ?? 0,
    }))
  }

  test('has parts that are the debt to the paisa, whatever the days', () => {
    fc.assert(
      fc.property(someParts, fc.integer({ min: -5, max: 5 }), (made, offMinor) => {
        const parts = partsOf(made)
        const check = () => assertPlan({ parts, debtMinor: made.debtMinor + offMinor, today: TODAY, terms })
        if (offMinor === 0) expect(check).not.toThrow()
        else expect(check).toThrow(/exactly the debt/)
      }),
    )
  })

  test('whoever pays each part on its day keeps it; whoever leaves one out breaks it the day after', () => {
    fc.assert(
      fc.property(someParts, fc.nat(5), (made, left) => {
        const parts = partsOf(made)
        const missed = left % parts.length
        const paid = parts.map(({ dueOn: on, amountMinor }) => ({ on, amountMinor }))
        const last = parts.at(-1)?.dueOn ?? TODAY
        expect(judgePlan(parts, { openMinor: 0, paid }, addDays(last, 1))).toEqual({ state: 'kept' })
        const before = paid.slice(0, missed)
        const openMinor = made.debtMinor - before.reduce((sum, { amountMinor }) => sum + amountMinor, 0)
        const { dueOn } = parts[missed] ?? { dueOn: TODAY }
        expect(judgePlan(parts, { openMinor, paid: before }, dueOn)).toMatchObject({ state: 'agreed', part: missed + 1 })
        expect(judgePlan(parts, { openMinor, paid: before }, addDays(dueOn, 1))).toEqual({ state: 'broken', part: missed + 1 })
      }),
    )
  })
})
