import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { inTransaction } from '../../db/queries/accounts.ts'
import { type PriceWish, requestPrice } from '../../db/queries/price-changes.ts'
import { processIds } from '../../domain/process-ids.ts'
import { rejectPrice, releasePrice, withdrawPrice } from '../../workflows/change-price.ts'
import type { DecisionUpdate } from '../../workflows/decisions.ts'
import { connectCustomer } from '../support/connections.ts'
import { PLANT, type Village, village } from '../support/village.ts'

// Katsa from 9:00 on 1 July 2026; a limiter on A1.1 pays 160 a month, and 175 from August on.
let katsa: Village
beforeAll(async () => {
  katsa = await village()
}, 60_000)
afterAll(() => katsa.close())

async function asked(wish: Partial<PriceWish> = {}): Promise<string> {
  const asOf = await katsa.now()
  const { priceChangeId } = await inTransaction(katsa.db, (tx) =>
    requestPrice(tx, {
      plant: PLANT,
      code: 'A1.1',
      from: '2026-08-01',
      fixedChargeMinor: 17_500,
      textId: null,
      requestedBy: 'geeta',
      asOf,
      ...wish,
    }),
  )
  await katsa.settle()
  return processIds.priceChange(priceChangeId)
}

const decide = async (workflowId: string, update: DecisionUpdate, by: string) => {
  await katsa.temporal.client.workflow.getHandle(workflowId).executeUpdate(update, { args: [{ by }] })
  await katsa.settle()
}

const failing = (type: string) => expect.objectContaining({ cause: expect.objectContaining({ type }) })

test('a price waits for a second person at head office; one’s own is refused', async () => {
  const workflowId = await asked({ code: 'B1.3', fixedChargeMinor: 16_000 })
  expect(await katsa.process(workflowId)).toMatchObject({ stage: 'Approval', waitingFor: 'head-office' })
  await expect(decide(workflowId, releasePrice, 'geeta')).rejects.toEqual(failing('OWN_ENTRY'))
  await expect(decide(workflowId, withdrawPrice, 'harish')).rejects.toEqual(failing('NOT_PERMITTED'))
  await decide(workflowId, rejectPrice, 'harish')
  expect(await katsa.process(workflowId)).toMatchObject({ outcome: 'Rejected' })
  const versions = await katsa.db.selectFrom('packages').select('version').where('code', '=', 'B1.3').execute()
  expect(versions).toEqual([{ version: 1 }])
})

test('released, it is told at once, paid from its day, and over when nobody pays the old one', async () => {
  const { accountId, customerId } = await connectCustomer(katsa.db, { packageCode: 'A1.1', depositMinor: 20_000 })
  const workflowId = await asked()
  await decide(workflowId, releasePrice, 'harish')
  const notices = katsa.db.selectFrom('notifications').select(['kind', 'state', 'body']).where('accountId', '=', accountId)
  expect(await notices.execute()).toEqual([
    { kind: 'price-announced', state: 'delivered', body: expect.stringContaining('₹175') },
  ])
  expect(await katsa.process(workflowId)).toMatchObject({ stage: 'Announced', waitingFor: 'clock' })
  const terms = katsa.db.selectFrom('connectionTerms').select(['fromDate', 'packageVersion']).where('customerId', '=', customerId)
  await katsa.advanceTo('2026-07-24T06:00:00.000Z')
  expect(await terms.orderBy('fromDate').execute()).toHaveLength(1)
  await katsa.advanceTo('2026-07-25T06:00:00.000Z')
  expect(await terms.orderBy('fromDate').execute()).toEqual([
    { fromDate: '2026-07-01', packageVersion: 1 },
    { fromDate: '2026-08-01', packageVersion: 2 },
  ])
  await katsa.advanceTo('2026-08-01T06:00:00.000Z')
  expect(await katsa.process(workflowId)).toMatchObject({ outcome: 'Done' })
})
