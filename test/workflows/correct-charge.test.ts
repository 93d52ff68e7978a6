import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals'
import { withAccount } from '../../db/queries/accounts.ts'
import { openClosure } from '../../db/queries/closures.ts'
import { findCharge, issueCharge } from '../../db/queries/charges.ts'
import { openHolds } from '../../db/queries/supply.ts'
import { depositHeld, receivable } from '../../domain/ledger.ts'
import { processIds } from '../../domain/process-ids.ts'
import { approveCorrection, rejectCorrection, withdrawCorrection } from '../../workflows/correct-charge.ts'
import { reassign } from '../../workflows/reassign.ts'
import { type ConnectedCustomer, connectCustomer, payInCash } from '../support/connections.ts'
import { billJuly, correctionDesk } from '../support/corrections.ts'
import { debtors, QUICK_CHASE } from '../support/debtors.ts'
import { expectBooksInBalance } from '../support/payers.ts'
import { PLANT, type Village, village } from '../support/village.ts'

let katsa: Village
let desk: ReturnType<typeof correctionDesk>
beforeAll(async () => {
  katsa = await village({ startsAt: '2026-08-01T06:00:00.000Z', policy: QUICK_CHASE })
  desk = correctionDesk(katsa)
})
afterAll(() => katsa.close())
afterEach(() => expectBooksInBalance(katsa.db))

const code = (error: unknown): unknown => (error as { cause?: { type?: string } }).cause?.type

/** A household with its bill for July, 464 rupees, of which so much is paid. */
async function billed(paidMinor = 0, wish: Parameters<typeof connectCustomer>[1] = {}) {
  const customer = await connectCustomer(katsa.db, wish)
  const bill = await billJuly(katsa.db, customer, { at: await katsa.now() })
  if (paidMinor > 0) await pay(customer, paidMinor)
  return { customer, ...bill }
}

async function pay({ accountId }: ConnectedCustomer, amountMinor: number): Promise<void> {
  const at = await katsa.now()
  await payInCash(katsa.db, { accountId, amountMinor, at, reference: `${accountId}-${amountMinor}-${at}` })
  await katsa.settle()
}

test('a credit note of 100 rupees is asked for by a CSA, approved by the cluster in-charge, and taken off its line (billing.md rule 13)', async () => {
  const { customer, chargeId, billNumber } = await billed()
  const id = await desk.ask(customer, { chargeId, amountMinor: 10_000, lines: [{ line: 2, amountMinor: 10_000 }] })
  expect(await desk.process(id)).toMatchObject({ stage: 'Approval', waitingFor: 'cluster-in-charge' })
  await desk.decide(id, approveCorrection, 'deepa')
  expect(await desk.process(id)).toMatchObject({ outcome: 'Corrected' })
  // 464 − 100
  expect(await desk.open(chargeId)).toBe(36_400)
  const [note] = await desk.notes(customer)
  expect(note).toMatchObject({
    kind: 'credit',
    amountMinor: 10_000,
    chargeId,
    madeBy: 'asha',
    approvedBy: 'deepa',
    source: `correction:${id}`,
  })
  expect(note?.lines).toEqual([{ line: 2, kind: 'energy', amountMinor: 10_000 }])
  expect(await desk.balance(receivable(customer.accountId))).toBe(-36_400)
  expect(await desk.noticeOf(customer, 'bill-corrected')).toMatchObject({
    billNumber,
    noteNumber: note?.number,
    direction: 'credit',
    amountMinor: 10_000,
    payableMinor: 36_400,
    creditMinor: 0,
  })
  expect(await desk.told({ requestId: id })).toEqual(['decision-needed deepa'])
  // The bill that was issued says what it always said.
  const bill = await katsa.db.selectFrom('bills').select('totalMinor').where('number', '=', billNumber).executeTakeFirstOrThrow()
  expect(bill.totalMinor).toBe(46_400)
})

test('a note beyond what is open gives back what was paid: it pays the next debt, and the rest is credit (billing.md rules 3, 13)', async () => {
  const { customer, chargeId } = await billed(46_400)
  const other = await withAccount(katsa.db, customer.accountId, (tx, account) =>
    issueCharge(
      tx,
      { account, asOf: '2026-08-01T06:00:00.000Z' },
      { kind: 'water', source: 'w-1', amountMinor: 6_000, dueOn: '2026-08-20' },
    ),
  )
  const id = await desk.ask(customer, { chargeId, amountMinor: 46_400, reason: 'billed-twice' })
  await desk.decide(id, approveCorrection, 'deepa')
  // All 464 taken back; 60 pay the water, 404 stay as credit for the next bill.
  expect(await desk.open(chargeId)).toBe(0)
  expect(await desk.open(other.chargeId)).toBe(0)
  expect(await desk.balance(`credit:${customer.accountId}`)).toBe(40_400)
  expect(await desk.noticeOf(customer, 'bill-corrected')).toMatchObject({ payableMinor: 0, creditMinor: 40_400 })
})

test('the amount says who decides: above 500 rupees the state, above 5,000 the head office, and never whoever asked', async () => {
  const { customer } = await billed()
  const large = await withAccount(katsa.db, customer.accountId, (tx, account) =>
    issueCharge(
      tx,
      { account, asOf: '2026-08-01T06:00:00.000Z' },
      { kind: 'opening', source: 'old', amountMinor: 900_000, dueOn: '2026-08-20' },
    ),
  )
  const state = await desk.ask(customer, { chargeId: large.chargeId, amountMinor: 50_100 })
  expect(await desk.process(state)).toMatchObject({ waitingFor: 'state-in-charge' })
  expect(await desk.told({ requestId: state })).toEqual(['decision-needed farid'])
  const head = await desk.ask(customer, { chargeId: large.chargeId, amountMinor: 500_100, requestedBy: 'deepa' })
  expect(await desk.process(head)).toMatchObject({ waitingFor: 'head-office' })
  const own = await desk.decide(head, approveCorrection, 'deepa').catch(code)
  expect(own).toBe('OWN_ENTRY')
  expect(await desk.process(head)).toMatchObject({ stage: 'Approval' })
  await desk.decide(head, rejectCorrection, 'geeta')
  await desk.decide(state, approveCorrection, 'farid')
  // 9,000 − 501
  expect(await desk.open(large.chargeId)).toBe(849_900)
})

test('a refused correction changes nothing, and whoever asked for it learns so', async () => {
  const { customer, chargeId } = await billed()
  const id = await desk.ask(customer, { chargeId, amountMinor: 10_000 })
  await desk.decide(id, rejectCorrection, 'deepa')
  expect(await desk.process(id)).toMatchObject({ outcome: 'Rejected' })
  expect(await desk.open(chargeId)).toBe(46_400)
  expect(await desk.notes(customer)).toEqual([])
  expect(await desk.told({ requestId: id })).toEqual(['decision-needed deepa', 'correction-not-made asha'])
})

test('only whoever asked takes a correction back, and what was taken back is not approved any more', async () => {
  const { customer, chargeId } = await billed()
  const id = await desk.ask(customer, { chargeId, amountMinor: 10_000 })
  expect(await desk.decide(id, withdrawCorrection, 'imran').catch(code)).toBe('NOT_PERMITTED')
  await desk.decide(id, withdrawCorrection, 'asha')
  expect(await desk.process(id)).toMatchObject({ outcome: 'Withdrawn' })
  expect(await desk.open(chargeId)).toBe(46_400)
  await expect(desk.decide(id, approveCorrection, 'deepa')).rejects.toThrow()
})

test('of two who decide at once the first stands, and one note is made', async () => {
  const { customer, chargeId } = await billed()
  const id = await desk.ask(customer, { chargeId, amountMinor: 10_000 })
  const run = katsa.temporal.client.workflow.getHandle(processIds.correction(id))
  const both = await Promise.allSettled([
    run.executeUpdate(approveCorrection, { args: [{ by: 'deepa' }] }),
    run.executeUpdate(approveCorrection, { args: [{ by: 'farid' }] }),
  ])
  await katsa.settle()
  expect(both.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected'])
  expect(await desk.notes(customer)).toHaveLength(1)
  expect(await desk.open(chargeId)).toBe(36_400)
})

test('a customer who pays while the note is decided gets back what it takes off', async () => {
  const { customer, chargeId } = await billed()
  const id = await desk.ask(customer, { chargeId, amountMinor: 10_000 })
  await pay(customer, 46_400)
  await desk.decide(id, approveCorrection, 'deepa')
  expect(await desk.open(chargeId)).toBe(0)
  expect(await desk.balance(`credit:${customer.accountId}`)).toBe(10_000)
})

test('two corrections that together are more than the line: the second is overtaken (billing.md rule 3)', async () => {
  const { customer, chargeId } = await billed()
  const lines = [{ line: 2, amountMinor: 30_000 }]
  const first = await desk.ask(customer, { chargeId, amountMinor: 30_000, lines })
  const second = await desk.ask(customer, { chargeId, amountMinor: 30_000, lines })
  await desk.decide(first, approveCorrection, 'deepa')
  await desk.decide(second, approveCorrection, 'deepa')
  // 414 on the line: 300 once, 114 left.
  expect(await desk.process(second)).toMatchObject({ outcome: 'Overtaken' })
  expect(await desk.open(chargeId)).toBe(16_400)
  expect(await desk.told({ requestId: second })).toContain('correction-not-made asha')
})

test('a customer who leaves meanwhile has the note too: what is credited is theirs', async () => {
  const { customer, chargeId } = await billed(46_400)
  const id = await desk.ask(customer, { chargeId, amountMinor: 10_000 })
  await withAccount(katsa.db, customer.accountId, async (tx, account) => {
    const { customerId } = customer
    const asked = { reason: 'own-wish', leavingOn: '2026-08-02', refundMethod: 'cash', requestedBy: 'asha' } as const
    await openClosure(tx, { ...account, customerId }, { ...asked, requestedAt: await katsa.now() })
  })
  await katsa.settle()
  await desk.decide(id, approveCorrection, 'deepa')
  expect(await desk.process(id)).toMatchObject({ outcome: 'Corrected' })
  expect(await desk.balance(`credit:${customer.accountId}`)).toBe(10_000)
})

test('a debit note is a debt of its own, due in nine days, that names the line it raises (billing.md rule 13)', async () => {
  const { customer, chargeId } = await billed(46_400)
  const id = await desk.ask(customer, { chargeId, kind: 'debit', amountMinor: 9_000, lines: [{ line: 2, amountMinor: 9_000 }] })
  await desk.decide(id, approveCorrection, 'deepa')
  const [note] = await desk.notes(customer)
  const raised = await findCharge(katsa.db, customer.accountId, { kind: 'electricity', source: `note:${note?.number}` })
  expect(raised).toMatchObject({ chargeId: note?.raises, amountMinor: 9_000, openMinor: 9_000, dueOn: '2026-08-10' })
  expect(note?.lines).toEqual([{ line: 2, kind: 'energy', amountMinor: 9_000 }])
  // What was settled stays settled: nobody is chased again for the old bill.
  expect(await desk.open(chargeId)).toBe(0)
  expect(await katsa.process(processIds.collection(customer.customerId))).toMatchObject({ outcome: null, stage: 'Chasing' })
  expect(await desk.noticeOf(customer, 'bill-corrected')).toMatchObject({
    direction: 'debit',
    dueOn: '2026-08-10',
    payableMinor: 9_000,
  })
  await pay(customer, 9_000)
  expect(await desk.balance(receivable(customer.accountId))).toBe(0)
})

test('an approval is given to another person, and people are reminded of it', async () => {
  const { customer, chargeId } = await billed()
  const id = await desk.ask(customer, { chargeId, amountMinor: 10_000 })
  const run = katsa.temporal.client.workflow.getHandle(processIds.correction(id))
  await run.executeUpdate(reassign, { args: [{ by: 'deepa', detail: { to: 'farid' } }] })
  await katsa.settle()
  const barred = await run.executeUpdate(reassign, { args: [{ by: 'deepa', detail: { to: 'asha' } }] }).catch(code)
  expect(barred).toBe('OWN_ENTRY')
  await katsa.advance('P1DT1H')
  expect(await desk.told({ requestId: id })).toEqual([
    'decision-needed deepa',
    'process-assigned farid',
    'process-reminder farid',
  ])
  await desk.decide(id, rejectCorrection, 'farid')
})

test('a debt that head office gives up is owed no more, and its chase ends; what was paid stays paid (billing.md rule 29)', async () => {
  const owes = debtors(katsa)
  const customer = await owes.owing({ openingDues: { amountMinor: 45_700, dueOn: '2026-07-20' } })
  await pay(customer, 15_700)
  const charge = await findCharge(katsa.db, customer.accountId, { kind: 'opening', source: 'import' })
  const id = await desk.ask(customer, {
    chargeId: charge?.chargeId ?? 0,
    kind: 'write-off',
    amountMinor: 30_000,
    reason: 'uncollectable',
    requestedBy: 'farid',
  })
  expect(await desk.process(id)).toMatchObject({ waitingFor: 'head-office' })
  await pay(customer, 5_000)
  await desk.decide(id, approveCorrection, 'geeta')
  // 457 − 157 − 50 = 250 given up, less than what was asked for.
  const [note] = await desk.notes(customer)
  expect(note).toMatchObject({ kind: 'write-off', amountMinor: 25_000, lines: [] })
  expect(await desk.balance(receivable(customer.accountId))).toBe(0)
  expect(await desk.balance(`written-off:${PLANT}`)).toBe(-25_000)
  expect(await owes.collection(customer)).toMatchObject({ outcome: 'Settled' })
  expect(await desk.told({ accountId: customer.accountId })).not.toContain('bill-corrected')
})

test('who was cut for what was not owed is lit again by the note, at once and without the fee', async () => {
  const owes = debtors(katsa)
  const customer = await owes.owing({ openingDues: { amountMinor: 45_700, dueOn: '2026-07-31' } })
  await katsa.advance('P12D')
  expect((await openHolds(katsa.db, customer.customerId)).map(({ reason }) => reason)).toEqual(['unpaid'])
  const charge = await findCharge(katsa.db, customer.accountId, { kind: 'opening', source: 'import' })
  const id = await desk.ask(customer, { chargeId: charge?.chargeId ?? 0, amountMinor: 45_700, reason: 'billed-twice' })
  await desk.decide(id, approveCorrection, 'deepa')
  expect(await openHolds(katsa.db, customer.customerId)).toEqual([])
  const fees = await katsa.db
    .selectFrom('charges')
    .select('chargeId')
    .where('accountId', '=', customer.accountId)
    .where('kind', '=', 'fee')
    .execute()
  expect(fees).toEqual([])
  expect(await owes.reportedRelay(customer)).toBe('closed')
  expect(await desk.balance(depositHeld(customer.accountId))).toBe(50_000)
})

test('notes of a plant are numbered without a gap (billing.md rule 7)', async () => {
  const rows = await katsa.db.selectFrom('notes').select('number').orderBy('number').execute()
  expect(rows.map(({ number }) => number)).toEqual(rows.map((_, index) => `${PLANT}-N-${String(index + 1).padStart(6, '0')}`))
})
