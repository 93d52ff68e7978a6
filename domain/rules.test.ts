import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { catalogue, debtOf, ZONE } from '../test/support/domain-builders.ts'
import { assessCharge, billTotals } from './bill.ts'
import { addDays } from './calendar.ts'
import { isQuietTime } from './chasing-calendar.ts'
import { setOffDeposit } from './deposit.ts'
import { DomainError, isDomainError } from './errors.ts'
import { isHoldReason } from './hold.ts'
import { effectiveAfterReadBack, firstFullPeriodKey, packageDifference, packageEffectiveFrom } from './package-change.ts'
import { daysIn, periodFrom } from './period.ts'
import { KATSA_POLICY_V1 as policy } from './policy.ts'
import { prepaidDates } from './prepaid.ts'
import { assertPromise, isProtectedCategory } from './protection.ts'
import { acceptReading, consumptionAcrossMeters, maxEstimatesReached, meanWh } from './reading.ts'
import { taskDeadlines, TASK_TRANSITIONS } from './tasks.ts'

const JULY = periodFrom('2026-07-01')
const refusal = (code: string): unknown => expect.objectContaining({ code })

describe('a charge', () => {
  const cuts = fc.uniqueArray(fc.integer({ min: 1, max: 30 }), { maxLength: 5 }).map((days) => days.toSorted((a, b) => a - b))

  test('with any changes between packages of one price costs exactly one price', () => {
    fc.assert(
      fc.property(cuts, (days) => {
        const edges = [0, ...days, daysIn(JULY)]
        const segments = edges.slice(1).map((to, index) => ({
          from: addDays(JULY.from, edges[index] ?? 0),
          to: addDays(JULY.from, to),
          terms: { ...catalogue('A1.1'), version: index + 1 },
        }))
        return assessCharge({ period: JULY, currency: 'INR', segments, policy }).totalMinor === 16_000
      }),
    )
  })

  test('is whole rupees, and its lines add up to it', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 400_000 }),
        fc.integer({ min: 1, max: 31 }),
        fc.integer({ min: 0, max: 744 }),
        (consumptionWh, days, lostHours) => {
          const segments = [{ from: addDays(JULY.to, -days), to: JULY.to, terms: catalogue('B1.1'), consumptionWh }]
          const { lines, totalMinor } = assessCharge({ period: JULY, currency: 'INR', segments, lostHours, policy })
          return (
            totalMinor % 100 === 0 &&
            totalMinor >= 0 &&
            lines.reduce((sum, { amountMinor }) => sum + amountMinor, 0) === totalMinor
          )
        },
      ),
    )
  })

  test('names the package version and whether it was estimated', () => {
    const segments = [{ from: JULY.from, to: JULY.to, terms: catalogue('B1.1'), consumptionWh: 23_000, estimated: true }]
    const { lines } = assessCharge({ period: JULY, currency: 'INR', segments, policy })
    expect(lines[1]).toMatchObject({
      kind: 'energy',
      packageCode: 'B1.1',
      packageVersion: 1,
      estimated: true,
      rateMinorPerKwh: 1_800,
    })
  })

  test('lost hours with a fraction are refused', () => {
    const segments = [{ from: JULY.from, to: JULY.to, terms: catalogue('A1.1') }]
    expect(() => assessCharge({ period: JULY, currency: 'INR', segments, lostHours: 1.5, policy })).toThrow(
      refusal('INVALID_INPUT'),
    )
  })

  test('a bill asks for its charges and all that is outstanding, less credit, and never for less than nothing', () => {
    expect(billTotals({ chargesMinor: [46_400, 5_000], outstandingMinor: 20_000, creditMinor: 1_000 })).toEqual({
      totalMinor: 51_400,
      toPayMinor: 70_400,
    })
    expect(billTotals({ chargesMinor: [0], outstandingMinor: 0, creditMinor: 900 })).toEqual({ totalMinor: 0, toPayMinor: 0 })
  })
})

describe('an advance', () => {
  test('is issued 5 days before the month, due on its 1st, and lapses with the 4th', () => {
    expect(prepaidDates({ period: JULY, policy, zone: ZONE })).toEqual({
      issueOn: '2026-06-26',
      dueOn: '2026-07-01',
      lapsesAt: '2026-07-03T18:30:00.000Z',
      inactiveOn: '2026-09-02',
    })
  })
})

describe('a deposit at closing', () => {
  test('pays every paisa to a debt or gives it back', () => {
    fc.assert(
      fc.property(
        fc.nat(200_000),
        fc.nat(200_000),
        fc.array(fc.nat(100_000), { maxLength: 6 }),
        (heldMinor, creditMinor, open) => {
          const charges = open.map((openMinor, index) => ({
            id: index + 1,
            kind: 'electricity' as const,
            nature: 'debt' as const,
            dueOn: '2026-08-10',
            openMinor,
          }))
          const done = setOffDeposit({ heldMinor, creditMinor, charges, today: '2026-09-01' })
          const used = [...done.fromCredit, ...done.fromDeposit].reduce((sum, { amountMinor }) => sum + amountMinor, 0)
          const owed = open.reduce((sum, one) => sum + one, 0)
          return (
            used + done.refundDepositMinor + done.refundCreditMinor === heldMinor + creditMinor &&
            owed - used === done.stillOwedMinor
          )
        },
      ),
    )
  })

  test('is not used for a demand', () => {
    const charges = [{ id: 1, kind: 'package-difference', nature: 'demand', dueOn: '2026-08-10', openMinor: 100 }] as const
    expect(setOffDeposit({ heldMinor: 500, charges, today: '2026-09-01' })).toMatchObject({
      fromDeposit: [],
      refundDepositMinor: 500,
      stillOwedMinor: 0,
    })
  })
})

describe('a package change', () => {
  test('takes effect with the next period, or at once when settled', () => {
    const now = { today: '2026-07-15', policy }
    expect(packageEffectiveFrom({ ...now, when: 'next-period', settled: false })).toBe('2026-08-01')
    expect(packageEffectiveFrom({ ...now, when: 'at-once', settled: true })).toBe('2026-07-16')
    expect(() => packageEffectiveFrom({ ...now, when: 'at-once', settled: false })).toThrow(refusal('ACCOUNT_NOT_SETTLED'))
  })

  test('the old price goes on until the read-back', () => {
    expect(effectiveAfterReadBack({ planned: '2026-08-01', readBackOn: '2026-07-30' })).toBe('2026-08-01')
    expect(effectiveAfterReadBack({ planned: '2026-08-01', readBackOn: '2026-08-01' })).toBe('2026-08-01')
    expect(effectiveAfterReadBack({ planned: '2026-08-01', readBackOn: '2026-08-05' })).toBe('2026-08-06')
    expect([firstFullPeriodKey('2026-08-01', 1), firstFullPeriodKey('2026-08-06', 1)]).toEqual(['2026-08-01', '2026-09-01'])
  })

  test('asks for the missing deposit, or credits what is too much', () => {
    expect(packageDifference({ depositHeldMinor: 45_000, depositDueMinor: 100_000, unusedAdvanceMinor: 0, policy })).toEqual({
      depositTopUpMinor: 55_000,
      depositExcessMinor: 0,
      advanceCreditMinor: 0,
      feeMinor: 0,
    })
    expect(
      packageDifference({ depositHeldMinor: 95_000, depositDueMinor: 50_000, unusedAdvanceMinor: 8_300, policy }),
    ).toMatchObject({
      depositTopUpMinor: 0,
      depositExcessMinor: 45_000,
      advanceCreditMinor: 8_300,
    })
  })
})

describe('a reading', () => {
  const check = { lastWh: 100_000, currentWh: 123_000, limitW: 500, promisedHoursPerDay: 24, days: 31, meanWh: 23_000, policy }

  test('is taken over as its consumption, or refused with the reason', () => {
    expect(acceptReading(check)).toBe(23_000)
    expect(() => acceptReading({ ...check, currentWh: 99_999 })).toThrow(refusal('READING_BELOW_LAST'))
    expect(() => acceptReading({ ...check, currentWh: 400_000 })).toThrow(refusal('READING_NEEDS_REVIEW'))
    expect(() => acceptReading({ ...check, currentWh: 1.5 })).toThrow(refusal('INVALID_INPUT'))
  })

  test('of half a month is held against half the mean', () => {
    expect(acceptReading({ ...check, currentWh: 106_000, days: 10, meanDays: 31 })).toBe(6_000)
  })

  test('no third period running is estimated', () => {
    expect([0, 1, 2, 3].map((running) => maxEstimatesReached({ running, policy }))).toEqual([false, false, true, true])
  })

  test('one estimated end marks the whole, and no history has no mean', () => {
    expect(
      consumptionAcrossMeters([
        { startWh: 0, endWh: 5, estimated: true },
        { startWh: 0, endWh: 7 },
      ]),
    ).toEqual({ consumptionWh: 12, estimated: true })
    expect([meanWh([]), meanWh([1, 2])]).toEqual([undefined, 2])
  })
})

describe('promises', () => {
  const promise = { role: 'csa', today: '2026-08-20', until: '2026-08-27', promisesOfBill: 0, terms: policy.chasing } as const

  test('a CSA gives a week once a bill, a cluster in-charge thirty days', () => {
    expect(() => assertPromise(promise)).not.toThrow()
    expect(() => assertPromise({ ...promise, until: '2026-08-28' })).toThrow(refusal('INVALID_INPUT'))
    expect(() => assertPromise({ ...promise, promisesOfBill: 1 })).toThrow(refusal('NOT_PERMITTED'))
    expect(() => assertPromise({ ...promise, role: 'cluster-in-charge', until: '2026-09-19', promisesOfBill: 3 })).not.toThrow()
    expect(() => assertPromise({ ...promise, role: 'technician' })).toThrow(refusal('NOT_PERMITTED'))
    expect(() => assertPromise({ ...promise, until: '2026-08-19' })).toThrow(refusal('INVALID_INPUT'))
  })
})

describe('tasks and words', () => {
  test('a task has its target, is reminded of after a day and goes one level up after two', () => {
    expect(taskDeadlines({ kind: 'installation', createdAt: '2026-07-01T06:00:00.000Z', policy, zone: ZONE })).toEqual({
      dueAt: '2026-07-08T06:00:00.000Z',
      remindAt: '2026-07-02T06:00:00.000Z',
      escalateAt: '2026-07-03T06:00:00.000Z',
    })
  })

  test('nothing happens to a finished task, and nothing is approved before review', () => {
    expect(TASK_TRANSITIONS.completed).toEqual({})
    expect(TASK_TRANSITIONS['in-process'].approve).toBeUndefined()
    expect(TASK_TRANSITIONS.review['reject-back']).toBe('in-process')
  })

  test('quiet hours pass midnight', () => {
    expect(['19:59', '20:00', '03:00', '07:59', '08:00'].map((time) => isQuietTime(time, policy.quietHours))).toEqual([
      false,
      true,
      true,
      true,
      false,
    ])
  })

  test('names are recognised, others are not', () => {
    expect([isHoldReason('unpaid'), isHoldReason('lazy')]).toEqual([true, false])
    expect([isProtectedCategory('hospital', policy.chasing), isProtectedCategory('church', policy.chasing)]).toEqual([
      true,
      false,
    ])
    expect([isDomainError(new DomainError('NOT_FOUND', 'x')), isDomainError(new Error('x'))]).toEqual([true, false])
    expect(debtOf({ dueOn: '2026-08-10' }).kind).toBe('electricity')
  })
})
