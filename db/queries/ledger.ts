import { sql } from 'kysely'
import { accountClass, type Posting } from '../../domain/ledger.ts'
import type { Db, Tx } from '../client.ts'

/** Money held for a customer, and cash in a hand or on its way to the bank: never overdrawn, whatever the code believes. */
const NO_OVERDRAFT = /^(credit|deposit|unearned|activation-held|suspense|unclaimed|paying-out|overage|cash|in-transit|agent):/

export interface PostingEvent {
  /** Names the business event once and for ever, e.g. `payment:cash-asha:7f3` or `charge:912`. */
  readonly eventKey: string
  readonly plant: string
  readonly accountId: string | null
  readonly currency: string
  readonly businessAt: string
  readonly postings: readonly Posting[]
}

/**
 * Adds the postings of one event. Posting the same event again changes nothing (unique by event key and leg), so a retry is
 * safe. Returns whether it was new. The caller holds the account lock.
 */
export async function post(tx: Tx, event: PostingEvent): Promise<boolean> {
  return (await postAll(tx, [event])) > 0
}

/** {@link post} for many events in two statements. Returns how many legs were new. */
export async function postAll(tx: Tx, events: readonly PostingEvent[]): Promise<number> {
  const rows = events.flatMap(({ eventKey, plant, currency, accountId, businessAt, postings }) =>
    postings
      .filter((posting) => posting.amountMinor > 0)
      .map(({ leg, debit, credit, amountMinor }) => ({
        eventKey,
        leg,
        debit,
        credit,
        amountMinor,
        currency,
        plant,
        accountId,
        businessAt,
      })),
  )
  if (rows.length === 0) return 0
  await ensureLedgerAccounts(tx, events)
  const added = await tx
    .insertInto('postings')
    .values(rows)
    .onConflict((c) => c.columns(['eventKey', 'leg']).doNothing())
    .returning('postingId')
    .execute()
  return added.length
}

async function ensureLedgerAccounts(tx: Tx, events: readonly PostingEvent[]): Promise<void> {
  const rows = new Map<string, { code: string; class: string; plant: string; noOverdraft: boolean; accountId: string | null }>()
  for (const { postings, plant, accountId } of events) {
    for (const code of postings.filter(({ amountMinor }) => amountMinor > 0).flatMap(({ debit, credit }) => [debit, credit])) {
      const own = accountId !== null && code.endsWith(`:${accountId}`) ? accountId : null
      rows.set(code, { code, class: accountClass(code), plant, noOverdraft: NO_OVERDRAFT.test(code), accountId: own })
    }
  }
  const sorted = [...rows.values()].sort((a, b) => (a.code < b.code ? -1 : 1))
  await tx
    .insertInto('ledgerAccounts')
    .values(sorted)
    .onConflict((c) => c.column('code').doNothing())
    .execute()
}

/** Credit less debit of one ledger account, in minor units: what a liability holds; negative for an asset. */
export async function balanceOf(db: Db | Tx, code: string): Promise<number> {
  const { rows } = await sql<{ balance: number }>`select balance_of(${code}) as balance`.execute(db)
  return rows[0]?.balance ?? 0
}

/** Every ledger account with what it was debited and credited: the trial balance of a plant, or of all. */
export async function trialBalance(
  db: Db | Tx,
  plant?: string,
): Promise<{ code: string; class: string; debitMinor: number; creditMinor: number }[]> {
  const { rows } = await sql<{ code: string; class: string; debitMinor: number; creditMinor: number }>`
    select a.code, a.class,
      coalesce((select sum(amount_minor) from postings where debit = a.code), 0)::bigint as "debitMinor",
      coalesce((select sum(amount_minor) from postings where credit = a.code), 0)::bigint as "creditMinor"
    from ledger_accounts a where ${plant ?? null}::text is null or a.plant = ${plant ?? null} order by a.code`.execute(db)
  return rows
}
