import { assertInHand } from '../../domain/cash.ts'
import { type DepositState, restMinor, slipKey } from '../../domain/cash-deposit.ts'
import { postDeposited } from '../../domain/cash-postings.ts'
import { dateAt } from '../../domain/calendar.ts'
import { DomainError } from '../../domain/errors.ts'
import { processIds } from '../../domain/process-ids.ts'
import type { Db, Tx } from '../client.ts'
import { cashInHandMinor, lockCashHolders, oldestCash, watchCeiling } from './cash-holders.ts'
import { post } from './ledger.ts'
import { takePlantId } from './numbers.ts'
import { startWorkflow } from './outbox.ts'
import type { PlantTerms } from './plants.ts'

/** Cash that an agent says is in the bank. Amounts in minor units. */
export interface CashDeposit {
  readonly depositId: string
  readonly plant: string
  readonly holder: string
  readonly declaredBy: string
  readonly declaredAt: string
  readonly amountMinor: number
  readonly currency: string
  readonly slipReference: string
  readonly photoRef: string | null
  readonly depositedOn: string
  readonly state: DepositState
  readonly creditedMinor: number
  readonly returnedMinor: number
  readonly shortMinor: number
  readonly round: number
  readonly chases: number
  readonly chasedAt: string | null
}

const COLUMNS = [
  'depositId',
  'plant',
  'holder',
  'declaredBy',
  'declaredAt',
  'amountMinor',
  'currency',
  'slipReference',
  'photoRef',
  'depositedOn',
  'state',
  'creditedMinor',
  'returnedMinor',
  'shortMinor',
  'round',
  'chases',
  'chasedAt',
] as const

export interface Declaring {
  readonly holder: string
  readonly declaredBy: string
  readonly amountMinor: number
  readonly slipReference: string
  readonly depositedOn: string
  readonly photoRef?: string | undefined
}

/**
 * Somebody says that cash is in the bank: out of the hand at once, and the process that sees it verified is started. CASH_SHORT for more
 * than is in hand; ALREADY_EXISTS for a slip that was told of before; INVALID_INPUT for a slip without letters and digits, or a day to come.
 */
export async function declareDeposit(
  tx: Tx,
  { plant, asOf }: { plant: PlantTerms; asOf: string },
  declaring: Declaring,
): Promise<CashDeposit> {
  const { holder, amountMinor, slipReference, depositedOn } = declaring
  const key = slipKey(slipReference)
  if (key === '') throw new DomainError('INVALID_INPUT', 'A slip has letters or digits')
  if (depositedOn > dateAt(asOf, plant.zone)) throw new DomainError('INVALID_INPUT', 'This day is still to come')
  const [locked] = await lockCashHolders(tx, plant.plant, [holder])
  assertInHand(amountMinor, await cashInHandMinor(tx, holder))
  const since = (await oldestCash(tx, holder)) ?? asOf
  const depositId = await takePlantId(tx, plant.plant, 'B')
  const deposit = await tx
    .insertInto('cashDeposits')
    .values({
      ...declaring,
      depositId,
      since,
      plant: plant.plant,
      declaredAt: asOf,
      currency: plant.currency,
      slipKey: key,
      photoRef: declaring.photoRef ?? null,
    })
    .onConflict((c) => c.doNothing())
    .returning(COLUMNS)
    .executeTakeFirst()
  if (deposit === undefined) throw new DomainError('ALREADY_EXISTS', 'This slip was told of before')
  await post(tx, {
    eventKey: `cash-deposit:${depositId}`,
    plant: plant.plant,
    accountId: null,
    currency: plant.currency,
    businessAt: asOf,
    postings: postDeposited({ plant: plant.plant, holder }, amountMinor),
  })
  if (locked !== undefined) await watchCeiling(tx, { holder: locked, plant, asOf })
  await startWorkflow(tx, {
    workflowType: 'depositCash',
    workflowId: processIds.depositCash(depositId),
    input: { plant: plant.plant, depositId },
  })
  return deposit as CashDeposit
}

/** A deposit by its id; NOT_FOUND when there is none. */
export async function readDeposit(db: Db | Tx, depositId: string): Promise<CashDeposit> {
  const row = await db.selectFrom('cashDeposits').select(COLUMNS).where('depositId', '=', depositId).executeTakeFirst()
  if (row === undefined) throw new DomainError('NOT_FOUND', 'There is no such deposit.')
  return row as CashDeposit
}

/** The same, locked until the transaction ends. */
export async function lockDeposit(tx: Tx, depositId: string): Promise<CashDeposit> {
  await tx.selectFrom('cashDeposits').select('depositId').where('depositId', '=', depositId).forUpdate().execute()
  return readDeposit(tx, depositId)
}

export interface DepositFilter {
  readonly plants: readonly string[]
  /** Only of these hands. */
  readonly holders?: readonly string[]
  readonly state?: DepositState | undefined
  /** Deposits told of before this one. */
  readonly before?: { declaredAt: string; depositId: string } | undefined
  readonly limit: number
}

/** Deposits, newest first. */
export async function listDeposits(
  db: Db | Tx,
  { plants, holders, state, before, limit }: DepositFilter,
): Promise<CashDeposit[]> {
  if (plants.length === 0 || holders?.length === 0) return []
  let rows = db
    .selectFrom('cashDeposits')
    .select(COLUMNS)
    .where('plant', 'in', plants)
    .orderBy('declaredAt', 'desc')
    .orderBy('depositId', 'desc')
    .limit(limit)
  if (holders !== undefined) rows = rows.where('holder', 'in', holders)
  if (state !== undefined) rows = rows.where('state', '=', state)
  if (before !== undefined)
    rows = rows.where((eb) => eb(eb.refTuple('declaredAt', 'depositId'), '<', eb.tuple(before.declaredAt, before.depositId)))
  return (await rows.execute()) as CashDeposit[]
}

/** The lines of the bank that were found to be a deposit. */
export async function creditsOf(
  db: Db | Tx,
  depositId: string,
): Promise<{ lineId: number; amountMinor: number; surplusMinor: number; verifiedBy: string; verifiedAt: string }[]> {
  return db
    .selectFrom('cashDepositCredits')
    .select(['lineId', 'amountMinor', 'surplusMinor', 'verifiedBy', 'verifiedAt'])
    .where('depositId', '=', depositId)
    .orderBy('verifiedAt')
    .orderBy('lineId')
    .execute()
}

/** Writes what a decision settled of a deposit: its state follows from what is left. */
export async function saveSettled(
  tx: Tx,
  deposit: CashDeposit,
  settled: { creditedMinor?: number; returnedMinor?: number; shortMinor?: number; round: number },
): Promise<void> {
  const sums = {
    creditedMinor: deposit.creditedMinor + (settled.creditedMinor ?? 0),
    returnedMinor: deposit.returnedMinor + (settled.returnedMinor ?? 0),
    shortMinor: deposit.shortMinor + (settled.shortMinor ?? 0),
  }
  const state = stateOf({ ...sums, amountMinor: deposit.amountMinor })
  await tx
    .updateTable('cashDeposits')
    .set({ ...sums, state, round: settled.round })
    .where('depositId', '=', deposit.depositId)
    .execute()
}

function stateOf(sums: Pick<CashDeposit, 'amountMinor' | 'creditedMinor' | 'returnedMinor' | 'shortMinor'>): DepositState {
  if (restMinor(sums) > 0) return 'declared'
  if (sums.shortMinor > 0) return 'short'
  return sums.returnedMinor > 0 ? 'returned' : 'verified'
}
