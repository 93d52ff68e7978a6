import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import {
  assertAcceptable,
  assertDenominations,
  assertInHand,
  assertRoom,
  cashSince,
  ceilingCrossed,
  judgeCount,
  restOfShortage,
  shownState,
} from './cash.ts'
import {
  postBanked,
  postCounted,
  postDeposited,
  postDepositReturned,
  postDepositShort,
  postFloat,
  postHandedOver,
  postRepaid,
} from './cash-postings.ts'
import { creditOf, nextDepositChase, proposeMatches, slipKey } from './cash-deposit.ts'
import { statementLines } from './bank-statement.ts'
import { balances, bank, cash, inTransit, overage, type Posting, shortOf } from './ledger.ts'
import { KATSA_POLICY_V1 as policy } from './policy.ts'

const refusedWith = (code: string) => expect.objectContaining({ code })
const amount = fc.integer({ min: 1, max: 2_000_000 })

const offer = { state: 'offered', amountMinor: 45_600, offeredBy: 'asha', expiresAt: '2026-07-02T06:00:00.000Z' } as const

describe('cash in a hand', () => {
  test('is as old as its oldest part, when what left was the oldest', () => {
    const lots = [
      { since: '2026-07-01T06:00:00.000Z', amountMinor: 300 },
      { since: '2026-07-03T06:00:00.000Z', amountMinor: 200 },
    ]
    // 500 came; with 201 left a paisa of the first is still there, with 200 it is gone.
    expect([500, 201, 200, 1, 0].map((balance) => cashSince(lots, balance)?.slice(0, 10))).toEqual([
      '2026-07-01',
      '2026-07-01',
      '2026-07-03',
      '2026-07-03',
      undefined,
    ])
  })

  test('that was handed over brings its age along', () => {
    const lots = [
      { since: '2026-07-03T06:00:00.000Z', amountMinor: 200 },
      { since: '2026-07-01T06:00:00.000Z', amountMinor: 100 },
    ]
    expect(cashSince(lots, 300)).toBe('2026-07-01T06:00:00.000Z')
  })

  test('is told of at each crossing of the ceiling, and at the ceiling itself not yet', () => {
    const cross = (balanceMinor: number, isOver: boolean) => ceilingCrossed({ balanceMinor, isOver }, policy)
    expect([cross(1_500_000, false), cross(1_500_001, false), cross(1_600_000, true), cross(1_500_000, true)]).toEqual([
      'no',
      'up',
      'no',
      'down',
    ])
  })

  test('is not let go of beyond what is there', () => {
    expect(() => assertInHand(101, 100)).toThrow(refusedWith('CASH_SHORT'))
    expect(() => assertInHand(100, 100)).not.toThrow()
  })

  test('is the sum of its notes and coins', () => {
    const notes = [
      { faceMinor: 50_000, pieces: 2 },
      { faceMinor: 1_000, pieces: 3 },
    ]
    expect(() => assertDenominations(notes, 103_000)).not.toThrow() // 2 × 500 + 3 × 10 rupees
    expect(() => assertDenominations(notes, 102_999)).toThrow(refusedWith('INVALID_INPUT'))
  })
})

describe('a hand-over', () => {
  const accepting = { by: 'imran', amountMinor: 45_600, asOf: '2026-07-01T09:00:00.000Z' }
  test.each([
    ['by whoever offered it', { ...accepting, by: 'asha' }, offer, 'OWN_ENTRY'],
    ['of another amount', { ...accepting, amountMinor: 45_500 }, offer, 'PAYMENT_MISMATCH'],
    ['after its time', { ...accepting, asOf: offer.expiresAt }, offer, 'DEADLINE_PASSED'],
    ['a second time', accepting, { ...offer, state: 'accepted' } as const, 'WRONG_STAGE'],
    ['after it was withdrawn', accepting, { ...offer, state: 'withdrawn' } as const, 'WRONG_STAGE'],
  ])('is not accepted %s', (_when, by, offered, code) => {
    expect(() => assertAcceptable(offered, by)).toThrow(refusedWith(code))
  })
  test('that nobody took is shown as expired', () => {
    expect([shownState(offer, accepting.asOf), shownState(offer, offer.expiresAt)]).toEqual(['offered', 'expired'])
  })
})

describe('the bank’s statement', () => {
  const read = (...rows: [string, string, string][]) =>
    statementLines(
      rows.map(([date, reference, text]) => ({ date, reference, amount: text })),
      'INR',
    )

  test('is read to the paisa, its debits passed over, and two lines alike are two', () => {
    expect(
      read(
        ['2026-07-03', ' CASH  DEP 12 ', '1,234.50'],
        ['2026-07-03', 'CHARGES', '-59.00'],
        ['2026-07-03', 'CASH DEP 12', '1234.5'],
      ),
    ).toEqual([
      { bookedOn: '2026-07-03', reference: 'CASH DEP 12', amountMinor: 123_450, ordinal: 1 },
      { bookedOn: '2026-07-03', reference: 'CASH DEP 12', amountMinor: 123_450, ordinal: 2 },
    ])
  })

  test.each([
    ['03/07/2026', 'A', '1'],
    ['2026-02-30', 'A', '1'],
    ['2026-07-03', ' ', '1'],
    ['2026-07-03', 'A', '1.005'],
    ['2026-07-03', 'A', '1e3'],
    ['2026-07-03', 'A', ''],
    ['2026-07-03', 'A', '99999999999999999'],
  ])('with a line %s, %s, %s is refused', (...row) => {
    expect(() => read(row)).toThrow(refusedWith('INVALID_INPUT'))
  })

  test('proposes the surest lines first, each once, and none outside its days', () => {
    const deposit = (depositId: string, restMinor: number, slipReference: string) => ({
      depositId,
      restMinor,
      slipReference,
      depositedOn: '2026-07-03',
    })
    const line = (lineId: number, amountMinor: number, reference: string, bookedOn = '2026-07-04') => ({
      lineId,
      amountMinor,
      reference,
      bookedOn,
    })
    const found = proposeMatches(
      [deposit('B1', 500, 'S-1'), deposit('B2', 500, 'S-2'), deposit('B3', 700, 'S-3'), deposit('B4', 900, 'S-4')],
      [line(1, 500, 'CASH'), line(2, 500, 'DEP S2'), line(3, 600, 'dep s/3'), line(4, 900, 'S-4', '2026-07-09')],
      policy,
    )
    expect(found).toEqual([
      { depositId: 'B2', lineId: 2, strength: 'amount-and-reference' },
      { depositId: 'B3', lineId: 3, strength: 'reference' },
      { depositId: 'B1', lineId: 1, strength: 'amount' },
    ])
    expect(slipKey('slip/08-15 ')).toBe('SLIP0815')
  })

  test('chases a deposit that nobody verifies: head office, two days later everybody, then daily', () => {
    const at = (chases: number, chasedAt: string | null) =>
      nextDepositChase({ declaredAt: '2026-07-01T06:00:00.000Z', chases, chasedAt, zone: 'Asia/Kolkata' }, policy)
    expect([at(0, null), at(1, '2026-07-04T06:00:00.000Z'), at(2, '2026-07-06T06:00:00.000Z')]).toEqual([
      { at: '2026-07-04T06:00:00.000Z', level: 'remind' },
      { at: '2026-07-06T06:00:00.000Z', level: 'escalate' },
      { at: '2026-07-07T06:00:00.000Z', level: 'escalate' },
    ])
  })
})

describe('whatever happens to cash, in any order,', () => {
  type Step = { readonly kind: number; readonly amount: number; readonly who: number }
  const HOLDERS = ['asha', 'imran', 'counter-BHKATS']
  const steps = fc.array(fc.record({ kind: fc.nat(8), amount, who: fc.nat(2) }), { maxLength: 60 })

  /** What a step posts, by the rules, on books as they stand; nothing where the rules refuse it. */
  function act(books: Posting[], { kind, amount: wanted, who }: Step): Posting[] {
    const now = balances(books)
    const holder = HOLDERS[who] ?? 'asha'
    const held = { plant: 'P', holder }
    const inHand = now[cash(holder)] ?? 0
    const onItsWay = now[inTransit('P')] ?? 0
    const acts: (() => Posting[])[] = [
      () => [{ leg: 1, debit: cash(holder), credit: 'credit:A', amountMinor: wanted }],
      () => {
        const counted = { bookMinor: inHand, countedMinor: wanted, shortBeforeMinor: now[shortOf(holder)] ?? 0 }
        return postCounted(held, judgeCount(counted))
      },
      () => {
        assertInHand(wanted, inHand)
        return postHandedOver({ from: holder, to: HOLDERS[(who + 1) % 3] ?? 'imran', amountMinor: wanted })
      },
      () => {
        assertInHand(wanted, inHand)
        return postDeposited(held, wanted)
      },
      () => (onItsWay === 0 ? [] : postBanked('P', creditOf(wanted, onItsWay))),
      () => (onItsWay === 0 ? [] : postDepositReturned(held, onItsWay)),
      () => (onItsWay === 0 ? [] : postDepositShort(held, onItsWay)),
      () => {
        assertRoom({ amountMinor: wanted, balanceMinor: inHand }, policy)
        return postFloat(held, wanted)
      },
      () => {
        restOfShortage({ amountMinor: wanted, shortMinor: now[shortOf(holder)] ?? 0 })
        return postRepaid(held, { into: wanted % 2 === 0 ? null : (HOLDERS[(who + 1) % 3] ?? 'imran'), amountMinor: wanted })
      },
    ]
    try {
      return acts[kind]?.() ?? []
    } catch {
      return []
    }
  }

  test('no hand is below zero, what is counted is what the book says, and all accounts together stay what came in', () => {
    fc.assert(
      fc.property(steps, (list) => {
        const books: Posting[] = []
        let collectedMinor = 0
        let drawnMinor = 0
        for (const step of list) {
          const made = act(books, step)
          books.push(...made)
          if (step.kind === 0) collectedMinor += step.amount
          // The bank has what it had before, beside what is seen here.
          if (step.kind === 7) for (const { amountMinor } of made) drawnMinor += amountMinor
          const now = balances(books)
          if (step.kind === 1) expect(now[cash(HOLDERS[step.who] ?? '')] ?? 0).toBe(step.amount)
          const assets = [...HOLDERS.flatMap((holder) => [cash(holder), shortOf(holder)]), inTransit('P'), bank('P')]
          for (const code of assets) expect(now[code] ?? 0).toBeGreaterThanOrEqual(code === bank('P') ? -drawnMinor : 0)
          const sum = assets.reduce((total, code) => total + (now[code] ?? 0), 0)
          expect(sum).toBe(collectedMinor + (now[overage('P')] ?? 0))
        }
      }),
      { numRuns: 300 },
    )
  })
})
