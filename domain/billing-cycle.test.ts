import { describe, expect, test } from '@jest/globals'
import { type AdvanceState, nextAdvanceStep } from './advance-cycle.ts'
import { billingWindows, boundariesAround } from './billing-calendar.ts'
import { type BillingState, nextBillingStep, type ReadingVisit } from './billing-cycle.ts'
import { KATSA_POLICY_V1 } from './policy.ts'

const zone = 'Asia/Kolkata'
const windows = billingWindows({ boundary: '2026-08-01', policy: KATSA_POLICY_V1, zone })
const base: BillingState = {
  asOf: '2026-08-01T06:00:00.000Z',
  windows,
  zone,
  policy: KATSA_POLICY_V1,
  isBillable: true,
  hasOpenWork: false,
  bill: null,
  isEarlierOpen: false,
  meter: 'smart',
  isRead: false,
  hasTelemetry: false,
  isSmartRefused: false,
  review: null,
  hasEntry: false,
  visit: null,
  estimatesRunning: 0,
}
const visit: ReadingVisit = { state: 'open', openedAt: '2026-07-24T06:00:00.000Z', doubts: [], isTold: false, isCalled: false }
const late = '2026-08-10T06:00:00.000Z'

test('the windows of a boundary: read from the 24th, advances from the 27th, bills from the 1st, estimates from the 4th', () => {
  expect(windows).toMatchObject({
    readFrom: '2026-07-23T18:30:00.000Z',
    advanceFrom: '2026-07-26T18:30:00.000Z',
    billFrom: '2026-07-31T18:30:00.000Z',
    readUntil: '2026-08-03T18:30:00.000Z',
    smartUntil: '2026-08-03T18:30:00.000Z',
    advanceUntil: '2026-08-31T18:30:00.000Z',
  })
  expect(() => billingWindows({ boundary: '2026-08-02', policy: KATSA_POLICY_V1, zone })).toThrow('No period ends on this date')
})

test('boundaries are looked for as far back as the plant has lived, and one ahead', () => {
  expect(boundariesAround({ today: '2026-09-05', since: '2026-07-01', anchorDay: 1, back: 12 })).toEqual([
    '2026-07-01',
    '2026-08-01',
    '2026-09-01',
    '2026-10-01',
  ])
})

describe('the next step of a post-paid bill', () => {
  const table: [string, Partial<BillingState>, object][] = [
    ['a limiter is billed as it is', { meter: null }, { kind: 'issue' }],
    ['a register that is there is taken', { hasTelemetry: true }, { kind: 'take-telemetry' }],
    ['a silent meter is waited for', {}, { kind: 'wait', waitingFor: 'meter', until: windows.smartUntil }],
    ['silent for three days, it is estimated', { asOf: late }, { kind: 'estimate' }],
    ['after two estimates somebody must go', { asOf: late, estimatesRunning: 2 }, { kind: 'call-for-visit' }],
    [
      'and is waited for as long as it takes',
      { asOf: late, estimatesRunning: 2, visit: { ...visit, isCalled: true } },
      { kind: 'wait', waitingFor: 'cluster-in-charge' },
    ],
    ['a smart meter that cannot be right is read by a person', { isSmartRefused: true }, { kind: 'open-visit' }],
    ['a conventional one is visited', { meter: 'conventional' }, { kind: 'open-visit' }],
    [
      'but not before the 24th',
      { meter: 'conventional', asOf: '2026-07-20T06:00:00.000Z' },
      { kind: 'wait', until: windows.readFrom },
    ],
    ['a confirmed visit is taken', { meter: 'conventional', visit: { ...visit, state: 'done' } }, { kind: 'take-visit' }],
    ['a refused one is gone to again', { meter: 'conventional', visit: { ...visit, state: 'taken' } }, { kind: 'open-visit' }],
    [
      'a doubtful one is pointed out once',
      { meter: 'conventional', visit: { ...visit, state: 'reported', doubts: ['over-mean'] } },
      { kind: 'tell-doubt' },
    ],
    [
      'a visit in vain is waited out',
      { meter: 'conventional', visit: { ...visit, state: 'in-vain' } },
      { kind: 'wait', until: windows.readUntil },
    ],
    ['and then estimated', { meter: 'conventional', asOf: late, visit: { ...visit, state: 'in-vain' } }, { kind: 'estimate' }],
    [
      'who was sent late has his three days',
      { meter: 'conventional', asOf: late, visit: { ...visit, openedAt: late } },
      { kind: 'wait', until: '2026-08-13T06:00:00.000Z' },
    ],
    [
      'a register in review waits for a second person',
      { review: { readingId: 1, task: 'open', askedAt: base.asOf } },
      { kind: 'wait', waitingFor: 'operator' },
    ],
    [
      'read early, it is billed on the 1st',
      { isRead: true, asOf: '2026-07-28T06:00:00.000Z' },
      { kind: 'wait', until: windows.billFrom },
    ],
    ['periods are billed in order', { isRead: true, isEarlierOpen: true }, { kind: 'wait', stage: 'AwaitingEarlierPeriod' }],
    ['who left is not billed, and nobody goes there', { isBillable: false, hasOpenWork: true }, { kind: 'withdraw-work' }],
    ['who left is not billed', { isBillable: false }, { kind: 'done', outcome: 'NotBilled' }],
    ['paper is carried', { bill: { channel: 'print', state: 'sent', task: 'none' } }, { kind: 'deliver-by-hand' }],
    [
      'a message held in the night is waited for',
      { bill: { channel: 'sms', state: 'queued', task: 'none' } },
      { kind: 'wait', stage: 'Delivering' },
    ],
    [
      'a bill that went out is done',
      { bill: { channel: 'sms', state: 'sent', task: 'none' } },
      { kind: 'done', outcome: 'Billed' },
    ],
  ]
  test.each(table)('%s', (_, state, step) => expect(nextBillingStep({ ...base, ...state })).toMatchObject(step))
})

describe('the next step of an advance of 160.00 for August', () => {
  const advance = {
    chargeId: 1,
    amountMinor: 16_000,
    openMinor: 16_000,
    isVoided: false,
    issuedAt: '2026-07-27T06:00:00.000Z',
    from: '2026-08-01',
    days: 31,
    paidMinor: 0,
    notedMinor: 0,
    returnedMinor: 0,
    earnedMinor: 0,
  }
  const paid = { ...advance, openMinor: 0, paidMinor: 16_000 }
  const hold = { owner: 'mine', placedAt: '2026-08-03T18:30:00.000Z', liftedAt: null }
  const state: AdvanceState = {
    asOf: '2026-08-02T06:00:00.000Z',
    windows,
    zone,
    currency: 'INR',
    workflowId: 'mine',
    mayBeAsked: true,
    hasLeft: false,
    advance,
    delivery: null,
    holds: [],
    isResumed: false,
    handWork: 'none',
    policy: KATSA_POLICY_V1,
  }
  const mid = '2026-08-14T06:00:00.000Z'
  const over = '2026-09-02T06:00:00.000Z'
  const closed = { ...advance, openMinor: 1_500, notedMinor: 14_500 }
  const table: [string, Partial<AdvanceState>, object][] = [
    ['it is demanded', { advance: null }, { kind: 'issue' }],
    ['not of who is held back', { advance: null, mayBeAsked: false }, { kind: 'done', outcome: 'NotBilled' }],
    ['grace is waited out', {}, { kind: 'wait', waitingFor: 'customer', until: '2026-08-03T18:30:00.000Z' }],
    ['then it lapses', { asOf: mid }, { kind: 'lapse' }],
    ['dark, it waits for the customer', { asOf: mid, holds: [hold] }, { kind: 'wait', stage: 'Lapsed' }],
    [
      'a part of what is due now changes nothing',
      { asOf: mid, holds: [hold], advance: { ...advance, openMinor: 5_201, paidMinor: 10_799 } },
      { kind: 'wait' },
    ],
    [
      '10 dark days off: 108.00 settle it',
      { asOf: mid, holds: [hold], advance: { ...advance, openMinor: 5_200, paidMinor: 10_800 } },
      { kind: 'settle' },
    ],
    [
      'paid early it waits for its month',
      { asOf: '2026-07-29T06:00:00.000Z', advance: paid },
      { kind: 'wait', stage: 'PaidInAdvance' },
    ],
    ['which earns it', { advance: paid }, { kind: 'earn' }],
    ['and then it is done', { advance: { ...paid, earnedMinor: 16_000 } }, { kind: 'done', outcome: 'Paid' }],
    ['at the end of a dark month the rest is credited', { asOf: over, holds: [hold] }, { kind: 'close-out' }],
    [
      'and the dark goes on',
      { asOf: over, holds: [hold], advance: closed },
      { kind: 'wait', stage: 'Lapsed', until: '2026-10-02T18:30:00.000Z' },
    ],
    [
      'inactive after 60 days',
      { asOf: '2026-10-03T06:00:00.000Z', holds: [hold], advance: closed },
      { kind: 'wait', stage: 'Inactive' },
    ],
    ['until a new one is paid', { asOf: over, holds: [hold], advance: closed, isResumed: true }, { kind: 'relight' }],
    ['who left is through', { hasLeft: true }, { kind: 'done', outcome: 'CustomerLeft' }],
    ['a voided one is lit', { asOf: mid, holds: [hold], advance: { ...advance, isVoided: true } }, { kind: 'relight' }],
  ]
  test.each(table)('%s', (_, change, step) => expect(nextAdvanceStep({ ...state, ...change })).toMatchObject(step))
})
