import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals'
import { createActivities } from '../../activities/index.ts'
import { addToInstant } from '../../domain/calendar.ts'
import { approveRefund, extendDeadline, payRefund } from '../../workflows/onboarding-decisions.ts'
import { applicants } from '../support/applicants.ts'
import { expectBooksInBalance, hear, held } from '../support/payers.ts'
import { type Village, village, ZONE } from '../support/village.ts'

let katsa: Village
let people: ReturnType<typeof applicants>
beforeAll(async () => {
  katsa = await village()
  people = applicants(katsa)
})
afterAll(() => katsa.close())
afterEach(() => expectBooksInBalance(katsa.db))

test('half paid and waiting: reminded every week, given more time once, then cancelled with the money back', async () => {
  const applicationId = await people.demanded()
  await people.pay(applicationId, 30_000)
  await katsa.advance('P29D')
  // On days 7, 14, 21 and 28.
  expect((await people.notices(applicationId)).filter((kind) => kind === 'demand-reminder')).toHaveLength(4)
  await people.decide(applicationId, extendDeadline, 'deepa')
  await expect(people.decide(applicationId, extendDeadline, 'deepa')).rejects.toMatchObject({
    cause: { type: 'ALREADY_DECIDED' },
  })
  await katsa.advance('P15D')
  expect(await people.process(applicationId)).toMatchObject({ stage: 'Payment' })
  await katsa.advance('P2D')
  expect(await people.application(applicationId)).toMatchObject({ endedAs: 'deadline-passed' })
  await expect(people.decide(applicationId, extendDeadline, 'deepa')).rejects.toMatchObject({
    cause: { type: expect.stringMatching(/ALREADY_DECIDED|WRONG_STAGE/) },
  })
  await people.decide(applicationId, approveRefund, 'deepa')
  await people.decide(applicationId, payRefund, 'asha', { method: 'upi', proof: 'upi-1' })
  expect(await people.process(applicationId)).toMatchObject({ outcome: 'DeadlinePassed' })
  expect(await held(katsa.db, `credit:${applicationId}`)).toBe(0)
  const voided = await katsa.db.selectFrom('charges').select('voidReason').where('accountId', '=', applicationId).execute()
  expect(voided).toEqual([{ voidReason: 'deadline-passed' }, { voidReason: 'deadline-passed' }])
})

test('between a payment and the end of the deadline the one that commits first decides', async () => {
  const activities = createActivities({ db: katsa.db })
  const deadlinePassed = { as: 'deadline-passed', reason: null, textId: null } as const
  const endings: boolean[] = []
  for (let round = 0; round < 8; round += 1) {
    const applicationId = await people.demanded({ pole: '014', code: 'A1.1', meterKind: 'load_limiter' })
    const asOf = await katsa.now()
    const payment = { provider: 'sandbox-wallet', reference: `race-${round}` }
    // A1.1 by limiter: deposit 200 (160, at least 200) + activation 100 rupees.
    await hear(katsa.db, { ...payment, amountMinor: 30_000, payer: applicationId, asOf })
    const pay = (): Promise<unknown> => activities.takeInNotice({ ...payment, asOf })
    const end = (): Promise<unknown> => activities.endApplicationEarly({ applicationId, end: deadlinePassed, asOf })
    const [first, second] = round % 2 === 0 ? [pay, end] : [end, pay]
    await Promise.all([first(), new Promise((resolve) => setTimeout(resolve, round)).then(second)])
    await katsa.settle()
    const { endedAs } = await people.application(applicationId)
    const isEnded = endedAs === 'deadline-passed'
    endings.push(isEnded)
    // Either it goes on and the money is held for it, or it has ended and all of it is on its way back.
    if (isEnded) expect(await people.refunds(applicationId)).toMatchObject([{ amountMinor: 30_000 }])
    else expect(await people.process(applicationId)).toMatchObject({ stage: 'Installation' })
    const heldFor = [
      await held(katsa.db, `deposit:${applicationId}`),
      await held(katsa.db, `activation-held:${applicationId}`),
      await held(katsa.db, `credit:${applicationId}`),
    ]
    expect(heldFor).toEqual(isEnded ? [0, 0, 30_000] : [20_000, 10_000, 0])
  }
  expect(new Set(endings)).toEqual(new Set([true, false]))
})

test('money on the last day connects the household after all', async () => {
  const applicationId = await people.demanded({ pole: '015' })
  const { deadlineAt } = await people.application(applicationId)
  await katsa.advanceTo(addToInstant(deadlineAt ?? '', 'PT0S', ZONE).replace(/T.*/, 'T00:00:00.000Z'))
  await people.pay(applicationId, 80_000)
  expect(await people.process(applicationId)).toMatchObject({ stage: 'Installation' })
})
