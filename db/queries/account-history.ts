import { sql } from 'kysely'
import type { Db, Tx } from '../client.ts'

/** Part of a list that is read newest first: entries older than `before`, at most `limit`. */
export interface Older {
  readonly before?: number | undefined
  readonly limit: number
}

/** Everything below is newest first and of one account. Charges come with what is still open of them. */
export async function listCharges(db: Db | Tx, accountId: string, { before, limit, onlyOpen }: Older & { onlyOpen?: boolean }) {
  let rows = db
    .selectFrom('charges')
    .select(['chargeId', 'kind', 'source', 'nature', 'amountMinor', 'currency', 'dueOn', 'issuedAt', 'periodFrom', 'periodTo', 'voidedAt', 'voidReason'])
    .select(sql<number>`open_amount(charge_id)`.as('openMinor'))
    .where('accountId', '=', accountId)
    .orderBy('chargeId', 'desc')
    .limit(limit)
  if (before !== undefined) rows = rows.where('chargeId', '<', before)
  if (onlyOpen === true) rows = rows.where(sql<boolean>`open_amount(charge_id) > 0`)
  return rows.execute()
}

/** Issued bills without their documents. */
export async function listBills(db: Db | Tx, accountId: string, { before, limit }: Older) {
  let rows = db
    .selectFrom('bills')
    .select(['billId', 'number', 'kind', 'source', 'issuedAt', 'dueOn', 'totalMinor', 'outstandingBeforeMinor', 'creditBeforeMinor', 'currency'])
    .where('accountId', '=', accountId)
    .orderBy('billId', 'desc')
    .limit(limit)
  if (before !== undefined) rows = rows.where('billId', '<', before)
  return rows.execute()
}

/** One bill with its document, if it is of this account. */
export async function findBill(db: Db | Tx, accountId: string, number: string) {
  return db
    .selectFrom('bills')
    .select(['billId', 'number', 'kind', 'source', 'issuedAt', 'dueOn', 'totalMinor', 'outstandingBeforeMinor', 'creditBeforeMinor', 'currency', 'document'])
    .where('accountId', '=', accountId)
    .where('number', '=', number)
    .executeTakeFirst()
}

export interface Payment {
  readonly paymentId: number
  readonly provider: string
  readonly reference: string
  readonly channel: string
  readonly amountMinor: number
  readonly currency: string
  readonly state: string
  readonly collectedBy: string | null
  readonly valueDate: string
  readonly receivedAt: string
  readonly receiptNumber: string | null
  readonly allocations: { readonly chargeId: number; readonly amountMinor: number }[]
}

/** Payments with what each was put against. */
export async function listPayments(db: Db | Tx, accountId: string, { before, limit }: Older): Promise<Payment[]> {
  let rows = db
    .selectFrom('payments')
    .select(['paymentId', 'provider', 'reference', 'channel', 'amountMinor', 'currency', 'state', 'collectedBy', 'valueDate', 'receivedAt', 'receiptNumber'])
    .select(sql<{ chargeId: number; amountMinor: number }[]>`coalesce((select json_agg(json_build_object('chargeId', charge_id, 'amountMinor', amount_minor)
      order by allocation_id) from allocations where allocations.payment_id = payments.payment_id), '[]')`.as('allocations'))
    .where('accountId', '=', accountId)
    .orderBy('paymentId', 'desc')
    .limit(limit)
  if (before !== undefined) rows = rows.where('paymentId', '<', before)
  return rows.execute()
}

/** Readings that billing looked at, whatever became of them. */
export async function listReadings(db: Db | Tx, customerId: string, { before, limit }: Older) {
  let rows = db
    .selectFrom('readings')
    .select(['readingId', 'serial', 'takenAt', 'boundary', 'registerWh', 'source', 'state', 'rules', 'enteredBy', 'reviewedBy', 'taskId'])
    .where('customerId', '=', customerId)
    .orderBy('readingId', 'desc')
    .limit(limit)
  if (before !== undefined) rows = rows.where('readingId', '<', before)
  return rows.execute()
}

/** Notices to the account's holder, as they were written once they left. */
export async function listNotices(db: Db | Tx, accountId: string, { before, limit }: Older) {
  let rows = db
    .selectFrom('notifications')
    .select(['notificationId', 'kind', 'language', 'channel', 'urgency', 'state', 'queuedAt', 'sentAt', 'deliveredAt', 'body'])
    .where('accountId', '=', accountId)
    .where('channel', '<>', 'staff')
    .orderBy('notificationId', 'desc')
    .limit(limit)
  if (before !== undefined) rows = rows.where('notificationId', '<', before)
  return rows.execute()
}

/** Postings that touch the account's ledger accounts. */
export async function listPostings(db: Db | Tx, accountId: string, { before, limit }: Older) {
  let rows = db
    .selectFrom('postings')
    .select(['postingId', 'eventKey', 'leg', 'debit', 'credit', 'amountMinor', 'currency', 'businessAt'])
    .where('accountId', '=', accountId)
    .orderBy('postingId', 'desc')
    .limit(limit)
  if (before !== undefined) rows = rows.where('postingId', '<', before)
  return rows.execute()
}
