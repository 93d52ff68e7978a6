import { sql } from 'kysely'
import type { Db } from '../../../db/client.ts'

/** What a plant's life left behind, without what may differ from run to run: row ids, receipt numbers, wall time. */
export interface LifeDigest {
  readonly bills: readonly string[]
  readonly charges: readonly string[]
  readonly ledger: readonly string[]
  readonly payments: readonly string[]
  readonly notices: readonly string[]
  readonly processes: readonly string[]
  readonly holds: readonly string[]
}

/** Everything that customers would notice, one line each, in order. */
export async function digestOfLife(db: Db): Promise<LifeDigest> {
  const lines = async (query: string): Promise<string[]> => {
    const { rows } = await sql<{ line: string }>`select line from (${sql.raw(query)}) t(line) order by line`.execute(db)
    return rows.map(({ line }) => line)
  }
  return {
    bills: await lines(`select concat_ws(' ', account_id, kind, source, number, total_minor, due_on) from bills`),
    charges: await lines(
      `select concat_ws(' ', account_id, kind, source, nature, amount_minor, due_on, open_amount(charge_id)) from charges`,
    ),
    ledger: await lines(`select concat_ws(' ', account_id, leg, debit, credit, amount_minor, business_at) from postings`),
    payments: await lines(
      `select concat_ws(' ', provider, reference, account_id, amount_minor, state, receipt_number is not null) from payments`,
    ),
    notices: await lines(`select concat_ws(' ', account_id, kind, channel, state) from notifications`),
    processes: await lines(`select concat_ws(' ', workflow_id, stage, coalesce(outcome, 'open')) from processes`),
    holds: await lines(`select concat_ws(' ', customer_id, reason, owner, lifted_at is null) from holds`),
  }
}
