import { afterCutStep } from './after-cut.ts'
import { dateAt, earliest } from './calendar.ts'
import type { IsoDate, IsoInstant } from './calendar.ts'
import { overdueDebts, overdueMinor } from './debt.ts'
import type { Debt, DunningStep } from './debt.ts'
import { movesOf } from './dunning.ts'
import type { ArrearsState, DueMove, DunningAct, Move, WaitReason } from './dunning.ts'

export type { ArrearsState, WaitReason } from './dunning.ts'

/** A step of one debt. */
export type StepOfDebt = { readonly chargeId: number; readonly step: DunningStep }

/** What to do next. `at` is since when it is due; `wait` names when to look again, or whom it waits for when there is no `until`. */
export type NextStep =
  | { readonly kind: 'none' }
  | { readonly kind: 'wait'; readonly reason: WaitReason; readonly until?: IsoInstant }
  | { readonly kind: Exclude<DunningAct, 'cut'>; readonly at: IsoInstant; readonly steps: StepOfDebt[] }
  | { readonly kind: 'cut'; readonly at: IsoInstant; readonly steps: StepOfDebt[]; readonly overdueMinor: number }
  | { readonly kind: 'reconnect'; readonly at: IsoInstant }
  | {
      readonly kind: 'deposit-notice' | 'deposit-draw'
      readonly at: IsoInstant
      readonly steps: StepOfDebt[]
      readonly amountMinor: number
    }
  | { readonly kind: 'ban'; readonly at: IsoInstant; readonly steps: StepOfDebt[] }

/** Of several things due at once the mildest comes first, so that nothing is skipped. */
const ORDER: readonly DunningAct[] = ['remind', 'notice', 'visit', 'warn', 'ask-state', 'cut']

/**
 * The next step for an account in arrears (policy "Chasing and cutting"). Every debt walks its own steps in order and none is skipped:
 * a debt without a notice delivered for it and 15 clear days since is never a reason to cut, whatever became of older debts
 * (Kill Bill #2297, billing.md rule 18). Ask again after each act and each nudge.
 */
export function nextStep(state: ArrearsState): NextStep {
  const today = dateAt(state.asOf, state.calendar.zone)
  const moves = openDebts(state.debts).flatMap((debt) => movesOf(debt, state))
  if (state.cutAt !== undefined) return whileCut(state, today, moves)
  const due = ORDER.map((kind) => dueNow(moves, kind, state.asOf)).find(({ length }) => length > 0)
  return due ? act(due, state, today) : waiting(moves, state)
}

/**
 * Whether the hold `unpaid` still has a reason: it is lifted when nothing is overdue (policy "reconnection"; fees are no condition). What
 * was disputed before the cut never was a reason for it; what is disputed after it does not undo it until it is answered.
 */
export function unpaidHoldShouldStand(input: {
  debts: readonly Debt[]
  today: IsoDate
  cutAt?: IsoInstant | undefined
}): boolean {
  const { debts, today, cutAt } = input
  const asCut = debts.map(({ disputed, ...debt }): Debt => {
    const isReason = disputed !== undefined && cutAt !== undefined && disputed.since > cutAt
    return isReason || disputed === undefined ? debt : { ...debt, disputed }
  })
  return overdueDebts(asCut, today).length > 0
}

/**
 * Whether the cut may place the hold now, asked again in the transaction that places it (design "Accounts are locked in order"): some
 * debt has a delivered notice, its waiting time over, every step behind it, no protection, and this is an hour for a cut.
 */
export function mayPlaceUnpaidHold(
  state: Omit<ArrearsState, 'cutAt'>,
): { may: true; chargeIds: number[] } | { may: false; reason: WaitReason } {
  const moves = openDebts(state.debts).flatMap((debt) => movesOf(debt, state))
  const due = dueNow(moves, 'cut', state.asOf)
  if (due.length > 0) return { may: true, chargeIds: due.map(({ chargeId }) => chargeId) }
  return { may: false, reason: moves.find((move) => move.kind === 'blocked')?.reason ?? 'clock' }
}

/** While the connection is cut only reminders of newer bills go on; then the deposit, then the ban; paid up, it is reconnected. */
function whileCut(state: ArrearsState, today: IsoDate, moves: readonly Move[]): NextStep {
  if (!unpaidHoldShouldStand({ debts: state.debts, today, cutAt: state.cutAt })) return { kind: 'reconnect', at: state.asOf }
  const due = dueNow(moves, 'remind', state.asOf)
  if (due.length > 0) return act(due, state, today)
  const step = afterCutStep(state, today)
  return step.kind === 'wait' ? waitUntilFirst(step.reason, [step.until, ...timesOf(moves)]) : step
}

function waiting(moves: readonly Move[], { debts }: ArrearsState): NextStep {
  if (openDebts(debts).length === 0) return { kind: 'none' }
  const blocked = moves.find((move) => move.kind === 'blocked')
  const onlyBlocked = moves.every((move) => move.kind === 'blocked')
  return waitUntilFirst(onlyBlocked && blocked ? blocked.reason : 'clock', timesOf(moves))
}

function waitUntilFirst(reason: WaitReason, times: readonly (IsoInstant | undefined)[]): NextStep {
  const [first, ...rest] = times.filter((time) => time !== undefined)
  return first === undefined ? { kind: 'wait', reason } : { kind: 'wait', reason, until: earliest(first, ...rest) }
}

function timesOf(moves: readonly Move[]): (IsoInstant | undefined)[] {
  return moves.map((move) => (move.kind === 'blocked' ? move.until : move.at))
}

function dueNow(moves: readonly Move[], kind: DunningAct, asOf: IsoInstant): DueMove[] {
  return moves.filter((move): move is DueMove => move.kind === kind && move.at <= asOf)
}

function act(due: readonly DueMove[], state: ArrearsState, today: IsoDate): NextStep {
  const [first = due[0]] = due.toSorted((a, b) => (a.at < b.at ? -1 : 1))
  if (!first) return { kind: 'none' }
  const { kind, at } = first
  const steps = due.map(({ chargeId, step }) => ({ chargeId, step }))
  return kind === 'cut' ? { kind, at, steps, overdueMinor: overdueMinor(state.debts, today) } : { kind, at, steps }
}

function openDebts(debts: readonly Debt[]): Debt[] {
  return debts
    .filter(({ openMinor }) => openMinor > 0)
    .toSorted((a, b) => (a.dueOn === b.dueOn ? a.chargeId - b.chargeId : a.dueOn < b.dueOn ? -1 : 1))
}
