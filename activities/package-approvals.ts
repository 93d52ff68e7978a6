import type { Db, Tx } from '../db/client.ts'
import { inTransaction } from '../db/queries/accounts.ts'
import { queueNotice } from '../db/queries/notices.ts'
import { approvalsNeeded, askForDecision, readPackageRequest, readRequestPackages } from '../db/queries/package-changes.ts'
import { readPlant } from '../db/queries/plants.ts'
import { openTask, staffAt } from '../db/queries/tasks.ts'
import { addToInstant, dateAt } from '../domain/calendar.ts'
import { packageText } from '../domain/package.ts'
import { packageEffectiveFrom } from '../domain/package-change.ts'
import { processIds } from '../domain/process-ids.ts'
import { levelUp } from '../domain/roles.ts'
import { cancelTasks, type LockedRequest, type RequestAt, saveProgress, withRequest } from './package-changes.ts'

interface FollowUp extends RequestAt {
  /** Which one it is, from 1. */
  readonly n: number
  /** A log-in, where the approver says who goes. */
  readonly to?: string
  readonly textId: number | null
}

/** Who approves a package change, who is asked first, and who is told when nobody answers (policy, "decision" table). */
export function createPackageApprovalActivities({ db }: { db: Db }) {
  return {
    /** The cluster in-charge has approved: done, or on to the state in-charge by what there is to spare now, or because asked. */
    takeClusterApproval: ({ askState, ...at }: RequestAt & { askState: boolean }): Promise<void> =>
      withRequest(db, at, async (tx, locked) => {
        const { request, plant, asOf } = locked
        if (request.needsStateApproval !== null) return
        await cancelFollowUps(tx, request.requestId, asOf)
        const { customerId, toFeeder, requestId } = request
        const packages = await readRequestPackages(tx, request)
        const { needsState } = await approvalsNeeded(tx, { customerId, requestId, toFeeder, ...packages }, plant)
        const needsStateApproval = needsState || askState
        await saveProgress(tx, requestId, { needsStateApproval })
        if (!needsStateApproval) return approve(tx, locked)
        await askForDecision(tx, { requestId, customerId, plant, role: 'state-in-charge', large: true, asOf, dedupeKey: 'first' })
      }),

    /** The state in-charge has approved what the cluster in-charge sent up. */
    takeStateApproval: (at: RequestAt): Promise<void> =>
      withRequest(db, at, async (tx, locked) => {
        if (locked.request.approvedAt === null) await approve(tx, locked)
      }),

    /** Sends a CSA to the customer with the approver's question. */
    openFollowUp: (asked: FollowUp): Promise<void> => withRequest(db, asked, (tx, locked) => sendFollowUp(tx, locked, asked)),

    /** Tells those who must decide, and from the second time on the level above: silence never approves. */
    chasePackageDecision: ({
      step,
      times,
      ...at
    }: RequestAt & { step: 'approval' | 'state-approval' | 'review' | 'follow-up'; times: number }): Promise<void> =>
      inTransaction(db, async (tx) => {
        const request = await readPackageRequest(tx, at.requestId)
        const plant = await readPlant(tx, request.plant, request.requestedAt)
        const first = step === 'state-approval' ? 'state-in-charge' : 'cluster-in-charge'
        const isReminder = step === 'follow-up' || (step === 'review' && times === 1)
        const role = (isReminder ? first : levelUp(first)) as 'cluster-in-charge' | 'state-in-charge' | 'head-office'
        const { requestId, customerId } = request
        const large = request.needsStateApproval === true
        await askForDecision(tx, {
          requestId,
          customerId,
          plant,
          role,
          large,
          decideBy: dateAt(at.asOf, plant.zone),
          asOf: at.asOf,
          dedupeKey: `${step}:${times}`,
        })
      }),
  }
}

async function sendFollowUp(tx: Tx, { request, plant, asOf }: LockedRequest, { n, to, textId }: FollowUp): Promise<void> {
  if (request.followUps >= n) return
  const { requestId, customerId, accountId, toCode } = request
  const isThere = to !== undefined && (await staffAt(tx, plant.plant, 'csa')).includes(to)
  await openTask(tx, {
    plant: plant.plant,
    kind: 'follow-up',
    accountId,
    customerId,
    source: { workflowId: processIds.packageChange(requestId), step: `follow-up:${n}` },
    detail: { requestId, package: toCode, ...(textId !== null && { textId }) },
    dueAt: addToInstant(asOf, plant.policy.tasks.targets['follow-up'], plant.zone),
    asOf,
    ...(isThere && { assignTo: to }),
  })
  await saveProgress(tx, requestId, { followUps: n })
}

async function approve(tx: Tx, { request, account, plant, asOf }: LockedRequest): Promise<void> {
  const { requestId, customerId } = request
  const { wanted } = await readRequestPackages(tx, request)
  await saveProgress(tx, requestId, { approvedAt: asOf })
  const nextPeriod = packageEffectiveFrom({
    when: 'next-period',
    today: dateAt(asOf, plant.zone),
    settled: true,
    policy: plant.policy,
  })
  await queueNotice(tx, {
    accountId: account.accountId,
    kind: 'package-change-approved',
    params: {
      requestId,
      customerId,
      toPackageId: packageText(wanted, plant.currency),
      effectiveFrom: request.takesEffect === 'at-once' ? null : nextPeriod,
    },
    dedupeKey: `package-change-approved:${requestId}`,
    asOf,
  })
}

function cancelFollowUps(tx: Tx, requestId: string, asOf: string): Promise<void> {
  return cancelTasks(tx, { requestId, asOf, step: 'follow-up:%' })
}
