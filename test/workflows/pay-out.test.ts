import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals'
import { withAccount } from '../../db/queries/accounts.ts'
import { openClosure } from '../../db/queries/closures.ts'
import { readRefunds } from '../../db/queries/refunds.ts'
import { addDays, dateAt } from '../../domain/calendar.ts'
import { KATSA_POLICY_V1 } from '../../domain/policy.ts'
import { processIds } from '../../domain/process-ids.ts'
import { approveClosingRefund, payClosingRefund } from '../../workflows/close-account.ts'
import { approveTask, completeTask } from '../../workflows/do-field-task.ts'
import { approvePayOut, confirmTransfer, denyTransfer, payPayOut, refusePayOut } from '../../workflows/pay-out.ts'
import { approveRefund, withdraw } from '../../workflows/onboarding-decisions.ts'
import { applicants } from '../support/applicants.ts'
import { connectCustomer } from '../support/connections.ts'
import { payOutDesk } from '../support/money-out.ts'
import { electricity, expectBooksInBalance, held, owe } from '../support/payers.ts'
import { PLANT, type Village, village, ZONE } from '../support/village.ts'

/** Not fetched in 5 days instead of 90: kept apart. */
const policy = { ...KATSA_POLICY_V1, closing: { ...KATSA_POLICY_V1.closing, unclaimedAfter: 'P5D' } }

let katsa: Village
let desk: ReturnType<typeof payOutDesk>
beforeAll(async () => {
  katsa = await village({ policy })
  desk = payOutDesk(katsa)
})
afterAll(() => katsa.close())
afterEach(() => expectBooksInBalance(katsa.db))

const code = (error: unknown): unknown => (error as { cause?: { type?: string } }).cause?.type
const paidInCash = (amountMinor: number) => ({ method: 'cash', amountMinor, reference: 'slip-1' })

test('credit of 300 rupees is approved by the cluster in-charge, paid by another person, and the customer is told at each step', async () => {
  const customer = await desk.withCredit(30_000)
  const refundId = await desk.ask(customer, { amountMinor: 30_000 })
  expect(await desk.process(refundId)).toMatchObject({ stage: 'Approval', waitingFor: 'cluster-in-charge' })
  expect(await desk.decide(refundId, approvePayOut, { by: 'asha' }).catch(code)).toBe('OWN_ENTRY')
  await desk.decide(refundId, approvePayOut, { by: 'deepa' })
  expect(await desk.process(refundId)).toMatchObject({ stage: 'PayingOut', waitingFor: 'csa' })
  const pay = (by: string, amountMinor = 30_000) => desk.decide(refundId, payPayOut, { by, detail: paidInCash(amountMinor) })
  expect(await pay('deepa').catch(code)).toBe('OWN_ENTRY')
  expect(await pay('asha', 29_900).catch(code)).toBe('REFUND_EXCEEDS')
  await pay('asha')
  expect(await desk.process(refundId)).toMatchObject({ outcome: 'Paid' })
  expect(await held(katsa.db, `credit:${customer.accountId}`)).toBe(0)
  expect(await desk.toldOf(customer)).toEqual(['refund-requested', 'refund-approved', 'payment-refunded'])
})

test('a refused refund stays the customer’s, and 501 rupees are for the state to decide', async () => {
  const customer = await desk.withCredit(60_000)
  const refundId = await desk.ask(customer, { amountMinor: 50_100 })
  expect(await desk.process(refundId)).toMatchObject({ waitingFor: 'state-in-charge' })
  await desk.decide(refundId, refusePayOut, { by: 'farid' })
  expect(await desk.process(refundId)).toMatchObject({ outcome: 'Refused' })
  expect(await held(katsa.db, `credit:${customer.accountId}`)).toBe(60_000)
  expect(await desk.toldOf(customer)).toEqual(['refund-requested', 'refund-refused'])
})

test('a bill that uses all of the credit before it is paid ends the refund by itself', async () => {
  const customer = await desk.withCredit(20_000)
  const refundId = await desk.ask(customer, { amountMinor: 20_000 })
  await desk.decide(refundId, approvePayOut, { by: 'deepa' })
  const asOf = await katsa.now()
  await owe(katsa.db, customer.accountId, { ...electricity('2026-06-01', 20_000, '2026-07-20'), asOf })
  await katsa.start('payOut', processIds.payOut(refundId), { plant: PLANT, accountId: customer.accountId, refundId })
  expect(await desk.process(refundId)).toMatchObject({ outcome: 'Overtaken' })
  expect((await desk.toldOf(customer)).at(-1)).toBe('refund-lapsed')
})

test('a transfer nobody knows of waits for head office; that it never came frees it to be sent anew, and what came back is paid another way', async () => {
  const customer = await desk.withCredit(30_000)
  const refundId = await desk.ask(customer, { amountMinor: 30_000, method: 'upi' })
  await desk.decide(refundId, approvePayOut, { by: 'deepa' })
  await desk.send(refundId, 'asha', { amountMinor: 30_000, reference: 'UTR-1', isUnknown: true })
  expect(await desk.process(refundId)).toMatchObject({ stage: 'Unconfirmed', waitingFor: 'head-office' })
  expect(await desk.send(refundId, 'imran', { amountMinor: 30_000, reference: 'UTR-2' }).catch(code)).toBe('WRONG_STAGE')
  expect(await desk.decide(refundId, denyTransfer, { by: 'geeta' }).catch(code)).toBe('INVALID_INPUT')
  await desk.decide(refundId, denyTransfer, { by: 'geeta', detail: { proof: 'STATEMENT-7' } })
  await desk.send(refundId, 'imran', { amountMinor: 30_000, reference: 'UTR-2' })
  expect(await desk.process(refundId)).toMatchObject({ outcome: 'Paid' })
  await desk.comesBack(refundId, 'RET-1')
  expect(await desk.process(refundId)).toMatchObject({ stage: 'PayingOut', outcome: null })
  await desk.decide(refundId, payPayOut, { by: 'imran', detail: paidInCash(30_000) })
  expect((await desk.tries(refundId)).map(({ state }) => state)).toEqual(['failed', 'returned', 'paid'])
  expect((await desk.toldOf(customer)).slice(2)).toEqual([
    'refund-sent',
    'refund-failed',
    'payment-refunded',
    'refund-returned',
    'payment-refunded',
  ])
})

test('a transfer is asked after at its provider, and after a week of silence head office says that it arrived', async () => {
  const [answers, silent] = [await desk.withCredit(30_000), await desk.withCredit(30_000)]
  const sent = async (customer: typeof answers, reference: string): Promise<number> => {
    const refundId = await desk.ask(customer, { amountMinor: 30_000, method: 'upi' })
    await desk.decide(refundId, approvePayOut, { by: 'deepa' })
    await desk.send(refundId, 'asha', { amountMinor: 30_000, reference, isUnknown: true, provider: 'sandbox-wallet' })
    return refundId
  }
  const [known, unknown] = [await sent(answers, 'OUT-1'), await sent(silent, 'OUT-2-silent')]
  await katsa.advance('PT2H')
  expect(await desk.process(known)).toMatchObject({ outcome: 'Paid' })
  expect(await desk.process(unknown)).toMatchObject({ stage: 'Unconfirmed', waitingFor: 'clock' })
  await katsa.advance('P7D')
  expect(await desk.process(unknown)).toMatchObject({ stage: 'Unconfirmed', waitingFor: 'head-office' })
  await desk.decide(unknown, confirmTransfer, { by: 'geeta', detail: { proof: 'STATEMENT-8' } })
  expect(await desk.refund(unknown)).toMatchObject({ state: 'paid' })
})

/** Somebody has left, and the refund of the 200 rupees deposit is approved. */
async function leaver() {
  const { db } = katsa
  const customer = await connectCustomer(db, { packageCode: 'A1.1', depositMinor: 20_000 })
  const { accountId, customerId } = customer
  const requestedAt = await katsa.now()
  const leavingOn = dateAt(requestedAt, ZONE)
  const asked = { reason: 'own-wish', leavingOn, refundMethod: 'cash', requestedBy: 'asha', requestedAt } as const
  const { closureId } = await withAccount(db, accountId, (tx, account) => openClosure(tx, { ...account, customerId }, asked))
  await katsa.advanceTo(`${addDays(leavingOn, 1)}T06:00:00.000Z`)
  const removal = db.selectFrom('tasks').select('taskId').where('customerId', '=', customerId).where('kind', '=', 'meter-removal')
  const technician = katsa.temporal.client.workflow.getHandle(processIds.task((await removal.executeTakeFirstOrThrow()).taskId))
  await technician.executeUpdate(completeTask, { args: [{ by: 'binod', detail: { outcome: 'done' } }] })
  await katsa.settle()
  await technician.executeUpdate(approveTask, { args: [{ by: 'chandan' }] })
  await katsa.settle()
  const refundId = (await readRefunds(db, accountId))[0]?.refundId ?? 0
  const closing = katsa.temporal.client.workflow.getHandle(processIds.closing(closureId))
  await closing.executeUpdate(approveClosingRefund, { args: [{ by: 'deepa', detail: { refundId } }] })
  await katsa.settle()
  return { customer, accountId, closureId, closing, refundId }
}

test('what a leaver does not fetch is kept apart, and paid when they come, also after their account was closed', async () => {
  const { customer, accountId, closureId, refundId } = await leaver()
  await katsa.advance('P6D')
  expect(await katsa.process(processIds.closing(closureId))).toMatchObject({ outcome: 'ClosedUnclaimed' })
  expect(await held(katsa.db, `unclaimed:${accountId}`)).toBe(20_000)
  await desk.fetch(refundId)
  expect(await desk.process(refundId)).toMatchObject({ stage: 'PayingOut' })
  // Nobody hands it over: it stays where it is, and can be asked for again.
  await katsa.advance('P6D')
  expect(await desk.process(refundId)).toMatchObject({ outcome: 'Unclaimed' })
  await desk.fetch(refundId)
  const pay = (by: string) => desk.decide(refundId, payPayOut, { by, detail: paidInCash(20_000) })
  expect(await pay('deepa').catch(code)).toBe('OWN_ENTRY')
  await pay('asha')
  expect(await desk.process(refundId)).toMatchObject({ outcome: 'Paid' })
  expect(await held(katsa.db, `unclaimed:${accountId}`)).toBe(0)
  expect(await katsa.process(processIds.closing(closureId))).toMatchObject({ outcome: 'ClosedUnclaimed' })
  expect(await desk.toldOf(customer)).toEqual(['deposit-refund-waiting', 'refund-unclaimed', 'deposit-refunded'])
})

test('a leaver’s deposit sent by a transfer in doubt is seen through by its own process: the closing does not wait, and it is paid once', async () => {
  const { customer, closureId, closing, refundId } = await leaver()
  const detail = { refundId, method: 'upi', proof: 'UTR-LEFT', isUnknown: true }
  await closing.executeUpdate(payClosingRefund, { args: [{ by: 'asha', detail }] })
  await katsa.settle()
  expect(await katsa.process(processIds.closing(closureId))).toMatchObject({ outcome: 'Closed' })
  expect(await desk.process(refundId)).toMatchObject({ stage: 'Unconfirmed', waitingFor: 'head-office' })
  await desk.decide(refundId, confirmTransfer, { by: 'geeta', detail: { proof: 'STATEMENT-9' } })
  expect(await desk.process(refundId)).toMatchObject({ outcome: 'Paid' })
  expect(await desk.toldOf(customer)).toEqual(['deposit-refund-waiting', 'refund-sent', 'deposit-refunded'])
})

test('what an applicant who withdrew does not fetch ends the application all the same, and is paid when they come', async () => {
  const people = applicants(katsa)
  const applicationId = await people.demanded()
  await people.pay(applicationId, 10_000)
  await people.decide(applicationId, withdraw, 'asha')
  await people.decide(applicationId, approveRefund, 'deepa')
  await katsa.advance('P6D')
  expect(await people.process(applicationId)).toMatchObject({ outcome: 'Withdrawn' })
  const [refund] = await people.refunds(applicationId)
  expect(refund).toMatchObject({ state: 'unclaimed', amountMinor: 10_000 })
  const refundId = refund?.refundId ?? 0
  await desk.fetch(refundId)
  await desk.decide(refundId, payPayOut, { by: 'asha', detail: paidInCash(10_000) })
  expect(await desk.refund(refundId)).toMatchObject({ state: 'paid' })
  expect(await held(katsa.db, `unclaimed:${applicationId}`)).toBe(0)
})
