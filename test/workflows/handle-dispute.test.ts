import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals'
import { inTransaction } from '../../db/queries/accounts.ts'
import { readArrears } from '../../db/queries/arrears.ts'
import { openHolds } from '../../db/queries/supply.ts'
import { nextStep } from '../../domain/arrears.ts'
import { processIds } from '../../domain/process-ids.ts'
import { approveCorrection, rejectCorrection } from '../../workflows/correct-charge.ts'
import { confirmBill, correctBill, withdrawDispute } from '../../workflows/handle-dispute.ts'
import { type ConnectedCustomer, connectCustomer, payInCash } from '../support/connections.ts'
import { billJuly, correctionDesk } from '../support/corrections.ts'
import { debtors, QUICK_CHASE } from '../support/debtors.ts'
import { expectBooksInBalance } from '../support/payers.ts'
import { PLANT, type Village, village } from '../support/village.ts'

let katsa: Village
let desk: ReturnType<typeof correctionDesk>
let owes: ReturnType<typeof debtors>
beforeAll(async () => {
  katsa = await village({ startsAt: '2026-08-01T06:00:00.000Z', policy: QUICK_CHASE })
  desk = correctionDesk(katsa)
  owes = debtors(katsa)
})
afterAll(() => katsa.close())
afterEach(() => expectBooksInBalance(katsa.db))

const code = (error: unknown): unknown => (error as { cause?: { type?: string } }).cause?.type

/** A household whose bill for July, 464 rupees, is due today, and is chased. */
async function billed() {
  const customer = await connectCustomer(katsa.db)
  const at = await katsa.now()
  const bill = await billJuly(katsa.db, customer, { at, dueOn: at.slice(0, 10) })
  const { accountId, customerId } = customer
  await katsa.start('collectDues', processIds.collection(customerId), { plant: PLANT, accountId, customerId })
  return { customer, ...bill }
}

async function pay({ accountId }: ConnectedCustomer, amountMinor: number): Promise<void> {
  const at = await katsa.now()
  await payInCash(katsa.db, { accountId, amountMinor, at, reference: `${accountId}-${amountMinor}-${at}` })
  await katsa.settle()
}

const isCut = async ({ customerId }: ConnectedCustomer): Promise<boolean> =>
  (await openHolds(katsa.db, customerId)).some(({ reason }) => reason === 'unpaid')

const next = async ({ customerId }: ConnectedCustomer) =>
  nextStep((await readArrears(katsa.db, customerId, await katsa.now())).state)

test('a bill disputed as a whole is not chased; found right by somebody who did not read the meter, it is chased on to the cut', async () => {
  const { customer, billNumber } = await billed()
  const id = await desk.dispute(customer, { billNumber })
  expect(await desk.disputeProcess(id)).toMatchObject({
    stage: 'Answering',
    waitingFor: 'csa',
    dueAt: expect.stringMatching(/^2026-08-11T06:0/),
  })
  expect(await desk.noticeOf(customer, 'dispute-received')).toMatchObject({
    billNumber,
    disputedMinor: 46_400,
    undisputedMinor: 0,
    answerBy: '2026-08-11',
  })
  expect(await next(customer)).toMatchObject({ kind: 'wait', reason: 'dispute' })
  expect(await owes.collection(customer)).toMatchObject({ stage: 'Chasing', waitingFor: 'csa' })
  await katsa.advance('P8D')
  // Past due for eight days, and nobody was reminded, told or cut: a cut comes after five.
  expect(await isCut(customer)).toBe(false)
  expect(await desk.told({ accountId: customer.accountId })).toEqual(['due-today-reminder', 'dispute-received'])
  for (const by of ['binod', 'chandan', 'customer:T0001'])
    expect(await desk.answer(id, confirmBill, by, { reason: 'reading-right' }).catch(code)).toBe('OWN_ENTRY')
  await desk.answer(id, confirmBill, 'asha', { reason: 'reading-right' })
  expect(await desk.disputeProcess(id)).toMatchObject({ outcome: 'Confirmed' })
  expect(await desk.disputed(id)).toMatchObject({ answeredBy: 'asha', answer: 'confirmed', answerReason: 'reading-right' })
  expect(await desk.noticeOf(customer, 'bill-confirmed')).toMatchObject({ reason: 'reading-right', payableMinor: 46_400 })
  // Chasing goes on at its first step: a written notice, and two clear days and a visit before the cut.
  expect(await desk.told({ accountId: customer.accountId })).toContain('disconnection-notice')
  expect(await isCut(customer)).toBe(false)
  await katsa.advance('P6D')
  expect(await isCut(customer)).toBe(true)
  await pay(customer, 46_400)
  expect(await isCut(customer)).toBe(false)
})

test('of a bill of which 100 rupees are disputed the other 364 are chased, and the notice asks for them only', async () => {
  const { customer, chargeId, billNumber } = await billed()
  const id = await desk.dispute(customer, { billNumber, amountMinor: 10_000 })
  expect(await desk.noticeOf(customer, 'dispute-received')).toMatchObject({ disputedMinor: 10_000, undisputedMinor: 36_400 })
  await katsa.advance('P1DT6H')
  expect(await desk.noticeOf(customer, 'disconnection-notice')).toMatchObject({ remainingMinor: 36_400 })
  await pay(customer, 36_400)
  expect(await next(customer)).toMatchObject({ kind: 'wait', reason: 'dispute' })
  await katsa.advance('P7D')
  expect(await isCut(customer)).toBe(false)
  expect(await desk.open(chargeId)).toBe(10_000)
  await desk.answer(id, confirmBill, 'imran', { reason: 'calculation-right' })
  // Its notice was given a week ago, and holds for 30 days: it is not given again.
  const notices = (await desk.told({ accountId: customer.accountId })).filter((kind) => kind === 'disconnection-notice')
  expect(notices).toHaveLength(1)
  await pay(customer, 10_000)
  expect(await owes.collection(customer)).toMatchObject({ outcome: 'Settled' })
})

test('a dispute that ends in a note: the answerer asks, another approves, the customer is told once', async () => {
  const { customer, chargeId, billNumber } = await billed()
  const id = await desk.dispute(customer, { billNumber })
  await desk.answer(id, correctBill, 'asha', { amountMinor: 18_000, chargeId, lines: [{ line: 2, amountMinor: 18_000 }] })
  expect(await desk.disputeProcess(id)).toMatchObject({ stage: 'Correcting', waitingFor: 'cluster-in-charge' })
  const { correctionId } = await katsa.db
    .selectFrom('corrections')
    .selectAll()
    .where('disputeId', '=', id)
    .executeTakeFirstOrThrow()
  expect(await desk.decide(correctionId, approveCorrection, 'asha').catch(code)).toBe('OWN_ENTRY')
  await desk.decide(correctionId, approveCorrection, 'deepa')
  expect(await desk.disputeProcess(id)).toMatchObject({ outcome: 'Corrected' })
  expect(await desk.disputed(id)).toMatchObject({ closedAs: 'Corrected', answer: 'corrected', answeredBy: 'asha' })
  // 464 − 10 units × 18.00
  expect(await desk.open(chargeId)).toBe(28_400)
  expect(await desk.noticeOf(customer, 'bill-corrected')).toMatchObject({
    disputeId: id,
    reason: 'disputed',
    amountMinor: 18_000,
  })
  expect(await next(customer)).not.toMatchObject({ reason: 'dispute' })
  await pay(customer, 28_400)
})

test('a note that is refused has the dispute answered anew; a bill is disputed once, whatever came of it', async () => {
  const { customer, chargeId, billNumber } = await billed()
  const id = await desk.dispute(customer, { billNumber })
  await desk.answer(id, correctBill, 'asha', { amountMinor: 46_400, chargeId })
  const { correctionId } = await katsa.db
    .selectFrom('corrections')
    .selectAll()
    .where('disputeId', '=', id)
    .executeTakeFirstOrThrow()
  await desk.decide(correctionId, rejectCorrection, 'deepa')
  expect(await desk.disputeProcess(id)).toMatchObject({ stage: 'Answering' })
  await desk.answer(id, confirmBill, 'imran', { reason: 'other' })
  expect(await desk.disputeProcess(id)).toMatchObject({ outcome: 'Confirmed' })
  await expect(desk.dispute(customer, { billNumber })).rejects.toMatchObject({
    code: 'ALREADY_EXISTS',
    details: { disputeId: id },
  })
  await pay(customer, 46_400)
})

test('a customer who pays under protest is still answered, and gets back what was too much', async () => {
  const { customer, chargeId, billNumber } = await billed()
  const id = await desk.dispute(customer, { billNumber })
  await pay(customer, 46_400)
  expect(await desk.disputeProcess(id)).toMatchObject({ stage: 'Answering' })
  await desk.answer(id, correctBill, 'imran', { amountMinor: 18_000, chargeId })
  const { correctionId } = await katsa.db
    .selectFrom('corrections')
    .selectAll()
    .where('disputeId', '=', id)
    .executeTakeFirstOrThrow()
  await desk.decide(correctionId, approveCorrection, 'deepa')
  expect(await desk.disputeProcess(id)).toMatchObject({ outcome: 'Corrected' })
  expect(await desk.balance(`credit:${customer.accountId}`)).toBe(18_000)
})

test('a dispute that is taken back lets the chase go on, and a note beyond the bill is not even asked for', async () => {
  const { customer, chargeId, billNumber } = await billed()
  const id = await desk.dispute(customer, { billNumber, amountMinor: 20_000 })
  await desk.answer(id, correctBill, 'asha', { amountMinor: 99_900, chargeId })
  expect(await desk.disputeProcess(id)).toMatchObject({ stage: 'Answering' })
  expect(await desk.told({ requestId: id })).toContain('correction-not-made asha')
  await desk.answer(id, withdrawDispute, 'customer:T0001')
  expect(await desk.disputeProcess(id)).toMatchObject({ outcome: 'Withdrawn' })
  expect(await next(customer)).not.toMatchObject({ reason: 'dispute' })
  await pay(customer, 46_400)
})

test('what is disputed after the cut does not undo it; the rest paid, what was disputed before it does not keep it', async () => {
  const cutFirst = await billed()
  const disputedFirst = await billed()
  await desk.dispute(disputedFirst.customer, { billNumber: disputedFirst.billNumber, amountMinor: 10_000 })
  await katsa.advance('P5DT6H')
  expect(await isCut(cutFirst.customer)).toBe(true)
  expect(await isCut(disputedFirst.customer)).toBe(true)
  await desk.dispute(cutFirst.customer, { billNumber: cutFirst.billNumber })
  await pay(cutFirst.customer, 1_000)
  expect(await isCut(cutFirst.customer)).toBe(true)
  await pay(disputedFirst.customer, 36_400)
  expect(await isCut(disputedFirst.customer)).toBe(false)
  // No deposit is drawn, and no ban asked for, on what is disputed: a ban comes ten days after the cut.
  const [row] = await katsa.db
    .selectFrom('disputes')
    .select('disputeId')
    .where('accountId', '=', cutFirst.customer.accountId)
    .execute()
  await katsa.advance('P11D')
  expect(await owes.collection(cutFirst.customer)).toMatchObject({ stage: 'Chasing', waitingFor: 'csa' })
  await desk.answer(row?.disputeId ?? '', confirmBill, 'asha', { reason: 'other' })
  expect(await owes.collection(cutFirst.customer)).toMatchObject({ stage: 'AwaitingDecision', waitingFor: 'cluster-in-charge' })
})

test('a dispute keeps the constraint of the database: at most one a bill, and not answered by whoever raised it', async () => {
  const { customer, billNumber } = await billed()
  const id = await desk.dispute(customer, { billNumber })
  const same = inTransaction(katsa.db, (tx) =>
    tx.updateTable('disputes').set({ answeredBy: 'customer:T0001' }).where('disputeId', '=', id).execute(),
  )
  await expect(same).rejects.toMatchObject({ code: '23514' })
})
