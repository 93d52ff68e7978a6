import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { inTransaction } from '../../db/queries/accounts.ts'
import { listCases } from '../../db/queries/cases.ts'
import { post } from '../../db/queries/ledger.ts'
import { processIds } from '../../domain/process-ids.ts'
import { connectCustomer, type ConnectedCustomer, payInCash } from '../support/connections.ts'
import { PLANT, type Village, village } from '../support/village.ts'

let katsa: Village
let customer: ConnectedCustomer
beforeAll(async () => {
  katsa = await village()
  customer = await connectCustomer(katsa.db, { openingDues: { amountMinor: 12_000, dueOn: '2026-09-10' } })
  await katsa.start('findDueReconciliation', processIds.findDueReconciliation(PLANT), { plant: PLANT, watch: true })
}, 60_000)
afterAll(() => katsa.close())

const outcomes = async () =>
  Object.fromEntries(
    (
      await katsa.db
        .selectFrom('processes')
        .select(['workflowId', 'outcome'])
        .where('workflowType', '=', 'reconcileBooks')
        .orderBy('workflowId')
        .execute()
    ).map(({ workflowId, outcome }) => [workflowId, outcome]),
  )
const told = async () => {
  const notices = katsa.db.selectFrom('notifications').select('staffLogin').where('kind', '=', 'books-differ')
  return (await notices.orderBy('staffLogin').execute()).map(({ staffLogin }) => staffLogin)
}
const misposted = (eventKey: string, debit: string, credit: string, businessAt: string) =>
  inTransaction(katsa.db, (tx) =>
    post(tx, {
      eventKey,
      plant: PLANT,
      accountId: customer.accountId,
      currency: 'INR',
      businessAt,
      postings: [{ leg: 1, debit, credit, amountMinor: 700 }],
    }),
  )

test('each business day is closed and proved once, in the night after it', async () => {
  await payInCash(katsa.db, { accountId: customer.accountId, amountMinor: 5_000, at: await katsa.now(), reference: 'first-day' })
  await katsa.advanceTo('2026-07-01T20:00:00.000Z') // 01:30 of the 2nd in Katsa
  expect(await outcomes()).toEqual({})
  await katsa.advanceTo('2026-07-03T06:00:00.000Z')
  expect(await outcomes()).toEqual({ 'reconciliation:BHKATS:2026-07-01': 'Agrees', 'reconciliation:BHKATS:2026-07-02': 'Agrees' })
  const closings = await katsa.db.selectFrom('bookClosings').select('businessDate').orderBy('businessDate').execute()
  expect(closings.map(({ businessDate }) => businessDate)).toEqual(['2026-07-01', '2026-07-02'])
  expect(await told()).toEqual([])
}, 60_000)

test('what does not agree is a case that head office is told of, until it agrees again', async () => {
  const receivable = `receivable:${customer.accountId}`
  await misposted('wrong', receivable, `opening:${PLANT}`, '2026-07-03T06:00:00.000Z')
  await katsa.advanceTo('2026-07-03T21:00:00.000Z')
  expect((await outcomes())['reconciliation:BHKATS:2026-07-03']).toBe('Differs')
  const found = await listCases(katsa.db, { plants: [PLANT], limit: 10 })
  expect(found).toMatchObject([
    { caseId: 'BHKATS-C1', rule: 'receivable-open-debts', subject: customer.accountId, state: 'open' },
  ])
  expect(await told()).toEqual(['geeta', 'harish'])

  await misposted('put right', `opening:${PLANT}`, receivable, '2026-07-04T06:00:00.000Z')
  await katsa.advanceTo('2026-07-04T21:00:00.000Z')
  expect((await outcomes())['reconciliation:BHKATS:2026-07-04']).toBe('Agrees')
  expect(await listCases(katsa.db, { plants: [PLANT], limit: 10 })).toMatchObject([{ state: 'closed', closedAs: 'gone' }])
  expect(await told()).toEqual(['geeta', 'harish'])
}, 60_000)

test('looking once more starts nothing twice', async () => {
  const before = await outcomes()
  await katsa.start('findDueReconciliation', 'find-due-reconciliation:again', { plant: PLANT })
  await katsa.settle()
  expect(await outcomes()).toEqual(before)
})
