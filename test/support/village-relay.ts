import { sql } from 'kysely'
import type { Db } from '../../db/client.ts'
import { readClock } from '../../db/queries/clock.ts'
import { businessAt } from '../../domain/business-time.ts'
import { consoleSender } from '../../notifications/sender.ts'
import { deliverNotices } from '../../workers/relay/notices.ts'
import { sendOutbox } from '../../workers/relay/outbox.ts'
import { TEST_TASK_QUEUE, type TestTemporal } from './temporal.ts'
import { answerCommands } from './village-meters.ts'

export interface VillageRelay {
  /**
   * Everything that waits leaves the database: starts, nudges, notices and what meters answer. Returns how much moved; asked again
   * when nothing waits it costs one query, since a test asks thousands of times.
   */
  readonly round: () => Promise<number>
}

export interface RelayDeps {
  readonly db: Db
  readonly temporal: TestTemporal
  readonly plant: string
  /** Meters that do not answer, by serial. */
  readonly away: Set<string>
  /** Meters that refuse for good, by serial: the reason they give. */
  readonly refusing: Map<string, string>
  /** Told the workflow id of every run that is about to be started. */
  readonly onStart: (workflowId: string) => void
}

/** The relay's own functions, as a test calls them: at once, and again until nothing waits. */
export function createVillageRelay(deps: RelayDeps): VillageRelay {
  const { db, temporal, away } = deps
  // Notices that quiet hours hold back stay queued: they are tried again only when time has moved or others have joined them.
  let lastTried = ''
  return {
    round: async () => {
      const waits = await whatWaits(db, [...away])
      let moved = 0
      if (waits.outbox > 0) moved += await send(deps)
      if (waits.notices !== '') {
        const wallMs = Date.parse(await temporal.now())
        const trying = `${wallMs} ${waits.notices}`
        if (trying !== lastTried) moved += await deliver(db, wallMs)
        lastTried = trying
      }
      if (waits.commands > 0) moved += await answer(deps)
      return moved
    },
  }
}

async function whatWaits(db: Db, away: readonly string[]): Promise<{ outbox: number; notices: string; commands: number }> {
  const { rows } = await sql<{ outbox: number; notices: string | null; commands: number }>`
    select (select count(*) from outbox) as outbox,
      (select string_agg(notification_id::text, ' ' order by notification_id) from notifications where state = 'queued') as notices,
      (select count(*) from meter_commands where state = 'open' and not serial = any(${away})) as commands`.execute(db)
  const [{ outbox, notices, commands } = { outbox: 0, notices: null, commands: 0 }] = rows
  return { outbox, notices: notices ?? '', commands }
}

async function send({ db, temporal, onStart }: RelayDeps): Promise<number> {
  const starts = await db.selectFrom('outbox').select('workflowId').where('kind', '=', 'start').execute()
  for (const { workflowId } of starts) onStart(workflowId ?? '')
  return sendOutbox({ db, client: temporal.client, taskQueue: TEST_TASK_QUEUE, onError: fail })
}

/** Returns how many notices went. */
async function deliver(db: Db, wallMs: number): Promise<number> {
  await db
    .updateTable('notifications')
    .set({ nextAttemptAt: sql<string>`now()` })
    .where('state', '=', 'queued')
    .execute()
  const before = await queued(db)
  await deliverNotices({ db, sender: consoleSender(() => undefined), now: () => wallMs, onError: fail })
  return before - (await queued(db))
}

async function answer({ db, temporal, plant, away, refusing }: RelayDeps): Promise<number> {
  const asOf = businessAt(await readClock(db, plant), Date.parse(await temporal.now()))
  return answerCommands(db, { away, refusing, asOf })
}

async function queued(db: Db): Promise<number> {
  const { n } = await db
    .selectFrom('notifications')
    .select((eb) => eb.fn.countAll<number>().as('n'))
    .where('state', '=', 'queued')
    .executeTakeFirstOrThrow()
  return Number(n)
}

function fail(id: number, error: unknown): void {
  throw new Error(`could not send ${id}: ${String(error)}`)
}
