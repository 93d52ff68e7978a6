import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { balances, type Posting } from './ledger.ts'
import {
  afterRefundEvent,
  partsOfRefund,
  payableMinor,
  placeOf,
  type RefundEvent,
  type RefundMoney,
  restOfRefund,
} from './pay-out.ts'
import type { RefundKind } from './refund.ts'
import { codeOfPlace } from './refund-postings.ts'
import { refundPostings } from '../test/support/money-out-rules.ts'

const OWNER = { plant: 'P', accountId: 'A' }
const asked = (amountMinor: number): RefundMoney => ({ state: 'requested', amountMinor, lapsedMinor: 0, isApart: false })
const approved = (amountMinor: number): RefundMoney => ({ ...asked(amountMinor), state: 'approved' })
const refusedWith = (code: string) => expect.objectContaining({ code })

describe('what can happen to a refund', () => {
  test('it is paid after it was approved, and never before', () => {
    expect(() => afterRefundEvent(asked(30_000), { is: 'paid', heldMinor: 30_000 })).toThrow(refusedWith('WRONG_STAGE'))
    const paid = afterRefundEvent(approved(30_000), { is: 'paid', heldMinor: 30_000 })
    expect(paid).toMatchObject({ state: 'paid', lapsedMinor: 0 })
    expect(() => afterRefundEvent(paid, { is: 'paid', heldMinor: 30_000 })).toThrow(refusedWith('WRONG_STAGE'))
  })

  test('never more is paid than is held at that moment: what a bill has used lapses (billing.md rule 3)', () => {
    // 300 asked for; a bill of 180 used credit, 120 is left.
    const paid = afterRefundEvent(approved(30_000), { is: 'paid', heldMinor: 12_000 })
    expect(paid).toMatchObject({ state: 'paid', lapsedMinor: 18_000 })
    expect(partsOfRefund(paid)).toMatchObject({ paid: 12_000, lapsed: 18_000, open: 0 })
    expect(() => afterRefundEvent(approved(30_000), { is: 'paid', heldMinor: 0 })).toThrow(refusedWith('REFUND_EXCEEDS'))
    expect(() => afterRefundEvent(approved(30_000), { is: 'lapsed', heldMinor: 1 })).toThrow(refusedWith('REFUND_EXCEEDS'))
  })

  test('while nobody knows what became of a transfer nothing else is paid (billing.md rule 16)', () => {
    const sending = afterRefundEvent(approved(30_000), { is: 'sent', heldMinor: 30_000 })
    for (const is of ['paid', 'sent', 'kept-apart', 'lapsed'] as const)
      expect(() => afterRefundEvent(sending, { is, heldMinor: 30_000 })).toThrow(refusedWith('WRONG_STAGE'))
    expect(afterRefundEvent(sending, { is: 'arrived' }).state).toBe('paid')
    expect(afterRefundEvent(sending, { is: 'failed' }).state).toBe('approved')
  })

  test('a transfer that came back is payable again, from where the money was', () => {
    const paid = afterRefundEvent(approved(30_000), { is: 'paid', heldMinor: 30_000 })
    expect(afterRefundEvent(paid, { is: 'returned' }).state).toBe('approved')
    const apart = afterRefundEvent(approved(30_000), { is: 'kept-apart', heldMinor: 30_000 })
    const fetched = afterRefundEvent(apart, { is: 'paid', heldMinor: 30_000 })
    expect(afterRefundEvent(fetched, { is: 'returned' })).toMatchObject({ state: 'unclaimed', isApart: true })
  })

  test('what nobody fetched is payable for ever; what was refused or has lapsed is at its end', () => {
    const apart = afterRefundEvent(approved(30_000), { is: 'kept-apart', heldMinor: 30_000 })
    expect(afterRefundEvent(apart, { is: 'paid', heldMinor: 30_000 }).state).toBe('paid')
    for (const ended of [
      afterRefundEvent(asked(30_000), { is: 'refused' }),
      afterRefundEvent(asked(30_000), { is: 'lapsed', heldMinor: 0 }),
    ])
      for (const event of EVENTS) expect(() => afterRefundEvent(ended, event(5_000))).toThrow(refusedWith('WRONG_STAGE'))
  })
})

const EVENTS: readonly ((heldMinor: number) => RefundEvent)[] = [
  () => ({ is: 'approved' }),
  () => ({ is: 'refused' }),
  () => ({ is: 'arrived' }),
  () => ({ is: 'failed' }),
  () => ({ is: 'returned' }),
  (heldMinor) => ({ is: 'paid', heldMinor }),
  (heldMinor) => ({ is: 'sent', heldMinor }),
  (heldMinor) => ({ is: 'kept-apart', heldMinor }),
  (heldMinor) => ({ is: 'lapsed', heldMinor }),
]

test('whatever happens in whatever order: what is paid, unclaimed, open, lapsed and refused is what was asked for, never more leaves than is held, and the ledger says the same (billing.md rules 2, 3)', () => {
  const step = fc.record({ event: fc.constantFrom(...EVENTS), used: fc.integer({ min: 0, max: 20_000 }) })
  const kinds = fc.constantFrom<RefundKind>('credit', 'deposit', 'suspense')
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 50_000 }), fc.array(step, { maxLength: 25 }), kinds, (amountMinor, steps, kind) => {
      let refund = asked(amountMinor)
      const books: Posting[] = [{ leg: 1, debit: 'bank:P', credit: codeOfPlace(OWNER, kind), amountMinor }]
      const held = (code: string): number => balances(books)[code] ?? 0
      for (const { event, used } of steps) {
        // A bill or a bounce takes of the credit or deposit meanwhile; what is kept apart or on its way is out of its reach.
        const takenMinor = Math.min(used, held(codeOfPlace(OWNER, kind)))
        if (takenMinor > 0)
          books.push({ leg: 1, debit: codeOfPlace(OWNER, kind), credit: 'receivable:A', amountMinor: takenMinor })
        const heldMinor = held(codeOfPlace(OWNER, placeOf({ kind, isApart: refund.isApart })))
        const happens = event(heldMinor)
        let after: RefundMoney
        try {
          after = afterRefundEvent(refund, happens)
        } catch {
          continue
        }
        if (happens.is === 'paid' || happens.is === 'sent') expect(restOfRefund(after)).toBe(payableMinor(refund, heldMinor))
        books.push(...refundPostings(refund, after, { is: happens.is, kind }))
        refund = after
        const parts = partsOfRefund(refund)
        expect(Object.values(parts).reduce((sum, part) => sum + part, 0)).toBe(amountMinor)
        for (const code of ['credit:A', 'deposit:A', 'suspense:P', 'unclaimed:A', 'paying-out:A'])
          expect(held(code)).toBeGreaterThanOrEqual(0)
        expect(held('unclaimed:A')).toBe(parts.unclaimed)
        expect(held('paying-out:A')).toBe(refund.state === 'sending' ? restOfRefund(refund) : 0)
        // The bank has what came in, less what is paid.
        expect(held('bank:P')).toBe(amountMinor - parts.paid)
      }
    }),
  )
})
