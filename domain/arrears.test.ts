import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { arrearsOf, at, chase, debtOf, recorded, ZONE } from '../test/support/domain-builders.ts'
import { mayPlaceUnpaidHold, nextStep, unpaidHoldShouldStand } from './arrears.ts'
import type { ArrearsState } from './arrears.ts'
import { addDays, dateAt, daysBetween, timeAt, weekday } from './calendar.ts'
import type { IsoDate } from './calendar.ts'
import type { Debt, DunningRecord, DunningStep } from './debt.ts'
import { KATSA_POLICY_V1 } from './policy.ts'
import type { Protection } from './protection.ts'

const DUE = '2026-08-10'
/** Thursday D+17, in the hours of a cut. */
const CUT = at('2026-08-27', '11:00')

function taken(step: DunningStep, date: IsoDate): DunningRecord {
  const when = at(date)
  return { step, decidedAt: when, sentAt: when, deliveredAt: when }
}

/** Every step before the cut taken on its day. */
const CHASED: DunningRecord[] = [
  taken('remind-before', '2026-08-07'),
  taken('remind-due', DUE),
  taken('notice-1', '2026-08-11'),
  taken('visit-1', '2026-08-12'),
  taken('visit-2', '2026-08-17'),
  taken('visit-3', '2026-08-22'),
  taken('warn', '2026-08-26'),
]

function ready(change: Partial<ArrearsState> = {}, debt: Partial<Debt> = {}): ArrearsState {
  return arrearsOf({ debts: [debtOf({ dueOn: DUE, steps: CHASED, ...debt })], asOf: CUT, ...change })
}

function without(step: DunningStep): DunningRecord[] {
  return CHASED.filter((record) => record.step !== step)
}

describe('the cut', () => {
  test('comes when every step was taken, the notice delivered and its time over', () => {
    expect(nextStep(ready())).toEqual({ kind: 'cut', at: CUT, steps: [{ chargeId: 1, step: 'cut' }], overdueMinor: 46_400 })
    expect(mayPlaceUnpaidHold(ready())).toEqual({ may: true, chargeIds: [1] })
  })

  test.each(['notice-1', 'visit-1', 'visit-2', 'visit-3', 'warn'] as const)('is not reached without %s', (step) => {
    const state = ready({}, { steps: without(step) })
    expect(nextStep(state).kind).toBe(step === 'notice-1' ? 'notice' : step.startsWith('visit') ? 'visit' : 'warn')
    expect(mayPlaceUnpaidHold(state).may).toBe(false)
  })

  test('waits for the notice to be delivered, however long ago it was sent', () => {
    const sent = { step: 'notice-1', decidedAt: at('2026-08-11'), sentAt: at('2026-08-11') } as const
    const state = ready({ asOf: at('2026-09-15') }, { steps: [...without('notice-1'), sent] })
    expect(nextStep(state)).toEqual({ kind: 'wait', reason: 'notice-not-delivered' })
    expect(mayPlaceUnpaidHold(state)).toEqual({ may: false, reason: 'notice-not-delivered' })
  })

  test('waits for the warning to be sent', () => {
    const state = ready({}, { steps: [...without('warn'), { step: 'warn', decidedAt: at('2026-08-26') }] })
    expect(nextStep(state)).toEqual({ kind: 'wait', reason: 'warning-not-sent' })
  })

  test.each([
    ['on a Friday', at('2026-08-28', '11:00'), []],
    ['before ten', at('2026-08-27', '09:59'), []],
    ['at four', at('2026-08-27', '16:00'), []],
    ['on a protected day', CUT, ['2026-08-27']],
    ['on the eve of one', CUT, ['2026-08-28']],
  ])('never happens %s', (_, asOf, protectedDays) => {
    const state = ready({ asOf, calendar: { zone: ZONE, protectedDays } })
    expect(nextStep(state).kind).toBe('wait')
    expect(mayPlaceUnpaidHold(state)).toEqual({ may: false, reason: 'clock' })
  })

  test('needs 50 rupees overdue: a part payment below that stops it, and so does paying all', () => {
    expect(nextStep(ready({}, { openMinor: 4_999 }))).toEqual({ kind: 'wait', reason: 'below-floor' })
    expect(nextStep(ready({}, { openMinor: 5_000 })).kind).toBe('cut')
    expect(nextStep(ready({}, { openMinor: 0 }))).toEqual({ kind: 'none' })
    expect(mayPlaceUnpaidHold(ready({}, { openMinor: 0 })).may).toBe(false)
  })

  test.each(['instalment', 'water', 'fee', 'final'] as const)('is never for %s, which is only reminded of', (kind) => {
    const done = chase({ debts: [debtOf({ dueOn: DUE, kind })], from: '2026-08-01' })
    expect(done.map(({ step }) => step)).toEqual(['remind-before', 'remind-due'])
  })
})

describe('Kill Bill #2297: paying an older bill', () => {
  const OLD = debtOf({ chargeId: 1, dueOn: DUE, steps: CHASED })
  const YOUNG = debtOf({ chargeId: 2, dueOn: '2026-09-10', openMinor: 90_000, steps: [] })

  test('never carries a younger debt past its own notice', () => {
    const asOf = at('2026-09-14', '11:00')
    const state = arrearsOf({ debts: [{ ...OLD, openMinor: 0 }, YOUNG], asOf })
    expect(nextStep(state)).toMatchObject({ kind: 'notice', steps: [{ chargeId: 2, step: 'notice-1' }] })
    expect(mayPlaceUnpaidHold(state).may).toBe(false)
    const after = chase({ debts: [{ ...OLD, openMinor: 0 }, YOUNG], from: '2026-09-14' })
    expect(after.map(({ step }) => step)).toEqual(['notice-1', 'visit-1', 'visit-2', 'visit-3', 'warn', 'cut'])
    expect(daysBetween('2026-09-14', dateAt(after.at(-1)?.at ?? '', ZONE))).toBeGreaterThanOrEqual(16)
  })

  test('leaves the older one’s stage alone when only a part was paid', () => {
    expect(nextStep(ready({ debts: [{ ...OLD, openMinor: 20_000 }, YOUNG] })).kind).toBe('cut')
  })

  test('no mixture of debts, payments and late deliveries cuts without a delivered notice and 15 clear days', () => {
    const bill = fc.record({
      due: fc.integer({ min: 0, max: 70 }),
      openMinor: fc.integer({ min: 0, max: 120_000 }),
      kept: fc.subarray(CHASED),
    })
    fc.assert(
      fc.property(
        fc.array(bill, { minLength: 1, maxLength: 4 }),
        fc.integer({ min: 0, max: 110 }),
        fc.integer({ min: 0, max: 60 }),
        (bills, start, late) => {
          const debts = bills.map(({ due, openMinor, kept }, index) =>
            debtOf({ chargeId: index + 1, dueOn: addDays('2026-07-10', due), openMinor, steps: kept }),
          )
          const from = addDays('2026-08-01', start)
          const done = chase({ debts, from, deliveredOn: addDays(from, late) })
          return done.filter(({ step }) => step === 'cut').every((cut) => cutIsFair(cut, debts, done, addDays(from, late)))
        },
      ),
      { numRuns: 60 },
    )
  })
})

function cutIsFair(
  cut: { chargeId: number; at: string },
  debts: readonly Debt[],
  done: ReturnType<typeof chase>,
  deliveredOn: IsoDate,
): boolean {
  const debt = debts.find(({ chargeId }) => chargeId === cut.chargeId)
  const day = dateAt(cut.at, ZONE)
  const before =
    debt?.steps.filter(({ step }) => step.startsWith('notice')).map(({ deliveredAt }) => dateAt(deliveredAt ?? '', ZONE)) ?? []
  const sent = done
    .filter(({ step, chargeId }) => chargeId === cut.chargeId && step.startsWith('notice'))
    .map((notice) => dateAt(notice.at, ZONE))
  const during = sent.map((date) => (date > deliveredOn ? date : deliveredOn))
  const notices = [...before, ...during].filter((date) => daysBetween(date, day) > 15 && daysBetween(date, day) <= 30)
  const time = timeAt(cut.at, ZONE)
  return notices.length > 0 && day > addDays(debt?.dueOn ?? '', 16) && weekday(day) <= 4 && time >= '10:00' && time < '16:00'
}

describe('protections', () => {
  test.each<[string, Protection, string | undefined]>([
    ['promise', { kind: 'promise', until: '2026-08-30' }, at('2026-08-31', '00:00')],
    ['plan', { kind: 'plan', nextPartDueOn: '2026-09-01' }, at('2026-09-02', '00:00')],
    ['put-off', { kind: 'put-off', until: '2026-08-30' }, at('2026-08-31', '00:00')],
    ['dispute', { kind: 'dispute' }, undefined],
    ['payment-uncertain', { kind: 'payment-uncertain', since: at('2026-08-26', '12:00') }, at('2026-08-28', '12:00')],
  ])('a %s holds off the cut until its end', (kind, protection, until) => {
    const state = ready({ protections: [protection] })
    expect(nextStep(state)).toEqual({ kind: 'wait', reason: kind, ...(until ? { until } : {}) })
    expect(mayPlaceUnpaidHold(state)).toEqual({ may: false, reason: kind })
  })

  test('one that ran out, or covers another bill, protects no longer', () => {
    const over = [
      { kind: 'promise', until: '2026-08-26' },
      { kind: 'payment-uncertain', since: at('2026-08-25', '10:59') },
    ] as const
    expect(nextStep(ready({ protections: over })).kind).toBe('cut')
    expect(nextStep(ready({ protections: [{ kind: 'dispute', chargeIds: [99] }] })).kind).toBe('cut')
  })

  test('a hospital is never warned nor cut: the state in-charge is asked, once, and decides', () => {
    const open: Protection = { kind: 'protected-category', category: 'hospital', decision: 'open' }
    const asked = nextStep(ready({ protections: [open] }, { steps: without('warn') }))
    expect(asked).toMatchObject({ kind: 'ask-state', steps: [{ chargeId: 1, step: 'ask-state' }] })
    const steps = [...without('warn'), taken('ask-state', '2026-08-26')]
    expect(nextStep(ready({ protections: [open] }, { steps }))).toEqual({ kind: 'wait', reason: 'protected-category' })
    expect(nextStep(ready({ protections: [{ ...open, decision: 'keep' }] }, { steps }))).toEqual({
      kind: 'wait',
      reason: 'protected-category',
    })
    expect(nextStep(ready({ protections: [{ ...open, decision: 'cut' }] }, { steps })).kind).toBe('warn')
  })

  test('a notice older than 30 days is given again, and its 15 days begin again', () => {
    const asOf = at('2026-09-14', '11:00')
    const again = nextStep(ready({ asOf }))
    expect(again).toMatchObject({ kind: 'notice', steps: [{ chargeId: 1, step: 'notice-2' }] })
    const debts = [recorded(debtOf({ dueOn: DUE, steps: CHASED }), again, { asOf })]
    expect(nextStep(ready({ debts, asOf: at('2026-09-28', '11:00') })).kind).toBe('wait')
    // The old warning named another day: whoever is given a new notice is warned anew before the cut.
    const warning = nextStep(ready({ debts, asOf: at('2026-09-29', '11:00') }))
    expect(warning).toMatchObject({ kind: 'warn', steps: [{ chargeId: 1, step: 'warn-2' }] })
    const warned = debts.map((debt) => recorded(debt, warning, { asOf: at('2026-09-29', '11:00') }))
    expect(nextStep(ready({ debts: warned, asOf: at('2026-09-30', '11:00') })).kind).toBe('cut')
  })
})

describe('flags', () => {
  test('(b) more open than one and a half deposits brings the notice forward and nothing else', () => {
    const debts = [debtOf({ dueOn: DUE, openMinor: 75_100, steps: [taken('remind-before', '2026-08-07')] })]
    const asOf = at('2026-08-08')
    const step = nextStep(arrearsOf({ debts, asOf }))
    expect(step).toMatchObject({ kind: 'notice', steps: [{ step: 'notice-1' }] })
    const rest = chase({ debts: debts.map((debt) => recorded(debt, step, { asOf })), from: '2026-08-08' })
    expect(rest.map((one) => `${one.step} ${dateAt(one.at, ZONE)}`)).toEqual([
      'remind-due 2026-08-10',
      'visit-1 2026-08-12',
      'visit-2 2026-08-17',
      'visit-3 2026-08-22',
      'warn 2026-08-26',
      'cut 2026-08-27',
    ])
  })

  test('(b) has nothing to measure by where no deposit is held', () => {
    const debts = [debtOf({ dueOn: DUE, openMinor: 75_100, steps: [taken('remind-before', '2026-08-07')] })]
    expect(nextStep(arrearsOf({ debts, asOf: at('2026-08-08'), depositHeldMinor: 0 }))).toMatchObject({
      kind: 'wait',
      reason: 'clock',
    })
  })
})

describe('after the cut', () => {
  const cutAt = CUT
  const cut = (asOf: string, steps: DunningRecord[] = [], deposit = 50_000) =>
    nextStep(ready({ cutAt, asOf, depositHeldMinor: deposit }, { steps: [...CHASED, taken('cut', '2026-08-27'), ...steps] }))

  test('paying what is overdue reconnects at once; a bill not yet due and a fee are no condition', () => {
    const debts = [
      debtOf({ dueOn: DUE, openMinor: 0 }),
      debtOf({ chargeId: 2, dueOn: '2026-09-10' }),
      debtOf({ chargeId: 3, kind: 'fee', dueOn: DUE }),
    ]
    expect(nextStep(ready({ debts, cutAt }))).toEqual({ kind: 'reconnect', at: CUT })
    expect(unpaidHoldShouldStand({ debts, today: '2026-09-10' })).toBe(false)
    expect(unpaidHoldShouldStand({ debts, today: '2026-09-11' })).toBe(true)
  })

  test('the deposit is drawn 15 days after, with 7 days’ notice delivered', () => {
    expect(cut(at('2026-09-04', '08:59'))).toMatchObject({ kind: 'wait', until: at('2026-09-04', '09:00') })
    expect(cut(at('2026-09-04', '09:00'))).toMatchObject({ kind: 'deposit-notice', amountMinor: 46_400 })
    expect(cut(at('2026-09-10'), [taken('deposit-notice', '2026-09-04')])).toMatchObject({
      kind: 'wait',
      until: at('2026-09-11', '00:00'),
    })
    expect(cut(at('2026-09-11'), [taken('deposit-notice', '2026-09-04')], 30_000)).toMatchObject({
      kind: 'deposit-draw',
      amountMinor: 30_000,
    })
    expect(cut(at('2026-09-11'), [taken('deposit-notice', '2026-09-08')])).toMatchObject({
      kind: 'wait',
      until: at('2026-09-15', '00:00'),
    })
  })

  test('a notice that was not delivered draws no deposit, and does not delay the ban', () => {
    const sent = { step: 'deposit-notice', decidedAt: at('2026-09-04'), sentAt: at('2026-09-04') } as const
    expect(cut(at('2026-09-20'), [sent])).toEqual({
      kind: 'wait',
      reason: 'notice-not-delivered',
      until: at('2026-10-26', '00:00'),
    })
  })

  test('a ban is proposed 60 days after, once', () => {
    expect(cut(at('2026-10-26'))).toMatchObject({ kind: 'ban', steps: [{ chargeId: 1, step: 'ban-1' }] })
    expect(cut(at('2026-10-27'), [taken('ban-1', '2026-10-26')])).toEqual({ kind: 'wait', reason: 'clock' })
  })

  test('a ban that was declined is proposed again 60 days later', () => {
    const steps = [...CHASED, taken('cut', '2026-08-27'), taken('ban-1', '2026-10-26')]
    const declined = (asOf: string, more: DunningRecord[] = []) =>
      nextStep(ready({ cutAt, banDeclinedAt: at('2026-10-28'), asOf, depositHeldMinor: 0 }, { steps: [...steps, ...more] }))
    expect(declined(at('2026-10-29'))).toEqual({ kind: 'wait', reason: 'clock', until: at('2026-12-27', '00:00') })
    expect(declined(at('2026-12-27'))).toMatchObject({ kind: 'ban', steps: [{ chargeId: 1, step: 'ban-2' }] })
    expect(declined(at('2026-12-28'), [taken('ban-2', '2026-12-27')])).toEqual({ kind: 'wait', reason: 'clock' })
  })

  test('a newer bill is still announced, but needs no notice of a second cut', () => {
    const debts = [debtOf({ dueOn: DUE, steps: CHASED }), debtOf({ chargeId: 2, dueOn: '2026-09-10' })]
    expect(nextStep(ready({ debts, cutAt, asOf: at('2026-09-07') }))).toMatchObject({
      kind: 'remind',
      steps: [{ chargeId: 2, step: 'remind-before' }],
    })
    expect(mayPlaceUnpaidHold(ready({ debts: [], asOf: CUT }))).toEqual({ may: false, reason: 'clock' })
  })

  test('terms are those pinned with the debt, not today’s', () => {
    const patient = { ...KATSA_POLICY_V1.chasing, cutAfter: 'P40D' }
    expect(nextStep(ready({}, { terms: patient })).kind).toBe('wait')
  })
})
