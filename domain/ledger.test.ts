import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { CHARGE_KINDS, natureOf } from './charge.ts'
import * as ledger from './ledger.ts'
import type { Posting } from './ledger.ts'

const OWNER = { plant: 'BHKATS', accountId: 'BHKATS-A0042' }
const amounts = fc.integer({ min: 1, max: 10_000_000 })
const charge = fc
  .record({
    kind: fc.constantFrom(...CHARGE_KINDS),
    mode: fc.constantFrom('prepaid' as const, 'postpaid' as const),
    rupees: fc.integer({ min: 0, max: 9_999 }),
  })
  .map(({ kind, mode, rupees }) => ({ kind, nature: natureOf(kind, mode), amountMinor: rupees * 100 }))

/** Assets and expenses on one side, everything else on the other. */
function isBalanced(postings: readonly Posting[]): boolean {
  const sums = Object.entries(ledger.balances(postings))
  return sums.reduce((sum, [code, amount]) => sum + (ledger.growsByDebit(code) ? amount : -amount), 0) === 0
}

describe('postings', () => {
  test('balance, are above zero and have legs 1, 2, …, whatever is charged and rounded', () => {
    fc.assert(
      fc.property(charge, fc.integer({ min: -49, max: 50 }), (one, roundingMinor) => {
        const made = ledger.postChargeIssued(OWNER, { ...one, roundingMinor })
        expect(made.map(({ leg }) => leg)).toEqual(made.map((_, index) => index + 1))
        return isBalanced(made) && made.every(({ amountMinor }) => amountMinor > 0)
      }),
    )
  })

  test('a debt issued and paid leaves nothing owed, and income equals its lines', () => {
    fc.assert(
      fc.property(amounts, fc.integer({ min: -49, max: 50 }), (amount, roundingMinor) => {
        const debt = { kind: 'electricity', nature: 'debt', amountMinor: amount * 100 } as const
        const sums = ledger.balances([
          ...ledger.postChargeIssued(OWNER, { ...debt, roundingMinor }),
          ...ledger.postPaymentReceived(OWNER, { into: ledger.cash('asha'), amountMinor: debt.amountMinor }),
          ...ledger.postAllocated(OWNER, debt),
        ])
        expect(sums[ledger.receivable(OWNER.accountId)]).toBe(0)
        expect(sums[ledger.credit(OWNER.accountId)]).toBe(0)
        return (
          sums[ledger.revenue('BHKATS', 'CHG')] === debt.amountMinor - roundingMinor &&
          sums[ledger.cash('asha')] === debt.amountMinor
        )
      }),
    )
  })

  test('a demand posts nothing until it is paid, and a deposit is a liability for good', () => {
    const deposit = { kind: 'deposit', nature: 'demand', amountMinor: 50_000 } as const
    expect(ledger.postChargeIssued(OWNER, deposit)).toEqual([])
    const paid = [
      ...ledger.postPaymentReceived(OWNER, { into: ledger.wallet('paytm'), amountMinor: 50_000 }),
      ...ledger.postAllocated(OWNER, deposit),
    ]
    expect(ledger.balances(paid)).toEqual({ 'wallet:paytm': 50_000, 'credit:BHKATS-A0042': 0, 'deposit:BHKATS-A0042': 50_000 })
  })

  test('a reversal undoes any postings', () => {
    fc.assert(
      fc.property(charge, fc.integer({ min: 1, max: 50 }), (one, roundingMinor) => {
        const made = ledger.postChargeIssued(OWNER, { ...one, roundingMinor })
        return Object.values(ledger.balances([...made, ...ledger.reversal(made)])).every((sum) => sum === 0)
      }),
    )
  })

  test('nothing of zero or less is posted, and a demand gets no credit note', () => {
    const refused = expect.objectContaining({ code: 'INVALID_AMOUNT' })
    expect(() => ledger.postPaymentReceived(OWNER, { into: ledger.cash('asha'), amountMinor: 0 })).toThrow(refused)
    expect(() => ledger.postDepositSetOff(OWNER, { amountMinor: -1 })).toThrow(refused)
    expect(() => ledger.postRefunded(OWNER, { from: ledger.cash('asha'), amountMinor: 0.5 })).toThrow(refused)
    const note = { kind: 'deposit', nature: 'demand', amountMinor: 100, openMinor: 100 } as const
    expect(() => ledger.postCreditNote(OWNER, note)).toThrow(expect.objectContaining({ code: 'INVALID_INPUT' }))
  })

  test('every account has its class, others are refused', () => {
    const codes = [
      'receivable:x',
      'credit:x',
      'deposit:x',
      'unearned:x',
      'activation-held:x',
      'revenue:x:CHG',
      'rounding:x',
      'opening:x',
      'written-off:x',
    ]
    expect(codes.map(ledger.accountClass)).toEqual([
      'asset',
      'liability',
      'liability',
      'liability',
      'liability',
      'income',
      'income',
      'equity',
      'expense',
    ])
    for (const code of ['toString:x', 'pocket:x', 'receivable'])
      expect(() => ledger.accountClass(code)).toThrow(expect.objectContaining({ code: 'INVALID_INPUT' }))
  })
})
