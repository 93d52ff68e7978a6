import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { inTransaction } from '../../db/queries/accounts.ts'
import { appendClockSegment, readClock } from '../../db/queries/clock.ts'
import { chosenSpeed } from '../../db/queries/sandbox.ts'
import { nudge } from '../../db/queries/outbox.ts'
import { saveStage } from '../../db/queries/processes.ts'
import { businessAt } from '../../domain/business-time.ts'
import { makeDailyRounds } from '../../workers/relay/daily-rounds.ts'
import { tendSandboxes } from '../../workers/relay/sandbox.ts'
import { meteredPlant, type MeteredPlant } from '../support/metered-plant.ts'
import { freshDatabase, type TestDatabase } from '../support/postgres.ts'

let database: TestDatabase
let sandbox: MeteredPlant
let real: MeteredPlant
let wallMs: number
const lines: object[] = []

beforeAll(async () => {
  database = await freshDatabase()
  sandbox = await meteredPlant(database.db, { meters: 1 })
  real = await meteredPlant(database.db, { meters: 1 })
  await database.db.updateTable('plants').set({ sandbox: false }).where('plant', '=', real.plant).execute()
  wallMs = sandbox.nowWall()
  await database.db.deleteFrom('outbox').execute()
})
afterAll(() => database.close())

/** The relay looks again after so many seconds. */
async function tend(afterS: number): Promise<void> {
  wallMs += afterS * 1000
  await tendSandboxes({ db: database.db, now: () => wallMs, log: { info: (fields) => void lines.push(fields) } })
}
const clock = (plant: string) =>
  database.db.selectFrom('clockSegments').select(['speed', 'reason']).where('plant', '=', plant).orderBy('wallFrom').execute()
const fallBehind = async (): Promise<void> => {
  await inTransaction(database.db, (tx) => nudge(tx, 'account:BHKATS-A0001'))
  await database.db
    .updateTable('outbox')
    .set({ recordedAt: new Date(Date.now() - 7_000).toISOString() })
    .execute()
}

test('a sandbox slows down while the server is behind, says so, and comes back; a real plant never does', async () => {
  await tend(30)
  expect(await clock(sandbox.plant)).toHaveLength(1)
  await fallBehind()
  for (const afterS of [1, 11, 11, 11, 11]) await tend(afterS)
  // 43,200 → a half, a quarter, an eighth, and no slower.
  expect((await clock(sandbox.plant)).map(({ speed }) => speed)).toEqual([43_200, 21_600, 10_800, 5_400])
  expect((await clock(sandbox.plant)).at(-1)?.reason).toBe('pace: oldest unsent nudge waits 7 s')
  expect(lines).toHaveLength(3)
  expect(await chosenSpeed(database.db, sandbox.plant)).toBe(43_200)
  await database.db.deleteFrom('outbox').execute()
  for (const afterS of [1, 21, 21, 21, 21]) await tend(afterS)
  expect((await clock(sandbox.plant)).slice(4).map(({ speed, reason }) => [speed, reason])).toEqual([
    [10_800, 'pace: caught up'],
    [21_600, 'pace: caught up'],
    [43_200, 'pace: caught up'],
  ])
  expect(await clock(real.plant)).toHaveLength(1)
})

test('business time does not jump at a change of speed', async () => {
  await fallBehind()
  await tend(60)
  const segments = await readClock(database.db, sandbox.plant)
  const before = segments.slice(0, -1)
  const changeAt = Date.parse(segments.at(-1)?.wallFrom ?? '')
  expect(businessAt(segments, changeAt)).toBe(businessAt(before, changeAt))
  // Whoever reads the clock while the change is on its way still has the old speed.
  expect(changeAt - wallMs).toBe(500)
  await database.db.deleteFrom('outbox').execute()
})

test('whoever sleeps by the slow clock is woken when it gets faster', async () => {
  const asleep = {
    workflowId: 'billing:test',
    workflowType: 'billCustomer',
    input: {},
    stage: 'Waiting',
    asOf: sandbox.nowBusiness(),
  }
  await inTransaction(database.db, (tx) => saveStage(tx, { ...asleep, plant: sandbox.plant }))
  await inTransaction(database.db, (tx) => saveStage(tx, { ...asleep, workflowId: 'billing:real', plant: real.plant }))
  await tend(21)
  expect((await clock(sandbox.plant)).at(-1)).toMatchObject({ speed: 43_200 })
  const woken = await database.db.selectFrom('outbox').select('topic').execute()
  expect(woken).toEqual([{ topic: 'process:billing:test' }])
  await database.db.deleteFrom('outbox').execute()
})

test('a start that is broken does not slow the sandbox for ever', async () => {
  const { length } = await clock(sandbox.plant)
  await fallBehind()
  await database.db.updateTable('outbox').set({ attempts: 5 }).execute()
  await tend(11)
  expect(await clock(sandbox.plant)).toHaveLength(length)
  await database.db.deleteFrom('outbox').execute()
})

test('a stopped sandbox is left alone, and its heart beats', async () => {
  await tend(1)
  const segments = await readClock(database.db, sandbox.plant)
  const at = { wallFrom: new Date(wallMs + 2_000).toISOString(), businessFrom: businessAt(segments, wallMs + 2_000) }
  await appendClockSegment(database.db, { plant: sandbox.plant, ...at, speed: 0, reason: 'stopped' })
  const { length } = await clock(sandbox.plant)
  await fallBehind()
  await tend(60)
  expect(await clock(sandbox.plant)).toHaveLength(length)
  const beats = await database.db.selectFrom('clockHeartbeats').selectAll().execute()
  expect(beats).toEqual([{ plant: sandbox.plant, wallAt: new Date(wallMs).toISOString() }])
})

test('the daily round of a plant is made once a business day, by whichever relay comes first', async () => {
  await database.db.deleteFrom('outbox').execute()
  const starts = async () =>
    (await database.db.selectFrom('outbox').select('workflowId').where('kind', '=', 'start').execute()).map(
      ({ workflowId }) => workflowId,
    )
  const onTheFirst = { db: database.db, now: real.nowWall }
  await Promise.all([makeDailyRounds(onTheFirst), makeDailyRounds(onTheFirst), makeDailyRounds(onTheFirst)])
  expect((await starts()).toSorted()).toEqual([`find-due-billing:${real.plant}`, `find-due-billing:${sandbox.plant}`].toSorted())
  real.setBusiness('2026-07-02T00:00:00.000Z')
  await makeDailyRounds(onTheFirst)
  await makeDailyRounds(onTheFirst)
  expect((await starts()).filter((id) => id === `find-due-billing:${real.plant}`)).toHaveLength(2)
})
