// What lands in the very moment a run ends: each case is tried many times, the landing a few milliseconds later each time, while
// the last activities are made slow before and after their effect. So every phase of the ending is met.
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { WorkflowUpdateFailedError } from '@temporalio/client'
import { ApplicationFailure } from '@temporalio/common'
import { setTimeout as sleep } from 'node:timers/promises'
import { inTransaction, withAccount } from '../../db/queries/accounts.ts'
import { issueCharge } from '../../db/queries/charges.ts'
import { appendClockSegment } from '../../db/queries/clock.ts'
import { openClosure } from '../../db/queries/closures.ts'
import { startWorkflow } from '../../db/queries/outbox.ts'
import { openTask } from '../../db/queries/tasks.ts'
import { processIds } from '../../domain/process-ids.ts'
import { startOrWake } from '../../workers/relay/outbox.ts'
import { withdrawClosing } from '../../workflows/close-account.ts'
import type { DecisionInput, DecisionUpdate } from '../../workflows/decisions.ts'
import { approveTask, completeTask, rejectTask } from '../../workflows/do-field-task.ts'
import { connectCustomer, type ConnectedCustomer, payInCash } from '../support/connections.ts'
import { hear } from '../support/payers.ts'
import { TEST_TASK_QUEUE } from '../support/temporal.ts'
import { until } from '../support/until.ts'
import { PLANT } from '../support/village.ts'
import { type Doing, type SlowWorld, slowWorld } from './support/slow-world.ts'

const TIMES = 30
const SLOW_MS = 40
/** The last of them lands when the ending is long over. */
const STEP_MS = 5
const ASOF = '2026-07-15T06:30:00.000Z'
const PATIENCE_MS = 60_000

let world: SlowWorld
beforeAll(async () => {
  world = await slowWorld()
}, 120_000)
afterAll(() => world.close(), 60_000)

const times = Array.from({ length: TIMES }, (_, n) => n)

/** Does `land(n)` once, n steps after the n-th of these runs begins the activity that `isIt`. Resolves when all have landed. */
function landing(
  runs: readonly string[],
  {
    names,
    isIt,
    land,
  }: { names: readonly string[]; isIt: (args: Readonly<Record<string, unknown>>) => boolean; land: (n: number) => Promise<void> },
): Promise<void> {
  const landed = new Map<number, Promise<void>>()
  return new Promise((resolve, reject) => {
    const onStart = ({ args }: Doing): void => {
      const { workflowId, closureId } = args as { workflowId?: string; closureId?: string }
      const n = runs.indexOf(workflowId ?? closureId ?? '')
      if (n < 0 || landed.has(n) || !isIt(args)) return
      landed.set(
        n,
        sleep(n * STEP_MS).then(() => land(n)),
      )
      if (landed.size === runs.length) Promise.all(landed.values()).then(() => resolve(), reject)
    }
    world.slowDown({ names, ms: SLOW_MS, onStart })
  })
}

async function customers(wish: Parameters<typeof connectCustomer>[1] = {}, pole = '011'): Promise<ConnectedCustomer[]> {
  const made: ConnectedCustomer[] = []
  for (const _ of times) made.push(await connectCustomer(world.db, { ...wish, pole }))
  return made
}

const row = (workflowId: string) =>
  world.db.selectFrom('processes').select(['stage', 'outcome']).where('workflowId', '=', workflowId).executeTakeFirst()

const isRunning = async (workflowId: string): Promise<boolean> =>
  (await world.temporal.client.workflow.getHandle(workflowId).describe()).status.name === 'RUNNING'

/** As people do: told to try again, they send the same once more. */
async function decide(workflowId: string, update: DecisionUpdate, by: string, detail?: Record<string, string>): Promise<string> {
  for (;;) {
    const answer = await decideOnce(workflowId, update, { by, ...(detail && { detail }) })
    if (answer !== 'TRY_AGAIN') return answer
  }
}

async function decideOnce(workflowId: string, update: DecisionUpdate, said: DecisionInput): Promise<string> {
  const handle = world.temporal.client.workflow.getHandle(workflowId)
  try {
    await handle.executeUpdate(update, { args: [said] })
    return 'accepted'
  } catch (error) {
    if (error instanceof WorkflowUpdateFailedError && error.cause instanceof ApplicationFailure) return error.cause.type ?? ''
    return error instanceof Error ? error.name : 'unknown'
  }
}

test(
  'a new debt that comes while the collection of the last one ends is chased',
  async () => {
    const owing = await customers({ openingDues: { amountMinor: 10_000, dueOn: '2026-07-20' } })
    const runs = owing.map(({ customerId }) => processIds.collection(customerId))
    const chase = (n: number) => ({
      workflowType: 'collectDues',
      workflowId: runs[n] ?? '',
      input: { plant: PLANT, ...ids(owing[n]) },
    })
    await inTransaction(world.db, async (tx) => {
      for (const n of times) await startWorkflow(tx, chase(n))
    })
    for (const id of runs)
      await until(async () => expect(await row(id)).toMatchObject({ stage: 'Chasing', outcome: null }), PATIENCE_MS)
    const landed = landing(runs, {
      names: ['saveStage'],
      isIt: ({ outcome }) => outcome === 'Settled',
      land: (n) =>
        withAccount(world.db, owing[n]?.accountId ?? '', async (tx, account) => {
          const charge = {
            kind: 'electricity',
            mode: 'postpaid',
            source: '2026-08-01',
            amountMinor: 9_000,
            dueOn: '2026-07-25',
          } as const
          await issueCharge(tx, { account, asOf: ASOF }, charge)
          await startWorkflow(tx, chase(n))
        }),
    })
    await Promise.all(
      owing.map(({ accountId }) =>
        payInCash(world.db, { accountId, amountMinor: 10_000, at: ASOF, reference: `settles-${accountId}` }),
      ),
    )
    await landed
    for (const id of runs)
      await until(async () => expect(await row(id)).toMatchObject({ stage: 'Chasing', outcome: null }), PATIENCE_MS)
    for (const id of runs) expect(await isRunning(id)).toBe(true)
  },
  3 * PATIENCE_MS,
)

function ids(customer: ConnectedCustomer | undefined): { accountId: string; customerId: string } {
  return { accountId: customer?.accountId ?? '', customerId: customer?.customerId ?? '' }
}

test(
  'a second notice that contradicts a payment while its process ends is set aside, not forgotten',
  async () => {
    const payers = await customers({}, '012')
    const runs = payers.map(({ accountId }) => processIds.payment('sandbox-wallet', `twice-${accountId}`))
    const tell = (n: number, amountMinor: number): Promise<number> => {
      const { accountId } = ids(payers[n])
      return hear(world.db, { reference: `twice-${accountId}`, amountMinor, payer: accountId, asOf: ASOF })
    }
    const landed = landing(runs, {
      names: ['saveStage'],
      isIt: ({ outcome }) => outcome === 'Posted',
      land: async (n) => void (await tell(n, 6_000)),
    })
    await Promise.all(times.map((n) => tell(n, 5_000)))
    await landed
    const statesOf = async () =>
      world.db.selectFrom('paymentNotices').select(['state', 'body']).where('reference', 'like', 'twice-%').execute()
    await until(async () => expect((await statesOf()).filter(({ state }) => state === 'received')).toEqual([]), PATIENCE_MS)
    const states = await statesOf()
    expect(states.filter(({ state }) => state === 'done')).toHaveLength(TIMES)
    expect(states.filter(({ state }) => state === 'quarantined')).toHaveLength(TIMES)
    const paid = await world.db.selectFrom('payments').select('amountMinor').where('reference', 'like', 'twice-%').execute()
    expect(paid.map(({ amountMinor }) => amountMinor)).toEqual(times.map(() => 5_000))
  },
  3 * PATIENCE_MS,
)

test(
  'two decisions on the same work in the same moment: one stands and is carried out, the other is told so',
  async () => {
    const runs: string[] = []
    for (const n of times) {
      const source = { workflowId: 'test', step: `twice:${n}` }
      const task = { plant: PLANT, kind: 'no-supply', source, dueAt: '2026-07-16T06:30:00.000Z', asOf: ASOF } as const
      const { taskId } = await inTransaction(world.db, (tx) => openTask(tx, task))
      runs.push(processIds.task(taskId))
    }
    for (const id of runs) await until(async () => expect(await row(id)).toMatchObject({ stage: 'InProcess' }), PATIENCE_MS)
    await Promise.all(runs.map((id) => decide(id, completeTask, 'binod', { outcome: 'done' })))
    for (const id of runs) await until(async () => expect(await row(id)).toMatchObject({ stage: 'Review' }), PATIENCE_MS)
    world.slowDown({ names: ['recordDecision', 'reviewTask', 'saveStage'], ms: SLOW_MS / 2, onStart: () => undefined })
    const answers = await Promise.all(
      runs.map(async (id, n) => {
        const approved = decide(id, approveTask, 'chandan')
        await sleep(n * STEP_MS)
        return Promise.all([approved, decide(id, rejectTask, 'deepa')])
      }),
    )
    for (const [n, [approved, rejected]] of answers.entries()) {
      expect([approved, rejected].filter((answer) => answer === 'accepted')).toHaveLength(1)
      expect(['accepted', 'ALREADY_DECIDED', 'WRONG_STAGE', 'WorkflowNotFoundError']).toContain(rejected)
      const status = approved === 'accepted' ? 'completed' : 'in-process'
      const taskId = runs[n]?.replace('task:', '') ?? ''
      const task = () => world.db.selectFrom('tasks').select('status').where('taskId', '=', taskId).executeTakeFirst()
      await until(async () => expect(await task()).toEqual({ status }), PATIENCE_MS)
    }
  },
  3 * PATIENCE_MS,
)

test(
  'who takes the leaving back in the moment the supply ends either stays, or is told that it is too late',
  async () => {
    const leavers = await customers({}, '013')
    const closures = await Promise.all(
      leavers.map(({ accountId, customerId }) =>
        withAccount(world.db, accountId, (tx, account) =>
          openClosure(
            tx,
            { ...account, customerId },
            { reason: 'own-wish', leavingOn: '2026-07-15', refundMethod: 'cash', requestedBy: 'asha', requestedAt: ASOF },
          ),
        ),
      ),
    )
    const closureIds = closures.map(({ closureId }) => closureId)
    const runs = closureIds.map((id) => processIds.closing(id))
    for (const id of runs) await until(async () => expect(await row(id)).toMatchObject({ stage: 'Notified' }), PATIENCE_MS)
    const answers = new Map<number, string>()
    // The first look after midnight is where it begins to end.
    const landed = landing(closureIds, {
      names: ['readClosing', 'endSupply', 'saveStage'],
      isIt: () => true,
      land: async (n) => void answers.set(n, await decide(runs[n] ?? '', withdrawClosing, 'asha')),
    })
    const midnight = { businessFrom: '2026-07-15T18:30:01.000Z', wallFrom: new Date().toISOString(), speed: 1.5 }
    await appendClockSegment(world.db, { plant: PLANT, ...midnight, reason: 'test' })
    await landed
    world.slowDown({ names: [], ms: 0, onStart: () => undefined })
    for (const [n, answer] of answers) {
      const { customerId } = ids(leavers[n])
      const outcome = answer === 'accepted' ? { outcome: 'Withdrawn' } : { stage: 'TakingMeterDown', outcome: null }
      await until(async () => expect(await row(runs[n] ?? '')).toMatchObject(outcome), PATIENCE_MS)
      const holds = await world.db.selectFrom('holds').select('reason').where('customerId', '=', customerId).execute()
      expect({ answer, dark: holds.length > 0 }).toEqual({ answer, dark: answer !== 'accepted' })
      expect(['accepted', 'WRONG_STAGE']).toContain(answer)
    }
  },
  3 * PATIENCE_MS,
)

test(
  'what is started many times at once runs once',
  async () => {
    world.slowDown({ names: [], ms: 0, onStart: () => undefined })
    const source = { workflowId: 'test', step: 'at-once' }
    const task = { plant: PLANT, kind: 'no-supply', source, dueAt: '2026-07-17T06:30:00.000Z', asOf: ASOF } as const
    const opened = await Promise.all(times.map(() => inTransaction(world.db, (tx) => openTask(tx, task))))
    const [taskId, ...others] = new Set(opened.map((one) => one.taskId))
    expect(others).toEqual([])
    const workflowId = processIds.task(taskId ?? '')
    const deps = { client: world.temporal.client, taskQueue: TEST_TASK_QUEUE }
    const start = { workflowType: 'doFieldTask', workflowId, input: { taskId: taskId ?? '', plant: PLANT } }
    await Promise.all(times.map(() => startOrWake(deps, start)))
    await until(async () => {
      const { count } = await world.temporal.client.workflow.count(`WorkflowId = "${workflowId}"`)
      expect(count).toBe(1)
    }, PATIENCE_MS)
    const tasks = await world.db.selectFrom('tasks').select('taskId').where('sourceStep', '=', 'at-once').execute()
    expect(tasks).toHaveLength(1)
  },
  2 * PATIENCE_MS,
)
