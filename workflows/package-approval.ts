import type { PackageChangeFacts } from '../activities/package-facts.ts'
import { addToInstant } from '../domain/calendar.ts'
import { work } from './activity-proxies.ts'
import type { PackageChange } from './change-package.ts'

const UNDER_WAY: readonly string[] = ['requested', 'in-process', 'review']

/**
 * Waits for the cluster in-charge, and the state in-charge where it takes both. Silence never approves: when the time is up the
 * level above is told, and again. Returns how the request ends, or undefined once it is approved.
 */
export async function awaitApproval(change: PackageChange): Promise<'Rejected' | 'Withdrawn' | 'CustomerLeft' | undefined> {
  for (;;) {
    const known = await change.look()
    const { request, cluster, state, stop } = known
    if (request.approvedAt !== null) return undefined
    if (stop !== null) return stop
    if ((request.needsStateApproval === true ? state : cluster)?.verdict === 'rejected') return 'Rejected'
    const at = await change.at()
    if (request.needsStateApproval === null && cluster !== null) {
      await work.takeClusterApproval({ ...at, askState: cluster.detail.askState === true })
    } else if (request.needsStateApproval === true && state !== null) {
      await work.takeStateApproval(at)
    } else if (known.followUpsAsked > request.followUps) {
      await openFollowUp(change, known)
    } else {
      await waitForApprover(change, known)
    }
  }
}

async function openFollowUp(change: PackageChange, { request, followUp }: PackageChangeFacts): Promise<void> {
  const to = followUp?.detail.to
  const asked = { ...(await change.at()), n: request.followUps + 1, textId: followUp?.textId ?? null }
  await work.openFollowUp({ ...asked, ...(typeof to === 'string' && { to }) })
}

function followUpUnderWay({ request, tasks }: PackageChangeFacts): boolean {
  return UNDER_WAY.includes(tasks[`follow-up:${request.followUps}`]?.status ?? '')
}

async function waitForApprover(change: PackageChange, before: PackageChangeFacts): Promise<void> {
  const { request, within, zone } = before
  const step = request.needsStateApproval === true ? 'state-approval' : 'approval'
  const isFollowedUp = followUpUnderWay(before)
  const stage = isFollowedUp
    ? ({ name: 'FollowUp', waitingFor: 'csa', chasedBy: 'task' } as const)
    : step === 'approval'
      ? ({ name: 'Approval', waitingFor: 'cluster-in-charge', chasedBy: 'body' } as const)
      : ({ name: 'StateApproval', waitingFor: 'state-in-charge', chasedBy: 'body' } as const)
  const barred = [request.requestedBy, ...(before.cluster === null ? [] : [before.cluster.by])]
  const task = before.tasks[`follow-up:${request.followUps}`]
  const topics = task === undefined ? [] : ([`task:${task.taskId}`] as const)
  let until = request.requestedAt
  for (let times = 1; ; times += 1) {
    until = addToInstant(until, within.approve, zone)
    const moved = await change.p.waitFor({
      read: change.read,
      enough: (fact) =>
        fact.stop !== null ||
        (step === 'approval' ? fact.cluster : fact.state) !== null ||
        fact.followUpsAsked > fact.request.followUps ||
        followUpUnderWay(fact) !== isFollowedUp,
      until,
      stage: { ...stage, dueAt: until, topics, barred },
      summary: `decision on ${request.requestId}`,
    })
    if (moved !== undefined)
      return isFollowedUp && !followUpUnderWay(moved) && moved.cluster === null ? tellFollowedUp(change, moved) : undefined
    await work.chasePackageDecision({ ...(await change.at()), step, times })
  }
}

/** The CSA has reported: it is for the cluster in-charge again. */
async function tellFollowedUp(change: PackageChange, { request }: PackageChangeFacts): Promise<void> {
  await work.chasePackageDecision({ ...(await change.at()), step: 'follow-up', times: request.followUps })
}
