import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals'
import { reportBounce } from '../../db/queries/bounce-reports.ts'
import { findNotice } from '../../db/queries/payment-notices.ts'
import { readReceipt } from '../../db/queries/receipts.ts'
import { openHolds, placeHold } from '../../db/queries/supply.ts'
import { inTransaction } from '../../db/queries/accounts.ts'
import { processIds } from '../../domain/process-ids.ts'
import { confirmBounce, declareFailed, declarePosted, dismissBounce, matchPayment } from '../../workflows/receive-payment.ts'
import { sweepPaymentNotices } from '../../workers/relay/payment-notices.ts'
import { connectCustomer } from '../support/connections.ts'
import { electricity, expectBooksInBalance, hear, held, newApplicant, openOf, owe, paymentOf } from '../support/payers.ts'
import { PLANT, type Village, village } from '../support/village.ts'

let katsa: Village
beforeAll(async () => {
  katsa = await village()
})
afterAll(() => katsa.close())
afterEach(() => expectBooksInBalance(katsa.db))

const now = () => katsa.now()
const handle = (reference: string) => katsa.temporal.client.workflow.getHandle(processIds.payment('sandbox-wallet', reference))
const processOf = (reference: string) => katsa.process(processIds.payment('sandbox-wallet', reference))
const noticesTo = (accountId: string) =>
  katsa.db
    .selectFrom('notifications')
    .select(['kind', 'params'])
    .where('accountId', '=', accountId)
    .orderBy('notificationId')
    .execute()

const toldOf = (login: string, noticeId: number) =>
  katsa.db
    .selectFrom('notifications')
    .select(['params', 'body'])
    .where('staffLogin', '=', login)
    .where('kind', '=', 'payment-set-aside')
    .where('dedupeKey', '=', `payment-set-aside:${noticeId}:${login}`)
    .execute()

/** Something is said of a payment, and everything it brings about has happened. */
async function say(heard: Omit<Parameters<typeof hear>[1], 'asOf'>): Promise<number> {
  const noticeId = await hear(katsa.db, { ...heard, asOf: await now() })
  await katsa.settle()
  return noticeId
}

async function billed(amountMinor: number, dueOn = '2026-07-10') {
  const customer = await connectCustomer(katsa.db)
  const chargeId = await owe(katsa.db, customer.accountId, {
    ...electricity('2026-06-01', amountMinor, dueOn),
    asOf: await now(),
  })
  return { ...customer, chargeId }
}

test('a bill paid in full by wallet is settled, receipted and told in one go', async () => {
  const { accountId, customerId, chargeId } = await billed(46_400)
  await say({ reference: 'full', amountMinor: 46_400, payer: customerId })
  expect(await openOf(katsa.db, chargeId)).toEqual([0])
  const payment = await paymentOf(katsa.db, 'full')
  expect(payment).toMatchObject({
    state: 'posted',
    accountId,
    valueDate: '2026-07-01',
    paidInto: 'wallet:sandbox-wallet',
    mismatches: [],
  })
  expect(await processOf('full')).toMatchObject({ outcome: 'Posted' })
  const { receipt } = (await readReceipt(katsa.db, payment.receiptNumber ?? '')) ?? {}
  expect(receipt).toMatchObject({
    series: 'BHKATS-R/2026-27',
    customerId,
    amountMinor: 46_400,
    paidFor: [{ kind: 'electricity', amountMinor: 46_400 }],
    remainingMinor: 0,
    creditMinor: 0,
  })
  expect(await noticesTo(accountId)).toMatchObject([
    { kind: 'payment-received', params: { receiptNumber: payment.receiptNumber, remainingMinor: 0 } },
  ])
})

test('part by part is fine: each part has its receipt, the next in number, and says what is left', async () => {
  const { customerId, chargeId } = await billed(46_400)
  await say({ reference: 'part-1', amountMinor: 10_000, payer: customerId })
  await say({ reference: 'part-2', amountMinor: 36_400, payer: customerId.toLowerCase() })
  // 464 − 100 = 364; 364 − 364 = 0
  expect(await openOf(katsa.db, chargeId)).toEqual([0])
  const [first, second] = [await paymentOf(katsa.db, 'part-1'), await paymentOf(katsa.db, 'part-2')]
  const numbers = [first, second].map(({ receiptNumber }) => Number(receiptNumber?.slice(-6)))
  expect(numbers).toEqual([2, 3])
  expect((await readReceipt(katsa.db, first.receiptNumber ?? ''))?.receipt.remainingMinor).toBe(36_400)
})

test('what is paid too much is credit, and the next bill uses it (billing.md rule 5)', async () => {
  const { accountId, customerId, chargeId } = await billed(46_400)
  await say({ reference: 'over', amountMinor: 50_000, payer: customerId })
  // 500 − 464 = 36 of credit
  expect(await openOf(katsa.db, chargeId)).toEqual([0])
  expect(await held(katsa.db, `credit:${accountId}`)).toBe(3_600)
  const next = await owe(katsa.db, accountId, { ...electricity('2026-07-01', 20_000, '2026-08-10'), asOf: await now() })
  // 200 − 36 = 164
  expect(await openOf(katsa.db, next)).toEqual([16_400])
  expect(await held(katsa.db, `credit:${accountId}`)).toBe(0)
})

test('the same notice ten times over is one payment and one receipt (billing.md rules 4 and 16)', async () => {
  const { accountId, customerId } = await billed(46_400)
  const heard = { reference: 'again', amountMinor: 46_400, payer: customerId, asOf: await now() }
  const noticeIds = await Promise.all(Array.from({ length: 10 }, () => hear(katsa.db, heard)))
  await katsa.settle()
  expect(new Set(noticeIds).size).toBe(1)
  const { receiptNumber } = await paymentOf(katsa.db, 'again')
  await say(heard)
  expect((await paymentOf(katsa.db, 'again')).receiptNumber).toBe(receiptNumber)
  expect(await held(katsa.db, `credit:${accountId}`)).toBe(0)
  expect(await noticesTo(accountId)).toHaveLength(1)
})

test('a bill paid twice, under two references, is paid once and the rest is credit', async () => {
  const { accountId, customerId, chargeId } = await billed(46_400)
  await say({ reference: 'twice-1', amountMinor: 46_400, payer: customerId })
  await say({ reference: 'twice-2', amountMinor: 46_400, payer: customerId })
  expect(await openOf(katsa.db, chargeId)).toEqual([0])
  expect(await held(katsa.db, `credit:${accountId}`)).toBe(46_400)
})

test.each([
  ['amount', { amountMinor: 46_500 }, 'another-amount'],
  ['currency', { currency: 'NPR' }, 'another-currency'],
  ['payer', { payer: 'BHKATS-A9999' }, 'another-payer'],
  ['end', { status: 'failed' as const }, 'failed-after-posting'],
])('the same reference with another %s is set aside where people see it, and the first stands', async (what, change, reason) => {
  const { accountId, customerId, chargeId } = await billed(46_400)
  const heard = { reference: `conflict-${what}`, amountMinor: 46_400, payer: customerId }
  await say(heard)
  const noticeId = await say({ ...heard, ...change })
  expect(await findNotice(katsa.db, noticeId)).toMatchObject({ state: 'quarantined', quarantineReason: reason })
  expect(await openOf(katsa.db, chargeId)).toEqual([0])
  expect(await held(katsa.db, `credit:${accountId}`)).toBe(0)
  expect(await processOf(heard.reference)).toMatchObject({ outcome: 'Posted' })
  expect(await toldOf('deepa', noticeId)).toMatchObject([
    { body: expect.stringContaining(`SANDBOX-WALLET says of payment ${heard.reference} (BHKATS) was set aside`) },
  ])
})

test('a wallet that promised 471 and took 472 has 472 posted, and the customer owes nothing', async () => {
  const { accountId, customerId, chargeId } = await billed(47_200)
  await say({ reference: 'promised-silent', status: 'pending', amountMinor: 47_100, payer: customerId })
  expect(await openOf(katsa.db, chargeId)).toEqual([47_200])
  const noticeId = await say({ reference: 'promised-silent', amountMinor: 47_200, payer: customerId })
  expect(await findNotice(katsa.db, noticeId)).toMatchObject({ state: 'done' })
  const payment = await paymentOf(katsa.db, 'promised-silent')
  expect(payment).toMatchObject({ state: 'posted', amountMinor: 47_200 })
  // 472 − 472 = 0
  expect(await openOf(katsa.db, chargeId)).toEqual([0])
  expect(await held(katsa.db, `credit:${accountId}`)).toBe(0)
  expect(await noticesTo(accountId)).toMatchObject([{ kind: 'payment-received', params: { amountMinor: 47_200 } }])
  // What came back afterwards is what came in.
  await say({ reference: 'promised-silent', amountMinor: 47_200, payer: customerId, status: 'bounced' })
  expect(await openOf(katsa.db, chargeId)).toEqual([47_200])
  expect(await processOf('promised-silent')).toMatchObject({ outcome: 'Bounced' })
})

test('money that was said to have failed and came in all the same, of another amount, counts as it came', async () => {
  const { customerId, chargeId } = await billed(47_200)
  await say({ reference: 'late-silent', status: 'failed', amountMinor: 47_100, payer: customerId })
  await say({ reference: 'late-silent', amountMinor: 47_000, payer: customerId })
  // 472 − 470 = 2
  expect(await openOf(katsa.db, chargeId)).toEqual([200])
})

test('a promise that only changes its amount is set aside, the cluster in-charge is told at once and the payment is still waited for', async () => {
  const { customerId, chargeId } = await billed(47_200)
  await say({ reference: 'wavers-silent', status: 'pending', amountMinor: 47_100, payer: customerId })
  const noticeId = await say({ reference: 'wavers-silent', status: 'pending', amountMinor: 47_200, payer: customerId })
  expect(await findNotice(katsa.db, noticeId)).toMatchObject({ state: 'quarantined', quarantineReason: 'another-amount' })
  expect(await toldOf('deepa', noticeId)).toHaveLength(1)
  expect(await processOf('wavers-silent')).toMatchObject({ stage: 'Unconfirmed', outcome: null })
  await say({ reference: 'wavers-silent', amountMinor: 47_200, payer: customerId })
  expect(await openOf(katsa.db, chargeId)).toEqual([0])
})

test('money in a currency the account does not hold is set aside and posts nothing', async () => {
  const { accountId, customerId } = await billed(46_400)
  const noticeId = await say({ reference: 'dollars', amountMinor: 46_400, currency: 'USD', payer: customerId })
  expect(await findNotice(katsa.db, noticeId)).toMatchObject({ state: 'quarantined', quarantineReason: 'another-currency' })
  expect(await processOf('dollars')).toMatchObject({ outcome: 'Quarantined' })
  expect(await held(katsa.db, `credit:${accountId}`)).toBe(0)
})

test('an applicant pays deposit and activation by the application’s short code, in parts', async () => {
  const asOf = await now()
  const { accountId } = await newApplicant(katsa.db, asOf)
  const deposit = await owe(katsa.db, accountId, {
    kind: 'deposit',
    source: accountId,
    amountMinor: 50_000,
    dueOn: '2026-07-31',
    asOf,
  })
  const activation = await owe(katsa.db, accountId, {
    kind: 'activation',
    source: accountId,
    amountMinor: 30_000,
    dueOn: '2026-07-31',
    asOf,
  })
  await say({ reference: 'join-1', amountMinor: 60_000, payer: accountId.replace('-', ' ') })
  // Deposit before activation: 600 − 500 = 100, 300 − 100 = 200 are missing.
  expect(await openOf(katsa.db, deposit, activation)).toEqual([0, 20_000])
  expect(await held(katsa.db, `deposit:${accountId}`)).toBe(50_000)
  expect(await held(katsa.db, `activation-held:${accountId}`)).toBe(10_000)
  await say({ reference: 'join-2', amountMinor: 20_000, payer: accountId })
  expect(await openOf(katsa.db, deposit, activation)).toEqual([0, 0])
  expect(await noticesTo(accountId)).toMatchObject([
    { kind: 'part-payment-received', params: { reference: accountId, remainingMinor: 20_000, payBy: '2026-07-31' } },
    { kind: 'payment-received', params: { remainingMinor: 0 } },
  ])
})

test('money of nobody known waits in suspense until someone says whose it is (billing.md rule 5)', async () => {
  const { accountId, chargeId } = await billed(46_400)
  await say({ reference: 'whose', amountMinor: 46_400, payer: 'Ramesh ka beta' })
  expect(await paymentOf(katsa.db, 'whose')).toMatchObject({ state: 'suspense', accountId: null, receiptNumber: null })
  expect(await processOf('whose')).toMatchObject({ stage: 'Suspense', waitingFor: 'cluster-in-charge' })
  expect(await held(katsa.db, `suspense:${PLANT}`)).toBe(46_400)
  await katsa.advance('P3D')
  await handle('whose').executeUpdate(matchPayment, { args: [{ by: 'deepa', detail: { accountId } }] })
  await katsa.settle()
  expect(await held(katsa.db, `suspense:${PLANT}`)).toBe(0)
  expect(await openOf(katsa.db, chargeId)).toEqual([0])
  // Received on the 1st, matched on the 4th: both days are kept.
  const payment = await paymentOf(katsa.db, 'whose')
  expect(payment).toMatchObject({ state: 'posted', accountId, valueDate: '2026-07-01' })
  expect(payment.postedAt?.slice(0, 10)).toBe('2026-07-04')
  expect(payment.receiptNumber).toMatch(/^BHKATS-R\/2026-27\/\d{6}$/)
  expect(await processOf('whose')).toMatchObject({ outcome: 'Posted' })
  await expect(handle('whose').executeUpdate(matchPayment, { args: [{ by: 'farid', detail: { accountId } }] })).rejects.toThrow()
})

test('money for an account that is closed is kept as credit and stands out', async () => {
  const { accountId, customerId } = await connectCustomer(katsa.db)
  await katsa.db
    .updateTable('accounts')
    .set({ closedAt: await now() })
    .where('accountId', '=', accountId)
    .execute()
  await say({ reference: 'closed', amountMinor: 10_000, payer: customerId })
  expect(await paymentOf(katsa.db, 'closed')).toMatchObject({ state: 'posted', mismatches: ['account-closed'] })
  expect(await held(katsa.db, `credit:${accountId}`)).toBe(10_000)
})

test('who names a newer bill has that one paid first', async () => {
  const { accountId, customerId, chargeId: old } = await billed(46_400)
  const newer = await owe(katsa.db, accountId, { ...electricity('2026-07-01', 20_000, '2026-08-10'), asOf: await now() })
  await say({ reference: 'named', amountMinor: 25_000, payer: customerId, chargeIds: [newer] })
  // 250 − 200 for the named one = 50; 464 − 50 = 414
  expect(await openOf(katsa.db, old, newer)).toEqual([41_400, 0])
  expect(await paymentOf(katsa.db, 'named')).toMatchObject({ namedCharges: [newer], mismatches: [] })
})

test('who names somebody else’s bill pays his own, and the mistake is noted', async () => {
  const mine = await billed(46_400)
  const other = await billed(30_000)
  await say({
    reference: 'wrong-bill',
    amountMinor: 46_400,
    payer: mine.customerId,
    chargeIds: [other.chargeId],
    billNumber: 'no such bill',
  })
  expect(await openOf(katsa.db, mine.chargeId, other.chargeId)).toEqual([0, 30_000])
  expect((await paymentOf(katsa.db, 'wrong-bill')).mismatches).toEqual(['bill-of-another-account', 'bill-unknown'])
})

test('a pending payment posts nothing; the provider, asked in time, confirms it', async () => {
  const { accountId, customerId, chargeId } = await billed(46_400)
  await say({ reference: 'slow', status: 'pending', amountMinor: 46_400, payer: customerId })
  expect(await paymentOf(katsa.db, 'slow')).toMatchObject({ state: 'pending', accountId })
  expect(await processOf('slow')).toMatchObject({ stage: 'Unconfirmed', waitingFor: 'clock' })
  expect(await openOf(katsa.db, chargeId)).toEqual([46_400])
  await katsa.advance('PT12H')
  expect(await paymentOf(katsa.db, 'slow')).toMatchObject({ state: 'posted' })
  expect(await openOf(katsa.db, chargeId)).toEqual([0])
})

test('a provider that fails what it had promised leaves the debt as it was, and the customer is told', async () => {
  const { accountId, customerId, chargeId } = await billed(46_400)
  await say({ reference: 'bad-fails', status: 'pending', amountMinor: 46_400, payer: customerId })
  await katsa.advance('PT12H')
  expect(await paymentOf(katsa.db, 'bad-fails')).toMatchObject({ state: 'failed', receiptNumber: null })
  expect(await openOf(katsa.db, chargeId)).toEqual([46_400])
  expect(await noticesTo(accountId)).toMatchObject([
    { kind: 'payment-not-confirmed', params: { reference: customerId, amountMinor: 46_400 } },
  ])
})

test('a provider that knows nothing is asked for days, then people are waited for, and its late word still counts', async () => {
  const { customerId, chargeId } = await billed(46_400)
  await say({ reference: 'no-word-lost', status: 'pending', amountMinor: 46_400, payer: customerId })
  await katsa.advance('P3D')
  expect(await paymentOf(katsa.db, 'no-word-lost')).toMatchObject({ state: 'unknown' })
  expect(await processOf('no-word-lost')).toMatchObject({ stage: 'Unconfirmed', waitingFor: 'cluster-in-charge' })
  expect(await openOf(katsa.db, chargeId)).toEqual([46_400])
  await say({ reference: 'no-word-lost', status: 'confirmed', amountMinor: 46_400, payer: customerId })
  expect(await openOf(katsa.db, chargeId)).toEqual([0])
  expect(await processOf('no-word-lost')).toMatchObject({ outcome: 'Posted' })
})

test('a provider that does not answer is not taken to have said no', async () => {
  const { customerId } = await billed(46_400)
  await say({ reference: 'dead-silent', status: 'unknown', amountMinor: 46_400, payer: customerId })
  await katsa.advance('P1D')
  expect(await paymentOf(katsa.db, 'dead-silent')).toMatchObject({ state: 'unknown' })
  await say({ reference: 'dead-silent', status: 'failed', amountMinor: 46_400, payer: customerId })
  expect(await processOf('dead-silent')).toMatchObject({ outcome: 'Failed' })
})

test('a payment nobody can resolve is asked after for a week, then head office decides with a proof (billing.md rule 16)', async () => {
  const { customerId, chargeId } = await billed(46_400)
  const gone = await billed(46_400)
  await say({ reference: 'week-silent', status: 'unknown', amountMinor: 46_400, payer: customerId })
  await say({ reference: 'gone-silent', status: 'unknown', amountMinor: 46_400, payer: gone.customerId })
  const proved = { by: 'geeta', detail: { proof: 'UTR-1' } }
  await katsa.advance('P3D')
  await expect(handle('week-silent').executeUpdate(declarePosted, { args: [proved] })).rejects.toThrow()
  await katsa.advance('P5D')
  expect(await processOf('week-silent')).toMatchObject({ stage: 'Unconfirmed', waitingFor: 'head-office' })
  await expect(handle('week-silent').executeUpdate(declarePosted, { args: [{ by: 'geeta' }] })).rejects.toThrow()
  await handle('week-silent').executeUpdate(declarePosted, { args: [proved] })
  await handle('gone-silent').executeUpdate(declareFailed, { args: [proved] })
  await katsa.settle()
  expect(await openOf(katsa.db, chargeId, gone.chargeId)).toEqual([0, 46_400])
  expect(await processOf('week-silent')).toMatchObject({ outcome: 'Posted' })
  expect(await processOf('gone-silent')).toMatchObject({ outcome: 'Failed' })
})

test('a cheque that staff report as returned takes nothing back until head office confirms it', async () => {
  const { customerId, chargeId } = await billed(46_400)
  const report = (reference: string) =>
    inTransaction(katsa.db, async (tx) => {
      const payment = await paymentOf(katsa.db, reference)
      const asOf = await now()
      return reportBounce(tx, payment, { reason: 'bounced', proof: 'MEMO-7', reportedBy: 'asha', asOf })
    })
  await say({ reference: 'returned', amountMinor: 46_400, payer: customerId, channel: 'cheque' })
  await report('returned')
  await expect(report('returned')).rejects.toMatchObject({ code: 'ALREADY_EXISTS' })
  await katsa.settle()
  expect(await processOf('returned')).toMatchObject({ stage: 'BounceReported', waitingFor: 'head-office' })
  expect(await openOf(katsa.db, chargeId)).toEqual([0])
  await handle('returned').executeUpdate(dismissBounce, { args: [{ by: 'geeta' }] })
  await katsa.settle()
  expect(await processOf('returned')).toMatchObject({ outcome: 'Posted' })
  await report('returned')
  await katsa.settle()
  await handle('returned').executeUpdate(confirmBounce, { args: [{ by: 'geeta' }] })
  await katsa.settle()
  expect(await openOf(katsa.db, chargeId)).toEqual([46_400])
  expect(await processOf('returned')).toMatchObject({ outcome: 'Bounced' })
})

test('what failed and then went through after all is money all the same', async () => {
  const { customerId, chargeId } = await billed(46_400)
  await say({ reference: 'after-all', status: 'failed', amountMinor: 46_400, payer: customerId })
  expect(await processOf('after-all')).toMatchObject({ outcome: 'Failed' })
  await say({ reference: 'after-all', amountMinor: 46_400, payer: customerId })
  expect(await openOf(katsa.db, chargeId)).toEqual([0])
  expect(await processOf('after-all')).toMatchObject({ outcome: 'Posted' })
})

test('a late "pending" after the confirmation changes nothing', async () => {
  const { customerId, chargeId } = await billed(46_400)
  await say({ reference: 'late', amountMinor: 46_400, payer: customerId })
  await say({ reference: 'late', status: 'pending', amountMinor: 46_400, payer: customerId })
  expect(await paymentOf(katsa.db, 'late')).toMatchObject({ state: 'posted' })
  expect(await openOf(katsa.db, chargeId)).toEqual([0])
})

test('paying what is overdue lifts the hold in the same transaction', async () => {
  const { accountId, customerId } = await billed(46_400, '2026-06-10')
  const asOf = await now()
  await inTransaction(katsa.db, (tx) =>
    placeHold(tx, { customerId, reason: 'unpaid', owner: processIds.collection(customerId) }, asOf),
  )
  await katsa.settle()
  await say({ reference: 'light', amountMinor: 46_400, payer: accountId })
  expect(await openHolds(katsa.db, customerId)).toEqual([])
})

test('a notice whose start was lost is found and taken in by the sweep', async () => {
  const { customerId, chargeId } = await billed(46_400)
  await hear(katsa.db, { reference: 'lost-start', amountMinor: 46_400, payer: customerId, asOf: await now() })
  expect(await sweepPaymentNotices({ db: katsa.db }, 0)).toBe(0) // its start is on its way
  await katsa.db.deleteFrom('outbox').where('workflowId', '=', processIds.payment('sandbox-wallet', 'lost-start')).execute()
  await katsa.settle()
  expect(await openOf(katsa.db, chargeId)).toEqual([46_400])
  expect(await sweepPaymentNotices({ db: katsa.db }, 0)).toBe(1)
  await katsa.settle()
  expect(await openOf(katsa.db, chargeId)).toEqual([0])
  expect(await sweepPaymentNotices({ db: katsa.db }, 0)).toBe(0)
})

test('receipts have no gap: as many as payments in the books', async () => {
  const rows = await katsa.db.selectFrom('payments').select('receiptNumber').where('state', 'in', ['posted', 'bounced']).execute()
  const numbers = rows.map(({ receiptNumber }) => Number(receiptNumber?.slice(-6))).toSorted((a, b) => a - b)
  expect(numbers).toEqual(numbers.map((_, index) => index + 1))
})

test('no history tells what a payer wrote', async () => {
  const told = textsIn(await handle('whose').fetchHistory()).join()
  expect(told).toContain('"reference":"whose"')
  expect(told).not.toContain('Ramesh')
})

/** Every payload and text in a history. */
function textsIn(part: unknown): string[] {
  if (typeof part === 'string') return [part]
  if (part instanceof Uint8Array) return [Buffer.from(part).toString()]
  return typeof part === 'object' && part !== null ? Object.values(part).flatMap(textsIn) : []
}
