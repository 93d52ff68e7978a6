import { ApplicationFailure } from '@temporalio/workflow'
import { facts, work } from './activity-proxies.ts'
import { type Applicant, attend, isOver, look } from './onboarding-look.ts'
import { awaitMoney, isUnpaid } from './onboarding-money.ts'
import { programMeter } from './program-meter.ts'

/**
 * From the customer ID to a meter that carries the package (manual 2.2.2, steps 7 and 8): a meter from the stock, a technician's
 * visit that another person confirms, and the meter's own report. Ends early when the application does.
 */
export async function connectApplicant(applicant: Applicant): Promise<void> {
  for (;;) {
    if ((await reserveMeter(applicant)) === 'over') return
    if ((await installMeter(applicant)) === 'over') return
    const programmed = await program(applicant)
    if (programmed !== 'refused') return
    if ((await decideHowToGoOn(applicant, 'MeterRefused')) === 'over') return
  }
}

type Step = 'done' | 'over'

/** A meter of the chosen kind, set aside for this house; waits visibly while the stock has none. */
async function reserveMeter(applicant: Applicant): Promise<Step> {
  const { p, applicationId } = applicant
  for (;;) {
    const { known } = applicant
    if (known !== undefined && isUnpaid(known) && (await awaitMoney(applicant)) === 'over') return 'over'
    if (await work.reserveMeter({ applicationId, asOf: await p.now() })) return 'done'
    const { application } = await look(applicant)
    const seen = await attend(applicant, {
      stage: {
        name: 'NoMeterFree',
        waitingFor: 'cluster-in-charge',
        topics: [`stock:${application.plant}:${application.meterKind ?? ''}`],
      },
      enough: (fact) => fact.freeMeters > 0 || isUnpaid(fact),
      summary: `a free meter (${application.meterKind ?? ''})`,
    })
    if (seen === undefined || isOver(seen)) return 'over'
  }
}

async function installMeter(applicant: Applicant): Promise<Step> {
  const { p, applicationId } = applicant
  for (;;) {
    const before = await look(applicant)
    if (isOver(before)) return 'over'
    if (isUnpaid(before)) {
      if ((await awaitMoney(applicant)) === 'over') return 'over'
      continue
    }
    if (before.meter?.state === 'installed') {
      if (before.isHeldBack === undefined) return 'done'
      await work.lightInstallation({ applicationId, asOf: await p.now() })
      const after = await look(applicant)
      // Never once more without a reason: a person looks at it.
      if (after.isHeldBack !== undefined && !isUnpaid(after) && !isOver(after))
        throw ApplicationFailure.nonRetryable('The meter hangs, and its supply waits for nothing that is known', 'WRONG_STAGE')
      continue
    }
    await work.planInstallation({ applicationId, asOf: await p.now() })
    const seen = await visit(applicant)
    if (seen === 'over') return 'over'
    if (seen === 'unpaid') continue
    const problem = seen === 'not-possible' ? seen : await work.recordFirstInstallation({ applicationId, asOf: await p.now() })
    if (problem !== null && (await decideHowToGoOn(applicant, 'InstallationInDoubt', problem)) === 'over') return 'over'
  }
}

/** The technician's visit, or until the money for it came back. Who is late is reminded by the task's own procedure. */
async function visit(applicant: Applicant): Promise<'done' | 'not-possible' | 'unpaid' | 'over'> {
  const { installation } = await look(applicant)
  if (installation === null) throw new Error('no installation was planned')
  const seen = await attend(applicant, {
    stage: {
      name: 'Installation',
      waitingFor: 'technician',
      dueAt: installation.dueAt,
      chasedBy: 'task',
      topics: [`task:${installation.taskId}`],
    },
    enough: (fact) => fact.installation?.status === 'completed' || isUnpaid(fact),
    summary: `installation ${installation.taskId}`,
  })
  if (seen === undefined || isOver(seen)) return 'over'
  if (seen.installation?.status !== 'completed') return 'unpaid'
  return seen.installation.isPossible ? 'done' : 'not-possible'
}

/** The cluster in-charge sends a technician again, or cancels. */
async function decideHowToGoOn(applicant: Applicant, stage: 'InstallationInDoubt' | 'MeterRefused', why?: string): Promise<Step> {
  const { p, applicationId } = applicant
  const about = String(applicant.known?.application.installationRound ?? 1)
  const seen = await attend(applicant, {
    stage: { name: stage, waitingFor: 'cluster-in-charge', about, ...(why !== undefined && { details: `Why: ${why}` }) },
    enough: ({ pending }) => pending.replan !== undefined,
    summary: 'another visit, or the end',
  })
  if (seen === undefined || isOver(seen)) return 'over'
  await work.replanInstallation({ applicationId, round: seen.application.installationRound, asOf: await p.now() })
  return 'done'
}

/** The meter says itself that it carries the package; what overtakes the first version is waited for in its place. */
async function program(applicant: Applicant): Promise<Step | 'refused'> {
  const { p, applicationId } = applicant
  const { customerId, zone, application, meter } = await look(applicant)
  if (customerId === null) throw new Error('no connection to programme')
  // Set by hand at the same visit, which another person confirmed.
  if (meter?.kind !== 'smart') return 'done'
  for (;;) {
    const version = await work.desiredVersionOf({ applicationId, asOf: await p.now() })
    const overtaken = async (asOf: string): Promise<boolean> => isOver(await facts.readOnboarding({ applicationId, asOf }))
    const { result } = await programMeter(p, {
      customerId,
      plant: application.plant,
      zone,
      version,
      step: `activation:${application.installationRound}`,
      overtaken,
    })
    if (isOver(await look(applicant))) return 'over'
    if (result === 'applied') return 'done'
    if (result === 'refused') return 'refused'
  }
}
