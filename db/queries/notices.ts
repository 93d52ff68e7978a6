import type { NoticeKind, NoticeParams } from '../../notifications/notices.ts'
import { DomainError } from '../../domain/errors.ts'
import type { Tx } from '../client.ts'

export type Channel = 'sms' | 'print' | 'app' | 'staff'

export interface CustomerNotice<K extends NoticeKind> {
  readonly accountId: string
  readonly kind: K
  readonly params: NoticeParams[K]
  /** Says what this notice is about, once for ever: queuing it again changes nothing. */
  readonly dedupeKey: string
  readonly asOf: string
}

/**
 * Queues a notice to the account's holder in their language: SMS, or on paper where there is no phone. It leaves after the
 * transaction commits, by the relay. Returns its id and channel, also when it was queued before.
 */
export async function queueNotice<K extends NoticeKind>(
  tx: Tx,
  notice: CustomerNotice<K>,
): Promise<{ notificationId: number; channel: Channel }> {
  const to = await tx
    .selectFrom('accounts')
    .innerJoin('persons', 'persons.personId', 'accounts.personId')
    .select(['accounts.plant', 'phone', 'language'])
    .where('accountId', '=', notice.accountId)
    .executeTakeFirst()
  if (to === undefined) throw new DomainError('NOT_FOUND', 'no such account')
  const channel: Channel = to.phone === null ? 'print' : 'sms'
  return insert(tx, notice, { plant: to.plant, accountId: notice.accountId, language: to.language, channel })
}

/** {@link queueNotice} for many accounts in two statements; tells nothing back. NOT_FOUND when one of the accounts does not exist. */
export async function queueNotices<K extends NoticeKind>(tx: Tx, notices: readonly CustomerNotice<K>[]): Promise<void> {
  if (notices.length === 0) return
  const people = await tx
    .selectFrom('accounts')
    .innerJoin('persons', 'persons.personId', 'accounts.personId')
    .select(['accountId', 'accounts.plant', 'phone', 'language'])
    .where('accountId', 'in', [...new Set(notices.map(({ accountId }) => accountId))])
    .execute()
  const byAccount = new Map(people.map((person) => [person.accountId, person]))
  const rows = notices.map(({ accountId, kind, params, dedupeKey, asOf }) => {
    const to = byAccount.get(accountId)
    if (to === undefined) throw new DomainError('NOT_FOUND', 'no such account')
    const address = { plant: to.plant, accountId, language: to.language, channel: to.phone === null ? 'print' : 'sms' }
    return { ...address, kind, params: JSON.stringify(params), dedupeKey, queuedAt: asOf }
  })
  await tx
    .insertInto('notifications')
    .values(rows)
    .onConflict((c) => c.column('dedupeKey').doNothing())
    .execute()
}

/** Queues a notice to a member of staff. */
export async function queueStaffNotice<K extends NoticeKind>(
  tx: Tx,
  notice: { plant: string; login: string; kind: K; params: NoticeParams[K]; dedupeKey: string; asOf: string },
): Promise<void> {
  await insert(tx, notice, { plant: notice.plant, staffLogin: notice.login, language: 'en', channel: 'staff' })
}

interface Address {
  readonly plant: string
  readonly accountId?: string
  readonly staffLogin?: string
  readonly language: string
  readonly channel: Channel
}

async function insert(
  tx: Tx,
  { kind, params, dedupeKey, asOf }: { kind: NoticeKind; params: object; dedupeKey: string; asOf: string },
  address: Address,
): Promise<{ notificationId: number; channel: Channel }> {
  const row = await tx
    .insertInto('notifications')
    .values({ ...address, kind, params: JSON.stringify(params), dedupeKey, queuedAt: asOf })
    .onConflict((c) => c.column('dedupeKey').doNothing())
    .returning('notificationId')
    .executeTakeFirst()
  if (row !== undefined) return { notificationId: row.notificationId, channel: address.channel }
  const before = await tx
    .selectFrom('notifications')
    .select(['notificationId', 'channel'])
    .where('dedupeKey', '=', dedupeKey)
    .executeTakeFirstOrThrow()
  return before as { notificationId: number; channel: Channel }
}
