import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals'
import { approveCorrection, rejectCorrection } from '../../workflows/correct-charge.ts'
import { billFor, lookForDueBilling } from '../support/billing.ts'
import { connectCustomer } from '../support/connections.ts'
import { billJuly, correctionDesk } from '../support/corrections.ts'
import { expectBooksInBalance } from '../support/payers.ts'
import { type Village, village } from '../support/village.ts'

let katsa: Village
let desk: ReturnType<typeof correctionDesk>
beforeAll(async () => {
  katsa = await village({ startsAt: '2026-08-01T06:00:00.000Z' })
  desk = correctionDesk(katsa)
})
afterAll(() => katsa.close())
afterEach(() => expectBooksInBalance(katsa.db))

const code = (error: unknown): unknown => (error as { cause?: { type?: string } }).cause?.type

test('a reading that was accepted and billed is put right by two people, and the next bill cites both registers (billing.md rules 13, 27)', async () => {
  const customer = await connectCustomer(katsa.db)
  const { readingId, chargeId } = await billJuly(katsa.db, customer, { at: await katsa.now() })
  const id = await desk.askReading(customer, { readingId, registerWh: 122_000 })
  expect(await desk.process(id)).toMatchObject({ stage: 'Approval', waitingFor: 'operator' })
  expect(await desk.decide(id, approveCorrection, 'jyoti').catch(code)).toBe('OWN_ENTRY')
  await desk.decide(id, approveCorrection, 'chandan')
  expect(await desk.process(id)).toMatchObject({ outcome: 'Corrected' })
  expect(await desk.noticeOf(customer, 'reading-corrected')).toMatchObject({
    readRegisterWh: 123_000,
    correctedRegisterWh: 122_000,
    direction: 'credit',
    amountMinor: 1_800,
  })
  const readings = await katsa.db
    .selectFrom('readings')
    .select(['registerWh', 'state', 'corrects', 'enteredBy', 'reviewedBy'])
    .where('customerId', '=', customer.customerId)
    .where('boundary', '=', '2026-08-01')
    .orderBy('readingId')
    .execute()
  expect(readings).toEqual([
    { registerWh: 123_000, state: 'corrected', corrects: null, enteredBy: 'binod', reviewedBy: 'chandan' },
    { registerWh: 122_000, state: 'accepted', corrects: readingId, enteredBy: 'jyoti', reviewedBy: 'chandan' },
  ])
  expect(await desk.open(chargeId)).toBe(46_400)

  await katsa.advanceTo('2026-08-31T18:35:00.000Z')
  await katsa.meterSays(customer.serial, '2026-08-31T18:30:00.000Z', 143_000)
  await lookForDueBilling(katsa)
  const bill = await billFor(katsa, customer, '2026-08-01')
  // 143,000 − 122,000 = 21 units at 18.00 = 378.00, and 50.00; of July 1 unit too much: −18.00. 410.00 in all.
  expect(bill).toMatchObject({ totalMinor: 41_000, lines: ['fixed 5000', 'energy 37800', 'reading-adjustment -1800'] })
  const line = (bill?.document.lines as { kind: string; detail: object }[]).find(({ kind }) => kind === 'reading-adjustment')
  expect(line?.detail).toMatchObject({ readRegisterWh: 123_000, correctedRegisterWh: 122_000, boundary: '2026-08-01' })
  const taken = await katsa.db.selectFrom('readingAdjustments').select('chargedIn').where('correctionId', '=', id).execute()
  expect(taken).toEqual([{ chargedIn: expect.any(Number) }])
})

test('a register that does not fit between its neighbours is refused, and one that is refused changes nothing', async () => {
  const customer = await connectCustomer(katsa.db)
  const { readingId } = await billJuly(katsa.db, customer, { at: await katsa.now() })
  await expect(desk.askReading(customer, { readingId, registerWh: 99_999 })).rejects.toMatchObject({ code: 'READING_BELOW_LAST' })
  const id = await desk.askReading(customer, { readingId, registerWh: 122_000 })
  await expect(desk.askReading(customer, { readingId, registerWh: 121_000 })).rejects.toMatchObject({ code: 'ALREADY_EXISTS' })
  await desk.decide(id, rejectCorrection, 'chandan')
  const reading = await katsa.db
    .selectFrom('readings')
    .select('state')
    .where('readingId', '=', readingId)
    .executeTakeFirstOrThrow()
  expect(reading.state).toBe('accepted')
})
