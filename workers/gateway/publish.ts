import type { Db } from '../../db/client.ts'
import { readClock } from '../../db/queries/clock.ts'
import {
  type Attempt,
  countAttempts,
  type DueCommand,
  notePublished,
  retrySoon,
  takeDueCommands,
} from '../../db/queries/command-attempts.ts'
import { businessAt } from '../../domain/business-time.ts'
import { utcOffsetMin } from '../../domain/calendar.ts'
import { pauseAfterAttemptS } from '../../domain/command-pace.ts'
import type { MeterClient } from '../../meters/client.ts'
import { setDesiredCommand } from '../../meters/desired.ts'

const BATCH = 50
/** A command that reaches its meter later than this is not obeyed; versions protect against the rest. */
const EXPIRES_AFTER_MS = 10 * 60 * 1000

export interface PublishDeps {
  readonly db: Db
  readonly client: Pick<MeterClient, 'connected' | 'publishCommand'>
  /** Wall time in ms. */
  readonly now: () => number
  readonly log: { warn(fields: object, text: string): void }
}

type Counted = { readonly command: DueCommand; readonly attempt: Attempt }

/**
 * Sends one batch of due commands and returns how many were tried. Any number of gateways may run. Each attempt is counted and
 * the next one kept before it is made: a crash, a broker that is away or a meter that is loses nothing.
 */
export async function publishDue({ db, client, now, log }: PublishDeps): Promise<number> {
  if (!client.connected()) return 0
  const counted = await takeBatch(db, now())
  const results = await Promise.allSettled(counted.map((one) => publish(client, one, now())))
  const failed = counted.filter((_, index) => results[index]?.status === 'rejected')
  const published = counted.filter((one) => !failed.includes(one))
  await notePublished(db, idsOf(published))
  await retrySoon(db, idsOf(failed))
  if (failed.length > 0) log.warn({ commandIds: idsOf(failed) }, 'commands did not reach the broker; they are sent again')
  return counted.length
}

async function takeBatch(db: Db, wallMs: number): Promise<Counted[]> {
  return db.transaction().execute(async (tx) => {
    const due = await takeDueCommands(tx, BATCH)
    const clocks = new Map(
      await Promise.all(
        [...new Set(due.map(({ plant }) => plant))].map(async (plant) => [plant, await readClock(tx, plant)] as const),
      ),
    )
    const counted = due.map((command): Counted => {
      const clock = clocks.get(command.plant) ?? []
      const pauseS = pauseAfterAttemptS({ attempts: command.attempts + 1, speed: clock.at(-1)?.speed ?? 1 })
      return {
        command,
        attempt: { commandId: command.commandId, pauseS, utcOffsetMin: utcOffsetMin(businessAt(clock, wallMs), command.zone) },
      }
    })
    await countAttempts(
      tx,
      counted.map(({ attempt }) => attempt),
    )
    return counted
  })
}

/** Every attempt has an id of its own on the wire: a meter gives its old answer to an old one, without doing anything. */
async function publish(client: PublishDeps['client'], { command, attempt }: Counted, wallMs: number): Promise<void> {
  const desired = { ...command, utcOffsetMin: attempt.utcOffsetMin }
  const envelope = {
    commandId: `${command.commandId}:${command.attempts + 1}`,
    issuedAt: new Date(wallMs).toISOString(),
    expiresAt: new Date(wallMs + EXPIRES_AFTER_MS).toISOString(),
  }
  await client.publishCommand({ plant: command.plant, serial: command.serial, command: setDesiredCommand(desired, envelope) })
}

function idsOf(counted: readonly Counted[]): string[] {
  return counted.map(({ command }) => command.commandId)
}
