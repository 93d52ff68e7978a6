import { earliest } from '../domain/calendar.ts'
import { work } from './activity-proxies.ts'
import { connectApplicant } from './connect-applicant.ts'
import { endApplication } from './end-application.ts'
import { type Applicant, attend, closeDecisions, isOver, look } from './onboarding-look.ts'
import { acceptOnboardingDecisions } from './onboarding-decisions.ts'
import { endAtDeadline } from './onboarding-money.ts'
import { procedure } from './procedure.ts'

export interface OnboardingInput {
  readonly plant: string
  readonly applicationId: string
  /** The application's own code: it is the account from the first day. */
  readonly accountId: string
}

/**
 * A household's way to a live connection (manual 2.2.2, figure 11): assigned to a sales agent, details and proof, package,
 * deposit and activation charge paid, customer ID, meter installed, programmed, active. Until then it can be withdrawn, refused
 * or cancelled at any stage: money and meter go back, the customer ID stays used.
 */
export async function onboardCustomer(input: OnboardingInput): Promise<string> {
  const { plant, applicationId, accountId } = input
  return procedure({ plant, accountId, input: { ...input }, topics: [`account:${accountId}`] }, async (p) => {
    const applicant: Applicant = { p, applicationId, known: undefined }
    acceptOnboardingDecisions(applicant)
    for (const step of [assignAgent, takeDetails, choosePackage, collectDemands, createAccount, connectApplicant, activate]) {
      if (isOver(await look(applicant))) break
      await step(applicant)
    }
    const { application } = await look(applicant)
    return application.endedAs === 'active' ? 'Active' : endApplication(applicant)
  })
}

/** Acquisition: the request goes to the sales team, and is somebody's from then on. */
async function assignAgent(applicant: Applicant): Promise<void> {
  const { p, applicationId } = applicant
  await work.assignSalesAgent({ applicationId, to: null, asOf: await p.now() })
  await attend(applicant, {
    stage: { name: 'Requested', waitingFor: 'cluster-in-charge' },
    enough: ({ application }) => application.salesAgent !== null,
    summary: 'a sales agent to be named',
  })
}

/** KYC: the agent enters details and proof and hands over the commitments. Late visits are told, every so many days. */
async function takeDetails(applicant: Applicant): Promise<void> {
  const { p, applicationId } = applicant
  for (;;) {
    const { application, pending, visitDueAt, asOf } = await look(applicant)
    if (application.kycAt !== null) return
    if (pending.kyc !== undefined) return work.recordKyc({ applicationId, kyc: pending.kyc, asOf: await p.now() })
    const until = asOf < visitDueAt ? visitDueAt : undefined
    const seen = await attend(applicant, {
      stage: { name: 'Kyc', waitingFor: 'csa', dueAt: visitDueAt, assignee: application.salesAgent, chasedBy: 'body' },
      enough: (fact) => fact.pending.kyc !== undefined,
      until,
      summary: 'details and identity proof',
    })
    if (seen !== undefined && isOver(seen)) return
    if (seen === undefined) await work.chaseVisit({ applicationId, dueAt: visitDueAt, asOf: await p.now() })
  }
}

async function choosePackage(applicant: Applicant): Promise<void> {
  const { p, applicationId } = applicant
  const { application } = await look(applicant)
  if (application.packageAssignedAt !== null) return
  const seen = await attend(applicant, {
    stage: { name: 'PackageChoice', waitingFor: 'csa', assignee: application.salesAgent },
    enough: ({ pending }) => pending.package !== undefined,
    summary: 'a package to be chosen',
  })
  if (seen?.pending.package !== undefined && !isOver(seen))
    await work.assignPackage({ applicationId, choice: seen.pending.package, asOf: await p.now() })
}

/** Deposit and activation charge, in any number of parts, until the deadline (policy, "onboarding"). */
async function collectDemands(applicant: Applicant): Promise<void> {
  const { p, applicationId } = applicant
  for (;;) {
    const before = await look(applicant)
    const { pending, openMinor, isSettled, remindAt, asOf } = before
    const deadlineAt = before.application.deadlineAt ?? asOf
    if (isOver(before) || before.customerId !== null) return
    if (pending.extension !== undefined) await work.extendDeadline({ applicationId, asOf: await p.now() })
    else if (pending.waiver !== undefined) await work.waiveDeposit({ applicationId, asOf: await p.now() })
    else if (isSettled) return
    else if (asOf >= deadlineAt) await endAtDeadline(applicant)
    else {
      const until = earliest(remindAt ?? deadlineAt, deadlineAt)
      const seen = await attend(applicant, {
        stage: {
          name: 'Payment',
          waitingFor: 'customer',
          dueAt: deadlineAt,
          details: `Open of deposit and activation: ${openMinor} (minor units)`,
        },
        enough: (fact) =>
          fact.openMinor !== openMinor ||
          fact.isSettled ||
          fact.pending.extension !== undefined ||
          fact.pending.waiver !== undefined,
        until,
        summary: 'deposit and activation charge',
      })
      if (seen === undefined && until < deadlineAt) await work.remindOfDemands({ applicationId, at: until, asOf: await p.now() })
    }
  }
}

/** Account creation: the customer ID, on a pole that has room. */
async function createAccount(applicant: Applicant): Promise<void> {
  const { p, applicationId } = applicant
  for (;;) {
    const customerId = await work.createAccountConnection({ applicationId, asOf: await p.now() })
    if (customerId !== null) return
    const seen = await attend(applicant, {
      stage: { name: 'PoleFull', waitingFor: 'cluster-in-charge' },
      enough: ({ pending, roomOnPole }) => pending.pole !== undefined || roomOnPole > 0,
      summary: 'a pole with room',
    })
    if (seen === undefined || isOver(seen)) return
    if (seen.pending.pole !== undefined) await work.changePole({ applicationId, pole: seen.pending.pole, asOf: await p.now() })
  }
}

/** Activation: from here on the customer is on the plant's register, and leaves by closing the account. */
async function activate(applicant: Applicant): Promise<void> {
  const { p, applicationId } = applicant
  await closeDecisions(applicant, 'Activating')
  if (!isOver(await look(applicant))) await work.activateConnection({ applicationId, asOf: await p.now() })
}
