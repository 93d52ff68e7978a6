import { sql } from 'kysely'
import type { Db } from '../../db/client.ts'
import { addDuration, earliest, startOfDay, dateAt } from '../../domain/calendar.ts'
import type { Plan } from '../lives/life.ts'
import { ZONE } from '../world.ts'

/** What a year of a village came to; amounts in minor units, at the year's end where they are balances. */
export interface YearFigures {
  readonly year: string
  readonly customers: number
  readonly joined: number
  readonly left: number
  readonly billsIssued: number
  readonly billedMinor: number
  readonly payments: number
  readonly collectedMinor: number
  readonly bounced: number
  readonly arrearsMinor: number
  readonly creditMinor: number
  readonly unearnedMinor: number
  readonly depositsMinor: number
  readonly cashMinor: number
  readonly refundedMinor: number
  readonly cuts: number
  readonly lapses: number
  readonly packageChanges: number
  /** Of them: to pre-paid in the middle of a month, which has a bill and an advance then. */
  readonly toPrepaidWithin: number
  readonly estimates: number
  readonly notes: number
  readonly disputes: number
  readonly promises: number
  readonly promisesKept: number
  readonly plans: number
  readonly plansKept: number
  readonly matched: number
  readonly doubted: number
  readonly cashCounts: number
  readonly shortMinor: number
  readonly overMinor: number
}

/** The figures of every year of a plan that was lived, oldest first; the last one may be a part of a year. */
export async function figuresOf(db: Db, { startsAt, endsAt }: Plan): Promise<YearFigures[]> {
  const found: YearFigures[] = []
  const lastDay = dateAt(endsAt, ZONE)
  for (let from = dateAt(startsAt, ZONE); from < lastDay; from = addDuration(from, 'P1Y')) {
    const to = earliest(addDuration(from, 'P1Y'), lastDay)
    found.push({ year: `${from.slice(0, 7)} to ${to.slice(0, 7)}`, ...(await figuresBetween(db, from, to)) })
  }
  return found
}

async function figuresBetween(db: Db, from: string, to: string): Promise<Omit<YearFigures, 'year'>> {
  const [since, until] = [startOfDay(from, ZONE), startOfDay(to, ZONE)]
  const within = (column: string) => sql`${sql.ref(column)} >= ${since} and ${sql.ref(column)} < ${until}`
  const held = (prefix: string) => sql`(select coalesce(sum(case when credit like ${`${prefix}:%`} then amount_minor else 0 end)
    - sum(case when debit like ${`${prefix}:%`} then amount_minor else 0 end), 0)::bigint from postings where business_at < ${until})`
  const { rows } = await sql<Omit<YearFigures, 'year'>>`
    select (select count(*) from connections where connected_on < ${to} and (left_on is null or left_on >= ${to})) as customers,
      (select count(*) from connections where connected_on >= ${from} and connected_on < ${to}) as joined,
      (select count(*) from connections where left_on >= ${from} and left_on < ${to}) as left,
      (select count(*) from bills where ${within('issued_at')}) as "billsIssued",
      (select coalesce(sum(case when credit like 'revenue:%' then amount_minor else 0 end) - sum(case when debit like 'revenue:%' then amount_minor else 0 end), 0)::bigint
        from postings where ${within('business_at')}) as "billedMinor",
      (select count(*) from payments where posted_at is not null and ${within('posted_at')}) as payments,
      (select coalesce(sum(amount_minor), 0)::bigint from payments where state = 'posted' and ${within('posted_at')}) as "collectedMinor",
      (select count(*) from payments where state = 'bounced' and ${within('bounced_at')}) as bounced,
      -${held('receivable')} as "arrearsMinor", ${held('credit')} as "creditMinor", ${held('unearned')} as "unearnedMinor",
      ${held('deposit')} as "depositsMinor", -${held('cash')} as "cashMinor",
      (select coalesce(sum(amount_minor - lapsed_minor), 0)::bigint from refunds where state = 'paid' and ${within('paid_at')}) as "refundedMinor",
      (select count(*) from holds where reason = 'unpaid' and ${within('placed_at')}) as cuts,
      (select count(*) from holds where reason = 'prepaid-lapsed' and ${within('placed_at')}) as lapses,
      (select count(*) from package_requests where ${within('applied_at')}) as "packageChanges",
      (select count(*) from connection_terms n join connection_terms o on o.customer_id = n.customer_id and o.to_date = n.from_date
        join packages k on (k.plant, k.code, k.version) = (n.plant, n.package_code, n.package_version) and k.mode = 'prepaid'
        join packages j on (j.plant, j.code, j.version) = (o.plant, o.package_code, o.package_version) and j.mode = 'postpaid'
        where n.from_date >= ${from} and n.from_date < ${to} and extract(day from n.from_date) <> 1) as "toPrepaidWithin",
      (select count(*) from readings where source = 'estimate' and ${within('taken_at')}) as estimates,
      (select count(*) from notes where ${within('business_at')}) as notes,
      (select count(*) from disputes where ${within('raised_at')}) as disputes,
      (select count(*) from promises where ${within('taken_at')}) as promises,
      (select count(*) from promises where ${within('taken_at')} and state = 'kept') as "promisesKept",
      (select count(*) from payment_plans where ${within('decided_at')} and state <> 'refused') as plans,
      (select count(*) from payment_plans where ${within('decided_at')} and state = 'kept') as "plansKept",
      (select count(distinct event_key) from postings where event_key like 'payment-match:%' and ${within('business_at')}) as matched,
      (select count(distinct reference) from payment_notices where body ->> 'status' = 'pending' and ${within('business_at')}) as doubted,
      (select count(*) from cash_counts where ${within('counted_at')}) as "cashCounts",
      (select coalesce(sum(shortage_minor), 0)::bigint from cash_counts where ${within('counted_at')}) as "shortMinor",
      (select coalesce(sum(overage_minor), 0)::bigint from cash_counts where ${within('counted_at')}) as "overMinor"`.execute(db)
  const [row] = rows
  if (row === undefined) throw new Error('no figures')
  return row
}
