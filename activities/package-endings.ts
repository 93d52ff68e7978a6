import type { Tx } from '../db/client.ts'
import { queueNotice } from '../db/queries/notices.ts'
import { readDecision } from '../db/queries/processes.ts'
import { readRequestPackages } from '../db/queries/package-changes.ts'
import { packageText } from '../domain/package.ts'
import { processIds } from '../domain/process-ids.ts'
import type { LockedRequest } from './package-changes.ts'

/** How a request ends without the package having changed. */
export type PackageEnding = 'Rejected' | 'Withdrawn' | 'Expired' | 'CustomerLeft' | PackageFailure

/** What went wrong after it was settled. */
export type PackageFailure = 'MeterRefused' | 'Superseded' | 'WorkNotDone'

interface Ending {
  readonly as: PackageEnding
  readonly creditMinor: number
}

const FAILURE_REASONS = {
  MeterRefused: 'meter-refused',
  Superseded: 'other',
  WorkNotDone: 'work-not-done',
  CustomerLeft: 'customer-left',
} as const

/** Tells the customer how their request ended, and what of their money is now credit. */
export async function announceEnd(tx: Tx, locked: LockedRequest, { as, creditMinor }: Ending): Promise<void> {
  const { request, account, plant, asOf, requestId } = locked
  const { customerId } = request
  const { accountId, currency } = account
  const { current } = await readRequestPackages(tx, request)
  const to = { accountId, dedupeKey: `package-change-ended:${requestId}`, asOf }
  const ids = { requestId, customerId }
  if (as === 'Rejected') return announceRefusal(tx, locked)
  if (as === 'Withdrawn') {
    await queueNotice(tx, { ...to, kind: 'package-change-withdrawn', params: { ...ids, creditMinor, currency } })
    return
  }
  const packageId = packageText(current, plant.currency)
  if (as === 'Expired') {
    await queueNotice(tx, { ...to, kind: 'package-change-expired', params: { ...ids, packageId, creditMinor, currency } })
    return
  }
  await queueNotice(tx, {
    ...to,
    kind: 'package-change-failed',
    params: { ...ids, packageId, reason: FAILURE_REASONS[as], creditMinor, currency },
  })
}

const REFUSALS = ['no-capacity', 'dues-outstanding', 'too-soon', 'meter-does-not-fit', 'other'] as const

async function announceRefusal(tx: Tx, { request, account, plant, asOf, requestId }: LockedRequest): Promise<void> {
  const workflowId = processIds.packageChange(requestId)
  const decisions = [await readDecision(tx, workflowId, 'state'), await readDecision(tx, workflowId, 'cluster')]
  const refusal = decisions.find((decision) => decision?.verdict === 'rejected')
  const reason = REFUSALS.find((one) => one === refusal?.detail?.reason) ?? 'other'
  const textId = refusal?.textId ?? null
  const written =
    textId === null ? undefined : await tx.selectFrom('freeTexts').select('body').where('textId', '=', textId).executeTakeFirst()
  const { wanted } = await readRequestPackages(tx, request)
  await queueNotice(tx, {
    accountId: account.accountId,
    kind: 'package-change-refused',
    params: {
      requestId,
      customerId: request.customerId,
      toPackageId: packageText(wanted, plant.currency),
      reason,
      ...(written !== undefined && { note: written.body }),
    },
    dedupeKey: `package-change-ended:${requestId}`,
    asOf,
  })
}
