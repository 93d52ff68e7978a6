import type { CorrectionFacts } from '../activities/corrections.ts'
import { facts, work } from './activity-proxies.ts'
import { defineDecision } from './decisions.ts'
import { type Procedure, procedure } from './procedure.ts'

export interface CorrectChargeInput {
  readonly plant: string
  readonly accountId: string
  readonly customerId?: string
  readonly correctionId: string
}

/** Somebody of the level its amount asks for says yes. */
export const approveCorrection = defineDecision('approveCorrection')
/** Somebody of that level says no. */
export const rejectCorrection = defineDecision('rejectCorrection')
/** Whoever asked for it takes it back. */
export const withdrawCorrection = defineDecision('withdrawCorrection')

/**
 * A correction of an issued charge (credit note, debit note, write-off) or of an accepted reading: asked for by one, decided by another,
 * carried out in one transaction (billing.md rules 13, 29; policy, "decision" table). The first decision stands, also of two at once.
 */
export async function correctCharge(input: CorrectChargeInput): Promise<string> {
  const { correctionId } = input
  return procedure({ ...input, topics: [`account:${input.accountId}`], input: { ...input } }, async (p) => {
    const read = (asOf: string): Promise<CorrectionFacts> => facts.readCorrectionFacts({ correctionId, asOf })
    let known = await read(await p.now())
    acceptCorrectionDecisions(p, () => known)
    for (;;) {
      known = await read(await p.now())
      const { correction, decision } = known
      if (correction.endedAs !== null) return correction.endedAs
      const at = { correctionId, asOf: await p.now() }
      if (decision === null) await waitForApprover(p, { known, read })
      else if (decision.verdict === 'approved') await work.carryOutCorrection({ ...at, approvedBy: decision.decidedBy })
      else await work.endCorrection({ ...at, as: decision.verdict === 'withdrawn' ? 'Withdrawn' : 'Rejected' })
    }
  })
}

/** Silence never approves: people are reminded of it, then the level above, by the procedure's own rule. */
async function waitForApprover(
  p: Procedure,
  { known, read }: { known: CorrectionFacts; read: (asOf: string) => Promise<CorrectionFacts> },
): Promise<void> {
  const { correction, approver } = known
  const { correctionId, requestedBy, kind, amountMinor, currency } = correction
  await p.waitAsLongAsItTakes({
    read,
    enough: (fact) => fact.decision !== null || fact.correction.endedAs !== null,
    stage: {
      name: 'Approval',
      waitingFor: approver,
      barred: [requestedBy],
      details: amountMinor === null ? kind : `${kind}: ${amountMinor} ${currency}`,
    },
    summary: `decision on ${correctionId}`,
  })
}

function acceptCorrectionDecisions(p: Procedure, known: () => CorrectionFacts): void {
  const isOwn = ({ by }: { by: string }): boolean => by === known().correction.requestedBy
  const own = (input: { by: string }) =>
    isOwn(input) ? { code: 'OWN_ENTRY', message: 'Nobody decides on an own correction' } : undefined
  const step = 'approval'
  const at = ['Approval']
  p.decisions.accept(approveCorrection, { step, verdict: 'approved', at, refuse: own, description: 'Approve the correction' })
  p.decisions.accept(rejectCorrection, { step, verdict: 'rejected', at, refuse: own, description: 'Refuse the correction' })
  p.decisions.accept(withdrawCorrection, {
    step,
    verdict: 'withdrawn',
    at,
    refuse: (input) => (isOwn(input) ? undefined : { code: 'NOT_PERMITTED', message: 'Only whoever asked for it takes it back' }),
    description: 'Take the correction back',
  })
}
