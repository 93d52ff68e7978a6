import { sql } from 'kysely'
import type { Db, Tx } from '../client.ts'

const LARGEST_KEPT_BYTES = 256 * 1024

/** A message that cannot be stored where it belongs, with the reason. `detail` never repeats the payload. */
export interface Reject {
  readonly topic: string
  readonly payload: Buffer
  readonly problem: string
  readonly detail?: string
}

/** Puts a message aside for a person to look at; the same bytes again are counted. */
export async function setAside(db: Db | Tx, { topic, payload, problem, detail = '' }: Reject): Promise<void> {
  await db
    .insertInto('meterRejects')
    // A topic may hold NUL, which text cannot.
    .values({ topic: topic.replaceAll('\0', '\uFFFD'), payload: payload.subarray(0, LARGEST_KEPT_BYTES), problem, detail })
    .onConflict((c) =>
      c.columns(['topic', 'problem', 'payloadSha256']).doUpdateSet({
        times: sql<number>`meter_rejects.times + 1`,
        lastReceivedAt: sql<string>`now()`,
      }),
    )
    .execute()
}

/** Keeps an event of a meter; the same one again changes nothing. */
export async function storeEvent(
  tx: Tx,
  event: { serial: string; kind: string; takenAt: string; payload: object },
): Promise<void> {
  await tx
    .insertInto('meterEvents')
    .values({ ...event, payload: JSON.stringify(event.payload) })
    .onConflict((c) => c.doNothing())
    .execute()
}

/** The meters were heard at these business times; what is older changes nothing. */
export async function noteHeard(tx: Tx, heard: ReadonlyMap<string, string>): Promise<void> {
  if (heard.size === 0) return
  // In one order, so that two gateways that heard the same meters wait for each other.
  const serials = [...heard.keys()].toSorted()
  await sql`
    insert into meter_reported (serial, last_seen_at)
    select serial, heard_at from unnest(${serials}::text[], ${serials.map((serial) => heard.get(serial) ?? null)}::timestamptz[])
      as heard (serial, heard_at)
    on conflict (serial) do update
      set last_seen_at = greatest(meter_reported.last_seen_at, excluded.last_seen_at)`.execute(tx)
}
