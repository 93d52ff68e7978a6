import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { catalogue } from '../test/support/domain-builders.ts'
import { assessDeposit, monthsOfPackage, topUpParts } from './deposit-review.ts'
import { depositLineOf, depositParts, isAskedByBill, restorePartSource, topUpPartSource } from './deposit.ts'
import { KATSA_POLICY_V1 as policy } from './policy.ts'

const amounts = fc.integer({ min: 0, max: 400_000 })
const lives = fc.record({
  heldMinor: amounts,
  asked: fc
    .array(fc.record({ openMinor: fc.integer({ min: 1, max: 60_000 }), isUntouched: fc.boolean() }), { maxLength: 6 })
    .map((parts) => parts.map((part, index) => ({ chargeId: index + 1, ...part }))),
  terms: fc.constantFrom('A1.1', 'A2.1', 'B1.1', 'B1.2', 'B2.1').map(catalogue),
  months: fc.array(fc.record({ totalMinor: fc.integer({ min: 0, max: 300_000 }), packageCodes: fc.constant(['B1.1']) }), {
    maxLength: 14,
  }),
  category: fc.constantFrom('low-income', 'hospital', 'panchayat'),
  waived: fc.boolean(),
})
const review = (life: Omit<Parameters<typeof assessDeposit>[0], 'policy'>) => assessDeposit({ ...life, policy })
const sum = (all: readonly { openMinor: number }[]) => all.reduce((total, { openMinor }) => total + openMinor, 0)

describe('the review of a deposit (billing.md rule 15)', () => {
  test('never asks and gives back at once, and never gives back more than is held above what is due', () => {
    fc.assert(
      fc.property(lives, (life) => {
        const { topUpMinor, creditMinor, dueMinor } = review(life)
        return topUpMinor * creditMinor === 0 && creditMinor === Math.max(life.heldMinor - dueMinor, 0)
      }),
    )
  })

  test('asks only for what is short by more than 25 % and 100 rupees beside what was asked for already', () => {
    fc.assert(
      fc.property(lives, (life) => {
        const { topUpMinor, askedMinor, dueMinor } = review(life)
        const shortMinor = dueMinor - life.heldMinor - askedMinor
        const isFar = shortMinor > 10_000 && shortMinor * 4 > dueMinor
        return topUpMinor === (isFar ? shortMinor : 0)
      }),
    )
  })

  test('gives up no demand that is needed, or that something was paid of or a bill asked for', () => {
    fc.assert(
      fc.property(lives, (life) => {
        const { givenUp, askedMinor, dueMinor } = review(life)
        const kept = life.asked.filter(({ chargeId }) => !givenUp.includes(chargeId))
        const needed = Math.min(dueMinor, life.heldMinor + sum(life.asked))
        return (
          sum(kept) === askedMinor &&
          life.heldMinor + askedMinor >= needed &&
          life.asked.every(({ chargeId, isUntouched }) => isUntouched || !givenUp.includes(chargeId))
        )
      }),
    )
  })

  test('made again after what it asked for changes nothing', () => {
    fc.assert(
      fc.property(lives, (life) => {
        const first = review(life)
        const asked = life.asked
          .filter(({ chargeId }) => !first.givenUp.includes(chargeId))
          .concat(first.topUpMinor > 0 ? [{ chargeId: 99, openMinor: first.topUpMinor, isUntouched: false }] : [])
        const again = review({ ...life, heldMinor: life.heldMinor - first.creditMinor, asked })
        expect(again).toMatchObject({ topUpMinor: 0, creditMinor: 0, givenUp: [] })
      }),
    )
  })

  test('asks for a top-up in at most three parts of whole rupees that add up to it, one with each of the next periods', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5_000 }), fc.integer({ min: 1, max: 31 }), (rupees, anchorDay) => {
        const topUpMinor = rupees * 100
        const rules = { ...policy, anchorDay }
        const parts = topUpParts({ topUpMinor, today: '2027-01-31', currency: 'INR', policy: rules })
        expect(parts.reduce((total, { amountMinor }) => total + amountMinor, 0)).toBe(topUpMinor)
        expect(new Set(parts.map(({ from }) => from)).size).toBe(parts.length)
        return parts.length <= 3 && parts.every(({ amountMinor, from }) => amountMinor % 100 === 0 && from > '2027-01-31')
      }),
    )
  })
})

describe('a deposit in parts', () => {
  test('is the deposit to the paisa, in parts that differ by a rupee at most', () => {
    fc.assert(
      fc.property(amounts, fc.integer({ min: 1, max: 3 }), (dueMinor, count) => {
        const parts = depositParts({ dueMinor, parts: count, currency: 'INR', policy })
        const [least, most] = [Math.min(...parts), Math.max(...parts)]
        return parts.length === count && parts.reduce((a, b) => a + b, 0) === dueMinor && most - least < 200
      }),
    )
  })

  test('that bills ask for are told by their source, and nothing else is', () => {
    const deposit = (source: string) => ({ kind: 'deposit', source })
    expect(depositLineOf(deposit(restorePartSource({ chargeId: 7, part: 1 })))).toBe('deposit-to-restore')
    expect(depositLineOf(deposit(topUpPartSource({ reviewOn: '2027-07-01', part: 3 })))).toBe('deposit-top-up')
    expect(isAskedByBill(deposit('BHKATS-A0042'))).toBe(false)
    expect(isAskedByBill({ kind: 'fee', source: 'restore:7:1' })).toBe(false)
  })
})

describe('a customer’s own months', () => {
  const month = (totalMinor: number, ...packageCodes: string[]) => ({ totalMinor, packageCodes })

  test('count under the package of today, where they cost something, and the last six', () => {
    const lived = [
      month(900, 'B1.2'),
      ...[1, 2, 0, 3, 4, 5, 6, 7].map((rupees) => month(rupees, 'B1.1')),
      month(800, 'B1.1', 'B1.2'),
    ]
    expect(monthsOfPackage(lived, 'B1.1', policy)).toEqual([2, 3, 4, 5, 6, 7])
  })
})
