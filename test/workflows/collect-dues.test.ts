import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { KATSA_POLICY_V1 } from '../../domain/policy.ts'
import { processIds } from '../../domain/process-ids.ts'
import { readSupplyState } from '../../db/queries/supply-state.ts'
import { approveTask, completeTask } from '../../workflows/do-field-task.ts'
import { confirmBan, cutProtected } from '../../workflows/collect-dues.ts'
import { connectCustomer, type ConnectedCustomer, type CustomerWish, payInCash } from '../support/connections.ts'
import { PLANT, type Village, village } from '../support/village.ts'

let katsa: Village
beforeAll(async () => {
  // The ban after 25 days instead of 60 keeps the story short; everything else is the plant's policy.
  katsa = await village({ policy: { ...KATSA_POLICY_V1, chasing: { ...KATSA_POLICY_V1.chasing, banAfter: 'P25D' } } })
})
afterAll(() => katsa.close())

/** A connected customer who owes since `dueOn`, with the chasing begun. */
async function owing(dueOn: string, wish: CustomerWish & { amountMinor?: number } = {}): Promise<ConnectedCustomer> {
  const customer = await connectCustomer(katsa.db, { ...wish, openingDues: { amountMinor: wish.amountMinor ?? 45_700, dueOn } })
  await chase(customer)
  return customer
}

async function chase({ accountId, customerId }: ConnectedCustomer): Promise<void> {
  await katsa.start('collectDues', processIds.collection(customerId), { plant: PLANT, accountId, customerId })
}

async function toldOf({ accountId }: ConnectedCustomer): Promise<{ kind: string; on: string }[]> {
  const rows = await katsa.db
    .selectFrom('notifications')
    .select(['kind', 'queuedAt'])
    .where('accountId', '=', accountId)
    .orderBy('notificationId')
    .execute()
  return rows.map(({ kind, queuedAt }) => ({ kind, on: queuedAt.slice(0, 10) }))
}

async function relay({ customerId }: ConnectedCustomer): Promise<'auto' | 'open' | undefined> {
  return (await readSupplyState(katsa.db, customerId))?.desiredRelay
}

async function pay(customer: ConnectedCustomer, amountMinor: number, reference: string): Promise<void> {
  await payInCash(katsa.db, { accountId: customer.accountId, amountMinor, at: await katsa.now(), reference })
  await katsa.settle()
}

const run = (customer: ConnectedCustomer) => katsa.temporal.client.workflow.getHandle(processIds.collection(customer.customerId))

async function tasksOf({ customerId }: ConnectedCustomer, kind: string) {
  return katsa.db
    .selectFrom('tasks')
    .selectAll()
    .where('customerId', '=', customerId)
    .where('kind', '=', kind)
    .orderBy('openedAt')
    .execute()
}

describe('in July', () => {
  let never: ConnectedCustomer
  let early: ConnectedCustomer
  let parts: ConnectedCustomer
  let half: ConnectedCustomer
  let paper: ConnectedCustomer
  let school: ConnectedCustomer
  let byHand: ConnectedCustomer
  beforeAll(async () => {
    never = await owing('2026-07-05')
    early = await owing('2026-07-05')
    parts = await owing('2026-07-05')
    half = await owing('2026-07-05')
    paper = await owing('2026-07-05', { phone: null })
    school = await owing('2026-07-05', { category: 'school' })
    byHand = await owing('2026-07-05', { meterKind: 'conventional' })
  })

  test('who pays before the due date is reminded once and left in peace', async () => {
    await katsa.advanceTo('2026-07-03T06:00:00.000Z')
    await pay(early, 45_700, 'early')
    expect(await toldOf(early)).toEqual([{ kind: 'due-soon-reminder', on: '2026-07-02' }])
    expect(await katsa.process(processIds.collection(early.customerId))).toMatchObject({ outcome: 'Settled' })
  })

  test('nobody is cut before notice, visits and warning, and 15 clear days after the notice', async () => {
    await katsa.advanceTo('2026-07-21T08:00:00.000Z')
    await pay(half, 23_000, 'half')
    await katsa.advanceTo('2026-07-22T03:00:00.000Z')
    expect(await toldOf(never)).toEqual([
      { kind: 'due-soon-reminder', on: '2026-07-02' },
      { kind: 'due-today-reminder', on: '2026-07-05' },
      { kind: 'disconnection-notice', on: '2026-07-06' },
      { kind: 'disconnection-warning', on: '2026-07-21' },
    ])
    expect((await tasksOf(never, 'collection-visit')).map(({ openedAt }) => openedAt.slice(0, 10))).toEqual([
      '2026-07-07',
      '2026-07-12',
      '2026-07-17',
    ])
    expect(await relay(never)).toBe('auto')
  })

  test('on the day the supply is cut, and the customer told once the meter has said so', async () => {
    await katsa.advanceTo('2026-07-22T06:00:00.000Z') // 11:30 in Katsa, a Wednesday
    expect(await relay(never)).toBe('open')
    expect((await toldOf(never)).at(-1)).toEqual({ kind: 'supply-cut', on: '2026-07-22' })
  })

  test('half of the overdue paid puts the cut off by seven days', async () => {
    expect(await relay(half)).toBe('auto') // 457 rupees were overdue; 230 of them came on the 21st
    expect((await katsa.process(processIds.collection(half.customerId))).dueAt?.slice(0, 10)).toBe('2026-07-28')
  })

  test('who is cut stays dark until nothing is overdue, then is lit in the moment of paying', async () => {
    await pay(parts, 23_000, 'parts-1')
    expect(await relay(parts)).toBe('open') // 227 rupees are still overdue, so the hold stands
    await pay(parts, 22_700, 'parts-2')
    expect(await relay(parts)).toBe('auto')
    expect((await toldOf(parts)).map(({ kind }) => kind).slice(-2)).toEqual(['supply-restored', 'reconnection-fee-charged'])
  })

  test('the fee for reconnection is 50 rupees on the next bill, and no condition', async () => {
    const fee = await katsa.db
      .selectFrom('charges')
      .selectAll()
      .where('accountId', '=', parts.accountId)
      .where('kind', '=', 'fee')
      .executeTakeFirstOrThrow()
    expect(fee).toMatchObject({ amountMinor: 5_000, dueOn: '2026-08-10' }) // billed on 1 August, due nine days later
  })

  /** Reports the carrying of the notice (the third paper, after two reminders): whatever try it is. */
  async function reportNotice(detail: Record<string, string>) {
    const task = (await tasksOf(paper, 'written-notice')).findLast(
      ({ detail: of }) => (of as { notice: string }).notice === 'disconnection-notice',
    )
    const handle = katsa.temporal.client.workflow.getHandle(processIds.task(task?.taskId ?? ''))
    await handle.executeUpdate(completeTask, { args: [{ by: 'asha', detail }] })
    await katsa.settle()
    return task
  }

  test('a house that was shut has not had its notice: nobody is cut for it, and it is carried again', async () => {
    const before = await tasksOf(paper, 'written-notice')
    await reportNotice({ outcome: 'not-possible', reason: 'house-shut' })
    expect(await tasksOf(paper, 'written-notice')).toHaveLength(before.length + 1)
    const step = katsa.db.selectFrom('dunningSteps').innerJoin('charges', 'charges.chargeId', 'dunningSteps.chargeId')
    const notice = await step
      .selectAll('dunningSteps')
      .where('accountId', '=', paper.accountId)
      .where('step', '=', 'notice-1')
      .executeTakeFirstOrThrow()
    expect(notice).toMatchObject({ deliveredAt: null, sentAt: null })
    expect(await relay(paper)).toBe('auto')
  })

  test('without a phone the notice is carried by hand until somebody is given it, and the 15 days begin when it is handed over', async () => {
    expect(await relay(paper)).toBe('auto')
    expect((await katsa.process(processIds.collection(paper.customerId))).waitingFor).toBe('csa')
    const task = await reportNotice({ outcome: 'done', receivedBy: 'wife' })
    const step = await katsa.db
      .selectFrom('dunningSteps')
      .selectAll()
      .where('taskId', '=', task?.taskId ?? '')
      .executeTakeFirstOrThrow()
    expect(step.step).toBe('notice-1')
    expect(step.deliveredAt?.slice(0, 10)).toBe('2026-07-22')
  })

  test('a school is not cut: the state in-charge is asked, and decides', async () => {
    expect(await katsa.process(processIds.collection(school.customerId))).toMatchObject({
      stage: 'AwaitingDecision',
      waitingFor: 'state-in-charge',
    })
    await run(school).executeUpdate(cutProtected, { args: [{ by: 'farid' }] })
    await katsa.settle()
    expect((await toldOf(school)).at(-1)).toEqual({ kind: 'disconnection-warning', on: '2026-07-22' })
    expect(await relay(school)).toBe('auto')
    await katsa.advanceTo('2026-07-23T06:00:00.000Z') // Thursday: the day after the warning
    expect(await relay(school)).toBe('open')
  })

  test('a conventional meter is cut by a technician, whose work another confirms before it counts', async () => {
    const [task] = await tasksOf(byHand, 'disconnection')
    expect((await toldOf(byHand)).map(({ kind }) => kind)).not.toContain('supply-cut')
    const handle = katsa.temporal.client.workflow.getHandle(processIds.task(task?.taskId ?? ''))
    await handle.executeUpdate(completeTask, { args: [{ by: 'binod', detail: { outcome: 'done' } }] })
    await katsa.settle()
    await handle.executeUpdate(approveTask, { args: [{ by: 'chandan' }] })
    await katsa.settle()
    expect((await toldOf(byHand)).at(-1)?.kind).toBe('supply-cut')
  })
})

describe('after the cut', () => {
  let gone: ConnectedCustomer
  beforeAll(async () => {
    // Due on 5 July and 800 rupees: cut on the 23rd's next allowed day after 15 clear days from a notice of the 23rd.
    gone = await owing('2026-07-05', { amountMinor: 80_000, depositMinor: 50_000 })
  })

  test('a debt that comes late still gets its own notice and its own 15 days', async () => {
    await katsa.advanceTo('2026-08-10T03:00:00.000Z')
    const told = await toldOf(gone)
    expect(told.find(({ kind }) => kind === 'disconnection-notice')?.on).toBe('2026-07-23')
    expect(await relay(gone)).toBe('auto')
    await katsa.advanceTo('2026-08-11T06:00:00.000Z')
    expect(await relay(gone)).toBe('open')
  })

  test('the deposit is drawn only after notice, and what it does not reach stays owed', async () => {
    await katsa.advanceTo('2026-08-27T06:00:00.000Z') // 15 days after the cut is the 26th
    expect((await toldOf(gone)).map(({ kind }) => kind)).toEqual(
      expect.arrayContaining(['supply-cut', 'deposit-draw-announced', 'deposit-drawn']),
    )
    const drawn = await katsa.db
      .selectFrom('allocations')
      .select('amountMinor')
      .where('accountId', '=', gone.accountId)
      .where('origin', '=', 'deposit')
      .executeTakeFirstOrThrow()
    expect(drawn.amountMinor).toBe(50_000) // 800 owed − 500 deposit = 300 still owed
    const again = await katsa.db
      .selectFrom('charges')
      .select(['amountMinor', 'dueOn'])
      .where('accountId', '=', gone.accountId)
      .where('kind', '=', 'deposit')
      .orderBy('dueOn')
      .execute()
    // 500 rupees in three parts of whole rupees, with the bills of September to November.
    expect(again).toEqual([
      { amountMinor: 16_700, dueOn: '2026-09-10' },
      { amountMinor: 16_700, dueOn: '2026-10-10' },
      { amountMinor: 16_600, dueOn: '2026-11-10' },
    ])
    expect(await relay(gone)).toBe('open')
  })

  test('still dark and unpaid, the contract ends only when the cluster in-charge confirms it', async () => {
    await katsa.advanceTo('2026-09-06T06:00:00.000Z')
    expect(await katsa.process(processIds.collection(gone.customerId))).toMatchObject({
      stage: 'AwaitingDecision',
      waitingFor: 'cluster-in-charge',
    })
    await run(gone).executeUpdate(confirmBan, { args: [{ by: 'deepa' }] })
    await katsa.settle()
    expect(await katsa.process(processIds.collection(gone.customerId))).toMatchObject({ outcome: 'Banned' })
  })
})
