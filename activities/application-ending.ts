import type { Db, Tx } from '../db/client.ts'
import { type ApplicationEnd, changeApplication, demandsOf } from '../db/queries/applications.ts'
import { voidDemand } from '../db/queries/charges.ts'
import { connect, markLeft } from '../db/queries/connections.ts'
import { balanceOf, post } from '../db/queries/ledger.ts'
import { queueNotice } from '../db/queries/notices.ts'
import { nudge, startWorkflow } from '../db/queries/outbox.ts'
import { readPackage } from '../db/queries/plants.ts'
import { readRefunds, refundableMinor } from '../db/queries/refunds.ts'
import { markForRemoval, meterOf, releaseMeter } from '../db/queries/stock.ts'
import { placeHold } from '../db/queries/supply.ts'
import { cancelTask } from '../db/queries/tasks.ts'
import { dateAt } from '../domain/calendar.ts'
import { Contradiction } from '../domain/errors.ts'
import { credit, postActivationEarned, postHeldReleased } from '../domain/ledger.ts'
import { packageText, type PackageTerms } from '../domain/package.ts'
import { nextPeriod, periodContaining } from '../domain/period.ts'
import { prepaidDates } from '../domain/prepaid.ts'
import { processIds } from '../domain/process-ids.ts'
import type { ApplicationRefusalReason } from '../notifications/notices/vocabulary.ts'
import { type OpenApplication, withApplication } from './onboarding.ts'
import type { ApplicationKey } from './onboarding-facts.ts'

/** How an application ends without a connection. */
export interface EarlyEnd {
  readonly as: Exclude<ApplicationEnd, 'active'>
  /** Of a refusal: one of the reasons a customer is told. */
  readonly reason: string | null
  /** What was written with it; loaded when the notice is made. */
  readonly textId: number | null
}

/** The two ways an application ends: with a connection that is live, or with everything back where it belongs. */
export function createApplicationEndingActivities({ db }: { db: Db }) {
  return {
    /**
     * The meter carries the package: the connection is in force from today, the activation charge is earned, and a pre-paid
     * customer's first advance is billed for the days that are left.
     */
    activateConnection: (key: ApplicationKey): Promise<void> =>
      withApplication(db, key, async (tx, open) => {
        if (open.application.endedAs === null) await activateConnection(tx, open, key.asOf)
      }),

    /**
     * Ends it: demands void, money held released to credit, the meter on the shelf or to be fetched, the connection held for good.
     * False when it cannot end so: it is active, or was settled before its deadline could end it. Commit order decides.
     */
    endApplicationEarly: ({ applicationId, asOf, end }: ApplicationKey & { end: EarlyEnd }): Promise<boolean> =>
      withApplication(db, { applicationId, asOf }, async (tx, open) => {
        const { endedAs } = open.application
        return endedAs === null ? endEarly(tx, open, { end, asOf }) : endedAs !== 'active'
      }),

    /** Closes the account once nothing is held and nothing is on its way back; false while there is. */
    closeEndedAccount: ({ applicationId, asOf }: ApplicationKey): Promise<boolean> =>
      withApplication(db, { applicationId, asOf }, async (tx) => {
        const isOnItsWay = (await readRefunds(tx, applicationId)).some(
          ({ state, handledBy }) => handledBy === 'asker' && (state === 'requested' || state === 'approved'),
        )
        // What has a process of its own by now (its transfer came back) is not this one's any more.
        if (isOnItsWay || (await refundableMinor(tx, { accountId: applicationId, kind: 'credit' })) > 0) return false
        await tx
          .updateTable('accounts')
          .set({ closedAt: asOf })
          .where('accountId', '=', applicationId)
          .where('closedAt', 'is', null)
          .execute()
        return true
      }),
  }
}

async function activateConnection(
  tx: Tx,
  { application, account, plant, workflowId }: OpenApplication,
  asOf: string,
): Promise<void> {
  const { applicationId, packageCode, packageVersion } = application
  const { customerId, currency } = account
  if (customerId === null) throw new Contradiction(`${applicationId} has no connection to activate`)
  const terms = await readPackage(tx, application.plant, { code: packageCode ?? '', version: packageVersion ?? 0 })
  const fromDate = dateAt(asOf, plant.zone)
  await earnActivation(tx, { application, account, plant, workflowId }, asOf)
  await connect(tx, {
    customerId,
    plant: application.plant,
    packageCode: terms.code,
    packageVersion: terms.version,
    fromDate,
    source: workflowId,
  })
  await changeApplication(tx, applicationId, { endedAt: asOf, endedAs: 'active' })
  const params = {
    customerId,
    packageId: packageText(terms, currency),
    loadLimitW: terms.loadLimitW,
    timing: terms.timing,
    activeFrom: fromDate,
  }
  await queueNotice(tx, {
    accountId: applicationId,
    kind: 'connection-active',
    params,
    dedupeKey: `connection-active:${applicationId}`,
    asOf,
  })
  for (const period of firstAdvances({ terms, fromDate, plant })) {
    const input = { plant: application.plant, accountId: applicationId, customerId, period, boundary: period }
    await startWorkflow(tx, { workflowType: 'billCustomer', workflowId: processIds.billing(customerId, period), input })
  }
  await nudge(tx, `connection:${customerId}`, `account:${applicationId}`)
}

/** The periods whose advance nobody else will issue: this one, and the next when its advances went out before today. */
function firstAdvances({
  terms,
  fromDate,
  plant: { policy, zone },
}: {
  terms: PackageTerms
  fromDate: string
  plant: OpenApplication['plant']
}): string[] {
  if (terms.mode !== 'prepaid') return []
  const current = periodContaining(fromDate, policy.anchorDay)
  const next = nextPeriod(current, policy.anchorDay)
  return prepaidDates({ period: next, policy, zone }).issueOn <= fromDate ? [current.key, next.key] : [current.key]
}

/** What was paid for the activation is income once the connection is installed (policy "activation"). */
async function earnActivation(tx: Tx, { application: { applicationId }, account }: OpenApplication, asOf: string): Promise<void> {
  const activation = (await demandsOf(tx, applicationId)).find(({ kind, voidedAt }) => kind === 'activation' && voidedAt === null)
  const amountMinor = activation === undefined ? 0 : activation.amountMinor - activation.openMinor
  if (amountMinor === 0) return
  const postings = postActivationEarned(account, { amountMinor })
  await post(tx, {
    eventKey: `activation-earned:${applicationId}`,
    plant: account.plant,
    accountId: applicationId,
    currency: account.currency,
    businessAt: asOf,
    postings,
  })
}

async function endEarly(tx: Tx, open: OpenApplication, { end, asOf }: { end: EarlyEnd; asOf: string }): Promise<boolean> {
  const { application, account, plant, workflowId } = open
  const { applicationId, packageAssignedAt } = application
  const standing = (await demandsOf(tx, applicationId)).filter(({ voidedAt }) => voidedAt === null)
  const isSettled = packageAssignedAt !== null && standing.every(({ openMinor }) => openMinor === 0)
  if (end.as === 'deadline-passed' && isSettled) return false
  const meter = await meterOf(tx, applicationId)
  const isInstalled = meter?.state === 'installed'
  // Policy "activation": refundable until installed. Where the plant could not make it work, it is not the customer's loss.
  const isEarned = isInstalled && end.as === 'withdrawn'
  if (isEarned) await earnActivation(tx, open, asOf)
  await releaseMoney(tx, open, {
    demands: standing.filter(({ kind }) => !(isEarned && kind === 'activation')),
    asOf,
    reason: end.as,
  })
  await withdrawWork(tx, workflowId, asOf)
  await releaseMeter(tx, { accountId: applicationId, source: workflowId, asOf })
  if (account.customerId !== null)
    await placeHold(tx, { customerId: account.customerId, reason: 'closed', owner: workflowId }, asOf)
  if (isInstalled) await markForRemoval(tx, { serial: meter.serial, source: workflowId, asOf })
  else if (account.customerId !== null) await markLeft(tx, account.customerId, dateAt(asOf, plant.zone))
  await changeApplication(tx, applicationId, { endedAt: asOf, endedAs: end.as })
  await tellEnd(tx, open, { end, asOf })
  return true
}

async function releaseMoney(
  tx: Tx,
  { application: { applicationId }, account }: OpenApplication,
  { demands, asOf, reason }: { demands: Awaited<ReturnType<typeof demandsOf>>; asOf: string; reason: string },
): Promise<void> {
  const paidOf = (kind: string): number =>
    demands.filter((demand) => demand.kind === kind).reduce((sum, { amountMinor, openMinor }) => sum + amountMinor - openMinor, 0)
  const postings = postHeldReleased(account, { depositMinor: paidOf('deposit'), activationMinor: paidOf('activation') })
  await post(tx, {
    eventKey: `application-ended:${applicationId}`,
    plant: account.plant,
    accountId: applicationId,
    currency: account.currency,
    businessAt: asOf,
    postings,
  })
  for (const { chargeId } of demands) await voidDemand(tx, chargeId, { asOf, reason })
  await nudge(tx, `account:${applicationId}`)
}

async function withdrawWork(tx: Tx, workflowId: string, asOf: string): Promise<void> {
  const open = await tx
    .selectFrom('tasks')
    .select('taskId')
    .where('sourceWorkflowId', '=', workflowId)
    .where('status', 'in', ['requested', 'in-process', 'review'])
    .execute()
  for (const { taskId } of open) await cancelTask(tx, taskId, asOf)
}

async function tellEnd(
  tx: Tx,
  { application: { applicationId }, account: { currency } }: OpenApplication,
  { end, asOf }: { end: EarlyEnd; asOf: string },
): Promise<void> {
  const money = { refundMinor: await balanceOf(tx, credit(applicationId)), currency }
  const notice = { accountId: applicationId, dedupeKey: `application-ended:${applicationId}`, asOf }
  if (end.as === 'refused') {
    const text =
      end.textId === null
        ? undefined
        : await tx.selectFrom('freeTexts').select('body').where('textId', '=', end.textId).executeTakeFirst()
    const reason = (end.reason ?? 'other') as ApplicationRefusalReason
    await queueNotice(tx, {
      ...notice,
      kind: 'application-refused',
      params: { applicationId, reason, ...(text && { note: text.body }), ...money },
    })
  } else {
    const reason = end.as === 'cancelled' ? 'not-installable' : end.as
    await queueNotice(tx, { ...notice, kind: 'application-cancelled', params: { applicationId, reason, ...money } })
  }
}
