import { sql } from 'kysely'
import type { Db } from '../../db/client.ts'
import { accountClass } from '../../domain/ledger.ts'
import type { Broken } from './broken.ts'

interface NewPosting {
  readonly postingId: number
  readonly accountId: string | null
  readonly debit: string
  readonly credit: string
  readonly amountMinor: number
}

const HANDS = /^(cash|wallet|bank|in-transit):/

/** The ledger read along, posting by posting, beside what the database says of it. */
export interface LedgerWatch {
  /** Takes in what was posted since the last time and returns whose accounts that touched. */
  follow(): Promise<ReadonlySet<string>>
  /** Debits are credits; money in hands is what came in less what left. */
  check(): Promise<Broken[]>
}

/** A watch that has seen nothing yet. */
export function watchLedger(db: Db): LedgerWatch {
  const balances = new Map<string, number>()
  let seen = 0
  const add = (code: string, minor: number): void => void balances.set(code, (balances.get(code) ?? 0) + minor)
  return {
    async follow() {
      const touched = new Set<string>()
      for (const posting of await postingsAfter(db, seen)) {
        seen = posting.postingId
        add(posting.debit, posting.amountMinor)
        add(posting.credit, -posting.amountMinor)
        if (posting.accountId !== null) touched.add(posting.accountId)
      }
      return touched
    },
    async check() {
      const sums = { asset: 0, expense: 0, liability: 0, income: 0, equity: 0 }
      for (const [code, minor] of balances) sums[accountClass(code)] += minor
      const outMinor = sums.asset + sums.expense + sums.liability + sums.income + sums.equity
      const outOfBalance =
        outMinor === 0 ? [] : [{ invariant: 'books balance', accountId: undefined, detail: `out by ${outMinor}` }]
      return [...outOfBalance, ...(await moneyAccountedFor(db, balances))]
    },
  }
}

async function postingsAfter(db: Db, seen: number): Promise<NewPosting[]> {
  return db
    .selectFrom('postings')
    .select(['postingId', 'accountId', 'debit', 'credit', 'amountMinor'])
    .where('postingId', '>', seen)
    .orderBy('postingId')
    .execute()
}

interface Told {
  readonly paidMinor: number
  readonly refundedMinor: number
  readonly suspendedMinor: number
  readonly shortMinor: number
  readonly overMinor: number
}

/**
 * Cash, wallets, bank, what is on its way there and what a hand was short of together hold what was brought, plus payments and what was over,
 * less what was given back; suspense is the payments that nobody's name is on; short and over are what counts found.
 */
async function moneyAccountedFor(db: Db, balances: ReadonlyMap<string, number>): Promise<Broken[]> {
  const { rows } = await sql<Told>`
    select coalesce((select sum(amount_minor) from payments where state in ('posted', 'suspense', 'returned')), 0)::bigint as "paidMinor",
      coalesce((select sum(amount_minor - lapsed_minor) from refunds where state = 'paid'), 0)::bigint as "refundedMinor",
      coalesce((select sum(amount_minor) from payments where state = 'suspense'), 0)::bigint as "suspendedMinor",
      coalesce((select sum(shortage_minor - made_good_minor) from cash_counts), 0)::bigint as "shortMinor",
      coalesce((select sum(overage_minor) from cash_counts), 0)::bigint as "overMinor"`.execute(db)
  const [told] = rows
  if (told === undefined) return []
  const held = (of: RegExp): number => [...balances].reduce((sum, [code, minor]) => (of.test(code) ? sum + minor : sum), 0)
  const opening = -held(/^opening:/)
  const pairs = [
    ['money accounted for', held(HANDS) + told.shortMinor, opening + told.paidMinor - told.refundedMinor + told.overMinor],
    ['suspense is money without a name', -held(/^suspense:/), told.suspendedMinor],
    ['short is what was counted', held(/^agent:/), told.shortMinor],
    ['over is what was counted', -held(/^overage:/), told.overMinor],
  ] as const
  return pairs
    .filter(([, ledgerMinor, rowsMinor]) => ledgerMinor !== rowsMinor)
    .map(([invariant, ledgerMinor, rowsMinor]) => {
      return { invariant, accountId: undefined, detail: `ledger ${ledgerMinor}, its rows say ${rowsMinor}` }
    })
}
