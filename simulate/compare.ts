import type { Db } from '../db/client.ts'
import { sql } from 'kysely'
import { table } from './report/table.ts'

/** A ledger account in both books, in minor units. */
export interface Compared {
  readonly code: string
  readonly queueMinor: number
  readonly temporalMinor: number
}

/** Every account of two ledgers, by code, each on the side on which it grows; and what each household was charged, let off, and paid. */
export async function compareBooks(queue: Db, temporal: Db): Promise<Compared[]> {
  const [first, second] = [await balancesOf(queue), await balancesOf(temporal)]
  const codes = [...new Set([...first.keys(), ...second.keys()])].toSorted()
  return codes.map((code) => ({ code, queueMinor: first.get(code) ?? 0, temporalMinor: second.get(code) ?? 0 }))
}

async function balancesOf(db: Db): Promise<Map<string, number>> {
  const { rows } = await sql<{ code: string; minor: number }>`
    select code, case when class in ('asset', 'expense') then -balance_of(code) else balance_of(code) end as minor
    from ledger_accounts
    union all select 'charged:' || account_id, sum(amount_minor)::bigint from charges where voided_at is null group by account_id
    union all select 'let-off:' || account_id, sum(case kind when 'debit' then -amount_minor else amount_minor end)::bigint from notes group by account_id
    union all select 'paid:' || account_id, sum(amount_minor)::bigint from payments where state = 'posted' group by account_id
    order by 1`.execute(db)
  return new Map(rows.map(({ code, minor }) => [code, minor]))
}

/** The trial balance of both, group by group, and every single account that differs. */
export function comparedTable(compared: readonly Compared[]): string {
  const groups = new Map<string, { queueMinor: number; temporalMinor: number }>()
  for (const { code, queueMinor, temporalMinor } of compared) {
    const group = code.slice(0, code.indexOf(':'))
    const sum = groups.get(group) ?? { queueMinor: 0, temporalMinor: 0 }
    groups.set(group, { queueMinor: sum.queueMinor + queueMinor, temporalMinor: sum.temporalMinor + temporalMinor })
  }
  const rows = [...groups].map(([group, sums]) => [group, rupees(sums.queueMinor), rupees(sums.temporalMinor)])
  const others = differing(compared).map((one) => [`  ${one.code}`, rupees(one.queueMinor), rupees(one.temporalMinor)])
  return table([
    ['Rs', 'on the queue', 'through Temporal'],
    ...rows,
    ...(others.length === 0 ? [] : [['differing:', '', ''], ...others]),
  ])
}

/** The accounts that are not the same in both. */
export function differing(compared: readonly Compared[]): Compared[] {
  return compared.filter(({ queueMinor, temporalMinor }) => queueMinor !== temporalMinor)
}

function rupees(minor: number): string {
  return (minor / 100).toFixed(2)
}
