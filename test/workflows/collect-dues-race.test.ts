import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { sql } from 'kysely'
import { createActivities } from '../../activities/index.ts'
import { PLANT, type Village, village } from '../support/village.ts'
import { debtors, QUICK_CHASE } from '../support/debtors.ts'
import { expectBooksInBalance, hear } from '../support/payers.ts'

/** How many milliseconds the payment begins before the cut (or after it): every 5 ms around it. */
const OFFSETS_MS = Array.from({ length: 21 }, (_, index) => (index - 10) * 5)
const NO_VISITS = { ...QUICK_CHASE, chasing: { ...QUICK_CHASE.chasing, visitsAfter: [] } }

let katsa: Village
beforeAll(async () => {
  katsa = await village({ policy: NO_VISITS })
}, 120_000)
afterAll(() => katsa.close())

test('between a payment and the cut the one that commits first decides, and nobody who paid stays dark, at every offset (billing.md rule 19)', async () => {
  const people = debtors(katsa)
  const activities = createActivities({ db: katsa.db })
  const customers = []
  for (const _ of OFFSETS_MS) customers.push(await people.owing({ isChased: false }))
  // Notice, warning, and the morning of the cut: the test takes the steps itself, so that the cut is still to come.
  for (const at of ['2026-07-02T04:00:00.000Z', '2026-07-04T04:00:00.000Z', '2026-07-05T05:00:00.000Z']) {
    await katsa.advanceTo(at)
    for (const { accountId, customerId } of customers) {
      const key = { plant: PLANT, accountId, customerId, asOf: await katsa.now() }
      const { next } = await activities.readCollection(key)
      if (next.kind === 'cut') continue
      expect(await activities.takeCollectionStep({ ...key, expected: next.kind })).toBe(true)
    }
    await katsa.settle()
  }

  const asOf = await katsa.now()
  const cutFirst: boolean[] = []
  for (const [round, customer] of customers.entries()) {
    const { accountId, customerId } = customer
    const payment = { provider: 'sandbox-wallet', reference: `race-${round}` }
    await hear(katsa.db, { ...payment, amountMinor: 45_700, payer: customerId, asOf })
    const state = { isCut: false }
    const pay = (): Promise<unknown> => activities.takeInNotice({ ...payment, asOf })
    const cut = async (): Promise<void> => {
      state.isCut = await activities.takeCollectionStep({ plant: PLANT, accountId, customerId, expected: 'cut', asOf })
    }
    const offsetMs = OFFSETS_MS[round] ?? 0
    await Promise.all([later(Math.max(0, -offsetMs)).then(pay), later(Math.max(0, offsetMs)).then(cut)])
    cutFirst.push(state.isCut)
    const { rows } = await sql<{ liftedAt: string | null; isLiftedByPayment: boolean }>`
      select h.lifted_at, h.xmin = p.xmin as is_lifted_by_payment
      from holds h join payments p on p.reference = ${payment.reference}
      where h.customer_id = ${customerId} and h.reason = 'unpaid'`.execute(katsa.db)
    // Paid first, there never was a hold; cut first, the payment's own transaction lifted it.
    expect(rows).toEqual(state.isCut ? [{ liftedAt: asOf, isLiftedByPayment: true }] : [])
    expect(await people.desiredRelay(customer)).toBe('auto')
  }
  expect(new Set(cutFirst)).toEqual(new Set([true, false]))
  await katsa.settle()
  await expectBooksInBalance(katsa.db)
}, 240_000)

const later = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))
