import { afterAll, beforeAll, expect, jest, test } from '@jest/globals'
import { createDatabase, type Db } from '../../db/client.ts'
import { inTransaction } from '../../db/queries/accounts.ts'
import { post } from '../../db/queries/ledger.ts'
import { createReadCache, publicTables, type ReadCache } from '../../simulate/engine/read-cache.ts'
import type { Call } from '../../simulate/engine/runs.ts'
import { BrokenInvariant } from '../../simulate/invariants/broken.ts'
import { planLives } from '../../simulate/lives/plan.ts'
import { freshDatabase, type TestDatabase } from '../support/postgres.ts'

// The engine stands in for Temporal's SDK, as the hook of `npm run simulate` has it.
jest.unstable_mockModule('@temporalio/workflow', () => import('../../simulate/engine/workflow-sdk.ts'))
jest.unstable_mockModule('../../workflows/plant-clock.ts', () => import('../../simulate/engine/plant-clock.ts'))

const { simulate, tellBroken } = await import('../../simulate/simulate.ts')
const workflows = (await import('../../workflows/index.ts')) as unknown as Readonly<Record<string, Call>>

interface Opened extends TestDatabase {
  readonly cached: Db
  readonly cache: ReadCache
}

let databases: Opened[] = []

async function open(): Promise<Opened> {
  const database = await freshDatabase()
  const cache = createReadCache(await publicTables(database.db))
  const cached = createDatabase(database.appUrl, { poolSize: 2, pipeline: true, onConnect: cache.onConnect })
  const opened = { ...database, cached, cache }
  databases.push(opened)
  return opened
}

beforeAll(() => {
  databases = []
})
afterAll(async () => {
  for (const { cached, close } of databases) {
    await cached.destroy()
    await close()
  }
})

test.each([11, 12])('twelve households of seed %i live four months, and everything holds every evening', async (seed) => {
  const plan = planLives({ customers: 12, months: 4, seed })
  const { db, cached, cache } = await open()
  try {
    const { years, checks } = await simulate(plan, { db: cached, audited: db, cache }, { workflows, onDay: () => undefined })
    expect(years).toHaveLength(1)
    expect(years[0]?.billsIssued).toBeGreaterThan(5)
    expect(checks).toBeGreaterThan(700)
  } catch (error) {
    if (error instanceof BrokenInvariant) throw new Error(await tellBroken(db, plan, error), { cause: error })
    throw error
  }
})

test('an account that does not add up is named with its day and its last events', async () => {
  const plan = planLives({ customers: 3, months: 3, seed: 5 })
  const { db, cached, cache } = await open()
  const said = await simulate(
    plan,
    { db: cached, audited: db, cache },
    { workflows, onDay: (day) => (day === '2026-09-05' ? void invent(db) : undefined) },
  ).then(
    () => 'nothing',
    (error: unknown) => (error instanceof BrokenInvariant ? tellBroken(db, plan, error) : String(error)),
  )
  expect(said).toMatch(
    /Seed 5, 2026-09-0\d: .*balance of credit derivable: BHKATS-A\d{4} ledger .*The last events of BHKATS-A\d{4}:/s,
  )
})

/** Ten rupees of credit that are posted as a payment there never was. */
async function invent(db: Db): Promise<void> {
  const { accountId } = await db
    .selectFrom('accounts')
    .select('accountId')
    .orderBy('accountId')
    .limit(1)
    .executeTakeFirstOrThrow()
  const posting = { leg: 1, debit: 'cash:asha', credit: `credit:${accountId}`, amountMinor: 1_000 }
  await inTransaction(db, (tx) =>
    post(tx, {
      ...{ eventKey: 'payment:nobody:1', plant: 'BHKATS', accountId, currency: 'INR', businessAt: '2026-09-04T18:40:00.000Z' },
      postings: [posting],
    }),
  )
}
