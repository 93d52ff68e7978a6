import { allHandlersFinished, condition } from '@temporalio/workflow'
import type { OnboardingFacts } from '../activities/onboarding-facts.ts'
import { facts, work } from './activity-proxies.ts'
import type { Procedure, Wait } from './procedure.ts'

/** An application as the steps of its procedure see it. */
export interface Applicant {
  readonly p: Procedure
  readonly applicationId: string
  /** The facts as last read; decisions are judged by them. */
  known: OnboardingFacts | undefined
}

/** Reads where the application stands. */
export async function look(applicant: Applicant): Promise<OnboardingFacts> {
  return lookAt(applicant, await applicant.p.now())
}

async function lookAt(applicant: Applicant, asOf: string): Promise<OnboardingFacts> {
  const known = await facts.readOnboarding({ applicationId: applicant.applicationId, asOf })
  applicant.known = known
  return known
}

/** True once somebody ended it, or it is through: no further step is taken. */
export function isOver({ application, pending }: OnboardingFacts): boolean {
  return application.endedAs !== null || pending.ending !== undefined
}

/**
 * Waits at a stage until `enough` holds, or it is over; undefined at the deadline. Meanwhile re-assignments are carried out.
 */
export async function attend(
  applicant: Applicant,
  { stage, ...wait }: Omit<Wait<OnboardingFacts>, 'read'> & Required<Pick<Wait<OnboardingFacts>, 'stage'>>,
): Promise<OnboardingFacts | undefined> {
  const { p, applicationId } = applicant
  for (;;) {
    const customerId = applicant.known?.customerId ?? undefined
    const seen = await p.waitFor({
      ...wait,
      stage: { ...stage, ...(customerId !== undefined && { customerId }) },
      read: (asOf) => lookAt(applicant, asOf),
      enough: (fact) => isOver(fact) || fact.pending.agent !== undefined || wait.enough(fact),
    })
    if (seen?.pending.agent === undefined || isOver(seen)) return seen
    await work.assignSalesAgent({ applicationId, to: seen.pending.agent, asOf: await p.now() })
  }
}

/**
 * The point of no return: at this stage nothing more can be decided, and whatever was being decided is in the rows before it
 * returns. So a decision is either acted upon or refused, never accepted and lost.
 */
export async function closeDecisions({ p }: Applicant, stage: string): Promise<void> {
  await p.stage(stage)
  await condition(allHandlersFinished)
}
