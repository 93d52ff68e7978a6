import type { DisputeFacts } from '../activities/disputes.ts'
import { facts, work } from './activity-proxies.ts'
import { defineDecision } from './decisions.ts'
import { type Procedure, procedure } from './procedure.ts'

export interface HandleDisputeInput {
  readonly plant: string
  readonly accountId: string
  readonly customerId?: string
  readonly disputeId: string
}

/** The bill is right; `detail.reason` says why. */
export const confirmBill = defineDecision('confirmBill')
/** The bill is wrong: a credit note of `detail.amountMinor` on `detail.chargeId` is asked for. */
export const correctBill = defineDecision('correctBill')
/** The customer (or a CSA for them) takes the dispute back. */
export const withdrawDispute = defineDecision('withdrawDispute')

/**
 * A disputed bill: answered by somebody else than read the meter, with a confirmation or a note that another approves. Until then the
 * disputed part of it is not chased (issue 4, "Disputes"; policy "tasks": dispute P10D). A note that comes to nothing is answered anew.
 */
export async function handleDispute(input: HandleDisputeInput): Promise<string> {
  const { disputeId } = input
  return procedure({ ...input, topics: [`account:${input.accountId}`], input: { ...input } }, async (p) => {
    const read = (asOf: string): Promise<DisputeFacts> => facts.readDisputeFacts({ disputeId, asOf })
    let known = await read(await p.now())
    acceptAnswers(p, () => known)
    for (;;) {
      known = await read(await p.now())
      const { dispute, answer, correction } = known
      if (dispute.closedAs !== null) return dispute.closedAs
      const at = { disputeId, asOf: await p.now() }
      if (correction?.endedAs === 'Corrected') await work.closeDispute({ ...at, as: 'Corrected' })
      else if (correction !== null && correction.endedAs !== null) await work.answerAnew(at)
      else if (correction !== null) await waitForNote(p, { known, read })
      else if (answer === null) await waitForAnswer(p, { known, read })
      else if (answer.verdict === 'corrected') await work.askForDisputeNote(at)
      else await work.closeDispute({ ...at, as: answer.verdict === 'withdrawn' ? 'Withdrawn' : 'Confirmed' })
    }
  })
}

interface Look {
  readonly known: DisputeFacts
  readonly read: (asOf: string) => Promise<DisputeFacts>
}

async function waitForAnswer(p: Procedure, { known, read }: Look): Promise<void> {
  const { dispute, barred } = known
  await p.waitAsLongAsItTakes({
    read,
    enough: ({ answer, dispute: { closedAs } }) => answer !== null || closedAs !== null,
    stage: { name: 'Answering', waitingFor: 'csa', dueAt: dispute.dueAt, about: String(dispute.round), barred },
    summary: `answer to ${dispute.disputeId}`,
  })
}

/** The correction reminds its own approvers. */
async function waitForNote(p: Procedure, { known, read }: Look): Promise<void> {
  const { dispute, correction } = known
  await p.waitAsLongAsItTakes({
    read,
    enough: (fact) => fact.correction?.endedAs !== null,
    stage: {
      name: 'Correcting',
      waitingFor: 'cluster-in-charge',
      dueAt: dispute.dueAt,
      about: correction?.correctionId ?? '',
      chasedBy: 'task',
      details: `Note asked for: ${correction?.correctionId ?? ''}`,
    },
    summary: `what becomes of ${correction?.correctionId ?? ''}`,
  })
}

function acceptAnswers(p: Procedure, known: () => DisputeFacts): void {
  const step = (): string => `answer:${known().dispute.round}`
  const at = ['Answering']
  const barred = ({ by }: { by: string }) =>
    known().barred.includes(by)
      ? { code: 'OWN_ENTRY', message: 'Whoever read the meter, reviewed that or raised the dispute does not answer it' }
      : undefined
  p.decisions.accept(confirmBill, { step, verdict: 'confirmed', at, refuse: barred, description: 'Find the bill right' })
  p.decisions.accept(correctBill, {
    step,
    verdict: 'corrected',
    at,
    refuse: (input) =>
      typeof input.detail?.amountMinor === 'number'
        ? barred(input)
        : { code: 'INVALID_INPUT', message: 'Say how much is to be taken off' },
    description: 'Find the bill wrong and ask for a note',
  })
  p.decisions.accept(withdrawDispute, { step, verdict: 'withdrawn', at, description: 'Take the dispute back' })
}
