import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { WorkflowUpdateFailedError } from '@temporalio/client'
import { openRefundOf } from '../../db/queries/refunds.ts'
import { processIds } from '../../domain/process-ids.ts'
import { approveClosingRefund } from '../../workflows/close-account.ts'
import { approveTask, completeTask } from '../../workflows/do-field-task.ts'
import { connectCustomer, type ConnectedCustomer, payInCash } from '../support/connections.ts'
import { village, type Village } from '../support/village.ts'
import { type OpenApi, openApi } from './support/api.ts'

let katsa: Village
let api: OpenApi
let leaver: ConnectedCustomer
let closureId: string
beforeAll(async () => {
  katsa = await village()
  api = await openApi(katsa.db, { client: katsa.temporal.client })
  leaver = await connectCustomer(katsa.db, { packageCode: 'A1.1', meterKind: 'load_limiter', depositMinor: 20_000 })
  await payInCash(katsa.db, { ...leaver, amountMinor: 60_000, at: await katsa.now(), reference: 'too-much' })
})
afterAll(async () => {
  await api.app.close()
  await katsa.close()
})

let keys = 0
async function post(staffLogin: string, url: string, payload: object = {}) {
  keys += 1
  const headers = { ...(await api.logIn({ staffLogin })), 'idempotency-key': `key-${keys}` }
  const reply = await api.app.inject({ method: 'POST', url, payload, headers })
  await katsa.settle()
  return { status: reply.statusCode, body: reply.json() }
}
const approve = (login: string) => post(login, `/v1/closures/${closureId}/refund-approval`)
const payOut = (login: string) => post(login, `/v1/closures/${closureId}/refund-payment`, { method: 'cash' })
const waiting = () => openRefundOf(katsa.db, { accountId: leaver.accountId, source: closureId })

async function meterTakenDown(): Promise<void> {
  const { taskId } = await katsa.db
    .selectFrom('tasks')
    .select('taskId')
    .where('sourceWorkflowId', '=', processIds.closing(closureId))
    .executeTakeFirstOrThrow()
  const run = katsa.temporal.client.workflow.getHandle(processIds.task(taskId))
  await run.executeUpdate(completeTask, { args: [{ by: 'binod', detail: { outcome: 'done' } }] })
  await katsa.settle()
  await run.executeUpdate(approveTask, { args: [{ by: 'chandan' }] })
  await katsa.settle()
}

test('who is let go cannot decide to stay', async () => {
  const banned = await connectCustomer(katsa.db, { packageCode: 'A1.1', meterKind: 'load_limiter', depositMinor: 20_000 })
  const asked = { leavingOn: '2026-07-20', refundMethod: 'cash', reason: 'capacity' }
  const { status, body } = await post('farid', `/v1/customers/${banned.customerId}/closures`, asked)
  expect(status).toBe(201)
  expect(await post('asha', `/v1/closures/${body.closureId}/withdrawal`)).toMatchObject({
    status: 403,
    body: { code: 'NOT_PERMITTED' },
  })
})

test('a connection that is not active yet is not closed: its application is withdrawn', async () => {
  const joining = await connectCustomer(katsa.db, { packageCode: 'A1.1', meterKind: 'load_limiter', depositMinor: 20_000 })
  await katsa.db.updateTable('connections').set({ connectedOn: null }).where('customerId', '=', joining.customerId).execute()
  const asked = { leavingOn: '2026-07-20', refundMethod: 'cash' }
  expect(await post('asha', `/v1/customers/${joining.customerId}/closures`, asked)).toMatchObject({
    status: 409,
    body: { code: 'WRONG_STAGE' },
  })
})

test('there is nothing to approve before the account is settled', async () => {
  const asked = { leavingOn: '2026-07-01', refundMethod: 'cash' }
  const { status, body } = await post('asha', `/v1/customers/${leaver.customerId}/closures`, asked)
  expect(status).toBe(201)
  closureId = body.closureId
  expect(await approve('deepa')).toMatchObject({ status: 409, body: { code: 'WRONG_STAGE' } })
  await katsa.advanceTo('2026-07-01T20:00:00.000Z')
  await meterTakenDown()
  expect(await waiting()).toMatchObject({ kind: 'deposit', amountMinor: 20_000, state: 'requested' })
})

test('nobody pays out himself what he approved', async () => {
  expect(await approve('deepa')).toMatchObject({ status: 200, body: { verdict: 'approved', decidedBy: 'deepa' } })
  expect(await payOut('deepa')).toMatchObject({ status: 403, body: { code: 'OWN_ENTRY' } })
  expect(await approve('geeta')).toMatchObject({
    status: 409,
    body: { code: 'ALREADY_DECIDED', details: { decidedBy: 'deepa' } },
  })
})

test('a refund above the level is not approved under the name of a smaller one', async () => {
  const { refundId } = (await waiting()) ?? { refundId: 0 }
  expect(await payOut('asha')).toMatchObject({ status: 200, body: { verdict: 'paid' } })
  // The 600 rupees of credit are next: above the 500 of the cluster in-charge.
  expect(await waiting()).toMatchObject({ kind: 'credit', amountMinor: 60_000, state: 'requested' })
  expect(await approve('deepa')).toMatchObject({ status: 403, body: { code: 'NOT_PERMITTED' } })
  // As if he had been let through a moment earlier, for the deposit.
  const late = katsa.temporal.client.workflow
    .getHandle(processIds.closing(closureId))
    .executeUpdate(approveClosingRefund, { args: [{ by: 'deepa', detail: { refundId } }] })
  await expect(late).rejects.toThrow(WorkflowUpdateFailedError)
  expect(await payOut('asha')).toMatchObject({ status: 409, body: { code: 'WRONG_STAGE' } })
  expect(await waiting()).toMatchObject({ kind: 'credit', state: 'requested' })
})
