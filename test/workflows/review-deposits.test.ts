import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals'
import { readCharges } from '../../db/queries/charges.ts'
import { dateAt } from '../../domain/calendar.ts'
import { credit, depositHeld } from '../../domain/ledger.ts'
import { processIds } from '../../domain/process-ids.ts'
import { retry } from '../../workflows/procedure.ts'
import { connectCustomer, type ConnectedCustomer, type CustomerWish } from '../support/connections.ts'
import { expectBooksInBalance, held } from '../support/payers.ts'
import { PLANT, type Village, village, ZONE } from '../support/village.ts'

// Katsa a year after everybody was connected, on 1 July 2026. B1.1 expects 464 rupees a month, so a deposit of 500 is due.
let katsa: Village
beforeAll(async () => {
  katsa = await village({ startsAt: '2027-07-01T03:30:00.000Z' })
}, 60_000)
afterAll(() => katsa.close())
afterEach(() => expectBooksInBalance(katsa.db))

const JULY_1 = processIds.depositReview(PLANT, '2027-07-01')
const connected = (wish: CustomerWish = {}): Promise<ConnectedCustomer> => connectCustomer(katsa.db, wish)

/** As the daily round of the relay starts it (test/money/deposit-review.test.ts), which begins other things as well. */
async function reviewToday(): Promise<void> {
  const date = dateAt(await katsa.now(), ZONE)
  await katsa.start('reviewDeposits', processIds.depositReview(PLANT, date), { plant: PLANT, date })
}

const asked = async ({ accountId }: ConnectedCustomer) =>
  (await readCharges(katsa.db, accountId)).filter(({ kind }) => kind === 'deposit').map(({ openMinor }) => openMinor)

const toldOf = async ({ accountId }: ConnectedCustomer) =>
  (
    await katsa.db
      .selectFrom('notifications')
      .select(['kind', 'state'])
      .where('accountId', '=', accountId)
      .orderBy('notificationId')
      .execute()
  ).map(({ kind, state }) => [kind, state])

const reviewed = async ({ accountId }: ConnectedCustomer) =>
  (await katsa.db.selectFrom('depositReviews').select('reviewOn').where('accountId', '=', accountId).execute()).map(
    ({ reviewOn }) => reviewOn,
  )

test('on the day a year is over everybody is reviewed: asked in parts, given back, or left in peace (billing.md rule 15)', async () => {
  const short = await connected({ depositMinor: 20_000 })
  const rich = await connected({ depositMinor: 80_000 })
  const fits = await connected()
  const newer = await connected({ connectedOn: '2026-07-03', depositMinor: 20_000 })
  // More than one set of a hundred; nobody is passed over.
  const many: ConnectedCustomer[] = []
  for (let n = 0; n < 101; n += 1) many.push(await connected({ pole: n < 60 ? '012' : '013' }))

  await reviewToday()
  expect(await katsa.process(JULY_1)).toMatchObject({ outcome: 'Reviewed' })

  // 500 − 200 = 300 rupees in three parts; 800 − 500 = 300 rupees of credit.
  expect(await asked(short)).toEqual([10_000, 10_000, 10_000])
  expect(await toldOf(short)).toEqual([['deposit-top-up-asked', 'delivered']])
  expect(await held(katsa.db, depositHeld(rich.accountId))).toBe(50_000)
  expect(await held(katsa.db, credit(rich.accountId))).toBe(30_000)
  expect(await toldOf(rich)).toEqual([['deposit-excess-credited', 'delivered']])
  expect(await toldOf(fits)).toEqual([])
  for (const customer of [short, rich, fits, ...many]) expect(await reviewed(customer)).toEqual(['2027-07-01'])
  expect(await reviewed(newer)).toEqual([])

  await katsa.advance('P2D')
  await reviewToday()
  expect(await reviewed(newer)).toEqual(['2027-07-03'])
  expect(await asked(short)).toHaveLength(3)
}, 120_000)

test('whom the rules refuse holds up nobody else: the run is parked with the reason, and goes on when it is put right', async () => {
  const wrong = await connected({ connectedOn: '2026-07-10', depositMinor: 20_000 })
  const after = await connected({ connectedOn: '2026-07-10', depositMinor: 20_000 })
  await priceBeyondMoney(wrong)
  await katsa.advanceTo('2027-07-10T03:30:00.000Z')
  await reviewToday()

  const workflowId = processIds.depositReview(PLANT, '2027-07-10')
  expect(await reviewed(after)).toEqual(['2027-07-10'])
  expect(await asked(after)).toHaveLength(3)
  expect(await katsa.process(workflowId)).toMatchObject({
    stage: 'Parked',
    waitingFor: 'cluster-in-charge',
    parkedReason: expect.stringMatching(/^INVALID_AMOUNT/),
  })
  expect([await reviewed(wrong), await asked(wrong)]).toEqual([[], []])
  const told = await katsa.db.selectFrom('notifications').select('staffLogin').where('kind', '=', 'process-parked').execute()
  expect(told).toEqual([{ staffLogin: 'deepa' }])

  await katsa.db.updateTable('connectionTerms').set({ packageCode: 'B1.1' }).where('customerId', '=', wrong.customerId).execute()
  await katsa.temporal.client.workflow.getHandle(workflowId).executeUpdate(retry, { args: [{ by: 'deepa' }] })
  await katsa.settle()
  expect(await katsa.process(workflowId)).toMatchObject({ outcome: 'Reviewed', parkedReason: null })
  expect([await reviewed(wrong), await asked(wrong)]).toEqual([['2027-07-10'], [10_000, 10_000, 10_000]])
  expect(await asked(after)).toHaveLength(3)
}, 60_000)

/** A package whose price somebody mistyped: a month of it is more than can be counted. */
async function priceBeyondMoney({ customerId }: ConnectedCustomer): Promise<void> {
  const terms = await katsa.db.selectFrom('packages').selectAll().where('code', '=', 'B1.1').executeTakeFirstOrThrow()
  await katsa.db
    .insertInto('packages')
    .values({ ...terms, code: 'B9.9', fixedChargeMinor: Number.MAX_SAFE_INTEGER })
    .execute()
  await katsa.db.updateTable('connectionTerms').set({ packageCode: 'B9.9' }).where('customerId', '=', customerId).execute()
}
