import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { parse } from 'csv-parse/sync'
import { createActivities } from '../../activities/index.ts'
import { inTransaction } from '../../db/queries/accounts.ts'
import { liftHold, placeHold } from '../../db/queries/supply.ts'
import { processIds } from '../../domain/process-ids.ts'
import type { Role } from '../../domain/roles.ts'
import { answerCommands } from '../../simulate/village/meters.ts'
import { connectCustomer, type ConnectedCustomer } from '../support/connections.ts'
import { hear } from '../support/payers.ts'
import { type World, world } from './support/world.ts'

const CUT_AT = '2026-07-05T04:30:00.000Z'
const PAID_AT = '2026-07-06T06:00:00.000Z'

let w: World
beforeAll(async () => {
  w = await world()
})
afterAll(() => w.close())

const between = (from: string, to: string, role: Role = 'cluster-in-charge', accept = 'application/json') =>
  w.app.inject({ url: `/v1/reconnections?plant=BHKATS&from=${from}&to=${to}`, headers: { ...w.as(role), accept } })

interface Report {
  readonly lit: number
  readonly p50Seconds: number | null
  readonly p99Seconds: number | null
  readonly items: readonly {
    readonly customerId: string
    readonly paidAt: string
    readonly confirmedAt: string
    readonly seconds: number
  }[]
}
const on6July = async (): Promise<Report> => (await between('2026-07-06', '2026-07-06')).json<Report>()

/** Owes 457 rupees and is dark for it; the meter has said so, unless it is out of reach. */
async function cut(reaches: 'meter' | 'nobody' = 'meter'): Promise<ConnectedCustomer> {
  const { db } = w.database
  const customer = await connectCustomer(db, { openingDues: { amountMinor: 45_700, dueOn: '2026-06-20' } })
  const hold = { customerId: customer.customerId, reason: 'unpaid', owner: processIds.collection(customer.customerId) } as const
  await inTransaction(db, (tx) => placeHold(tx, hold, CUT_AT))
  if (reaches === 'meter') await answer(CUT_AT)
  return customer
}

const answer = (asOf: string, away: Set<string> = new Set()) => answerCommands(w.database.db, { away, refusing: new Map(), asOf })

async function pay({ customerId }: ConnectedCustomer, reference: string): Promise<void> {
  const { db } = w.database
  await hear(db, { payer: customerId, reference, amountMinor: 45_700, asOf: PAID_AT })
  await createActivities({ db }).takeInNotice({ provider: 'sandbox-wallet', reference, asOf: PAID_AT })
}

test('from every payment that lit a house to the report of its meter the time is published, with p50 and p99 (billing.md rule 22)', async () => {
  const [near, far, forgiven, never] = [await cut(), await cut(), await cut(), await cut('nobody')]
  await pay(near, 'near')
  await pay(far, 'far')
  await pay(never, 'never')
  const { customerId } = forgiven
  const hold = { customerId, reason: 'unpaid', owner: processIds.collection(customerId) } as const
  await inTransaction(w.database.db, (tx) => liftHold(tx, hold, PAID_AT))

  await answer(PAID_AT, new Set([far.serial]))
  const first = await on6July()
  // Nobody paid for the third, and the fourth had light all the time.
  expect(first).toMatchObject({ plants: ['BHKATS'], lit: 2, unconfirmed: 1 })
  expect(first.p50Seconds).toBe(first.p99Seconds)

  await answer('2026-07-06T09:00:00.000Z')
  const { items, ...report } = await on6July()
  const seconds = items.map((one) => {
    // Times of the machine, not of the plant's clock.
    expect(one.seconds).toBeCloseTo((Date.parse(one.confirmedAt) - Date.parse(one.paidAt)) / 1000, 2)
    return one.seconds
  })
  expect(items.map(({ customerId }) => customerId)).toEqual([near.customerId, far.customerId].toSorted())
  expect(report).toMatchObject({ lit: 2, unconfirmed: 0, p50Seconds: Math.min(...seconds), p99Seconds: Math.max(...seconds) })
  expect(Math.min(...seconds)).toBeGreaterThan(0)
})

test('a day on which nobody was lit has no median, and the table has the same lines', async () => {
  expect((await between('2026-07-07', '2026-07-08')).json()).toMatchObject({
    lit: 0,
    p50Seconds: null,
    p99Seconds: null,
    items: [],
  })
  const table = await between('2026-07-01', '2026-07-31', 'cluster-in-charge', 'text/csv')
  expect(parse(table.body, { columns: true })).toHaveLength(2)
})

test('a range that ends before it begins is refused, and other people’s plants are not there', async () => {
  expect((await between('2026-07-08', '2026-07-07')).json()).toMatchObject({ code: 'INVALID_INPUT' })
  expect((await between('2026-07-06', '2026-07-06', 'csa')).statusCode).toBe(403)
  const stranger = {
    url: '/v1/reconnections?plant=BHKATS&from=2026-07-06&to=2026-07-06',
    headers: w.asStranger('cluster-in-charge'),
  }
  expect((await w.app.inject(stranger)).statusCode).toBe(404)
})
