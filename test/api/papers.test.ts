import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { sql } from 'kysely'
import { createHash } from 'node:crypto'
import { withAccount } from '../../db/queries/accounts.ts'
import { readBalances } from '../../db/queries/account-page.ts'
import { post } from '../../db/queries/ledger.ts'
import { cash, credit, payingOut, postPaymentReceived, unclaimed } from '../../domain/ledger.ts'
import { PAPER_EXAMPLES } from '../../papers/examples.ts'
import { type World, world } from './support/world.ts'

let w: World
beforeAll(async () => {
  w = await world()
  await payInCash()
  await issueBill()
})
afterAll(() => w.close())

const RECEIPT = 'BHKATS-R/2026-27/000001'
const BILL = 'BHKATS-B-000123'

/** 100 rupees in cash, which stay credit. */
async function payInCash(): Promise<void> {
  const { accountId } = w.sunita
  await withAccount(w.database.db, accountId, async (tx) => {
    const payment = { provider: 'cash-asha', reference: 'p-1', plant: 'BHKATS', accountId, channel: 'cash', amountMinor: 10_000 }
    await tx
      .insertInto('payments')
      .values({
        ...payment,
        currency: 'INR',
        state: 'posted',
        valueDate: '2026-07-01',
        receivedAt: '2026-07-01T04:00:00.000Z',
        postedAt: '2026-07-01T04:00:00.000Z',
        receiptNumber: RECEIPT,
        remainingAfterMinor: 12_000,
        creditAfterMinor: 10_000,
      })
      .execute()
    const postings = postPaymentReceived({ plant: 'BHKATS', accountId }, { into: cash('asha'), amountMinor: 10_000 })
    const event = { eventKey: 'payment:cash-asha:p-1', plant: 'BHKATS', accountId, currency: 'INR', postings }
    await post(tx, { ...event, businessAt: '2026-07-01T04:00:00.000Z' })
  })
}

async function issueBill(): Promise<void> {
  const { accountId, customerId } = w.sunita
  const { record } = PAPER_EXAMPLES.bill?.('en') ?? { record: {} }
  const document = {
    ...record,
    format: 1,
    number: BILL,
    accountId,
    customerId,
    holder: { name: 'Sunita Kumari', nameHi: 'सुनीता कुमारी' },
    mode: 'postpaid',
    issuedAt: '2026-07-01T03:30:00.000Z',
    packages: [],
    truesUp: false,
    lines: [],
    otherCharges: [],
  }
  await w.database.db
    .insertInto('bills')
    .values({
      number: BILL,
      accountId,
      kind: 'electricity',
      source: '2026-06-01',
      issuedAt: '2026-07-01T03:30:00.000Z',
      dueOn: '2026-07-10',
      totalMinor: 56_900,
      outstandingBeforeMinor: 12_000,
      creditBeforeMinor: 2_000,
      currency: 'INR',
      document: JSON.stringify(document),
    })
    .execute()
}

async function get(url: string, headers = w.as('customer')) {
  return w.app.inject({ method: 'GET', url, headers })
}

function idOf(kind: string, subject: string, language = 'hi', accountId = w.sunita.accountId): string {
  return [accountId, kind, subject.replaceAll('/', '.'), language].join('.')
}

interface Listed {
  readonly kind: string
  readonly number: string | null
  readonly amountMinor: number
  readonly madeAt: string | null
  readonly paperIds: object
}

interface Statement {
  readonly movements: readonly Listed[]
  readonly openingMinor: number
  readonly closingMinor: number
}

test('a customer finds the papers of their account, newest first, also those nobody has asked for yet', async () => {
  const { items } = (await get(`/v1/accounts/${w.sunita.accountId}/papers`)).json<{ items: Listed[] }>()
  expect(items.map(({ kind, number, amountMinor, madeAt }) => [kind, number, amountMinor, madeAt])).toEqual([
    ['receipt', RECEIPT, 10_000, null],
    ['bill', BILL, 56_900, null],
  ])
  expect(items[0]?.paperIds).toEqual({ hi: idOf('receipt', RECEIPT), en: idOf('receipt', RECEIPT, 'en') })
  const first = (await get(`/v1/accounts/${w.sunita.accountId}/papers?limit=1`)).json()
  const second = (await get(`/v1/accounts/${w.sunita.accountId}/papers?limit=1&cursor=${first.nextCursor}`)).json()
  expect([first.items[0].kind, second.items[0].kind, second.nextCursor]).toEqual(['receipt', 'bill', null])
})

describe('a receipt', () => {
  test.each([
    ['json', 'application/json; charset=utf-8', '{'],
    ['pdf', 'application/pdf', '%PDF-'],
    ['png', 'image/png', '\x89PNG'],
    ['escpos', 'application/octet-stream', '\x1b@'],
    ['text', 'text/plain; charset=utf-8', '  '],
    ['sms', 'text/plain; charset=utf-8', 'Received Rs'],
  ])('comes as %s, for the customer and the staff of the plant alike', async (format, type, beginning) => {
    const url = `/v1/papers/${idOf('receipt', RECEIPT, 'en')}?format=${format}`
    const [mine, theirs] = [await get(url), await get(url, w.as('csa'))]
    expect([mine.statusCode, mine.headers['content-type']]).toEqual([200, type])
    expect(
      mine.rawPayload.toString('latin1').replace('₹', 'Rs ').startsWith(beginning) || mine.body.startsWith('Received ₹'),
    ).toBe(true)
    expect(theirs.rawPayload.equals(mine.rawPayload)).toBe(true)
  })

  test('comes in the form that is accepted, where none is named', async () => {
    const url = `/v1/papers/${idOf('receipt', RECEIPT, 'en')}`
    for (const type of ['application/pdf', 'image/png', 'text/plain'])
      expect((await get(url, { ...w.as('customer'), accept: type } as never)).headers['content-type']).toContain(type)
    expect((await get(url)).json()).toMatchObject({ kind: 'receipt', number: RECEIPT, amountMinor: 10_000, creditMinor: 10_000 })
  })
})

test('a paper stays as it was first handed out, name and all, when the customer is renamed (billing.md rule 13)', async () => {
  const url = `/v1/papers/${idOf('bill', BILL)}?format=text`
  const before = await get(url)
  await w.database.db.updateTable('persons').set({ nameHi: 'कोई और' }).where('personId', '=', w.sunita.personId).execute()
  const after = await get(url)
  expect(before.body).toContain('सुनीता कुमारी')
  expect(after.rawPayload.equals(before.rawPayload)).toBe(true)
  const { sha256 } = await w.database.db
    .selectFrom('paperRenderings')
    .select('sha256')
    .where('paperId', '=', idOf('bill', BILL))
    .where('format', '=', 'text')
    .executeTakeFirstOrThrow()
  expect(sha256).toBe(createHash('sha256').update(before.rawPayload).digest('hex'))
})

test('a paper that no longer comes out as it was handed out is refused, never replaced', async () => {
  const paperId = idOf('receipt', RECEIPT)
  expect((await get(`/v1/papers/${paperId}?format=json`)).statusCode).toBe(200)
  await w.database.db
    .insertInto('paperRenderings')
    .values({ paperId, format: 'text', sha256: 'f'.repeat(64) })
    .execute()
  const reply = await get(`/v1/papers/${paperId}?format=text`)
  expect([reply.statusCode, reply.json().code]).toEqual([500, 'PAPER_CHANGED'])
})

test('stored papers and digests are never changed', async () => {
  for (const table of ['papers', 'paper_renderings'])
    await expect(sql`update ${sql.table(table)} set paper_id = paper_id`.execute(w.database.db)).rejects.toThrow(
      /permission denied|append-only/,
    )
})

test('a paper of somebody else does not exist, nor does one that was never issued', async () => {
  const ids = [
    idOf('bill', BILL),
    idOf('bill', 'BHKATS-B-999999'),
    idOf('bill', BILL, 'hi', w.mohan.accountId),
    idOf('receipt', RECEIPT, 'hi', w.mohan.accountId),
    idOf('account-statement', 'BHKATS-ST-000999'),
  ]
  for (const paperId of ids)
    for (const headers of [w.asStranger('customer'), w.asStranger('csa')])
      expect([paperId, (await get(`/v1/papers/${paperId}`, headers)).statusCode]).toEqual([paperId, 404])
  expect((await get(`/v1/papers/${idOf('bill', 'BHKATS-B-999999')}`)).statusCode).toBe(404)
  expect((await get(`/v1/accounts/${w.sunita.accountId}/papers`, w.asStranger('customer'))).statusCode).toBe(404)
})

describe('a statement', () => {
  const make = (payload: object, key: string) =>
    w.app.inject({
      method: 'POST',
      url: `/v1/accounts/${w.sunita.accountId}/papers`,
      headers: { ...w.as('customer'), 'idempotency-key': key },
      payload,
    })

  test('says what the ledger says, and is a paper like any other', async () => {
    const reply = await make({ kind: 'account-statement', from: '2026-06-01' }, 'st-1')
    expect(reply.statusCode).toBe(201)
    const { paperIds, number } = reply.json()
    expect(number).toBe('BHKATS-ST-000001')
    const record = (await get(`/v1/papers/${paperIds.en}?format=json`)).json<Statement>()
    const { owedMinor, creditMinor } = await readBalances(w.database.db, w.sunita.accountId)
    // Brought forward 120; paid 100: 20.
    expect(record.movements.map(({ kind, amountMinor, number: of }) => [kind, amountMinor, of])).toEqual([
      ['opening', 12_000, null],
      ['payment', -10_000, RECEIPT],
    ])
    expect([record.openingMinor, record.closingMinor, owedMinor - creditMinor]).toEqual([0, 2_000, 2_000])
    const { items } = (await get(`/v1/accounts/${w.sunita.accountId}/papers`)).json<{ items: Listed[] }>()
    expect(items.map(({ kind }) => kind)).toContain('account-statement')
  })

  test('asked for again with the same key is the same; a new one has the next number', async () => {
    const again = await make({ kind: 'account-statement', from: '2026-06-01' }, 'st-1')
    expect(again.json().number).toBe('BHKATS-ST-000001')
    expect((await make({ kind: 'deposit-statement', from: '2026-06-01' }, 'st-2')).json().number).toBe('BHKATS-ST-000002')
  })

  test('of the deposit certifies what is held', async () => {
    const { paperIds, number } = (await make({ kind: 'deposit-certificate' }, 'dc-1')).json()
    expect(number).toBe('BHKATS-DC-000001')
    const record = (await get(`/v1/papers/${paperIds.hi}?format=json`)).json()
    const { depositHeldMinor } = await readBalances(w.database.db, w.sunita.accountId)
    expect(record.heldMinor).toBe(50_000)
    expect(depositHeldMinor).toBe(50_000)
  })

  test('of days to come is refused', async () => {
    const today = (await get(`/v1/accounts/${w.sunita.accountId}`)).json()
    expect(today.money.movements[0]).toMatchObject({ kind: 'payment', amountMinor: -10_000, balanceMinor: 2_000 })
    const reply = await make({ kind: 'account-statement', from: '2099-01-01', to: '2099-02-01' }, 'st-3')
    expect([reply.statusCode, reply.json().code]).toEqual([422, 'INVALID_INPUT'])
  })
})

test('the account page is the same for the customer and the staff: bills, payments, deposit, readings, running balance', async () => {
  const url = `/v1/accounts/${w.sunita.accountId}`
  const [mine, theirs] = [(await get(url)).json(), (await get(url, w.as('csa'))).json()]
  expect(theirs.money).toEqual(mine.money)
  expect(theirs.readings).toEqual(mine.readings)
  expect(theirs.notices).toEqual(mine.notices)
  expect(mine.money).toMatchObject({
    balances: { depositHeldMinor: 50_000 },
    bills: [{ number: BILL }],
    payments: [{ receiptNumber: RECEIPT }],
  })
  expect(mine.readings.length).toBeGreaterThan(0)
})

test('the deposit has a statement of its own, the same for the customer and the staff, with the running balance', async () => {
  const url = `/v1/accounts/${w.sunita.accountId}/deposit-statement`
  const [mine, theirs] = [await get(url), await get(url, w.as('csa'))]
  expect([mine.statusCode, theirs.json()]).toEqual([200, mine.json()])
  expect(mine.json()).toMatchObject({
    openingMinor: 0,
    closingMinor: 50_000,
    heldMinor: 50_000,
    askedMinor: 0,
    lastReview: null,
    nextReviewOn: '2027-07-01',
    movements: [{ kind: 'opening', amountMinor: 50_000, balanceMinor: 50_000 }],
  })
  const later = (await get(`${url}?from=2026-08-01&to=2026-08-31`)).json()
  expect([later.openingMinor, later.movements, later.closingMinor]).toEqual([50_000, [], 50_000])
  expect((await get(`${url}?from=2026-09-01&to=2026-08-31`)).json()).toMatchObject({ code: 'INVALID_INPUT' })
})

test('what is said of a paper, when it left and whether it arrived, stands beside it and on the account page', async () => {
  const { accountId } = w.sunita
  const told = { dedupeKey: `receipt:${RECEIPT}`, plant: 'BHKATS', accountId, kind: 'payment-received', language: 'hi' }
  const times = {
    queuedAt: '2026-07-01T04:00:00.000Z',
    sentAt: '2026-07-01T04:01:00.000Z',
    deliveredAt: '2026-07-01T04:02:00.000Z',
  }
  await w.database.db
    .insertInto('notifications')
    .values({
      ...told,
      ...times,
      channel: 'sms',
      state: 'delivered',
      body: 'मिले',
      params: JSON.stringify({ receiptNumber: RECEIPT }),
    })
    .execute()
  const delivery = { kind: 'payment-received', channel: 'sms', state: 'delivered', ...times }
  const { items } = (await get(`/v1/accounts/${accountId}/papers`)).json<{ items: (Listed & { deliveries: object[] })[] }>()
  expect(items.find(({ number }) => number === RECEIPT)?.deliveries).toMatchObject([delivery])
  const { notices } = (await get(`/v1/accounts/${accountId}`)).json<{ notices: object[] }>()
  expect(notices).toContainEqual(expect.objectContaining({ ...delivery, body: 'मिले' }))
})

test('what is on its way to the customer, and what nobody fetched, stands on the account page', async () => {
  const { accountId } = w.sunita
  const before = (await get(`/v1/accounts/${accountId}`)).json().money.balances
  await withAccount(w.database.db, accountId, (tx) =>
    post(tx, {
      ...{ eventKey: 'apart:1', plant: 'BHKATS', accountId, currency: 'INR', businessAt: '2026-07-02T04:00:00.000Z' },
      postings: [
        { leg: 1, debit: credit(accountId), credit: unclaimed(accountId), amountMinor: 3_000 },
        { leg: 2, debit: credit(accountId), credit: payingOut(accountId), amountMinor: 2_000 },
      ],
    }),
  )
  const { balances } = (await get(`/v1/accounts/${accountId}`)).json().money
  // 100.00 of credit less 30.00 and 20.00.
  expect(balances).toEqual({ ...before, creditMinor: 5_000, unclaimedMinor: 3_000, payingOutMinor: 2_000 })
})
