import type { PayOutFacts } from '../activities/pay-out-facts.ts'
import { facts, work } from './activity-proxies.ts'
import { type DecisionInput, type DecisionRule, defineDecision } from './decisions.ts'
import { type Procedure, procedure } from './procedure.ts'
import type { WaitingFor } from './stage.ts'

export interface PayOutInput {
  readonly plant: string
  /** None for money of a payer nobody knows. */
  readonly accountId?: string
  readonly customerId?: string
  readonly refundId: number
}

/** Somebody of the level its amount asks for says yes. */
export const approvePayOut = defineDecision('approve-pay-out')
/** Somebody of that level says no: the money stays the customer's. */
export const refusePayOut = defineDecision('refuse-pay-out')
/**
 * The money was handed over or sent: `detail` says `method`, `amountMinor`, a transfer's `reference`, and with `isUnknown` that nobody
 * knows yet whether it arrived (then `provider` may be asked).
 */
export const payPayOut = defineDecision('pay-pay-out')
/** Head office says that a transfer in doubt arrived: `detail.proof` says by what. */
export const confirmTransfer = defineDecision('confirm-transfer')
/** Head office says that it never did, with a proof. */
export const denyTransfer = defineDecision('deny-transfer')

const APPROVERS: readonly WaitingFor[] = ['cluster-in-charge', 'state-in-charge', 'head-office']

/**
 * Money goes out (manual 2.2.8; policy "credit note, refund", "deposit refund", "ban, close"): approved by the level its amount needs,
 * paid by another person, with a proof. A transfer of which nobody knows is asked after or decided, never made again meanwhile
 * (billing.md rule 16). What nobody fetches is kept apart and stays payable for ever: asked for again, this begins anew.
 */
export async function payOut(input: PayOutInput): Promise<string> {
  return procedure({ ...input, topics: topicsOf(input), input: { ...input } }, async (p) => {
    const payer: Payer = { p, input, known: await facts.readPayOutFacts({ refundId: input.refundId, asOf: await p.now() }) }
    acceptPayOutDecisions(payer)
    for (;;) {
      const known = await look(payer)
      const ended = outcomeOf(known)
      if (ended !== undefined) return ended
      await goOn(payer, known)
    }
  })
}

/** Its own topic wakes it in any case. */
function topicsOf({ accountId }: PayOutInput): `account:${string}`[] {
  return accountId === undefined ? [] : [`account:${accountId}`]
}

/** A refund as its steps see it. */
interface Payer {
  readonly p: Procedure
  readonly input: PayOutInput
  /** The facts as last read; decisions are judged by them. */
  known: PayOutFacts
}

function keyOf({ input: { accountId, refundId } }: Payer) {
  return { refundId, ...(accountId !== undefined && { accountId }) }
}

async function look(payer: Payer): Promise<PayOutFacts> {
  payer.known = await facts.readPayOutFacts({ refundId: payer.input.refundId, asOf: await payer.p.now() })
  return payer.known
}

function outcomeOf({ state, isClaimed }: PayOutFacts): string | undefined {
  if (state === 'paid') return 'Paid'
  if (state === 'refused') return 'Refused'
  if (state === 'lapsed') return 'Overtaken'
  return state === 'unclaimed' && !isClaimed ? 'Unclaimed' : undefined
}

async function goOn(payer: Payer, known: PayOutFacts): Promise<void> {
  const at = { ...keyOf(payer), asOf: await payer.p.now() }
  const { state, transfer, approval, payableMinor } = known
  if (state === 'sending' && transfer !== null) return seeTransferThrough(payer, { ...known, transfer })
  if (approval !== null) return work.settleRefundApproval(at)
  if (payableMinor === 0 && state !== 'unclaimed') return work.lapseRefund(at)
  if (state === 'requested') return waitForApproval(payer, known)
  return waitToBeFetched(payer, known)
}

async function waitForApproval(payer: Payer, known: PayOutFacts): Promise<void> {
  const { approver, requestedBy } = known
  await wait(payer, known, {
    name: 'Approval',
    waitingFor: APPROVERS.find((role) => role === approver) ?? 'head-office',
    barred: [requestedBy],
    summary: 'approval',
  })
}

/** By whoever hands it over or sends it; nobody pays what he approved. Not fetched in time, it is kept apart. */
async function waitToBeFetched(payer: Payer, known: PayOutFacts): Promise<void> {
  const { approvedBy, fetchBy } = known
  const changed = await wait(payer, known, {
    name: 'PayingOut',
    waitingFor: 'csa',
    barred: approvedBy === null ? [] : [approvedBy],
    until: fetchBy,
    summary: 'the money to be handed over',
  })
  if (changed) return
  await work.keepRefundUnclaimed({ ...keyOf(payer), asOf: await payer.p.now() })
}

type InDoubt = PayOutFacts & { readonly transfer: NonNullable<PayOutFacts['transfer']> }

/** The provider is asked, if there is one; else, and after days, head office decides with a proof. Until then nothing is sent again. */
async function seeTransferThrough(payer: Payer, known: InDoubt): Promise<void> {
  const { transfer } = known
  const about = async () => ({ ...keyOf(payer), try: transfer.try, asOf: await payer.p.now() })
  if (transfer.decision !== null) return work.settleRefundTransfer(await about())
  const changed = await wait(payer, known, {
    name: 'Unconfirmed',
    waitingFor: transfer.mayBeDecided ? 'head-office' : 'clock',
    barred: [transfer.paidBy],
    until: transfer.askAt ?? undefined,
    summary: 'word of the transfer',
  })
  if (!changed) await work.askAboutTransfer(await about())
}

interface WaitOut {
  readonly name: string
  readonly waitingFor: WaitingFor
  readonly barred: readonly string[]
  readonly until?: string | undefined
  readonly summary: string
}

/** Until something about it is otherwise; false where `until` passed first. */
async function wait(payer: Payer, before: PayOutFacts, { until, summary, ...stage }: WaitOut): Promise<boolean> {
  const { amountMinor, payableMinor, currency } = before
  const seen = changing(before)
  const changed = await payer.p.waitFor({
    read: () => look(payer),
    enough: (fact) => changing(fact) !== seen,
    until,
    stage: { ...stage, dueAt: until, details: `Asked: ${amountMinor} ${currency}, payable now: ${payableMinor}` },
    summary: `${summary}, refund ${payer.input.refundId}`,
  })
  return changed !== undefined
}

/** What a wait looks for. The hour of the next question moves by itself. */
function changing({ transfer, ...fact }: PayOutFacts): string {
  return JSON.stringify([fact, transfer === null ? null : { ...transfer, askAt: null }])
}

function acceptPayOutDecisions(payer: Payer): void {
  const { p } = payer
  const approval = {
    step: 'approval',
    at: ['Approval'],
    refuse: (said: DecisionInput) => own(said, payer.known.requestedBy, 'asked for'),
  }
  p.decisions.accept(approvePayOut, { ...approval, verdict: 'approved', description: 'Approve giving the money back' })
  p.decisions.accept(refusePayOut, { ...approval, verdict: 'refused', description: 'Refuse it: the money stays as it is' })
  p.decisions.accept(payPayOut, {
    step: () => `payment:${payer.known.nextTry}`,
    verdict: 'paid',
    at: ['PayingOut'],
    refuse: (said) => own(said, payer.known.approvedBy, 'approved') ?? unsaid(said),
    record: (decision) => facts.recordRefundPayment({ ...decision, ...keyOf(payer) }),
    description: 'Say that the money was handed over, or sent',
  })
  acceptHeadOffice(payer)
}

function acceptHeadOffice(payer: Payer): void {
  const { decisions } = payer.p
  const doubt = {
    step: () => `transfer:${payer.known.transfer?.try ?? 0}`,
    at: ['Unconfirmed'],
    refuse: (said: DecisionInput) => {
      const { transfer } = payer.known
      if (transfer?.mayBeDecided !== true)
        return { code: 'WRONG_STAGE', message: 'The provider is still asked: this is not for people to decide yet' }
      const { proof } = said.detail ?? {}
      const isProved = typeof proof === 'string' && proof !== ''
      return (
        own(said, transfer.paidBy, 'sent') ??
        (isProved ? undefined : { code: 'INVALID_INPUT', message: 'Say by what it is proved' })
      )
    },
  }
  decisions.accept(confirmTransfer, { ...doubt, verdict: 'arrived', description: 'Say that this transfer arrived' })
  decisions.accept(denyTransfer, { ...doubt, verdict: 'not-arrived', description: 'Say that this transfer never arrived' })
}

/** Nobody decides on what he did himself a step before (policy, "absence"). */
function own({ by }: DecisionInput, before: string | null, what: string) {
  return by === before ? { code: 'OWN_ENTRY', message: `Another person than who ${what} it` } : undefined
}

/** A transfer is named by its reference: that is what can be asked after, and what is never sent twice. */
function unsaid({ detail }: DecisionInput): ReturnType<NonNullable<DecisionRule['refuse']>> {
  const { method, amountMinor, reference, isUnknown } = detail ?? {}
  const isCash = method === 'cash'
  if (typeof amountMinor === 'number' && (isCash ? isUnknown !== true : typeof reference === 'string' && reference !== ''))
    return undefined
  return { code: 'INVALID_INPUT', message: 'Say how much, how, and for a transfer its reference; cash is never in doubt' }
}
