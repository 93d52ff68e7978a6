import { restOfShortage } from '../../domain/cash.ts'
import { slipKey } from '../../domain/cash-deposit.ts'
import { postRepaid } from '../../domain/cash-postings.ts'
import { dateAt } from '../../domain/calendar.ts'
import { DomainError } from '../../domain/errors.ts'
import { receiptNumber, repaymentSeries } from '../../domain/payment.ts'
import type { Db, Tx } from '../client.ts'
import { custodians, holderCode, lockCashHolders, shortMinor, watchCeiling } from './cash-holders.ts'
import { post } from './ledger.ts'
import { queueStaffNotice } from './notices.ts'
import { takeNumbers } from './numbers.ts'
import type { PlantTerms } from './plants.ts'

/** What was short and is paid back, with its receipt. */
export interface CashRepayment {
  readonly repaymentId: number
  readonly plant: string
  readonly holder: string
  /** The hand that took it; `null` where it was paid into the bank. */
  readonly intoHolder: string | null
  readonly bankReference: string | null
  readonly amountMinor: number
  /** What is still owed after it. */
  readonly restMinor: number
  readonly currency: string
  readonly receiptNumber: string
  readonly paidBy: string
  readonly receivedBy: string
  readonly receivedAt: string
}

const COLUMNS = [
  'repaymentId',
  'plant',
  'holder',
  'intoHolder',
  'bankReference',
  'amountMinor',
  'restMinor',
  'currency',
  'receiptNumber',
  'paidBy',
  'receivedBy',
  'receivedAt',
] as const

export interface Repaying {
  /** The hand that was short. */
  readonly holder: string
  readonly amountMinor: number
  readonly paidBy: string
  readonly receivedBy: string
  readonly into: { readonly hand: string } | { readonly bankReference: string }
}

/**
 * Somebody pays back what was short, and another person writes the receipt: in cash into another hand, or into the bank as its statement
 * says. INVALID_AMOUNT for more than is owed, OWN_ENTRY for one's own receipt, INVALID_INPUT for the hand that was short itself (what is found
 * there is for a count), ALREADY_EXISTS for a line of the bank that was told of before.
 */
export async function repayShortage(
  tx: Tx,
  { plant, asOf }: { plant: PlantTerms; asOf: string },
  repaying: Repaying,
): Promise<CashRepayment> {
  const { holder, amountMinor, paidBy, receivedBy, into } = repaying
  if (paidBy === receivedBy || holder === receivedBy)
    throw new DomainError('OWN_ENTRY', 'Another person takes what was short, and writes the receipt')
  const hand = 'hand' in into ? into.hand : null
  if (hand === holder)
    throw new DomainError('INVALID_INPUT', 'It is paid into another hand; what is found in this one is counted')
  const holders = await lockCashHolders(tx, plant.plant, hand === null ? [holder] : [holder, hand])
  const restMinor = restOfShortage({ amountMinor, shortMinor: await shortMinor(tx, holder) })
  const reference = 'bankReference' in into ? into.bankReference : null
  const series = repaymentSeries(plant.plant, dateAt(asOf, plant.zone))
  const made = await tx
    .insertInto('cashRepayments')
    .values({
      ...{ plant: plant.plant, holder, intoHolder: hand, bankReference: reference },
      ...{ bankKey: reference === null ? null : slipKey(reference), amountMinor, restMinor, currency: plant.currency },
      ...{ receiptNumber: receiptNumber(series, await takeNumbers(tx, series, 1)), paidBy, receivedBy, receivedAt: asOf },
    })
    .onConflict((c) => c.columns(['plant', 'bankKey']).where('bankKey', 'is not', null).doNothing())
    .returning(COLUMNS)
    .executeTakeFirst()
  if (made === undefined) throw await knownReference(tx, plant.plant, slipKey(reference ?? ''))
  await post(tx, {
    eventKey: `cash-repayment:${made.repaymentId}`,
    plant: plant.plant,
    accountId: null,
    currency: plant.currency,
    businessAt: asOf,
    postings: postRepaid({ plant: plant.plant, holder }, { into: hand, amountMinor }),
  })
  for (const one of holders) if (one.holder === hand) await watchCeiling(tx, { holder: one, plant, asOf })
  await tell(tx, made, asOf)
  return made
}

/** The constraint decides, also between two that come at once; the number that was taken goes back with the transaction. */
async function knownReference(tx: Tx, plant: string, bankKey: string): Promise<DomainError> {
  const before = tx.selectFrom('cashRepayments').select('receiptNumber').where('plant', '=', plant).where('bankKey', '=', bankKey)
  const { receiptNumber: known } = await before.executeTakeFirstOrThrow()
  return new DomainError('ALREADY_EXISTS', 'This was told of before', { receiptNumber: known })
}

/** Whoever paid has the receipt's number, and the cluster in-charge knows that it was made good. */
async function tell(tx: Tx, repayment: CashRepayment, asOf: string): Promise<void> {
  const { repaymentId, plant, holder, amountMinor, restMinor, currency, receiptNumber: number, paidBy } = repayment
  const params = { holderCode: holderCode(holder), plantCode: plant, amountMinor, restMinor, currency, receiptNumber: number }
  for (const login of new Set([paidBy, ...(await custodians(tx, plant, holder))]))
    await queueStaffNotice(tx, {
      ...{ plant, login, kind: 'cash-shortage-repaid', params, asOf },
      dedupeKey: `cash-shortage-repaid:${repaymentId}:${login}`,
    })
}

/** What was paid back for a hand, newest first. */
export async function listRepayments(
  db: Db | Tx,
  { holder, before, limit }: { holder: string; before?: number | undefined; limit: number },
): Promise<CashRepayment[]> {
  let rows = db
    .selectFrom('cashRepayments')
    .select(COLUMNS)
    .where('holder', '=', holder)
    .orderBy('repaymentId', 'desc')
    .limit(limit)
  if (before !== undefined) rows = rows.where('repaymentId', '<', before)
  return rows.execute()
}
