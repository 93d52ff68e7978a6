import { sql } from 'kysely'
import type { Db, Tx } from '../client.ts'
import type { JsonValue } from '../tables.ts'

/** A request that must act once: who sent it, under which key of theirs. */
export interface IdempotentRequest {
  readonly actor: string
  readonly key: string
}

/** How a key stands: ours to act on now, taken by another body, being acted on, or answered already. */
export type KeyState =
  | { readonly state: 'taken' }
  | { readonly state: 'other-body' }
  | { readonly state: 'running' }
  | { readonly state: 'answered'; readonly status: number; readonly body: JsonValue }

/** A request whose process died with it leaves its key running; after this long another may act on it. */
const ABANDONED_AFTER = sql`interval '1 minute'`

/** Takes the key for one request, or says why not. `fingerprint` is a digest of what was asked. */
export async function takeKey(db: Db | Tx, { actor, key }: IdempotentRequest, fingerprint: string): Promise<KeyState> {
  const taken = await db
    .insertInto('idempotencyKeys')
    .values({ actor, key, fingerprint })
    .onConflict((c) =>
      c.columns(['actor', 'key']).doUpdateSet({ recordedAt: sql`now()` }).where(sql<boolean>`idempotency_keys.status is null
        and idempotency_keys.fingerprint = excluded.fingerprint and idempotency_keys.recorded_at < now() - ${ABANDONED_AFTER}`),
    )
    .returning('key')
    .executeTakeFirst()
  if (taken !== undefined) return { state: 'taken' }
  const row = await db
    .selectFrom('idempotencyKeys')
    .select(['fingerprint', 'status', 'body'])
    .where('actor', '=', actor)
    .where('key', '=', key)
    .executeTakeFirst()
  if (row === undefined) return { state: 'running' }
  if (row.fingerprint !== fingerprint) return { state: 'other-body' }
  return row.status === null ? { state: 'running' } : { state: 'answered', status: row.status, body: row.body }
}

/**
 * Keeps the answer for whoever asks again. A route that creates something calls it inside the transaction that does, so that
 * a crash between the two cannot create it twice; the first answer stands.
 */
export async function keepAnswer(
  db: Db | Tx,
  { actor, key }: IdempotentRequest,
  answer: { status: number; body: unknown },
): Promise<void> {
  await db
    .updateTable('idempotencyKeys')
    .set({ status: answer.status, body: JSON.stringify(answer.body ?? null) })
    .where('actor', '=', actor)
    .where('key', '=', key)
    .where('status', 'is', null)
    .execute()
}

/** Gives the key back after trouble of our own, so that the caller may try again with it. */
export async function releaseKey(db: Db | Tx, { actor, key }: IdempotentRequest): Promise<void> {
  await db.deleteFrom('idempotencyKeys').where('actor', '=', actor).where('key', '=', key).where('status', 'is', null).execute()
}
