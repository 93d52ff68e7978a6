import type { IsoDate, IsoInstant } from './calendar.ts'
import { isPastDue, mayLeadToCut } from './charge.ts'
import type { ChargeKind } from './charge.ts'
import type { ChasingTerms } from './chasing-calendar.ts'
import { sumMinor } from './money.ts'

/**
 * Steps in the chasing of one debt (policy "steps"). `notice`, `visit` and `ban` carry a number: a notice that grew old is given
 * again, as `notice-2`, and so is what is done anew after it. `ask-state` asks about a protected customer, `deposit-notice` and `deposit-draw` follow a cut.
 */
export type DunningStep =
  | 'remind-before'
  | 'remind-due'
  | `notice-${number}`
  | `visit-${number}`
  | 'warn'
  | `warn-${number}`
  | 'ask-state'
  | 'cut'
  | 'deposit-notice'
  | `deposit-notice-${number}`
  | 'deposit-draw'
  | `deposit-draw-${number}`
  | `ban-${number}`

/** A step that was decided for a debt, unique by (charge, step); `sentAt` and `deliveredAt` follow when they happen. */
export type DunningRecord = {
  readonly step: DunningStep
  readonly decidedAt: IsoInstant
  readonly sentAt?: IsoInstant
  readonly deliveredAt?: IsoInstant
}

/** A debt with its own steps: the stage belongs to the debt, never to the account (billing.md rule 18). */
export type Debt = {
  readonly chargeId: number
  readonly kind: ChargeKind
  readonly dueOn: IsoDate
  readonly openMinor: number
  /** How much of it is disputed, and since when: that part is not chased until the dispute is answered. */
  readonly disputed?: { readonly amountMinor: number; readonly since: IsoInstant }
  /** When a payment of it bounced: who believed it was paid is warned anew. */
  readonly reopenedAt?: IsoInstant
  /** Terms pinned at issue. */
  readonly terms: ChasingTerms
  readonly steps: readonly DunningRecord[]
}

/** What of a debt may be chased: what is open beyond the disputed part (issue 4, "Disputes"). */
export function chaseableMinor({ openMinor, disputed }: Pick<Debt, 'openMinor' | 'disputed'>): number {
  return Math.max(openMinor - (disputed?.amountMinor ?? 0), 0)
}

/** Debts past due with something to chase, and whose arrears may cut (policy "EMI, water": those never do). */
export function overdueDebts(debts: readonly Debt[], today: IsoDate): Debt[] {
  return debts.filter((debt) => chaseableMinor(debt) > 0 && isPastDue(debt.dueOn, today) && cutsSupply(debt))
}

/** True for a debt whose arrears may cut supply. */
export function cutsSupply({ kind }: Pick<Debt, 'kind'>): boolean {
  return mayLeadToCut({ kind, nature: 'debt' })
}

/** What is past due, not disputed, and may cut, in minor units. */
export function overdueMinor(debts: readonly Debt[], today: IsoDate): number {
  return sumMinor(overdueDebts(debts, today).map(chaseableMinor))
}

/** Why an account is flagged for deactivation (policy "flag"): (a) overdue of 50 rupees, (b) open debt over 1.5 × the deposit held. */
export function flagOf(input: {
  debts: readonly Debt[]
  depositHeldMinor: number
  today: IsoDate
  terms: ChasingTerms
}): 'a' | 'b' | undefined {
  const { debts, depositHeldMinor, today, terms } = input
  if (overdueMinor(debts, today) >= terms.flagOpenMinor) return 'a'
  const openMinor = sumMinor(debts.filter(cutsSupply).map(chaseableMinor))
  // Without a deposit (exempt, waived) there is nothing to measure by: (a) alone decides.
  return depositHeldMinor > 0 && openMinor > depositHeldMinor * terms.flagDepositTimes ? 'b' : undefined
}

/** The record of a step, if it was decided. */
export function recordOf(debt: Debt, step: DunningStep): DunningRecord | undefined {
  return debt.steps.find((record) => record.step === step)
}

/** Every time a step was taken for a debt, oldest first: `warn`, `warn-2`. */
export function recordsOf(debt: Debt, step: RepeatedStep): DunningRecord[] {
  return debt.steps
    .filter((record) => record.step === step || isAgain(record.step, step))
    .toSorted((a, b) => (a.decidedAt < b.decidedAt ? -1 : 1))
}

/** The name under which a step is taken the next time. */
export function nextRecord<S extends RepeatedStep>(debt: Debt, step: S): S | `${S}-${number}` {
  const taken = recordsOf(debt, step).length
  return taken === 0 ? step : `${step}-${taken + 1}`
}

type RepeatedStep = 'warn' | 'deposit-notice' | 'deposit-draw'

function isAgain(taken: string, step: string): boolean {
  return taken.startsWith(`${step}-`) && /^\d+$/.test(taken.slice(step.length + 1))
}

/** Notices given for a debt, oldest first. */
export function noticesOf(debt: Debt): DunningRecord[] {
  return debt.steps.filter(({ step }) => step.startsWith('notice-')).toSorted((a, b) => (a.decidedAt < b.decidedAt ? -1 : 1))
}

/** The questions whether the contract ends that were put about a debt, by their steps. */
export function bansOf(debt: Debt): DunningRecord[] {
  return debt.steps.filter(({ step }) => step.startsWith('ban-'))
}
