import { describe, expect, test } from '@jest/globals'
import type { ChargeSeen, PaymentSeen } from './seen-accounts.ts'
import { habitsSeen } from './seen-money.ts'

const bill: ChargeSeen = {
  chargeId: 7,
  kind: 'electricity',
  nature: 'debt',
  source: '2026-07-01',
  amountMinor: 10_000,
  openMinor: 0,
  dueOn: '2026-08-10',
}

function paid(valueDate: string, amountMinor: number, more: Partial<PaymentSeen> = {}): PaymentSeen {
  return { channel: 'cash', amountMinor, valueDate, allocations: [{ chargeId: 7, amountMinor }], ...more }
}

describe('how a household was seen to pay', () => {
  test('in full is one payment for the whole bill', () => {
    expect(habitsSeen([bill], [paid('2026-08-10', 10_000)])).toEqual(['in full'])
    // The other half came from credit.
    expect(habitsSeen([bill], [paid('2026-08-10', 5_000)])).toEqual([])
  })

  test('in parts is two, and late is one of them after the due day', () => {
    expect(habitsSeen([bill], [paid('2026-08-11', 4_000), paid('2026-08-04', 6_000)])).toEqual(['in parts', 'late'])
  })

  test('an advance that comes after its day was not owed, and is not late', () => {
    expect(habitsSeen([{ ...bill, nature: 'demand' }], [paid('2026-08-11', 10_000)])).toEqual(['in full'])
  })

  test('a bill that is still open, and what is no electricity, show no habit', () => {
    expect(habitsSeen([{ ...bill, openMinor: 1 }], [paid('2026-08-11', 9_999)])).toEqual([])
    expect(habitsSeen([{ ...bill, kind: 'opening' }], [paid('2026-08-11', 10_000)])).toEqual([])
  })

  test('by wallet is by its channel', () => {
    expect(habitsSeen([bill], [paid('2026-08-03', 10_000, { channel: 'wallet' })])).toEqual(['in full', 'by wallet'])
  })
})
