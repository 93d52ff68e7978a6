import { sql } from 'kysely'
import type { Db } from '../../db/client.ts'
import { consoleSender } from '../../notifications/sender.ts'
import { deliverNotices } from '../../workers/relay/notices.ts'
import { answerCommands } from '../village/meters.ts'
import type { Engine } from './engine.ts'
import type { Stages } from './stages.ts'

interface Errand {
  readonly topic: string | null
  readonly workflowType: string | null
  readonly workflowId: string | null
  readonly input: Record<string, unknown> | null
}

interface Waiting {
  readonly errands: readonly Errand[]
  readonly notices: number
  readonly commands: number
}

export interface Carrying {
  readonly engine: Engine
  readonly stages: Stages
  readonly away: Set<string>
  readonly asOf: string
}

/**
 * What the relay, the provider of messages and the meters do, once: empties the outbox, delivers what may be delivered, lets meters answer.
 * False where there was nothing.
 */
export async function carry(db: Db, { engine, stages, away, asOf }: Carrying): Promise<boolean> {
  const { errands, notices, commands } = await takeWaiting(db)
  await run(engine, stages, errands)
  if (errands.length > 0) return true
  if (notices > 0) await deliver(db, { asOf, wallMs: engine.nowMs(), notices })
  const answered = commands === 0 ? 0 : await answerCommands(db, { away, refusing: new Map(), asOf })
  return notices + answered > 0
}

/** What was held over the night is tried again. */
export async function tryHeldNotices(db: Db): Promise<void> {
  await sql`update notifications set next_attempt_at = now() where state = 'queued' and next_attempt_at > now()`.execute(db)
}

/** One look for everything: it is made after each step of each run. */
async function takeWaiting(db: Db): Promise<Waiting> {
  const { rows } = await sql<Waiting>`
    with taken as (delete from outbox returning outbox_id, topic, workflow_type, workflow_id, input)
    select (select coalesce(json_agg(json_build_object('topic', topic, 'workflowType', workflow_type, 'workflowId', workflow_id, 'input', input)
        order by outbox_id), '[]') from taken) as errands,
      (select count(*) from notifications where state = 'queued' and next_attempt_at <= now()) as notices,
      (select count(*) from meter_commands where state = 'open') as commands`.execute(db)
  return rows[0] ?? { errands: [], notices: 0, commands: 0 }
}

/** Starts and nudges in the order in which they were written; who is told the same twice looks once. */
async function run(engine: Engine, stages: Stages, errands: readonly Errand[]): Promise<void> {
  const done = new Set<string>()
  for (const { topic, workflowType, workflowId, input } of errands) {
    if (topic === null && workflowType !== null && workflowId !== null) {
      await engine.startOrWake({ workflowType, workflowId, input: input ?? {} })
      done.add(workflowId)
    }
    for (const waiter of topic === null ? [] : stages.waitersOf(topic)) {
      if (done.has(waiter)) continue
      done.add(waiter)
      await engine.wake(waiter)
    }
  }
}

/** Receipts and words to the staff: many, and no process waits until they are delivered. */
const AWAITED_BY_NOBODY = sql`(staff_login is not null or kind in ('payment-received', 'part-payment-received'))`

async function deliver(db: Db, { asOf, wallMs, notices }: { asOf: string; wallMs: number; notices: number }): Promise<void> {
  const { numAffectedRows } =
    await sql`update notifications set state = 'delivered', sent_at = ${asOf}, delivered_at = ${asOf}, attempts = attempts + 1
    where state = 'queued' and ${AWAITED_BY_NOBODY}`.execute(db)
  if (Number(numAffectedRows ?? 0) >= notices) return
  const onError = (id: number, error: unknown): void => {
    throw new Error(`could not send notice ${id}: ${String(error)}`)
  }
  while ((await deliverNotices({ db, sender: consoleSender(() => undefined), now: () => wallMs, onError })) > 0);
}
