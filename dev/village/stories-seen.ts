import { CAST, NEWCOMERS } from './cast.ts'
import type { Eyes, Sighting, Story } from './eyes.ts'
import { accountOf, customerPath, historyOf, rupees } from './seen-accounts.ts'
import { habitsStory, seeBooks, seeCutAndLit } from './seen-money.ts'
import { seeProgrammed, seeRefusedRequest, seeWaitingRequest } from './seen-packages.ts'

/** Every story the demo promises, in the order in which they happen. */
export const STORIES: readonly Story[] = [
  { title: 'Some pay in full, many in parts, some late, some by wallet', see: habitsStory() },
  { title: 'An application half-paid and waiting', see: (eyes) => seeApplication(eyes, NEWCOMERS.halfPaid.name, seeHalfPaid) },
  {
    title: 'A household joins, pays its deposit in two parts and is connected',
    see: (eyes) => seeApplication(eyes, NEWCOMERS.joins.name, seeJoined),
  },
  { title: 'A package request is left for the newcomer to approve', see: seeWaitingRequest },
  { title: 'A package request is refused', see: seeRefusedRequest },
  { title: 'A package change is programmed, and read back from the meter', see: seeProgrammed },
  { title: 'A meter is away when its register is wanted', see: seeMeterAway },
  { title: 'A customer leaves with the deposit back', see: seeLeaver },
  { title: 'A customer is cut in August and lit again on paying', see: seeCutAndLit },
  { title: 'The books balance', isLast: true, see: seeBooks },
]

interface ApplicationSeen {
  readonly application: { readonly applicationId: string; readonly customerId: string | null; readonly endedAs: string | null }
  readonly applicant: { readonly name: string }
  readonly demands: readonly { readonly amountMinor: number }[]
  readonly workflowId: string
}

/** The first application of a household, by name, that shows what is looked for; who was too late once may have asked again. */
async function seeApplication(
  eyes: Eyes,
  name: string,
  see: (eyes: Eyes, seen: ApplicationSeen) => Promise<string | undefined>,
): Promise<Sighting | undefined> {
  const applications = await eyes.api.list<{ applicationId: string; origin: string }>(`/v1/applications?plant=${eyes.plant}`)
  for (const { applicationId } of applications.filter(({ origin }) => origin !== 'import')) {
    const path = `/v1/applications/${applicationId}`
    const { body } = await eyes.api.get<ApplicationSeen>(path)
    const what = body.applicant.name === name ? await see(eyes, body) : undefined
    if (what !== undefined) return { what, paths: [path], workflowIds: [body.workflowId] }
  }
  return undefined
}

async function seeHalfPaid(eyes: Eyes, { application, demands, workflowId }: ApplicationSeen): Promise<string | undefined> {
  const run = await eyes.temporal.find(`WorkflowId = '${workflowId}' AND ExecutionStatus = 'Running' AND Stage = 'Payment'`)
  if (run === undefined || application.endedAs !== null) return undefined
  const payments = await historyOf(eyes, application.applicationId).payments()
  const paidMinor = payments.reduce((sum, { amountMinor }) => sum + amountMinor, 0)
  const totalMinor = demands.reduce((sum, { amountMinor }) => sum + amountMinor, 0)
  if (paidMinor === 0 || paidMinor >= totalMinor) return undefined
  return `${rupees(paidMinor)} of ${rupees(totalMinor)} paid, waiting for the customer`
}

async function seeJoined(eyes: Eyes, { application, workflowId }: ApplicationSeen): Promise<string | undefined> {
  const run = await eyes.temporal.find(`WorkflowId = '${workflowId}' AND Outcome = 'Active'`)
  if (run === undefined || application.customerId === null || application.endedAs !== 'active') return undefined
  const history = historyOf(eyes, application.applicationId)
  const joining = (await history.charges()).filter(({ kind }) => kind === 'deposit' || kind === 'activation')
  const parts = (await history.payments()).filter(({ allocations }) =>
    allocations.some(({ chargeId }) => joining.some((charge) => charge.chargeId === chargeId)),
  )
  const { meter } = await accountOf(eyes, application.customerId)
  const version = meter?.reported?.version
  if (parts.length < 2 || joining.some(({ openMinor }) => openMinor > 0) || version === undefined) return undefined
  const paid = parts.map(({ amountMinor }) => rupees(amountMinor)).reverse()
  return `${application.customerId} paid ${paid.join(' and ')}, meter ${meter?.serial ?? ''} reports version ${version}`
}

interface ReadingSeen {
  readonly boundary: string | null
  readonly source: string
}

/** Seen while the bill waits for the meter, or afterwards by the estimate that was made for it. */
async function seeMeterAway(eyes: Eyes): Promise<Sighting | undefined> {
  const customerId = CAST.meterIsAway
  const run = await eyes.temporal.find(`WorkflowType = 'billCustomer' AND CustomerId = '${customerId}' AND Period = '2026-07-01'`)
  if (run === undefined) return undefined
  const { account } = await accountOf(eyes, customerId)
  const readings = await eyes.api.list<ReadingSeen>(`/v1/accounts/${account.accountId}/readings`)
  const isEstimated = readings.some(({ boundary, source }) => boundary === '2026-08-01' && source === 'estimate')
  if (run.stage !== 'AwaitingMeter' && !isEstimated) return undefined
  const what = isEstimated ? 'was billed by an estimate for July' : 'its bill waits for it'
  return { what: `${customerId}: ${what}`, paths: [customerPath(customerId)], workflowIds: [run.workflowId] }
}

async function seeLeaver(eyes: Eyes): Promise<Sighting | undefined> {
  const customerId = CAST.leaves
  const { body } = await eyes.api.get<{ items: { closureId: string; endedAs: string | null }[] }>(
    `${customerPath(customerId)}/closures`,
  )
  const [closure] = body.items
  if (closure === undefined || closure.endedAs === null) return undefined
  const run = await eyes.temporal.find(`WorkflowId = 'closing:${closure.closureId}' AND Outcome IS NOT NULL`)
  const page = await eyes.api.get<{ refunds: { kind: string; amountMinor: number; state: string }[] }>(
    `/v1/closures/${closure.closureId}`,
  )
  const refund = page.body.refunds.find(({ kind, state }) => kind === 'deposit' && state === 'paid')
  if (run === undefined || refund === undefined) return undefined
  return {
    what: `${customerId} has ${rupees(refund.amountMinor)} of the deposit back`,
    paths: [`/v1/closures/${closure.closureId}`],
    workflowIds: [run.workflowId],
  }
}
