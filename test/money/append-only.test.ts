import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { sql } from 'kysely'
import { createDatabase, type Db } from '../../db/client.ts'
import { APPEND_ONLY } from '../../db/grants.ts'
import { inTransaction } from '../../db/queries/accounts.ts'
import { createPaymentActivities } from '../../activities/payments.ts'
import { ASOF, openPlant } from '../support/books.ts'
import { electricity, hear, newApplicant, owe, paymentOf } from '../support/payers.ts'
import { freshDatabase, type TestDatabase } from '../support/postgres.ts'

let database: TestDatabase
let owner: Db
let chargeId: number
let accountId: string
beforeAll(async () => {
  database = await freshDatabase()
  owner = createDatabase(database.ownerUrl, { asOwner: true })
  const { db } = database
  await openPlant(db)
  accountId = (await newApplicant(db, ASOF)).accountId
  chargeId = await owe(db, accountId, {
    ...electricity('2026-06-01', 46_400, '2026-07-10'),
    lines: [{ kind: 'energy', amountMinor: 46_400 }],
    asOf: ASOF,
  })
  await hear(db, { reference: 'one', amountMinor: 10_000, payer: accountId, asOf: ASOF })
  await createPaymentActivities({ db }).takeInNotice({ provider: 'sandbox-wallet', reference: 'one', asOf: ASOF })
})
afterAll(async () => {
  await owner.destroy()
  await database.close()
})

/** What is only ever added, with a column to try to change. */
const LEDGERS = [
  ['postings', 'amount_minor = amount_minor + 1'],
  ['allocations', 'amount_minor = 1'],
  ['notes', "reason = 'x'"],
  ['note_lines', 'amount_minor = 1'],
  ['disputed_charges', 'amount_minor = 1'],
  ['charge_lines', 'amount_minor = 1'],
  ['bills', "number = 'x'"],
  ['decisions', "verdict = 'x'"],
  ['audit_log', "actor = 'x'"],
  ['policies', "document = '{}'"],
  ['clock_segments', 'speed = 2'],
] as const

describe.each(LEDGERS)('%s', (table, change) => {
  const tries = [`update ${table} set ${change}`, `delete from ${table}`, `truncate ${table} cascade`]
  test.each(tries)('the application may not %s (billing.md rule 1)', async (statement) => {
    await expect(sql.raw(statement).execute(database.db)).rejects.toThrow(/permission denied/)
  })
  test.each(tries)('nor may the owner: %s (billing.md rule 1)', async (statement) => {
    await expect(sql.raw(statement).execute(owner)).rejects.toThrow(/append-only/)
  })
})

test.each([...APPEND_ONLY])('the application was granted no change of %s', async (table) => {
  const { rows } = await sql<{
    may: boolean
  }>`select has_table_privilege('diya_app', ${table}, 'update') or has_table_privilege('diya_app', ${table}, 'delete')
    or has_table_privilege('diya_app', ${table}, 'truncate') as may`.execute(owner)
  expect(rows).toEqual([{ may: false }])
})

test.each(['charges', 'payments', 'payment_notices'])('%s are never deleted, by nobody', async (table) => {
  for (const statement of [`delete from ${table}`, `truncate ${table} cascade`]) {
    await expect(sql.raw(statement).execute(database.db)).rejects.toThrow(/permission denied/)
    await expect(sql.raw(statement).execute(owner)).rejects.toThrow(/append-only/)
  }
})

test.each([
  ['an issued charge', 'update charges set amount_minor = 1'],
  ['a debt, by voiding it', "update charges set voided_at = now(), void_reason = 'x'"],
  ['a posted payment', 'update payments set remaining_after_minor = 0'],
  ['the amount of a payment', 'update payments set amount_minor = 1'],
  ['a payment back to pending', "update payments set state = 'pending'"],
  ['a receipt', "update payments set receipt_number = 'x'"],
  ['what a provider said', `update payment_notices set body = '{}'`],
  ['what became of a notice', `update payment_notices set state = 'received'`],
])('nobody changes %s', async (_what, statement) => {
  for (const db of [database.db, owner])
    await expect(sql.raw(statement).execute(db)).rejects.toThrow(/cannot be changed|stays as it was|check constraint/)
})

describe('uniqueness is a constraint', () => {
  test.each([
    [
      'a posting of an event',
      sql`insert into postings (event_key, leg, debit, credit, amount_minor, currency, business_at) select event_key, leg, debit, credit, 1, currency, business_at from postings limit 1`,
    ],
    [
      'a payment of a reference',
      sql`insert into payments (provider, reference, plant, channel, amount_minor, currency, state, value_date, received_at) select provider, reference, plant, channel, 1, currency, 'pending', value_date, received_at from payments limit 1`,
    ],
    [
      'a notice that says the same',
      sql`insert into payment_notices (provider, reference, fingerprint, plant, body, business_at) select provider, reference, fingerprint, plant, body, business_at from payment_notices limit 1`,
    ],
    [
      'a charge for the same thing',
      sql`insert into charges (account_id, kind, source, nature, allocation_class, amount_minor, currency, issued_at, due_on) select account_id, kind, source, nature, allocation_class, 1, currency, issued_at, due_on from charges limit 1`,
    ],
  ])('%s cannot be twice (billing.md rules 4, 8)', async (_what, statement) => {
    await expect(statement.execute(database.db)).rejects.toMatchObject({ code: '23505' })
  })

  test('a receipt’s number cannot be given twice', async () => {
    const { receiptNumber } = await paymentOf(database.db, 'one')
    const twice = sql`insert into payments (provider, reference, plant, account_id, channel, amount_minor, currency, state, value_date, received_at, receipt_number, posted_at, remaining_after_minor, credit_after_minor)
      values ('x', 'y', 'BHKATS', ${accountId}, 'cash', 1, 'INR', 'posted', '2026-07-15', ${ASOF}, ${receiptNumber}, ${ASOF}, 0, 0)`
    await expect(twice.execute(database.db)).rejects.toMatchObject({ code: '23505' })
  })
})

describe('the database has the last word on amounts', () => {
  const post = (debit: string, credit: string, amountMinor: number) =>
    sql`insert into postings (event_key, leg, debit, credit, amount_minor, currency, business_at) values ('try:' || gen_random_uuid(), 1, ${debit}, ${credit}, ${amountMinor}, 'INR', ${ASOF})`.execute(
      database.db,
    )

  test('credit that is not there cannot be spent', async () => {
    await expect(post(`credit:${accountId}`, `receivable:${accountId}`, 1)).rejects.toThrow(/overdrawn/)
  })
  test('nothing is posted from an account to itself, and no amount that is not above zero (billing.md rule 1)', async () => {
    await expect(post(`credit:${accountId}`, `credit:${accountId}`, 1)).rejects.toMatchObject({ code: '23514' })
    await expect(post('wallet:sandbox-wallet', `credit:${accountId}`, 0)).rejects.toMatchObject({ code: '23514' })
    await expect(post('wallet:sandbox-wallet', 'nobody:knows', 1)).rejects.toMatchObject({ code: '23503' })
  })

  test('no charge and no line is credited beyond its amount, and a note says which lines it corrects (billing.md rules 3, 13)', async () => {
    const made = (credited: number, line: number | null, onLine: number) =>
      inTransaction(database.db, async (tx) => {
        const note = {
          number: `T-${Math.random()}`,
          accountId,
          chargeId,
          kind: 'credit',
          reason: 'x',
          source: `T-${Math.random()}`,
        }
        const { noteId } = await tx
          .insertInto('notes')
          .values({ ...note, amountMinor: credited, madeBy: 'asha', approvedBy: 'deepa', businessAt: ASOF })
          .returning('noteId')
          .executeTakeFirstOrThrow()
        if (line !== null) await tx.insertInto('noteLines').values({ noteId, chargeId, line, amountMinor: onLine }).execute()
      })
    // 464 owed, 100 paid: 364 are open.
    await expect(made(36_401, 1, 36_401)).rejects.toThrow(/beyond its amount/)
    await expect(made(100, null, 0)).rejects.toThrow(/does not say which lines/)
    await expect(made(100, 1, 99)).rejects.toThrow(/does not say which lines/)
    await expect(made(100, 1, -100)).rejects.toThrow(/line 1 of charge/)
    await expect(made(100, 1, 46_401)).rejects.toThrow(/line 1 of charge/)
    await expect(made(100, 2, 100)).rejects.toMatchObject({ code: '23503' })
  })

  test('nobody approves a note they made (billing.md rule 29)', async () => {
    const own = sql`insert into notes (number, account_id, charge_id, kind, amount_minor, reason, source, made_by, approved_by, business_at)
      values ('T-own', ${accountId}, ${chargeId}, 'write-off', 100, 'x', 'T-own', 'asha', 'asha', ${ASOF})`
    await expect(own.execute(database.db)).rejects.toThrow(/notes_maker_is_not_checker/)
  })

  const allocate = (charge: number, payment: number | null, amountMinor: number, account = accountId) =>
    sql`insert into allocations (account_id, charge_id, payment_id, amount_minor, business_at) values (${account}, ${charge}, ${payment}, ${amountMinor}, ${ASOF})`.execute(
      database.db,
    )

  test('no charge is paid beyond its amount', async () => {
    await expect(allocate(chargeId, null, 36_401)).rejects.toThrow(/beyond its amount/)
  })
  test('no payment settles more than was paid', async () => {
    const { paymentId } = await paymentOf(database.db, 'one')
    await expect(allocate(chargeId, paymentId, 1)).rejects.toThrow(/more than was paid/)
  })
  test('nobody’s payment settles somebody else’s charge', async () => {
    const { paymentId } = await paymentOf(database.db, 'one')
    const other = await newApplicant(database.db, ASOF)
    const theirs = await owe(database.db, other.accountId, { ...electricity('2026-06-01', 10_000, '2026-07-10'), asOf: ASOF })
    await expect(allocate(theirs, null, 1)).rejects.toThrow(/of another account/)
    await expect(allocate(theirs, paymentId, 1, other.accountId)).rejects.toThrow(/of another account/)
  })
})
