import { type Selectable, sql } from 'kysely'
import type { Db, Tx } from '../client.ts'
import type { Bills, Charges, Notifications, Payments, Postings, Readings } from '../tables.ts'

/** Part of a list that is read newest first: entries older than `before`, at most `limit`. */
export interface Older {
  readonly before?: number | undefined
  readonly limit: number
}

const CHARGE = [
  'chargeId',
  'kind',
  'source',
  'nature',
  'amountMinor',
  'currency',
  'dueOn',
  'issuedAt',
  'periodFrom',
  'periodTo',
  'voidedAt',
  'voidReason',
] as const
const BILL = [
  'billId',
  'number',
  'kind',
  'source',
  'issuedAt',
  'dueOn',
  'totalMinor',
  'outstandingBeforeMinor',
  'creditBeforeMinor',
  'currency',
] as const
const PAYMENT = [
  'paymentId',
  'provider',
  'reference',
  'channel',
  'amountMinor',
  'currency',
  'state',
  'collectedBy',
  'valueDate',
  'receivedAt',
  'receiptNumber',
] as const
const READING = [
  'readingId',
  'serial',
  'takenAt',
  'boundary',
  'registerWh',
  'source',
  'state',
  'rules',
  'enteredBy',
  'reviewedBy',
  'taskId',
] as const
const NOTICE = ['notificationId', 'kind', 'language', 'channel', 'state', 'queuedAt', 'sentAt', 'deliveredAt', 'body'] as const
const POSTING = ['postingId', 'eventKey', 'leg', 'debit', 'credit', 'amountMinor', 'currency', 'businessAt'] as const

export type ChargeEntry = Pick<Selectable<Charges>, (typeof CHARGE)[number]> & { openMinor: number }
export type BillEntry = Pick<Selectable<Bills>, (typeof BILL)[number]>
export type BillWithDocument = BillEntry & { document: unknown }
export type PaymentEntry = Pick<Selectable<Payments>, (typeof PAYMENT)[number]> & {
  allocations: { chargeId: number; amountMinor: number }[]
}
export type ReadingEntry = Pick<Selectable<Readings>, (typeof READING)[number]>
export type NoticeEntry = Pick<Selectable<Notifications>, (typeof NOTICE)[number]>
export type PostingEntry = Pick<Selectable<Postings>, (typeof POSTING)[number]>

/** Everything below is newest first and of one account. Charges come with what is still open of them. */
export async function listCharges(
  db: Db | Tx,
  accountId: string,
  { before, limit, onlyOpen }: Older & { onlyOpen?: boolean },
): Promise<ChargeEntry[]> {
  const openMinor = sql<number>`open_amount(charge_id)`
  let rows = db.selectFrom('charges').select(CHARGE).select(openMinor.as('openMinor')).where('accountId', '=', accountId)
  if (before !== undefined) rows = rows.where('chargeId', '<', before)
  if (onlyOpen === true) rows = rows.where(openMinor, '>', 0)
  return rows.orderBy('chargeId', 'desc').limit(limit).execute()
}

/** Issued bills without their documents. */
export async function listBills(db: Db | Tx, accountId: string, { before, limit }: Older): Promise<BillEntry[]> {
  let rows = db.selectFrom('bills').select(BILL).where('accountId', '=', accountId)
  if (before !== undefined) rows = rows.where('billId', '<', before)
  return rows.orderBy('billId', 'desc').limit(limit).execute()
}

/** One bill with its document, if it is of this account. */
export async function findBill(db: Db | Tx, accountId: string, number: string): Promise<BillWithDocument | undefined> {
  return db
    .selectFrom('bills')
    .select(BILL)
    .select('document')
    .where('accountId', '=', accountId)
    .where('number', '=', number)
    .executeTakeFirst()
}

/** Payments with what each was put against. */
export async function listPayments(db: Db | Tx, accountId: string, { before, limit }: Older): Promise<PaymentEntry[]> {
  const allocations = sql<PaymentEntry['allocations']>`coalesce((
    select json_agg(json_build_object('chargeId', charge_id, 'amountMinor', amount_minor) order by allocation_id)
    from allocations where allocations.payment_id = payments.payment_id), '[]')`
  let rows = db.selectFrom('payments').select(PAYMENT).select(allocations.as('allocations')).where('accountId', '=', accountId)
  if (before !== undefined) rows = rows.where('paymentId', '<', before)
  return rows.orderBy('paymentId', 'desc').limit(limit).execute()
}

/** Readings that billing looked at, whatever became of them. */
export async function listReadings(db: Db | Tx, customerId: string, { before, limit }: Older): Promise<ReadingEntry[]> {
  let rows = db.selectFrom('readings').select(READING).where('customerId', '=', customerId)
  if (before !== undefined) rows = rows.where('readingId', '<', before)
  return rows.orderBy('readingId', 'desc').limit(limit).execute()
}

/** Notices to the account's holder, as they were written once they left. */
export async function listNotices(db: Db | Tx, accountId: string, { before, limit }: Older): Promise<NoticeEntry[]> {
  let rows = db.selectFrom('notifications').select(NOTICE).where('accountId', '=', accountId).where('channel', '<>', 'staff')
  if (before !== undefined) rows = rows.where('notificationId', '<', before)
  return rows.orderBy('notificationId', 'desc').limit(limit).execute()
}

/** Postings that touch the account's ledger accounts. */
export async function listPostings(db: Db | Tx, accountId: string, { before, limit }: Older): Promise<PostingEntry[]> {
  let rows = db.selectFrom('postings').select(POSTING).where('accountId', '=', accountId)
  if (before !== undefined) rows = rows.where('postingId', '<', before)
  return rows.orderBy('postingId', 'desc').limit(limit).execute()
}
