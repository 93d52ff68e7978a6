import { sql } from 'kysely'
import { bankBy, type CashLot, cashSince, ceilingCrossed, plantOfCounter } from '../../domain/cash.ts'
import { DomainError } from '../../domain/errors.ts'
import { cash, shortOf } from '../../domain/ledger.ts'
import { counterOf } from '../../domain/payment.ts'
import type { Db, Tx } from '../client.ts'
import { balanceOf } from './ledger.ts'
import { queueStaffNotice } from './notices.ts'
import { type PlantTerms, readPlant } from './plants.ts'
import { isStaffAt } from './staff.ts'
import { staffAt } from './tasks.ts'

/** Somebody, or a counter, with cash in hand; locked until the transaction ends. Cash of one holder comes and goes one at a time. */
export interface CashHolder {
  readonly holder: string
  readonly plant: string
  readonly overCeilingSince: string | null
  readonly crossings: number
}

/** Cash in a hand as people see it. Amounts in minor units. */
export interface CashInHand extends CashHolder {
  readonly currency: string
  readonly balanceMinor: number
  readonly ceilingMinor: number
  /** What the holder owes for cash that was short. */
  readonly shortMinor: number
  /** Since when the oldest of it is there, and when that must be in the bank. */
  readonly since: string | null
  readonly bankBy: string | null
}

const COLUMNS = ['holder', 'plant', 'overCeilingSince', 'crossings'] as const

/** True when this may hold cash at the plant: its counter, or somebody who works there. */
export async function mayHoldCash(db: Db | Tx, plant: string, holder: string): Promise<boolean> {
  return holder === counterOf(plant) || (plantOfCounter(holder) === undefined && (await isStaffAt(db, plant, holder)))
}

/** The holder if cash ever went through that hand. */
export async function findCashHolder(db: Db | Tx, holder: string): Promise<CashHolder | undefined> {
  return db.selectFrom('cashHolders').select(COLUMNS).where('holder', '=', holder).executeTakeFirst()
}

/**
 * Locks the holders, in order, new ones too; before any posting of their cash and after the accounts (design, "Accounts are locked in
 * order"). NOT_FOUND for a hand of another plant.
 */
export async function lockCashHolders(tx: Tx, plant: string, holders: readonly string[]): Promise<CashHolder[]> {
  const locked = await lockRows(tx, plant, holders)
  if (locked.some((one) => one.plant !== plant)) throw new DomainError('NOT_FOUND', 'This holds cash of another plant')
  return locked
}

async function lockRows(tx: Tx, plant: string, holders: readonly string[]): Promise<CashHolder[]> {
  const wanted = [...new Set(holders)].toSorted()
  await tx
    .insertInto('cashHolders')
    .values(wanted.map((holder) => ({ holder, plant })))
    .onConflict((c) => c.doNothing())
    .execute()
  return tx.selectFrom('cashHolders').select(COLUMNS).where('holder', 'in', wanted).orderBy('holder').forUpdate().execute()
}

/** Cash in hand by the ledger, in minor units; never below zero. */
export async function cashInHandMinor(db: Db | Tx, holder: string): Promise<number> {
  return 0 - (await balanceOf(db, cash(holder)))
}

/** What a holder owes for cash that was short, in minor units. */
export async function shortMinor(db: Db | Tx, holder: string): Promise<number> {
  return 0 - (await balanceOf(db, shortOf(holder)))
}

/** Since when the oldest cash in hand is there (first in, first out); null with none. */
export async function oldestCash(db: Db | Tx, holder: string): Promise<string | null> {
  const balanceMinor = await cashInHandMinor(db, holder)
  if (balanceMinor <= 0) return null
  return cashSince(await lotsInHand(db, holder, balanceMinor), balanceMinor) ?? null
}

/** The lots that came last and make up the balance. Cash that was handed over, or came back from the bank, brings its age along. */
async function lotsInHand(db: Db | Tx, holder: string, balanceMinor: number): Promise<CashLot[]> {
  const { rows } = await sql<CashLot>`
    select coalesce(
        (select h.since from cash_handovers h where came.event_key = 'cash-handover:' || h.handover_id),
        (select d.since from cash_deposits d where came.event_key like 'cash-deposit-back:' || d.deposit_id || ':%'),
        came.business_at) as since, came.amount_minor as "amountMinor"
    from (select posting_id, event_key, business_at, amount_minor, sum(amount_minor) over (order by posting_id desc) as until
      from postings where debit = ${cash(holder)}) came
    where came.until - came.amount_minor < ${balanceMinor} order by came.posting_id`.execute(db)
  return rows
}

/** Everybody of these plants through whose hands cash went, with what is in them now. */
export async function listCash(
  db: Db | Tx,
  { plants, holders, asOf }: { plants: readonly string[]; holders?: readonly string[]; asOf: string },
): Promise<CashInHand[]> {
  if (plants.length === 0 || holders?.length === 0) return []
  let rows = db.selectFrom('cashHolders').select(COLUMNS).where('plant', 'in', plants).orderBy('plant').orderBy('holder')
  if (holders !== undefined) rows = rows.where('holder', 'in', holders)
  const found: CashInHand[] = []
  for (const row of await rows.execute()) found.push(await withCash(db, row, asOf))
  return found
}

async function withCash(db: Db | Tx, row: CashHolder, asOf: string): Promise<CashInHand> {
  const { policy, zone, currency } = await readPlant(db, row.plant, asOf)
  const since = await oldestCash(db, row.holder)
  return {
    ...row,
    currency,
    since,
    balanceMinor: await cashInHandMinor(db, row.holder),
    ceilingMinor: policy.cash.ceilingMinor,
    shortMinor: await shortMinor(db, row.holder),
    bankBy: since === null ? null : bankBy(since, policy, zone),
  }
}

/**
 * Looks whether the cash in hand crosses its ceiling and tells the holder and the cluster in-charge, once a crossing (policy "cash").
 * `comingMinor` is cash about to be posted. The caller holds the holder's lock.
 */
export async function watchCeiling(
  tx: Tx,
  { holder, plant, asOf }: { holder: CashHolder; plant: PlantTerms; asOf: string },
  comingMinor = 0,
): Promise<void> {
  const balanceMinor = (await cashInHandMinor(tx, holder.holder)) + comingMinor
  const crossed = ceilingCrossed({ balanceMinor, isOver: holder.overCeilingSince !== null }, plant.policy)
  if (crossed === 'no') return
  const crossings = holder.crossings + (crossed === 'up' ? 1 : 0)
  await tx
    .updateTable('cashHolders')
    .set({ overCeilingSince: crossed === 'up' ? asOf : null, crossings })
    .where('holder', '=', holder.holder)
    .execute()
  if (crossed === 'down') return
  const params = {
    holderCode: holderCode(holder.holder),
    plantCode: plant.plant,
    amountMinor: balanceMinor,
    ceilingMinor: plant.policy.cash.ceilingMinor,
    currency: plant.currency,
  }
  for (const login of await custodians(tx, plant.plant, holder.holder))
    await queueStaffNotice(tx, {
      plant: plant.plant,
      login,
      kind: 'cash-over-ceiling',
      params,
      dedupeKey: `cash-over-ceiling:${holder.holder}:${crossings}:${login}`,
      asOf,
    })
}

/**
 * Cash is about to come into a hand by a payment, or to leave it by a refund (below zero): locks the holder and watches the ceiling. It
 * never refuses: the customer's receipt stands whatever happens to the cash.
 */
export async function cashComing(
  tx: Tx,
  { into, plant, amountMinor, asOf }: { into: string; plant: string; amountMinor: number; asOf: string },
): Promise<void> {
  if (!into.startsWith('cash:')) return
  const [holder] = await lockRows(tx, plant, [into.slice('cash:'.length)])
  if (holder !== undefined) await watchCeiling(tx, { holder, plant: await readPlant(tx, holder.plant, asOf), asOf }, amountMinor)
}

/**
 * The ledger account a refund in cash is paid out of: the payer's own hand, or the plant's counter where that has it. CASH_SHORT where
 * neither has: the customer is paid another way, or once cash came in.
 */
export async function cashToPayFrom(
  tx: Tx,
  { plant, paidBy, amountMinor, asOf }: { plant: string; paidBy: string; amountMinor: number; asOf: string },
): Promise<string> {
  for (const holder of [paidBy, counterOf(plant)]) {
    if ((await cashInHandMinor(tx, holder)) < amountMinor) continue
    const from = cash(holder)
    await cashComing(tx, { into: from, plant, amountMinor: -amountMinor, asOf })
    if ((await cashInHandMinor(tx, holder)) >= amountMinor) return from
  }
  throw new DomainError('CASH_SHORT', 'Neither whoever pays nor the counter has that much cash', { amountMinor })
}

/** Who is told of a hand's cash: the agent himself (a counter has nobody of its own) and the cluster in-charge. */
export async function custodians(db: Db | Tx, plant: string, holder: string): Promise<string[]> {
  const cluster = await staffAt(db, plant, 'cluster-in-charge')
  return plantOfCounter(holder) === undefined ? [holder, ...cluster.filter((login) => login !== holder)] : cluster
}

/** A holder as notices name it: log-ins are written in capitals there, like every other id. */
export function holderCode(holder: string): string {
  return holder.toUpperCase()
}
