import { sql } from 'kysely'
import { addToInstant } from '../../domain/calendar.ts'
import type { PaceFacts } from '../../domain/sandbox-pace.ts'
import type { Db, Tx } from '../client.ts'

/** What the reason of a clock segment begins with when no person chose its speed. */
export const PACE_REASON = 'pace: '

/** A start that was refused so often is broken; it says nothing of how far the server is. */
const BROKEN_AFTER_ATTEMPTS = 5

/** The plants whose time is not the world's. */
export async function sandboxPlants(db: Db): Promise<{ plant: string; zone: string }[]> {
  return db.selectFrom('plants').select(['plant', 'timeZone as zone']).where('sandbox', '=', true).orderBy('plant').execute()
}

/** Notes that the sandbox lived up to this wall time: after a crash it goes on from here. */
export async function beatClock(db: Db | Tx, plant: string, wallAt: string): Promise<void> {
  await db
    .insertInto('clockHeartbeats')
    .values({ plant, wallAt })
    .onConflict((c) => c.column('plant').doUpdateSet({ wallAt }))
    .execute()
}

/** The speed that a person chose for the sandbox, whatever it runs at now; undefined for a plant without a clock. */
export async function chosenSpeed(db: Db | Tx, plant: string): Promise<number | undefined> {
  const row = await db
    .selectFrom('clockSegments')
    .select('speed')
    .where('plant', '=', plant)
    .where('reason', 'not like', `${PACE_REASON}%`)
    .orderBy('wallFrom', 'desc')
    .limit(1)
    .executeTakeFirst()
  return row?.speed
}

/** How far behind the server is with the starts and nudges and with the processes of a plant, at its business time `asOf`. */
export async function readLag(
  db: Db | Tx,
  { plant, zone, asOf }: { plant: string; zone: string; asOf: string },
): Promise<Pick<PaceFacts, 'oldestUnsentMs' | 'openProcesses' | 'overdueProcesses'>> {
  const unsent = await db
    .selectFrom('outbox')
    .select(sql<number>`coalesce(round(extract(epoch from now() - min(recorded_at)) * 1000), 0)::float8`.as('oldestMs'))
    .where('attempts', '<', BROKEN_AFTER_ATTEMPTS)
    .executeTakeFirstOrThrow()
  const processes = await db
    .selectFrom('processes')
    .select((eb) => eb.fn.countAll<number>().as('open'))
    // Only what acts by itself when its time comes; and what stays late for good is somebody's business, not the server's.
    .select((eb) =>
      eb.fn
        .countAll<number>()
        .filterWhere('waitingFor', 'in', ['clock', 'customer'])
        .filterWhere('dueAt', '<', addToInstant(asOf, '-P1D', zone))
        .filterWhere('dueAt', '>', addToInstant(asOf, '-P4D', zone))
        .as('overdue'),
    )
    .where('plant', '=', plant)
    .where('outcome', 'is', null)
    .executeTakeFirstOrThrow()
  return { oldestUnsentMs: unsent.oldestMs, openProcesses: processes.open, overdueProcesses: processes.overdue }
}

/** Wakes every open process of a plant: those that sleep by the old speed would oversleep. */
export async function wakePlant(db: Db | Tx, plant: string): Promise<void> {
  await db
    .insertInto('outbox')
    .columns(['kind', 'topic'])
    .expression((eb) =>
      eb
        .selectFrom('processes')
        .select([sql.lit('nudge').as('kind'), sql<string>`'process:' || workflow_id`.as('topic')])
        .where('plant', '=', plant)
        .where('outcome', 'is', null),
    )
    .execute()
}
