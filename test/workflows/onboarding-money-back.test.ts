import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals'
import { openHolds } from '../../db/queries/supply.ts'
import { processIds } from '../../domain/process-ids.ts'
import { approveTask, completeTask } from '../../workflows/do-field-task.ts'
import { applicants, type Wish } from '../support/applicants.ts'
import { expectBooksInBalance, hear, held } from '../support/payers.ts'
import { type Village, village } from '../support/village.ts'

let katsa: Village
let people: ReturnType<typeof applicants>
beforeAll(async () => {
  katsa = await village()
  people = applicants(katsa)
})
afterAll(() => katsa.close())
afterEach(() => expectBooksInBalance(katsa.db))

/** B1.1: deposit 500 + activation 300 rupees. */
const B11_MINOR = 80_000
/** A1.1 by limiter: deposit 200 + activation 100 rupees. */
const A11_MINOR = 30_000

/** The wallet takes back what was paid. */
async function bounce(applicationId: string, reference: string, amountMinor = B11_MINOR): Promise<void> {
  await hear(katsa.db, { reference, amountMinor, payer: applicationId, status: 'bounced', asOf: await katsa.now() })
  await katsa.settle()
}

/** Paid under that reference, and waiting for the technician. */
async function paidBy(reference: string, wish: Wish = {}, amountMinor = B11_MINOR) {
  const applicationId = await people.demanded(wish)
  await people.pay(applicationId, amountMinor, reference)
  return { applicationId, customerId: (await people.account(applicationId)).customerId ?? '' }
}

test('a payment that comes back before the installation calls the technician off until the money is there again', async () => {
  const { applicationId, customerId } = await paidBy('back-1')
  expect(await people.process(applicationId)).toMatchObject({ stage: 'Installation' })
  await bounce(applicationId, 'back-1')
  // Back on the 1st of July: 15 days after that, or the deadline of 30 days, whichever is later.
  const { deadlineAt } = await people.application(applicationId)
  expect(await people.process(applicationId)).toMatchObject({ stage: 'PaymentAgain', waitingFor: 'customer', dueAt: deadlineAt })
  expect(await people.taskOf(applicationId, 'installation:1')).toMatchObject({ status: 'cancelled' })
  expect((await people.notices(applicationId)).slice(-2)).toEqual(['payment-reversed', 'installation-waits'])
  await katsa.advance('P8D')
  expect((await people.notices(applicationId)).at(-1)).toBe('demand-reminder')
  // 300 of 800 is not enough.
  await people.pay(applicationId, 30_000)
  expect(await people.process(applicationId)).toMatchObject({ stage: 'PaymentAgain' })
  await people.pay(applicationId, 50_000)
  expect(await people.process(applicationId)).toMatchObject({ stage: 'Installation' })
  expect((await openHolds(katsa.db, customerId)).map(({ reason }) => reason)).toEqual(['not-activated'])
  const serial = (await people.meter(applicationId))?.serial ?? ''
  await people.report(applicationId, 'installation:2', { outcome: 'done', serial, startRegisterWh: 0 })
  expect(await people.process(applicationId)).toMatchObject({ outcome: 'Active' })
  expect(await held(katsa.db, `deposit:${applicationId}`)).toBe(50_000)
})

test('a payment that comes back after the technician was there leaves the meter dark until the money is there again', async () => {
  const { applicationId, customerId } = await paidBy('back-2', { code: 'A1.1', meterKind: 'load_limiter' }, A11_MINOR)
  const { taskId } = await people.taskOf(applicationId, 'installation:1')
  const task = katsa.temporal.client.workflow.getHandle(processIds.task(taskId))
  const serial = (await people.meter(applicationId))?.serial ?? ''
  await task.executeUpdate(completeTask, { args: [{ by: 'binod', detail: { outcome: 'done', serial } }] })
  await katsa.settle()
  await bounce(applicationId, 'back-2', A11_MINOR)
  expect(await people.process(applicationId)).toMatchObject({ stage: 'Installation' })
  await task.executeUpdate(approveTask, { args: [{ by: 'chandan' }] })
  await katsa.settle()
  expect(await people.process(applicationId)).toMatchObject({ stage: 'PaymentAgain' })
  expect(await people.meter(applicationId)).toMatchObject({ state: 'installed' })
  expect((await openHolds(katsa.db, customerId)).map(({ reason }) => reason)).toEqual(['not-activated'])
  await people.pay(applicationId, A11_MINOR)
  expect(await people.process(applicationId)).toMatchObject({ outcome: 'Active' })
  expect(await openHolds(katsa.db, customerId)).toEqual([])
})

test('money that came back and is not paid again ends the application, and the meter is free for somebody else', async () => {
  const { applicationId } = await paidBy('back-3')
  const serial = (await people.meter(applicationId))?.serial ?? ''
  await bounce(applicationId, 'back-3')
  await katsa.advance('P31D')
  expect(await people.process(applicationId)).toMatchObject({ outcome: 'DeadlinePassed' })
  const meter = katsa.db.selectFrom('meters').select('state').where('serial', '=', serial)
  expect(await meter.executeTakeFirst()).toEqual({ state: 'free' })
  expect(await held(katsa.db, `deposit:${applicationId}`)).toBe(0)
})
