import { sql } from 'kysely'
import type { Db, Tx } from '../client.ts'

/** A command whose time has come, with what is asked. */
export interface DueCommand {
  readonly commandId: string
  readonly serial: string
  /** Attempts before this one. */
  readonly attempts: number
  readonly plant: string
  readonly zone: string
  readonly version: number
  readonly loadLimitW: number
  readonly activeFrom: string
  readonly activeTo: string
  readonly relay: 'auto' | 'open'
  readonly validUntil: string | null
}

/** What the gateway decided on an attempt: how long until the next one, and the offset it sends. */
export interface Attempt {
  readonly commandId: string
  readonly pauseS: number
  readonly utcOffsetMin: number
}

/** A meter that just came back is left this long to answer what it was sent a moment ago. */
const ANSWER_TIME_S = 2

/** Open commands that are due, locked for this transaction; those another gateway holds are passed over. */
export async function takeDueCommands(tx: Tx, limit: number): Promise<DueCommand[]> {
  const rows = await tx
    .selectFrom('meterCommands as command')
    .innerJoin('meters', 'meters.serial', 'command.serial')
    .innerJoin('plants', 'plants.plant', 'meters.plant')
    .innerJoin('meterDesired as desired', (join) =>
      join.onRef('desired.serial', '=', 'command.serial').onRef('desired.version', '=', 'command.desiredVersion'),
    )
    .select(['commandId', 'command.serial', 'attempts', 'meters.plant', 'timeZone as zone'])
    .select(['version', 'loadLimitW', 'activeFrom', 'activeTo', 'desired.relay', 'validUntil'])
    .where('command.state', '=', 'open')
    .where('nextAttemptAt', '<=', sql<string>`now()`)
    .orderBy('nextAttemptAt')
    .limit(limit)
    .forUpdate('command')
    .skipLocked()
    .execute()
  return rows as DueCommand[]
}

/** Counts an attempt before it is made, so that each is made once, and keeps the next one even if this process dies now. */
export async function countAttempts(tx: Tx, attempts: readonly Attempt[]): Promise<void> {
  if (attempts.length === 0) return
  await sql`
    update meter_commands set attempts = attempts + 1, next_attempt_at = now() + make_interval(secs => made.pause_s),
      body = jsonb_build_object('utcOffsetMin', made.utc_offset_min)
    from unnest(${attempts.map((one) => one.commandId)}::uuid[], ${attempts.map((one) => one.pauseS)}::float8[],
      ${attempts.map((one) => one.utcOffsetMin)}::int[]) as made (command_id, pause_s, utc_offset_min)
    where meter_commands.command_id = made.command_id`.execute(tx)
}

/** The broker has these; whether the meters have them only their reports will tell. */
export async function notePublished(db: Db, commandIds: readonly string[]): Promise<void> {
  if (commandIds.length === 0) return
  await db
    .updateTable('meterCommands')
    .set({ publishedAt: sql<string>`now()` })
    .where('commandId', 'in', commandIds)
    .execute()
}

/** These did not reach the broker: they are sent again soon, whatever the pause would have been. */
export async function retrySoon(db: Db, commandIds: readonly string[]): Promise<void> {
  if (commandIds.length === 0) return
  await db
    .updateTable('meterCommands')
    .set({ nextAttemptAt: sql<string>`now() + interval '1 second'` })
    .where('commandId', 'in', commandIds)
    .where('state', '=', 'open')
    .execute()
}

/** Makes the open commands of one meter, or of all, due now; what was sent a moment ago may first be answered. */
export async function bringForward(db: Db | Tx, serial?: string): Promise<void> {
  await db
    .updateTable('meterCommands')
    .set({
      nextAttemptAt: sql<string>`least(next_attempt_at,
        greatest(now(), coalesce(published_at, '-infinity') + make_interval(secs => ${ANSWER_TIME_S})))`,
    })
    .where('state', '=', 'open')
    .$if(serial !== undefined, (query) => query.where('serial', '=', serial ?? ''))
    .execute()
}

/** Keeps what the meter answered to an attempt of this command; undefined when we never sent it that. */
export async function noteAnswer(
  tx: Tx,
  answer: { commandId: string; serial: string; text: string },
): Promise<{ version: number; isOpen: boolean } | undefined> {
  const row = await tx
    .updateTable('meterCommands')
    .set({ lastAnswer: answer.text })
    .where('commandId', '=', answer.commandId)
    .where('serial', '=', answer.serial)
    .returning(['desiredVersion', 'state'])
    .executeTakeFirst()
  return row && { version: row.desiredVersion, isOpen: row.state === 'open' }
}

/**
 * Installed smart meters, by serial after `after`, that have no open command though their report does not show the newest
 * version, or shows another offset than their plant has now (`offsets` by plant).
 */
export async function suspectMeters(
  db: Db,
  { after, limit, offsets }: { after: string; limit: number; offsets: ReadonlyMap<string, number> },
): Promise<{ serial: string; plant: string }[]> {
  const { rows } = await sql<{ serial: string; plant: string }>`
    select serial, plant from (
      select m.serial, m.plant, reported.utc_offset_min <> plant_offset.minutes as is_wrong_offset,
        reported.version is distinct from desired.version or reported.load_limit_w is distinct from desired.load_limit_w
          or reported.active_from is distinct from desired.active_from or reported.active_to is distinct from desired.active_to
          or reported.relay_mode is distinct from desired.relay or (desired.relay = 'open' and reported.relay <> 'open')
          or reported.valid_until is distinct from desired.valid_until as is_wrong
      from meters m
        join meter_installations installation on installation.serial = m.serial and installation.removed_at is null
        join unnest(${[...offsets.keys()]}::text[], ${[...offsets.values()]}::int[]) as plant_offset (plant, minutes) on plant_offset.plant = m.plant
        join lateral (select * from meter_desired d where d.serial = m.serial order by version desc limit 1) desired on true
        left join meter_reported reported on reported.serial = m.serial
      where m.kind = 'smart' and m.serial > ${after} and coalesce(reported.refused_version, 0) < desired.version
        and not exists (select 1 from meter_commands c where c.serial = m.serial and c.state = 'open')
    ) looked_at where is_wrong or is_wrong_offset order by serial limit ${limit}`.execute(db)
  return rows
}
