import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { KATSA_POLICY_V1 } from '../../domain/policy.ts'
import { processIds } from '../../domain/process-ids.ts'
import { watchForDueBilling } from '../support/billing.ts'
import { connectCustomer, type ConnectedCustomer } from '../support/connections.ts'
import { debtors } from '../support/debtors.ts'
import { type Village, village } from '../support/village.ts'

// A1.1 costs 160.00 a month in advance; after one day of grace it is dark, from 2 July on.
let katsa: Village
let people: ReturnType<typeof debtors>
let silent: ConnectedCustomer
let unwilling: ConnectedCustomer

beforeAll(async () => {
  const policy = { ...KATSA_POLICY_V1, prepaid: { ...KATSA_POLICY_V1.prepaid, grace: 'P1D' } }
  katsa = await village({ startsAt: '2026-06-30T03:30:00.000Z', policy })
  people = debtors(katsa)
  silent = await connectCustomer(katsa.db, { packageCode: 'A1.1', meterKind: 'smart' })
  unwilling = await connectCustomer(katsa.db, { packageCode: 'A1.1', meterKind: 'smart' })
  katsa.away.add(silent.serial)
  katsa.refusing.set(unwilling.serial, 'UNSUPPORTED')
  await watchForDueBilling(katsa)
}, 120_000)
afterAll(() => katsa.close())

test('whose meter refuses to lapse is switched off by a technician, and the operator knows', async () => {
  await katsa.advanceTo('2026-07-02T06:00:00.000Z')
  expect(await people.staffToldOf(unwilling, 'meter-refused')).toEqual(['operator'])
  await people.doTask(unwilling, 'disconnection')
  expect(await people.reportedRelay(unwilling)).toBe('open')
}, 120_000)

test('paid, it is lit by a technician too, and then the customer is told', async () => {
  await people.pay(unwilling, 16_000)
  expect(await people.desiredRelay(unwilling)).toBe('auto')
  expect(await people.toldOf(unwilling)).not.toContain('supply-restored')
  await people.doTask(unwilling, 'reconnection')
  expect(await people.reportedRelay(unwilling)).toBe('closed')
  expect(await people.toldOf(unwilling)).toContain('supply-restored')
  expect(await katsa.process(processIds.billing(unwilling.customerId, '2026-07-01'))).toMatchObject({ outcome: 'Paid' })
}, 120_000)

test('a lapse that a silent meter has not carried out is told of, again and again', async () => {
  await katsa.advanceTo('2026-07-05T06:00:00.000Z')
  expect(await people.reportedRelay(silent)).toBe('closed')
  expect(await people.staffToldOf(silent, 'meter-away')).toEqual(['operator', 'cluster-in-charge'])
}, 120_000)
