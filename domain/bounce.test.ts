import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { type PutAgainst, reckonBounce } from './bounce.ts'

const debt = (chargeId: number, amountMinor: number): PutAgainst => ({
  chargeId,
  kind: 'electricity',
  nature: 'debt',
  amountMinor,
  heldMinor: amountMinor,
})
const demand = (chargeId: number, kind: 'deposit' | 'electricity', amountMinor: number, heldMinor: number): PutAgainst => ({
  chargeId,
  kind,
  nature: 'demand',
  amountMinor,
  heldMinor,
})

describe('a payment that came back (billing.md "Refunds / chargebacks")', () => {
  test('two deposit demands share what is left of the deposit', () => {
    // 300 of 500 were drawn: 200 are held. The first demand gives 200, the second nothing, 300 are missing.
    const own = [demand(1, 'deposit', 25_000, 20_000), demand(2, 'deposit', 25_000, 20_000)]
    expect(reckonBounce({ amountMinor: 50_000, creditMinor: 0, own, fromCredit: [] })).toEqual({
      own: [{ chargeId: 1, amountMinor: 20_000 }],
      fromCredit: [],
      missingMinor: 30_000,
    })
  })

  const entry = fc.record({
    chargeId: fc.integer({ min: 1, max: 6 }),
    amountMinor: fc.integer({ min: 1, max: 50_000 }),
    sharePercent: fc.integer({ min: 0, max: 100 }),
    isDebt: fc.boolean(),
  })
  const against = ({
    chargeId,
    amountMinor,
    sharePercent,
    isDebt,
  }: {
    chargeId: number
    amountMinor: number
    sharePercent: number
    isDebt: boolean
  }) =>
    isDebt
      ? debt(chargeId, amountMinor)
      : demand(100 + chargeId, 'electricity', amountMinor, Math.floor((amountMinor * sharePercent) / 100))

  test('what comes back and what is missing make up the payment, and no more is taken than is there', () => {
    fc.assert(
      fc.property(
        fc.array(entry),
        fc.array(entry),
        fc.integer({ min: 0, max: 30_000 }),
        fc.integer({ min: 1, max: 30_000 }),
        (a, b, creditMinor, surplusMinor) => {
          const own = a.map(against)
          const fromCredit = b.map(against)
          const amountMinor = own.reduce((sum, one) => sum + one.amountMinor, surplusMinor)
          const done = reckonBounce({ amountMinor, creditMinor, own, fromCredit })
          const sum = (parts: readonly { amountMinor: number }[]) => parts.reduce((all, part) => all + part.amountMinor, 0)
          const purse = creditMinor + sum(done.own) + sum(done.fromCredit)
          expect(purse + done.missingMinor).toBeGreaterThanOrEqual(amountMinor)
          // Credit of others is not touched beyond need, and nothing is missing while there is anything left to take.
          if (done.fromCredit.length > 0 || done.missingMinor > 0)
            expect(purse + done.missingMinor).toBe(Math.max(amountMinor, purse))
          expect(sum(done.own)).toBeLessThanOrEqual(sum(own))
          if (done.missingMinor > 0) expect(done.missingMinor).toBe(amountMinor - purse)
        },
      ),
    )
  })
})
