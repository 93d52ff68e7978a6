import type { Db, Tx } from '../client.ts'

/** A notice to a member of staff. `body` is null until it has been written, which the relay does as it sends it. */
export interface StaffNotice {
  readonly notificationId: number
  readonly plant: string
  readonly kind: string
  readonly language: string
  readonly params: unknown
  readonly body: string | null
  readonly queuedAt: string
  readonly acknowledgedAt: string | null
}

const COLUMNS = ['notificationId', 'plant', 'kind', 'language', 'params', 'body', 'queuedAt', 'acknowledgedAt'] as const

/** What this member of staff was told, newest first; notices older than `before`, at most `limit`. */
export async function listOwnNotices(
  db: Db | Tx,
  login: string,
  { before, limit }: { before: number | undefined; limit: number },
): Promise<StaffNotice[]> {
  let rows = db.selectFrom('notifications').select(COLUMNS).where('staffLogin', '=', login)
  if (before !== undefined) rows = rows.where('notificationId', '<', before)
  return rows.orderBy('notificationId', 'desc').limit(limit).execute()
}

/** One notice, if it is to this member of staff. */
export async function findOwnNotice(db: Db | Tx, login: string, notificationId: number): Promise<StaffNotice | undefined> {
  return db
    .selectFrom('notifications')
    .select(COLUMNS)
    .where('staffLogin', '=', login)
    .where('notificationId', '=', notificationId)
    .executeTakeFirst()
}

/** They have seen it. Returns since when, which is the first time: saying so again changes nothing. */
export async function acknowledgeOwnNotice(
  db: Db | Tx,
  { login, notificationId, asOf }: { login: string; notificationId: number; asOf: string },
): Promise<string> {
  await db
    .updateTable('notifications')
    .set({ acknowledgedAt: asOf })
    .where('staffLogin', '=', login)
    .where('notificationId', '=', notificationId)
    .where('acknowledgedAt', 'is', null)
    .execute()
  return (await findOwnNotice(db, login, notificationId))?.acknowledgedAt ?? asOf
}
