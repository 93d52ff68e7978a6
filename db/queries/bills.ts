import { sql } from 'kysely'
import type { BillDocument } from '../../domain/bill-document.ts'
import { chargeRule, electricitySource } from '../../domain/charge.ts'
import { Contradiction } from '../../domain/errors.ts'
import { postChargeIssued, postOverbilled } from '../../domain/ledger.ts'
import type { PeriodCharge } from '../../domain/period-charge.ts'
import type { Db, Tx } from '../client.ts'
import type { JsonObject } from '../tables.ts'
import { postAll } from './ledger.ts'
import { takeNumbers } from './numbers.ts'
import { markCharged } from './reading-corrections.ts'

/** One bill ready to be issued: its electricity, and everything it says. */
export interface NewBill {
  readonly accountId: string
  readonly customerId: string
  readonly charge: PeriodCharge
  readonly document: BillDocument
  /** Pinned with the charge: package versions, readings, dunning terms. */
  readonly terms: JsonObject
}

export interface IssuedBill extends NewBill {
  readonly chargeId: number
  readonly billId: number
}

/** The next `count` bill numbers of a plant, `BHKATS-B-000123`: a series without gaps, taken in the transaction that uses them. */
export async function takeBillNumbers(tx: Tx, plant: string, count: number): Promise<string[]> {
  if (count === 0) return []
  const first = await takeNumbers(tx, `${plant}:B`, count)
  return Array.from({ length: count }, (_, index) => `${plant}-B-${String(first + index).padStart(6, '0')}`)
}

/**
 * Issues bills with their charges, lines and postings in a handful of statements. The caller holds the account locks and has
 * dropped who is charged already: a unique key (account, kind, period) refuses the rest with everything else in the transaction.
 */
export async function insertBills(
  tx: Tx,
  { plant, currency, asOf }: { plant: string; currency: string; asOf: string },
  bills: readonly NewBill[],
): Promise<IssuedBill[]> {
  if (bills.length === 0) return []
  const chargeIds = await insertCharges(tx, { currency, asOf }, bills)
  const lines = bills.flatMap(({ accountId, document }) =>
    document.lines.map(({ kind, amountMinor, detail }, index) => ({
      chargeId: idOf(chargeIds, accountId),
      line: index + 1,
      kind,
      amountMinor,
      detail: JSON.stringify(detail),
    })),
  )
  if (lines.length > 0) await tx.insertInto('chargeLines').values(lines).execute()
  const billIds = await insertDocuments(tx, bills)
  const grouped = bills.flatMap(({ accountId, document }) => [
    { billId: idOf(billIds, accountId), chargeId: idOf(chargeIds, accountId) },
    ...document.otherCharges.map(({ chargeId }) => ({ billId: idOf(billIds, accountId), chargeId })),
  ])
  await tx.insertInto('billCharges').values(grouped).execute()
  const issued = bills.map((bill) => ({
    ...bill,
    chargeId: idOf(chargeIds, bill.accountId),
    billId: idOf(billIds, bill.accountId),
  }))
  await markCharged(
    tx,
    issued.flatMap(({ chargeId, charge }) => charge.adjustments.map(({ correctionId }) => ({ correctionId, chargeId }))),
  )
  await postAll(
    tx,
    issued.flatMap((bill) => postingsOf(bill, { plant, currency, asOf })),
  )
  return issued
}

function postingsOf(
  { accountId, chargeId, charge }: IssuedBill,
  { plant, currency, asOf }: { plant: string; currency: string; asOf: string },
) {
  const owner = { plant, accountId }
  const event = { plant, accountId, currency, businessAt: asOf }
  const { nature } = chargeRule('electricity', charge.mode)
  // What was carried to credit never was part of the charge: its total is zero then, rounding included.
  const roundingMinor = charge.creditMinor > 0 ? 0 : charge.roundingMinor
  const issued = postChargeIssued(owner, { kind: 'electricity', nature, amountMinor: charge.totalMinor, roundingMinor })
  const over =
    charge.creditMinor === 0
      ? []
      : [{ ...event, eventKey: `over-billed:${chargeId}`, postings: postOverbilled(owner, { amountMinor: charge.creditMinor }) }]
  return [{ ...event, eventKey: `charge:${chargeId}`, postings: issued }, ...over]
}

async function insertCharges(
  tx: Tx,
  { currency, asOf }: { currency: string; asOf: string },
  bills: readonly NewBill[],
): Promise<Map<string, number>> {
  const rows = bills.map(({ accountId, customerId, charge, document, terms }) => {
    const { nature, allocationClass } = chargeRule('electricity', charge.mode)
    return {
      accountId,
      customerId,
      kind: 'electricity',
      source: electricitySource(charge.mode, charge.period.key),
      nature,
      allocationClass,
      amountMinor: charge.totalMinor,
      currency,
      periodFrom: charge.period.from,
      periodTo: charge.period.to,
      issuedAt: asOf,
      dueOn: document.dueOn,
      terms: JSON.stringify(terms),
    }
  })
  const inserted = await tx.insertInto('charges').values(rows).returning(['accountId', 'chargeId']).execute()
  return new Map(inserted.map(({ accountId, chargeId }) => [accountId, chargeId]))
}

async function insertDocuments(tx: Tx, bills: readonly NewBill[]): Promise<Map<string, number>> {
  const rows = bills.map(({ accountId, charge, document }) => ({
    number: document.number,
    accountId,
    kind: 'electricity',
    source: electricitySource(charge.mode, charge.period.key),
    issuedAt: document.issuedAt,
    dueOn: document.dueOn,
    totalMinor: document.totalMinor,
    outstandingBeforeMinor: document.outstandingBeforeMinor,
    creditBeforeMinor: document.creditBeforeMinor,
    currency: document.currency,
    document: JSON.stringify(document),
  }))
  const inserted = await tx.insertInto('bills').values(rows).returning(['accountId', 'billId']).execute()
  return new Map(inserted.map(({ accountId, billId }) => [accountId, billId]))
}

function idOf(ids: ReadonlyMap<string, number>, accountId: string): number {
  const id = ids.get(accountId)
  if (id === undefined) throw new Contradiction(`nothing was inserted for ${accountId}`)
  return id
}

/** A bill as its page shows it: the document as issued, and what is open of its charges now. */
export interface BillView {
  readonly number: string
  readonly accountId: string
  readonly kind: string
  readonly issuedAt: string
  readonly dueOn: string
  readonly totalMinor: number
  readonly openMinor: number
  readonly currency: string
  readonly document: JsonObject
}

/** A bill by its number; undefined when there is none. */
export async function findBillByNumber(db: Db | Tx, number: string): Promise<BillView | undefined> {
  const open = sql<number>`(select coalesce(sum(open_amount(b.charge_id)), 0) from bill_charges b where b.bill_id = bills.bill_id)`
  const row = await db
    .selectFrom('bills')
    .select(['number', 'accountId', 'kind', 'issuedAt', 'dueOn', 'totalMinor', 'currency', 'document'])
    .select(open.as('openMinor'))
    .where('number', '=', number)
    .executeTakeFirst()
  return row as BillView | undefined
}
