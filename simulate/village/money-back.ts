import type { World } from '../world.ts'
import type { Waiting } from './desks.ts'

/** How money goes back to customers, from the closing of an account and from an application that ended: one file, for it changes. */
const DECISIONS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  closeAccount: { ApprovingRefund: 'approve-refund', PayingOut: 'pay-refund' },
  onboardCustomer: { RefundApproval: 'approveRefund', RefundPayOut: 'payRefund' },
}

const APPROVERS: Readonly<Record<string, string>> = {
  'cluster-in-charge': 'deepa',
  'state-in-charge': 'farid',
  'head-office': 'geeta',
}

/** Approves and pays out what waits for it, each by another person. False where the process waits for something else. */
export async function payMoneyBack(
  world: World,
  { workflowId, workflowType, stage, waitingFor, accountId }: Waiting,
): Promise<boolean> {
  const name = DECISIONS[workflowType]?.[stage]
  if (name === undefined || accountId === null) return false
  const refund = await world.db
    .selectFrom('refunds')
    .select('refundId')
    .where('accountId', '=', accountId)
    .where('state', 'in', ['requested', 'approved'])
    .orderBy('refundId')
    .executeTakeFirst()
  if (refund === undefined) return true
  const { refundId } = refund
  if (stage === 'PayingOut' || stage === 'RefundPayOut')
    await world.decide(workflowId, name, { by: 'asha', detail: { refundId, method: 'bank', proof: `transfer-${refundId}` } })
  else await world.decide(workflowId, name, { by: APPROVERS[waitingFor ?? ''] ?? 'geeta', detail: { refundId } })
  return true
}
