import type { Decision } from './approvals.ts'
import { addDuration } from './calendar.ts'
import type { IsoDate } from './calendar.ts'
import type { ChasingTerms } from './chasing-calendar.ts'
import { DomainError } from './errors.ts'
import { assertPositiveMinor, sumMinor } from './money.ts'
import { type Covered, openAtEndOf } from './promise.ts'

/** One part of a plan: what is due on which day. */
export type PlanPart = { readonly dueOn: IsoDate; readonly amountMinor: number }

type PlanTerms = Pick<ChasingTerms, 'planPartsCluster' | 'planPartsState' | 'planPartWithin'>

/**
 * Refuses a plan that is none: from two parts to as many as the state in-charge may agree to, on days that follow each other, none
 * farther than the policy says from the one before, and to the paisa the debt (policy "put off"). INVALID_INPUT, or PAYMENT_MISMATCH
 * with the debt where the parts are another sum.
 */
export function assertPlan({
  parts,
  debtMinor,
  today,
  terms,
}: {
  parts: readonly PlanPart[]
  debtMinor: number
  today: IsoDate
  terms: PlanTerms
}): void {
  if (parts.length < 2 || parts.length > terms.planPartsState)
    throw new DomainError('INVALID_INPUT', 'A plan has two parts or more, up to what the policy allows', {
      mostParts: terms.planPartsState,
    })
  let before = today
  for (const { dueOn, amountMinor } of parts) {
    assertPositiveMinor(amountMinor)
    const lastDay = addDuration(before, terms.planPartWithin)
    const isFirst = before === today
    if (dueOn > lastDay || (isFirst ? dueOn < before : dueOn <= before))
      throw new DomainError('INVALID_INPUT', 'The days of the parts do not follow each other closely enough', { dueOn, lastDay })
    before = dueOn
  }
  if (sumMinor(parts.map(({ amountMinor }) => amountMinor)) !== debtMinor)
    throw new DomainError('PAYMENT_MISMATCH', 'The parts of a plan are exactly the debt', { debtMinor })
}

/** Whose it is to agree: the cluster in-charge up to its number of parts, the state in-charge beyond, and after a plan was broken. */
export function planDecision(
  { parts, isBrokenBefore }: { parts: number; isBrokenBefore: boolean },
  terms: PlanTerms,
): Decision & ('payment-plan' | 'payment-plan-long') {
  return isBrokenBefore || parts > terms.planPartsCluster ? 'payment-plan-long' : 'payment-plan'
}

/** How an agreed plan stands. `next` is the first part that is not paid yet. */
export type PlanStanding =
  | { readonly state: 'kept' }
  | { readonly state: 'broken'; readonly part: number }
  | { readonly state: 'agreed'; readonly part: number; readonly next: PlanPart; readonly missingMinor: number }

/**
 * Judged by what is open of the covered debts: after the day of each part no more than the parts still to come. What was paid early
 * counts for the next part; a payment that bounced counts for none.
 */
export function judgePlan(parts: readonly PlanPart[], covered: Covered, today: IsoDate): PlanStanding {
  const totalMinor = sumMinor(parts.map(({ amountMinor }) => amountMinor))
  let leftMinor = totalMinor
  for (const [index, part] of parts.entries()) {
    leftMinor -= part.amountMinor
    const openMinor = openAtEndOf(part.dueOn, covered)
    if (openMinor <= leftMinor) continue
    if (today > part.dueOn) return { state: 'broken', part: index + 1 }
    return { state: 'agreed', part: index + 1, next: part, missingMinor: openMinor - leftMinor }
  }
  return { state: 'kept' }
}

/** The step by which a plan is decided. */
export function planStep(planId: number): string {
  return `plan:${planId}`
}
