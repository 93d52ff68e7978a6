import { type Selectable, sql } from 'kysely'
import type { AskedPart, ChargedMonth } from '../../domain/deposit-review.ts'
import { isAskedByBill } from '../../domain/deposit.ts'
import type { PackageTerms } from '../../domain/package.ts'
import { processIds } from '../../domain/process-ids.ts'
import type { Db, Tx } from '../client.ts'
import type { DepositReviews } from '../tables.ts'
import { readCharges } from './charges.ts'
import { packageTerms } from './plants.ts'
import { readDecision } from './processes.ts'

/** What a review found and did. */
export type DepositReview = Selectable<DepositReviews>

/** Terms that only brought a new price do not begin another year. */
const NOT_BY_PRICE = sql`t.source not like 'price-change:%'`

/**
 * From when the year of a connection's deposit counts: its first day, or the last review, or the last change of package (reviewed with the
 * change), or the day the books began with it.
 */
function reviewedOn(zone: string) {
  return sql<string>`greatest(c.connected_on, (a.opened_at at time zone ${zone})::date,
    (select max(r.review_on) from deposit_reviews r where r.account_id = a.account_id),
    (select max(t.from_date) from connection_terms t where t.customer_id = c.customer_id and ${NOT_BY_PRICE}))`
}

/** Which reviews a look is about. */
export interface ReviewScope {
  readonly plant: string
  readonly zone: string
  /** Last looked at on this day or earlier. */
  readonly reviewedBy: string
  /** Accounts after this one; all of them for `''`. */
  readonly after: string
  /** This account only. */
  readonly accountId?: string
  readonly limit: number
}

/**
 * Accounts, in order, whose deposit is to be reviewed: of those who are connected, are not leaving, and are not about to change their
 * package, which is a review itself.
 */
export async function dueReviews(db: Db | Tx, scope: ReviewScope): Promise<string[]> {
  const { plant, zone, reviewedBy, after, accountId, limit } = scope
  const { rows } = await sql<{ accountId: string }>`
    select a.account_id as "accountId"
    from connections c join accounts a on a.account_id = c.account_id
    where c.plant = ${plant} and a.account_id > ${after}
      and (${accountId ?? null}::text is null or a.account_id = ${accountId ?? null}) and c.connected_on is not null and c.left_on is null and a.closed_at is null
      and not exists (select 1 from closures l where l.customer_id = c.customer_id and l.ended_at is null)
      and not exists (select 1 from package_requests r where r.customer_id = c.customer_id and r.ended_at is null and r.applied_at is null)
      and ${reviewedOn(zone)} <= ${reviewedBy}::date
    order by a.account_id
    limit ${limit}`.execute(db)
  return rows.map(({ accountId }) => accountId)
}

/** From when the year of this account's deposit counts; undefined for whoever is not connected. */
export async function lastReviewedOn(
  db: Db | Tx,
  { accountId, zone }: { accountId: string; zone: string },
): Promise<string | undefined> {
  const { rows } = await sql<{ reviewedOn: string }>`
    select ${reviewedOn(zone)} as "reviewedOn" from connections c join accounts a on a.account_id = c.account_id
    where a.account_id = ${accountId} and c.connected_on is not null and c.left_on is null`.execute(db)
  return rows[0]?.reviewedOn
}

/** The last review of an account, if there was one. */
export async function latestReview(db: Db | Tx, accountId: string): Promise<DepositReview | undefined> {
  return db
    .selectFrom('depositReviews')
    .selectAll()
    .where('accountId', '=', accountId)
    .orderBy('reviewOn', 'desc')
    .limit(1)
    .executeTakeFirst()
}

/** Keeps what a review found; the same review again changes nothing. */
export async function insertReview(tx: Tx, review: Omit<DepositReview, 'recordedAt'>): Promise<void> {
  await tx
    .insertInto('depositReviews')
    .values(review)
    .onConflict((c) => c.columns(['accountId', 'reviewOn']).doNothing())
    .execute()
}

/** Whole months of electricity of an account, oldest first: what each came to after its notes. */
export async function chargedMonths(db: Db | Tx, accountId: string): Promise<ChargedMonth[]> {
  const { rows } = await sql<ChargedMonth>`
    select (c.amount_minor - coalesce((select sum(case n.kind when 'credit' then n.amount_minor else -n.amount_minor end)
        from notes n where n.charge_id = c.charge_id and n.kind in ('credit', 'debit')), 0))::bigint as "totalMinor",
      (select array_agg(distinct p ->> 'code') from jsonb_array_elements(c.terms -> 'packages') p) as "packageCodes"
    from charges c
    where c.account_id = ${accountId} and c.kind = 'electricity' and c.voided_at is null and c.period_from is not null
      and jsonb_typeof(c.terms -> 'packages') = 'array' and (c.terms ->> 'days')::int = c.period_to - c.period_from
    order by c.period_from, c.charge_id`.execute(db)
  return rows
}

/** Parts that bills ask for, of which something is open, oldest first. */
export async function askedParts(db: Db | Tx, accountId: string): Promise<(AskedPart & { readonly isBilled: boolean })[]> {
  const parts = (await readCharges(db, accountId, { onlyOpen: true })).filter(isAskedByBill)
  if (parts.length === 0) return []
  const ids = parts.map(({ chargeId }) => chargeId)
  const billed = await db.selectFrom('billCharges').select('chargeId').where('chargeId', 'in', ids).execute()
  const onBills = new Set(billed.map(({ chargeId }) => chargeId))
  return parts.map(({ chargeId, openMinor, amountMinor }) => {
    const isBilled = onBills.has(chargeId)
    return { chargeId, openMinor, isBilled, isUntouched: !isBilled && openMinor === amountMinor }
  })
}

/** The package that a connection has on a day, as its terms say; undefined for whoever has none. */
export async function packageOn(db: Db | Tx, accountId: string, on: string): Promise<PackageTerms | undefined> {
  const row = await db
    .selectFrom('connectionTerms')
    .innerJoin('connections', 'connections.customerId', 'connectionTerms.customerId')
    .innerJoin('packages', (join) =>
      join
        .onRef('packages.plant', '=', 'connectionTerms.plant')
        .onRef('packages.code', '=', 'connectionTerms.packageCode')
        .onRef('packages.version', '=', 'connectionTerms.packageVersion'),
    )
    .selectAll('packages')
    .where('connections.accountId', '=', accountId)
    .where('fromDate', '<=', on)
    .orderBy('fromDate', 'desc')
    .limit(1)
    .executeTakeFirst()
  return row && packageTerms(row)
}

/** True when the state in-charge gave the deposit up, at the application (policy "deposit": waiver). */
export async function isDepositWaived(db: Db | Tx, accountId: string): Promise<boolean> {
  return (await readDecision(db, processIds.onboarding(accountId), 'deposit-waiver')) !== undefined
}
