import { patched } from '@temporalio/workflow'
import type { PaymentFacts } from '../activities/payment-facts.ts'
import { bounceStep, DOUBT_STEP, type PaymentState } from '../domain/payment.ts'
import { facts, work } from './activity-proxies.ts'
import { type DecisionRule, defineDecision } from './decisions.ts'
import { type Procedure, procedure } from './procedure.ts'

export interface ReceivePaymentInput {
  readonly plant: string
  readonly provider: string
  readonly reference: string
  /** Whose it is, as far as is known when it starts. */
  readonly accountId?: string
  readonly customerId?: string
}

/** Says whose money in suspense is: `detail.accountId`. */
export const matchPayment = defineDecision('match')

/** Head office says that a payment nobody could resolve did come in: `detail.proof` says by what. */
export const declarePosted = defineDecision('declare-posted')
/** Head office says that it never came. */
export const declareFailed = defineDecision('declare-failed')
/** Head office confirms that a payment came back, as somebody reported. */
export const confirmBounce = defineDecision('confirm-bounce')
/** Head office says that it did not. */
export const dismissBounce = defineDecision('dismiss-bounce')

const OUTCOMES = { posted: 'Posted', failed: 'Failed', bounced: 'Bounced', returned: 'Returned', nothing: 'Quarantined' } as const

/**
 * Any money in (design, "receive-payment"). The notice is committed and answered before this starts. Known payer: posted,
 * allocated, receipted. Unknown payer: suspense, until someone says whose it is. A provider in doubt: nothing is posted, and it
 * is asked again until it knows, and after days head office may decide. A contradiction is set aside where people see it. A payment
 * that came back is told in one more notice, or reported by staff and confirmed by head office: an ended run is started anew for it.
 */
export async function receivePayment(input: ReceivePaymentInput): Promise<string> {
  const { provider, reference } = input
  return procedure({ ...input, input: { ...input } }, async (p) => {
    p.decisions.accept(matchPayment, {
      step: 'match',
      verdict: 'matched',
      at: ['Suspense'],
      description: 'Say whose money this is',
      record: (decision) =>
        patched('a match heeds returns')
          ? facts.recordMatch({ ...decision, provider, reference })
          : facts.recordDecision(decision),
      refuse: ({ detail }) =>
        typeof detail?.accountId === 'string' ? undefined : { code: 'INVALID_INPUT', message: 'Say whose account it is for' },
    })
    const known: Known = {}
    acceptHeadOffice(p, known)
    for (;;) {
      const payment = await readPayment(input, known, await p.now())
      if (payment.noticesWaiting > 0) await work.takeInNotice({ provider, reference, asOf: await p.now() })
      else if (payment.state === null) return OUTCOMES.nothing
      else if (payment.bounceReport?.verdict) await work.settleBounceReport({ provider, reference, asOf: await p.now() })
      else if (payment.bounceReport) await waitForHeadOffice(p, input, known)
      else if (isAtItsEnd(payment.state)) return OUTCOMES[payment.state]
      else if (payment.doubtDecision) await work.settleDoubt({ provider, reference, asOf: await p.now() })
      else if (payment.matchedTo !== null)
        await work.matchPayment({ provider, reference, accountId: payment.matchedTo, asOf: await p.now() })
      else if (payment.isGoingBack) await waitForItsReturn(p, input)
      else if (payment.state === 'suspense') await waitForPayer(p, input)
      else await waitForProvider(p, input, { payment, known })
    }
  })
}

async function waitForPayer(p: Procedure, { provider, reference }: ReceivePaymentInput): Promise<void> {
  await p.waitAsLongAsItTakes({
    read: (asOf) => facts.readPaymentFacts({ provider, reference, asOf }),
    enough: ({ matchedTo, noticesWaiting, state, bounceReport, isGoingBack }) =>
      matchedTo !== null || noticesWaiting > 0 || state !== 'suspense' || bounceReport !== undefined || isGoingBack === true,
    stage: { name: 'Suspense', waitingFor: 'cluster-in-charge' },
    summary: 'someone to say whose money this is',
  })
}

/** Its refund sees to the rest (`pay-out`). Refused, or not held any more, it waits for its payer again. */
async function waitForItsReturn(p: Procedure, { provider, reference }: ReceivePaymentInput): Promise<void> {
  await p.waitAsLongAsItTakes({
    read: (asOf) => facts.readPaymentFacts({ provider, reference, asOf }),
    enough: ({ noticesWaiting, state, bounceReport, isGoingBack }) =>
      noticesWaiting > 0 || state !== 'suspense' || bounceReport !== undefined || isGoingBack !== true,
    stage: { name: 'GoingBack' },
    summary: 'the money to be back with its sender',
  })
}

function isAtItsEnd(state: PaymentState): state is 'posted' | 'failed' | 'bounced' | 'returned' {
  return state === 'posted' || state === 'failed' || state === 'bounced' || state === 'returned'
}

/** What was read last: the decisions are judged by it. */
type Known = { payment?: PaymentFacts }

async function readPayment({ provider, reference }: ReceivePaymentInput, known: Known, asOf: string): Promise<PaymentFacts> {
  const payment = await facts.readPaymentFacts({ provider, reference, asOf })
  known.payment = payment
  return payment
}

/** Somebody reported that it came back: head office decides, another person than who reported it. */
async function waitForHeadOffice(p: Procedure, input: ReceivePaymentInput, known: Known): Promise<void> {
  const reportId = known.payment?.bounceReport?.reportId ?? 0
  await p.waitAsLongAsItTakes({
    read: (asOf) => readPayment(input, known, asOf),
    enough: ({ bounceReport, noticesWaiting }) =>
      noticesWaiting > 0 || bounceReport?.reportId !== reportId || bounceReport.verdict !== null,
    stage: { name: 'BounceReported', waitingFor: 'head-office' },
    summary: 'head office to say whether the payment came back',
  })
}

function acceptHeadOffice(p: Procedure, known: Known): void {
  const isProved = (detail: Readonly<Record<string, unknown>> | undefined): boolean =>
    typeof detail?.proof === 'string' && detail.proof !== ''
  const inDoubt = { step: DOUBT_STEP, at: ['Unconfirmed'] }
  const refuse: DecisionRule['refuse'] = ({ detail }) => {
    if (known.payment?.mayBeDecided !== true)
      return { code: 'WRONG_STAGE', message: 'The provider is still asked: this is not for people to decide yet' }
    return isProved(detail) ? undefined : { code: 'INVALID_INPUT', message: 'Say by what it is proved' }
  }
  p.decisions.accept(declarePosted, { ...inDoubt, refuse, verdict: 'posted', description: 'Say that this money came in' })
  p.decisions.accept(declareFailed, { ...inDoubt, refuse, verdict: 'failed', description: 'Say that this money never came' })
  const bounce = { step: () => bounceStep(known.payment?.bounceReport?.reportId ?? 0), at: ['BounceReported'] }
  p.decisions.accept(confirmBounce, { ...bounce, verdict: 'confirmed', description: 'Confirm that this payment came back' })
  p.decisions.accept(dismissBounce, { ...bounce, verdict: 'dismissed', description: 'Say that this payment did not come back' })
}

/** The provider tells us by a notice; at the hour due we ask. After the days that hold off a cut it is people's business too. */
async function waitForProvider(
  p: Procedure,
  input: ReceivePaymentInput,
  { payment: { state, askAt, isFresh, mayBeDecided }, known }: { payment: PaymentFacts; known: Known },
): Promise<void> {
  const { provider, reference } = input
  const until = askAt ?? undefined
  const people = mayBeDecided === true ? 'head-office' : 'cluster-in-charge'
  const learned = await p.waitFor({
    read: (asOf) => readPayment(input, known, asOf),
    enough: (payment) => payment.noticesWaiting > 0 || payment.state !== state || payment.doubtDecision !== undefined,
    until,
    stage: { name: 'Unconfirmed', waitingFor: isFresh ? 'clock' : people, dueAt: until },
    summary: `${provider} to confirm the payment`,
  })
  if (learned === undefined) await work.askProvider({ provider, reference, asOf: await p.now() })
}
