import { sql } from 'kysely'
import { closeDay, imbalanceMinor, naturalMinor } from '../../../domain/books.ts'
import type { AccountClass } from '../../../domain/ledger.ts'
import type { Tx } from '../../client.ts'
import { type BookClosing, closingHash, listClosings, movementsOf } from '../books/closings.ts'
import { find, type Finding, type Look, resultOf, type RuleResult } from './finding.ts'

const CLOSINGS_LOOKED_AT = 31

/** The ledger by itself: balanced, each plant for itself, nothing overdrawn, no closed day changed. */
export async function proveLedger(tx: Tx, look: Look): Promise<RuleResult[]> {
  return [
    await balanced(tx, look),
    await find(tx, 'posting-currency', postingsOfAnotherCurrency(look)),
    await find(tx, 'posting-plant', postingsOfAnotherPlant(look)),
    await find(tx, 'overdrawn', overdrawnAccounts(look)),
    await closingsUnchanged(tx, look),
  ]
}

/** Holds by construction, for a posting is one row with both its sides; what a class must be is not. */
async function balanced(tx: Tx, { plant }: Look): Promise<RuleResult> {
  const { rows } = await sql<{ class: AccountClass; debitMinor: number; creditMinor: number }>`
    select l.class, sum(s.debit)::bigint as "debitMinor", sum(s.credit)::bigint as "creditMinor"
    from (select debit as code, amount_minor as debit, 0 as credit from postings where plant = ${plant}
      union all select credit, 0, amount_minor from postings where plant = ${plant}) s
    join ledger_accounts l on l.code = s.code
    group by 1`.execute(tx)
  const outMinor = imbalanceMinor(rows.map((row) => ({ class: row.class, closingMinor: naturalMinor(row.class, row) })))
  return resultOf('books-balance', outMinor === 0 ? [] : [{ subject: plant, detail: { outMinor } }])
}

function postingsOfAnotherCurrency({ plant }: Look) {
  return sql`
    select 'posting:' || p.posting_id as subject, jsonb_build_object('eventKey', p.event_key, 'currency', p.currency) as detail
    from postings p join plants t on t.plant = p.plant
    where p.plant = ${plant} and p.currency <> t.currency`
}

/** A wallet serves several plants; every other account is of one. */
function postingsOfAnotherPlant({ plant }: Look) {
  return sql`
    select 'posting:' || p.posting_id as subject, jsonb_build_object('eventKey', p.event_key, 'account', l.code) as detail
    from postings p join ledger_accounts l on l.code in (p.debit, p.credit)
    where p.plant = ${plant} and l.plant <> p.plant and l.code not like 'wallet:%'`
}

/** Credit, deposits and whatever else is held, and cash: the database refuses it; should it ever not, it is seen. */
function overdrawnAccounts({ plant }: Look) {
  return sql`
    select code as subject, jsonb_build_object('balanceMinor', balance) as detail
    from (select code, case when class in ('asset', 'expense') then -balance_of(code) else balance_of(code) end as balance
      from ledger_accounts where plant = ${plant} and no_overdraft) held
    where balance < 0`
}

async function closingsUnchanged(tx: Tx, { plant, zone }: Look): Promise<RuleResult> {
  const newestFirst = await listClosings(tx, { plants: [plant], limit: CLOSINGS_LOOKED_AT + 1 })
  const findings: Finding[] = []
  for (const [n, closing] of newestFirst.slice(0, CLOSINGS_LOOKED_AT).entries()) {
    const fault = await faultOfClosing(tx, { closing, previous: newestFirst[n + 1], zone })
    if (fault !== undefined) findings.push({ subject: `closing:${closing.businessDate}`, detail: { fault } })
  }
  return resultOf('closing-changed', findings)
}

async function faultOfClosing(
  tx: Tx,
  { closing, previous, zone }: { closing: BookClosing; previous: BookClosing | undefined; zone: string },
): Promise<'hash' | 'chain' | 'figures' | undefined> {
  const { plant, businessDate: date, lastPostingId: upTo, groups } = closing
  if (closingHash(closing) !== closing.hash) return 'hash'
  if ((previous?.hash ?? null) !== closing.previousHash) return 'chain'
  const moved = await movementsOf(tx, { plant, zone, date, after: previous?.lastPostingId ?? 0, upTo })
  const again = closingHash({ ...closing, groups: closeDay(previous?.groups ?? [], moved) })
  return again === closingHash({ ...closing, groups }) ? undefined : 'figures'
}
