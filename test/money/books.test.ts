import { afterAll, beforeAll, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { createPaymentActivities } from '../../activities/payments.ts'
import type { Db } from '../../db/client.ts'
import { withAccount } from '../../db/queries/accounts.ts'
import { closeBusinessDay, latePostings, listClosings, nextDayToClose, readClosing } from '../../db/queries/books/closings.ts'
import { collections } from '../../db/queries/books/collections.ts'
import { cashInHand, depositsHeld } from '../../db/queries/books/holdings.ts'
import { agedReceivables, receivableAccounts } from '../../db/queries/books/receivables.ts'
import { booksScope, type BooksScope } from '../../db/queries/books/scope.ts'
import { trialBalanceByAccount, trialBalanceByGroup } from '../../db/queries/books/trial-balance.ts'
import { drawDeposit } from '../../db/queries/deposits.ts'
import { post } from '../../db/queries/ledger.ts'
import { takeNumbers } from '../../db/queries/numbers.ts'
import { imbalanceMinor } from '../../domain/books.ts'
import { addDays } from '../../domain/calendar.ts'
import type { ChargeKind } from '../../domain/charge.ts'
import { postCreditNote } from '../../domain/ledger.ts'
import { openPlant } from '../support/books.ts'
import { payInCash } from '../support/connections.ts'
import { hear, newApplicant, owe } from '../support/payers.ts'
import { freshDatabase, type TestDatabase } from '../support/postgres.ts'
import { PLANT, ZONE } from '../support/village.ts'

let database: TestDatabase
let db: Db
beforeAll(async () => {
  database = await freshDatabase()
  db = database.db
  await openPlant(db)
})
afterAll(() => database.close())

const FIRST = '2026-07-01'
const LAST = '2026-07-28'
const PLANTS = [{ plant: PLANT, zone: ZONE, currency: 'INR' }]
const scopeTo = (to: string): BooksScope => booksScope(PLANTS, { to })

const KINDS = [
  'electricity',
  'fee',
  'deposit',
  'activation',
  'water',
  'final',
  'opening',
] as const satisfies readonly ChargeKind[]
const day = fc.integer({ min: 0, max: 24 })
const deed = fc.oneof(
  fc.record({
    does: fc.constant('owe' as const),
    day,
    kind: fc.constantFrom(...KINDS),
    amountMinor: fc.integer({ min: 1, max: 80_000 }),
    due: fc.integer({ min: -150, max: 20 }),
  }),
  fc.record({ does: fc.constant('pay' as const), day, amountMinor: fc.integer({ min: 1000, max: 90_000 }) }),
  fc.record({
    does: fc.constant('tell' as const),
    day,
    amountMinor: fc.integer({ min: 1000, max: 90_000 }),
    known: fc.boolean(),
  }),
  fc.record({ does: fc.constant('bounce' as const), day, which: fc.nat({ max: 5 }) }),
  fc.record({
    does: fc.constant('note' as const),
    day,
    which: fc.nat({ max: 5 }),
    amountMinor: fc.integer({ min: 1, max: 20_000 }),
  }),
  fc.record({ does: fc.constant('draw' as const), day, amountMinor: fc.integer({ min: 1, max: 20_000 }) }),
)
type Deed = typeof deed extends fc.Arbitrary<infer One> ? One : never

interface Life {
  readonly accountId: string
  readonly charges: number[]
  readonly told: { reference: string; amountMinor: number; payer: string }[]
}

let lives = 0

async function live(life: Life, one: Deed, n: number): Promise<void> {
  const { accountId } = life
  const asOf = `${addDays(FIRST, one.day)}T06:00:00.000Z`
  const reference = `books-${lives}-${n}`
  if (one.does === 'owe') {
    const dueOn = addDays(FIRST, one.day + one.due)
    const charge = { kind: one.kind, mode: 'postpaid' as const, source: reference, amountMinor: one.amountMinor, dueOn }
    life.charges.push(await owe(db, accountId, { ...charge, asOf }))
  } else if (one.does === 'pay') {
    await payInCash(db, { accountId, amountMinor: one.amountMinor, at: asOf, reference })
  } else if (one.does === 'tell') {
    const said = { reference, amountMinor: one.amountMinor, payer: one.known ? accountId : 'nobody' }
    life.told.push(said)
    await take(said, asOf)
  } else if (one.does === 'bounce') {
    const said = life.told[one.which]
    if (said !== undefined) await take({ ...said, status: 'bounced' as const }, asOf)
  } else if (one.does === 'note') {
    const chargeId = life.charges[one.which]
    if (chargeId !== undefined) await credit(accountId, { chargeId, amountMinor: one.amountMinor, asOf })
  } else {
    await withAccount(db, accountId, async (tx, account) => {
      const held = (await depositsHeld(tx, scopeTo(LAST), { limit: 1000 })).find((row) => row.accountId === accountId)
      const amountMinor = Math.min(one.amountMinor, held?.heldMinor ?? 0)
      if (amountMinor > 0) await drawDeposit(tx, { account, asOf, zone: ZONE }, { amountMinor, atClosing: true })
    })
  }
}

async function take(said: { reference: string; amountMinor: number; payer: string; status?: 'bounced' }, asOf: string) {
  await hear(db, { ...said, asOf })
  await createPaymentActivities({ db }).takeInNotice({ provider: 'sandbox-wallet', reference: said.reference, asOf })
}

async function credit(
  accountId: string,
  { chargeId, amountMinor, asOf }: { chargeId: number; amountMinor: number; asOf: string },
) {
  await withAccount(db, accountId, async (tx, account) => {
    const { openMinor, ...charge } = await tx
      .selectFrom('charges')
      .select((eb) => ['kind', 'nature', eb.fn<number>('open_amount', ['chargeId']).as('openMinor')])
      .where('chargeId', '=', chargeId)
      .executeTakeFirstOrThrow()
    if (charge.nature !== 'debt' || openMinor < amountMinor || charge.kind === 'opening') return
    const number = `${PLANT}-N-${await takeNumbers(tx, `${PLANT}:N`, 1)}`
    const note = { number, accountId, chargeId, kind: 'credit', amountMinor, reason: 'test', source: number, businessAt: asOf }
    await tx
      .insertInto('notes')
      .values({ ...note, madeBy: 'asha', approvedBy: 'imran' })
      .execute()
    const postings = postCreditNote(account, { kind: charge.kind as ChargeKind, nature: 'debt', amountMinor, openMinor })
    await post(tx, { eventKey: `note:${number}`, ...account, businessAt: asOf, postings })
  })
}

async function expectReportsAreTheLedger(on: string): Promise<void> {
  const scope = scopeTo(on)
  const groups = await trialBalanceByGroup(db, scope)
  const balance = (group: string): number => groups.find((line) => line.group === group)?.balanceMinor ?? 0
  const sum = <T>(rows: readonly T[], of: (row: T) => number): number => rows.reduce((total, row) => total + of(row), 0)
  expect(sum(groups, (row) => row.debitMinor)).toBe(sum(groups, (row) => row.creditMinor))
  const accounts = await trialBalanceByAccount(db, scope, { limit: 10_000 })
  for (const { group, balanceMinor } of groups)
    expect([
      group,
      sum(
        accounts.filter((row) => row.group === group),
        (row) => row.balanceMinor,
      ),
    ]).toEqual([group, balanceMinor])

  const aged = await agedReceivables(db, scope, on)
  for (const line of aged) {
    expect(line.totalMinor).toBe(line.ledgerMinor)
    expect(sum(Object.values(line.buckets), (amount) => amount)).toBe(line.totalMinor)
  }
  expect(sum(aged, (line) => line.totalMinor)).toBe(balance('receivable'))
  expect(sum(aged, (line) => line.creditMinor)).toBe(balance('credit'))
  const owing = await receivableAccounts(db, scope, { on, limit: 10_000 })
  for (const row of owing) expect(row.totalMinor).toBe(row.ledgerMinor)
  expect(sum(owing, (row) => row.totalMinor)).toBe(balance('receivable'))

  const came = await collections(db, scope)
  expect(came.receivedMinor).toBe(came.ledgerMinor)
  const inBooks = balance('cash') + balance('wallet') + balance('bank')
  expect(inBooks).toBe(came.ledgerMinor - sum(came.bounced, (row) => row.amountMinor))
  expect(sum(await cashInHand(db, scope, { limit: 1000 }), (row) => row.cashMinor)).toBe(balance('cash'))
  expect(sum(await depositsHeld(db, scope, { limit: 10_000 }), (row) => row.heldMinor)).toBe(balance('deposit'))
}

async function closeDays(upTo: string): Promise<void> {
  for (;;) {
    const date = await nextDayToClose(db, { plant: PLANT, zone: ZONE, upTo })
    if (date === undefined) return
    await closeBusinessDay(db, { plant: PLANT, zone: ZONE, currency: 'INR', date, asOf: `${addDays(date, 1)}T01:00:00.000Z` })
  }
}

test('whatever is owed, paid, bounced, credited and drawn on whatever day: on every day each report is what the ledger says (billing.md rule 2)', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(deed, { minLength: 1, maxLength: 14 }), async (deeds) => {
      lives += 1
      const life: Life = { accountId: (await newApplicant(db, `${FIRST}T00:00:00.000Z`)).accountId, charges: [], told: [] }
      for (const [n, one] of deeds.toSorted((a, b) => a.day - b.day).entries()) await live(life, one, n)
      for (const on of ['2026-07-02', '2026-07-13', LAST]) await expectReportsAreTheLedger(on)
    }),
    { numRuns: 25 },
  )
}, 120_000)

test('the days close one on the other, each in balance, and end where the ledger stands', async () => {
  await closeDays(LAST)
  const closings = await listClosings(db, { plants: [PLANT], limit: 100 })
  for (const { groups } of closings) expect(imbalanceMinor(groups)).toBe(0)
  for (const [n, { previousHash }] of closings.entries()) expect(previousHash).toBe(closings[n + 1]?.hash ?? null)
  const balances = (await trialBalanceByGroup(db, scopeTo(LAST))).map((row) => [row.group, row.balanceMinor])
  expect(closings[0]?.groups.map((row) => [row.group, row.closingMinor])).toEqual(
    balances.toSorted(([a], [b]) => (String(a) < String(b) ? -1 : 1)),
  )
})

test('what comes late for a closed day shows as late there, and in the books of the next day that closes', async () => {
  const before = await readClosing(db, PLANT, '2026-07-20')
  const { accountId } = await newApplicant(db, `${FIRST}T00:00:00.000Z`)
  // 464.00 owed since the 20th, entered when the 28th was closed already.
  const chargeId = await owe(db, accountId, {
    kind: 'electricity',
    mode: 'postpaid',
    source: '2026-06-01',
    amountMinor: 46_400,
    dueOn: '2026-07-29',
    asOf: '2026-07-20T06:00:00.000Z',
  })
  await closeDays('2026-07-29')
  const after = await readClosing(db, PLANT, '2026-07-20')
  expect(after).toEqual(before)
  expect(
    await latePostings(
      db,
      { ...after, plant: PLANT, zone: ZONE, businessDate: '2026-07-20', lastPostingId: after?.lastPostingId ?? 0 },
      { limit: 9 },
    ),
  ).toMatchObject([{ eventKey: `charge:${chargeId}`, amountMinor: 46_400 }])
  const last = await readClosing(db, PLANT, '2026-07-28')
  const next = await readClosing(db, PLANT, '2026-07-29')
  const receivable = (closing: typeof next) => closing?.groups.find(({ group }) => group === 'receivable')
  const openingMinor = receivable(last)?.closingMinor ?? 0
  // Nothing happened on the 29th itself: opening + 464.00 late.
  expect(receivable(next)).toMatchObject({ openingMinor, lateMinor: 46_400, movements: {}, closingMinor: openingMinor + 46_400 })
})

test('a closing cannot be changed or taken away', async () => {
  await expect(db.updateTable('bookClosings').set({ lastPostingId: 1 }).execute()).rejects.toThrow(/permission denied/)
  await expect(db.deleteFrom('bookClosings').execute()).rejects.toThrow(/permission denied/)
})
