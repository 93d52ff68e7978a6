import type { CollectionFacts } from '../activities/collection.ts'
import { facts, work } from './activity-proxies.ts'
import { defineDecision } from './decisions.ts'
import { type Procedure, procedure } from './procedure.ts'
import { createProgressGuard } from './progress-guard.ts'
import type { StageFacts, WaitingFor } from './stage.ts'

export interface CollectDuesInput {
  readonly plant: string
  readonly accountId: string
  readonly customerId: string
}

/** The state in-charge lets a protected customer be cut like everyone else, for the debt asked about. */
export const cutProtected = defineDecision('cut-protected')
/** The state in-charge keeps the supply on. */
export const keepProtected = defineDecision('keep-protected')
/** The cluster in-charge ends the contract of a customer who stayed dark and unpaid. */
export const confirmBan = defineDecision('confirm-ban')
/** An in-charge agrees that the debt is paid in the parts proposed. */
export const agreePlan = defineDecision('agree-plan')
/** An in-charge does not agree. */
export const refusePlan = defineDecision('refuse-plan')
/** The cluster in-charge goes on waiting. */
export const declineBan = defineDecision('decline-ban')

/**
 * Alive while the customer owes: notice, reminders, visits, warning, cut, reconnection on payment, the deposit drawn, the ban
 * (manual 2.2.4; policy, "Chasing and cutting"). The stage belongs to each debt and is computed from Postgres at every look:
 * the workflow only waits, and takes the step that is due if it still is when the account is locked.
 */
export async function collectDues(input: CollectDuesInput): Promise<string> {
  return procedure({ ...input, topics: [`account:${input.accountId}`], input: { ...input } }, async (p) => {
    let known = await look(p, input)
    acceptCollectionDecisions(p, () => known)
    const assertProgress = createProgressGuard()

    for (;;) {
      known = await look(p, input)
      const { next, supply, carriedTaskIds, banned, hasLeft } = known
      if (hasLeft) return 'Left'
      assertProgress(progressOf(known))
      if (carriedTaskIds.length > 0) await work.noteCarried({ ...input, taskIds: carriedTaskIds, asOf: await p.now() })
      else if (known.agreements?.act) await work.keepAgreements({ ...input, asOf: await p.now() })
      else if (supply.needed) await work.keepSupply({ ...input, asOf: await p.now() })
      else if (banned) {
        await work.endForNonPayment({ ...input, asOf: await p.now() })
        return 'Banned'
      } else if (next.kind === 'none' && supply.settled) return 'Settled'
      else if (next.kind !== 'wait' && next.kind !== 'none')
        await work.takeCollectionStep({ ...input, expected: next.kind, asOf: await p.now() })
      else await waitForChange(p, input, known)
    }
  })
}

/** What a step must change: everything but the moment since when it is due, which moves by itself. */
function progressOf(known: CollectionFacts) {
  const { next, supply, carriedTaskIds, banned } = known
  const isStep = next.kind !== 'wait' && next.kind !== 'none'
  const acts = carriedTaskIds.length > 0 || Boolean(known.agreements?.act) || supply.needed || banned || isStep
  return { ...known, next: { ...next, at: undefined, kind: acts ? `act:${next.kind}` : 'wait' } }
}

async function look(p: Procedure, input: CollectDuesInput): Promise<CollectionFacts> {
  return facts.readCollection({ ...input, asOf: await p.now() })
}

/** Waits for a payment, a report, a decision, or the moment the next step is due. */
async function waitForChange(p: Procedure, input: CollectDuesInput, before: CollectionFacts): Promise<void> {
  const seen = JSON.stringify(before)
  await p.waitFor({
    read: (asOf) => facts.readCollection({ ...input, asOf }),
    enough: (fact) => JSON.stringify(fact) !== seen,
    until: earlier(
      before.next.kind === 'wait' ? before.next.until : undefined,
      earlier(before.supply.lookAgainAt ?? undefined, before.agreements?.lookAgainAt ?? undefined),
    ),
    stage: { ...stageOf(before), topics: before.topics, details: `Open: ${before.openMinor}` },
    summary: `${input.customerId}: ${before.next.kind === 'wait' ? before.next.reason : before.next.kind}`,
  })
}

function stageOf({ next, supply, asks }: CollectionFacts): { name: string } & StageFacts {
  if (asks !== null) return { name: 'AwaitingDecision', waitingFor: asks.of, about: asks.step }
  if (!supply.settled) return { name: 'AwaitingMeter', waitingFor: 'meter' }
  if (next.kind !== 'wait') return { name: 'Chasing', waitingFor: 'customer' }
  // Visits, notices and disputes are tasks; people are reminded of those.
  return { name: 'Chasing', chasedBy: 'task', waitingFor: WAITING[next.reason] ?? 'customer', dueAt: next.until }
}

const WAITING: Readonly<Record<string, WaitingFor>> = {
  'notice-not-delivered': 'csa',
  'warning-not-sent': 'csa',
  'protected-category': 'state-in-charge',
  dispute: 'csa',
}

function earlier(a: string | undefined, b: string | undefined): string | undefined {
  if (a === undefined || b === undefined) return a ?? b
  return a < b ? a : b
}

function acceptCollectionDecisions(p: Procedure, known: () => CollectionFacts): void {
  const asked = (): string => known().asks?.step ?? 'nothing-asked'
  const about = (kind: 'protected' | 'ban') => () =>
    asked().startsWith(`${kind}:`) ? undefined : { code: 'WRONG_STAGE', message: 'Nobody asks for this decision now' }
  const at = ['AwaitingDecision']
  p.decisions.accept(cutProtected, {
    step: asked,
    verdict: 'cut',
    at,
    refuse: about('protected'),
    description: 'Let a protected customer be cut for this debt',
  })
  p.decisions.accept(keepProtected, {
    step: asked,
    verdict: 'keep',
    at,
    refuse: about('protected'),
    description: 'Keep a protected customer supplied',
  })
  p.decisions.accept(confirmBan, {
    step: asked,
    verdict: 'confirmed',
    at,
    refuse: about('ban'),
    description: 'End the contract for non-payment',
  })
  const plan = {
    step: () => known().agreements?.asks?.step ?? 'no-plan',
    at: ['Chasing', 'AwaitingDecision', 'AwaitingMeter'],
    refuse: () =>
      known().agreements?.asks ? undefined : { code: 'WRONG_STAGE', message: 'No payment plan waits to be decided' },
  }
  p.decisions.accept(agreePlan, { ...plan, verdict: 'agreed', description: 'Agree that the debt is paid in parts' })
  p.decisions.accept(refusePlan, { ...plan, verdict: 'refused', description: 'Do not agree to the parts proposed' })
  p.decisions.accept(declineBan, { step: asked, verdict: 'declined', at, refuse: about('ban'), description: 'Go on waiting' })
}
