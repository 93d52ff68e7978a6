import type { OnboardingFacts } from '../activities/onboarding-facts.ts'
import type { RefundMethod } from '../domain/refund.ts'
import { work } from './activity-proxies.ts'
import { type Applicant, look } from './onboarding-look.ts'

const OUTCOMES = {
  active: 'Active',
  withdrawn: 'Withdrawn',
  refused: 'Refused',
  'deadline-passed': 'DeadlinePassed',
  cancelled: 'Cancelled',
} as const

/** Brings an application to its end without a connection: the meter back to the stock, all money back to the customer, the account closed. */
export async function endApplication(applicant: Applicant): Promise<string> {
  const { p, applicationId } = applicant
  await p.stage('Ending')
  const { application, pending } = await look(applicant)
  if (application.endedAs === null && pending.ending !== undefined) {
    const { verdict, detail, textId } = pending.ending
    const end = {
      as: verdict as 'withdrawn' | 'refused' | 'cancelled',
      reason: typeof detail.reason === 'string' ? detail.reason : null,
      textId,
    }
    await work.endApplicationEarly({ applicationId, end, asOf: await p.now() })
  }
  await fetchMeter(applicant)
  while (!(await work.closeEndedAccount({ applicationId, asOf: await p.now() }))) await payBack(applicant)
  const { application: ended } = await look(applicant)
  return OUTCOMES[ended.endedAs ?? 'cancelled']
}

/** A meter that hangs already is fetched first; a visit in vain is followed by another. */
async function fetchMeter(applicant: Applicant): Promise<void> {
  const { p, applicationId } = applicant
  for (;;) {
    if ((await look(applicant)).meter === null) return
    await work.planMeterFetching({ applicationId, asOf: await p.now() })
    const { removal } = await look(applicant)
    if (removal === null) throw new Error('no removal was planned')
    await waitAt(applicant, {
      name: 'MeterRemoval',
      waitingFor: 'technician',
      chasedBy: 'task',
      dueAt: removal.dueAt,
      topics: [`task:${removal.taskId}`],
      enough: (fact) => fact.removal?.status === 'completed',
      summary: `meter back by ${removal.taskId}`,
    })
    await work.recordMeterFetched({ applicationId, asOf: await p.now() })
  }
}

/**
 * One refund: approved by the level its amount needs, paid out by another person. Money that comes in meanwhile is the next. What nobody
 * fetches is kept apart, and paid by `pay-out` whenever the applicant comes.
 */
async function payBack(applicant: Applicant): Promise<void> {
  const { p, applicationId: accountId } = applicant
  const { refunds } = await look(applicant)
  const { open, approval, payOut } = refunds
  if (open === null) {
    await work.requestCreditRefund({ accountId, source: accountId, asOf: await p.now() })
  } else if (approval !== null) {
    await work.approveCreditRefund({ accountId, refundId: open.refundId })
  } else if (payOut !== null) {
    const { method, proof, isUnknown, provider } = payOut.detail
    const paid = {
      refundId: open.refundId,
      method: method as RefundMethod,
      paidBy: payOut.by,
      ...(typeof proof === 'string' && { proof }),
      ...(isUnknown === true && { isUnknown }),
      ...(typeof provider === 'string' && { provider }),
    }
    await work.payOutCreditRefund({ ...paid, accountId, source: accountId, reason: 'application-ended', asOf: await p.now() })
  } else {
    const isApproved = open.state === 'approved'
    const isDecided = await waitAt(applicant, {
      name: isApproved ? 'RefundPayOut' : 'RefundApproval',
      waitingFor: isApproved ? 'csa' : open.approver,
      about: String(open.refundId),
      barred: refunds.approvedBy === null ? [] : [refunds.approvedBy],
      details: `Refund ${open.refundId}: ${open.amountMinor} (minor units)`,
      enough: (fact) => fact.refunds.approval !== null || fact.refunds.payOut !== null,
      until: isApproved ? open.unclaimedAt : undefined,
      summary: 'refund',
    })
    if (!isDecided) await work.keepRefundApart({ accountId, refundId: open.refundId, asOf: await p.now() })
  }
}

interface EndWait extends NonNullable<Parameters<Applicant['p']['stage']>[1]> {
  readonly name: string
  readonly enough: (fact: OnboardingFacts) => boolean
  readonly until?: string | undefined
  readonly summary: string
}

/** False where `until` passed first. */
async function waitAt(applicant: Applicant, { enough, until, summary, ...stage }: EndWait): Promise<boolean> {
  const customerId = applicant.known?.customerId ?? undefined
  const found = await applicant.p.waitFor({
    stage: { ...stage, ...(customerId !== undefined && { customerId }) },
    read: () => look(applicant),
    enough,
    until,
    summary,
  })
  return found !== undefined
}
