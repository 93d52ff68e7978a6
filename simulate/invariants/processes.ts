import { sql } from 'kysely'
import type { Db } from '../../db/client.ts'
import type { Broken } from './broken.ts'

interface Found {
  readonly accountId: string | null
  readonly detail: string
}

/** Proved every evening, with meters out of reach left out (`supply.ts`): the reconciler rightly asks somebody to look at those. */
const SEEN_TO_DAILY = 'dark-without-reason'

/** Nothing is parked, nothing failed, and the reconciler has no open case. */
export async function nothingStuck(db: Db): Promise<Broken[]> {
  const { rows: parked } = await sql<Found>`
    select account_id as "accountId", workflow_id || ': ' || coalesce(parked_reason, '?') as detail
    from processes where outcome is null and stage = 'Parked' order by workflow_id limit 20`.execute(db)
  const { rows: cases } = await sql<Found>`
    select coalesce(detail ->> 'accountId', (select a.account_id from accounts a where a.account_id = subject),
        (select c.account_id from connections c where c.customer_id = split_part(subject, ':', 1))) as "accountId",
      rule || ' ' || subject || ' ' || detail as detail
    from cases where state <> 'closed' and rule <> ${SEEN_TO_DAILY} order by case_id limit 20`.execute(db)
  return [...parked.map((row) => named('nothing parked', row)), ...cases.map((row) => named('the reconciler agrees', row))]
}

function named(invariant: string, { accountId, detail }: Found): Broken {
  return { invariant, accountId: accountId ?? undefined, detail }
}
