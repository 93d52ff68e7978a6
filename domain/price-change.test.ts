import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { catalogue, ZONE } from '../test/support/domain-builders.ts'
import { addDays, addDuration, dateAt, startOfDay } from './calendar.ts'
import { periodContaining } from './period.ts'
import { KATSA_POLICY_V1 as policy } from './policy.ts'
import { checkPriceFrom, nextVersion, priceReaches, priceSettledOn } from './price-change.ts'

const days = fc.integer({ min: 0, max: 1_500 }).map((n) => addDays('2026-07-01', n))
const refusal = (code: string): unknown => expect.objectContaining({ code })

describe('a new price (billing.md rule 14)', () => {
  test('reaches a customer at a period’s start, 30 days after they were told, and never an issued period', () => {
    fc.assert(
      fc.property(
        days,
        days,
        fc.option(days, { nil: undefined }),
        fc.integer({ min: 1, max: 31 }),
        (effective, told, charged, anchorDay) => {
          const rules = { ...policy, anchorDay }
          const effectiveFrom = periodContaining(effective, anchorDay).from
          const chargedUntil = charged && periodContaining(charged, anchorDay).to
          const deliveredAt = startOfDay(told, ZONE)
          const from = priceReaches({ effectiveFrom, deliveredAt, chargedUntil, zone: ZONE, policy: rules })
          const after = [effectiveFrom, addDuration(dateAt(deliveredAt, ZONE), 'P30D'), chargedUntil ?? effectiveFrom]
          expect(periodContaining(from, anchorDay).from).toBe(from)
          expect(after.every((day) => day <= from)).toBe(true)
          // And no later than it must: the period before would be too soon for one of them.
          const before = periodContaining(addDays(from, -1), anchorDay).from
          expect(after.some((day) => day > before)).toBe(true)
        },
      ),
    )
  })

  test('is settled on its first day, for an advance a week before it, so before the advance is issued', () => {
    expect(priceSettledOn({ from: '2026-09-01', mode: 'postpaid', policy })).toBe('2026-09-01')
    expect(priceSettledOn({ from: '2026-09-01', mode: 'prepaid', policy })).toBe('2026-08-25')
  })

  test('must follow the version before it', () => {
    const asked = { from: '2026-09-01', today: '2026-07-15', policy }
    expect(() => checkPriceFrom({ ...asked, newestFrom: '2026-10-01' })).toThrow(refusal('PRICE_TOO_SOON'))
    expect(() => checkPriceFrom({ ...asked, newestFrom: '2026-08-01' })).not.toThrow()
  })

  test('changes what a package costs, and nothing that it gives', () => {
    const old = catalogue('B1.1')
    const wanted = { fixedChargeMinor: 6_000, energyRateMinorPerKwh: 2_000, expectedKwh: 25 }
    expect(nextVersion(old, wanted)).toEqual({ ...old, ...wanted, version: 2 })
    expect(() => nextVersion(old, { ...old, expectedKwh: 40 })).toThrow(refusal('PACKAGE_SAME'))
    expect(() => nextVersion(catalogue('A1.1'), wanted)).toThrow(refusal('INVALID_INPUT'))
  })
})
