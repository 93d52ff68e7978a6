import { hoursOf } from './calendar.ts'
import { DomainError } from './errors.ts'
import type { DomainErrorCode } from './errors.ts'
import { assertNotNegativeMinor } from './money.ts'
import type { PlantPolicy } from './policy.ts'
import type { Role } from './roles.ts'

/** Everything that someone decides (policy, table "decision", and the rows that name who decides). */
export const DECISIONS = [
  'package-change',
  'package-change-large',
  'deactivation',
  'reactivation',
  'ban',
  'lift-ban',
  'temporary-cut',
  'plant-cut',
  'reading-review',
  'task-review',
  'credit-note',
  'refund',
  'deposit-refund',
  'deposit-waiver',
  'write-off',
  'bank-deposit',
  'package-release',
  'price-release',
  'policy-release',
  'onboarding-extension',
  'protected-cut',
  'capacity-ending',
  'un-park',
  'payment-plan',
  'payment-plan-long',
  'bounce',
  'payment-in-doubt',
] as const
export type Decision = (typeof DECISIONS)[number]

type DecisionPolicy = Pick<PlantPolicy, 'approvals' | 'supply'>

/** What a decision is about: its amount or length, where the rule depends on one. */
export type DecisionMatter = { readonly decision: Decision; readonly amountMinor?: number; readonly duration?: string }

const CLUSTER: readonly Role[] = ['cluster-in-charge']
const STATE: readonly Role[] = ['state-in-charge']
const HEAD_OFFICE: readonly Role[] = ['head-office']

/** Who stands above whom; those at the plant are on one level. A level may also decide what is for a level below. */
const LEVEL: Readonly<Record<Role, number>> = {
  customer: 0,
  operator: 1,
  technician: 1,
  csa: 1,
  'cluster-in-charge': 2,
  'state-in-charge': 3,
  'head-office': 4,
}

const RULES: Readonly<Record<Decision, (matter: DecisionMatter, policy: DecisionPolicy) => readonly Role[]>> = {
  'package-change': () => CLUSTER,
  'package-change-large': () => [...CLUSTER, ...STATE],
  deactivation: () => CLUSTER,
  reactivation: () => CLUSTER,
  ban: () => CLUSTER,
  'lift-ban': () => STATE,
  'temporary-cut': (matter, policy) => temporaryCut(matter, policy, true),
  'plant-cut': (matter, policy) => temporaryCut(matter, policy, false),
  'reading-review': () => ['operator'],
  'task-review': () => ['operator'],
  'credit-note': byAmount,
  refund: byAmount,
  'deposit-refund': (matter, policy) => (amountOf(matter) <= policy.approvals.depositRefundClusterUpToMinor ? CLUSTER : STATE),
  'deposit-waiver': () => STATE,
  'write-off': () => HEAD_OFFICE,
  'bank-deposit': () => HEAD_OFFICE,
  'package-release': () => HEAD_OFFICE,
  'price-release': () => HEAD_OFFICE,
  'policy-release': () => HEAD_OFFICE,
  'onboarding-extension': () => CLUSTER,
  'protected-cut': () => STATE,
  'capacity-ending': () => STATE,
  'un-park': () => CLUSTER,
  'payment-plan': () => CLUSTER,
  'payment-plan-long': () => STATE,
  bounce: () => HEAD_OFFICE,
  'payment-in-doubt': () => HEAD_OFFICE,
}

/** The chain of approvals, in order; empty when none is needed and the act is only logged (policy, table "decision"). */
export function approvalChain(matter: DecisionMatter, policy: DecisionPolicy): Role[] {
  return [...RULES[matter.decision](matter, policy)]
}

/** A decision somebody wants to take. `step` counts from 0 along the chain; `earlierDeciderIds` took the steps before. */
export type DecisionAttempt = DecisionMatter & {
  readonly role: Role
  readonly deciderId: string
  readonly makerId: string
  readonly step?: number
  readonly earlierDeciderIds?: readonly string[]
}

/**
 * Whether this person may take this decision: of the level the chain asks for (or above it), and never on an own entry nor twice in one
 * chain (policy "absence": nobody approves or reviews his own entry). Scope is the API's to check.
 */
export function mayDecide(
  attempt: DecisionAttempt,
  policy: DecisionPolicy,
): { may: true } | { may: false; code: DomainErrorCode } {
  const needed = approvalChain(attempt, policy)[attempt.step ?? 0]
  if (needed === undefined) return { may: false, code: 'WRONG_STAGE' }
  if (LEVEL[attempt.role] < LEVEL[needed]) return { may: false, code: 'NOT_PERMITTED' }
  const seen = [attempt.makerId, ...(attempt.earlierDeciderIds ?? [])]
  return seen.includes(attempt.deciderId) ? { may: false, code: 'OWN_ENTRY' } : { may: true }
}

/**
 * Whether somebody of this role may be given what waits for another: the same role, or a level above. What waits for the operator is for
 * anybody else at the plant (policy, "decision" table: a reading, a finished task).
 */
export function mayTakeOver(role: Role, needed: Role): boolean {
  if (needed === 'operator') return LEVEL[role] >= LEVEL.operator
  return role === needed || LEVEL[role] > Math.max(LEVEL[needed], LEVEL.operator)
}

/** As `mayDecide`, as a refusal. */
export function assertMayDecide(attempt: DecisionAttempt, policy: DecisionPolicy): void {
  const answer = mayDecide(attempt, policy)
  if (!answer.may) throw new DomainError(answer.code, 'This decision is for someone else', { decision: attempt.decision })
}

function byAmount(matter: DecisionMatter, { approvals }: DecisionPolicy): readonly Role[] {
  const amountMinor = amountOf(matter)
  if (amountMinor <= approvals.creditNoteClusterUpToMinor) return CLUSTER
  return amountMinor <= approvals.creditNoteStateUpToMinor ? STATE : HEAD_OFFICE
}

function temporaryCut({ duration }: DecisionMatter, { supply }: DecisionPolicy, mayBeUnapproved: boolean): readonly Role[] {
  if (duration === undefined) throw new DomainError('INVALID_INPUT', 'A temporary cut says how long')
  const hours = hoursOf(duration)
  if (mayBeUnapproved && hours <= hoursOf(supply.unapprovedCutUpTo)) return []
  return hours <= hoursOf(supply.clusterCutUpTo) ? CLUSTER : STATE
}

function amountOf({ amountMinor, decision }: DecisionMatter): number {
  if (amountMinor === undefined) throw new DomainError('INVALID_INPUT', `Who decides a ${decision} depends on its amount`)
  return assertNotNegativeMinor(amountMinor)
}
