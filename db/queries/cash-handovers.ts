import { addToInstant } from '../../domain/calendar.ts'
import { assertAcceptable, assertInHand, assertOpen, plantOfCounter } from '../../domain/cash.ts'
import { postHandedOver } from '../../domain/cash-postings.ts'
import { DomainError } from '../../domain/errors.ts'
import type { Db, Tx } from '../client.ts'
import { cashInHandMinor, holderCode, lockCashHolders, oldestCash, watchCeiling } from './cash-holders.ts'
import { insertFreeText } from './free-texts.ts'
import { post } from './ledger.ts'
import { queueStaffNotice } from './notices.ts'
import type { PlantTerms } from './plants.ts'
import { staffAt } from './tasks.ts'

/** Cash that one hand offers another. */
export interface CashHandover {
  readonly handoverId: number
  readonly plant: string
  readonly fromHolder: string
  readonly toHolder: string
  readonly amountMinor: number
  readonly currency: string
  readonly offeredBy: string
  readonly offeredAt: string
  readonly expiresAt: string
  readonly state: 'offered' | 'accepted' | 'refused' | 'withdrawn'
  readonly settledBy: string | null
  readonly settledAt: string | null
}

const COLUMNS = [
  'handoverId',
  'plant',
  'fromHolder',
  'toHolder',
  'amountMinor',
  'currency',
  'offeredBy',
  'offeredAt',
  'expiresAt',
  'state',
  'settledBy',
  'settledAt',
] as const

interface At {
  readonly plant: PlantTerms
  readonly asOf: string
}

/** Offers cash to another hand. It stays where it is until that side says yes. CASH_SHORT for more than is in hand. */
export async function offerCash(
  tx: Tx,
  { plant, asOf }: At,
  offer: { from: string; to: string; amountMinor: number; offeredBy: string },
): Promise<CashHandover> {
  const { from, to, amountMinor, offeredBy } = offer
  if (from === to) throw new DomainError('INVALID_INPUT', 'Cash is handed over to somebody else')
  await lockCashHolders(tx, plant.plant, [from, to])
  assertInHand(amountMinor, await cashInHandMinor(tx, from))
  const handover = await tx
    .insertInto('cashHandovers')
    .values({
      plant: plant.plant,
      fromHolder: from,
      toHolder: to,
      amountMinor,
      currency: plant.currency,
      offeredBy,
      offeredAt: asOf,
      expiresAt: addToInstant(asOf, plant.policy.cash.handOverWithin, plant.zone),
    })
    .returning(COLUMNS)
    .executeTakeFirstOrThrow()
  await tell(tx, handover as CashHandover, { kind: 'cash-handover-offered', asOf })
  return handover as CashHandover
}

/** Both agree: the cash, with its age, is in the other hand. Refusals as `assertAcceptable` says; CASH_SHORT where it left meanwhile. */
export async function acceptCash(
  tx: Tx,
  { plant, asOf }: At,
  accepting: { handoverId: number; amountMinor: number; by: string },
): Promise<CashHandover> {
  const { handoverId, amountMinor, by } = accepting
  const offered = await readHandover(tx, handoverId)
  const holders = await lockCashHolders(tx, plant.plant, [offered.fromHolder, offered.toHolder])
  // Read again under the lock: the other side may have taken it back.
  const offer = await readHandover(tx, handoverId)
  assertAcceptable(offer, { by, amountMinor, asOf })
  assertInHand(amountMinor, await cashInHandMinor(tx, offer.fromHolder))
  const since = await oldestCash(tx, offer.fromHolder)
  await settle(tx, handoverId, { state: 'accepted', settledBy: by, settledAt: asOf, since })
  await post(tx, {
    eventKey: `cash-handover:${handoverId}`,
    plant: plant.plant,
    accountId: null,
    currency: plant.currency,
    businessAt: asOf,
    postings: postHandedOver({ from: offer.fromHolder, to: offer.toHolder, amountMinor }),
  })
  for (const holder of holders) await watchCeiling(tx, { holder, plant, asOf })
  const accepted = await readHandover(tx, handoverId)
  await tell(tx, accepted, { kind: 'cash-handover-accepted', asOf })
  return accepted
}

/** The other side says no, or the first takes it back: nothing was posted, nothing is. WRONG_STAGE and DEADLINE_PASSED as ever. */
export async function endOffer(
  tx: Tx,
  { plant, asOf }: At,
  { handoverId, as, by, text }: { handoverId: number; as: 'refused' | 'withdrawn'; by: string; text?: string | undefined },
): Promise<CashHandover> {
  const { fromHolder, toHolder } = await readHandover(tx, handoverId)
  await lockCashHolders(tx, plant.plant, [fromHolder, toHolder])
  assertOpen(await readHandover(tx, handoverId), asOf)
  const textId = text === undefined ? null : await insertFreeText(tx, { body: text, writtenBy: by })
  await settle(tx, handoverId, { state: as, settledBy: by, settledAt: asOf, textId })
  const ended = await readHandover(tx, handoverId)
  await tell(tx, ended, { kind: as === 'refused' ? 'cash-handover-refused' : 'cash-handover-withdrawn', asOf })
  return ended
}

async function settle(
  tx: Tx,
  handoverId: number,
  settled: { state: string; settledBy: string; settledAt: string; since?: string | null; textId?: number | null },
): Promise<void> {
  await tx.updateTable('cashHandovers').set(settled).where('handoverId', '=', handoverId).execute()
}

/** The hand-over of that number; NOT_FOUND when there is none. */
export async function readHandover(db: Db | Tx, handoverId: number): Promise<CashHandover> {
  const row = await db.selectFrom('cashHandovers').select(COLUMNS).where('handoverId', '=', handoverId).executeTakeFirst()
  if (row === undefined) throw new DomainError('NOT_FOUND', 'There is no such hand-over.')
  return row as CashHandover
}

/** Hand-overs that one of these hands gives or takes, newest first; all of the plants without. */
export async function listHandovers(
  db: Db | Tx,
  asked: { plants: readonly string[]; holders?: readonly string[]; before?: number | undefined; limit: number },
): Promise<CashHandover[]> {
  const { plants, holders, before, limit } = asked
  if (plants.length === 0 || holders?.length === 0) return []
  let rows = db
    .selectFrom('cashHandovers')
    .select(COLUMNS)
    .where('plant', 'in', plants)
    .orderBy('handoverId', 'desc')
    .limit(limit)
  if (holders !== undefined) rows = rows.where((eb) => eb.or([eb('fromHolder', 'in', holders), eb('toHolder', 'in', holders)]))
  if (before !== undefined) rows = rows.where('handoverId', '<', before)
  return (await rows.execute()) as CashHandover[]
}

type Told = 'cash-handover-offered' | 'cash-handover-accepted' | 'cash-handover-refused' | 'cash-handover-withdrawn'

/** Tells the side that did not act: the receiver of an offer and of its withdrawal, whoever offered of its answer. */
async function tell(tx: Tx, handover: CashHandover, { kind, asOf }: { kind: Told; asOf: string }): Promise<void> {
  const { plant, fromHolder, toHolder, amountMinor, currency, handoverId, offeredBy } = handover
  const params = { fromCode: holderCode(fromHolder), toCode: holderCode(toHolder), plantCode: plant, amountMinor, currency }
  const isForReceiver = kind === 'cash-handover-offered' || kind === 'cash-handover-withdrawn'
  for (const login of isForReceiver ? await receivers(tx, plant, handover) : [offeredBy])
    await queueStaffNotice(tx, { plant, login, kind, params, dedupeKey: `${kind}:${handoverId}:${login}`, asOf })
}

/** A counter is served by the plant's agents and operators: any of them but whoever offers. */
async function receivers(tx: Tx, plant: string, { toHolder, offeredBy }: CashHandover): Promise<string[]> {
  if (plantOfCounter(toHolder) === undefined) return [toHolder]
  const serving = [...(await staffAt(tx, plant, 'csa')), ...(await staffAt(tx, plant, 'operator'))]
  return serving.filter((login) => login !== offeredBy)
}
