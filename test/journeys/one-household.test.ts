// One household from the first wish to the last rupee, over real HTTP, Postgres, MQTT and Temporal. Everybody acts with a log-in of
// their own and nothing but the API; the meter is a simulated one at the broker. README.md beside this file says how to run it
// on servers of one's own.
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { createFleet, type Fleet } from '../../meters/simulator/fleet.ts'
import { until } from '../support/until.ts'
import { expectBooks } from './support/books.ts'
import { type LiveStack, liveStack } from './support/live-stack.ts'
import { logIn, type Person, tellOfPayment } from './support/people.ts'
import { type StoryClock, storyClock } from './support/story-clock.ts'
import { PASSWORD, registerInApp, type StoryPlant, storyPlant } from './support/story-plant.ts'
import type { AccountPage, ClosurePage, PackageChangePage, PaymentPage, ProcessPage, Task } from './support/views.ts'

const PHONE = '+915558800001'
/** What the meter shows on the shelf. */
const START_WH = 1_000

let stack: LiveStack
let stage: StoryPlant
let clock: StoryClock
let fleet: Fleet
let plant: string
let serial: string
/** The household's account for ever; before there is a customer ID it is what she pays under. */
let accountId: string
let customerId: string

let sunita: Person
let asha: Person // CSA
let chandan: Person // operator
let deepa: Person // cluster in-charge

beforeAll(async () => {
  stack = await liveStack()
  stage = await storyPlant(stack.db, at('07-01 09:00'))
  plant = stage.plant
  serial = stage.serials[0] ?? ''
  clock = await storyClock(stack.db, plant)
  await registerInApp(stack.db, { plant, name: 'Sunita Devi', phone: PHONE })
  const staff = (login: string): Promise<Person> => logIn(stack.url, { login, password: PASSWORD })
  sunita = await logIn(stack.url, { phone: PHONE, password: PASSWORD })
  ;[asha, chandan, deepa] = await Promise.all([staff('asha'), staff('chandan'), staff('deepa')])
  const { meterPassword } = stack
  fleet = await createFleet({
    url: stack.mqttUrl,
    plant,
    zone: stage.zone,
    meters: stage.serials.map((one) => ({ serial: one, startWh: START_WH })),
    clock: { nowBusiness: clock.now },
    log: { debug: () => undefined, warn: () => undefined },
    beatMs: 25,
    ...(meterPassword !== undefined && { credentials: (one: string) => ({ username: one, password: meterPassword }) }),
  })
  await fleet.ready()
}, 120_000)

afterAll(async () => {
  await fleet.close()
  await stack.close()
}, 60_000)

/** How long a story waits for something to happen: it happens within a second, but the machine may be busy. */
const PATIENCE_MS = 45_000

const soon = (assertions: () => Promise<void>): Promise<void> => until(assertions, PATIENCE_MS)

let isBroken = false

/** A part of the story. What follows a part that went wrong would only be noise. */
function chapter(title: string, tell: () => Promise<void>): void {
  const tellUnlessBroken = async (): Promise<void> => {
    if (isBroken) throw new Error('an earlier chapter went wrong')
    isBroken = true
    await tell().catch((error: unknown) => {
      console.error(`${title}\n${stack.logs()}`)
      throw error
    })
    isBroken = false
  }
  test(title, tellUnlessBroken, 4 * PATIENCE_MS)
}

/** A time of 2026 as the clock on the wall in Katsa shows it, which is five and a half hours ahead of UTC. */
function at(local: string): string {
  return new Date(Date.parse(`2026-${local.replace(' ', 'T')}:00.000Z`) - 330 * 60_000).toISOString()
}

/** Constant demand from now on: so many watts, which is half as many Wh in every half hour. */
function draw(watts: number): void {
  fleet.setDemand(serial, () => watts / 2)
}

const page = (): Promise<AccountPage> => deepa.get(`/v1/accounts/${accountId}`)

async function books(expected: Readonly<Record<string, number>>): Promise<void> {
  await soon(() => expectBooks(deepa, { plant, db: stack.db, accountId, expected }))
}

/** The open task of that kind, once there is one and its process is there to hear of it. */
async function taskFor(kind: string): Promise<Task> {
  let found: Task | undefined
  await soon(async () => {
    const { items } = await deepa.get<{ items: Task[] }>(`/v1/tasks?plant=${plant}&kind=${kind}`)
    found = items.find(({ status }) => status === 'in-process' || status === 'requested')
    expect(await stageOfTask(found?.taskId ?? '')).toBe('InProcess')
  })
  return found as Task
}

/** Where the task's process stands: what people decide about a task, they decide with it. */
async function stageOfTask(taskId: string): Promise<string> {
  const { process } = await deepa.get<ProcessPage>(`/v1/processes/${encodeURIComponent(`task:${taskId}`)}`)
  return process.outcome ?? process.stage
}

/** Whoever the task is with reports it, and the operator confirms it where it takes a second person. */
async function done(kind: string, report: Readonly<Record<string, unknown>> = {}): Promise<void> {
  const { taskId, assignedTo } = await taskFor(kind)
  const worker = await logIn(stack.url, { login: assignedTo ?? '', password: PASSWORD })
  await worker.post(`/v1/tasks/${taskId}/report`, { outcome: 'done', ...report })
  await soon(async () => expect(['Review', 'Completed']).toContain(await stageOfTask(taskId)))
  if ((await stageOfTask(taskId)) === 'Review') await chandan.post(`/v1/tasks/${taskId}/approval`)
  await soon(async () => expect(await stageOfTask(taskId)).toBe('Completed'))
}

/** Cash into Asha's hand: the receipt comes with the answer. */
async function paysCash(amountMinor: number): Promise<PaymentPage> {
  const payer = customerId ?? accountId
  return asha.post<PaymentPage>('/v1/payments', { payer, amountMinor, currency: 'INR' })
}

async function paysByWallet(reference: string, amountMinor: number): Promise<void> {
  const payer = customerId ?? accountId
  await tellOfPayment(stack.url, stack.walletSecret, { reference: `${plant}-${reference}`, plant, payer, amountMinor })
}

async function stageOf(workflowType: string): Promise<string | undefined> {
  const { processes } = await page()
  const one = processes.find((row) => row.workflowType === workflowType)
  return one?.outcome ?? one?.stage
}

async function told(kind: string): Promise<number> {
  const { notices } = await page()
  return notices.filter((notice) => notice.kind === kind && notice.state === 'delivered').length
}

async function relay(): Promise<unknown> {
  const { meter } = await page()
  expect(meter?.reported?.version).toBe(meter?.desired?.version)
  return meter?.reported?.relay
}

/** Lets a month come to its end, and the register of its midnight come in from the meter. Bills are made of it later that day. */
async function monthEnds(midnight: string): Promise<void> {
  await clock.runTo(midnight)
  await soon(async () => {
    const register = stack.db.selectFrom('meterTelemetry').select('registerWh').where('serial', '=', serial)
    expect(await register.where('takenAt', '=', midnight).executeTakeFirst()).toBeDefined()
  })
}

/** The bill of a period, once it has been issued. */
async function billOf(period: string): Promise<AccountPage['money']['bills'][number]> {
  let found: AccountPage['money']['bills'][number] | undefined
  await soon(async () => {
    found = (await page()).money.bills.find(({ source }) => source === period)
    expect(found).toBeDefined()
  })
  return found as AccountPage['money']['bills'][number]
}

chapter('Sunita asks for a connection in the app, and a sales agent takes her details', async () => {
  const application = { plant, category: 'low-income', address: 'Tola 2, Katsa' }
  const made = await sunita.post<{ applicationId: string }>('/v1/applications', application)
  accountId = made.applicationId
  await soon(async () => expect(await stageOf('onboardCustomer')).toBe('Kyc'))
  await asha.post(`/v1/applications/${accountId}/kyc`, { kind: 'voter-id', number: 'ABC1234567', commitmentsGiven: true })
  await soon(async () => expect(await stageOf('onboardCustomer')).toBe('PackageChoice'))
  await books({})
})

chapter('B1.1 asks a deposit of 500 rupees and 300 for the activation', async () => {
  await asha.post(`/v1/applications/${accountId}/package`, { code: 'B1.1', pole: '011', meterKind: 'smart', depositParts: 2 })
  await soon(async () => expect(await stageOf('onboardCustomer')).toBe('Payment'))
  // Expected bill: 50 + 18 × 23 kWh = 464 rupees, up to the next 50: 500. A smart meter: 300.
  const { demands } = await sunita.get<{ demands: { kind: string; amountMinor: number }[] }>(`/v1/applications/${accountId}`)
  expect(Object.fromEntries(demands.map(({ kind, amountMinor }) => [kind, amountMinor]))).toEqual({
    deposit: 50_000,
    activation: 30_000,
  })
  await books({}) // A demand posts nothing until it is paid.
})

chapter('she pays in two parts: 400 rupees to the agent, 400 by wallet the next day', async () => {
  const { receipt } = await paysCash(40_000)
  // The deposit comes before the activation: 400 of its 500.
  expect(receipt?.paidFor).toEqual([{ kind: 'deposit', amountMinor: 40_000 }])
  await books({ 'cash:asha': 40_000, deposit: 40_000 })

  await clock.runTo(at('07-02 11:00'))
  await paysByWallet('join', 40_000)
  // 100 for the rest of the deposit, 300 for the activation, which can be asked back until the meter hangs.
  await soon(async () => expect(await stageOf('onboardCustomer')).toBe('Installation'))
  customerId = (await page()).account.customerId ?? ''
  expect(customerId).toBe(`${plant}01101`)
  await books({ 'cash:asha': 40_000, 'wallet:sandbox-wallet': 40_000, deposit: 50_000, 'activation-held': 30_000 })
})

chapter('a meter from the stock is hung up, programmed and read back, and she has light', async () => {
  await clock.runTo(at('07-03 10:00'))
  draw(40)
  await done('installation', { serial, startRegisterWh: START_WH })
  await soon(async () => expect(await stageOf('onboardCustomer')).toBe('Active'))
  const { meter, connection } = await page()
  expect(meter).toMatchObject({ serial, reported: { loadLimitW: 500, relay: 'closed' } })
  expect(connection).toMatchObject({ connectedOn: '2026-07-03', holds: [], status: 'active' })
  // The activation is earned now.
  await books({ 'cash:asha': 40_000, 'wallet:sandbox-wallet': 40_000, deposit: 50_000, 'revenue:ACT': 30_000 })
})

chapter('July is billed: 29 days, and every watt-hour since ten in the morning of the 3rd', async () => {
  await monthEnds(at('08-01 00:00'))
  await clock.runTo(at('08-01 13:00'))
  // Fixed: 50 rupees × 29 of 31 days = 46.774… → 46.77.
  // From 10:00 on 3 July to the end of the month: 28 days and 14 hours = 686 h × 40 W = 27,440 Wh × 18 = 493.92.
  // 46.77 + 493.92 = 540.69 → 541 whole rupees; rounding 0.31.
  expect(await billOf('2026-07-01')).toMatchObject({ totalMinor: 54_100, dueOn: '2026-08-10', outstandingBeforeMinor: 0 })
  const { readings } = await page()
  expect(readings).toContainEqual(expect.objectContaining({ boundary: '2026-08-01', registerWh: START_WH + 27_440 }))
  await books({
    'cash:asha': 40_000,
    'wallet:sandbox-wallet': 40_000,
    deposit: 50_000,
    'revenue:ACT': 30_000,
    receivable: 54_100,
    'revenue:CHG': 54_069,
    rounding: 31,
  })
})

chapter('she pays half of it', async () => {
  await clock.runTo(at('08-05 11:00'))
  const { receipt } = await paysCash(27_000)
  expect(receipt).toMatchObject({ amountMinor: 27_000, remainingMinor: 27_100, creditMinor: 0 }) // 541 − 270 = 271
  await books({
    'cash:asha': 67_000, // 400 + 270
    'wallet:sandbox-wallet': 40_000,
    deposit: 50_000,
    'revenue:ACT': 30_000,
    receivable: 27_100,
    'revenue:CHG': 54_069,
    rounding: 31,
  })
})

chapter('she is reminded, given notice and visited three times, and still has light', async () => {
  await clock.runTo(at('08-07 09:00')) // three days before the due day
  await soon(async () => expect(await told('due-soon-reminder')).toBe(1))
  await clock.runTo(at('08-10 09:00')) // the due day
  await soon(async () => expect(await told('due-today-reminder')).toBe(1))
  await clock.runTo(at('08-11 09:00')) // the day after
  await soon(async () => expect(await told('disconnection-notice')).toBe(1))
  for (const day of ['08-12', '08-17', '08-22']) {
    await clock.runTo(at(`${day} 10:00`))
    await done('collection-visit')
  }
  expect(await relay()).toBe('closed')
})

chapter('she is warned the day before, and cut on the 17th day after the due day, when 15 clear days have passed', async () => {
  await clock.runTo(at('08-26 09:00'))
  await soon(async () => expect(await told('disconnection-warning')).toBe(1))
  expect((await page()).connection?.holds).toEqual([])
  await clock.runTo(at('08-27 10:00')) // a Thursday; the hours of a cut begin
  await soon(async () => expect(await relay()).toBe('open'))
  await soon(async () => expect(await told('supply-cut')).toBe(1))
  expect((await page()).connection).toMatchObject({
    status: 'inactive',
    holds: [{ reason: 'unpaid', placedAt: at('08-27 10:00') }],
  })
})

chapter('she pays the rest, and is reconnected at once', async () => {
  await clock.runTo(at('08-28 12:00'))
  const { receipt } = await paysCash(27_100)
  expect(receipt?.paidFor).toEqual([{ kind: 'electricity', amountMinor: 27_100 }])
  await soon(async () => expect(await relay()).toBe('closed'))
  await soon(async () => expect(await stageOf('collectDues')).toBe('Chasing'))
  expect((await page()).connection).toMatchObject({ status: 'active', holds: [] })
  // The fee of 50 rupees is owed now and goes on the next bill.
  await books({
    'cash:asha': 94_100, // 670 + 271
    'wallet:sandbox-wallet': 40_000,
    deposit: 50_000,
    'revenue:ACT': 30_000,
    receivable: 5_000,
    'revenue:CHG': 54_069,
    'revenue:FEE': 5_000,
    rounding: 31,
  })
})

chapter('August is billed without the hours she was dark, with the fee for the reconnection', async () => {
  await monthEnds(at('09-01 00:00'))
  await clock.runTo(at('09-01 13:00'))
  // From the 1st to 10:00 on the 27th: 26 days and 10 hours = 634 h; from 12:00 on the 28th: 3 days and 12 hours = 84 h.
  // 718 h × 40 W = 28,720 Wh × 18 = 516.96; fixed 50.00 for the period of the cut; 566.96 → 567, rounding 0.04. Fee 50: 617.
  expect(await billOf('2026-08-01')).toMatchObject({ totalMinor: 61_700, dueOn: '2026-09-10', outstandingBeforeMinor: 0 })
  await clock.runTo(at('09-02 11:00'))
  const { receipt } = await paysCash(61_700)
  expect(receipt).toMatchObject({ remainingMinor: 0, creditMinor: 0 })
  await soon(async () => expect(await stageOf('collectDues')).toBe('Settled'))
  await books({
    'cash:asha': 155_800, // 941 + 617
    'wallet:sandbox-wallet': 40_000,
    deposit: 50_000,
    'revenue:ACT': 30_000,
    'revenue:CHG': 110_765, // 540.69 + 566.96
    'revenue:FEE': 5_000,
    rounding: 35, // 0.31 + 0.04
  })
})

chapter('she asks for the bigger B1.2 and is refused; asks again, and is approved', async () => {
  const asked = { packageCode: 'B1.2', takesEffect: 'next-period' }
  const first = await sunita.post<{ requestId: string }>(`/v1/customers/${customerId}/package-changes`, asked)
  await soon(async () => expect(await stageOf('changePackage')).toBe('Approval'))
  await deepa.post(`/v1/package-changes/${first.requestId}/reject`, {
    reason: 'no-capacity',
    text: 'Wait for the second inverter',
  })
  await soon(async () => expect(await stageOf('changePackage')).toBe('Rejected'))

  await clock.runTo(at('09-03 11:00'))
  const { requestId } = await sunita.post<{ requestId: string }>(`/v1/customers/${customerId}/package-changes`, asked)
  await soon(async () => expect(await stageOf('changePackage')).toBe('Approval'))
  await deepa.post(`/v1/package-changes/${requestId}/approve`)
  await soon(async () => expect(await stageOf('changePackage')).toBe('Payment'))
  // Expected bill: 100 + 16 × 54 kWh = 964, up to the next 50: 1,000. Held: 500. Short by half, so 500 are asked for.
  const { money } = await page()
  expect(money.charges.find(({ kind }) => kind === 'package-difference')).toMatchObject({
    amountMinor: 50_000,
    openMinor: 50_000,
  })
})

chapter('she pays the difference, and her meter is reprogrammed and read back when October begins', async () => {
  await clock.runTo(at('09-04 11:00'))
  await paysByWallet('difference', 50_000)
  await soon(async () => expect(await stageOf('changePackage')).toBe('Scheduled'))
  await books({
    'cash:asha': 155_800,
    'wallet:sandbox-wallet': 90_000, // 400 + 500
    deposit: 100_000, // 500 + 500
    'revenue:ACT': 30_000,
    'revenue:CHG': 110_765,
    'revenue:FEE': 5_000,
    rounding: 35,
  })
  expect((await page()).meter).toMatchObject({ reported: { loadLimitW: 500 } })
  await monthEnds(at('10-01 00:00'))
  await soon(async () => expect(await stageOf('changePackage')).toBe('Review'))
  expect((await page()).meter).toMatchObject({ reported: { loadLimitW: 1_000, relay: 'closed' } })
  expect((await page()).connection?.terms).toMatchObject([
    { packageCode: 'B1.2', fromDate: '2026-10-01', toDate: null },
    { packageCode: 'B1.1', fromDate: '2026-07-03', toDate: '2026-10-01' },
  ])
  draw(80)
  const requests = await sunita.get<{ items: PackageChangePage[] }>(`/v1/customers/${customerId}/package-changes`)
  await deepa.post(`/v1/package-changes/${requests.items[0]?.requestId ?? ''}/confirm`)
  await soon(async () => expect(await stageOf('changePackage')).toBe('Done'))
})

chapter('September is billed at the old price, October at the new', async () => {
  await clock.runTo(at('10-01 13:00'))
  // 30 days × 24 h × 40 W = 28,800 Wh × 18 = 518.40 + 50 = 568.40 → 568, rounding −0.40.
  expect(await billOf('2026-09-01')).toMatchObject({ totalMinor: 56_800, dueOn: '2026-10-10' })
  await clock.runTo(at('10-02 11:00'))
  await paysCash(56_800)

  await monthEnds(at('11-01 00:00'))
  await clock.runTo(at('11-01 13:00'))
  // 31 days × 24 h × 80 W = 59,520 Wh × 16 = 952.32 + 100 = 1,052.32 → 1,052, rounding −0.32.
  expect(await billOf('2026-10-01')).toMatchObject({ totalMinor: 105_200, dueOn: '2026-11-10' })
  await clock.runTo(at('11-02 11:00'))
  await paysByWallet('october', 105_200)
  await books({
    'cash:asha': 212_600, // 1,558 + 568
    'wallet:sandbox-wallet': 195_200, // 900 + 1,052
    deposit: 100_000,
    'revenue:ACT': 30_000,
    'revenue:CHG': 272_837, // 1,107.65 + 568.40 + 1,052.32
    'revenue:FEE': 5_000,
    rounding: -37, // 0.35 − 0.40 − 0.32
  })
  await soon(async () => expect(await stageOf('collectDues')).toBe('Settled'))
})

chapter('she leaves on the 10th of November: the supply ends with the day, and the meter comes down', async () => {
  await clock.runTo(at('11-05 11:00'))
  await sunita.post(`/v1/customers/${customerId}/closures`, { leavingOn: '2026-11-10', refundMethod: 'cash' })
  await soon(async () => expect(await stageOf('closeAccount')).toBe('Notified'))
  await clock.runTo(at('11-11 00:00'))
  await soon(async () => expect(await relay()).toBe('open'))
  const finalRegisterWh = fleet.memory(serial).register.wh
  // 1,000 + 27,440 + 28,720 + 28,800 + 59,520, and ten days of November: 240 h × 80 W = 19,200.
  expect(finalRegisterWh).toBe(164_680)
  await clock.runTo(at('11-11 11:00'))
  await done('meter-removal', { serial, finalRegisterWh })
  await soon(async () => expect(await stageOf('closeAccount')).toBe('ApprovingRefund'))
  // 10 of 30 days × 100 rupees = 33.33; 19.2 kWh × 16 = 307.20; 340.53 → 341, rounding 0.47, taken from the deposit.
  expect(await billOf('2026-11-01')).toMatchObject({ totalMinor: 34_100 })
  await books({
    'cash:asha': 212_600,
    'wallet:sandbox-wallet': 195_200,
    deposit: 65_900, // 1,000 − 341
    'revenue:ACT': 30_000,
    'revenue:CHG': 306_890, // 2,728.37 + 340.53
    'revenue:FEE': 5_000,
    rounding: 10, // −0.37 + 0.47
  })
})

chapter('the rest of her deposit comes back, and nothing is left on the account', async () => {
  const { items } = await sunita.get<{ items: { closureId: string }[] }>(`/v1/customers/${customerId}/closures`)
  const closureId = items[0]?.closureId ?? ''
  await deepa.post(`/v1/closures/${closureId}/refund-approval`)
  await soon(async () => expect(await stageOf('closeAccount')).toBe('PayingOut'))
  await asha.post(`/v1/closures/${closureId}/refund-payment`, { method: 'cash', proof: 'slip-7' })
  await soon(async () => expect(await stageOf('closeAccount')).toBe('Closed'))
  const closing = await sunita.get<ClosurePage>(`/v1/closures/${closureId}`)
  expect(closing.refunds).toMatchObject([{ kind: 'deposit', amountMinor: 65_900, state: 'paid' }])
  await books({
    'cash:asha': 146_700, // 2,126 − 659
    'wallet:sandbox-wallet': 195_200,
    'revenue:ACT': 30_000,
    'revenue:CHG': 306_890,
    'revenue:FEE': 5_000,
    rounding: 10,
  })
  const stock = await deepa.get<{ items: { serial: string; state: string }[] }>(`/v1/plants/${plant}/meters`)
  expect(stock.items.find((one) => one.serial === serial)).toMatchObject({ state: 'free' })
  // What she paid, less what she got back, is what was earned: 2,126 + 1,952 − 659 = 3,419 = 300 + 3,068.90 + 50 + 0.10.
  expect(146_700 + 195_200).toBe(30_000 + 306_890 + 5_000 + 10)
})
