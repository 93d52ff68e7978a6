import { createHash } from 'node:crypto'
import { sql } from 'kysely'
import { type PaymentChannel, payerKey, type ProviderStatus, type QuarantineReason } from '../../domain/payment.ts'
import { processIds } from '../../domain/process-ids.ts'
import type { Db, Tx } from '../client.ts'
import { startWorkflow } from './outbox.ts'

/** What was said of a payment, by a provider, an agent, or a provider we asked. */
export interface PaymentSaid {
  readonly status: ProviderStatus
  readonly amountMinor: number
  readonly currency: string
  /** As the payer wrote it: a customer ID, an application's code, or anything. Never leaves this row. */
  readonly payer: string
  readonly channel: PaymentChannel
  /** The day it was paid, as the provider has it. */
  readonly paidOn?: string
  /** Whose hand the cash is in: an agent's log-in, or the plant's counter. */
  readonly holder?: string
  readonly collectedBy?: string
  readonly billNumber?: string
  readonly chargeIds?: readonly number[]
  /** The signed bytes, as evidence. */
  readonly raw?: string
  /** Head office, where nobody else could say what became of it, and the reference of what proves it. */
  readonly decidedBy?: string
  readonly proof?: string
}

export interface NewPaymentNotice {
  readonly provider: string
  readonly reference: string
  /** Where the money was paid to; an unknown payer's money waits there. */
  readonly plant: string
  readonly said: PaymentSaid
  readonly asOf: string
}

/** A notice as it was received. */
export interface PaymentNotice {
  readonly noticeId: number
  readonly provider: string
  readonly reference: string
  readonly plant: string
  readonly said: PaymentSaid
  readonly state: 'received' | 'done' | 'quarantined'
  readonly quarantineReason: QuarantineReason | null
  readonly businessAt: string
}

/** Which payment: unique by provider and reference, whatever is said of it. */
export interface PaymentKey {
  readonly provider: string
  readonly reference: string
}

const COLUMNS = ['noticeId', 'provider', 'reference', 'plant', 'body', 'state', 'quarantineReason', 'businessAt'] as const

/**
 * Keeps a notice and starts its process after the commit. The very same notice again changes nothing and returns the first;
 * one that says otherwise (amount, currency, payer, status) is a further notice of the same payment.
 */
export async function acceptNotice(tx: Tx, notice: NewPaymentNotice): Promise<{ noticeId: number; isNew: boolean }> {
  const { provider, reference, plant, said, asOf } = notice
  const fingerprint = fingerprintOf(said)
  const inserted = await tx
    .insertInto('paymentNotices')
    .values({ provider, reference, plant, fingerprint, body: JSON.stringify(said), businessAt: asOf })
    .onConflict((c) => c.columns(['provider', 'reference', 'fingerprint']).doNothing())
    .returning('noticeId')
    .executeTakeFirst()
  if (inserted === undefined) return { noticeId: await standingNotice(tx, { provider, reference }, fingerprint), isNew: false }
  await startReceiving(tx, { provider, reference })
  return { noticeId: inserted.noticeId, isNew: true }
}

/** Starts (or wakes) the process of a payment, told whose it is as far as is known. */
export async function startReceiving(tx: Tx, { provider, reference }: PaymentKey): Promise<void> {
  const [first] = await noticesOf(tx, { provider, reference })
  if (first === undefined) return
  const payer = await findPayer(tx, first.said.payer)
  const whose = payer && { accountId: payer.accountId, ...(payer.customerId !== null && { customerId: payer.customerId }) }
  const input = { plant: payer?.plant ?? first.plant, provider, reference, ...whose }
  await startWorkflow(tx, { workflowType: 'receivePayment', workflowId: processIds.payment(provider, reference), input })
}

/** Everything that was said of a payment, in the order it came. */
export async function noticesOf(db: Db | Tx, { provider, reference }: PaymentKey): Promise<PaymentNotice[]> {
  const rows = await db
    .selectFrom('paymentNotices')
    .select(COLUMNS)
    .where('provider', '=', provider)
    .where('reference', '=', reference)
    .orderBy('noticeId')
    .execute()
  return rows.map(noticeFrom)
}

/** One notice, if there is one of that number. */
export async function findNotice(db: Db | Tx, noticeId: number): Promise<PaymentNotice | undefined> {
  const row = await db.selectFrom('paymentNotices').select(COLUMNS).where('noticeId', '=', noticeId).executeTakeFirst()
  return row && noticeFrom(row)
}

/** The oldest notice of a payment that nobody has taken in yet, locked until the transaction ends. */
export async function lockWaitingNotice(tx: Tx, { provider, reference }: PaymentKey): Promise<PaymentNotice | undefined> {
  const row = await tx
    .selectFrom('paymentNotices')
    .select(COLUMNS)
    .where('provider', '=', provider)
    .where('reference', '=', reference)
    .where('state', '=', 'received')
    .orderBy('noticeId')
    .limit(1)
    .forUpdate()
    .executeTakeFirst()
  return row && noticeFrom(row)
}

/** Says what became of a notice: taken in, or set aside with the reason. */
export async function closeNotice(tx: Tx, noticeId: number, quarantineReason?: QuarantineReason): Promise<void> {
  const change = quarantineReason === undefined ? { state: 'done' } : { state: 'quarantined', quarantineReason }
  await tx.updateTable('paymentNotices').set(change).where('noticeId', '=', noticeId).where('state', '=', 'received').execute()
}

export interface NoticeFilter {
  readonly plants: readonly string[]
  readonly state?: PaymentNotice['state'] | undefined
  readonly provider?: string | undefined
  /** Notices older than this one. */
  readonly before?: number | undefined
  readonly limit: number
}

/** Notices at these plants, newest first. */
export async function listNotices(
  db: Db | Tx,
  { plants, state, provider, before, limit }: NoticeFilter,
): Promise<PaymentNotice[]> {
  if (plants.length === 0) return []
  let rows = db.selectFrom('paymentNotices').select(COLUMNS).where('plant', 'in', plants).orderBy('noticeId', 'desc').limit(limit)
  if (state !== undefined) rows = rows.where('state', '=', state)
  if (provider !== undefined) rows = rows.where('provider', '=', provider)
  if (before !== undefined) rows = rows.where('noticeId', '<', before)
  return (await rows.execute()).map(noticeFrom)
}

/** Payments with a notice that has waited for longer than its start should take, and whose process does not say why. */
export async function neglectedPayments(
  tx: Tx,
  { olderThanSeconds, limit }: { olderThanSeconds: number; limit: number },
): Promise<PaymentKey[]> {
  const { rows } = await sql<PaymentKey>`
    select distinct provider, reference from payment_notices n
    where state = 'received' and recorded_at < now() - make_interval(secs => ${olderThanSeconds})
    order by provider, reference limit ${limit}`.execute(tx)
  const busy = await busyProcesses(
    tx,
    rows.map(({ provider, reference }) => processIds.payment(provider, reference)),
  )
  return rows.filter(({ provider, reference }) => !busy.has(processIds.payment(provider, reference)))
}

/** Parked runs wait for a person, and a start that is on its way needs no second one. */
async function busyProcesses(tx: Tx, workflowIds: readonly string[]): Promise<Set<string>> {
  if (workflowIds.length === 0) return new Set()
  const parked = await tx
    .selectFrom('processes')
    .select('workflowId')
    .where('workflowId', 'in', workflowIds)
    .where('stage', '=', 'Parked')
    .where('outcome', 'is', null)
    .execute()
  const starting = await tx.selectFrom('outbox').select('workflowId').where('workflowId', 'in', workflowIds).execute()
  return new Set([...parked, ...starting].map(({ workflowId }) => workflowId ?? ''))
}

/** Whose account a payer means; undefined when it is nobody's. */
export async function findPayer(
  db: Db | Tx,
  payer: string,
): Promise<{ accountId: string; customerId: string | null; plant: string; currency: string } | undefined> {
  const key = payerKey(payer)
  if (key === undefined) return undefined
  const accounts = db.selectFrom('accounts').select(['accountId', 'customerId', 'plant', 'currency'])
  const found =
    'accountId' in key ? accounts.where('accountId', '=', key.accountId) : accounts.where('customerId', '=', key.customerId)
  return found.executeTakeFirst()
}

async function standingNotice(tx: Tx, { provider, reference }: PaymentKey, fingerprint: string): Promise<number> {
  const row = await tx
    .selectFrom('paymentNotices')
    .select('noticeId')
    .where('provider', '=', provider)
    .where('reference', '=', reference)
    .where('fingerprint', '=', fingerprint)
    .executeTakeFirstOrThrow()
  return row.noticeId
}

function fingerprintOf({ status, amountMinor, currency, payer }: PaymentSaid): string {
  return createHash('sha256')
    .update(JSON.stringify([status, amountMinor, currency, payer]))
    .digest('hex')
}

function noticeFrom(row: {
  noticeId: number
  provider: string
  reference: string
  plant: string
  body: unknown
  state: string
  quarantineReason: string | null
  businessAt: string
}): PaymentNotice {
  const { body, ...rest } = row
  return { ...rest, said: body as PaymentSaid } as PaymentNotice
}
