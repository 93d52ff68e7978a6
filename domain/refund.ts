import { approvalChain } from './approvals.ts'
import type { PlantPolicy } from './policy.ts'
import type { Role } from './roles.ts'

/** What a refund gives back: credit (also money held for an application that ended), a deposit on leaving, or money of a payer nobody knows. */
export type RefundKind = 'credit' | 'deposit' | 'suspense'
/** How it reaches the customer's hand. */
export type RefundMethod = 'cash' | 'upi' | 'bank'
/** Why somebody asks for credit to be given back. */
export const REFUND_REASONS = ['paid-twice', 'overpaid', 'other'] as const
/** Why money goes back, as its notice says. */
export type RefundReason = (typeof REFUND_REASONS)[number] | 'application-ended' | 'not-identified'

/**
 * Who approves a refund of that amount (policy, "decision" table): credit or suspense ≤ 500 rupees cluster, ≤ 5,000 state, above head
 * office; a deposit ≤ 3,000 cluster, above state. A higher level may as well.
 */
export function refundApprover(
  { kind, amountMinor }: { kind: RefundKind; amountMinor: number },
  policy: Pick<PlantPolicy, 'approvals' | 'supply'>,
): Role {
  const [role] = approvalChain({ decision: kind === 'deposit' ? 'deposit-refund' : 'refund', amountMinor }, policy)
  return role ?? 'head-office'
}
