import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { setTimeout as sleep } from 'node:timers/promises'
import { inTransaction } from '../../db/queries/accounts.ts'
import { cancelTask, openTask } from '../../db/queries/tasks.ts'
import { processIds } from '../../domain/process-ids.ts'
import { approveTask, assignTask, completeTask, rejectTask } from '../../workflows/do-field-task.ts'
import type { DecisionUpdate } from '../../workflows/decisions.ts'
import { connectCustomer } from '../support/connections.ts'
import { PLANT, type Village, village } from '../support/village.ts'

let katsa: Village
beforeAll(async () => {
  katsa = await village()
})
afterAll(() => katsa.close())

async function open(step: string): Promise<string> {
  const asOf = await katsa.now()
  const task = await inTransaction(katsa.db, (tx) =>
    openTask(tx, {
      plant: PLANT,
      kind: 'meter-fault',
      source: { workflowId: 'test', step },
      dueAt: '2026-07-03T03:30:00.000Z',
      asOf,
    }),
  )
  await katsa.settle()
  return task.taskId
}

const handle = (taskId: string) => katsa.temporal.client.workflow.getHandle(processIds.task(taskId))
const status = async (taskId: string) =>
  (await katsa.db.selectFrom('tasks').selectAll().where('taskId', '=', taskId).executeTakeFirstOrThrow()).status

test('finished work counts only after another person has confirmed it', async () => {
  const taskId = await open('confirm')
  await handle(taskId).executeUpdate(completeTask, { args: [{ by: 'binod', detail: { outcome: 'done' } }] })
  await katsa.settle()
  expect(await status(taskId)).toBe('review')
  await expect(handle(taskId).executeUpdate(approveTask, { args: [{ by: 'binod' }] })).rejects.toMatchObject({
    cause: { type: 'OWN_ENTRY' },
  })
  await handle(taskId).executeUpdate(approveTask, { args: [{ by: 'chandan' }] })
  await katsa.settle()
  expect(await status(taskId)).toBe('completed')
  expect(await katsa.process(processIds.task(taskId))).toMatchObject({ outcome: 'Completed' })
})

test('work that is sent back is done again, and the second report is judged anew', async () => {
  const taskId = await open('again')
  for (const verdict of [rejectTask, approveTask]) {
    await handle(taskId).executeUpdate(completeTask, { args: [{ by: 'binod', detail: { outcome: 'done' } }] })
    await katsa.settle()
    await handle(taskId).executeUpdate(verdict, { args: [{ by: 'chandan' }] })
    await katsa.settle()
  }
  expect(await status(taskId)).toBe('completed')
})

test('a technician who never comes is reminded, then the cluster in-charge is told, who gives it to another', async () => {
  const taskId = await open('late')
  await katsa.advance('P9D')
  const told = await katsa.db
    .selectFrom('notifications')
    .select(['kind', 'staffLogin'])
    .where('dedupeKey', 'like', `%${taskId}%`)
    .orderBy('notificationId')
    .execute()
  // Told at once, reminded after a day, escalated after two (which is when it is due), and again every week it stays late.
  expect(told.map(({ kind }) => kind)).toEqual(['task-assigned', 'task-reminder', 'task-escalated', 'task-escalated'])
  expect(told.at(-1)?.staffLogin).toBe('deepa')
  await handle(taskId).executeUpdate(assignTask, { args: [{ by: 'deepa', detail: { to: 'jyoti' } }] })
  await katsa.settle()
  expect(
    await katsa.db.selectFrom('tasks').select(['assignedTo', 'status']).where('taskId', '=', taskId).executeTakeFirstOrThrow(),
  ).toEqual({ assignedTo: 'jyoti', status: 'in-process' })
})

test('a technician hears at once of work that is given to him, and that he need not go any more', async () => {
  const taskId = await open('not wanted')
  const toldOf = (id: string) =>
    katsa.db
      .selectFrom('notifications')
      .select(['kind', 'staffLogin'])
      .where('kind', 'in', ['task-assigned', 'task-withdrawn'])
      .where('dedupeKey', 'like', `%:${id}%`)
      .orderBy('notificationId')
      .execute()
  const { assignedTo } = await katsa.db.selectFrom('tasks').selectAll().where('taskId', '=', taskId).executeTakeFirstOrThrow()
  const given = { kind: 'task-assigned', staffLogin: assignedTo }
  expect(await open('not wanted')).toBe(taskId)
  expect(await toldOf(taskId)).toEqual([given])
  const withdraw = async (id: string): Promise<void> => {
    const asOf = await katsa.now()
    await inTransaction(katsa.db, (tx) => cancelTask(tx, id, asOf))
    await katsa.settle()
  }
  await withdraw(taskId)
  await withdraw(taskId)
  expect(await toldOf(taskId)).toEqual([given, { kind: 'task-withdrawn', staffLogin: assignedTo }])
  expect(await katsa.process(processIds.task(taskId))).toMatchObject({ outcome: 'Withdrawn' })

  // Who has done the work already is not told to leave it.
  const done = await open('done and not wanted')
  await handle(done).executeUpdate(completeTask, { args: [{ by: 'binod', detail: { outcome: 'done' } }] })
  await katsa.settle()
  await withdraw(done)
  expect((await toldOf(done)).map(({ kind }) => kind)).toEqual(['task-assigned'])
})

test('the second of two decisions at once learns who was first', async () => {
  const taskId = await open('race')
  await handle(taskId).executeUpdate(completeTask, { args: [{ by: 'binod', detail: { outcome: 'done' } }] })
  await katsa.settle()
  const both = await Promise.allSettled(
    ['chandan', 'deepa'].map((by) => handle(taskId).executeUpdate(approveTask, { args: [{ by }] })),
  )
  expect(both.filter(({ status: s }) => s === 'fulfilled')).toHaveLength(1)
  const lost = both.find(({ status: s }) => s === 'rejected') as PromiseRejectedResult
  expect(lost.reason).toMatchObject({ cause: { type: expect.stringMatching(/ALREADY_DECIDED|WRONG_STAGE/) } })
})

test('whoever sees on the list that work waits for review can confirm it that very moment', async () => {
  const taskId = await open('at-once')
  const report = handle(taskId).executeUpdate(completeTask, { args: [{ by: 'binod', detail: { outcome: 'done' } }] })
  for (let seen = await status(taskId); seen !== 'review'; seen = await status(taskId)) await sleep(1)
  expect(await handle(taskId).executeUpdate(approveTask, { args: [{ by: 'chandan' }] })).toMatchObject({ step: 'review:1' })
  await report
  await katsa.settle()
  expect(await status(taskId)).toBe('completed')
})

test('work that was just sent back can be reported anew, and work just given on be given on again', async () => {
  const taskId = await open('quick')
  const act = async (update: DecisionUpdate, by: string, detail: Record<string, string> = {}): Promise<string> =>
    (await handle(taskId).executeUpdate(update, { args: [{ by, detail }] })).step
  // No pause between them: what is decided counts before the rows say so.
  expect([
    await act(assignTask, 'deepa', { to: 'jyoti' }),
    await act(assignTask, 'deepa', { to: 'binod' }),
    await act(completeTask, 'binod', { outcome: 'done' }),
    await act(rejectTask, 'chandan'),
    await act(completeTask, 'binod', { outcome: 'done' }),
    await act(approveTask, 'chandan'),
  ]).toEqual(['handover:1', 'handover:2', 'report:1', 'review:1', 'report:2', 'review:2'])
  await katsa.settle()
  expect(await status(taskId)).toBe('completed')
})

test('a report that names another meter is refused with what is wrong, and the task stays to be done', async () => {
  const asOf = await katsa.now()
  const source = { workflowId: 'test', step: 'serial' }
  const wish = { plant: PLANT, kind: 'meter-removal' as const, source, detail: { serial: 'SM900012' }, dueAt: asOf, asOf }
  const { taskId } = await inTransaction(katsa.db, (tx) => openTask(tx, wish))
  await katsa.settle()
  const wrong = { by: 'binod', detail: { outcome: 'done', serial: 'SM900013', finalRegisterWh: 1 } }
  await expect(handle(taskId).executeUpdate(completeTask, { args: [wrong] })).rejects.toMatchObject({
    cause: { type: 'INVALID_INPUT', message: 'This task is about meter SM900012, not SM900013.' },
  })
  await katsa.settle()
  expect(await status(taskId)).toBe('in-process')
  const right = { by: 'binod', detail: { outcome: 'done', serial: 'SM900012', finalRegisterWh: 1 } }
  await handle(taskId).executeUpdate(completeTask, { args: [right] })
  await katsa.settle()
  expect(await status(taskId)).toBe('review')
})

test('a register below the last one goes to the reviewer with a mark, and parks nothing', async () => {
  const { customerId, accountId } = await connectCustomer(katsa.db, { openingRegisterWh: 5_000 })
  const asOf = await katsa.now()
  const of = { plant: PLANT, kind: 'meter-removal' as const, customerId, accountId, dueAt: asOf, asOf }
  const { taskId } = await inTransaction(katsa.db, (tx) => openTask(tx, { ...of, source: { workflowId: 'test', step: 'below' } }))
  await katsa.settle()
  await handle(taskId).executeUpdate(completeTask, {
    args: [{ by: 'binod', detail: { outcome: 'done', finalRegisterWh: 4_000 } }],
  })
  await katsa.settle()
  const task = await katsa.db.selectFrom('tasks').selectAll().where('taskId', '=', taskId).executeTakeFirstOrThrow()
  expect(task).toMatchObject({ status: 'review', result: { mark: 'below-last', lastWh: 5_000 } })
})
