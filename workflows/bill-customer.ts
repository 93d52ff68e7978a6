import type { BillingCycle } from '../activities/billing-cycle.ts'
import { facts, work } from './activity-proxies.ts'
import { defineDecision } from './decisions.ts'
import { followAdvance } from './follow-advance.ts'
import { type BillCustomerInput, issueOne } from './issue-one.ts'
import { type Procedure, procedure } from './procedure.ts'
import { createProgressGuard } from './progress-guard.ts'

/** A register that somebody read without being sent: `registerWh`, optionally `photoRef`. Another person must look at it. */
export const enterReading = defineDecision('enter-reading')

/** Stages in which a register is still wanted. */
const READING_STAGES = [
  'AwaitingPeriodEnd',
  'AwaitingMeter',
  'AwaitingReadingDays',
  'Reading',
  'ReadingReview',
  'EstimatesExhausted',
]

/**
 * One customer, one period (manual 2.2.4): reading → checks → bill → delivery; the bill itself starts the collection. Pre-paid: the
 * advance from its demand to the day it is earned, or dark. Every look computes the next step from Postgres; this only waits.
 */
export async function billCustomer(input: BillCustomerInput): Promise<string> {
  const topics = [`account:${input.accountId}` as const, `connection:${input.customerId}` as const]
  return procedure({ ...input, topics, input: { ...input } }, async (p) =>
    input.boundary === input.period ? followAdvance(p, input) : billPostpaid(p, input),
  )
}

async function billPostpaid(p: Procedure, input: BillCustomerInput): Promise<string> {
  let known = await facts.readBillingCycle({ ...input, asOf: await p.now() })
  acceptReadings(p, () => known)
  const assertProgress = createProgressGuard()
  for (;;) {
    known = await facts.readBillingCycle({ ...input, asOf: await p.now() })
    const { next } = known
    if (next.kind === 'done') return next.outcome
    assertProgress(known)
    if (next.kind === 'wait') await waitForChange(p, input, known)
    else if (next.kind === 'issue') await issueOne(p, input, 'postpaid')
    else await STEPS[next.kind]({ ...input, asOf: await p.now() })
  }
}

type At = BillCustomerInput & { readonly asOf: string }
type StepKind = Exclude<BillingCycle['next']['kind'], 'done' | 'wait' | 'issue'>

const STEPS: Readonly<Record<StepKind, (at: At) => Promise<void>>> = {
  'take-telemetry': (at) => work.takeTelemetry(at),
  'take-entry': (at) => work.takeEnteredReading(at),
  'take-visit': (at) => work.takeVisitReading(at),
  'open-visit': (at) => work.openReadingVisit(at),
  'tell-doubt': (at) => work.tellReadingDoubt(at),
  'ask-review': (at) => work.askReadingReview(at),
  'settle-review': (at) => work.settleReadingReview(at),
  estimate: (at) => work.estimateReading(at),
  'call-for-visit': (at) => work.callForVisit(at),
  'withdraw-work': (at) => work.withdrawBillingWork(at),
  'deliver-by-hand': (at) => work.deliverBillByHand(at),
}

async function waitForChange(p: Procedure, input: BillCustomerInput, before: BillingCycle): Promise<void> {
  const { next, topics, details } = before
  if (next.kind !== 'wait') return
  const seen = JSON.stringify(before)
  await p.waitFor({
    read: (asOf) => facts.readBillingCycle({ ...input, asOf }),
    enough: (fact) => JSON.stringify(fact) !== seen,
    until: next.until,
    stage: { ...stageOf(next), topics, ...(details !== '' && { details }) },
    summary: `${input.customerId}, ${input.period}: ${next.stage}`,
  })
}

/** Whoever reads, reviews or delivers has a task for it, and is reminded of that. */
function stageOf({ stage: name, waitingFor, until: dueAt }: Extract<BillingCycle['next'], { kind: 'wait' }>) {
  return { name, waitingFor, dueAt, ...(waitingFor !== 'cluster-in-charge' && { chasedBy: 'task' as const }) }
}

function acceptReadings(p: Procedure, known: () => BillingCycle): void {
  p.decisions.accept(enterReading, {
    step: () => known().entryStep,
    verdict: 'entered',
    at: READING_STAGES,
    description: 'Enter a register that was read without a task',
    refuse: ({ detail }) =>
      typeof detail?.registerWh === 'number' && Number.isSafeInteger(detail.registerWh) && detail.registerWh >= 0
        ? undefined
        : { code: 'INVALID_INPUT', message: 'A register is a whole number of Wh' },
  })
}
