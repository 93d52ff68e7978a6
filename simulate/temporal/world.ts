import { createActivities } from '../../activities/index.ts'
import type { Db } from '../../db/client.ts'
import { readClock } from '../../db/queries/clock.ts'
import { businessAt, wallFor } from '../../domain/business-time.ts'
import { addToInstant } from '../../domain/calendar.ts'
import { PLANT, type World, ZONE } from '../world.ts'
import type { SkippingServer } from './server.ts'
import { createSettling } from './settle.ts'

/**
 * The same world on Temporal: the real worker, the relay's own functions, a server whose clock skips. That clock moves only when something
 * is due or done; a day on which nothing is costs a look at the database.
 */
export async function temporalWorld(db: Db, server: SkippingServer): Promise<World> {
  const { client, taskQueue, wallNow } = server
  const away = new Set<string>()
  const settling = createSettling({ db, client, taskQueue, plant: PLANT, wallNow, away, refusing: new Map() })
  await server.work(settling.counted(createActivities({ db })))
  const segments = await readClock(db, PLANT)
  let now = businessAt(segments, await wallNow())
  const { settle } = settling
  const moveTo = async (instant: string): Promise<void> => {
    const wall = wallFor(segments, instant) ?? 0
    const left = wall - (await wallNow())
    if (left > 0) await server.sleep(left)
    if (instant > now) now = instant
  }
  const arrive = async (): Promise<void> => moveTo(now)
  return {
    db,
    audited: db,
    away,
    now: () => Promise.resolve(now),
    wallClock: async () => {
      await arrive()
      const wall = await wallNow()
      return () => wall
    },
    deliverHeld: async () => {
      await arrive()
      await settle()
    },
    settle: async () => {
      if (!(await settling.hasWork())) return
      await arrive()
      await settle()
    },
    async advanceTo(instant) {
      for (let due = await nextDue(db, now); due !== undefined && due < instant; due = await nextDue(db, now)) {
        await moveTo(addToInstant(due, 'PT1S', ZONE))
        await settle()
      }
      if (instant > now) now = instant
    },
    async decide(workflowId, name, input) {
      await arrive()
      await settle()
      await client.workflow.getHandle(workflowId).executeUpdate(name, { args: [input] })
      await settle()
    },
  }
}

/** When the next process acts by itself. */
async function nextDue(db: Db, after: string): Promise<string | undefined> {
  const { dueAt } = await db
    .selectFrom('processes')
    .select((eb) => eb.fn.min('dueAt').as('dueAt'))
    .where('outcome', 'is', null)
    .where('dueAt', '>', after)
    .executeTakeFirstOrThrow()
  return dueAt ?? undefined
}
