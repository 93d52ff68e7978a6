import type { PaymentFacts } from '../activities/payments.ts'
import { facts, work } from './activity-proxies.ts'
import { defineDecision } from './decisions.ts'
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

const OUTCOMES = { posted: 'Posted', failed: 'Failed', nothing: 'Quarantined' } as const

/**
 * Any money in (design, "receive-payment"). The notice is committed and answered before this starts. Known payer: posted,
 * allocated, receipted. Unknown payer: suspense, until someone says whose it is. A provider in doubt: nothing is posted, and it
 * is asked again until it knows. A contradiction is set aside where people see it.
 */
export async function receivePayment(input: ReceivePaymentInput): Promise<string> {
  const { provider, reference } = input
  return procedure({ ...input, input: { ...input } }, async (p) => {
    p.decisions.accept(matchPayment, {
      step: 'match',
      verdict: 'matched',
      at: ['Suspense'],
      description: 'Say whose money this is',
      refuse: ({ detail }) =>
        typeof detail?.accountId === 'string' ? undefined : { code: 'INVALID_INPUT', message: 'Say whose account it is for' },
    })
    for (;;) {
      const payment = await facts.readPaymentFacts({ provider, reference, asOf: await p.now() })
      if (payment.noticesWaiting > 0) await work.takeInNotice({ provider, reference, asOf: await p.now() })
      else if (payment.state === null) return OUTCOMES.nothing
      else if (payment.state === 'posted' || payment.state === 'failed') return OUTCOMES[payment.state]
      else if (payment.matchedTo !== null)
        await work.matchPayment({ provider, reference, accountId: payment.matchedTo, asOf: await p.now() })
      else if (payment.state === 'suspense') await waitForPayer(p, input)
      else await waitForProvider(p, input, payment)
    }
  })
}

async function waitForPayer(p: Procedure, { provider, reference }: ReceivePaymentInput): Promise<void> {
  await p.waitAsLongAsItTakes({
    read: (asOf) => facts.readPaymentFacts({ provider, reference, asOf }),
    enough: (payment) => payment.matchedTo !== null || payment.noticesWaiting > 0 || payment.state !== 'suspense',
    stage: { name: 'Suspense', waitingFor: 'cluster-in-charge' },
    summary: 'someone to say whose money this is',
  })
}

/** The provider tells us by a notice; at the hour due we ask. After the days that hold off a cut it is people's business too. */
async function waitForProvider(
  p: Procedure,
  { provider, reference }: ReceivePaymentInput,
  { state, askAt, isFresh }: PaymentFacts,
): Promise<void> {
  const until = askAt ?? undefined
  const learned = await p.waitFor({
    read: (asOf) => facts.readPaymentFacts({ provider, reference, asOf }),
    enough: (payment) => payment.noticesWaiting > 0 || payment.state !== state,
    until,
    stage: { name: 'Unconfirmed', waitingFor: isFresh ? 'clock' : 'cluster-in-charge', dueAt: until },
    summary: `${provider} to confirm the payment`,
  })
  if (learned === undefined) await work.askProvider({ provider, reference, asOf: await p.now() })
}
