import { createHash } from 'node:crypto'
import { dateAt } from '../../domain/calendar.ts'
import type { PaymentChannel, PaymentState } from '../../domain/payment.ts'
import { isHeld, type ProviderRow } from '../../domain/provider-statement.ts'
import type { Db, Tx } from '../client.ts'
import { openItem } from './payment-open-items.ts'
import { acceptNotice, noticesOf } from './payment-notices.ts'
import type { PlantTerms } from './plants.ts'

export interface NewStatement {
  readonly plant: PlantTerms
  readonly provider: string
  /** The days it is said to cover. */
  readonly fromDate: string
  readonly toDate: string
  /** How money comes in through this provider; for payments we were not told of. */
  readonly channel: PaymentChannel
  readonly rows: readonly ProviderRow[]
  readonly importedBy: string
  readonly asOf: string
}

/** A statement that was read, and what came of it. */
export interface ReadStatement {
  readonly statementId: number
  readonly plant: string
  readonly provider: string
  readonly fromDate: string
  readonly toDate: string
  readonly importedBy: string
  readonly importedAt: string
}

interface Ours {
  readonly paymentId: number
  readonly reference: string
  readonly state: PaymentState
  readonly amountMinor: number
  readonly currency: string
}

/**
 * Takes in what a provider's statement says. What we hold exactly so is left alone; anything else is told to its payment as one more
 * notice, on the same path as the provider's own word. What is posted with us and missing there, or there with another amount, is an
 * open item. The same statement again changes nothing and is answered with the first (by its content).
 */
export async function importProviderStatement(tx: Tx, statement: NewStatement): Promise<{ statementId: number; isNew: boolean }> {
  const { plant, provider, fromDate, toDate, rows, importedBy, asOf } = statement
  const contentHash = createHash('sha256')
    .update(JSON.stringify([fromDate, toDate, rows]))
    .digest('hex')
  const made = await tx
    .insertInto('paymentStatements')
    .values({ plant: plant.plant, provider, contentHash, fromDate, toDate, importedBy, importedAt: asOf })
    .onConflict((c) => c.columns(['plant', 'provider', 'contentHash']).doNothing())
    .returning('statementId')
    .executeTakeFirst()
  if (made === undefined) return { statementId: await standing(tx, { plant: plant.plant, provider, contentHash }), isNew: false }
  const { statementId } = made
  const ours = await paymentsOf(tx, provider, rows)
  for (const row of rows) await takeRow(tx, statement, { statementId, row, payment: ours.get(row.reference) })
  await closeFound(tx, { provider, rows, importedBy, asOf })
  await openMissing(tx, statement, statementId)
  return { statementId, isNew: true }
}

async function takeRow(
  tx: Tx,
  { plant, provider, channel, asOf }: NewStatement,
  { statementId, row, payment }: { statementId: number; row: ProviderRow; payment: Ours | undefined },
): Promise<void> {
  const { line, reference, amountMinor, currency, status, paidAt, payer } = row
  const isSame = isHeld(row, payment)
  const [first] = isSame ? [] : await noticesOf(tx, { provider, reference })
  const said = {
    channel: first?.said.channel ?? channel,
    payer: first?.said.payer ?? payer,
    status,
    amountMinor,
    currency,
    paidOn: dateAt(paidAt, plant.zone),
  }
  const told = isSame
    ? undefined
    : await acceptNotice(tx, { provider, reference, plant: first?.plant ?? plant.plant, said, asOf })
  await tx
    .insertInto('paymentStatementRows')
    .values({
      statementId,
      line,
      provider,
      reference,
      amountMinor,
      currency,
      status,
      paidAt,
      verdict: isSame ? 'same' : 'told',
      noticeId: told?.noticeId ?? null,
    })
    .execute()
  if (
    payment !== undefined &&
    payment.state !== 'failed' &&
    (payment.amountMinor !== amountMinor || payment.currency !== currency)
  )
    await openItem(tx, {
      ...payment,
      statementId,
      plant: plant.plant,
      provider,
      kind: 'another-amount',
      theirsMinor: amountMinor,
      asOf,
    })
}

/** What a later statement has is missing no more. */
async function closeFound(
  tx: Tx,
  { provider, rows, importedBy, asOf }: Pick<NewStatement, 'provider' | 'rows' | 'importedBy' | 'asOf'>,
): Promise<void> {
  const references = rows.map(({ reference }) => reference)
  if (references.length === 0) return
  await tx
    .updateTable('paymentOpenItems')
    .set({ closedAt: asOf, closedAs: 'found', closedBy: importedBy })
    .where('provider', '=', provider)
    .where('reference', 'in', references)
    .where('kind', '=', 'not-in-statement')
    .where('closedAt', 'is', null)
    .execute()
}

/** Posted with us for a day the statement covers, and in no statement of the provider that was ever read. */
async function openMissing(
  tx: Tx,
  { plant, provider, fromDate, toDate, asOf }: NewStatement,
  statementId: number,
): Promise<void> {
  const missing = await tx
    .selectFrom('payments')
    .select(['paymentId', 'reference', 'state', 'amountMinor', 'currency'])
    .where('provider', '=', provider)
    .where('plant', '=', plant.plant)
    .where('state', 'in', ['posted', 'suspense', 'returned'])
    .where('valueDate', '>=', fromDate)
    .where('valueDate', '<=', toDate)
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('paymentStatementRows')
            .select('line')
            .whereRef('paymentStatementRows.reference', '=', 'payments.reference')
            .whereRef('paymentStatementRows.provider', '=', 'payments.provider'),
        ),
      ),
    )
    .execute()
  for (const payment of missing)
    await openItem(tx, {
      ...payment,
      statementId,
      plant: plant.plant,
      provider,
      kind: 'not-in-statement',
      theirsMinor: null,
      asOf,
    })
}

async function paymentsOf(tx: Tx, provider: string, rows: readonly ProviderRow[]): Promise<Map<string, Ours>> {
  if (rows.length === 0) return new Map()
  const found = await tx
    .selectFrom('payments')
    .select(['paymentId', 'reference', 'state', 'amountMinor', 'currency'])
    .where('provider', '=', provider)
    .where(
      'reference',
      'in',
      rows.map(({ reference }) => reference),
    )
    .execute()
  return new Map((found as Ours[]).map((payment) => [payment.reference, payment]))
}

async function standing(
  tx: Tx,
  { plant, provider, contentHash }: { plant: string; provider: string; contentHash: string },
): Promise<number> {
  const row = await tx
    .selectFrom('paymentStatements')
    .select('statementId')
    .where('plant', '=', plant)
    .where('provider', '=', provider)
    .where('contentHash', '=', contentHash)
    .executeTakeFirstOrThrow()
  return row.statementId
}

const COLUMNS = ['statementId', 'plant', 'provider', 'fromDate', 'toDate', 'importedBy', 'importedAt'] as const

/** Statements that were read, newest first. */
export async function listStatements(
  db: Db | Tx,
  { plants, before, limit }: { plants: readonly string[]; before?: number | undefined; limit: number },
): Promise<ReadStatement[]> {
  if (plants.length === 0) return []
  let rows = db
    .selectFrom('paymentStatements')
    .select(COLUMNS)
    .where('plant', 'in', plants)
    .orderBy('statementId', 'desc')
    .limit(limit)
  if (before !== undefined) rows = rows.where('statementId', '<', before)
  return rows.execute()
}

/** A statement, if there is one of that number. */
export function findStatement(db: Db | Tx, statementId: number): Promise<ReadStatement | undefined> {
  return db.selectFrom('paymentStatements').select(COLUMNS).where('statementId', '=', statementId).executeTakeFirst()
}

/** A line that was not what we held, and what became of it. */
export interface ToldRow {
  readonly line: number
  readonly reference: string
  readonly amountMinor: number
  readonly status: string
  readonly noticeId: number
  readonly noticeState: string
  readonly quarantineReason: string | null
}

/** How many lines a statement had, and those that were not as we held them. */
export async function statementResult(db: Db | Tx, statementId: number): Promise<{ same: number; told: ToldRow[] }> {
  const rows = await db
    .selectFrom('paymentStatementRows')
    .leftJoin('paymentNotices', 'paymentNotices.noticeId', 'paymentStatementRows.noticeId')
    .select(['line', 'paymentStatementRows.reference', 'amountMinor', 'status', 'verdict', 'paymentNotices.noticeId'])
    .select(['paymentNotices.state as noticeState', 'quarantineReason'])
    .where('statementId', '=', statementId)
    .orderBy('line')
    .execute()
  const told = rows.filter(({ verdict }) => verdict === 'told').map(({ verdict: _told, ...row }) => row)
  return { same: rows.length - told.length, told: told as ToldRow[] }
}
