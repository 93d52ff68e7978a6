import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { sql } from 'kysely'
import { insertStaff } from '../../db/queries/staff.ts'
import { processIds } from '../../domain/process-ids.ts'
import { enterKyc, withdraw } from '../../workflows/onboarding-decisions.ts'
import { retry } from '../../workflows/procedure.ts'
import { reassign } from '../../workflows/reassign.ts'
import { applicants } from '../support/applicants.ts'
import { hear } from '../support/payers.ts'
import { PLANT, type Village, village } from '../support/village.ts'

let katsa: Village
let desk: ReturnType<typeof applicants>
beforeAll(async () => {
  katsa = await village()
  desk = applicants(katsa)
  const person = { name: 'Kiran Prasad', role: 'cluster-in-charge', passwordHash: '-' }
  await insertStaff(katsa.db, { ...person, login: 'kiran', scope: 'cluster:Saran East' })
})
afterAll(() => katsa.close())

/** Who was told what about a process, in order, with the days it has waited. */
async function told(requestId: string): Promise<string[]> {
  const rows = await katsa.db
    .selectFrom('notifications')
    .select(['kind', 'staffLogin', 'params'])
    .where('kind', 'like', 'process-%')
    .where(sql<boolean>`params ->> 'requestId' = ${requestId}`)
    .orderBy('notificationId')
    .execute()
  return rows.map(({ kind, staffLogin, params }) => {
    const { waitedDays } = params as { waitedDays?: number }
    return [kind.replace('process-', ''), staffLogin, ...(waitedDays === undefined ? [] : [`after ${waitedDays}`])].join(' ')
  })
}

async function suspense(reference: string): Promise<string> {
  await hear(katsa.db, { reference, amountMinor: 10_000, payer: 'somebody', asOf: await katsa.now() })
  await katsa.settle()
  return processIds.payment('sandbox-wallet', reference)
}

test('an application nobody chooses a package for: its agent is reminded, then the levels above are told, and again every week', async () => {
  const applicationId = await desk.apply({ salesAgent: 'imran' })
  await desk.decide(applicationId, enterKyc, 'imran', { kind: 'voter-id' })
  expect(await desk.process(applicationId)).toMatchObject({
    stage: 'PackageChoice',
    dueAt: expect.stringMatching(/^2026-07-02T03:30:0/),
  })
  await katsa.advance('P17D')
  // Policy "waiting": after 1 day, 2 days, then every 7: 2 + 7 = 9 and 16.
  expect(await told(applicationId)).toEqual([
    'reminder imran after 1',
    'escalated deepa after 2',
    'escalated kiran after 2',
    'escalated farid after 9',
    'escalated geeta after 16',
    'escalated harish after 16',
  ])
  await desk.decide(applicationId, withdraw, 'asha')
})

test('money of an unknown payer is not forgotten, and whoever it was given to is reminded alone', async () => {
  const workflowId = await suspense('given')
  const given = { by: 'deepa', detail: { to: 'kiran' } }
  await katsa.temporal.client.workflow.getHandle(workflowId).executeUpdate(reassign, { args: [given] })
  await suspense('everybody')
  await katsa.advance('P3D')
  expect(await told('given')).toEqual(['assigned kiran', 'reminder kiran after 1', 'escalated farid after 2'])
  expect(await told('everybody')).toEqual(['reminder deepa after 1', 'reminder kiran after 1', 'escalated farid after 2'])
})

test('a refund that nobody approves is reminded of, and its paying out from its own beginning', async () => {
  const applicationId = await desk.demanded()
  await desk.pay(applicationId, 20_000)
  await desk.decide(applicationId, withdraw, 'asha')
  expect(await desk.process(applicationId)).toMatchObject({ stage: 'RefundApproval' })
  await katsa.advance('PT36H')
  expect(await told(applicationId)).toEqual(['reminder deepa after 1', 'reminder kiran after 1'])
})

test('a new customer for whom no meter lies free is brought before the cluster in-charge, then the state in-charge', async () => {
  await katsa.db.updateTable('meters').set({ state: 'in-repair' }).where('state', '=', 'free').execute()
  const applicationId = await desk.demanded()
  await desk.pay(applicationId, 80_000)
  expect(await desk.process(applicationId)).toMatchObject({ stage: 'NoMeterFree' })
  await katsa.advance('PT60H')
  expect(await told(applicationId)).toEqual(['reminder deepa after 1', 'reminder kiran after 1', 'escalated farid after 2'])
})

test('a process that cannot go on is told of at once, and again while it stands', async () => {
  const taskId = `${PLANT}-T99999`
  const workflowId = processIds.task(taskId)
  await katsa.start('doFieldTask', workflowId, { taskId, plant: PLANT })
  expect(await katsa.process(workflowId)).toMatchObject({ stage: 'Parked', waitingFor: 'cluster-in-charge' })
  expect(await told(taskId)).toEqual(['parked deepa', 'parked kiran'])
  await katsa.advance('PT60H')
  expect((await told(taskId)).slice(2)).toEqual(['reminder deepa after 1', 'reminder kiran after 1', 'escalated farid after 2'])
  await katsa.temporal.client.workflow.getHandle(workflowId).executeUpdate(retry, { args: [{ by: 'deepa' }] })
  await katsa.settle()
  expect(await katsa.process(workflowId)).toMatchObject({ stage: 'Parked' })
})
