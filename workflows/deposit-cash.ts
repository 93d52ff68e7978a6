import type { DepositFacts } from '../activities/cash-deposits.ts'
import { facts, work } from './activity-proxies.ts'
import { type DecisionInput, defineDecision } from './decisions.ts'
import { type Procedure, procedure } from './procedure.ts'

export interface DepositCashInput {
  readonly plant: string
  readonly depositId: string
}

/** The bank has it: `detail.lineId` is the line of its statement. */
export const verifyDeposit = defineDecision('verify-deposit')
/** The bank never saw it, or the rest of it: it is cash in the depositor's hand again. */
export const returnDeposit = defineDecision('return-deposit')
/** Nobody has it: the depositor owes it. */
export const bookDepositShort = defineDecision('book-deposit-short')

const WAITING = ['AwaitingVerification', 'PartlyCredited']
const OUTCOMES = { verified: 'Verified', returned: 'ReturnedToCash', short: 'BookedShort' } as const

/**
 * Cash that an agent says is in the bank (policy "cash"; manual, "Habits: Cash"). It left the agent's cash on that word and is in transit
 * until head office finds it in the bank's statement: all of it, a part (the rest waits on), or none, which is then cash again or owed.
 * Nobody verifies his own. While nobody has, people are told.
 */
export async function depositCash(input: DepositCashInput): Promise<string> {
  const { depositId } = input
  return procedure({ ...input, input: { ...input } }, async (p) => {
    let known = await facts.readDepositFacts({ depositId, asOf: await p.now() })
    acceptDepositDecisions(p, () => known)
    for (;;) {
      known = await facts.readDepositFacts({ depositId, asOf: await p.now() })
      const { state, decision, round } = known
      if (state !== 'declared') return OUTCOMES[state]
      if (decision !== null) await work.settleDeposit({ depositId, round: round + 1, decision, asOf: await p.now() })
      else await waitForHeadOffice(p, { depositId, before: known, seen: (fact) => (known = fact) })
    }
  })
}

interface Waiting {
  readonly depositId: string
  readonly before: DepositFacts
  readonly seen: (fact: DepositFacts) => void
}

async function waitForHeadOffice(p: Procedure, { depositId, before, seen }: Waiting): Promise<void> {
  const { chase, declaredBy, isPartlyCredited } = before
  const decided = await p.waitFor({
    read: (asOf) => facts.readDepositFacts({ depositId, asOf }),
    enough: (fact) => {
      seen(fact)
      return fact.decision !== null || fact.state !== 'declared'
    },
    until: chase.at,
    stage: {
      name: isPartlyCredited ? 'PartlyCredited' : 'AwaitingVerification',
      waitingFor: 'head-office',
      dueAt: chase.at,
      chasedBy: 'body',
      barred: [declaredBy],
    },
    summary: `head office to find ${depositId} in the bank's statement`,
  })
  if (decided === undefined) await work.chaseDeposit({ depositId, level: chase.level, asOf: await p.now() })
}

function acceptDepositDecisions(p: Procedure, known: () => DepositFacts): void {
  const step = (): string => `verification:${known().round + 1}`
  const own = ({ by }: DecisionInput) =>
    by === known().declaredBy ? { code: 'OWN_ENTRY', message: 'Nobody verifies his own deposit' } : undefined
  p.decisions.accept(verifyDeposit, {
    step,
    verdict: 'verified',
    at: WAITING,
    description: 'Say which line of the bank it is',
    refuse: (input) =>
      own(input) ??
      (typeof input.detail?.lineId === 'number'
        ? undefined
        : { code: 'INVALID_INPUT', message: 'Say which line of the bank it is' }),
  })
  p.decisions.accept(returnDeposit, {
    step,
    verdict: 'returned',
    at: WAITING,
    description: 'The bank never saw it: cash in hand again',
    refuse: own,
  })
  p.decisions.accept(bookDepositShort, {
    step,
    verdict: 'short',
    at: WAITING,
    description: 'Nobody has it: owed by the depositor',
    refuse: own,
  })
}
