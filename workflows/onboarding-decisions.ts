import { type DecisionInput, defineDecision } from './decisions.ts'
import type { Applicant } from './onboarding-look.ts'

/** Gives the application to another sales agent, in `detail.to`. */
export const assignAgent = defineDecision('assignAgent')
/** Details and proof were taken and stored; `detail` holds only the kind of proof. */
export const enterKyc = defineDecision('enterKyc')
/** `detail`: code, pole, and if wanted meterKind and depositParts. */
export const choosePackage = defineDecision('choosePackage')
/** The state in-charge gives up the deposit. */
export const waiveDeposit = defineDecision('waiveDeposit')
/** The cluster in-charge gives more time, once. */
export const extendDeadline = defineDecision('extendDeadline')
/** Another pole, in `detail.pole`, where the chosen one is full. */
export const choosePole = defineDecision('choosePole')
/** Another visit, after an installation that was not possible, cannot stand, or hung up a meter that refuses. */
export const replanInstallation = defineDecision('replanInstallation')
/** The customer no longer wants it. */
export const withdraw = defineDecision('withdraw')
/** The company says no; `detail.reason` is what the customer is told. */
export const refuse = defineDecision('refuse')
/** It cannot be done. */
export const cancel = defineDecision('cancel')
/** The money of the refund in `detail.refundId` may go back. */
export const approveRefund = defineDecision('approveRefund')
/** The money of the refund in `detail.refundId` went back: `detail.method` (cash, upi, bank) and, if there is one, `detail.proof`. */
export const payRefund = defineDecision('payRefund')

/** Before the first stage is written, what fits it is taken already. */
const FIRST = ['', 'Requested', 'Kyc']
const BEFORE_DEMANDS = [...FIRST, 'PackageChoice']
const STUCK = ['PoleFull', 'NoMeterFree', 'InstallationInDoubt', 'MeterRefused']
const BEFORE_ACTIVE = [...BEFORE_DEMANDS, 'Payment', 'PaymentAgain', ...STUCK, 'Installation', 'Programming']

/** Registers everything people can decide about an application: at which stage, as which step, and who may not. */
export function acceptOnboardingDecisions(applicant: Applicant): void {
  const { decisions } = applicant.p
  decisions.accept(assignAgent, {
    step: () => `agent:${(applicant.known?.application.agentRound ?? 0) + 1}`,
    verdict: 'assigned',
    at: BEFORE_ACTIVE.slice(1),
    refuse: lacking('to', 'Say whom it is given to'),
    description: 'Give the application to another sales agent',
  })
  decisions.accept(enterKyc, {
    step: 'kyc',
    verdict: 'recorded',
    at: FIRST,
    description: 'Details and identity proof were taken',
  })
  decisions.accept(choosePackage, {
    step: 'package',
    verdict: 'chosen',
    at: BEFORE_DEMANDS,
    refuse: lacking('code', 'Say which package'),
    description: 'Choose a package and a pole',
  })
  decisions.accept(waiveDeposit, {
    step: 'deposit-waiver',
    verdict: 'waived',
    at: [...BEFORE_DEMANDS, 'Payment'],
    description: 'Give up the security deposit',
  })
  decisions.accept(extendDeadline, {
    step: 'extension',
    verdict: 'extended',
    at: ['Payment'],
    description: 'Give more time to pay, once',
  })
  decisions.accept(choosePole, {
    step: () => `pole:${(applicant.known?.application.poleRound ?? 0) + 1}`,
    verdict: 'chosen',
    at: ['PoleFull'],
    refuse: lacking('pole', 'Say which pole'),
    description: 'Serve the house from another pole',
  })
  decisions.accept(replanInstallation, {
    step: () => `replan:${applicant.known?.application.installationRound ?? 1}`,
    verdict: 'again',
    at: ['InstallationInDoubt', 'MeterRefused'],
    description: 'Send a technician again',
  })
  acceptEndings(applicant)
  acceptRefund(applicant)
}

/** The first of withdrawn, refused and cancelled stands. */
function acceptEndings({ p: { decisions } }: Applicant): void {
  decisions.accept(withdraw, {
    step: 'ending',
    verdict: 'withdrawn',
    at: BEFORE_ACTIVE,
    description: 'The customer no longer wants the connection',
  })
  decisions.accept(refuse, {
    step: 'ending',
    verdict: 'refused',
    at: BEFORE_ACTIVE,
    refuse: lacking('reason', 'Say why'),
    description: 'Refuse the application',
  })
  decisions.accept(cancel, {
    step: 'ending',
    verdict: 'cancelled',
    at: [...STUCK, 'PaymentAgain'],
    description: 'Cancel what cannot be installed',
  })
}

function acceptRefund(applicant: Applicant): void {
  const { decisions } = applicant.p
  const round = (): number => applicant.known?.refunds.open?.round ?? 0
  decisions.accept(approveRefund, {
    step: () => `refund:${round()}`,
    verdict: 'approved',
    at: ['RefundApproval'],
    refuse: (input) => otherRefund(applicant, input, 'requested'),
    description: 'Approve the refund',
  })
  decisions.accept(payRefund, {
    step: () => `refund-paid:${round()}`,
    verdict: 'paid',
    at: ['RefundPayOut'],
    description: 'The money was given back',
    refuse: (input) =>
      lacking('method', 'Say how it was paid')(input) ??
      otherRefund(applicant, input, 'approved') ??
      ownApproval(applicant, input),
  })
}

/** Whoever decides was judged by one refund's amount: by the time it is decided another may be the one that waits. */
function otherRefund(
  { known }: Applicant,
  { detail }: DecisionInput,
  state: 'requested' | 'approved',
): { code: string; message: string } | undefined {
  const open = known?.refunds.open
  return open?.state === state && detail?.refundId === open.refundId
    ? undefined
    : { code: 'WRONG_STAGE', message: 'Not the refund that waits for this now' }
}

/** Nobody pays out what he approved himself (policy, "absence"). */
function ownApproval({ known }: Applicant, { by }: DecisionInput): { code: string; message: string } | undefined {
  return known?.refunds.approvedBy === by
    ? { code: 'OWN_ENTRY', message: 'Another person pays out what you approved' }
    : undefined
}

function lacking(field: string, message: string): (input: DecisionInput) => { code: string; message: string } | undefined {
  return ({ detail }) => (typeof detail?.[field] === 'string' ? undefined : { code: 'INVALID_INPUT', message })
}
