import { sql } from 'kysely'
import { cash, shortOf } from '../../domain/ledger.ts'
import type { Db, Tx } from '../client.ts'

/** One business day of a hand's cash, in minor units: what was there, came, went, and is there. All from the ledger. */
export interface CashDay {
  readonly day: string
  readonly openingMinor: number
  readonly collectedMinor: number
  /** Drawn from the bank for this hand. */
  readonly floatMinor: number
  /** What other hands were short, paid back into this one. */
  readonly repaidMinor: number
  readonly handedInMinor: number
  readonly handedOutMinor: number
  readonly bankedMinor: number
  /** Came back because the bank never saw it. */
  readonly returnedMinor: number
  /** Paid out to customers. */
  readonly refundedMinor: number
  readonly shortageMinor: number
  /** Found again of an earlier shortage. */
  readonly madeGoodMinor: number
  readonly overageMinor: number
  readonly closingMinor: number
}

interface Movement {
  readonly day: string
  /** The kind of account on the other side, and whether cash came in. */
  readonly other: string
  readonly isIn: boolean
  readonly amountMinor: number
}

type Column = Exclude<keyof CashDay, 'day' | 'openingMinor' | 'closingMinor'>

const CAME: Readonly<Record<string, Column>> = {
  cash: 'handedInMinor',
  'in-transit': 'returnedMinor',
  agent: 'madeGoodMinor',
  repaid: 'repaidMinor',
  bank: 'floatMinor',
  overage: 'overageMinor',
}
const WENT: Readonly<Record<string, Column>> = { cash: 'handedOutMinor', 'in-transit': 'bankedMinor', agent: 'shortageMinor' }

const NOTHING: Readonly<Record<Column, number>> = {
  collectedMinor: 0,
  floatMinor: 0,
  repaidMinor: 0,
  handedInMinor: 0,
  handedOutMinor: 0,
  bankedMinor: 0,
  returnedMinor: 0,
  refundedMinor: 0,
  shortageMinor: 0,
  madeGoodMinor: 0,
  overageMinor: 0,
}

/** The days of a hand on which its cash moved, oldest first, from one date to another (both included). */
export async function cashDays(
  db: Db | Tx,
  { holder, zone, from, to }: { holder: string; zone: string; from: string; to: string },
): Promise<CashDay[]> {
  const code = cash(holder)
  const { rows } = await sql<Movement>`
    select to_char(business_at at time zone ${zone}, 'YYYY-MM-DD') as day, debit = ${code} as "isIn",
      case when credit like 'agent:%' and credit <> ${shortOf(holder)} then 'repaid'
        else split_part(case when debit = ${code} then credit else debit end, ':', 1) end as other, sum(amount_minor)::bigint as "amountMinor"
    from postings where (debit = ${code} or credit = ${code}) and (business_at at time zone ${zone})::date <= ${to}::date
    group by 1, 2, 3 order by 1`.execute(db)
  let openingMinor = 0
  const days: CashDay[] = []
  for (const day of [...new Set(rows.map((row) => row.day))]) {
    const moved = rows.filter((row) => row.day === day)
    const closingMinor = openingMinor + moved.reduce((sum, { isIn, amountMinor }) => sum + (isIn ? amountMinor : -amountMinor), 0)
    if (day >= from) days.push({ day, openingMinor, ...columnsOf(moved), closingMinor })
    openingMinor = closingMinor
  }
  return days
}

function columnsOf(moved: readonly Movement[]): Record<Column, number> {
  const columns = { ...NOTHING }
  for (const { other, isIn, amountMinor } of moved) {
    const column = isIn ? (CAME[other] ?? 'collectedMinor') : (WENT[other] ?? 'refundedMinor')
    columns[column] += amountMinor
  }
  return columns
}
