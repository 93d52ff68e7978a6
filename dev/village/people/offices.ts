import { CAST } from '../cast.ts'
import { type Company, daysAfter, send, sideBySide } from './company.ts'

/** A process as the API lists it. */
export interface ProcessSeen {
  readonly workflowId: string
  readonly workflowType: string
  readonly customerId: string | null
  readonly stage: string
  readonly waitingFor: string | null
  readonly changedAt: string
  readonly input?: unknown
}

/** What somebody of an office does with a process that waits for them. */
interface Answering {
  readonly path: string
  readonly body: object
}

const CLUSTER = 'deepa'
const STATE = 'farid'
const AGENT = 'asha'
/** Nobody decides in the minute a paper lands on the desk. */
const ON_THE_DESK_DAYS = 0.4

/** The desks: cluster in-charge and state in-charge decide, the agent pays out what was approved. */
export async function keepOffices(company: Company): Promise<void> {
  await answerAll(company, { who: CLUSTER, waitingFor: 'cluster-in-charge', decide: clusterDecides })
  await answerAll(company, { who: STATE, waitingFor: 'state-in-charge', decide: stateDecides })
  await answerAll(company, { who: AGENT, readAs: CLUSTER, waitingFor: 'csa', decide: agentPays })
}

interface Desk {
  readonly who: string
  /** Who may list processes, where that is somebody else. */
  readonly readAs?: string
  readonly waitingFor: string
  readonly decide: (process: ProcessSeen) => Answering | undefined
}

async function answerAll(company: Company, { who, readAs = who, waitingFor, decide }: Desk): Promise<void> {
  const list = `/v1/processes?plant=${company.village.plant}&state=all&waitingFor=${waitingFor}`
  await sideBySide(await company.as(readAs).list<ProcessSeen>(list), async (process) => {
    if (company.clock.nowMs() < daysAfter(process.changedAt, ON_THE_DESK_DAYS)) return
    const answer = decide(process)
    if (answer === undefined) return
    // The stage was entered once at that moment: the same paper is not answered twice, a new one is.
    const name = `desk-${process.workflowId}-${process.stage}-${process.changedAt}`
    await company.notebook.once(name, () => send(company, { who, ...answer, name }))
  })
}

function clusterDecides({ workflowId, workflowType, stage, customerId }: ProcessSeen): Answering | undefined {
  const id = idOf(workflowId)
  if (stage === 'Parked') return { path: `/v1/processes/${encodeURIComponent(workflowId)}/retry`, body: {} }
  if (workflowType === 'closeAccount' && stage === 'ApprovingRefund')
    return { path: `/v1/closures/${id}/refund-approval`, body: {} }
  if (workflowType === 'closeAccount' && stage === 'MeterNotFound') return { path: `/v1/closures/${id}/meter-search`, body: {} }
  if (workflowType === 'onboardCustomer' && stage === 'RefundApproval')
    return { path: `/v1/applications/${id}/refund-approval`, body: {} }
  if (workflowType === 'onboardCustomer' && (stage === 'InstallationInDoubt' || stage === 'MeterRefused'))
    return { path: `/v1/applications/${id}/installation`, body: {} }
  if (workflowType === 'collectDues' && stage === 'AwaitingDecision' && customerId !== null)
    return {
      path: `/v1/customers/${customerId}/collection/ban`,
      body: { verdict: 'decline', text: 'The family has promised to pay after the harvest.' },
    }
  if (workflowType === 'changePackage') return packageDecision({ id, stage, customerId })
  return undefined
}

/** The cast's wishes are refused and approved; any other is left for whoever tries the demo. Finished work is confirmed. */
function packageDecision({
  id,
  stage,
  customerId,
}: {
  id: string
  stage: string
  customerId: string | null
}): Answering | undefined {
  if (stage === 'Review') return { path: `/v1/package-changes/${id}/confirm`, body: {} }
  if (stage !== 'Approval') return undefined
  if (customerId === CAST.wantsMoreAndGetsIt) return { path: `/v1/package-changes/${id}/approve`, body: {} }
  const body = { reason: 'no-capacity', text: 'The feeder cannot carry another mill this year.' }
  return customerId === CAST.wantsTooMuch ? { path: `/v1/package-changes/${id}/reject`, body } : undefined
}

function stateDecides({ workflowId, workflowType, stage, customerId }: ProcessSeen): Answering | undefined {
  const id = idOf(workflowId)
  if (workflowType === 'collectDues' && stage === 'AwaitingDecision' && customerId !== null)
    return {
      path: `/v1/customers/${customerId}/collection/protection`,
      body: { verdict: 'keep', text: 'The village cannot be without it.' },
    }
  if (workflowType === 'closeAccount' && stage === 'ApprovingRefund')
    return { path: `/v1/closures/${id}/refund-approval`, body: {} }
  if (workflowType === 'onboardCustomer' && stage === 'RefundApproval')
    return { path: `/v1/applications/${id}/refund-approval`, body: {} }
  if (workflowType === 'changePackage' && stage === 'StateApproval')
    return { path: `/v1/package-changes/${id}/approve-state`, body: {} }
  return undefined
}

function agentPays({ workflowId, workflowType, stage }: ProcessSeen): Answering | undefined {
  const id = idOf(workflowId)
  const body = { method: 'cash', proof: `slip-${id}` }
  if (workflowType === 'closeAccount' && stage === 'PayingOut') return { path: `/v1/closures/${id}/refund-payment`, body }
  if (workflowType === 'onboardCustomer' && stage === 'RefundPayOut')
    return { path: `/v1/applications/${id}/refund-payment`, body }
  return undefined
}

function idOf(workflowId: string): string {
  return decodeURIComponent(workflowId.slice(workflowId.indexOf(':') + 1))
}
