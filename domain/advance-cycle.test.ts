import { describe, expect, test } from '@jest/globals'
import { type Advance, advanceReckoning, type AdvanceState, nextAdvanceStep } from './advance-cycle.ts'
import { billingWindows } from './billing-calendar.ts'
import { startOfDay } from './calendar.ts'
import { KATSA_POLICY_V1 as policy } from './policy.ts'

const zone = 'Asia/Kolkata'
const midnight = (date: string) => startOfDay(date, zone)
const windows = billingWindows({ boundary: '2026-08-01', policy, zone })
const WORKFLOW = 'billing:BHKATS01101:2026-08-01'

/** 310 rupees for August: 10 rupees a day. */
const AUGUST: Advance = {
  chargeId: 1,
  amountMinor: 31_000,
  openMinor: 31_000,
  isVoided: false,
  issuedAt: midnight('2026-07-27'),
  from: '2026-08-01',
  days: 31,
  paidMinor: 0,
  notedMinor: 0,
  returnedMinor: 0,
  earnedMinor: 0,
}

function stateOf(asOf: string, advance: Advance | null, more: Partial<AdvanceState> = {}): AdvanceState {
  return {
    asOf,
    windows,
    zone,
    currency: 'INR',
    workflowId: WORKFLOW,
    mayBeAsked: true,
    hasLeft: false,
    advance,
    delivery: null,
    holds: [],
    isResumed: false,
    handWork: 'none',
    policy,
    ...more,
  }
}

const partPaid = (paidMinor: number): Advance => ({ ...AUGUST, paidMinor, openMinor: AUGUST.amountMinor - paidMinor })
/** Dark since the fourth, by this cycle. */
const dark = { holds: [{ owner: WORKFLOW, placedAt: midnight('2026-08-04'), liftedAt: null }] }

describe('an advance', () => {
  test('is asked for five days before its month, and not of whom nobody may ask', () => {
    expect(nextAdvanceStep(stateOf(midnight('2026-07-26'), null))).toMatchObject({
      stage: 'AwaitingIssue',
      until: midnight('2026-07-27'),
    })
    expect(nextAdvanceStep(stateOf(midnight('2026-07-27'), null))).toEqual({ kind: 'issue' })
    const nobody = stateOf(midnight('2026-07-27'), null, { mayBeAsked: false })
    expect(nextAdvanceStep(nobody)).toEqual({ kind: 'done', outcome: 'NotBilled' })
  })

  test('lapses after three days of grace, however much of it was paid, unless it is all', () => {
    expect(nextAdvanceStep(stateOf(midnight('2026-08-03'), partPaid(30_900)))).toMatchObject({ until: midnight('2026-08-04') })
    expect(nextAdvanceStep(stateOf(midnight('2026-08-04'), partPaid(30_900)))).toEqual({ kind: 'lapse' })
    expect(nextAdvanceStep(stateOf(midnight('2026-08-04'), partPaid(31_000)))).toEqual({ kind: 'earn' })
  })

  test('of which nothing was paid stays dark to the end of its month', () => {
    expect(nextAdvanceStep(stateOf(midnight('2026-08-10'), AUGUST, dark))).toMatchObject({
      stage: 'Lapsed',
      until: midnight('2026-09-01'),
    })
  })

  test('that was paid in part is looked at in the midnight in which dark days have brought it down to that', () => {
    // 250.00 paid: six dark days, the 4th to the 9th, leave 25 at 10.00. Lit at the beginning of the 10th.
    const lit = midnight('2026-08-10')
    expect(nextAdvanceStep(stateOf(midnight('2026-08-04'), partPaid(25_000), dark))).toMatchObject({
      stage: 'Lapsed',
      until: lit,
    })
    expect(advanceReckoning(stateOf(lit, partPaid(25_000), dark), partPaid(25_000))).toMatchObject({
      darkDays: 6,
      dueMinor: 25_000,
    })
    expect(nextAdvanceStep(stateOf(lit, partPaid(25_000), dark))).toEqual({ kind: 'settle' })
  })

  test('that was paid in part too small for that is closed out when its month is over', () => {
    // Three days of grace cost 30.00; 20.00 were paid.
    const least = midnight('2026-09-01')
    expect(nextAdvanceStep(stateOf(midnight('2026-08-20'), partPaid(2_000), dark))).toMatchObject({ until: least })
    expect(nextAdvanceStep(stateOf(least, partPaid(2_000), dark))).toEqual({ kind: 'close-out' })
  })

  test('is looked at earlier where people must be told that the supply still is on', () => {
    const sooner = midnight('2026-08-05')
    const state = stateOf(midnight('2026-08-04'), partPaid(25_000), { ...dark, lookAgainAt: sooner })
    expect(nextAdvanceStep(state)).toMatchObject({ stage: 'Lapsed', until: sooner })
  })
})
