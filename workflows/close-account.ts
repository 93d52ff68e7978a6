import { allHandlersFinished, condition } from '@temporalio/workflow'
import type { ClosingFacts } from '../activities/closing-facts.ts'
import { facts, work } from './activity-proxies.ts'
import { type DecisionInput, defineDecision } from './decisions.ts'
import { type Procedure, procedure } from './procedure.ts'

export interface CloseAccountInput {
  readonly plant: string
  readonly accountId: string
  readonly customerId: string
  readonly closureId: string
}

/** The customer stays after all; until the supply has ended. */
export const withdrawClosing = defineDecision('withdraw')
/** The meter could not be taken down: somebody goes again. */
export const tryRemovalAgain = defineDecision('try-again')
/** The meter is gone for good: it is written off, and the last reading is estimated. */
export const closeWithoutMeter = defineDecision('close-without-meter')
/** Somebody of the right level gives the money back: the refund in `detail.refundId`. */
export const approveClosingRefund = defineDecision('approve-refund')
/** The money of the refund in `detail.refundId` was handed over or sent: `detail` says `method` and `proof`. */
export const payClosingRefund = defineDecision('pay-refund')

/**
 * A connection ends (manual 2.2.3, 2.2.8; policy "ban, close"): final reading, final bill pro-rated, deposit set off, the rest
 * refunded through an approval, meter to stock. The account and its history stay for ever, and its id is never used again.
 */
export async function closeAccount(input: CloseAccountInput): Promise<string> {
  const { closureId } = input
  return procedure(
    { ...input, topics: [`account:${input.accountId}`, `connection:${input.customerId}`], input: { ...input } },
    async (p) => {
      const leaver: Leaver = { p, input, known: await facts.readClosing({ closureId, asOf: await p.now() }) }
      const { endedAs } = leaver.known.closure
      if (endedAs === 'Withdrawn') return endedAs
      acceptClosingDecisions(p, () => leaver.known)
      if (endedAs === null && !(await leave(leaver))) {
        await work.endClosing({ closureId, as: 'Withdrawn', asOf: await p.now() })
        return 'Withdrawn'
      }
      // After the end as well: money that came to a closed account woke this run, and goes back.
      return giveMoneyBack(leaver)
    },
  )
}

/** A closing as its steps see it. */
interface Leaver {
  readonly p: Procedure
  readonly input: CloseAccountInput
  /** The facts as last read; decisions are judged by them. */
  known: ClosingFacts
}

async function look(leaver: Leaver): Promise<ClosingFacts> {
  leaver.known = await facts.readClosing({ closureId: leaver.input.closureId, asOf: await leaver.p.now() })
  return leaver.known
}

/** Supply ends, the meter comes down, the account is settled. False where the customer stays after all. */
async function leave(leaver: Leaver): Promise<boolean> {
  const { p, input } = leaver
  const { closureId } = input
  await waitToLeave(p, input, leaver.known)
  // Here nothing more is decided, and what was being decided is in its row: a withdrawal counts, or is refused.
  await p.stage('EndingSupply')
  await condition(allHandlersFinished)
  const { isWithdrawn, isSupplyEnded } = await look(leaver)
  if (isWithdrawn && !isSupplyEnded) return false
  await work.endSupply({ closureId, asOf: await p.now() })
  while (!(await look(leaver)).removal.isMeterGone) await takeMeterDown(p, input, leaver.known)
  await work.settleClosing({ closureId, asOf: await p.now() })
  return true
}

/** Until nothing is left to give back and nothing to wait for. What comes in while it ends is given back first. */
async function giveMoneyBack(leaver: Leaver): Promise<string> {
  const { p, input } = leaver
  const { closureId, accountId } = input
  for (;;) {
    const known = await look(leaver)
    const next = nextRefund(known)
    if (known.refundableMinor > 0 && known.openDebtMinor === 0)
      await work.requestClosingRefunds({ closureId, asOf: await p.now() })
    else if (next?.act === 'approve') await work.approveCreditRefund({ accountId, refundId: next.refund.refundId })
    else if (next?.act === 'pay') await work.payClosingRefund({ closureId, refundId: next.refund.refundId, asOf: await p.now() })
    else if (known.outcome === null) await waitForMoney(p, input, known)
    else if (await work.endClosing({ closureId, as: known.outcome, asOf: await p.now() })) return known.outcome
  }
}

/** Notified, and free to stay until the last supplied day is over. */
async function waitToLeave(p: Procedure, { closureId }: CloseAccountInput, before: ClosingFacts): Promise<void> {
  const { supplyEndsAt } = before
  await work.announceClosing({ closureId, asOf: await p.now() })
  await p.waitFor({
    read: (asOf) => facts.readClosing({ closureId, asOf }),
    enough: (fact) => fact.isWithdrawn || fact.isSupplyEnded,
    until: supplyEndsAt,
    stage: { name: 'Notified', waitingFor: 'clock', dueAt: supplyEndsAt, topics: before.topics },
    summary: `the last supplied day of ${before.closure.customerId}`,
  })
}

/** A technician reads the meter for the last time and takes it down; where that fails, the cluster in-charge decides. */
async function takeMeterDown(p: Procedure, { closureId }: CloseAccountInput, { removal, topics }: ClosingFacts): Promise<void> {
  const { task, decision, round } = removal
  if (task === null) return work.openRemoval({ closureId, round, asOf: await p.now() })
  if (decision?.verdict === 'without-meter') return work.finishRemoval({ closureId, round, isLost: true, asOf: await p.now() })
  if (task.status === 'completed' && task.result?.outcome !== 'not-possible')
    return work.finishRemoval({ closureId, round, isLost: false, asOf: await p.now() })
  const failed = task.status === 'completed' || task.status === 'cancelled'
  await p.waitFor({
    read: (asOf) => facts.readClosing({ closureId, asOf }),
    enough: (fact) =>
      fact.removal.isMeterGone ||
      fact.removal.round > round ||
      fact.removal.decision !== null ||
      (!failed && fact.removal.task?.status === 'completed'),
    until: undefined,
    stage: {
      name: failed ? 'MeterNotFound' : 'TakingMeterDown',
      waitingFor: failed ? 'cluster-in-charge' : 'technician',
      ...(failed ? { about: String(round) } : { chasedBy: 'task' as const }),
      dueAt: task.dueAt,
      topics,
    },
    summary: `removal of the meter, task ${task.taskId}`,
  })
}

type RefundFact = ClosingFacts['refunds'][number]
interface NextRefund {
  readonly refund: RefundFact
  readonly act: 'approve' | 'pay' | 'wait'
}

/** The first refund that is not through, and what can be done about it now. */
function nextRefund({ refunds }: ClosingFacts): NextRefund | undefined {
  const refund = refunds.find(({ state }) => state === 'requested' || state === 'approved')
  if (refund === undefined) return undefined
  if (refund.state === 'requested') return { refund, act: refund.decision?.verdict === 'approved' ? 'approve' : 'wait' }
  return { refund, act: refund.handOver === null ? 'wait' : 'pay' }
}

async function waitForMoney(p: Procedure, { closureId }: CloseAccountInput, before: ClosingFacts): Promise<void> {
  const waiting = nextRefund(before)
  const until =
    waiting === undefined ? before.waitForDebtUntil : waiting.refund.state === 'approved' ? waiting.refund.unclaimedAt : undefined
  const seen = JSON.stringify(before)
  const changed = await p.waitFor({
    read: (asOf) => facts.readClosing({ closureId, asOf }),
    enough: (fact) => JSON.stringify(fact) !== seen,
    until,
    stage: { ...stageOf(before, waiting), dueAt: until, topics: before.topics },
    summary: waiting === undefined ? 'what is still owed' : `refund ${waiting.refund.refundId}`,
  })
  if (changed === undefined && waiting?.refund.state === 'approved')
    await work.keepUnclaimed({ closureId, refundId: waiting.refund.refundId, asOf: await p.now() })
}

function stageOf({ openDebtMinor }: ClosingFacts, waiting: NextRefund | undefined) {
  if (waiting === undefined)
    return { name: 'AwaitingPayment', waitingFor: 'customer', details: `Still owed: ${openDebtMinor}` } as const
  const details = `Refund ${waiting.refund.refundId}: ${waiting.refund.amountMinor}`
  const about = String(waiting.refund.refundId)
  const barred = waiting.refund.decision === null ? [] : [waiting.refund.decision.by]
  if (waiting.refund.state === 'approved') return { name: 'PayingOut', waitingFor: 'csa', about, barred, details } as const
  return {
    name: 'ApprovingRefund',
    about,
    waitingFor: waiting.refund.approver === 'cluster-in-charge' ? 'cluster-in-charge' : 'state-in-charge',
    details,
  } as const
}

function acceptClosingDecisions(p: Procedure, known: () => ClosingFacts): void {
  const open = (): RefundFact | undefined => nextRefund(known())?.refund
  const refundStep = (of: 'refund' | 'pay-out') => () => `${of}:${open()?.refundId ?? 'none'}`
  const removalStep = (): string => `no-removal:${known().removal.round}`
  p.decisions.accept(withdrawClosing, {
    step: 'withdrawal',
    verdict: 'withdrawn',
    at: ['Notified'],
    description: 'The customer stays',
  })
  p.decisions.accept(tryRemovalAgain, {
    step: removalStep,
    verdict: 'try-again',
    at: ['MeterNotFound'],
    description: 'Send somebody again for the meter',
  })
  p.decisions.accept(closeWithoutMeter, {
    step: removalStep,
    verdict: 'without-meter',
    at: ['MeterNotFound'],
    description: 'Write the meter off and estimate the last reading',
  })
  p.decisions.accept(approveClosingRefund, {
    step: refundStep('refund'),
    verdict: 'approved',
    at: ['ApprovingRefund'],
    refuse: (input) => unlessNamed(open(), 'requested', input),
    description: 'Approve giving the money back',
  })
  p.decisions.accept(payClosingRefund, {
    step: refundStep('pay-out'),
    verdict: 'paid',
    at: ['PayingOut'],
    refuse: (input) => unlessNamed(open(), 'approved', input) ?? ownApproval(open(), input),
    description: 'Say that the money was handed over',
  })
}

/** Whoever decides was judged by one refund's amount: by the time it is decided another may be the one that waits. */
function unlessNamed(open: RefundFact | undefined, state: RefundFact['state'], { detail }: DecisionInput) {
  if (open?.state === state && detail?.refundId === open.refundId) return undefined
  return { code: 'WRONG_STAGE', message: 'Not the refund that waits for this now' }
}

/** Nobody pays out what he approved himself (policy, "absence"). */
function ownApproval(open: RefundFact | undefined, { by }: DecisionInput) {
  return open?.decision?.by === by ? { code: 'OWN_ENTRY', message: 'Another person pays out what you approved' } : undefined
}
