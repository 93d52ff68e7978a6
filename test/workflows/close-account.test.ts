import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { setTimeout as sleep } from 'node:timers/promises'
import { createClosingActivities } from '../../activities/closing.ts'
import { withAccount } from '../../db/queries/accounts.ts'
import { appendClockSegment } from '../../db/queries/clock.ts'
import { openClosure } from '../../db/queries/closures.ts'
import { balanceOf } from '../../db/queries/ledger.ts'
import { openRefundOf } from '../../db/queries/refunds.ts'
import { credit, depositHeld, receivable, unclaimed } from '../../domain/ledger.ts'
import { processIds } from '../../domain/process-ids.ts'
import {
  approveClosingRefund,
  closeWithoutMeter,
  payClosingRefund,
  tryRemovalAgain,
  withdrawClosing,
} from '../../workflows/close-account.ts'
import { approveTask, completeTask } from '../../workflows/do-field-task.ts'
import type { DecisionInput, DecisionUpdate, StandingDecision } from '../../workflows/decisions.ts'
import { nudge } from '../../workflows/procedure.ts'
import { connectCustomer, type ConnectedCustomer, type CustomerWish, payInCash } from '../support/connections.ts'
import { expectBooksInBalance, hear } from '../support/payers.ts'
import { PLANT, type Village, village } from '../support/village.ts'

/** A run that is busy with a slow local activity hears of nothing else before its task's heartbeat (8 s); the activity itself has 10 s. */
const WORKFLOW_TASK_MS = 8_500

let katsa: Village
beforeAll(async () => {
  katsa = await village()
})
afterAll(() => katsa.close())

interface Leaving extends ConnectedCustomer {
  readonly closureId: string
}

async function leaving(leavingOn: string, wish: CustomerWish = {}): Promise<Leaving> {
  const customer = await connectCustomer(katsa.db, wish)
  const asOf = await katsa.now()
  const closure = await withAccount(katsa.db, customer.accountId, (tx, account) =>
    openClosure(
      tx,
      { ...account, customerId: customer.customerId },
      { reason: 'own-wish', leavingOn, refundMethod: 'cash', requestedBy: 'asha', requestedAt: asOf },
    ),
  )
  await katsa.settle()
  return { ...customer, closureId: closure.closureId }
}

async function decide({ accountId, closureId }: Leaving, update: DecisionUpdate, input: DecisionInput): Promise<void> {
  const open = await openRefundOf(katsa.db, { accountId, source: closureId })
  const args: [DecisionInput] = [{ ...input, detail: { ...(open && { refundId: open.refundId }), ...input.detail } }]
  await katsa.temporal.client.workflow.getHandle(processIds.closing(closureId)).executeUpdate(update, { args })
  await katsa.settle()
}

async function meterTakenDown(
  { closureId }: Leaving,
  detail: Record<string, string | number>,
  step = 'removal:1',
): Promise<void> {
  const task = await katsa.db
    .selectFrom('tasks')
    .selectAll()
    .where('sourceWorkflowId', '=', processIds.closing(closureId))
    .where('sourceStep', '=', step)
    .executeTakeFirstOrThrow()
  const handle = katsa.temporal.client.workflow.getHandle(processIds.task(task.taskId))
  await handle.executeUpdate(completeTask, { args: [{ by: 'binod', detail }] })
  await katsa.settle()
  await handle.executeUpdate(approveTask, { args: [{ by: 'chandan' }] })
  await katsa.settle()
}

const where = ({ closureId }: Leaving) => katsa.process(processIds.closing(closureId))

/** Runs `meanwhile` while nobody can write the decision of this step: whoever tries waits until it is done. */
async function whileUnwritten(workflowId: string, step: string, meanwhile: () => Promise<void>): Promise<void> {
  const undone = new Error('undone')
  const held = katsa.db.transaction().execute(async (tx) => {
    await tx
      .insertInto('decisions')
      .values({ workflowId, step, verdict: 'x', decidedBy: 'x', decidedAt: '2026-07-01T00:00:00.000Z' })
      .execute()
    await meanwhile()
    throw undone
  })
  await held.catch((error: unknown) => {
    if (error !== undone) throw error
  })
}

describe('leaving on 10 July', () => {
  let paid: Leaving
  let owing: Leaving
  let stays: Leaving
  let hesitates: Leaving
  let vanished: Leaving
  let limiter: Leaving
  beforeAll(async () => {
    paid = await leaving('2026-07-10')
    owing = await leaving('2026-07-10', { openingDues: { amountMinor: 60_000, dueOn: '2026-07-31' } })
    stays = await leaving('2026-07-10')
    hesitates = await leaving('2026-07-10')
    vanished = await leaving('2026-07-10')
    limiter = await leaving('2026-07-10', { packageCode: 'A1.1', meterKind: 'load_limiter', depositMinor: 20_000 })
  })

  test('who stays after all keeps the supply and the account', async () => {
    await decide(stays, withdrawClosing, { by: 'asha' })
    expect(await where(stays)).toMatchObject({ outcome: 'Withdrawn' })
    await expect(decide(stays, withdrawClosing, { by: 'imran' })).rejects.toThrow()
  })

  test('supply lasts through the last day', async () => {
    await katsa.advanceTo('2026-07-10T18:00:00.000Z') // 23:30 in Katsa
    expect(await where(paid)).toMatchObject({ stage: 'Notified' })
  })

  test('who takes it back in the last moment stays, although midnight passes before it is written down', async () => {
    const workflowId = processIds.closing(hesitates.closureId)
    const run = katsa.temporal.client.workflow.getHandle(workflowId)
    const wallFrom = await katsa.temporal.now()
    const midnight = { businessFrom: '2026-07-10T18:31:00.000Z', wallFrom, speed: 1 }
    await appendClockSegment(katsa.db, { plant: PLANT, ...midnight, reason: 'test' })
    let answer: Promise<StandingDecision> | undefined
    await whileUnwritten(workflowId, 'withdrawal', async () => {
      answer = run.executeUpdate(withdrawClosing, { args: [{ by: 'asha' }] })
      await sleep(500)
      await run.signal(nudge)
      await sleep(WORKFLOW_TASK_MS)
    })
    expect(await answer).toMatchObject({ step: 'withdrawal', verdict: 'withdrawn', decidedBy: 'asha' })
    await katsa.settle()
    expect(await where(hesitates)).toMatchObject({ outcome: 'Withdrawn' })
    expect(await katsa.db.selectFrom('holds').select('reason').where('customerId', '=', hesitates.customerId).execute()).toEqual(
      [],
    )
  })

  test('supply ends at the midnight of the last day', async () => {
    await katsa.advanceTo('2026-07-10T20:00:00.000Z') // 01:30 on the 11th
    expect(await where(paid)).toMatchObject({ stage: 'TakingMeterDown', waitingFor: 'technician' })
    const meter = await katsa.db
      .selectFrom('meterReported')
      .select('relay')
      .where('serial', '=', paid.serial)
      .executeTakeFirstOrThrow()
    expect(meter.relay).toBe('open')
  })

  test('the final bill is the days and the energy that were used, and the deposit comes back', async () => {
    // B1.1: 50 rupees × 10 of 31 days = 1612.9 → 1613 paise; 3 kWh × 18 = 5400; together 7013 → 70 rupees whole.
    await meterTakenDown(paid, { outcome: 'done', finalRegisterWh: 103_000 })
    expect(await balanceOf(katsa.db, depositHeld(paid.accountId))).toBe(43_000) // 500 − 70
    expect(await balanceOf(katsa.db, receivable(paid.accountId))).toBe(0)
    expect(await where(paid)).toMatchObject({ stage: 'ApprovingRefund', waitingFor: 'cluster-in-charge' })
    await decide(paid, approveClosingRefund, { by: 'deepa' })
    await decide(paid, payClosingRefund, { by: 'imran', detail: { method: 'cash', proof: 'slip-1' } })
    expect(await where(paid)).toMatchObject({ outcome: 'Closed' })
    expect(await balanceOf(katsa.db, depositHeld(paid.accountId))).toBe(0)
    expect(await balanceOf(katsa.db, 'cash:counter-BHKATS')).toBe(-957_000) // Imran has none: 430 of the counter's 10,000 rupees went out
    const meter = await katsa.db
      .selectFrom('meters')
      .select(['state', 'accountId'])
      .where('serial', '=', paid.serial)
      .executeTakeFirstOrThrow()
    expect(meter).toEqual({ state: 'free', accountId: null })
    const account = await katsa.db
      .selectFrom('accounts')
      .select('closedAt')
      .where('accountId', '=', paid.accountId)
      .executeTakeFirstOrThrow()
    expect(account.closedAt).not.toBeNull()
  })

  test('what the deposit does not cover stays owed; paid later, the closing ends', async () => {
    // 600 of old dues + 70 as above = 670; the deposit of 500 leaves 170.
    await meterTakenDown(owing, { outcome: 'done', finalRegisterWh: 103_000 })
    expect(await where(owing)).toMatchObject({ stage: 'AwaitingPayment', waitingFor: 'customer' })
    expect(await balanceOf(katsa.db, receivable(owing.accountId))).toBe(-17_000)
    await payInCash(katsa.db, { accountId: owing.accountId, amountMinor: 17_500, at: await katsa.now(), reference: 'last' })
    await katsa.settle()
    // Five rupees too much: they go back as well.
    expect(await where(owing)).toMatchObject({ stage: 'ApprovingRefund' })
    await decide(owing, approveClosingRefund, { by: 'deepa' })
    await decide(owing, payClosingRefund, { by: 'asha', detail: { method: 'cash' } })
    expect(await where(owing)).toMatchObject({ outcome: 'Closed' })
    expect(await balanceOf(katsa.db, credit(owing.accountId))).toBe(0)
  })

  test('money that comes in the moment the closing ends keeps it open', async () => {
    const { accountId, closureId } = owing
    const asOf = await katsa.now()
    await payInCash(katsa.db, { accountId, amountMinor: 900, at: asOf, reference: 'at-the-end' })
    const ending = createClosingActivities({ db: katsa.db }).endClosing({ closureId, as: 'Closed', asOf })
    expect(await ending).toBe(false)
  })

  test('money that comes to a closed account goes back as well', async () => {
    await hear(katsa.db, { reference: 'late-1', amountMinor: 2_500, payer: owing.accountId, asOf: await katsa.now() })
    await katsa.settle()
    // 9 rupees from before, and 25.
    const refund = katsa.db.selectFrom('refunds').select(['amountMinor', 'state']).where('accountId', '=', owing.accountId)
    expect(await refund.orderBy('refundId', 'desc').executeTakeFirst()).toEqual({ amountMinor: 3_400, state: 'requested' })
    expect(await where(owing)).toMatchObject({ stage: 'ApprovingRefund', outcome: null })
    await decide(owing, approveClosingRefund, { by: 'deepa' })
    await decide(owing, payClosingRefund, { by: 'asha', detail: { method: 'cash' } })
    expect(await where(owing)).toMatchObject({ outcome: 'Closed' })
    expect(await balanceOf(katsa.db, credit(owing.accountId))).toBe(0)
  })

  test('a meter that is not found is looked for again, and written off only by decision', async () => {
    await meterTakenDown(vanished, { outcome: 'not-possible', reason: 'house-shut' })
    expect(await where(vanished)).toMatchObject({ stage: 'MeterNotFound', waitingFor: 'cluster-in-charge' })
    await decide(vanished, tryRemovalAgain, { by: 'deepa' })
    await meterTakenDown(vanished, { outcome: 'not-possible', reason: 'meter-gone' }, 'removal:2')
    await decide(vanished, closeWithoutMeter, { by: 'deepa' })
    const installation = await katsa.db
      .selectFrom('meterInstallations')
      .selectAll()
      .where('serial', '=', vanished.serial)
      .executeTakeFirstOrThrow()
    expect(installation).toMatchObject({ finalRegisterWh: 100_000, finalIsEstimate: true })
    expect(
      await katsa.db.selectFrom('meters').select('state').where('serial', '=', vanished.serial).executeTakeFirstOrThrow(),
    ).toEqual({ state: 'scrapped' })
  })

  test('an unmetered customer who owes nothing gets the whole deposit back', async () => {
    await meterTakenDown(limiter, { outcome: 'done' })
    expect(await balanceOf(katsa.db, depositHeld(limiter.accountId))).toBe(20_000)
    await decide(limiter, approveClosingRefund, { by: 'deepa' })
  })

  test('money that nobody fetches in 90 days stays owed and never becomes income', async () => {
    await katsa.advanceTo('2026-10-12T06:00:00.000Z')
    expect(await where(limiter)).toMatchObject({ outcome: 'ClosedUnclaimed' })
    expect(await balanceOf(katsa.db, unclaimed(limiter.accountId))).toBe(20_000)
  })

  test('what everybody owes and is owed is what bills and payments say', () => expectBooksInBalance(katsa.db))
})
