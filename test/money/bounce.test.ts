import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals'
import { createPaymentActivities } from '../../activities/payments.ts'
import type { Db } from '../../db/client.ts'
import { withAccount } from '../../db/queries/accounts.ts'
import { drawDeposit } from '../../db/queries/deposits.ts'
import { post } from '../../db/queries/ledger.ts'
import { findNotice } from '../../db/queries/payment-notices.ts'
import { readReceipt } from '../../db/queries/receipts.ts'
import { bank, postPrepaidEarned, postRefunded } from '../../domain/ledger.ts'
import { KATSA_POLICY_V1 } from '../../domain/policy.ts'
import { ASOF } from '../support/books.ts'
import { connectCustomer } from '../support/connections.ts'
import { electricity, expectBooksInBalance, hear, held, newApplicant, openOf, owe, paymentOf } from '../support/payers.ts'
import { freshDatabase, type TestDatabase } from '../support/postgres.ts'
import { PLANT, seedPlant, ZONE } from '../support/village.ts'

let database: TestDatabase
let db: Db
beforeAll(async () => {
  database = await freshDatabase()
  db = database.db
  await seedPlant(db, { wallFrom: ASOF, startsAt: ASOF, policy: KATSA_POLICY_V1 })
})
afterAll(() => database.close())
afterEach(() => expectBooksInBalance(db))

const CHEQUE = { provider: 'village-bank', channel: 'cheque', asOf: ASOF } as const
const tell = async (heard: Omit<Parameters<typeof hear>[1], 'asOf'>): Promise<number> => {
  const noticeId = await hear(db, { ...CHEQUE, ...heard })
  await createPaymentActivities({ db }).takeInNotice({ provider: CHEQUE.provider, reference: heard.reference, asOf: ASOF })
  return noticeId
}
const cheque = (reference: string) => paymentOf(db, reference, CHEQUE.provider)
const debtsOf = (accountId: string) =>
  db
    .selectFrom('charges')
    .select(['kind', 'source', 'amountMinor', 'dueOn', 'chargeId'])
    .where('accountId', '=', accountId)
    .where('kind', '=', 'bounced')
    .execute()
const toldOf = (accountId: string) =>
  db.selectFrom('notifications').select(['kind', 'params']).where('accountId', '=', accountId).orderBy('notificationId').execute()

test('a cheque that bounces leaves the bill as open as before, keeps its receipt, and is told', async () => {
  const { accountId, customerId } = await connectCustomer(db)
  const bill = await owe(db, accountId, { ...electricity('2026-06-01', 46_400, '2026-07-10'), asOf: ASOF })
  const heard = { reference: 'c-1', amountMinor: 46_400, payer: customerId }
  await tell(heard)
  expect(await openOf(db, bill)).toEqual([0])
  const { receiptNumber } = await cheque('c-1')

  await tell({ ...heard, status: 'bounced' })
  expect(await openOf(db, bill)).toEqual([46_400])
  expect(await held(db, `credit:${accountId}`)).toBe(0)
  expect(await held(db, `bank:${PLANT}`)).toBe(0)
  expect(await cheque('c-1')).toMatchObject({ state: 'bounced', receiptNumber, bouncedAt: ASOF, bounceReason: 'bounced' })
  // The receipt says what it said, under its number, and that it came back (billing.md rule 7).
  expect((await readReceipt(db, receiptNumber ?? ''))?.receipt).toMatchObject({
    amountMinor: 46_400,
    paidFor: [{ kind: 'electricity', amountMinor: 46_400 }],
    remainingMinor: 0,
    bouncedAt: ASOF,
  })
  expect(await debtsOf(accountId)).toEqual([])
  expect((await toldOf(accountId)).at(-1)).toMatchObject({
    kind: 'payment-reversed',
    params: { receiptNumber, amountMinor: 46_400, remainingMinor: 46_400 },
  })
  const started = await db.selectFrom('outbox').select('workflowId').where('kind', '=', 'start').execute()
  expect(started).toContainEqual({ workflowId: `collection:${customerId}` })

  // Told again, or confirmed late: once is enough.
  await tell({ ...heard, status: 'charged-back' })
  await tell({ ...heard, status: 'failed' })
  expect(await openOf(db, bill)).toEqual([46_400])
  expect(await held(db, `bank:${PLANT}`)).toBe(0)
})

test('the surplus that a later bill used comes off that bill; what others paid stays paid', async () => {
  const { accountId, customerId } = await connectCustomer(db)
  const june = await owe(db, accountId, { ...electricity('2026-06-01', 46_400, '2026-07-10'), asOf: ASOF })
  await tell({ reference: 'c-2', amountMinor: 50_000, payer: customerId })
  const july = await owe(db, accountId, { ...electricity('2026-07-01', 20_000, '2026-08-10'), asOf: ASOF })
  // 500 − 464 = 36 of credit; 200 − 36 = 164, which another payment settles.
  await tell({ reference: 'c-3', amountMinor: 16_400, payer: customerId })
  expect(await openOf(db, june, july)).toEqual([0, 0])
  await tell({ reference: 'c-2', amountMinor: 50_000, payer: customerId, status: 'bounced' })
  // June is open again, of July the 36.
  expect(await openOf(db, june, july)).toEqual([46_400, 3_600])
  expect(await held(db, `credit:${accountId}`)).toBe(0)
  expect(await debtsOf(accountId)).toEqual([])
})

test('money that was given back in the meantime is owed as a debt of its own', async () => {
  const { accountId, customerId } = await connectCustomer(db)
  await tell({ reference: 'c-4', amountMinor: 50_000, payer: customerId })
  await withAccount(db, accountId, (tx, account) =>
    post(tx, {
      eventKey: `refund:test:${accountId}`,
      ...account,
      businessAt: ASOF,
      postings: postRefunded(account, { from: bank(PLANT), amountMinor: 40_000 }),
    }),
  )
  await tell({ reference: 'c-4', amountMinor: 50_000, payer: customerId, status: 'bounced' })
  // 100 of credit were left; 400 are missing. Due nine days after: 15 + 9 = 24 July.
  expect(await debtsOf(accountId)).toMatchObject([{ amountMinor: 40_000, dueOn: '2026-07-24' }])
  expect(await held(db, `credit:${accountId}`)).toBe(0)
  expect(-(await held(db, `receivable:${accountId}`))).toBe(40_000)
  expect((await toldOf(accountId)).at(-1)).toMatchObject({ params: { remainingMinor: 40_000 } })
})

test('an advance that was earned stays settled, and its money is a debt; one still to come is asked for again', async () => {
  const { accountId, customerId } = await connectCustomer(db, { packageCode: 'A1.1' })
  const advance = (period: string) =>
    ({ kind: 'electricity', mode: 'prepaid', source: period, amountMinor: 16_000, dueOn: period, asOf: ASOF }) as const
  const july = await owe(db, accountId, advance('2026-07-01'))
  await tell({ reference: 'c-5', amountMinor: 16_000, payer: customerId })
  await withAccount(db, accountId, (tx, account) =>
    post(tx, {
      eventKey: `earned:${july}:16000`,
      ...account,
      businessAt: ASOF,
      postings: postPrepaidEarned(account, { amountMinor: 16_000 }),
    }),
  )
  const august = await owe(db, accountId, advance('2026-08-01'))
  await tell({ reference: 'c-6', amountMinor: 16_000, payer: customerId })
  await tell({ reference: 'c-5', amountMinor: 16_000, payer: customerId, status: 'bounced' })
  await tell({ reference: 'c-6', amountMinor: 16_000, payer: customerId, status: 'bounced' })
  expect(await openOf(db, july, august)).toEqual([0, 16_000])
  expect(await debtsOf(accountId)).toMatchObject([{ amountMinor: 16_000 }])
  expect(await held(db, `unearned:${accountId}`)).toBe(0)
})

test('a part of the deposit is asked for again; what was drawn of it is a debt', async () => {
  const { accountId } = await newApplicant(db, ASOF)
  const deposit = await owe(db, accountId, {
    kind: 'deposit',
    source: accountId,
    amountMinor: 50_000,
    dueOn: '2026-07-31',
    asOf: ASOF,
  })
  await tell({ reference: 'c-7', amountMinor: 30_000, payer: accountId })
  await tell({ reference: 'c-8', amountMinor: 20_000, payer: accountId })
  await tell({ reference: 'c-8', amountMinor: 20_000, payer: accountId, status: 'bounced' })
  expect(await openOf(db, deposit)).toEqual([20_000])
  expect(await held(db, `deposit:${accountId}`)).toBe(30_000)
  expect(await debtsOf(accountId)).toEqual([])

  // 250 of the 300 pay an old debt; then the 300 bounce as well: 50 are held, 250 are missing.
  const june = await owe(db, accountId, { ...electricity('2026-05-01', 25_000, '2026-06-10'), asOf: ASOF })
  await withAccount(db, accountId, (tx, account) => drawDeposit(tx, { account, asOf: ASOF, zone: ZONE }, { amountMinor: 25_000 }))
  await tell({ reference: 'c-7', amountMinor: 30_000, payer: accountId, status: 'bounced' })
  expect(await openOf(db, deposit, june)).toEqual([25_000, 0])
  expect(await held(db, `deposit:${accountId}`)).toBe(0)
  expect(await debtsOf(accountId)).toMatchObject([{ amountMinor: 25_000 }])
})

test('another amount, or another payer, takes nothing back and is set aside', async () => {
  const { accountId, customerId } = await connectCustomer(db)
  const heard = { reference: 'c-9', amountMinor: 30_000, payer: customerId }
  await tell(heard)
  const part = await tell({ ...heard, amountMinor: 10_000, status: 'charged-back' })
  const stranger = await tell({ ...heard, payer: 'BHKATS-A9999', status: 'bounced' })
  expect(await findNotice(db, part)).toMatchObject({ quarantineReason: 'another-amount' })
  expect(await findNotice(db, stranger)).toMatchObject({ quarantineReason: 'another-payer' })
  expect(await held(db, `credit:${accountId}`)).toBe(30_000)
})

test('money that came back before anybody knew whose it was leaves suspense', async () => {
  await tell({ reference: 'c-10', amountMinor: 30_000, payer: 'Ramesh ka beta' })
  expect(await held(db, `suspense:${PLANT}`)).toBe(30_000)
  await tell({ reference: 'c-10', amountMinor: 30_000, payer: 'Ramesh ka beta', status: 'bounced' })
  expect(await held(db, `suspense:${PLANT}`)).toBe(0)
  expect(await cheque('c-10')).toMatchObject({ state: 'bounced', receiptNumber: null })
})

test('the word that it came back may arrive before the word that it came', async () => {
  const { accountId, customerId } = await connectCustomer(db)
  await tell({ reference: 'c-11', amountMinor: 30_000, payer: customerId, status: 'bounced' })
  await tell({ reference: 'c-11', amountMinor: 30_000, payer: customerId })
  expect(await cheque('c-11')).toMatchObject({ state: 'bounced', receiptNumber: null })
  expect(await held(db, `credit:${accountId}`)).toBe(0)
})
