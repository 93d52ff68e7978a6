import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals'
import { openHolds } from '../../db/queries/supply.ts'
import {
  approveRefund,
  assignAgent,
  choosePackage,
  enterKyc,
  payRefund,
  refuse,
  waiveDeposit,
  withdraw,
} from '../../workflows/onboarding-decisions.ts'
import { applicants } from '../support/applicants.ts'
import { expectBooksInBalance, held } from '../support/payers.ts'
import { PLANT, type Village, village, ZONE } from '../support/village.ts'
import { addToInstant } from '../../domain/calendar.ts'

let katsa: Village
let people: ReturnType<typeof applicants>
beforeAll(async () => {
  katsa = await village()
  people = applicants(katsa)
})
afterAll(() => katsa.close())
afterEach(() => expectBooksInBalance(katsa.db))

/** The refund that stands is approved and paid out. */
async function giveBack(applicationId: string, approver: string): Promise<void> {
  await people.decide(applicationId, approveRefund, approver)
  await people.decide(applicationId, payRefund, 'asha', { method: 'cash', proof: 'receipt-book-12' })
}

test('a household that pays in two parts gets its customer ID, its meter and its supply', async () => {
  const applicationId = await people.apply()
  expect(await people.process(applicationId)).toMatchObject({ stage: 'Kyc', waitingFor: 'csa' })
  expect(await people.application(applicationId)).toMatchObject({ salesAgent: 'asha' })
  await people.decide(applicationId, enterKyc, 'asha', { kind: 'voter-id' })
  await people.decide(applicationId, choosePackage, 'asha', { code: 'B1.1', pole: '011', depositParts: 2 })
  const { dueAt } = await people.process(applicationId)
  expect(dueAt).toBe(addToInstant((await people.application(applicationId)).packageAssignedAt ?? '', 'P30D', ZONE))
  // The deposit comes before the activation charge: 400 of 500 rupees; the rest of 400 is 100 + 300.
  await people.pay(applicationId, 40_000)
  expect(await people.process(applicationId)).toMatchObject({ stage: 'Payment', waitingFor: 'customer' })
  expect([await held(katsa.db, `deposit:${applicationId}`), await held(katsa.db, `activation-held:${applicationId}`)]).toEqual([
    40_000, 0,
  ])
  await people.pay(applicationId, 40_000)
  expect([await held(katsa.db, `deposit:${applicationId}`), await held(katsa.db, `activation-held:${applicationId}`)]).toEqual([
    50_000, 30_000,
  ])

  const customerId = (await people.account(applicationId)).customerId ?? ''
  expect(customerId).toBe('BHKATS01101')
  expect(await people.process(applicationId)).toMatchObject({ stage: 'Installation', waitingFor: 'technician' })
  expect((await openHolds(katsa.db, customerId)).map(({ reason }) => reason)).toEqual(['not-activated'])
  const meter = await people.meter(applicationId)
  expect(meter).toMatchObject({ state: 'assigned', kind: 'smart' })

  await people.report(applicationId, 'installation:1', {
    outcome: 'done',
    serial: meter?.serial ?? '',
    startRegisterWh: 1_200,
    photoRef: 'photos/a1.jpg',
  })
  expect(await people.process(applicationId)).toMatchObject({ outcome: 'Active' })
  expect(await openHolds(katsa.db, customerId)).toEqual([])
  expect(await people.connection(applicationId)).toMatchObject({ connectedOn: '2026-07-01', leftOn: null })
  expect(await katsa.db.selectFrom('connectionTerms').selectAll().where('customerId', '=', customerId).execute()).toMatchObject([
    { fromDate: '2026-07-01', toDate: null, packageCode: 'B1.1' },
  ])
  expect(await katsa.db.selectFrom('readings').selectAll().where('customerId', '=', customerId).execute()).toMatchObject([
    {
      source: 'installation',
      registerWh: 1_200,
      state: 'accepted',
      enteredBy: 'binod',
      reviewedBy: 'chandan',
      photoRef: 'photos/a1.jpg',
    },
  ])
  // The activation charge is income now; the deposit stays held.
  expect([await held(katsa.db, `deposit:${applicationId}`), await held(katsa.db, `activation-held:${applicationId}`)]).toEqual([
    50_000, 0,
  ])
  expect(await held(katsa.db, `revenue:${PLANT}:ACT`)).toBe(30_000)
  expect((await people.notices(applicationId)).filter((kind) => !kind.startsWith('p'))).toEqual([
    'application-received',
    'supplier-commitments',
    'deposit-and-activation-demanded',
    'demand-settled',
    'account-created',
    'installation-scheduled',
    'connection-active',
  ])
})

test('an application goes to the least busy agent, and the cluster in-charge gives it to another', async () => {
  const [first, second] = [await people.apply(), await people.apply()]
  const [a, b] = [await people.application(first), await people.application(second)]
  expect(new Set([a.salesAgent, b.salesAgent]).size).toBe(2)
  await people.decide(first, assignAgent, 'deepa', { to: b.salesAgent ?? '' })
  await people.decide(first, assignAgent, 'deepa', { to: a.salesAgent ?? '' })
  expect(await people.application(first)).toMatchObject({ salesAgent: a.salesAgent, agentRound: 2 })
})

test('an agent who never comes is told again, and so is the cluster in-charge', async () => {
  const applicationId = await people.apply()
  await katsa.advance('P6D')
  const told = await katsa.db
    .selectFrom('notifications')
    .select('staffLogin')
    .where('dedupeKey', 'like', `visit-late:${applicationId}%`)
    .execute()
  expect(told.map(({ staffLogin }) => staffLogin).toSorted()).toEqual(
    [(await people.application(applicationId)).salesAgent, 'deepa'].toSorted(),
  )
  expect(await people.process(applicationId)).toMatchObject({ stage: 'Kyc' })
})

test('a panchayat pays no deposit', async () => {
  const applicationId = await people.demanded({ category: 'panchayat' })
  const charges = await katsa.db
    .selectFrom('charges')
    .select(['kind', 'amountMinor'])
    .where('accountId', '=', applicationId)
    .execute()
  expect(charges).toEqual([{ kind: 'activation', amountMinor: 30_000 }])
})

test('a deposit that is waived after a part was paid pays the activation charge with it', async () => {
  const applicationId = await people.demanded()
  await people.pay(applicationId, 20_000)
  await people.decide(applicationId, waiveDeposit, 'farid')
  // 200 rupees of the deposit go to the activation charge of 300: 100 are open.
  expect([await held(katsa.db, `deposit:${applicationId}`), await held(katsa.db, `activation-held:${applicationId}`)]).toEqual([
    0, 20_000,
  ])
  await people.pay(applicationId, 10_000)
  expect(await people.process(applicationId)).toMatchObject({ stage: 'Installation' })
})

test('a deposit that is waived before the package is chosen is never asked for', async () => {
  const applicationId = await people.apply()
  await people.decide(applicationId, waiveDeposit, 'farid')
  await people.decide(applicationId, enterKyc, 'asha', { kind: 'voter-id' })
  await people.decide(applicationId, choosePackage, 'asha', { code: 'B1.1', pole: '012' })
  expect(await katsa.db.selectFrom('charges').select('kind').where('accountId', '=', applicationId).execute()).toEqual([
    { kind: 'activation' },
  ])
})

test('who pays too much keeps the rest as credit, and money before the package counts at once', async () => {
  const applicationId = await people.apply()
  await people.pay(applicationId, 90_000)
  await people.decide(applicationId, enterKyc, 'asha', { kind: 'voter-id' })
  await people.decide(applicationId, choosePackage, 'asha', { code: 'B1.1', pole: '012' })
  // 900 paid − 500 − 300 = 100 rupees.
  expect(await held(katsa.db, `credit:${applicationId}`)).toBe(10_000)
  expect(await people.process(applicationId)).toMatchObject({ stage: 'Installation' })
})

test('the same payment told twice counts once', async () => {
  const applicationId = await people.demanded()
  await people.pay(applicationId, 40_000, 'twice')
  await people.pay(applicationId, 40_000, 'twice')
  expect(await held(katsa.db, `deposit:${applicationId}`)).toBe(40_000)
  expect(await people.process(applicationId)).toMatchObject({ stage: 'Payment' })
})

test('who withdraws half paid gets the money back after approval, by another hand', async () => {
  const applicationId = await people.demanded()
  await people.pay(applicationId, 55_000)
  await people.decide(applicationId, withdraw, 'asha')
  expect(await people.refunds(applicationId)).toMatchObject([{ kind: 'credit', amountMinor: 55_000, state: 'requested' }])
  // 550 rupees: above the cluster's 500.
  expect(await people.process(applicationId)).toMatchObject({ stage: 'RefundApproval', waitingFor: 'state-in-charge' })
  await people.decide(applicationId, approveRefund, 'farid')
  await expect(people.decide(applicationId, payRefund, 'farid', { method: 'upi' })).rejects.toMatchObject({
    cause: { type: 'OWN_ENTRY' },
  })
  await people.decide(applicationId, payRefund, 'asha', { method: 'cash', proof: 'thumb' })
  expect(await people.refunds(applicationId)).toMatchObject([{ state: 'paid', method: 'cash', proof: 'thumb' }])
  expect(await people.process(applicationId)).toMatchObject({ outcome: 'Withdrawn' })
  // Asha has no cash: 550 of the counter's 10,000 rupees went out.
  expect([await held(katsa.db, `credit:${applicationId}`), await held(katsa.db, 'cash:counter-BHKATS')]).toEqual([0, -945_000])
  expect((await people.account(applicationId)).closedAt).not.toBeNull()
})

test('money that comes while the refund is on its way is given back too', async () => {
  const applicationId = await people.demanded()
  await people.pay(applicationId, 20_000)
  await people.decide(applicationId, withdraw, 'asha')
  await people.pay(applicationId, 15_000)
  await giveBack(applicationId, 'deepa')
  expect(await people.process(applicationId)).toMatchObject({ stage: 'RefundApproval', waitingFor: 'cluster-in-charge' })
  await giveBack(applicationId, 'deepa')
  expect((await people.refunds(applicationId)).map(({ amountMinor, source }) => [amountMinor, source])).toEqual([
    [20_000, applicationId],
    [15_000, `${applicationId}:2`],
  ])
  expect(await people.process(applicationId)).toMatchObject({ outcome: 'Withdrawn' })
})

test('money that comes long after the end is given back as well', async () => {
  const applicationId = await people.apply()
  await people.decide(applicationId, withdraw, 'asha')
  expect(await people.process(applicationId)).toMatchObject({ outcome: 'Withdrawn' })
  await people.pay(applicationId, 20_000)
  expect(await people.process(applicationId)).toMatchObject({ stage: 'RefundApproval', outcome: null })
  await giveBack(applicationId, 'deepa')
  expect(await people.process(applicationId)).toMatchObject({ outcome: 'Withdrawn' })
  expect(await held(katsa.db, `credit:${applicationId}`)).toBe(0)
})

test('a refused application owes nothing and is told why', async () => {
  const applicationId = await people.apply()
  await people.decide(applicationId, refuse, 'deepa', { reason: 'out-of-reach' })
  expect(await people.process(applicationId)).toMatchObject({ outcome: 'Refused' })
  expect(await people.application(applicationId)).toMatchObject({ endedAs: 'refused' })
  expect(await people.notices(applicationId)).toContain('application-refused')
})

test('who withdraws and is refused at once ended by the first of the two', async () => {
  const applicationId = await people.apply()
  const both = await Promise.allSettled([
    people.decide(applicationId, withdraw, 'asha'),
    people.decide(applicationId, refuse, 'deepa', { reason: 'other' }),
  ])
  expect(both.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
  const lost = both.find(({ status }) => status === 'rejected') as PromiseRejectedResult
  expect(lost.reason).toMatchObject({ cause: { type: expect.stringMatching(/ALREADY_DECIDED|WRONG_STAGE/) } })
})
