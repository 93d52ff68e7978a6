import { sql } from 'kysely'
import { DEPOSIT_LINES } from '../../domain/deposit.ts'
import type { BounceReason, PaymentChannel, PaymentMismatch, PaymentState } from '../../domain/payment.ts'
import type { Db, Tx } from '../client.ts'
import type { PaymentKey } from './payment-notices.ts'

/** A payment as it stands. Instants RFC 3339, amounts in minor units of its currency. */
export interface Payment {
  readonly paymentId: number
  readonly provider: string
  readonly reference: string
  readonly plant: string
  /** `null` while nobody knows whose it is. */
  readonly accountId: string | null
  readonly channel: PaymentChannel
  readonly amountMinor: number
  readonly currency: string
  readonly state: PaymentState
  readonly collectedBy: string | null
  /** Charges the payer named and that are the account's own. */
  readonly namedCharges: readonly number[]
  /** The day it counts as paid; `receivedAt` is when we were first told. */
  readonly valueDate: string
  readonly receivedAt: string
  readonly postedAt: string | null
  readonly receiptNumber: string | null
  /** The ledger account the money came into. */
  readonly paidInto: string | null
  readonly mismatches: readonly PaymentMismatch[]
  readonly noticeId: number | null
  readonly bouncedAt: string | null
  readonly bounceReason: BounceReason | null
}

const COLUMNS = [
  'paymentId',
  'provider',
  'reference',
  'plant',
  'accountId',
  'channel',
  'amountMinor',
  'currency',
  'state',
  'collectedBy',
  'namedCharges',
  'valueDate',
  'receivedAt',
  'postedAt',
  'receiptNumber',
  'paidInto',
  'mismatches',
  'noticeId',
  'bouncedAt',
  'bounceReason',
] as const

type NewPayment = Omit<Payment, 'paymentId' | 'postedAt' | 'receiptNumber' | 'namedCharges' | 'bouncedAt' | 'bounceReason'>

/** Writes down a payment of which we were told for the first time. Unique by provider and reference: a second one is refused. */
export async function insertPayment(tx: Tx, payment: NewPayment): Promise<Payment> {
  const row = await tx
    .insertInto('payments')
    .values({ ...payment, mismatches: [...payment.mismatches] })
    .returning(COLUMNS)
    .executeTakeFirstOrThrow()
  return paymentFrom(row)
}

/** The payment of that reference, if we were told of one. */
export async function findPayment(db: Db | Tx, { provider, reference }: PaymentKey): Promise<Payment | undefined> {
  const row = await db
    .selectFrom('payments')
    .select(COLUMNS)
    .where('provider', '=', provider)
    .where('reference', '=', reference)
    .executeTakeFirst()
  return row && paymentFrom(row)
}

/** The same, locked until the transaction ends. The caller holds the account lock. */
export async function lockPayment(tx: Tx, { provider, reference }: PaymentKey): Promise<Payment | undefined> {
  const row = await tx
    .selectFrom('payments')
    .select(COLUMNS)
    .where('provider', '=', provider)
    .where('reference', '=', reference)
    .forUpdate()
    .executeTakeFirst()
  return row && paymentFrom(row)
}

/** A payment by its number, if there is one. */
export async function findPaymentById(db: Db | Tx, paymentId: number): Promise<Payment | undefined> {
  const row = await db.selectFrom('payments').select(COLUMNS).where('paymentId', '=', paymentId).executeTakeFirst()
  return row && paymentFrom(row)
}

/** The same, locked until the transaction ends. */
export async function lockPaymentById(tx: Tx, paymentId: number): Promise<Payment | undefined> {
  const row = await tx.selectFrom('payments').select(COLUMNS).where('paymentId', '=', paymentId).forUpdate().executeTakeFirst()
  return row && paymentFrom(row)
}

/** Moves a payment that is nobody's or not in the books yet; the database refuses to take it back. */
export async function movePayment(
  tx: Tx,
  paymentId: number,
  state: 'pending' | 'unknown' | 'suspense' | 'returned' | 'failed',
): Promise<void> {
  await tx.updateTable('payments').set({ state }).where('paymentId', '=', paymentId).execute()
}

/**
 * The amount that was confirmed takes the place of the one that was only promised; the database refuses it once anything is in the
 * books. Both words stand among the payment's notices.
 */
export async function amendAmount(tx: Tx, payment: Payment, amountMinor: number): Promise<Payment> {
  await tx.updateTable('payments').set({ amountMinor }).where('paymentId', '=', payment.paymentId).execute()
  return { ...payment, amountMinor }
}

/** A payment came back, or never truly came: its end, whatever it was before. Its receipt keeps its number (billing.md rule 7). */
export async function markBounced(
  tx: Tx,
  paymentId: number,
  { bouncedAt, reason }: { bouncedAt: string; reason: BounceReason },
): Promise<void> {
  await tx
    .updateTable('payments')
    .set({ state: 'bounced', bouncedAt, bounceReason: reason })
    .where('paymentId', '=', paymentId)
    .execute()
}

export interface PostedPayment {
  readonly accountId: string
  readonly namedCharges: readonly number[]
  readonly mismatches: readonly PaymentMismatch[]
  readonly receiptNumber: string
  readonly postedAt: string
  readonly remainingAfterMinor: number
  readonly creditAfterMinor: number
}

/** Makes a payment final: whose it is, its receipt, and what that receipt states. */
export async function finishPayment(tx: Tx, paymentId: number, posted: PostedPayment): Promise<void> {
  const { namedCharges, mismatches, ...rest } = posted
  await tx
    .updateTable('payments')
    .set({ ...rest, state: 'posted', namedCharges: [...namedCharges], mismatches: [...mismatches] })
    .where('paymentId', '=', paymentId)
    .execute()
}

/** What an account owes in all, debts and demands alike, in minor units; parts that fill up a deposit from their bill on. */
export async function openTotalMinor(db: Db | Tx, accountId: string): Promise<number> {
  const { rows } = await sql<{
    open: number
  }>`select coalesce(sum(open_amount(charge_id)), 0)::bigint as open from charges where account_id = ${accountId} and voided_at is null
    and not (kind = 'deposit' and split_part(source, ':', 1) || ':' = any(${Object.keys(DEPOSIT_LINES)}::text[]) and not exists (select 1 from bill_charges b where b.charge_id = charges.charge_id))`.execute(
    db,
  )
  return rows[0]?.open ?? 0
}

/**
 * The charges a payer named, by number or by a bill: those of the account, and what did not fit. The money is taken in any case
 * (billing.md rule 5).
 */
export async function namedChargesOf(
  tx: Tx,
  accountId: string,
  { billNumber, chargeIds }: { billNumber?: string | undefined; chargeIds?: readonly number[] | undefined },
): Promise<{ namedCharges: number[]; mismatches: PaymentMismatch[] }> {
  const byNumber =
    chargeIds === undefined || chargeIds.length === 0
      ? []
      : await tx.selectFrom('charges').select(['chargeId', 'accountId']).where('chargeId', 'in', chargeIds).execute()
  const byBill = billNumber === undefined ? [] : await chargesOfBill(tx, billNumber)
  const found = [...byNumber, ...byBill]
  const own = [...new Set(found.filter((charge) => charge.accountId === accountId).map(({ chargeId }) => chargeId))]
  const mismatches: PaymentMismatch[] = []
  if (found.some((charge) => charge.accountId !== accountId)) mismatches.push('bill-of-another-account')
  if (byNumber.length < new Set(chargeIds).size || (billNumber !== undefined && byBill.length === 0))
    mismatches.push('bill-unknown')
  if (own.length > 0 && !(await anyOpen(tx, own))) mismatches.push('bill-settled')
  return { namedCharges: own, mismatches }
}

async function chargesOfBill(tx: Tx, billNumber: string): Promise<{ chargeId: number; accountId: string }[]> {
  return tx
    .selectFrom('bills')
    .innerJoin('billCharges', 'billCharges.billId', 'bills.billId')
    .select(['chargeId', 'bills.accountId'])
    .where('number', '=', billNumber)
    .execute()
}

async function anyOpen(tx: Tx, chargeIds: readonly number[]): Promise<boolean> {
  const open = await tx
    .selectFrom('charges')
    .select('chargeId')
    .where('chargeId', 'in', chargeIds)
    .where(sql<number>`open_amount(charge_id)`, '>', 0)
    .executeTakeFirst()
  return open !== undefined
}

export interface PaymentFilter {
  /** Payments of these plants, or of these accounts: whatever the asker may see. */
  readonly visible: { readonly plants: readonly string[] } | { readonly accountIds: readonly string[] }
  readonly accountId?: string | undefined
  readonly state?: PaymentState | undefined
  /** Only what did not fit: a closed account, somebody else's bill. */
  readonly mismatched?: boolean | undefined
  /** Payments older than this one. */
  readonly before?: number | undefined
  readonly limit: number
}

/** Payments, newest first. */
export async function listPayments(
  db: Db | Tx,
  { visible, before, mismatched, limit, ...filter }: PaymentFilter,
): Promise<Payment[]> {
  const among = 'plants' in visible ? visible.plants : visible.accountIds
  if (among.length === 0) return []
  let rows = db
    .selectFrom('payments')
    .select(COLUMNS)
    .where('plants' in visible ? 'plant' : 'accountId', 'in', among)
    .orderBy('paymentId', 'desc')
    .limit(limit)
  for (const column of ['accountId', 'state'] as const) {
    const wanted = filter[column]
    if (wanted !== undefined) rows = rows.where(column, '=', wanted)
  }
  if (mismatched === true) rows = rows.where(sql<boolean>`mismatches <> '{}'`)
  if (before !== undefined) rows = rows.where('paymentId', '<', before)
  return (await rows.execute()).map(paymentFrom)
}

/** Arrays of int8 come from the driver as texts. */
function paymentFrom(row: { namedCharges: unknown }): Payment {
  return { ...row, namedCharges: (row.namedCharges as readonly unknown[]).map(Number) } as unknown as Payment
}
