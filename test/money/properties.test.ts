import { afterAll, beforeAll, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { createPaymentActivities } from '../../activities/payments.ts'
import type { Db } from '../../db/client.ts'
import { withAccount } from '../../db/queries/accounts.ts'
import { allocateCredit, voidDemand } from '../../db/queries/charges.ts'
import { readReceipt } from '../../db/queries/receipts.ts'
import type { ChargeKind } from '../../domain/charge.ts'
import { keptAsCreditMinor } from '../../notifications/receipt.ts'
import { ASOF, openPlant } from '../support/books.ts'
import { expectBooksInBalance, hear, held, newApplicant, owe } from '../support/payers.ts'
import { freshDatabase, type TestDatabase } from '../support/postgres.ts'
import { ZONE } from '../support/village.ts'

let database: TestDatabase
let db: Db
beforeAll(async () => {
  database = await freshDatabase()
  db = database.db
  await openPlant(db)
})
afterAll(() => database.close())

const KINDS = [
  'electricity',
  'fee',
  'deposit',
  'activation',
  'package-difference',
  'instalment',
  'water',
  'final',
  'opening',
] as const satisfies readonly ChargeKind[]

const deeds = fc.array(
  fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({
        does: fc.constant('owe' as const),
        kind: fc.constantFrom(...KINDS),
        prepaid: fc.boolean(),
        amountMinor: fc.integer({ min: 0, max: 80_000 }),
        dueDay: fc.integer({ min: 1, max: 28 }),
      }),
    },
    {
      weight: 5,
      arbitrary: fc.record({
        does: fc.constant('pay' as const),
        amountMinor: fc.integer({ min: 1, max: 100_000 }),
        status: fc.constantFrom('confirmed' as const, 'pending' as const, 'failed' as const),
        names: fc.option(fc.nat({ max: 9 })),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        does: fc.constant('repeat' as const),
        which: fc.nat({ max: 9 }),
        status: fc.constantFrom('confirmed' as const, 'pending' as const, 'failed' as const),
        moreMinor: fc.constantFrom(0, 0, 1),
      }),
    },
    { weight: 1, arbitrary: fc.record({ does: fc.constant('void' as const), which: fc.nat({ max: 9 }) }) },
  ),
  { minLength: 1, maxLength: 12 },
)

type Deed = typeof deeds extends fc.Arbitrary<(infer One)[]> ? One : never

interface Life {
  readonly accountId: string
  readonly charges: number[]
  /** As first told, and as first confirmed. */
  readonly payments: { reference: string; amountMinor: number; confirmedMinor?: number }[]
}

let lives = 0

async function live(life: Life, deed: Deed, n: number): Promise<void> {
  const { accountId, charges, payments } = life
  if (deed.does === 'owe') {
    const { kind, prepaid, amountMinor, dueDay } = deed
    const dueOn = `2026-07-${String(dueDay).padStart(2, '0')}`
    charges.push(
      await owe(db, accountId, {
        kind,
        mode: prepaid ? 'prepaid' : 'postpaid',
        source: `deed-${n}`,
        amountMinor,
        dueOn,
        asOf: ASOF,
      }),
    )
  } else if (deed.does === 'pay') {
    const named = deed.names === null ? undefined : charges[deed.names]
    const payment = { reference: `life-${lives}-${n}`, amountMinor: deed.amountMinor }
    payments.push(payment)
    await say(life, { ...payment, status: deed.status, ...(named !== undefined && { chargeIds: [named] }) })
  } else if (deed.does === 'repeat') {
    const before = payments[deed.which]
    if (before !== undefined)
      await say(life, { reference: before.reference, amountMinor: before.amountMinor + deed.moreMinor, status: deed.status })
  } else {
    const chargeId = charges[deed.which]
    if (chargeId !== undefined) await voidUnpaid(accountId, chargeId)
  }
}

async function say(
  { accountId, payments }: Life,
  said: { reference: string; amountMinor: number; status: 'confirmed' | 'pending' | 'failed'; chargeIds?: number[] },
): Promise<void> {
  const payment = payments.find(({ reference }) => reference === said.reference)
  if (payment !== undefined && said.status === 'confirmed') payment.confirmedMinor ??= said.amountMinor
  await hear(db, { ...said, payer: accountId, asOf: ASOF })
  await createPaymentActivities({ db }).takeInNotice({ provider: 'sandbox-wallet', reference: said.reference, asOf: ASOF })
}

/** As a process voids its own demand: only one of which nothing was paid. */
async function voidUnpaid(accountId: string, chargeId: number): Promise<void> {
  const paid = await db.selectFrom('allocations').select('allocationId').where('chargeId', '=', chargeId).executeTakeFirst()
  if (paid !== undefined) return
  await withAccount(db, accountId, async (tx, account) => {
    await voidDemand(tx, chargeId, { asOf: ASOF, reason: 'test' })
    await allocateCredit(tx, { account, asOf: ASOF, zone: ZONE })
  })
}

test('whatever is owed and paid, in any order: nothing is lost, doubled or overpaid, and no credit lies beside an open charge', async () => {
  await fc.assert(
    fc.asyncProperty(deeds, async (sequence) => {
      lives += 1
      const life: Life = { accountId: (await newApplicant(db, ASOF)).accountId, charges: [], payments: [] }
      for (const [n, deed] of sequence.entries()) await live(life, deed, n)
      await expectConserved(life)
      await expectBooksInBalance(db)
    }),
    { numRuns: 60 },
  )
})

async function expectConserved({ accountId, payments }: Life): Promise<void> {
  const rows = await db.selectFrom('payments').selectAll().where('accountId', '=', accountId).orderBy('paymentId').execute()
  expect(new Set(rows.map(({ reference }) => reference)).size).toBe(rows.length)
  const posted = rows.filter(({ state }) => state === 'posted')
  // The first amount that a reference was confirmed with stands, whatever was said before or after (decision 24).
  for (const { reference, amountMinor } of posted)
    expect(payments.find((payment) => payment.reference === reference)?.confirmedMinor).toBe(amountMinor)
  const charges = await db
    .selectFrom('charges')
    .select((eb) => [eb.fn<number>('open_amount', ['chargeId']).as('open'), 'amountMinor'])
    .where('accountId', '=', accountId)
    .execute()
  for (const { open, amountMinor } of charges) expect(open >= 0 && open <= amountMinor).toBe(true)
  const allocated = await db.selectFrom('allocations').select('amountMinor').where('accountId', '=', accountId).execute()
  const sum = (amounts: readonly { amountMinor: number }[]) => amounts.reduce((total, { amountMinor }) => total + amountMinor, 0)
  const creditMinor = await held(db, `credit:${accountId}`)
  expect(sum(posted)).toBe(sum(allocated) + creditMinor)
  if (creditMinor > 0) expect(charges.every(({ open }) => open === 0)).toBe(true)
  for (const { receiptNumber } of posted) {
    const { receipt } = (await readReceipt(db, receiptNumber ?? '')) ?? {}
    expect(receipt && keptAsCreditMinor(receipt)).toBeGreaterThanOrEqual(0)
  }
}
