import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals'
import { withAccount } from '../../db/queries/accounts.ts'
import { proposePlan, takePromise } from '../../db/queries/agree.ts'
import { plansOf, promisesOf } from '../../db/queries/agreements.ts'
import { readPlant } from '../../db/queries/plants.ts'
import type { PlanPart } from '../../domain/payment-plan.ts'
import type { Role } from '../../domain/roles.ts'
import { agreePlan } from '../../workflows/collect-dues.ts'
import type { ConnectedCustomer } from '../support/connections.ts'
import { debtors, QUICK_CHASE } from '../support/debtors.ts'
import { expectBooksInBalance, hear } from '../support/payers.ts'
import { PLANT, type Village, village } from '../support/village.ts'

let katsa: Village
let people: ReturnType<typeof debtors>
beforeAll(async () => {
  katsa = await village({ policy: QUICK_CHASE })
  people = debtors(katsa)
}, 120_000)
afterAll(() => katsa.close())
afterEach(() => expectBooksInBalance(katsa.db))

const TWO_PARTS: PlanPart[] = [
  { dueOn: '2026-07-08', amountMinor: 22_900 },
  { dueOn: '2026-07-18', amountMinor: 22_800 },
]

async function agreeing<T>(
  { accountId }: ConnectedCustomer,
  role: Role,
  act: (...of: Parameters<typeof takePromise> extends [infer Tx, infer On, ...unknown[]] ? [Tx, On] : never) => Promise<T>,
): Promise<T> {
  const asOf = await katsa.now()
  const plant = await readPlant(katsa.db, PLANT, asOf)
  const made = await withAccount(katsa.db, accountId, (tx, account) => act(tx, { account, plant, asOf, by: 'asha', role }))
  await katsa.settle()
  return made
}
const promise = (customer: ConnectedCustomer, until: string, role: Role = 'csa') =>
  agreeing(customer, role, (tx, on) => takePromise(tx, on, until))
const propose = (customer: ConnectedCustomer, parts: readonly PlanPart[]) =>
  agreeing(customer, 'csa', (tx, on) => proposePlan(tx, on, parts))
const pay = async (customer: ConnectedCustomer, reference: string, amountMinor: number): Promise<void> => {
  await hear(katsa.db, { reference, amountMinor, payer: customer.customerId, asOf: await katsa.now() })
  await katsa.settle()
}
const promiseOf = async ({ accountId }: ConnectedCustomer) => (await promisesOf(katsa.db, accountId)).at(-1)
const planOf = async ({ accountId }: ConnectedCustomer) => (await plansOf(katsa.db, accountId)).at(-1)

// Due on 1 July; without more the cut is on the 5th at 10:00 (04:30 UTC). All of them live through the same weeks.
test('promises and plans hold off the cut while they are kept, and not a day longer (billing.md rules 19 and 21)', async () => {
  const trusting = await people.owing()
  const failing = await people.owing()
  const inParts = await people.owing()
  const missing = await people.owing()
  const undecided = await people.owing()
  await katsa.advanceTo('2026-07-04T06:00:00.000Z')
  await promise(trusting, '2026-07-07')
  await promise(failing, '2026-07-07')
  for (const customer of [inParts, missing]) {
    const { planId } = await propose(customer, TWO_PARTS)
    await people.run(customer).executeUpdate(agreePlan, { args: [{ by: 'deepa' }] })
    await katsa.settle()
    expect(await planOf(customer)).toMatchObject({ planId, state: 'agreed', decidedBy: 'deepa' })
    await expect(people.run(customer).executeUpdate(agreePlan, { args: [{ by: 'farid' }] })).rejects.toThrow()
  }
  await propose(undecided, TWO_PARTS)
  expect(await people.toldOf(trusting)).toContain('promise-noted')
  expect(await people.toldOf(inParts)).toContain('plan-agreed')
  // The state in-charge's plan, the CSA's second promise, a debt that is not the debt: refused.
  await expect(promise(failing, '2026-07-09')).rejects.toMatchObject({ code: 'NOT_PERMITTED' })
  await expect(promise(failing, '2026-07-20', 'cluster-in-charge')).rejects.toMatchObject({ code: 'ALREADY_EXISTS' })
  await expect(
    propose(failing, [TWO_PARTS[0], { dueOn: '2026-07-18', amountMinor: 22_799 }] as PlanPart[]),
  ).rejects.toMatchObject({
    code: 'PAYMENT_MISMATCH',
  })

  await katsa.advanceTo('2026-07-06T12:00:00.000Z')
  // Silence never approves: only the plan that nobody decided is cut.
  expect(await people.desiredRelay(undecided)).toBe('open')
  for (const customer of [trusting, failing, inParts, missing]) expect(await people.desiredRelay(customer)).toBe('auto')
  await pay(trusting, 'as-promised', 45_700)
  await pay(inParts, 'first-part', 22_900)
  expect(await promiseOf(trusting)).toMatchObject({ state: 'kept' })

  await katsa.advanceTo('2026-07-09T12:00:00.000Z')
  // The promise of the 7th and the first part of the 8th are broken: back to the step they were at, which is the cut.
  expect(await promiseOf(failing)).toMatchObject({ state: 'broken' })
  expect(await planOf(missing)).toMatchObject({ state: 'broken' })
  expect(await people.desiredRelay(failing)).toBe('open')
  expect(await people.desiredRelay(missing)).toBe('open')
  expect(await people.toldOf(failing)).toContain('promise-broken')
  expect(await people.toldOf(missing)).toEqual(expect.arrayContaining(['plan-part-due', 'plan-broken', 'supply-cut']))
  expect(await people.desiredRelay(inParts)).toBe('auto')

  await katsa.advanceTo('2026-07-17T12:00:00.000Z')
  // Three days before each part: on the 5th and on the 15th.
  expect((await people.toldOf(inParts)).filter((kind) => kind === 'plan-part-due')).toHaveLength(2)
  await pay(inParts, 'second-part', 22_800)
  expect(await planOf(inParts)).toMatchObject({ state: 'kept' })
  expect(await people.desiredRelay(inParts)).toBe('auto')
}, 200_000)
