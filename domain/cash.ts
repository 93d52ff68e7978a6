import type { IsoDate, IsoInstant, Zone } from './calendar.ts'
import { addToInstant, dateAt } from './calendar.ts'
import { DomainError } from './errors.ts'
import { assertNotNegativeMinor, assertPositiveMinor, sumMinor } from './money.ts'
import { counterOf } from './payment.ts'
import type { PlantPolicy } from './policy.ts'

/** Cash that came into a hand at once; `since` is when a customer paid it, also where it was handed over or came back since. */
export type CashLot = { readonly since: IsoInstant; readonly amountMinor: number }

/** Notes or coins of one face value. */
export type Denomination = { readonly faceMinor: number; readonly pieces: number }

/** What a count says beside the book: one of shortage and surplus, or neither. What was short before is made good first. */
export type CountVerdict = {
  readonly shortageMinor: number
  readonly madeGoodMinor: number
  readonly overageMinor: number
}

type CashPolicy = Pick<PlantPolicy, 'cash' | 'tasks'>

/** The plant whose counter this holder is; undefined for an agent. */
export function plantOfCounter(holder: string): string | undefined {
  const plant = holder.slice(-6)
  return holder === counterOf(plant) ? plant : undefined
}

/**
 * Since when the oldest cash in hand was there, first in first out: what left was the oldest, so what is there came last. Undefined with
 * nothing in hand. `lots` stand in the order they came, and cover the balance.
 */
export function cashSince(lots: readonly CashLot[], balanceMinor: number): IsoInstant | undefined {
  let oldest: IsoInstant | undefined
  let restMinor = assertNotNegativeMinor(balanceMinor)
  for (const { since, amountMinor } of lots.toReversed()) {
    if (restMinor <= 0) break
    if (oldest === undefined || since < oldest) oldest = since
    restMinor -= assertPositiveMinor(amountMinor)
  }
  if (restMinor > 0) throw new DomainError('LEDGER_UNBALANCED', 'More cash is in hand than ever came', { restMinor })
  return oldest
}

/** When cash that is there since then must be in the bank (policy "cash": within P3D). */
export function bankBy(since: IsoInstant, { cash }: CashPolicy, zone: Zone): IsoInstant {
  return addToInstant(since, cash.bankWithin, zone)
}

/** Whom a day's round tells of cash that should be in the bank: its holder from the hour it was due, the cluster too a day later. */
export function bankingChase(
  { since, asOf, zone }: { since: IsoInstant; asOf: IsoInstant; zone: Zone },
  policy: CashPolicy,
): 'none' | 'remind' | 'escalate' {
  const due = bankBy(since, policy, zone)
  if (asOf < due) return 'none'
  return asOf < addToInstant(due, policy.tasks.remindAfter, zone) ? 'remind' : 'escalate'
}

/** Whether the cash in hand crossed its ceiling: collecting goes on, both sides are told at each crossing (policy "cash"). */
export function ceilingCrossed(
  { balanceMinor, isOver }: { balanceMinor: number; isOver: boolean },
  { cash }: Pick<PlantPolicy, 'cash'>,
): 'up' | 'down' | 'no' {
  const isOverNow = balanceMinor > cash.ceilingMinor
  if (isOverNow === isOver) return 'no'
  return isOverNow ? 'up' : 'down'
}

/**
 * Judges a count against the book (policy "cash"). Less than the book is a shortage, which the holder owes; more first makes good what
 * the holder was short before, and the rest is an overage, kept apart.
 */
export function judgeCount({
  bookMinor,
  countedMinor,
  shortBeforeMinor,
}: {
  bookMinor: number
  countedMinor: number
  shortBeforeMinor: number
}): CountVerdict {
  const moreMinor = assertNotNegativeMinor(countedMinor) - assertNotNegativeMinor(bookMinor)
  const madeGoodMinor = Math.min(Math.max(moreMinor, 0), assertNotNegativeMinor(shortBeforeMinor))
  return { shortageMinor: Math.max(-moreMinor, 0), madeGoodMinor, overageMinor: Math.max(moreMinor, 0) - madeGoodMinor }
}

/** What the pieces are worth together; INVALID_INPUT where they are not what was counted. */
export function assertDenominations(pieces: readonly Denomination[], countedMinor: number): void {
  const worthMinor = sumMinor(pieces.map((one) => assertPositiveMinor(one.faceMinor) * assertNotNegativeMinor(one.pieces)))
  if (worthMinor !== countedMinor)
    throw new DomainError('INVALID_INPUT', 'The notes and coins do not make up the amount', { worthMinor, countedMinor })
}

/** Refuses to let go of more cash than is in hand: CASH_SHORT. */
export function assertInHand(amountMinor: number, balanceMinor: number): void {
  if (assertPositiveMinor(amountMinor) > balanceMinor)
    throw new DomainError('CASH_SHORT', 'That much cash is not in hand', { inHandMinor: balanceMinor })
}

/** Refuses to give cash from the bank to a hand that would have more than its ceiling then: CEILING_EXCEEDED. */
export function assertRoom(
  { amountMinor, balanceMinor }: { amountMinor: number; balanceMinor: number },
  { cash }: Pick<PlantPolicy, 'cash'>,
): void {
  const roomMinor = Math.max(0, cash.ceilingMinor - balanceMinor)
  if (assertPositiveMinor(amountMinor) > roomMinor)
    throw new DomainError('CEILING_EXCEEDED', 'So much cash is more than this hand may be given', { roomMinor })
}

/** What is owed after a shortage was paid back, or a part of it; INVALID_AMOUNT for more than is owed. */
export function restOfShortage({ amountMinor, shortMinor }: { amountMinor: number; shortMinor: number }): number {
  if (assertPositiveMinor(amountMinor) > shortMinor)
    throw new DomainError('INVALID_AMOUNT', 'More than was short is not paid back', { largestMinor: shortMinor })
  return shortMinor - amountMinor
}

/** Refuses to settle a float twice (WRONG_STAGE), by who gave it (OWN_ENTRY), or of another amount (PAYMENT_MISMATCH). */
export function assertTakeable(
  float: { readonly state: string; readonly amountMinor: number; readonly givenBy: string },
  { by, amountMinor }: { by: string; amountMinor: number },
): void {
  if (float.state !== 'given') throw new DomainError('WRONG_STAGE', 'This float is settled', { state: float.state })
  if (by === float.givenBy) throw new DomainError('OWN_ENTRY', 'Another person takes what he gave')
  if (amountMinor !== float.amountMinor)
    throw new DomainError('PAYMENT_MISMATCH', 'Both must agree on the amount', { givenMinor: float.amountMinor })
}

/** A hand-over as far as accepting it goes. */
export type OfferedCash = {
  readonly state: 'offered' | 'accepted' | 'refused' | 'withdrawn'
  readonly amountMinor: number
  readonly offeredBy: string
  readonly expiresAt: IsoInstant
}

/**
 * Refuses what can no longer be settled (WRONG_STAGE, DEADLINE_PASSED), what nobody settles with himself (OWN_ENTRY), and an amount the
 * two do not agree on (PAYMENT_MISMATCH).
 */
export function assertAcceptable(offer: OfferedCash, accepting: { by: string; amountMinor: number; asOf: IsoInstant }): void {
  assertOpen(offer, accepting.asOf)
  if (accepting.by === offer.offeredBy) throw new DomainError('OWN_ENTRY', 'Two people hand cash over')
  if (accepting.amountMinor !== offer.amountMinor)
    throw new DomainError('PAYMENT_MISMATCH', 'Both must agree on the amount', { offeredMinor: offer.amountMinor })
}

/** Refuses to settle a hand-over twice (WRONG_STAGE) or too late (DEADLINE_PASSED). */
export function assertOpen({ state, expiresAt }: OfferedCash, asOf: IsoInstant): void {
  if (state !== 'offered') throw new DomainError('WRONG_STAGE', 'This hand-over is settled', { state })
  if (asOf >= expiresAt) throw new DomainError('DEADLINE_PASSED', 'This offer has expired', { expiresAt })
}

/** How an offer is shown: one that nobody took in its time has expired, without anybody's doing. */
export function shownState({ state, expiresAt }: OfferedCash, asOf: IsoInstant): OfferedCash['state'] | 'expired' {
  return state === 'offered' && asOf >= expiresAt ? 'expired' : state
}

/** The business day of an instant, as counts are kept. */
export function countDay(asOf: IsoInstant, zone: Zone): IsoDate {
  return dateAt(asOf, zone)
}
