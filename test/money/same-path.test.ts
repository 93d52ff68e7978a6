import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { createActivities } from '../../activities/index.ts'
import type { Db } from '../../db/client.ts'
import { inTransaction } from '../../db/queries/accounts.ts'
import { openBounceReport, reportBounce } from '../../db/queries/bounce-reports.ts'
import { importProviderStatement } from '../../db/queries/payment-statements.ts'
import { readPlant } from '../../db/queries/plants.ts'
import { recordDecision } from '../../db/queries/processes.ts'
import { KATSA_POLICY_V1 } from '../../domain/policy.ts'
import { bounceStep } from '../../domain/payment.ts'
import { processIds } from '../../domain/process-ids.ts'
import { ASOF } from '../support/books.ts'
import { connectCustomer } from '../support/connections.ts'
import { electricity, expectBooksInBalance, hear, openOf, owe, paymentOf } from '../support/payers.ts'
import { freshDatabase, type TestDatabase } from '../support/postgres.ts'
import { PLANT, seedPlant } from '../support/village.ts'

let database: TestDatabase
let db: Db
beforeAll(async () => {
  database = await freshDatabase()
  db = database.db
  await seedPlant(db, { wallFrom: ASOF, startsAt: ASOF, policy: KATSA_POLICY_V1 })
})
afterAll(() => database.close())

const provider = 'sandbox-wallet'
const AMOUNT = 46_400
const takeIn = (reference: string) => createActivities({ db }).takeInNotice({ provider, reference, asOf: ASOF })

/** How it may be learned that a payment came back. */
const LEARNED: Readonly<Record<string, (reference: string, payer: string) => Promise<void>>> = {
  'the provider calls': async (reference, payer) => {
    await hear(db, { reference, amountMinor: AMOUNT, payer, status: 'bounced', asOf: ASOF })
    await takeIn(reference)
  },
  'it stands in a statement': async (reference, payer) => {
    const row = { line: 2, reference, amountMinor: AMOUNT, currency: 'INR', status: 'bounced', paidAt: ASOF, payer } as const
    const plant = await readPlant(db, PLANT, ASOF)
    const days = { fromDate: '2026-07-15', toDate: '2026-07-15' }
    const statement = { plant, provider, ...days, channel: 'wallet', rows: [row], importedBy: 'deepa', asOf: ASOF } as const
    await inTransaction(db, (tx) => importProviderStatement(tx, statement))
    await takeIn(reference)
  },
  'staff report it, and head office confirms': async (reference) => {
    const payment = await paymentOf(db, reference)
    const said = { reason: 'bounced', proof: 'MEMO-7', reportedBy: 'asha', asOf: ASOF } as const
    await inTransaction(db, (tx) => reportBounce(tx, payment, said))
    const { reportId = 0 } = (await openBounceReport(db, payment.paymentId)) ?? {}
    const workflowId = processIds.payment(provider, reference)
    const decision = { workflowId, step: bounceStep(reportId), verdict: 'confirmed', decidedBy: 'geeta', decidedAt: ASOF }
    await recordDecision(db, decision)
    await createActivities({ db }).settleBounceReport({ provider, reference, asOf: ASOF })
  },
}

test('that a payment came back has the same consequences however we learn of it (billing.md rule 17; Kill Bill #1832)', async () => {
  const ends = []
  for (const [n, [way, learn]] of Object.entries(LEARNED).entries()) {
    const { accountId, customerId } = await connectCustomer(db)
    const bill = await owe(db, accountId, { ...electricity('2026-06-01', AMOUNT, '2026-07-10'), asOf: ASOF })
    const reference = `came-back-${n}`
    await hear(db, { reference, amountMinor: AMOUNT, payer: customerId, asOf: ASOF })
    await takeIn(reference)
    expect([way, await openOf(db, bill)]).toEqual([way, [0]])
    await db.deleteFrom('outbox').execute()

    await learn(reference, customerId)
    const { state, bouncedAt, bounceReason } = await paymentOf(db, reference)
    ends.push({
      payment: { state, bouncedAt, bounceReason },
      open: await openOf(db, bill),
      told: await toldOf(accountId),
      postings: await postingsOf(accountId),
      // Who owes is chased again by the process that collects.
      chased: await isChased(customerId),
    })
  }
  const [first, ...others] = ends
  expect(first).toMatchObject({
    payment: { state: 'bounced', bouncedAt: ASOF, bounceReason: 'bounced' },
    open: [AMOUNT],
    told: ['payment-received', 'payment-reversed'],
    chased: true,
  })
  for (const other of others) expect(other).toEqual(first)
  await expectBooksInBalance(db)
})

async function toldOf(accountId: string): Promise<string[]> {
  const rows = db.selectFrom('notifications').select('kind').where('accountId', '=', accountId)
  return (await rows.orderBy('notificationId').execute()).map(({ kind }) => kind)
}

/** The postings of an account, its own name left out. */
async function postingsOf(accountId: string): Promise<string[]> {
  const rows = db.selectFrom('postings').select(['debit', 'credit', 'amountMinor']).where('accountId', '=', accountId)
  return (await rows.orderBy('postingId').execute()).map(({ debit, credit, amountMinor }) =>
    `${debit} ${credit} ${amountMinor}`.replaceAll(accountId, 'A'),
  )
}

async function isChased(customerId: string): Promise<boolean> {
  const started = await db.selectFrom('outbox').select('workflowId').where('kind', '=', 'start').execute()
  return started.some(({ workflowId }) => workflowId === processIds.collection(customerId))
}
