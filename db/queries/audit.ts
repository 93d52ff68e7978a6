import type { Selectable } from 'kysely'
import type { Db, Tx } from '../client.ts'
import type { AuditLog, JsonObject } from '../tables.ts'

export interface AuditEntry {
  /** A log-in, `customer:{personId}` or the system. */
  readonly actor: string
  readonly action: string
  /** The workflow, account, task… it was done to. */
  readonly subject: string
  readonly plant?: string | undefined
  readonly before?: JsonObject
  readonly after?: JsonObject
  readonly businessAt?: string | undefined
}

/** Adds a line to the audit log: ids and codes only, never names, phones or what someone wrote. */
export async function recordAudit(db: Db | Tx, { before, after, ...entry }: AuditEntry): Promise<void> {
  await db
    .insertInto('auditLog')
    .values({ ...entry, ...(before && { before: JSON.stringify(before) }), ...(after && { after: JSON.stringify(after) }) })
    .execute()
}

export interface AuditFilter {
  readonly plants: readonly string[]
  readonly subject?: string | undefined
  readonly actor?: string | undefined
  /** Entries older than this one. */
  readonly before?: number | undefined
  readonly limit: number
}

/** The audit log of these plants, newest first. */
export async function listAudit(
  db: Db | Tx,
  { plants, subject, actor, before, limit }: AuditFilter,
): Promise<Selectable<AuditLog>[]> {
  if (plants.length === 0) return []
  let entries = db.selectFrom('auditLog').selectAll().where('plant', 'in', plants).orderBy('auditId', 'desc').limit(limit)
  if (subject !== undefined) entries = entries.where('subject', '=', subject)
  if (actor !== undefined) entries = entries.where('actor', '=', actor)
  if (before !== undefined) entries = entries.where('auditId', '<', before)
  return entries.execute()
}
