import { setTimeout as sleep } from 'node:timers/promises'
import { createActivities } from '../../../activities/index.ts'
import type { Db } from '../../../db/client.ts'
import { KATSA_POLICY_V1 } from '../../../domain/policy.ts'
import { consoleSender } from '../../../notifications/sender.ts'
import { startRelay } from '../../../workers/relay/relay.ts'
import { devServer } from '../../support/dev-server.ts'
import { freshNamespace } from '../../support/namespace.ts'
import { freshDatabase } from '../../support/postgres.ts'
import { realTimeTemporal, TEST_TASK_QUEUE, type TestTemporal } from '../../support/temporal.ts'
import { seedPlant } from '../../support/village.ts'

/** An activity that is about to be done. */
export interface Doing {
  readonly name: string
  readonly args: Readonly<Record<string, unknown>>
}

/** A plant on a real server where some activities can be made slow, so that something can land in the middle of them. */
export interface SlowWorld {
  readonly db: Db
  readonly temporal: TestTemporal
  /** From now on these take so long before their effect and as long after it; `onStart` is told of each as it begins. */
  slowDown(slow: { names: readonly string[]; ms: number; onStart: (doing: Doing) => void }): void
  close(): Promise<void>
}

type AnyActivity = (args: Record<string, unknown>) => Promise<unknown>

/** Noon of 15 July in Katsa, and time runs as in production. The server is a `devServer` with these choices. */
export async function slowWorld(choices: Parameters<typeof devServer>[0] = {}): Promise<SlowWorld> {
  const database = await freshDatabase()
  const { db, appUrl } = database
  const server = await devServer(choices)
  const temporal = await realTimeTemporal(await freshNamespace(server))
  const startsAt = '2026-07-15T06:30:00.000Z'
  await seedPlant(db, { wallFrom: new Date().toISOString(), startsAt, policy: KATSA_POLICY_V1 })
  let slow: Parameters<SlowWorld['slowDown']>[0] = { names: [], ms: 0, onStart: () => undefined }
  const slowed = (name: string, activity: AnyActivity): AnyActivity => {
    return async (args) => {
      if (!slow.names.includes(name)) return activity(args)
      const { ms, onStart } = slow
      onStart({ name, args })
      await sleep(ms)
      const result = await activity(args)
      await sleep(ms)
      return result
    }
  }
  const activities = Object.entries(createActivities({ db }) as unknown as Record<string, AnyActivity>)
  await temporal.runWorker(Object.fromEntries(activities.map(([name, activity]) => [name, slowed(name, activity)])))
  const relay = startRelay({
    db,
    databaseUrl: appUrl,
    client: temporal.client,
    taskQueue: TEST_TASK_QUEUE,
    sender: consoleSender(() => undefined),
    now: Date.now,
    log: { info: () => undefined, warn: () => undefined },
  })
  return {
    db,
    temporal,
    slowDown: (wanted) => {
      slow = wanted
    },
    close: async () => {
      await relay.stop()
      await temporal.close()
      await server.close()
      await database.close()
    },
  }
}
