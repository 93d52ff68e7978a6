import type { PackageChangeFacts } from '../activities/package-facts.ts'
import { startOfDay } from '../domain/calendar.ts'
import { facts, work } from './activity-proxies.ts'
import { type DecisionInput, defineDecision } from './decisions.ts'
import { awaitApproval } from './package-approval.ts'
import { setBack, updateConnection } from './package-connection.ts'
import { awaitReview } from './package-review.ts'
import { type Procedure, procedure } from './procedure.ts'

export interface PackageChangeInput {
  readonly plant: string
  readonly accountId: string
  readonly customerId: string
  readonly requestId: string
}

/** The cluster in-charge says yes; `detail.askState` true asks the state in-charge as well. */
export const approve = defineDecision('approve')
/** The state in-charge says yes to what the cluster in-charge sent up. */
export const approveState = defineDecision('approveState')
/** Whoever decides now says no; `detail.reason` is one of the refusal reasons, the text its explanation. */
export const reject = defineDecision('reject')
/** The cluster in-charge has a CSA ask or look first; `detail.to` names one. */
export const followUp = defineDecision('followUp')
/** The customer (or a CSA for them) takes the request back. */
export const withdraw = defineDecision('withdraw')
/** The cluster in-charge confirms the finished work. */
export const confirmWork = defineDecision('confirmWork')
/** The cluster in-charge has the finished work looked after once more. */
export const sendBack = defineDecision('sendBack')

/** One package change under way: its tools and what its steps last read. */
export interface PackageChange {
  readonly p: Procedure
  readonly input: PackageChangeInput
  /** Reads afresh where the request stands. */
  look(): Promise<PackageChangeFacts>
  /** The same as a read for a wait. */
  readonly read: (asOf: string) => Promise<PackageChangeFacts>
  /** Who does something, to which request, when. */
  at(): Promise<{ requestId: string; asOf: string }>
}

/**
 * Request → approval → the difference settled → the day → meter, limiter or feeder → read back → the new price → reviewed → done
 * (manual 2.2.9). Every step has its way back: the price changes only when the meter has reported the new limits, and money paid
 * for a change that will not be is the customer's credit.
 */
export async function changePackage(input: PackageChangeInput): Promise<string> {
  const { plant, accountId, customerId } = input
  const topics = [`account:${accountId}`, `connection:${customerId}`] as const
  return procedure({ plant, accountId, customerId, topics, input: { ...input } }, async (p) => {
    const change = await begin(p, input)
    for (;;) {
      const { request } = await change.look()
      if (request.endedAs !== null) return request.endedAs
      if (request.appliedAt !== null) {
        await awaitReview(change)
        await work.closePackageRequest(await change.at())
        return 'Done'
      }
      const ending =
        request.failedAs ??
        (await awaitApproval(change)) ??
        (await awaitSettlement(change)) ??
        (await awaitTheDay(change)) ??
        (await updateConnection(change))
      if (ending === undefined) continue
      const as = ending as Ending
      if ((await change.look()).request.switchedAt !== null) await setBack(change, as)
      const ended = await work.endPackageRequest({ ...(await change.at()), as })
      if (ended !== null) return ended
    }
  })
}

type Ending = Parameters<typeof work.endPackageRequest>[0]['as']

async function begin(p: Procedure, input: PackageChangeInput): Promise<PackageChange> {
  const { requestId } = input
  const read = (asOf: string): Promise<PackageChangeFacts> => facts.readPackageChange({ requestId, asOf })
  let known = await read(await p.now())
  acceptDecisions(p, () => known)
  const remembered = async (asOf: string): Promise<PackageChangeFacts> => (known = await read(asOf))
  const look = async (): Promise<PackageChangeFacts> => remembered(await p.now())
  return { p, input, look, read: remembered, at: async () => ({ requestId, asOf: await p.now() }) }
}

/** The difference is asked for and paid, in parts or whole, or its time is up. */
async function awaitSettlement(change: PackageChange): Promise<Ending | undefined> {
  for (;;) {
    await work.settleDifference(await change.at())
    const { request, stop, payUntil } = await change.look()
    if (stop !== null) return stop
    if (request.settledAt !== null) return undefined
    const topics = [`account:${request.accountId}`] as const
    const moved = await change.p.waitFor({
      read: change.read,
      enough: (fact) => fact.stop !== null || fact.differenceOpenMinor === 0 || fact.differenceOpenMinor === null,
      until: payUntil ?? undefined,
      stage: { name: 'Payment', waitingFor: 'customer', dueAt: payUntil ?? undefined, topics },
      summary: `the difference for ${request.requestId} to be paid`,
    })
    if (moved === undefined) return 'Expired'
  }
}

/** At once, or at the midnight the next period begins with. */
async function awaitTheDay(change: PackageChange): Promise<Ending | undefined> {
  const { request, zone, stop } = await change.look()
  if (stop !== null && request.switchedAt === null) return stop
  if (request.switchedAt !== null || request.takesEffect === 'at-once' || request.effectiveOn === null) return undefined
  const day = startOfDay(request.effectiveOn, zone)
  const stopped = await change.p.waitFor({
    read: change.read,
    enough: (fact) => fact.stop !== null,
    until: day,
    stage: { name: 'Scheduled', waitingFor: 'clock', dueAt: day },
    summary: `${request.effectiveOn}, when package ${request.toCode} begins`,
  })
  return stopped?.stop ?? undefined
}

const BEFORE_PROGRAMMING = [
  'Approval',
  'FollowUp',
  'StateApproval',
  'Payment',
  'Scheduled',
  'Stock',
  'Installation',
  'FeederMove',
]

function acceptDecisions(p: Procedure, known: () => PackageChangeFacts): void {
  const ownOrEarlier = ({ by }: { by: string }) => {
    const { request, cluster } = known()
    const seen = by === request.requestedBy || by === cluster?.by
    return seen ? { code: 'OWN_ENTRY', message: 'Nobody decides on an own request, nor twice on one' } : undefined
  }
  const own = ({ by }: { by: string }) =>
    by === known().request.requestedBy ? { code: 'OWN_ENTRY', message: 'Nobody decides on an own request' } : undefined
  const atCluster = ['Approval', 'FollowUp']
  const level = (): string => (known().request.needsStateApproval === true ? 'state' : 'cluster')
  const review = (): string => `review:${known().request.reviewRound}`
  p.decisions.accept(approve, {
    step: 'cluster',
    verdict: 'approved',
    at: atCluster,
    refuse: own,
    description: 'Approve the request',
  })
  p.decisions.accept(approveState, {
    step: 'state',
    verdict: 'approved',
    at: ['StateApproval'],
    refuse: ownOrEarlier,
    description: 'Approve for the state',
  })
  p.decisions.accept(reject, {
    step: level,
    verdict: 'rejected',
    at: [...atCluster, 'StateApproval'],
    refuse: (input) => notThisLevel(level(), input) ?? (level() === 'state' ? ownOrEarlier : own)(input),
    description: 'Refuse the request',
  })
  p.decisions.accept(followUp, {
    step: () => `follow-up:${known().request.followUps + 1}`,
    verdict: 'follow-up',
    at: ['Approval'],
    description: 'Have a CSA ask or look first',
  })
  p.decisions.accept(withdraw, {
    step: 'withdraw',
    verdict: 'withdrawn',
    at: BEFORE_PROGRAMMING,
    description: 'Take the request back',
  })
  p.decisions.accept(confirmWork, {
    step: review,
    verdict: 'confirmed',
    at: ['Review'],
    refuse: own,
    description: 'Confirm the finished work',
  })
  p.decisions.accept(sendBack, {
    step: review,
    verdict: 'sent-back',
    at: ['Review'],
    refuse: own,
    description: 'Have the work looked after again',
  })
}

/** Whoever refuses was judged for one level (`detail.level`); by the time it is decided the request may be for the other to decide. */
function notThisLevel(level: string, { detail }: DecisionInput) {
  if (detail?.level === undefined || detail.level === level) return undefined
  return { code: 'WRONG_STAGE', message: 'Another level decides on this request by now' }
}
