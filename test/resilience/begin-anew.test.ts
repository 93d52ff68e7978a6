// What lands while a run whose history has grown long begins anew. Each case is tried many times, the landing some events of its
// history later each time, so that it meets the old run, the new one and the moment between them.
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { WorkflowNotFoundError } from '@temporalio/common'
import { setTimeout as sleep } from 'node:timers/promises'
import { refusalFromTemporal } from '../../api/temporal-failures.ts'
import { inTransaction } from '../../db/queries/accounts.ts'
import { openTask } from '../../db/queries/tasks.ts'
import { processIds } from '../../domain/process-ids.ts'
import { completeTask } from '../../workflows/do-field-task.ts'
import { nudge } from '../../workflows/procedure.ts'
import { connectCustomer } from '../support/connections.ts'
import { electricity, hear, openOf, owe } from '../support/payers.ts'
import { until } from '../support/until.ts'
import { PLANT } from '../support/village.ts'
import { type SlowWorld, slowWorld } from './support/slow-world.ts'

const ASOF = '2026-07-15T06:30:00.000Z'
const PATIENCE_MS = 60_000
const TIMES = 8
/** Nudges come one after the other, not in a flood: each is looked after before the next. */
const NUDGE_EVERY_MS = 40
/** A look of a run is some eight events. */
const LONG_HISTORY = 80
const times = Array.from({ length: TIMES }, (_, n) => n)
/** At how many events of the first run the nth lands. */
const landsAt = (n: number): number => LONG_HISTORY - 8 + 4 * n

let world: SlowWorld
beforeAll(async () => {
  world = await slowWorld({ longHistory: LONG_HISTORY })
}, 120_000)
afterAll(() => world.close(), 60_000)

const runs = (workflowId: string) => world.temporal.client.workflow.getHandle(workflowId)
const row = (workflowId: string) =>
  world.db.selectFrom('processes').select(['stage', 'outcome']).where('workflowId', '=', workflowId).executeTakeFirst()
const reaches = (workflowId: string, state: object) =>
  until(async () => expect(await row(workflowId)).toMatchObject(state), PATIENCE_MS)

/**
 * Nudges a run until it has begun anew or ended, and lets `land` happen beside that when it has so many events, or is over. Resolves with
 * whether it began anew.
 */
async function nudgeOn(workflowId: string, { events, land }: { events: number; land: () => Promise<void> }): Promise<boolean> {
  const { runId: first } = await runs(workflowId).describe()
  let landed: Promise<void> | undefined
  for (;;) {
    const { runId, status, historyLength } = await runs(workflowId).describe()
    const isOver = runId !== first || status.name !== 'RUNNING'
    if (historyLength >= events || isOver) landed ??= land()
    if (isOver) break
    // It may end in just this moment.
    await runs(workflowId)
      .signal(nudge)
      .catch((error: unknown) => expect(error).toBeInstanceOf(WorkflowNotFoundError))
    await sleep(NUDGE_EVERY_MS)
  }
  await landed
  const { status } = await world.temporal.client.workflow.getHandle(workflowId, first).describe()
  return status.name === 'CONTINUED_AS_NEW'
}

/** As people do: told to try again, which is all the API ever says of such a moment, they send the same once more. */
async function complete(taskId: string): Promise<void> {
  const said = { by: 'binod', detail: { outcome: 'done' } }
  for (let isAgain = false; ; isAgain = true) {
    try {
      await runs(processIds.task(taskId)).executeUpdate(completeTask, { args: [said] })
      return
    } catch (error) {
      const refusal = refusalFromTemporal(error)
      // It had been written before the run could answer.
      if (isAgain && refusal?.code === 'ALREADY_DECIDED') return
      if (refusal?.code !== 'TRY_AGAIN') throw error
    }
  }
}

test(
  'work that is reported while its process begins anew comes to its review, once, and nobody has to report it again',
  async () => {
    const taskIds: string[] = []
    for (const n of times) {
      const source = { workflowId: 'test', step: `anew:${n}` }
      const task = { plant: PLANT, kind: 'no-supply', source, dueAt: '2026-07-16T06:30:00.000Z', asOf: ASOF } as const
      taskIds.push((await inTransaction(world.db, (tx) => openTask(tx, task))).taskId)
    }
    for (const taskId of taskIds) await reaches(processIds.task(taskId), { stage: 'InProcess' })
    // The report is under way for longer than a few nudges take: its run may not end before it is written.
    world.slowDown({ names: ['recordDecision'], ms: 30, onStart: () => undefined })
    const begunAnew = await Promise.all(
      taskIds.map((taskId, n) => nudgeOn(processIds.task(taskId), { events: landsAt(n), land: () => complete(taskId) })),
    )
    expect(begunAnew).toEqual(times.map(() => true))
    for (const taskId of taskIds) await reaches(processIds.task(taskId), { stage: 'Review' })
    const reports = await world.db.selectFrom('decisions').select('workflowId').where('verdict', '=', 'reported').execute()
    expect(reports.map(({ workflowId }) => workflowId).toSorted()).toEqual(taskIds.map(processIds.task).toSorted())
  },
  3 * PATIENCE_MS,
)

test(
  'money that is confirmed while the process of its payment begins anew is posted, once, and the bill is settled',
  async () => {
    const payers: { accountId: string; chargeId: number; reference: string; workflowId: string }[] = []
    for (const n of times) {
      const { accountId } = await connectCustomer(world.db, { pole: '012' })
      const chargeId = await owe(world.db, accountId, { ...electricity('2026-06-01', 46_400, '2026-07-20'), asOf: ASOF })
      const reference = `anew-${n}-silent`
      await hear(world.db, { reference, amountMinor: 46_400, payer: accountId, status: 'pending', asOf: ASOF })
      payers.push({ accountId, chargeId, reference, workflowId: processIds.payment('sandbox-wallet', reference) })
    }
    for (const { workflowId } of payers) await reaches(workflowId, { stage: 'Unconfirmed' })
    world.slowDown({ names: ['takeInNotice'], ms: 30, onStart: () => undefined })
    const begunAnew = await Promise.all(
      payers.map(({ accountId, reference, workflowId }, n) =>
        nudgeOn(workflowId, {
          events: landsAt(n),
          land: async () => void (await hear(world.db, { reference, amountMinor: 46_400, payer: accountId, asOf: ASOF })),
        }),
      ),
    )
    // What was confirmed early ended the first run; the others met the change from run to run.
    expect(begunAnew).toContain(true)
    for (const { workflowId } of payers) await reaches(workflowId, { outcome: 'Posted' })
    expect(await openOf(world.db, ...payers.map(({ chargeId }) => chargeId))).toEqual(times.map(() => 0))
    const receipts = await world.db.selectFrom('payments').select('receiptNumber').where('state', '=', 'posted').execute()
    expect(new Set(receipts.map(({ receiptNumber }) => receiptNumber)).size).toBe(TIMES)
  },
  3 * PATIENCE_MS,
)
