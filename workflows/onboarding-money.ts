import { patched } from '@temporalio/workflow'
import type { OnboardingFacts } from '../activities/onboarding-facts.ts'
import { earliest } from '../domain/calendar.ts'
import { work } from './activity-proxies.ts'
import { type Applicant, attend, closeDecisions, isOver, look } from './onboarding-look.ts'

/** A payment or an extension in the last moment counts when it was committed first; otherwise the money is credit. */
export async function endAtDeadline(applicant: Applicant): Promise<void> {
  const { p, applicationId } = applicant
  await closeDecisions(applicant, 'DeadlinePassed')
  const seen = await look(applicant)
  if (isOver(seen) || seen.pending.extension !== undefined || seen.pending.waiver !== undefined || seen.isSettled) return
  await work.endApplicationEarly({
    applicationId,
    end: { as: 'deadline-passed', reason: null, textId: null },
    asOf: await p.now(),
  })
}

/**
 * Money that settled deposit and activation came back before the meter hung: nothing is installed for it. Nobody has been there yet, or
 * his report waits to be confirmed: then it is his visit that counts, and supply waits.
 */
export function isUnpaid({ isSettled, payAgain, installation }: OnboardingFacts): boolean {
  if (isSettled || payAgain === undefined || installation?.status === 'review') return false
  return patched('the installation waits for money that came back')
}

/**
 * Waits until the money is there again (policy "onboarding": settled before meter or wire): the visit is called off, the customer is told
 * until when, and reminded. Not paid by then, the application ends as at its first deadline.
 */
export async function awaitMoney(applicant: Applicant): Promise<'done' | 'over'> {
  const { p, applicationId } = applicant
  for (;;) {
    const before = await look(applicant)
    if (isOver(before)) return 'over'
    if (!isUnpaid(before)) return 'done'
    const { openMinor, payAgain, asOf } = before
    const by = payAgain?.by ?? asOf
    if (asOf >= by) {
      await endAtDeadline(applicant)
      continue
    }
    await work.holdInstallation({ applicationId, asOf: await p.now() })
    const until = earliest(payAgain?.remindAt ?? by, by)
    const seen = await attend(applicant, {
      stage: {
        name: 'PaymentAgain',
        waitingFor: 'customer',
        dueAt: by,
        details: `Open again of deposit and activation: ${openMinor} (minor units)`,
      },
      enough: (fact) => fact.openMinor !== openMinor || fact.isSettled,
      until,
      summary: 'deposit and activation charge, which came back',
    })
    if (seen === undefined && until < by) await work.remindOfDemands({ applicationId, at: until, asOf: await p.now() })
  }
}
