import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { insertStaff } from '../../db/queries/staff.ts'
import { processIds } from '../../domain/process-ids.ts'
import { withdraw as withdrawApplication } from '../../workflows/onboarding-decisions.ts'
import { completeTask } from '../../workflows/do-field-task.ts'
import { applicants } from '../support/applicants.ts'
import { type OpenApi, openApi } from '../api/support/api.ts'
import { connectCustomer } from '../support/connections.ts'
import { packageDesk } from '../support/package-changes.ts'
import { hear } from '../support/payers.ts'
import { type Village, village } from '../support/village.ts'

let katsa: Village
let api: OpenApi
let desk: ReturnType<typeof packageDesk>
beforeAll(async () => {
  katsa = await village()
  api = await openApi(katsa.db, { client: katsa.temporal.client })
  desk = packageDesk(katsa)
  const person = { name: 'Kiran Prasad', role: 'cluster-in-charge', passwordHash: '-' }
  await insertStaff(katsa.db, { ...person, login: 'kiran', scope: 'cluster:Saran East' })
  await insertStaff(katsa.db, { ...person, login: 'lalit', scope: 'cluster:Siwan' })
})
afterAll(async () => {
  await api.app.close()
  await katsa.close()
})

let keys = 0
async function give(workflowId: string, to: string, by = 'deepa') {
  const reply = await api.app.inject({
    method: 'POST',
    url: `/v1/processes/${encodeURIComponent(workflowId)}/assignment`,
    payload: { to },
    headers: { ...(await api.logIn({ staffLogin: by })), 'idempotency-key': `give-${(keys += 1)}` },
  })
  await katsa.settle()
  return { status: reply.statusCode, body: reply.json() }
}

async function page(workflowId: string) {
  const url = `/v1/processes/${encodeURIComponent(workflowId)}`
  const reply = await api.app.inject({ url, headers: await api.logIn({ staffLogin: 'deepa' }) })
  return reply.json<{ process: Record<string, unknown>; decisions: object[] }>()
}

async function toldOf(kind: string, id: string): Promise<(string | null)[]> {
  const rows = await katsa.db.selectFrom('notifications').select(['staffLogin', 'params']).where('kind', '=', kind).execute()
  return rows.flatMap(({ staffLogin, params }) => ((params as { requestId: string }).requestId === id ? [staffLogin] : []))
}

async function askedForAPackage(): Promise<{ requestId: string; workflowId: string }> {
  const { customerId } = await connectCustomer(katsa.db, { packageCode: 'B1.1', depositMinor: 50_000 })
  const requestId = await desk.ask({ customerId, packageCode: 'B1.2' })
  return { requestId, workflowId: processIds.packageChange(requestId) }
}

test('an approver who is away: the request is given to another, who is told, is named on its page and decides', async () => {
  const { requestId, workflowId } = await askedForAPackage()
  expect((await page(workflowId)).process).toMatchObject({ waitingFor: 'cluster-in-charge', assignedTo: null })
  expect((await give(workflowId, 'kiran')).body).toMatchObject({ verdict: 'assigned', decidedBy: 'deepa' })
  expect(await toldOf('process-assigned', requestId)).toEqual(['kiran'])
  const { process, decisions } = await page(workflowId)
  expect(process).toMatchObject({ stage: 'Approval', waitingFor: 'cluster-in-charge', assignedTo: 'kiran' })
  expect(decisions).toMatchObject([{ verdict: 'assigned', decidedBy: 'deepa' }])
  // And back again: each time is kept.
  expect((await give(workflowId, 'deepa', 'geeta')).status).toBe(200)
  expect((await page(workflowId)).process.assignedTo).toBe('deepa')
  expect((await page(workflowId)).decisions).toHaveLength(2)
})

test('a request goes to nobody who may not decide it: another role, another cluster, whoever asked, or somebody unknown', async () => {
  const { customerId } = await connectCustomer(katsa.db, { packageCode: 'B1.1', depositMinor: 50_000 })
  const requestId = await desk.ask({ customerId, packageCode: 'B1.2', requestedBy: 'kiran' })
  const workflowId = processIds.packageChange(requestId)
  for (const to of ['asha', 'lalit', 'nobody'])
    expect(await give(workflowId, to)).toMatchObject({ status: 422, body: { code: 'INVALID_INPUT', details: { to } } })
  expect((await give(workflowId, 'kiran')).body).toMatchObject({ code: 'OWN_ENTRY' })
  expect((await give(workflowId, 'kiran', 'asha')).body).toMatchObject({ code: 'NOT_PERMITTED' })
  expect((await page(workflowId)).process).toMatchObject({ assignedTo: null })
})

test('what waits for the customer is given to nobody', async () => {
  const applicationId = await applicants(katsa).demanded()
  expect((await give(processIds.onboarding(applicationId), 'kiran')).body).toMatchObject({ code: 'WRONG_STAGE' })
})

test('a refund, a review of finished work and money of an unknown payer are given to another person in the same way', async () => {
  const desks = applicants(katsa)
  const applicationId = await desks.demanded()
  await desks.pay(applicationId, 20_000)
  await desks.decide(applicationId, withdrawApplication, 'asha')
  const onboarding = processIds.onboarding(applicationId)
  expect((await page(onboarding)).process).toMatchObject({ stage: 'RefundApproval', waitingFor: 'cluster-in-charge' })
  expect((await give(onboarding, 'kiran')).status).toBe(200)
  expect((await page(onboarding)).process.assignedTo).toBe('kiran')

  await hear(katsa.db, { reference: 'whose', amountMinor: 10_000, payer: 'somebody', asOf: await katsa.now() })
  await katsa.settle()
  const payment = processIds.payment('sandbox-wallet', 'whose')
  expect((await give(payment, 'kiran')).status).toBe(200)
  expect((await page(payment)).process).toMatchObject({ stage: 'Suspense', assignedTo: 'kiran' })

  const joining = await desks.demanded()
  await desks.pay(joining, 80_000)
  const { taskId } = await desks.taskOf(joining, 'installation:1')
  const task = processIds.task(taskId)
  // Work is given on by the task's own assignment.
  expect((await give(task, 'jyoti')).body).toMatchObject({ code: 'WRONG_STAGE' })
  const done = { outcome: 'done', startRegisterWh: 0 }
  await katsa.temporal.client.workflow.getHandle(task).executeUpdate(completeTask, { args: [{ by: 'binod', detail: done }] })
  await katsa.settle()
  expect((await give(task, 'binod')).body).toMatchObject({ code: 'OWN_ENTRY' })
  expect((await give(task, 'jyoti')).status).toBe(200)
  expect((await page(task)).process).toMatchObject({ stage: 'Review', assignedTo: 'jyoti' })
})
