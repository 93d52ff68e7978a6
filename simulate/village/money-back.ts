import type { DecisionInput } from '../../workflows/decisions.ts'
import type { World } from '../world.ts'
import type { Waiting } from './desks.ts'

// How money goes out to customers: one file, for it changes. A closing and an application see their own refunds through; what is asked for
// otherwise, or was not fetched, is a process of its own.

interface Way {
  readonly approve: readonly [stage: string, decision: string]
  readonly pay: readonly [stage: string, decision: string]
}

const WAYS: Readonly<Record<string, Way>> = {
  closeAccount: { approve: ['ApprovingRefund', 'approve-refund'], pay: ['PayingOut', 'pay-refund'] },
  onboardCustomer: { approve: ['RefundApproval', 'approveRefund'], pay: ['RefundPayOut', 'payRefund'] },
  payOut: { approve: ['Approval', 'approve-pay-out'], pay: ['PayingOut', 'pay-pay-out'] },
}

const APPROVERS: Readonly<Record<string, string>> = {
  'cluster-in-charge': 'deepa',
  'state-in-charge': 'farid',
  'head-office': 'geeta',
}

/** Approves and pays out what waits for it, each by another person. False where the process waits for something else. */
export async function payMoneyBack(world: World, waiting: Waiting): Promise<boolean> {
  const { workflowId, workflowType, stage, waitingFor } = waiting
  const way = WAYS[workflowType]
  const [approving, approve] = way?.approve ?? []
  const [paying, pay] = way?.pay ?? []
  if (approve === undefined || pay === undefined || (stage !== approving && stage !== paying)) return false
  const refund = await openRefund(world, waiting)
  if (refund === undefined) return true
  const { refundId, amountMinor } = refund
  const detail = { refundId, method: 'bank', amountMinor, proof: `OUT-${refundId}`, reference: `OUT-${refundId}` }
  const said: DecisionInput =
    stage === paying ? { by: 'asha', detail } : { by: APPROVERS[waitingFor ?? ''] ?? 'geeta', detail: { refundId } }
  await world.decide(workflowId, stage === paying ? pay : approve, said)
  return true
}

async function openRefund(
  { db }: World,
  { workflowId, workflowType, accountId }: Waiting,
): Promise<{ refundId: number; amountMinor: number } | undefined> {
  const open = db
    .selectFrom('refunds')
    .select(['refundId', 'amountMinor'])
    .where('accountId', '=', accountId ?? '')
    .where('state', 'in', ['requested', 'approved'])
    .orderBy('refundId')
  const ofRun = workflowType === 'payOut' ? open.where('refundId', '=', Number(workflowId.slice('pay-out:'.length))) : open
  return ofRun.executeTakeFirst()
}
