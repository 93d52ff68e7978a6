import { assertRoom, assertTakeable, plantOfCounter } from '../../domain/cash.ts'
import { slipKey } from '../../domain/cash-deposit.ts'
import { postFloat } from '../../domain/cash-postings.ts'
import { DomainError } from '../../domain/errors.ts'
import type { Db, Tx } from '../client.ts'
import { cashInHandMinor, custodians, holderCode, lockCashHolders, watchCeiling } from './cash-holders.ts'
import { insertFreeText } from './free-texts.ts'
import { post } from './ledger.ts'
import { queueStaffNotice } from './notices.ts'
import type { PlantTerms } from './plants.ts'

/** Cash drawn from the plant's bank account for a hand. */
export interface CashFloat {
  readonly floatId: number
  readonly plant: string
  readonly holder: string
  readonly amountMinor: number
  readonly currency: string
  readonly bankReference: string
  readonly givenBy: string
  readonly givenAt: string
  readonly state: 'given' | 'accepted' | 'refused' | 'withdrawn'
  readonly settledBy: string | null
  readonly settledAt: string | null
}

const COLUMNS = [
  'floatId',
  'plant',
  'holder',
  'amountMinor',
  'currency',
  'bankReference',
  'givenBy',
  'givenAt',
  'state',
  'settledBy',
  'settledAt',
] as const

interface At {
  readonly plant: PlantTerms
  readonly asOf: string
}

/**
 * Head office gives a hand cash out of the bank; nothing is posted until that side says that it has it. OWN_ENTRY for one's own hand,
 * CEILING_EXCEEDED above the ceiling, ALREADY_EXISTS for what was drawn from the bank once and told of before.
 */
export async function giveFloat(
  tx: Tx,
  { plant, asOf }: At,
  float: { holder: string; amountMinor: number; bankReference: string; givenBy: string },
): Promise<CashFloat> {
  const { holder, amountMinor, givenBy } = float
  if (holder === givenBy) throw new DomainError('OWN_ENTRY', 'Nobody gives himself cash')
  await lockCashHolders(tx, plant.plant, [holder])
  assertRoom({ amountMinor, balanceMinor: await cashInHandMinor(tx, holder) }, plant.policy)
  const made = await tx
    .insertInto('cashFloats')
    .values({ ...float, plant: plant.plant, currency: plant.currency, bankKey: slipKey(float.bankReference), givenAt: asOf })
    .onConflict((c) => c.columns(['plant', 'bankKey']).where('state', 'in', ['given', 'accepted']).doNothing())
    .returning(COLUMNS)
    .executeTakeFirst()
  if (made === undefined)
    throw new DomainError('ALREADY_EXISTS', 'What was drawn from the bank with that reference was given before')
  await tell(tx, made as CashFloat, { kind: 'cash-float-given', asOf })
  return made as CashFloat
}

/** Both agree: it is cash in that hand, and left the bank. Refusals as `assertTakeable`; CEILING_EXCEEDED where more came meanwhile. */
export async function acceptFloat(
  tx: Tx,
  { plant, asOf }: At,
  { floatId, amountMinor, by }: { floatId: number; amountMinor: number; by: string },
): Promise<CashFloat> {
  const { holder } = await readFloat(tx, floatId)
  const [locked] = await lockCashHolders(tx, plant.plant, [holder])
  const float = await readFloat(tx, floatId)
  assertTakeable(float, { by, amountMinor })
  assertRoom({ amountMinor, balanceMinor: await cashInHandMinor(tx, holder) }, plant.policy)
  await settle(tx, floatId, { state: 'accepted', settledBy: by, settledAt: asOf })
  await post(tx, {
    eventKey: `cash-float:${floatId}`,
    plant: plant.plant,
    accountId: null,
    currency: float.currency,
    businessAt: asOf,
    postings: postFloat({ plant: plant.plant, holder }, amountMinor),
  })
  if (locked !== undefined) await watchCeiling(tx, { holder: locked, plant, asOf })
  return answered(tx, floatId, asOf)
}

/** The hand does not take it, or head office takes it back: nothing was posted, nothing is. WRONG_STAGE once it is settled. */
export async function endFloat(
  tx: Tx,
  { plant, asOf }: At,
  { floatId, as, by, text }: { floatId: number; as: 'refused' | 'withdrawn'; by: string; text?: string | undefined },
): Promise<CashFloat> {
  const { holder } = await readFloat(tx, floatId)
  await lockCashHolders(tx, plant.plant, [holder])
  const { state } = await readFloat(tx, floatId)
  if (state !== 'given') throw new DomainError('WRONG_STAGE', 'This float is settled', { state })
  const textId = text === undefined ? null : await insertFreeText(tx, { body: text, writtenBy: by })
  await settle(tx, floatId, { state: as, settledBy: by, settledAt: asOf, textId })
  return answered(tx, floatId, asOf)
}

async function settle(
  tx: Tx,
  floatId: number,
  settled: { state: string; settledBy: string; settledAt: string; textId?: number | null },
): Promise<void> {
  await tx.updateTable('cashFloats').set(settled).where('floatId', '=', floatId).execute()
}

async function answered(tx: Tx, floatId: number, asOf: string): Promise<CashFloat> {
  const float = await readFloat(tx, floatId)
  await tell(tx, float, { kind: float.state === 'accepted' ? 'cash-float-accepted' : 'cash-float-not-taken', asOf })
  return float
}

/** The float of that number; NOT_FOUND when there is none. */
export async function readFloat(db: Db | Tx, floatId: number): Promise<CashFloat> {
  const row = await db.selectFrom('cashFloats').select(COLUMNS).where('floatId', '=', floatId).executeTakeFirst()
  if (row === undefined) throw new DomainError('NOT_FOUND', 'There is no such float.')
  return row as CashFloat
}

/** Floats of these plants, or of these hands, newest first. */
export async function listFloats(
  db: Db | Tx,
  asked: { plants: readonly string[]; holders?: readonly string[]; before?: number | undefined; limit: number },
): Promise<CashFloat[]> {
  const { plants, holders, before, limit } = asked
  if (plants.length === 0 || holders?.length === 0) return []
  let rows = db.selectFrom('cashFloats').select(COLUMNS).where('plant', 'in', plants).orderBy('floatId', 'desc').limit(limit)
  if (holders !== undefined) rows = rows.where('holder', 'in', holders)
  if (before !== undefined) rows = rows.where('floatId', '<', before)
  return (await rows.execute()) as CashFloat[]
}

type Told = 'cash-float-given' | 'cash-float-accepted' | 'cash-float-not-taken'

/** Tells the hand (and the cluster in-charge) what was given or taken back, and whoever gave it the answer. */
async function tell(tx: Tx, float: CashFloat, { kind, asOf }: { kind: Told; asOf: string }): Promise<void> {
  const { floatId, plant, holder, amountMinor, currency, bankReference, givenBy, state } = float
  const params = { holderCode: holderCode(holder), plantCode: plant, amountMinor, currency, bankReference }
  const isForHand = state === 'given' || state === 'withdrawn'
  const hand = plantOfCounter(holder) === undefined ? [holder] : await custodians(tx, plant, holder)
  for (const login of isForHand ? hand : [givenBy])
    await queueStaffNotice(tx, { plant, login, kind, params, dedupeKey: `${kind}:${floatId}:${login}`, asOf })
}
