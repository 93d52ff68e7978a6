import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { allocate } from './allocation.ts'
import type { OpenCharge } from './allocation.ts'
import { allocationClass, CHARGE_KINDS, natureOf, ruleOfCharge } from './charge.ts'

const TODAY = '2026-08-20'
const charges = fc
  .array(
    fc.record({
      kind: fc.constantFrom(...CHARGE_KINDS),
      mode: fc.constantFrom('prepaid' as const, 'postpaid' as const),
      dueOn: fc.constantFrom('2026-06-10', '2026-08-10', '2026-08-20', '2026-09-10'),
      openMinor: fc.integer({ min: 0, max: 500_000 }),
    }),
    { maxLength: 12 },
  )
  .map((all) =>
    all.map(({ kind, mode, dueOn, openMinor }, index): OpenCharge => ({
      id: index + 1,
      kind,
      nature: natureOf(kind, mode),
      dueOn,
      openMinor,
    })),
  )
const credits = fc.integer({ min: 0, max: 3_000_000 })

/** The order of the policy, written down once more: arrears and electricity first is the class's to say. */
function isBefore(a: OpenCharge, b: OpenCharge): boolean {
  const [classOfA, classOfB] = [allocationClass(a, TODAY), allocationClass(b, TODAY)]
  if (classOfA !== classOfB) return classOfA < classOfB
  return a.dueOn === b.dueOn ? a.id < b.id : a.dueOn < b.dueOn
}

function shuffled(all: readonly OpenCharge[], keys: Iterable<number>): OpenCharge[] {
  const stream = keys[Symbol.iterator]()
  const keyed = all.map((charge) => ({ charge, key: Number(stream.next().value) }))
  return keyed.toSorted((a, b) => a.key - b.key).map(({ charge }) => charge)
}

describe('allocating money (billing.md rule 5)', () => {
  test('every paisa goes to a charge or stays credit, and no charge gets more than it has open', () => {
    fc.assert(
      fc.property(credits, charges, (creditMinor, all) => {
        const { allocations, leftMinor } = allocate({ creditMinor, charges: all, today: TODAY })
        const given = allocations.reduce((sum, { amountMinor }) => sum + amountMinor, 0)
        const open = all.reduce((sum, { openMinor }) => sum + openMinor, 0)
        expect(given + leftMinor).toBe(creditMinor)
        expect(leftMinor).toBe(Math.max(creditMinor - open, 0))
        return allocations.every(
          ({ chargeId, amountMinor }) =>
            amountMinor > 0 && amountMinor <= (all.find(({ id }) => id === chargeId)?.openMinor ?? 0),
        )
      }),
    )
  })

  test('the order of the list does not matter', () => {
    fc.assert(
      fc.property(credits, charges, fc.infiniteStream(fc.nat()), (creditMinor, all, keys) => {
        const shuffled = all
          .map((charge) => ({ charge, key: keys.next().value as number }))
          .toSorted((a, b) => a.key - b.key)
          .map(({ charge }) => charge)
        expect(allocate({ creditMinor, charges: shuffled, today: TODAY })).toEqual(
          allocate({ creditMinor, charges: all, today: TODAY }),
        )
      }),
    )
  })

  test('nothing reaches a charge while one before it, by class, then due date, then number, still is open', () => {
    fc.assert(
      fc.property(credits, charges, (creditMinor, all) => {
        const { allocations } = allocate({ creditMinor, charges: all, today: TODAY })
        const given = new Map(allocations.map(({ chargeId, amountMinor }) => [chargeId, amountMinor]))
        const isFull = ({ id, openMinor }: OpenCharge) => (given.get(id) ?? 0) === openMinor
        for (const reached of all.filter(({ id }) => given.has(id)))
          for (const other of all) expect(isFull(other) || !isBefore(other, reached)).toBe(true)
      }),
    )
  })

  test('what the payer named is paid first, in the payer’s order', () => {
    const named = fc
      .tuple(charges, fc.infiniteStream(fc.nat()))
      .map(([all, keys]) => ({ all, ids: shuffled(all, keys).slice(0, 3) }))
    fc.assert(
      fc.property(credits, named, (creditMinor, { all, ids }) => {
        const namedChargeIds = ids.map(({ id }) => id)
        const { allocations } = allocate({ creditMinor, charges: all, namedChargeIds, today: TODAY })
        let leftMinor = creditMinor
        for (const { id, openMinor } of ids) {
          const got = allocations.find(({ chargeId }) => chargeId === id)?.amountMinor ?? 0
          expect(got).toBe(Math.min(openMinor, leftMinor))
          leftMinor -= got
        }
      }),
    )
  })

  test('two payments settle what one payment of their sum settles', () => {
    fc.assert(
      fc.property(credits, credits, charges, (first, second, all) => {
        const once = allocate({ creditMinor: first + second, charges: all, today: TODAY })
        const a = allocate({ creditMinor: first, charges: all, today: TODAY })
        const paid = (id: number): number => a.allocations.find(({ chargeId }) => chargeId === id)?.amountMinor ?? 0
        const rest = all.map((charge) => ({ ...charge, openMinor: charge.openMinor - paid(charge.id) }))
        const b = allocate({ creditMinor: second + a.leftMinor, charges: rest, today: TODAY })
        const total = (id: number): number => paid(id) + (b.allocations.find(({ chargeId }) => chargeId === id)?.amountMinor ?? 0)
        return all.every(({ id }) => total(id) === (once.allocations.find(({ chargeId }) => chargeId === id)?.amountMinor ?? 0))
      }),
    )
  })

  test('a bill is current on its due date and in arrears the day after', () => {
    const bill = { id: 2, kind: 'electricity', nature: 'debt', dueOn: '2026-08-10', openMinor: 100 } as const
    const advance = { id: 1, kind: 'electricity', nature: 'demand', dueOn: '2026-08-01', openMinor: 100 } as const
    expect(allocate({ creditMinor: 100, charges: [bill, advance], today: '2026-08-10' }).allocations).toEqual([
      { chargeId: 1, amountMinor: 100 },
    ])
    expect(allocate({ creditMinor: 100, charges: [bill, advance], today: '2026-08-11' }).allocations).toEqual([
      { chargeId: 2, amountMinor: 100 },
    ])
  })

  test('a charge that stands twice in the list is a mistake', () => {
    const bill = { id: 2, kind: 'electricity', nature: 'debt', dueOn: '2026-08-10', openMinor: 100 } as const
    expect(() => allocate({ creditMinor: 1, charges: [bill, bill], today: TODAY })).toThrow(
      expect.objectContaining({ code: 'INVALID_INPUT' }),
    )
  })

  test('a deposit is never a debt, and electricity must say how it is paid', () => {
    expect(() => ruleOfCharge({ kind: 'deposit', nature: 'debt' })).toThrow(expect.objectContaining({ code: 'INVALID_INPUT' }))
    expect(() => natureOf('electricity')).toThrow(expect.objectContaining({ code: 'INVALID_INPUT' }))
  })
})
