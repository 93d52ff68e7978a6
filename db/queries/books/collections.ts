import { sql } from 'kysely'
import { type Collected, type CollectedPart, collectionsOf } from '../../../domain/books.ts'
import type { Db, Tx } from '../../client.ts'
import { type BooksScope, scopeTable } from './scope.ts'

/** Collections of a range: the lines are what was received, and what was received is what was posted. */
export interface Collections {
  readonly lines: readonly Collected[]
  readonly receivedMinor: number
  /** Sum of the postings of payments in the range: equal to what was received. */
  readonly ledgerMinor: number
  /** Of payments of whenever, bounced in the range: not taken off above. */
  readonly bounced: readonly { readonly channel: string; readonly amountMinor: number }[]
}

/**
 * Money received in the range by what it was put against up to the range's end and by channel. A payment counts on the business day
 * on which it was posted, also while nobody knew whose it was.
 */
export async function collections(db: Db | Tx, scope: BooksScope): Promise<Collections> {
  const parts = [...(await allocated(db, scope)), ...(await notAllocated(db, scope))]
  const lines = collectionsOf(parts)
  return {
    lines,
    receivedMinor: lines.reduce((total, { amountMinor }) => total + amountMinor, 0),
    ledgerMinor: await postedMinor(db, scope),
    bounced: await bounced(db, scope),
  }
}

/** Payments posted in the range, as `(payment_id, channel, account_id, amount_minor, until)`. */
function received(scope: BooksScope) {
  return sql`(
    select y.payment_id, coalesce(y.channel, 'unknown') as channel, y.account_id, y.posted_at, p.amount_minor, scope.until
    from postings p join ${scopeTable(scope)} on scope.plant = p.plant and p.business_at >= scope.since and p.business_at < scope.until
    left join payments y on 'payment:' || y.provider || ':' || y.reference = p.event_key
    where split_part(p.event_key, ':', 1) = 'payment')`
}

async function allocated(db: Db | Tx, scope: BooksScope): Promise<CollectedPart[]> {
  const { rows } = await sql<CollectedPart>`
    select r.channel, c.kind, c.nature, false as "isSuspense", sum(x.amount_minor)::bigint as "amountMinor"
    from ${received(scope)} r
    join allocations x on x.payment_id = r.payment_id and x.business_at < r.until
    join charges c on c.charge_id = x.charge_id
    group by 1, 2, 3`.execute(db)
  return rows
}

async function notAllocated(db: Db | Tx, scope: BooksScope): Promise<CollectedPart[]> {
  const { rows } = await sql<CollectedPart>`
    select r.channel, null as kind, null as nature,
      (r.account_id is null or exists (select 1 from postings m where m.event_key like 'payment-match:%' and m.business_at >= r.until
        and m.event_key = (select 'payment-match:' || y.provider || ':' || y.reference from payments y where y.payment_id = r.payment_id))) as "isSuspense",
      sum(r.amount_minor - coalesce((select sum(x.amount_minor) from allocations x where x.payment_id = r.payment_id and x.business_at < r.until), 0))::bigint as "amountMinor"
    from ${received(scope)} r
    group by 1, 4`.execute(db)
  return rows
}

async function postedMinor(db: Db | Tx, scope: BooksScope): Promise<number> {
  const { rows } = await sql<{ total: number }>`
    select coalesce(sum(p.amount_minor), 0)::bigint as total
    from postings p join ${scopeTable(scope)} on scope.plant = p.plant and p.business_at >= scope.since and p.business_at < scope.until
    where split_part(p.event_key, ':', 1) = 'payment'`.execute(db)
  return rows[0]?.total ?? 0
}

async function bounced(db: Db | Tx, scope: BooksScope): Promise<{ channel: string; amountMinor: number }[]> {
  const { rows } = await sql<{ channel: string; amountMinor: number }>`
    select coalesce(y.channel, 'unknown') as channel, sum(p.amount_minor)::bigint as "amountMinor"
    from postings p join ${scopeTable(scope)} on scope.plant = p.plant and p.business_at >= scope.since and p.business_at < scope.until
    left join payments y on 'payment-bounced:' || y.provider || ':' || y.reference = p.event_key
    where split_part(p.event_key, ':', 1) = 'payment-bounced'
    group by 1 order by 1`.execute(db)
  return rows
}
