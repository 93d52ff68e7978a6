import { sql } from 'kysely'
import type { Db } from '../client.ts'

/** A process that is not through, with all it takes to start it anew. */
export interface OpenProcess {
  readonly workflowId: string
  readonly workflowType: string
  readonly input: Record<string, unknown>
}

interface Page {
  readonly after: string
  readonly limit: number
  /** Only those that were due before the instant of their plant, and that nobody parked. */
  readonly dueBefore?: ReadonlyMap<string, string>
}

/** A page of open processes by workflow id. */
export async function openProcesses(db: Db, { after, limit, dueBefore }: Page): Promise<OpenProcess[]> {
  const late = dueBefore && [...dueBefore]
  const rows = await db
    .selectFrom('processes')
    .select(['workflowId', 'workflowType', 'input'])
    .where('outcome', 'is', null)
    .where('workflowId', '>', after)
    .$if(late !== undefined, (query) =>
      query.where('stage', '<>', 'Parked').where(
        sql<boolean>`due_at < (select due.before from unnest(${(late ?? []).map(([plant]) => plant)}::text[],
          ${(late ?? []).map(([, before]) => before)}::timestamptz[]) as due (plant, before) where due.plant = processes.plant)`,
      ),
    )
    .orderBy('workflowId')
    .limit(limit)
    .execute()
  return rows as OpenProcess[]
}

/** Whether the process is still not through. */
export async function isStillOpen(db: Db, workflowId: string): Promise<boolean> {
  const row = await db.selectFrom('processes').select('outcome').where('workflowId', '=', workflowId).executeTakeFirst()
  return row !== undefined && row.outcome === null
}
