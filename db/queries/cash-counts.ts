import { sql } from 'kysely'
import { assertDenominations, countDay, type Denomination, judgeCount } from '../../domain/cash.ts'
import { postCounted } from '../../domain/cash-postings.ts'
import { DomainError } from '../../domain/errors.ts'
import type { Db, Tx } from '../client.ts'
import { cashInHandMinor, holderCode, lockCashHolders, shortMinor, watchCeiling } from './cash-holders.ts'
import { post } from './ledger.ts'
import { insertFreeText } from './free-texts.ts'
import type { PlantTerms } from './plants.ts'
import { tellRole } from './tasks.ts'

/** What somebody counted in a hand on a business day. */
export interface CashCount {
  readonly countId: number
  readonly holder: string
  readonly countedOn: string
  readonly countedBy: string
  readonly countedAt: string
  readonly currency: string
  readonly bookMinor: number
  readonly countedMinor: number
  readonly shortageMinor: number
  readonly madeGoodMinor: number
  readonly overageMinor: number
}

const COLUMNS = [
  'countId',
  'holder',
  'countedOn',
  'countedBy',
  'countedAt',
  'currency',
  'bookMinor',
  'countedMinor',
  'shortageMinor',
  'madeGoodMinor',
  'overageMinor',
] as const

export interface Counting {
  readonly holder: string
  readonly countedBy: string
  readonly countedMinor: number
  readonly denominations?: readonly Denomination[] | undefined
  /** Why it differs; needed where there is more than the book says. */
  readonly reason?: string | undefined
}

/**
 * Records a day's count and makes the book say what was counted. Once a holder and business day (ALREADY_EXISTS); INVALID_INPUT for more
 * than the book without a reason, or denominations that do not add up; WRONG_STAGE while a receipt of that hand is still on its way.
 */
export async function countCash(
  tx: Tx,
  { plant, asOf }: { plant: PlantTerms; asOf: string },
  counting: Counting,
): Promise<CashCount> {
  const { holder, countedBy, countedMinor, denominations, reason } = counting
  if (denominations !== undefined) assertDenominations(denominations, countedMinor)
  const [locked] = await lockCashHolders(tx, plant.plant, [holder])
  const countedOn = countDay(asOf, plant.zone)
  await assertCountable(tx, { holder, countedOn, plant: plant.plant })
  const bookMinor = await cashInHandMinor(tx, holder)
  const verdict = judgeCount({ bookMinor, countedMinor, shortBeforeMinor: await shortMinor(tx, holder) })
  if (verdict.overageMinor > 0 && reason === undefined)
    throw new DomainError('INVALID_INPUT', 'More than the book says needs a reason', { bookMinor })
  const count = await tx
    .insertInto('cashCounts')
    .values({
      ...verdict,
      holder,
      plant: plant.plant,
      countedOn,
      countedBy,
      countedMinor,
      bookMinor,
      countedAt: asOf,
      currency: plant.currency,
      denominations: denominations === undefined ? null : JSON.stringify(denominations),
      textId: reason === undefined ? null : await insertFreeText(tx, { body: reason, writtenBy: countedBy }),
    })
    .returning(COLUMNS)
    .executeTakeFirstOrThrow()
  await post(tx, {
    eventKey: `cash-count:${holder}:${countedOn}`,
    plant: plant.plant,
    accountId: null,
    currency: plant.currency,
    businessAt: asOf,
    postings: postCounted({ plant: plant.plant, holder }, verdict),
  })
  if (locked !== undefined) await watchCeiling(tx, { holder: locked, plant, asOf })
  await tellDifference(tx, { plant, asOf }, count)
  return count
}

async function assertCountable(
  tx: Tx,
  { holder, countedOn, plant }: { holder: string; countedOn: string; plant: string },
): Promise<void> {
  const before = await tx
    .selectFrom('cashCounts')
    .select('countId')
    .where('holder', '=', holder)
    .where('countedOn', '=', countedOn)
    .executeTakeFirst()
  if (before !== undefined) throw new DomainError('ALREADY_EXISTS', 'This cash was counted today', { countId: before.countId })
  const onItsWay = await tx
    .selectFrom('paymentNotices')
    .select('noticeId')
    .where('plant', '=', plant)
    .where('state', '=', 'received')
    .where(sql<boolean>`body ->> 'holder' = ${holder}`)
    .executeTakeFirst()
  if (onItsWay !== undefined)
    throw new DomainError('WRONG_STAGE', 'A receipt of this cash is still on its way; count again in a moment')
}

async function tellDifference(tx: Tx, { plant, asOf }: { plant: PlantTerms; asOf: string }, count: CashCount): Promise<void> {
  const { holder, countedOn, shortageMinor, overageMinor } = count
  const amountMinor = shortageMinor + overageMinor
  if (amountMinor === 0) return
  const params = { holderCode: holderCode(holder), plantCode: plant.plant, amountMinor, currency: plant.currency, countedOn }
  await tellRole(
    tx,
    { plant: plant.plant, role: 'cluster-in-charge' },
    {
      kind: shortageMinor > 0 ? 'cash-shortage' : 'cash-overage',
      params,
      dedupeKey: `cash-count:${holder}:${countedOn}`,
      asOf,
    },
  )
}

/** A holder's counts, newest first. */
export async function listCounts(
  db: Db | Tx,
  { holder, before, limit }: { holder: string; before?: number | undefined; limit: number },
): Promise<CashCount[]> {
  let rows = db.selectFrom('cashCounts').select(COLUMNS).where('holder', '=', holder).orderBy('countId', 'desc').limit(limit)
  if (before !== undefined) rows = rows.where('countId', '<', before)
  return rows.execute()
}
