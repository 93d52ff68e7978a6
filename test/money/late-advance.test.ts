import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { inTransaction, lockAccounts } from '../../db/queries/accounts.ts'
import { allocateCredit, issueCharge } from '../../db/queries/charges.ts'
import { balanceOf, post } from '../../db/queries/ledger.ts'
import { saveStage } from '../../db/queries/processes.ts'
import { postPrepaidEarned } from '../../domain/ledger.ts'
import { processIds } from '../../domain/process-ids.ts'
import { ASOF, openPlant } from '../support/books.ts'
import { connectCustomer, payInCash } from '../support/connections.ts'
import { freshDatabase, type TestDatabase } from '../support/postgres.ts'
import { PLANT, ZONE } from '../support/village.ts'

let database: TestDatabase

beforeAll(async () => {
  database = await freshDatabase()
  await openPlant(database.db)
})
afterAll(() => database.close())

test('what is paid of an advance whose cycle ended unpaid wakes that cycle, which makes it income', async () => {
  const { db } = database
  await db.insertInto('feeders').values({ plant: PLANT, feeder: 'F1', capacityW: 10_000 }).execute()
  await db.insertInto('poles').values({ plant: PLANT, pole: '011', feeder: 'F1' }).execute()
  await db
    .insertInto('packages')
    .values({
      ...{ plant: PLANT, code: 'A1.1', version: 1, mode: 'prepaid', timing: 'NN', activeFrom: '18:00', activeTo: '06:00' },
      ...{ loadLimitW: 17, fixedChargeMinor: 16_000, energyRateMinorPerKwh: 0, expectedKwh: 0, meterKinds: ['load_limiter'] },
      effectiveFrom: '2025-01-01',
    })
    .execute()
  const { accountId, customerId } = await connectCustomer(db, { packageCode: 'A1.1' })
  const input = { plant: PLANT, accountId, customerId, period: '2026-06-01', boundary: '2026-06-01' }
  const workflowId = processIds.billing(customerId, '2026-06-01')
  await inTransaction(db, async (tx) => {
    const [account] = await lockAccounts(tx, [accountId])
    if (account === undefined) throw new Error('no account')
    const period = { from: '2026-06-29', to: '2026-07-01' }
    // Two days of June, of 160.00 for thirty: 10.67, to whole rupees 11.00.
    const charge = {
      kind: 'electricity',
      mode: 'prepaid',
      source: 'advance:2026-06-01',
      amountMinor: 1_100,
      dueOn: '2026-06-29',
    } as const
    await issueCharge(tx, { account, asOf: ASOF }, { ...charge, period })
    const process = { workflowId, workflowType: 'billCustomer', input, plant: PLANT, accountId, customerId, asOf: ASOF }
    await saveStage(tx, { ...process, stage: 'Ended', outcome: 'Unpaid' })
    await allocateCredit(tx, { account, asOf: ASOF, zone: ZONE })
  })
  await db.deleteFrom('outbox').execute()

  await payInCash(db, { accountId, amountMinor: 1_100, at: ASOF, reference: 'late' })

  const starts = await db
    .selectFrom('outbox')
    .select(['workflowType', 'workflowId', 'input'])
    .where('kind', '=', 'start')
    .execute()
  expect(starts).toEqual([{ workflowType: 'billCustomer', workflowId, input }])
})

test('an advance that was rounded down is earned also where no other money waits on the account', async () => {
  const { db } = database
  const { accountId } = await connectCustomer(db, { packageCode: 'A1.1', pole: '011' })
  // Two days of August of 300.00: 19.35, to whole rupees 19.00, and 0.35 of it is the rounding.
  const owner = { plant: PLANT, accountId }
  const event = { plant: PLANT, accountId, currency: 'INR', businessAt: ASOF }
  await inTransaction(db, async (tx) => {
    const paid = [{ leg: 1, debit: 'wallet:sandbox-wallet', credit: `unearned:${accountId}`, amountMinor: 1_900 }]
    await post(tx, { ...event, eventKey: `test-paid:${accountId}`, postings: paid })
    const postings = postPrepaidEarned(owner, { amountMinor: 1_900, roundingMinor: -35 })
    await post(tx, { ...event, eventKey: `test-earned:${accountId}`, postings })
    expect(await balanceOf(tx, `unearned:${accountId}`)).toBe(0)
  })
})
