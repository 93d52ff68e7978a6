import type { NextStep } from './arrears.ts'
import type { ArrearsState } from './dunning.ts'
import { addDuration, atTimeOn, dateAt, earliest, latest, startOfDay, subtractDuration } from './calendar.ts'
import type { IsoDate, IsoInstant } from './calendar.ts'
import { bansOf, nextRecord, overdueDebts, overdueMinor, recordsOf } from './debt.ts'
import type { Debt, DunningRecord, DunningStep } from './debt.ts'

/**
 * What follows a cut that stays unpaid: the deposit is drawn P15D after it, with P7D notice delivered before; a ban is proposed after P60D,
 * and again as long after it was declined (policy "deposit drawn", "ban, close"; manual 2.2.8). The steps are kept with the oldest overdue debts of the cut.
 */
export function afterCutStep(state: ArrearsState, today: IsoDate): NextStep {
  const { cutAt, banDeclinedAt, asOf, calendar } = state
  const debts = overdueDebts(state.debts, today)
  const terms = debts[0]?.terms
  // What is disputed is neither drawn from the deposit nor a reason to end the contract until it is answered.
  const isDisputed = state.debts.some(({ disputed }) => disputed !== undefined)
  if (cutAt === undefined || !terms) return { kind: 'wait', reason: isDisputed ? 'dispute' : 'clock' }
  const banAt = startOfDay(addDuration(dateAt(banDeclinedAt ?? cutAt, calendar.zone), terms.banAfter), calendar.zone)
  if (asOf >= banAt)
    return isBanAsked(state, today)
      ? { kind: 'wait', reason: 'clock' }
      : { kind: 'ban', at: banAt, steps: stepsOf(debts, nextBan(debts)) }
  const deposit = depositStep(state, debts, cutAt) ?? { kind: 'wait', reason: 'clock' }
  return deposit.kind === 'wait' ? { ...deposit, until: earliest(deposit.until ?? banAt, banAt) } : deposit
}

/** The question of the ban stands: put since the cut, or since it was last declined. */
export function isBanAsked({ debts, cutAt, banDeclinedAt }: ArrearsState, today: IsoDate): boolean {
  if (cutAt === undefined) return false
  const asked = overdueDebts(debts, today).flatMap(bansOf)
  return asked.some(({ decidedAt }) => (banDeclinedAt === undefined ? decidedAt >= cutAt : decidedAt > banDeclinedAt))
}

/** One number for all debts, above every number any of them has had. */
function nextBan(debts: readonly Debt[]): DunningStep {
  const numbers = debts.flatMap(bansOf).map(({ step }) => Number(step.slice('ban-'.length)))
  return `ban-${Math.max(0, ...numbers) + 1}`
}

function depositStep(state: ArrearsState, debts: readonly Debt[], cutAt: IsoInstant): NextStep | undefined {
  const { asOf, calendar, depositHeldMinor } = state
  const { zone } = calendar
  const terms = debts[0]?.terms
  if (depositHeldMinor <= 0 || !terms || since(debts, 'deposit-draw', cutAt)) return undefined
  const amountMinor = Math.min(depositHeldMinor, overdueMinor(debts, dateAt(asOf, zone)))
  const drawOn = addDuration(dateAt(cutAt, zone), terms.depositDrawnAfter)
  const notice = since(debts, 'deposit-notice', cutAt)
  if (!notice) {
    const at = atTimeOn(subtractDuration(drawOn, terms.depositDrawnNotice), terms.sendFrom, zone)
    return at <= asOf
      ? {
          kind: 'deposit-notice',
          at,
          steps: debts.map((debt) => ({ chargeId: debt.chargeId, step: nextRecord(debt, 'deposit-notice') })),
          amountMinor,
        }
      : { kind: 'wait', reason: 'clock', until: at }
  }
  if (notice.deliveredAt === undefined) return { kind: 'wait', reason: 'notice-not-delivered' }
  const at = startOfDay(latest(drawOn, addDuration(dateAt(notice.deliveredAt, zone), terms.depositDrawnNotice)), zone)
  return at <= asOf
    ? {
        kind: 'deposit-draw',
        at,
        steps: debts.map((debt) => ({ chargeId: debt.chargeId, step: nextRecord(debt, 'deposit-draw') })),
        amountMinor,
      }
    : { kind: 'wait', reason: 'clock', until: at }
}

/** A step taken since this cut: one of an earlier cut does not count. */
function since(debts: readonly Debt[], step: 'deposit-notice' | 'deposit-draw', cutAt: IsoInstant): DunningRecord | undefined {
  return debts.flatMap((debt) => recordsOf(debt, step)).find(({ decidedAt }) => decidedAt >= cutAt)
}

function stepsOf(debts: readonly Debt[], step: DunningStep): { chargeId: number; step: DunningStep }[] {
  return debts.map(({ chargeId }) => ({ chargeId, step }))
}
