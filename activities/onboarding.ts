import type { Db, Tx } from '../db/client.ts'
import { type LockedAccount, withAccount } from '../db/queries/accounts.ts'
import { type Application, changeApplication, leastBusyAgent, readApplication } from '../db/queries/applications.ts'
import { queueNotice, queueStaffNotice } from '../db/queries/notices.ts'
import { type PlantTerms, readPlant } from '../db/queries/plants.ts'
import { readDecision } from '../db/queries/processes.ts'
import { staffAt, tellRole } from '../db/queries/tasks.ts'
import type { JsonObject } from '../db/tables.ts'
import { addToInstant, dateAt, hoursOf } from '../domain/calendar.ts'
import { processIds } from '../domain/process-ids.ts'
import { type ApplicationKey, type OnboardingFacts, type PendingDecision, readOnboardingFacts } from './onboarding-facts.ts'

/** An application in its own transaction, its account locked. */
export interface OpenApplication {
  readonly application: Application
  readonly account: LockedAccount
  readonly plant: PlantTerms
  readonly workflowId: string
}

/** Runs one step of an application: account locked, facts loaded, one transaction. */
export async function withApplication<T>(
  db: Db,
  { applicationId, asOf }: ApplicationKey,
  work: (tx: Tx, open: OpenApplication) => Promise<T>,
): Promise<T> {
  return withAccount(db, applicationId, async (tx, account) => {
    const application = await readApplication(tx, applicationId)
    return work(tx, {
      application,
      account,
      plant: await readPlant(tx, application.plant, asOf),
      workflowId: processIds.onboarding(applicationId),
    })
  })
}

/** From the request to the details and proof (manual 2.2.2, steps 3 and 4). Each step is safe to repeat. */
export function createOnboardingActivities({ db }: { db: Db }) {
  return {
    /** Where the application stands. Changes nothing. */
    readOnboarding: (key: ApplicationKey): Promise<OnboardingFacts> => readOnboardingFacts(db, key),

    /** Gives the application to whoever was named, else to the least busy sales agent; nobody, where the plant has none. */
    assignSalesAgent: (step: ApplicationKey & { to: PendingDecision | null }): Promise<void> =>
      withApplication(db, step, async (tx, { application, workflowId }) => assignAgent(tx, { application, workflowId, ...step })),

    /** The agent has not come: tells the agent once more and the cluster in-charge. */
    chaseVisit: ({ applicationId, asOf, dueAt }: ApplicationKey & { dueAt: string }): Promise<void> =>
      withApplication(db, { applicationId, asOf }, async (tx, { application: { plant, salesAgent }, plant: { zone } }) => {
        const notice = { kind: 'decision-needed', params: asked(applicationId, plant, dateAt(dueAt, zone)), asOf } as const
        const dedupeKey = `visit-late:${applicationId}:${asOf.slice(0, 10)}`
        if (salesAgent !== null)
          await queueStaffNotice(tx, { ...notice, plant, login: salesAgent, dedupeKey: `${dedupeKey}:${salesAgent}` })
        await tellRole(tx, { plant, role: 'cluster-in-charge' }, { ...notice, dedupeKey })
      }),

    /** Details and proof were taken; the commitments were handed over on paper, and follow to the phone (manual 2.2.2, step 4). */
    recordKyc: ({ applicationId, asOf, kyc }: ApplicationKey & { kyc: PendingDecision }): Promise<void> =>
      withApplication(db, { applicationId, asOf }, async (tx, { application, plant: { policy } }) => {
        if (application.kycAt !== null) return
        await changeApplication(tx, applicationId, { kycAt: kyc.at, kycBy: kyc.by, commitmentsGivenAt: kyc.at })
        const params = {
          reference: applicationId,
          noSupplyDays: wholeDays(policy.tasks.targets['no-supply']),
          noticeClearDays: policy.chasing.clearDaysAfterNotice,
          depositRefundDays: wholeDays(policy.closing.refundWithin),
        }
        await queueNotice(tx, {
          accountId: applicationId,
          kind: 'supplier-commitments',
          params,
          dedupeKey: `commitments:${applicationId}`,
          asOf,
        })
      }),
  }
}

async function assignAgent(
  tx: Tx,
  {
    application,
    workflowId,
    to,
    applicationId,
    asOf,
  }: ApplicationKey & { application: Application; workflowId: string; to: PendingDecision | null },
): Promise<void> {
  const { plant, agentRound, origin } = application
  if (to === null && application.salesAgent !== null) return
  if (to !== null && (await readDecision(tx, workflowId, `agent:${agentRound + 1}`))?.decidedAt !== to.at) return
  const salesAgent = to === null ? await leastBusyAgent(tx, plant) : textIn(to.detail, 'to')
  if (salesAgent === null) return
  await changeApplication(tx, applicationId, {
    salesAgent,
    assignedAt: asOf,
    agentRound: to === null ? agentRound : agentRound + 1,
  })
  const { zone, policy } = await readPlant(tx, plant, asOf)
  const decideBy = dateAt(addToInstant(asOf, policy.tasks.targets['onboarding-visit'], zone), zone)
  if ((await staffAt(tx, plant, 'csa')).includes(salesAgent)) {
    await queueStaffNotice(tx, {
      plant,
      login: salesAgent,
      kind: 'decision-needed',
      params: asked(applicationId, plant, decideBy),
      dedupeKey: `application-assigned:${applicationId}:${agentRound}:${salesAgent}`,
      asOf,
    })
  }
  if (origin !== 'app' || application.kycAt !== null) return
  await queueNotice(tx, {
    accountId: applicationId,
    kind: 'application-needs-kyc',
    params: { applicationId, missing: ['identity-proof'] },
    dedupeKey: `needs-kyc:${applicationId}`,
    asOf,
  })
}

/** What a member of staff is told about an application that waits for them. */
export function asked(applicationId: string, plantCode: string, decideBy: string) {
  return { decision: 'application', requestId: applicationId, plantCode, decideBy } as const
}

/** A text that a decision came with; empty where it has none. */
export function textIn(detail: JsonObject, field: string): string {
  const value = detail[field]
  return typeof value === 'string' ? value : ''
}

function wholeDays(duration: string): number {
  return Math.round(hoursOf(duration) / 24)
}
