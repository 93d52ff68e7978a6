import { CAST, NEWCOMERS } from './cast.ts'
import type { Eyes, Sighting, Story } from './eyes.ts'

interface ChargeSeen {
  readonly chargeId: number
  readonly kind: string
  readonly source: string
  readonly amountMinor: number
  readonly openMinor: number
  readonly dueOn: string
  readonly issuedAt: string
}
interface PaymentSeen {
  readonly channel: string
  readonly state: string
  readonly amountMinor: number
  readonly valueDate: string
  readonly allocations: readonly { readonly chargeId: number; readonly amountMinor: number }[]
}
interface AccountSeen {
  readonly account: { readonly accountId: string; readonly customerId: string | null; readonly closedAt: string | null }
  readonly connection: {
    readonly status: string
    readonly leftOn: string | null
    readonly holds: readonly { readonly reason: string }[]
  } | null
  readonly meter: {
    readonly serial: string
    readonly desired: { readonly version: number; readonly loadLimitW: number | null } | null
    readonly reported: { readonly version: number; readonly loadLimitW: number | null; readonly relay: string | null } | null
  } | null
  readonly money: {
    readonly charges: readonly ChargeSeen[]
    readonly bills: readonly BillSeen[]
    readonly payments: readonly PaymentSeen[]
  } | null
}
interface BillSeen {
  readonly number: string
  readonly kind: string
  readonly source: string
  readonly issuedAt: string
}
interface RequestSeen {
  readonly requestId: string
  readonly toCode: string
  readonly appliedAt: string | null
  readonly endedAs: string | null
}

const customerPath = (customerId: string): string => `/v1/customers/${customerId}`
const accountOf = async ({ api }: Eyes, customerId: string): Promise<AccountSeen> =>
  (await api.get<AccountSeen>(customerPath(customerId))).body

/** Every story the demo promises, in the order in which they happen. */
export const STORIES: readonly Story[] = [
  { title: 'Some pay in full, many in parts, some late, some by wallet', see: seeHabits },
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
  { title: 'The books balance', see: seeBooks },
]

/** How many payers' pages are read at most to find one of each habit. */
const PAGES_READ = 40

async function seeHabits({ api, plant, temporal }: Eyes): Promise<Sighting | undefined> {
  const payments = await api.list<{ channel: string; accountId: string | null }>(`/v1/payments?plant=${plant}&state=posted`)
  const payers = [...new Set(payments.flatMap(({ accountId }) => accountId ?? []))]
  const run = await temporal.find(`WorkflowType = 'receivePayment' AND PlantCode = '${plant}' AND Outcome IS NOT NULL`)
  if (payers.length < PAGES_READ || run === undefined) return undefined
  const found = new Map<Paid, string>()
  for (const accountId of payers.slice(0, PAGES_READ)) {
    const { body } = await api.get<AccountSeen>(`/v1/accounts/${accountId}`)
    for (const habit of habitsSeen(body)) found.set(habit, found.get(habit) ?? accountId)
    if (found.size === HABITS_SHOWN.length) break
  }
  if (found.size < HABITS_SHOWN.length) return undefined
  const shown = HABITS_SHOWN.map((habit) => `${habit} (${found.get(habit) ?? ''})`)
  return {
    what: `${payments.length} payments, among them ${shown.join(', ')}`,
    paths: [...new Set(found.values())].map((accountId) => `/v1/accounts/${accountId}`),
    workflowIds: [run.workflowId],
  }
}

const HABITS_SHOWN = ['in full', 'in parts', 'late', 'by wallet'] as const
type Paid = (typeof HABITS_SHOWN)[number]

/** How the charges of an account were paid. */
function habitsSeen({ money }: AccountSeen): Paid[] {
  const paid = (money?.charges ?? []).filter(({ openMinor }) => openMinor === 0)
  const partsOf = ({ chargeId }: ChargeSeen): PaymentSeen[] =>
    (money?.payments ?? []).filter(({ allocations }) => allocations.some((part) => part.chargeId === chargeId))
  return paid.flatMap((charge) => {
    const parts = partsOf(charge)
    const seen: Paid[] = []
    if (parts.length === 1) seen.push('in full')
    if (parts.length > 1) seen.push('in parts')
    if (parts.some(({ valueDate }) => valueDate > charge.dueOn)) seen.push('late')
    if (parts.some(({ channel }) => channel === 'wallet')) seen.push('by wallet')
    return seen
  })
}

interface ApplicationSeen {
  readonly application: { readonly applicationId: string; readonly customerId: string | null; readonly endedAs: string | null }
  readonly applicant: { readonly name: string }
  readonly demands: readonly { readonly amountMinor: number; readonly openMinor: number }[]
  readonly workflowId: string
  readonly stage: string | null
}

async function seeApplication(
  eyes: Eyes,
  name: string,
  see: (eyes: Eyes, seen: ApplicationSeen) => Promise<string | undefined>,
): Promise<Sighting | undefined> {
  const applications = await eyes.api.list<{ applicationId: string; origin: string }>(`/v1/applications?plant=${eyes.plant}`)
  for (const { applicationId } of applications.filter(({ origin }) => origin !== 'import')) {
    const { body } = await eyes.api.get<ApplicationSeen>(`/v1/applications/${applicationId}`)
    if (body.applicant.name !== name) continue
    const what = await see(eyes, body)
    if (what === undefined) return undefined
    return { what, paths: [`/v1/applications/${applicationId}`], workflowIds: [body.workflowId] }
  }
  return undefined
}

/** Seen while it waits, or afterwards: its deadline passed with half of the money there. */
async function seeHalfPaid(
  { api, temporal }: Eyes,
  { application, demands, workflowId }: ApplicationSeen,
): Promise<string | undefined> {
  const run = await temporal.find(`WorkflowId = '${workflowId}'`)
  const { body } = await api.get<AccountSeen>(`/v1/accounts/${application.applicationId}`)
  const paidMinor = (body.money?.payments ?? []).reduce((sum, { amountMinor }) => sum + amountMinor, 0)
  const totalMinor = demands.reduce((sum, { amountMinor }) => sum + amountMinor, 0)
  if (paidMinor === 0 || paidMinor >= totalMinor || run === undefined) return undefined
  if (run.stage === 'Payment') return `${rupees(paidMinor)} of ${rupees(totalMinor)} paid, waiting for the customer`
  return application.endedAs === 'deadline-passed'
    ? `${rupees(paidMinor)} of ${rupees(totalMinor)} paid until its deadline passed`
    : undefined
}

async function seeJoined({ api, temporal }: Eyes, { application, workflowId }: ApplicationSeen): Promise<string | undefined> {
  const run = await temporal.find(`WorkflowId = '${workflowId}' AND Outcome = 'Active'`)
  if (run === undefined || application.customerId === null || application.endedAs !== 'active') return undefined
  const { body } = await api.get<AccountSeen>(customerPath(application.customerId))
  const parts = body.money?.payments.length ?? 0
  const isCarried = body.meter?.reported !== null && body.meter?.reported.version === body.meter?.desired?.version
  return parts >= 2 && isCarried
    ? `${application.customerId}, ${parts} payments, meter ${body.meter?.serial ?? ''} programmed`
    : undefined
}

async function requestOf({ api }: Eyes, customerId: string): Promise<RequestSeen | undefined> {
  return (await api.list<RequestSeen>(`${customerPath(customerId)}/package-changes?state=all`))[0]
}

async function seeWaitingRequest(eyes: Eyes): Promise<Sighting | undefined> {
  const request = await requestOf(eyes, CAST.wantsMoreAndWaits)
  const run = await eyes.temporal.find(`WorkflowType = 'changePackage' AND CustomerId = '${CAST.wantsMoreAndWaits}'`)
  if (request === undefined || run === undefined || run.stage === '') return undefined
  const what =
    run.stage === 'Approval'
      ? 'waits for deepa, the cluster in-charge'
      : `was decided by somebody: ${request.endedAs ?? run.stage}`
  return packageSighting(request, { what, workflowId: run.workflowId })
}

async function seeRefusedRequest(eyes: Eyes): Promise<Sighting | undefined> {
  const request = await requestOf(eyes, CAST.wantsTooMuch)
  const run = await eyes.temporal.find(
    `WorkflowType = 'changePackage' AND CustomerId = '${CAST.wantsTooMuch}' AND Outcome = 'Rejected'`,
  )
  if (request === undefined || run === undefined) return undefined
  return packageSighting(request, { what: `${CAST.wantsTooMuch} stays with the package there is`, workflowId: run.workflowId })
}

async function seeProgrammed(eyes: Eyes): Promise<Sighting | undefined> {
  const request = await requestOf(eyes, CAST.wantsMoreAndGetsIt)
  const run = await eyes.temporal.find(
    `WorkflowType = 'changePackage' AND CustomerId = '${CAST.wantsMoreAndGetsIt}' AND Outcome = 'Done'`,
  )
  const { meter } = await accountOf(eyes, CAST.wantsMoreAndGetsIt)
  const limitW = meter?.reported?.loadLimitW
  if (request === undefined || request.appliedAt === null || run === undefined || limitW !== meter?.desired?.loadLimitW)
    return undefined
  return packageSighting(request, { what: `${meter?.serial ?? ''} reports ${limitW ?? 0} W`, workflowId: run.workflowId })
}

function packageSighting({ requestId }: RequestSeen, { what, workflowId }: { what: string; workflowId: string }): Sighting {
  return { what, paths: [`/v1/package-changes/${requestId}`], workflowIds: [workflowId] }
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

/** The fee is charged only where the supply really had been cut. */
async function seeCutAndLit(eyes: Eyes): Promise<Sighting | undefined> {
  const customerId = CAST.cutAndLit
  const { connection, meter, money } = await accountOf(eyes, customerId)
  const fee = money?.charges.find(
    ({ kind, source, issuedAt }) => kind === 'fee' && source.startsWith('reconnection:') && issuedAt >= '2026-08-01',
  )
  const run = await eyes.temporal.find(`WorkflowType = 'collectDues' AND CustomerId = '${customerId}'`)
  const isLit = connection?.holds.length === 0 && meter?.reported?.relay !== 'open'
  if (fee === undefined || run === undefined || !isLit) return undefined
  return {
    what: `${customerId} was lit again on ${fee.issuedAt.slice(0, 10)}, fee ${rupees(fee.amountMinor)}`,
    paths: [customerPath(customerId)],
    workflowIds: [run.workflowId],
  }
}

async function seeBooks({ api, plant }: Eyes): Promise<Sighting | undefined> {
  const path = `/v1/ledger/trial-balance?plant=${plant}`
  const { body } = await api.get<{ debitMinor: number; creditMinor: number }>(path)
  if (body.debitMinor !== body.creditMinor)
    throw new Error(`the books do not balance: ${body.debitMinor} and ${body.creditMinor}`)
  return body.debitMinor === 0 ? undefined : { what: `${rupees(body.debitMinor)} on either side`, paths: [path], workflowIds: [] }
}

function rupees(amountMinor: number): string {
  return `${(amountMinor / 100).toFixed(2)} rupees`
}
