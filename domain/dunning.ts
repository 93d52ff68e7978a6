import {
  addDays,
  addDuration,
  atTimeOn,
  dateAt,
  daysBetween,
  earliest,
  latest,
  startOfDay,
  subtractDuration,
} from './calendar.ts'
import type { IsoDate, IsoInstant } from './calendar.ts'
import { firstCutMoment, firstDayAfterNotice, firstVisitDay } from './chasing-calendar.ts'
import type { ChasingCalendar } from './chasing-calendar.ts'
import { chaseableMinor, cutsSupply, flagOf, nextRecord, noticesOf, overdueMinor, recordOf, recordsOf } from './debt.ts'
import type { Debt, DunningRecord, DunningStep } from './debt.ts'
import type { PlantPolicy } from './policy.ts'
import { shieldsOf } from './protection.ts'
import type { Protection, Shield } from './protection.ts'

/** Everything the next step depends on, read from Postgres at every nudge; the workflow holds none of it (design "collect-dues"). */
export type ArrearsState = {
  readonly debts: readonly Debt[]
  readonly depositHeldMinor: number
  readonly protections: readonly Protection[]
  /** When the hold `unpaid` was placed, while it stands. */
  readonly cutAt?: IsoInstant
  /** When the cluster in-charge last declined to end the contract for this cut. */
  readonly banDeclinedAt?: IsoInstant
  readonly calendar: ChasingCalendar
  readonly policy: Pick<PlantPolicy, 'payment'>
  readonly asOf: IsoInstant
}

export type WaitReason = 'clock' | 'notice-not-delivered' | 'warning-not-sent' | 'below-floor' | Shield['kind']

export type DunningAct = 'remind' | 'notice' | 'visit' | 'warn' | 'ask-state' | 'cut'

/** A step with the moment from which it is due. */
export type DueMove = {
  readonly kind: DunningAct
  readonly chargeId: number
  readonly step: DunningStep
  readonly at: IsoInstant
}
/** What keeps a debt where it is; without `until` it waits for somebody, not for the clock. */
export type BlockedMove = { readonly kind: 'blocked'; readonly reason: WaitReason; readonly until?: IsoInstant }
export type Move = DueMove | BlockedMove

/**
 * What a debt waits for: its next reminder, and its next step towards a cut. Steps are taken in order and none is skipped (policy
 * "steps"): notice, visits, warning, cut. Debts that never cut supply, and all debts while the connection is cut, get reminders only.
 */
export function movesOf(debt: Debt, state: ArrearsState): Move[] {
  const today = dateAt(state.asOf, state.calendar.zone)
  // What is disputed as a whole is not even reminded of; the rest of a debt goes on being chased.
  if (chaseableMinor(debt) === 0) return [{ kind: 'blocked', reason: 'dispute' }]
  const moves: Move[] = []
  const reminder = reminderOf(debt, state, today)
  if (reminder) moves.push(reminder)
  if (cutsSupply(debt) && state.cutAt === undefined) moves.push(towardsCut(debt, state, today))
  return moves
}

function towardsCut(debt: Debt, state: ArrearsState, today: IsoDate): Move {
  const first = firstNotice(debt, state, today)
  if (first) return first
  if (today > debt.dueOn && flag(debt, state, today) === undefined) return { kind: 'blocked', reason: 'below-floor' }
  const { chargeId } = debt
  const shields = shieldsOf({
    chargeId,
    protections: state.protections,
    asOf: state.asOf,
    zone: state.calendar.zone,
    policy: state.policy,
  })
  const isProtected = shields.some(({ kind }) => kind === 'protected-category')
  const others = shields.filter(({ kind }) => kind !== 'protected-category')
  const stopsVisits = longest(others.filter(({ kind }) => kind !== 'payment-uncertain'))
  if (stopsVisits) return blockedBy(stopsVisits)
  const again = isProtected ? undefined : noticeAgain(debt, state)
  const visit = again ?? visitMove(debt, state)
  if (visit) return visit
  const uncertain = longest(others)
  if (uncertain) return blockedBy(uncertain)
  return warnOrCut(debt, state, isProtected)
}

/** Reminders D−3 and D. They announce the due date, so one whose day has passed is not sent late: the notice follows. */
function reminderOf(debt: Debt, state: ArrearsState, today: IsoDate): DueMove | undefined {
  const { dueOn, terms, chargeId } = debt
  const { zone } = state.calendar
  if (today < dueOn && !recordOf(debt, 'remind-before')) {
    return {
      kind: 'remind',
      chargeId,
      step: 'remind-before',
      at: atTimeOn(subtractDuration(dueOn, terms.remindBefore), terms.sendFrom, zone),
    }
  }
  if (today > dueOn || recordOf(debt, 'remind-due')) return undefined
  return { kind: 'remind', chargeId, step: 'remind-due', at: atTimeOn(dueOn, terms.sendFrom, zone) }
}

/** The written notice: D+1 when flagged by (a); at once when flagged by (b), which brings only the notice forward (policy "flag"). */
function firstNotice(debt: Debt, state: ArrearsState, today: IsoDate): Move | undefined {
  if (noticesOf(debt).length > 0) return undefined
  const { terms, chargeId, dueOn } = debt
  const noticeOn = addDuration(dueOn, terms.noticeAfter)
  const at = atTimeOn(noticeOn, terms.sendFrom, state.calendar.zone)
  const reason = flag(debt, state, today)
  if (reason === 'b') return { kind: 'notice', chargeId, step: 'notice-1', at: earliest(at, state.asOf) }
  if (reason === 'a' || today < noticeOn) return { kind: 'notice', chargeId, step: 'notice-1', at }
  return { kind: 'blocked', reason: 'below-floor' }
}

/** A notice that grew older than P30D before the cut is given again, and its 15 days begin again (policy "put off"). */
function noticeAgain(debt: Debt, state: ArrearsState): DueMove | undefined {
  const notices = noticesOf(debt)
  const deliveredAt = notices.at(-1)?.deliveredAt
  if (deliveredAt === undefined) return undefined
  const { zone } = state.calendar
  if (dateAt(state.asOf, zone) <= addDuration(dateAt(deliveredAt, zone), debt.terms.noticeGoodFor)) return undefined
  return { kind: 'notice', chargeId: debt.chargeId, step: `notice-${notices.length + 1}`, at: state.asOf }
}

/** Visits D+2, D+7, D+12; when chasing began late they keep their distance from the notice and from each other. */
function visitMove(debt: Debt, state: ArrearsState): DueMove | undefined {
  const { terms, chargeId, dueOn } = debt
  const { zone } = state.calendar
  const index = terms.visitsAfter.findIndex((_, at) => !recordOf(debt, `visit-${at + 1}`))
  const offset = terms.visitsAfter[index]
  if (offset === undefined) return undefined
  const before = index === 0 ? noticesOf(debt)[0] : recordOf(debt, `visit-${index}`)
  const gap = gapDays(dueOn, terms.visitsAfter[index - 1] ?? terms.noticeAfter, offset)
  const day = latest(addDuration(dueOn, offset), addDays(dateAt(before?.decidedAt ?? state.asOf, zone), gap))
  return {
    kind: 'visit',
    chargeId,
    step: `visit-${index + 1}`,
    at: atTimeOn(firstVisitDay(day, state.calendar), terms.visitFrom, zone),
  }
}

/** The last warning the day before the cut it names, then the cut; a protected customer is asked about instead, once. */
function warnOrCut(debt: Debt, state: ArrearsState, isProtected: boolean): Move {
  const { chargeId, terms } = debt
  const { zone } = state.calendar
  const cut = plannedCut(debt, state)
  if (!cut) return { kind: 'blocked', reason: 'notice-not-delivered' }
  const warnAt = atTimeOn(subtractDuration(dateAt(cut, zone), terms.warnBefore), terms.sendFrom, zone)
  if (isProtected) {
    return recordOf(debt, 'ask-state')
      ? { kind: 'blocked', reason: 'protected-category' }
      : { kind: 'ask-state', chargeId, step: 'ask-state', at: warnAt }
  }
  const warned = standingWarning(debt)
  if (!warned) return { kind: 'warn', chargeId, step: nextRecord(debt, 'warn'), at: warnAt }
  if (!warned.sentAt) return { kind: 'blocked', reason: 'warning-not-sent' }
  const enough = overdueMinor(state.debts, dateAt(state.asOf, zone)) >= terms.flagOpenMinor
  return enough ? { kind: 'cut', chargeId, step: 'cut', at: cut } : { kind: 'blocked', reason: 'below-floor' }
}

/** First moment a debt may cut: D+17, 15 clear days after its delivered notice, its distance from the last visit and the warning kept. */
function plannedCut(debt: Debt, state: ArrearsState): IsoInstant | undefined {
  const { terms, dueOn } = debt
  const { zone } = state.calendar
  const deliveredAt = noticesOf(debt).at(-1)?.deliveredAt
  if (deliveredAt === undefined) return undefined
  const lastVisit = recordOf(debt, `visit-${terms.visitsAfter.length}`)
  const warned = standingWarning(debt)?.decidedAt
  const gap = gapDays(dueOn, terms.visitsAfter.at(-1) ?? terms.noticeAfter, terms.cutAfter)
  const day = latest(
    addDuration(dueOn, terms.cutAfter),
    firstDayAfterNotice(deliveredAt, terms, zone),
    ...(lastVisit ? [addDays(dateAt(lastVisit.decidedAt, zone), gap)] : []),
    ...(warned ? [addDuration(dateAt(warned, zone), terms.warnBefore)] : []),
  )
  return firstCutMoment(latest(startOfDay(day, zone), state.asOf), terms, state.calendar)
}

/** The last warning, unless it is older than the notice it belongs to, or than the day on which a payment of the debt bounced. */
function standingWarning(debt: Debt): DunningRecord | undefined {
  const since = latest(noticesOf(debt).at(-1)?.decidedAt ?? '', debt.reopenedAt ?? '')
  return recordsOf(debt, 'warn').findLast(({ decidedAt }) => decidedAt >= since)
}

function flag(debt: Debt, { debts, depositHeldMinor }: ArrearsState, today: IsoDate): 'a' | 'b' | undefined {
  return flagOf({ debts, depositHeldMinor, today, terms: debt.terms })
}

function blockedBy({ kind, until }: Shield): BlockedMove {
  return until === undefined ? { kind: 'blocked', reason: kind } : { kind: 'blocked', reason: kind, until }
}

/** The protection that lasts longest; one without an end before all others. */
function longest(shields: readonly Shield[]): Shield | undefined {
  return shields.toSorted((a, b) => compareEnds(b.until, a.until))[0]
}

function compareEnds(a: IsoInstant | undefined, b: IsoInstant | undefined): number {
  if (a === b) return 0
  if (a === undefined) return 1
  return b === undefined || a < b ? -1 : 1
}

/** Days between two offsets from the due date. */
function gapDays(dueOn: IsoDate, first: string, second: string): number {
  return Math.max(daysBetween(addDuration(dueOn, first), addDuration(dueOn, second)), 0)
}
