import { sql } from 'kysely'
import type { Db, Tx } from '../../client.ts'
import { find, type Look, type RuleResult } from './finding.ts'

/** What the relay should have sent long ago, in wall time. */
const STUCK_AFTER = '15 minutes'

/** Nothing that nobody sees to: parked processes, errands that do not leave. */
export async function proveProcesses(tx: Tx, look: Look): Promise<RuleResult[]> {
  return [await find(tx, 'process-parked', parked(look)), await find(tx, 'outbox-stuck', stuck(look))]
}

function parked({ plant }: Look) {
  return sql`
    select workflow_id as subject, jsonb_build_object('since', changed_at, 'reason', left(parked_reason, 200)) as detail
    from processes where plant = ${plant} and outcome is null and stage = 'Parked'`
}

/** An errand is told at the plant that it names; one that names none at the first of all. */
function stuck({ plant }: Look) {
  return sql`
    select 'outbox:' || outbox_id as subject, jsonb_build_object('kind', kind, 'topic', topic, 'workflowId', workflow_id, 'attempts', attempts) as detail
    from (select o.*, coalesce(o.input ->> 'plant', substring(coalesce(o.topic, o.workflow_id) from '[:]([A-Z]{6})(?:[^A-Z]|$)'),
        (select a.plant from charges c join accounts a on a.account_id = c.account_id where o.topic = 'charge:' || c.charge_id),
        (select m.plant from meters m where o.topic in ('meter:' || m.serial, 'reading:' || m.serial)),
        (select min(t.plant) from plants t)) as of_plant
      from outbox o where o.recorded_at < now() - ${STUCK_AFTER}::interval) o
    where of_plant = ${plant}`
}

/** A page of open processes of a plant, by workflow id. */
export async function openProcessIds(
  db: Db,
  { plant, after, limit }: { plant: string; after: string; limit: number },
): Promise<string[]> {
  const rows = await db
    .selectFrom('processes')
    .select('workflowId')
    .where('plant', '=', plant)
    .where('outcome', 'is', null)
    .where('workflowId', '>', after)
    .orderBy('workflowId')
    .limit(limit)
    .execute()
  return rows.map(({ workflowId }) => workflowId)
}

/** Those of these runs that have an open row. */
export async function withOpenRow(db: Db, workflowIds: readonly string[]): Promise<ReadonlySet<string>> {
  if (workflowIds.length === 0) return new Set()
  const rows = await db
    .selectFrom('processes')
    .select('workflowId')
    .where('workflowId', 'in', workflowIds)
    .where('outcome', 'is', null)
    .execute()
  return new Set(rows.map(({ workflowId }) => workflowId))
}
