import { afterAll, expect, jest, test } from '@jest/globals'
import { fileURLToPath } from 'node:url'
import { searchAttributes } from '../../deploy/prepare-temporal.mjs'
import { timeSkippingServer } from '../../dev/stack/test-server.mjs'
import { workflowBundle } from '../../dev/stack/workflow-bundle.mjs'
import type { Call } from '../../simulate/engine/runs.ts'
import { planLives } from '../../simulate/lives/plan.ts'
import { freshDatabase, type TestDatabase } from '../support/postgres.ts'

// On the queue the engine stands in for Temporal's SDK; Temporal's own worker has its workflows from their bundle.
jest.unstable_mockModule('@temporalio/workflow', () => import('../../simulate/engine/workflow-sdk.ts'))
jest.unstable_mockModule('../../workflows/plant-clock.ts', () => import('../../simulate/engine/plant-clock.ts'))

const { liveThroughTemporal, simulate } = await import('../../simulate/simulate.ts')
const { compareBooks, differing } = await import('../../simulate/compare.ts')
const { skippingServer } = await import('../../simulate/temporal/server.ts')
const workflows = (await import('../../workflows/index.ts')) as unknown as Readonly<Record<string, Call>>

const closing: (() => Promise<void>)[] = []

afterAll(async () => {
  for (const close of closing.toReversed()) await close()
})

async function open(): Promise<TestDatabase> {
  const database = await freshDatabase()
  closing.push(database.close)
  return database
}

test('four households end in the same books on the queue and through Temporal', async () => {
  const plan = planLives({ customers: 4, months: 3, seed: 3 })
  const onDay = (): void => undefined
  const queue = await open()
  await simulate(plan, { db: queue.db, audited: queue.db }, { workflows, onDay })

  const temporal = await open()
  const file = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url))
  const { codePath } = await workflowBundle(file('workflows/index.ts'), [file('simulate/temporal/lasting-timers.ts')])
  const server = await skippingServer({ server: timeSkippingServer(), codePath, searchAttributes })
  closing.push(server.close)
  await liveThroughTemporal(plan, temporal.db, { server, onDay })

  const compared = await compareBooks(queue.db, temporal.db)
  expect(differing(compared)).toEqual([])
  // Deposits of the households, and all there is besides.
  expect(compared.length).toBeGreaterThan(15)
}, 280_000)
