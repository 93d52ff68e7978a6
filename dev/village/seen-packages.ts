import { CAST } from './cast.ts'
import type { Eyes, Sighting } from './eyes.ts'
import { accountOf } from './seen-accounts.ts'

/** One that lies on the desk now, undecided, and that nobody of the village will decide. */
export async function seeWaitingRequest({ api, plant, temporal }: Eyes): Promise<Sighting | undefined> {
  const ofOthers = [CAST.wantsTooMuch, CAST.wantsMoreAndGetsIt].map((id) => `CustomerId != '${id}'`).join(' AND ')
  const waits = `Stage = 'Approval' AND WaitingFor = 'cluster-in-charge' AND ExecutionStatus = 'Running'`
  const query = `WorkflowType = 'changePackage' AND PlantCode = '${plant}' AND ${waits} AND ${ofOthers}`
  const run = await temporal.find(query)
  if (run === undefined) return undefined
  const requestId = requestIdOf(run.workflowId)
  const path = `/v1/package-changes/${requestId}`
  const { body } = await api.get<{ request: { customerId: string; toCode: string }; stage: string; decisions: unknown[] }>(path)
  if (body.stage !== 'Approval') return undefined
  const what = `${requestId} of ${body.request.customerId} for ${body.request.toCode} waits for deepa, the cluster in-charge`
  return { what, paths: [path], workflowIds: [run.workflowId] }
}

export async function seeRefusedRequest({ temporal }: Eyes): Promise<Sighting | undefined> {
  const customerId = CAST.wantsTooMuch
  const run = await temporal.find(`WorkflowType = 'changePackage' AND CustomerId = '${customerId}' AND Outcome = 'Rejected'`)
  if (run === undefined) return undefined
  return requestSighting(run.workflowId, `${customerId} stays with the package there is`)
}

export async function seeProgrammed(eyes: Eyes): Promise<Sighting | undefined> {
  const customerId = CAST.wantsMoreAndGetsIt
  const run = await eyes.temporal.find(`WorkflowType = 'changePackage' AND CustomerId = '${customerId}' AND Outcome = 'Done'`)
  if (run === undefined) return undefined
  const { meter } = await accountOf(eyes, customerId)
  const limitW = meter?.reported?.loadLimitW ?? null
  if (limitW === null || limitW !== meter?.desired?.loadLimitW) return undefined
  return requestSighting(run.workflowId, `${meter.serial} reports ${limitW} W`)
}

function requestSighting(workflowId: string, what: string): Sighting {
  return { what, paths: [`/v1/package-changes/${requestIdOf(workflowId)}`], workflowIds: [workflowId] }
}

function requestIdOf(workflowId: string): string {
  return decodeURIComponent(workflowId.slice('package-change:'.length))
}
