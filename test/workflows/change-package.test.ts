import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { sql } from 'kysely'
import { createPackageChangeActivities } from '../../activities/package-changes.ts'
import { inTransaction, withAccount } from '../../db/queries/accounts.ts'
import { allocateCredit, findCharge, issueCharge } from '../../db/queries/charges.ts'
import { openHolds, placeHold } from '../../db/queries/supply.ts'
import { addDays, dateAt } from '../../domain/calendar.ts'
import { credit, depositHeld } from '../../domain/ledger.ts'
import { processIds } from '../../domain/process-ids.ts'
import { approve, approveState, confirmWork, followUp, reject, sendBack, withdraw } from '../../workflows/change-package.ts'
import { billFor, registerArrives } from '../support/billing.ts'
import { type ConnectedCustomer, connectCustomer, payInCash } from '../support/connections.ts'
import { packageDesk } from '../support/package-changes.ts'
import { PLANT, type Village, village, ZONE } from '../support/village.ts'

let katsa: Village
let desk: ReturnType<typeof packageDesk>
let prepaid: Awaited<ReturnType<typeof askBeforeTheFirst>>
beforeAll(async () => {
  katsa = await village()
  desk = packageDesk(katsa)
  prepaid = await askBeforeTheFirst()
})
afterAll(() => katsa.close())

const today = async (): Promise<string> => dateAt(await katsa.now(), ZONE)

async function pay({ accountId }: ConnectedCustomer, amountMinor: number): Promise<void> {
  const at = await katsa.now()
  await payInCash(katsa.db, { accountId, amountMinor, at, reference: `${accountId}-${amountMinor}-${at}` })
  await katsa.settle()
}

/** A request for B1.2 by a B1.1 household (deposit 500 rupees held, 1,000 due: 100 + 54 × 16 = 964, up to 1,000), approved. */
async function approvedUpgrade(customer: ConnectedCustomer, takesEffect: 'next-period' | 'at-once' = 'at-once'): Promise<string> {
  const requestId = await desk.ask({ customerId: customer.customerId, packageCode: 'B1.2', takesEffect })
  await desk.decide(requestId, approve, 'deepa')
  return requestId
}

/** An advance as billing issues it, paid when there is money. */
async function issueAdvance(
  { accountId }: ConnectedCustomer,
  advance: { amountMinor: number; from: string; to: string },
): Promise<void> {
  const asOf = await katsa.now()
  await withAccount(katsa.db, accountId, async (tx, account) => {
    const { amountMinor, ...period } = advance
    await issueCharge(
      tx,
      { account, asOf },
      { kind: 'electricity', mode: 'prepaid', source: period.from, amountMinor, dueOn: period.from, period },
    )
    await allocateCredit(tx, { account, asOf, zone: ZONE })
  })
}

interface Asked {
  readonly customer: ConnectedCustomer
  readonly requestId: string
}

/** Pre-paid months begin on the first: these requests of July wait for it together. Limiters, 200 rupees of deposit held. */
async function askBeforeTheFirst() {
  const ask = async (from: string, to: string, more: { depositMinor?: number; meterKind?: 'smart' } = {}): Promise<Asked> => {
    const { depositMinor = 20_000, meterKind } = more
    const customer = await connectCustomer(katsa.db, { packageCode: from, depositMinor })
    const requestId = await desk.ask({ customerId: customer.customerId, packageCode: to, ...(meterKind && { meterKind }) })
    await desk.decide(requestId, approve, 'deepa')
    return { customer, requestId }
  }
  const bigger = await ask('A1.1', 'A2.1')
  const stuck = await ask('A1.1', 'A1.2')
  const late = await connectCustomer(katsa.db, { packageCode: 'A1.1', depositMinor: 20_000 })
  await issueAdvance(late, { amountMinor: 16_000, from: '2026-08-01', to: '2026-09-01' })
  const lateRequest = await desk.ask({ customerId: late.customerId, packageCode: 'A1.2' })
  await desk.decide(lateRequest, approve, 'deepa')
  const toPostpaid = await ask('A1.1', 'B1.1', { meterKind: 'smart' })
  await pay(toPostpaid.customer, 30_000) // 500 due less 200 held.
  await pay(toPostpaid.customer, 16_000)
  await issueAdvance(toPostpaid.customer, { amountMinor: 16_000, from: '2026-08-01', to: '2026-09-01' })
  const installedLate = await ask('A2.1', 'B1.1', { meterKind: 'smart', depositMinor: 50_000 })
  await pay(installedLate.customer, 30_000)
  await issueAdvance(installedLate.customer, { amountMinor: 30_000, from: '2026-08-01', to: '2026-09-01' })
  const toPrepaid = await ask('B1.1', 'A2.1', { depositMinor: 50_000 })
  const toPrepaidLate = await ask('B1.1', 'A2.1', { depositMinor: 30_000 })
  katsa.away.add(toPrepaidLate.customer.serial)
  return { bigger, stuck, late: { customer: late, requestId: lateRequest }, toPostpaid, installedLate, toPrepaid, toPrepaidLate }
}

test('a bigger package is approved, its deposit paid in two parts, programmed on the first and paid for from that day', async () => {
  const customer = await connectCustomer(katsa.db)
  const requestId = await approvedUpgrade(customer, 'next-period')
  expect(await desk.process(requestId)).toMatchObject({
    stage: 'Payment',
    waitingFor: 'customer',
    dueAt: '2026-07-11T18:30:00.000Z',
  })
  // 1,000 due less 500 held = 500 rupees, to be paid within ten days.
  expect(await desk.noticeOf(requestId, 'package-difference-due')).toMatchObject({ amountMinor: 50_000, payBy: '2026-07-11' })

  await pay(customer, 20_000)
  expect(await desk.process(requestId)).toMatchObject({ stage: 'Payment' })
  await pay(customer, 30_000)
  expect(await desk.process(requestId)).toMatchObject({
    stage: 'Scheduled',
    waitingFor: 'clock',
    dueAt: '2026-07-31T18:30:00.000Z',
  })
  expect(await desk.meter(customer.serial)).toMatchObject({ loadLimitW: 500 })

  await katsa.advanceTo('2026-07-31T18:31:00.000Z')
  expect(await desk.meter(customer.serial)).toMatchObject({ loadLimitW: 1000 })
  expect(await desk.terms(customer.customerId)).toEqual(['B1.1 2026-07-01..2026-08-01', 'B1.2 2026-08-01..'])
  expect(await desk.process(requestId)).toMatchObject({ stage: 'Review', waitingFor: 'cluster-in-charge' })
  await desk.decide(requestId, confirmWork, 'deepa')
  expect(await desk.process(requestId)).toMatchObject({ outcome: 'Done' })
  // 500 + 200 + 300.
  expect(await desk.balance(depositHeld(customer.accountId))).toBe(100_000)
  expect(await desk.told(requestId)).toEqual([
    'package-change-requested',
    'decision-needed deepa',
    'package-change-approved',
    'package-difference-due',
    'package-change-applied',
    'decision-needed deepa',
  ])
})

test('a limiter is reprogrammed by a technician whose work another confirms before the price changes', async () => {
  const { customer, requestId } = prepaid.bigger
  // 300 due less 200 held is short by 33 %, but not by more than 100 rupees: nothing to pay.
  expect(await desk.told(requestId)).not.toContain('package-difference-due')
  expect(await desk.process(requestId)).toMatchObject({ stage: 'Programming', waitingFor: 'technician' })
  expect(await desk.terms(customer.customerId)).toEqual(['A1.1 2026-07-01..'])
  await desk.doWork(requestId, 'program')
  expect(await desk.meter(customer.serial)).toMatchObject({ loadLimitW: 100 })
  expect(await desk.terms(customer.customerId)).toEqual(['A1.1 2026-07-01..2026-08-01', 'A2.1 2026-08-01..'])
})

test('a limiter that cannot be reprogrammed leaves the old package', async () => {
  const { customer, requestId } = prepaid.stuck
  await desk.doWork(requestId, 'program', { outcome: 'not-possible', reason: 'limiter-broken' })
  expect(await desk.process(requestId)).toMatchObject({ stage: 'Programming', waitingFor: 'technician' })
  await desk.doWork(requestId, 'set-back')
  expect(await desk.process(requestId)).toMatchObject({ outcome: 'MeterRefused' })
  expect(await desk.terms(customer.customerId)).toEqual(['A1.1 2026-07-01..'])
})

test('where the next month was asked for already at the old price, another pre-paid package begins with the month after', async () => {
  expect(await desk.process(prepaid.late.requestId)).toMatchObject({ stage: 'Scheduled', dueAt: '2026-08-31T18:30:00.000Z' })
})

test('from pre-paid to post-paid another meter is installed, and the month paid for that is not used is credit', async () => {
  const { customer, requestId } = prepaid.toPostpaid
  expect(await desk.process(requestId)).toMatchObject({ stage: 'Installation', waitingFor: 'technician' })
  const { detail } = await desk.task(requestId, 'installation')
  expect(detail).toMatchObject({ removes: customer.serial, loadLimitW: 500 })
  await desk.doWork(requestId, 'installation', { startRegisterWh: 1_000, finalRegisterWh: 100_000 })
  // Installed and read back on the day itself: all of the 160 rupees for August is unused.
  expect(await desk.terms(customer.customerId)).toEqual(['A1.1 2026-07-01..2026-08-01', 'B1.1 2026-08-01..'])
  expect(await desk.balance(credit(customer.accountId))).toBe(16_000)
  const { serial } = detail as { serial: string }
  const meters = await katsa.db
    .selectFrom('meters')
    .select(['serial', 'state'])
    .where('serial', 'in', [customer.serial, serial])
    .execute()
  expect(Object.fromEntries(meters.map(({ serial: one, state }) => [one, state]))).toEqual({
    [customer.serial]: 'free',
    [serial]: 'installed',
  })
  expect(await desk.meter(serial)).toMatchObject({ loadLimitW: 500 })
})

test('from post-paid to pre-paid the month that ended stays post-paid, and the excess deposit is credit', async () => {
  const { customer, requestId } = prepaid.toPrepaid
  expect(await desk.process(requestId)).toMatchObject({ stage: 'Review' })
  expect(await desk.terms(customer.customerId)).toEqual(['B1.1 2026-07-01..2026-08-01', 'A2.1 2026-08-01..'])
  // 500 held; a month costs 300, so 300 is due.
  expect(await desk.balance(credit(customer.accountId))).toBe(20_000)
})

test('an installation that is done on the 5th only gives back the days from the 6th on', async () => {
  const { customer, requestId } = prepaid.installedLate
  await katsa.advanceTo('2026-08-05T06:30:00.000Z')
  await desk.doWork(requestId, 'installation', { startRegisterWh: 1_000, finalRegisterWh: 100_000 })
  expect(await desk.terms(customer.customerId)).toEqual(['A2.1 2026-07-01..2026-08-06', 'B1.1 2026-08-06..'])
  // 300 rupees paid for August: 26 of 31 days (6th to 31st) = 251.61, in whole rupees 252.
  expect(await desk.balance(credit(customer.accountId))).toBe(25_200)
  expect(await desk.process(requestId)).toMatchObject({ stage: 'Review' })
})

test('a change to pre-paid that the meter reports on the 5th only is billed to that day, and the rest of the month is asked for in advance', async () => {
  const { customer, requestId } = prepaid.toPrepaidLate
  const { accountId, customerId, serial } = customer
  expect(await desk.process(requestId)).toMatchObject({ stage: 'Programming', waitingFor: 'meter' })
  katsa.away.delete(serial)
  await registerArrives(katsa, serial, '2026-07-31T18:30:00.000Z', 110_000)
  await katsa.settle()
  expect(await desk.terms(customerId)).toEqual(['B1.1 2026-07-01..2026-08-06', 'A2.1 2026-08-06..'])
  const july = { plant: PLANT, accountId, customerId, period: '2026-07-01', boundary: '2026-08-01' }
  await katsa.start('billCustomer', processIds.billing(customerId, july.period), july)
  await registerArrives(katsa, serial, '2026-08-05T18:30:00.000Z', 113_000)
  await katsa.advanceTo('2026-08-05T18:31:00.000Z')
  // July: 50.00 + 10 kWh × 18.00. August to the 5th: 5 of 31 days of 50.00 = 8.06 and 3 kWh = 54.00; 62.06 is rounded to 62.00.
  expect(await billFor(katsa, customer, '2026-07-01')).toMatchObject({ totalMinor: 23_000 })
  expect(await billFor(katsa, customer, '2026-08-01')).toMatchObject({ totalMinor: 6_200 })
  const rest = { ...july, period: '2026-08-01', sinceChange: true }
  await katsa.start('billCustomer', processIds.advanceSinceChange(customerId, rest.period), rest)
  // 26 of 31 days of 300.00 = 251.61, rounded to 252.00.
  expect(await billFor(katsa, customer, '2026-08-01', 'prepaid')).toMatchObject({ totalMinor: 25_200, dueOn: '2026-08-06' })
  await pay(customer, 23_000 + 6_200 + 25_200)
  const advance = await katsa.process(processIds.advanceSinceChange(customerId, '2026-08-01'))
  expect(advance).toMatchObject({ outcome: 'Paid' })
  // The bill has a process of its own, which waits for the message to go out.
  expect(await katsa.process(processIds.billing(customerId, '2026-08-01'))).toMatchObject({ stage: 'Delivering' })
})

test('a difference that is only part paid expires after ten days, and what was paid is credit', async () => {
  const customer = await connectCustomer(katsa.db)
  const requestId = await approvedUpgrade(customer)
  await pay(customer, 20_000)
  await katsa.advance('P11D')
  expect(await desk.process(requestId)).toMatchObject({ outcome: 'Expired' })
  expect(await desk.balance(credit(customer.accountId))).toBe(20_000)
  expect(await desk.balance(depositHeld(customer.accountId))).toBe(50_000)
  expect(await desk.noticeOf(requestId, 'package-change-expired')).toMatchObject({ creditMinor: 20_000 })
  const demand = await findCharge(katsa.db, customer.accountId, { kind: 'package-difference', source: requestId })
  expect(demand).toMatchObject({ openMinor: 0, voidedAt: expect.any(String) })
  expect(await desk.terms(customer.customerId)).toEqual(['B1.1 2026-07-01..'])
})

test('the last part paid in the very moment the time is up still counts', async () => {
  const customer = await connectCustomer(katsa.db)
  const requestId = await approvedUpgrade(customer)
  const asOf = await katsa.now()
  await payInCash(katsa.db, { accountId: customer.accountId, amountMinor: 50_000, at: asOf, reference: 'last-moment' })
  const { endPackageRequest } = createPackageChangeActivities({ db: katsa.db })
  expect(await endPackageRequest({ requestId, as: 'Expired', asOf })).toBeNull()
  await katsa.settle()
  expect(await desk.process(requestId)).toMatchObject({ stage: 'Review' })
})

test('credit that is there already pays the difference, and nothing is asked for', async () => {
  const customer = await connectCustomer(katsa.db)
  await pay(customer, 60_000)
  const requestId = await approvedUpgrade(customer)
  expect(await desk.process(requestId)).toMatchObject({ stage: 'Review' })
  expect(await desk.told(requestId)).not.toContain('package-difference-due')
  expect(await desk.balance(credit(customer.accountId))).toBe(10_000)
})

test('a request whose history is lost while it waits for money goes on where it stood', async () => {
  const customer = await connectCustomer(katsa.db)
  const requestId = await approvedUpgrade(customer)
  await pay(customer, 20_000)
  await katsa.temporal.client.workflow.getHandle(processIds.packageChange(requestId)).terminate('lost')
  await pay(customer, 30_000)
  expect(await desk.process(requestId)).toMatchObject({ stage: 'Review' })
  expect((await desk.told(requestId)).filter((kind) => kind === 'package-difference-due')).toHaveLength(1)
  expect(await desk.balance(depositHeld(customer.accountId))).toBe(100_000)
})

test('a refused request says why and changes nothing', async () => {
  const customer = await connectCustomer(katsa.db)
  const requestId = await desk.ask({ customerId: customer.customerId, packageCode: 'B1.2' })
  await desk.decide(requestId, reject, 'deepa', { reason: 'no-capacity' })
  expect(await desk.process(requestId)).toMatchObject({ outcome: 'Rejected' })
  expect(await desk.noticeOf(requestId, 'package-change-refused')).toMatchObject({ reason: 'no-capacity' })
  expect(await desk.terms(customer.customerId)).toEqual(['B1.1 2026-07-01..'])
  expect(await desk.balance(depositHeld(customer.accountId))).toBe(50_000)
})

test('a request that cannot be is refused before anything is started', async () => {
  const customer = await connectCustomer(katsa.db)
  const ask = (wish: Partial<Parameters<typeof desk.ask>[0]>) =>
    desk.ask({ customerId: customer.customerId, packageCode: 'B1.2', ...wish })
  await expect(ask({ packageCode: 'B1.1' })).rejects.toMatchObject({ code: 'PACKAGE_SAME' })
  await expect(ask({ packageCode: 'B9.9' })).rejects.toMatchObject({ code: 'PACKAGE_UNKNOWN' })
  await expect(ask({ packageCode: 'B1.3', meterKind: 'conventional' })).rejects.toMatchObject({ code: 'PACKAGE_METER_UNFIT' })
  await expect(ask({ packageCode: 'A2.1', takesEffect: 'at-once' })).rejects.toMatchObject({ code: 'PERIOD_NOT_ENDED' })
  await expect(ask({ toFeeder: 'F9' })).rejects.toMatchObject({ code: 'INVALID_INPUT' })
  const requestId = await ask({})
  await expect(ask({ packageCode: 'B2.1' })).rejects.toMatchObject({ code: 'ALREADY_EXISTS', details: { requestId } })
})

test('a customer who takes the request back after paying keeps the money as credit', async () => {
  const customer = await connectCustomer(katsa.db)
  const requestId = await approvedUpgrade(customer, 'next-period')
  await pay(customer, 50_000)
  await desk.decide(requestId, withdraw, 'customer:T0001')
  expect(await desk.process(requestId)).toMatchObject({ outcome: 'Withdrawn' })
  expect(await desk.balance(credit(customer.accountId))).toBe(50_000)
  expect(await desk.noticeOf(requestId, 'package-change-withdrawn')).toMatchObject({ creditMinor: 50_000 })
})

test('the cluster in-charge has a CSA ask first, and decides when the answer is there', async () => {
  const customer = await connectCustomer(katsa.db)
  const requestId = await desk.ask({ customerId: customer.customerId, packageCode: 'B1.2' })
  await desk.decide(requestId, followUp, 'deepa', { to: 'asha' })
  expect(await desk.process(requestId)).toMatchObject({ stage: 'FollowUp', waitingFor: 'csa' })
  await desk.doWork(requestId, 'follow-up:1')
  expect(await desk.process(requestId)).toMatchObject({ stage: 'Approval', waitingFor: 'cluster-in-charge' })
  expect((await desk.told(requestId)).filter((one) => one === 'decision-needed deepa')).toHaveLength(2)
  await desk.decide(requestId, approve, 'deepa')
  expect(await desk.process(requestId)).toMatchObject({ stage: 'Payment' })
})

test('who asked does not approve, and from 3,000 W the state in-charge decides after the cluster, another person', async () => {
  const customer = await connectCustomer(katsa.db, { packageCode: 'B1.2', depositMinor: 100_000 })
  const requestId = await desk.ask({ customerId: customer.customerId, packageCode: 'B2.1', requestedBy: 'deepa' })
  await expect(desk.decide(requestId, approve, 'deepa')).rejects.toMatchObject({ cause: { type: 'OWN_ENTRY' } })
  await desk.decide(requestId, approve, 'farid')
  expect(await desk.process(requestId)).toMatchObject({ stage: 'StateApproval', waitingFor: 'state-in-charge' })
  await expect(desk.decide(requestId, approveState, 'farid')).rejects.toMatchObject({ cause: { type: 'OWN_ENTRY' } })
  await desk.decide(requestId, approveState, 'geeta')
  // 300 + 94 × 15 = 1,710, up to 1,750 due, less 1,000 held.
  expect(await desk.noticeOf(requestId, 'package-difference-due')).toMatchObject({ amountMinor: 75_000 })
})

test('beyond what the feeder can give the state in-charge decides too, and may refuse', async () => {
  const customer = await connectCustomer(katsa.db, { pole: '030' })
  const { feeder } = await katsa.db
    .selectFrom('connections')
    .select('feeder')
    .where('customerId', '=', customer.customerId)
    .executeTakeFirstOrThrow()
  const before = await katsa.db.selectFrom('feeders').select('capacityW').where('feeder', '=', feeder).executeTakeFirstOrThrow()
  await katsa.db.updateTable('feeders').set({ capacityW: 600 }).where('feeder', '=', feeder).execute()
  const requestId = await desk.ask({ customerId: customer.customerId, packageCode: 'B1.2' })
  await desk.decide(requestId, approve, 'deepa')
  await katsa.db.updateTable('feeders').set(before).where('feeder', '=', feeder).execute()
  expect(await desk.process(requestId)).toMatchObject({ stage: 'StateApproval' })
  // Somebody of the cluster said no while it went on to the state: that is not his to refuse any more.
  await expect(desk.decide(requestId, reject, 'kiran', { reason: 'no-capacity', level: 'cluster' })).rejects.toMatchObject({
    cause: { type: 'WRONG_STAGE' },
  })
  await desk.decide(requestId, reject, 'farid', { reason: 'no-capacity', level: 'state' })
  expect(await desk.process(requestId)).toMatchObject({ outcome: 'Rejected' })
})

test('the cluster in-charge may ask the state in-charge to decide a small change as well', async () => {
  const customer = await connectCustomer(katsa.db)
  const requestId = await desk.ask({ customerId: customer.customerId, packageCode: 'B1.2' })
  await desk.decide(requestId, approve, 'deepa', { askState: true })
  expect(await desk.process(requestId)).toMatchObject({ stage: 'StateApproval' })
  await desk.decide(requestId, approveState, 'farid')
  expect(await desk.process(requestId)).toMatchObject({ stage: 'Payment' })
})

test('silence never approves: after three days the state in-charge is told, and the request still waits', async () => {
  const customer = await connectCustomer(katsa.db)
  const requestId = await desk.ask({ customerId: customer.customerId, packageCode: 'B1.2' })
  await katsa.advance('P7D')
  expect(await desk.process(requestId)).toMatchObject({ stage: 'Approval', waitingFor: 'cluster-in-charge' })
  expect((await desk.told(requestId)).filter((one) => one === 'decision-needed farid')).toHaveLength(2)
})

test('the second of two decisions at once learns who was first', async () => {
  const customer = await connectCustomer(katsa.db)
  const requestId = await desk.ask({ customerId: customer.customerId, packageCode: 'B1.2' })
  const both = await Promise.allSettled([desk.decide(requestId, approve, 'deepa'), desk.decide(requestId, reject, 'farid')])
  expect(both.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
  const lost = both.find((one): one is PromiseRejectedResult => one.status === 'rejected')
  expect(lost?.reason).toMatchObject({ cause: { type: expect.stringMatching(/ALREADY_DECIDED|WRONG_STAGE/) } })
})

test('a smaller package at once gives the excess deposit back as credit, and the next smaller one is too soon', async () => {
  const customer = await connectCustomer(katsa.db, { packageCode: 'B1.2', depositMinor: 100_000 })
  const requestId = await desk.ask({ customerId: customer.customerId, packageCode: 'B1.1', takesEffect: 'at-once' })
  await desk.decide(requestId, approve, 'deepa')
  const tomorrow = addDays(await today(), 1)
  expect(await desk.terms(customer.customerId)).toEqual([`B1.2 2026-07-01..${tomorrow}`, `B1.1 ${tomorrow}..`])
  // 1,000 held less 500 due.
  expect(await desk.balance(credit(customer.accountId))).toBe(50_000)
  expect(await desk.balance(depositHeld(customer.accountId))).toBe(50_000)
  await expect(desk.ask({ customerId: customer.customerId, packageCode: 'A2.1' })).rejects.toMatchObject({
    code: 'DOWNGRADE_TOO_SOON',
  })
})

test('a meter that refuses for good leaves the old package, its price, and the money as credit', async () => {
  const customer = await connectCustomer(katsa.db)
  const requestId = await approvedUpgrade(customer)
  katsa.refusing.set(customer.serial, 'limit-out-of-range')
  await pay(customer, 50_000)
  katsa.refusing.delete(customer.serial)
  expect(await desk.process(requestId)).toMatchObject({ outcome: 'MeterRefused' })
  expect(await desk.terms(customer.customerId)).toEqual(['B1.1 2026-07-01..'])
  expect(await desk.balance(credit(customer.accountId))).toBe(50_000)
  expect(await desk.noticeOf(requestId, 'package-change-failed')).toMatchObject({ reason: 'meter-refused', creditMinor: 50_000 })
  const newest = await katsa.db
    .selectFrom('meterDesired')
    .select('loadLimitW')
    .where('serial', '=', customer.serial)
    .orderBy('version', 'desc')
    .executeTakeFirst()
  expect(newest).toEqual({ loadLimitW: 500 })
})

test('a meter that is away for four days is waited for, and the new price begins at the midnight after its report', async () => {
  const customer = await connectCustomer(katsa.db)
  const requestId = await approvedUpgrade(customer)
  katsa.away.add(customer.serial)
  await pay(customer, 50_000)
  await katsa.advance('P4D')
  expect(await desk.process(requestId)).toMatchObject({ stage: 'Programming', waitingFor: 'meter' })
  await expect(desk.decide(requestId, withdraw, 'customer:T0001')).rejects.toMatchObject({ cause: { type: 'WRONG_STAGE' } })
  expect(await desk.terms(customer.customerId)).toEqual(['B1.1 2026-07-01..'])
  katsa.away.delete(customer.serial)
  await katsa.settle()
  const tomorrow = addDays(await today(), 1)
  expect(await desk.terms(customer.customerId)).toEqual([`B1.1 2026-07-01..${tomorrow}`, `B1.2 ${tomorrow}..`])
  const away = await katsa.db
    .selectFrom('notifications')
    .select('staffLogin')
    .where('kind', '=', 'meter-away')
    .where(sql<string>`params ->> 'meterSerial'`, '=', customer.serial)
    .orderBy('staffLogin')
    .execute()
  expect(away.map(({ staffLogin }) => staffLogin)).toEqual(['chandan', 'deepa'])
})

test('while the customer is disconnected the limits are programmed, and the hold and the open relay stay', async () => {
  // Owes 800 rupees and is cut for it; 1,000 rupees of deposit are enough for the bigger package.
  const customer = await connectCustomer(katsa.db, {
    depositMinor: 100_000,
    openingDues: { amountMinor: 80_000, dueOn: '2026-06-10' },
  })
  const hold = { customerId: customer.customerId, reason: 'unpaid' as const, owner: 'test' }
  const asOf = await katsa.now()
  await inTransaction(katsa.db, (tx) => placeHold(tx, hold, asOf))
  const requestId = await approvedUpgrade(customer)
  expect(await desk.process(requestId)).toMatchObject({ stage: 'Review' })
  expect(await desk.meter(customer.serial)).toMatchObject({ loadLimitW: 1000, relay: 'open' })
  expect(await openHolds(katsa.db, customer.customerId)).toHaveLength(1)
})

async function beginClosing({ accountId, customerId }: ConnectedCustomer): Promise<void> {
  const closureId = `${PLANT}-L${accountId.slice(-4)}`
  const requestedAt = await katsa.now()
  await katsa.db
    .insertInto('closures')
    .values({
      closureId,
      plant: PLANT,
      accountId,
      customerId,
      reason: 'own-wish',
      leavingOn: requestedAt.slice(0, 10),
      requestedBy: 'asha',
      requestedAt,
      refundMethod: 'cash',
    })
    .execute()
  await katsa.db
    .insertInto('outbox')
    .values({ kind: 'nudge', topic: `account:${accountId}` })
    .execute()
  await katsa.settle()
}

test('a customer who leaves while the meter is away ends the request, and the money is credit', async () => {
  const customer = await connectCustomer(katsa.db)
  const requestId = await approvedUpgrade(customer)
  katsa.away.add(customer.serial)
  await pay(customer, 50_000)
  await beginClosing(customer)
  expect(await desk.process(requestId)).toMatchObject({ outcome: 'CustomerLeft' })
  expect(await desk.balance(credit(customer.accountId))).toBe(50_000)
  expect(await desk.terms(customer.customerId)).toEqual(['B1.1 2026-07-01..'])
  await expect(desk.ask({ customerId: customer.customerId, packageCode: 'B1.2' })).rejects.toMatchObject({
    code: 'ACCOUNT_CLOSED',
  })
})

test('a change that another one overtakes ends without undoing it', async () => {
  const customer = await connectCustomer(katsa.db)
  const requestId = await approvedUpgrade(customer)
  katsa.away.add(customer.serial)
  await pay(customer, 50_000)
  const asOf = await katsa.now()
  await katsa.db
    .updateTable('connections')
    .set({ supplyPackageCode: 'B1.3' })
    .where('customerId', '=', customer.customerId)
    .execute()
  await inTransaction(katsa.db, (tx) =>
    placeHold(tx, { customerId: customer.customerId, reason: 'maintenance', owner: 'test' }, asOf),
  )
  await katsa.settle()
  expect(await desk.process(requestId)).toMatchObject({ outcome: 'Superseded' })
  const supply = await katsa.db
    .selectFrom('connections')
    .select('supplyPackageCode')
    .where('customerId', '=', customer.customerId)
    .executeTakeFirst()
  expect(supply).toEqual({ supplyPackageCode: 'B1.3' })
  expect(await desk.balance(credit(customer.accountId))).toBe(50_000)
})

test('the state is told when finished work is not confirmed; sent back it is done again, and then confirmed', async () => {
  const customer = await connectCustomer(katsa.db)
  const requestId = await approvedUpgrade(customer)
  await pay(customer, 50_000)
  await katsa.advance('P3D')
  expect(await desk.process(requestId)).toMatchObject({ stage: 'Review' })
  expect(await desk.told(requestId)).toContain('decision-needed farid')
  await desk.decide(requestId, sendBack, 'deepa')
  expect(await desk.process(requestId)).toMatchObject({ stage: 'Rework', waitingFor: 'technician' })
  await desk.doWork(requestId, 'rework:1')
  await desk.decide(requestId, confirmWork, 'deepa')
  expect(await desk.request(requestId)).toMatchObject({ endedAs: 'Done', reviewRound: 2 })
})

test('the connection moves to the other feeder first, and stays where it is when that cannot be done', async () => {
  const [moved, stays] = [await connectCustomer(katsa.db), await connectCustomer(katsa.db)]
  const requests = []
  for (const customer of [moved, stays]) {
    const { feeder } = await katsa.db
      .selectFrom('connections')
      .select('feeder')
      .where('customerId', '=', customer.customerId)
      .executeTakeFirstOrThrow()
    const requestId = await desk.ask({
      customerId: customer.customerId,
      packageCode: 'B1.2',
      takesEffect: 'at-once',
      toFeeder: feeder === 'F3' ? 'F1' : 'F3',
    })
    await desk.decide(requestId, approve, 'deepa')
    await pay(customer, 50_000)
    requests.push(requestId)
  }
  const [first = '', second = ''] = requests
  expect(await desk.process(first)).toMatchObject({ stage: 'FeederMove', waitingFor: 'technician' })
  await desk.doWork(first, 'feeder-move')
  await desk.doWork(second, 'feeder-move', { outcome: 'not-possible' })
  const { feeder } = await katsa.db
    .selectFrom('connections')
    .select('feeder')
    .where('customerId', '=', moved.customerId)
    .executeTakeFirstOrThrow()
  expect(feeder).toBe((await desk.request(first)).toFeeder)
  expect(await desk.process(first)).toMatchObject({ stage: 'Review' })
  expect(await desk.process(second)).toMatchObject({ outcome: 'WorkNotDone' })
  expect(await desk.balance(credit(stays.accountId))).toBe(50_000)
})

test('without a fitting meter in stock the change waits, visibly, until one comes', async () => {
  const customer = await connectCustomer(katsa.db, { meterKind: 'conventional' })
  await katsa.db
    .updateTable('meters')
    .set({ state: 'in-repair' })
    .where('state', '=', 'free')
    .where('kind', '=', 'smart')
    .execute()
  const requestId = await desk.ask({ customerId: customer.customerId, packageCode: 'B1.3', takesEffect: 'at-once' })
  await desk.decide(requestId, approve, 'deepa')
  await pay(customer, 70_000) // 150 + 70 × 15 = 1,200 due less 500 held.
  expect(await desk.process(requestId)).toMatchObject({ stage: 'Stock', waitingFor: 'operator' })
  await katsa.advance('P2D')
  expect(await desk.told(requestId)).toContain('decision-needed chandan')
  await katsa.db.updateTable('meters').set({ state: 'free' }).where('state', '=', 'in-repair').execute()
  await katsa.advance('P1D')
  expect(await desk.process(requestId)).toMatchObject({ stage: 'Installation' })
  await desk.decide(requestId, withdraw, 'customer:T0001')
  expect(await desk.process(requestId)).toMatchObject({ outcome: 'Withdrawn' })
  expect(await katsa.db.selectFrom('meters').select('serial').where('state', '=', 'assigned').execute()).toEqual([])
})
