import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import { createPaymentActivities } from '../../activities/payments.ts'
import { createPayOutActivities } from '../../activities/pay-outs.ts'
import { createDatabase, type Db } from '../../db/client.ts'
import { inTransaction } from '../../db/queries/accounts.ts'
import { reportBounce } from '../../db/queries/bounce-reports.ts'
import { recordDecision } from '../../db/queries/processes.ts'
import { proveMoney } from '../../db/queries/reconciliation/money-rules.ts'
import { withRefundOwner } from '../../db/queries/refund-owner.ts'
import { triesOf } from '../../db/queries/refund-payments.ts'
import { fetchUnclaimed, takeReturned } from '../../db/queries/refund-requests.ts'
import { readRefund } from '../../db/queries/refunds.ts'
import { recordMatch, requestReturn } from '../../db/queries/suspense-returns.ts'
import { processIds } from '../../domain/process-ids.ts'
import { ASOF, openPlant } from '../support/books.ts'
import { expectBooksInBalance, hear, held, newApplicant, paymentOf } from '../support/payers.ts'
import { freshDatabase, type TestDatabase } from '../support/postgres.ts'
import { PLANT, ZONE } from '../support/village.ts'

let database: TestDatabase
let db: Db
let pays: ReturnType<typeof createPayOutActivities>
beforeAll(async () => {
  database = await freshDatabase()
  db = createDatabase(database.appUrl, { poolSize: 20 })
  await openPlant(db)
  pays = createPayOutActivities({ db })
})
afterAll(async () => {
  await db.destroy()
  await database.close()
})
afterEach(async () => {
  await expectBooksInBalance(db)
  const found = await inTransaction(db, (tx) => proveMoney(tx, { plant: PLANT, zone: ZONE, today: '2026-07-15', asOf: ASOF }))
  expect(found.flatMap(({ findings }) => findings)).toEqual([])
  // Suspense holds exactly the payments that wait there, whatever happened to the others.
  const { total } = await db
    .selectFrom('payments')
    .select((eb) => eb.fn.coalesce(eb.fn.sum<number>('amountMinor'), eb.lit(0)).as('total'))
    .where('state', '=', 'suspense')
    .executeTakeFirstOrThrow()
  expect(await held(db, `suspense:${PLANT}`)).toBe(Number(total))
})

const refusedWith = (code: string) => expect.objectContaining({ code })
const transfer = (reference: string) => ({ method: 'upi', reference, amountMinor: 46_400 }) as const
const key = (reference: string) => ({ provider: 'sandbox-wallet', reference })
let payments = 0

/** 464 rupees of somebody nobody knows. */
async function unknownPayer(): Promise<{ paymentId: number; reference: string }> {
  const reference = `whose-${(payments += 1)}`
  await tell(reference, 'confirmed')
  return { reference, paymentId: (await paymentOf(db, reference)).paymentId }
}

async function tell(reference: string, status: 'confirmed' | 'bounced'): Promise<void> {
  await hear(db, { reference, amountMinor: 46_400, payer: 'Ramesh ka beta', status, asOf: ASOF })
  await createPaymentActivities({ db }).takeInNotice({ ...key(reference), asOf: ASOF })
}

const ask = (paymentId: number) =>
  inTransaction(db, async (tx) => {
    const asked = { paymentId, method: 'upi', requestedBy: 'asha', textId: null } as const
    return (await requestReturn(tx, asked, { asOf: ASOF })).refundId
  })

async function decide(refundId: number, verdict: 'approved' | 'refused'): Promise<number> {
  const decision = { workflowId: processIds.payOut(refundId), step: 'approval', verdict }
  await recordDecision(db, { ...decision, decidedBy: 'deepa', decidedAt: ASOF })
  await pays.settleRefundApproval({ refundId, asOf: ASOF })
  return refundId
}

const approved = async (paymentId: number) => decide(await ask(paymentId), 'approved')

async function pay(refundId: number, { by = 'asha', ...detail }: Record<string, unknown> & { by?: string }) {
  const number = (await triesOf(db, refundId)).length + 1
  const decision = { workflowId: processIds.payOut(refundId), step: `payment:${number}`, verdict: 'paid' }
  return pays.recordRefundPayment({ ...decision, decidedBy: by, decidedAt: ASOF, detail: detail as never, refundId })
}

const match = async (reference: string, accountId: string) => {
  const decision = { workflowId: processIds.payment('sandbox-wallet', reference), step: 'match', verdict: 'matched' }
  return recordMatch(db, key(reference), { ...decision, decidedBy: 'deepa', decidedAt: ASOF, detail: { accountId } })
}

const stateOf = async (reference: string) => (await paymentOf(db, reference)).state

describe('money of nobody known', () => {
  test('goes back to its sender, all of it, and is in suspense no more; a second word of it changes nothing', async () => {
    const { paymentId, reference } = await unknownPayer()
    const refundId = await approved(paymentId)
    expect(await readRefund(db, refundId)).toMatchObject({ accountId: null, kind: 'suspense', amountMinor: 46_400 })
    expect(await pay(refundId, { ...transfer('UTR-s1'), amountMinor: 46_300 })).toMatchObject({
      refused: { code: 'REFUND_EXCEEDS' },
    })
    expect(await pay(refundId, transfer('UTR-s1'))).toMatchObject({ recorded: true })
    expect(await readRefund(db, refundId)).toMatchObject({ state: 'paid', lapsedMinor: 0 })
    expect(await stateOf(reference)).toBe('returned')
    await tell(reference, 'confirmed')
    expect(await stateOf(reference)).toBe('returned')
    await expect(ask(paymentId)).rejects.toThrow(refusedWith('ALREADY_EXISTS'))
  })

  test('is not matched once its return was asked for, until that is refused', async () => {
    const { paymentId, reference } = await unknownPayer()
    const { accountId } = await newApplicant(db, ASOF)
    const refundId = await ask(paymentId)
    expect(await match(reference, accountId)).toMatchObject({ refused: { code: 'WRONG_STAGE' } })
    await createPaymentActivities({ db })
      .matchPayment({ ...key(reference), accountId, asOf: ASOF })
      .then(
        () => expect('matched behind the return').toBe('refused'),
        (error: unknown) => expect(String(error)).toMatch(/on its way back/),
      )
    await decide(refundId, 'refused')
    expect(await match(reference, accountId)).toMatchObject({ recorded: true })
    await createPaymentActivities({ db }).matchPayment({ ...key(reference), accountId, asOf: ASOF })
    expect(await stateOf(reference)).toBe('posted')
    expect(await held(db, `credit:${accountId}`)).toBe(46_400)
  })

  test('is not returned once somebody has said whose it is, nor twice', async () => {
    const { paymentId, reference } = await unknownPayer()
    const { accountId } = await newApplicant(db, ASOF)
    await match(reference, accountId)
    await expect(ask(paymentId)).rejects.toThrow(refusedWith('WRONG_STAGE'))
    await createPaymentActivities({ db }).matchPayment({ ...key(reference), accountId, asOf: ASOF })
    await expect(ask(paymentId)).rejects.toThrow(refusedWith('WRONG_STAGE'))
    const other = await unknownPayer()
    await ask(other.paymentId)
    await expect(ask(other.paymentId)).rejects.toThrow(refusedWith('ALREADY_EXISTS'))
  })

  test('is either matched or returned, whoever of many comes first (billing.md rule 3)', async () => {
    const { accountId } = await newApplicant(db, ASOF)
    for (let round = 0; round < 5; round += 1) {
      const { paymentId, reference } = await unknownPayer()
      const tries = Array.from({ length: 8 }, (_, n) => (n % 2 === 0 ? match(reference, accountId) : ask(paymentId)))
      const answers = await Promise.allSettled(tries)
      const begun = answers.map((one) => one.status === 'fulfilled' && !(one.value instanceof Object && 'refused' in one.value))
      const matches = begun.filter((did, n) => did && n % 2 === 0).length
      const returns = begun.filter((did, n) => did && n % 2 === 1).length
      // The very same match said again is that match.
      expect([matches > 0, returns]).toEqual(matches > 0 ? [true, 0] : [false, 1])
    }
  })

  test('by a transfer in doubt is out of suspense, and there again where it never came or came back', async () => {
    const { paymentId, reference } = await unknownPayer()
    const before = await held(db, `suspense:${PLANT}`)
    const refundId = await approved(paymentId)
    await pay(refundId, { ...transfer('UTR-s2'), isUnknown: true })
    expect([await held(db, `paying-out:payment-${paymentId}`), await stateOf(reference)]).toEqual([46_400, 'returned'])
    await settled(refundId, 1, 'not-arrived')
    expect([await held(db, `suspense:${PLANT}`), await stateOf(reference)]).toEqual([before, 'suspense'])
    await pay(refundId, transfer('UTR-s3'))
    await withRefundOwner(db, refundId, (tx, account) =>
      takeReturned(tx, { account, asOf: ASOF }, { refundId, by: 'geeta', proof: 'RET-s3' }),
    )
    expect([await held(db, `suspense:${PLANT}`), await stateOf(reference)]).toEqual([before, 'suspense'])
    expect(await match(reference, 'BHKATS-A0001')).toMatchObject({ refused: { code: 'WRONG_STAGE' } })
    await pay(refundId, { ...transfer('UTR-s4'), isUnknown: true })
    await settled(refundId, 3, 'arrived')
    expect([await held(db, `suspense:${PLANT}`), await stateOf(reference)]).toEqual([before - 46_400, 'returned'])
    expect((await triesOf(db, refundId)).map(({ state }) => state)).toEqual(['failed', 'returned', 'paid'])
  })

  test('that nobody fetches is kept apart, never income, and paid when its sender comes', async () => {
    const { paymentId, reference } = await unknownPayer()
    const refundId = await approved(paymentId)
    await pays.keepRefundUnclaimed({ refundId, asOf: ASOF })
    expect([await held(db, `unclaimed:payment-${paymentId}`), await stateOf(reference)]).toEqual([46_400, 'returned'])
    await withRefundOwner(db, refundId, (tx, account) =>
      fetchUnclaimed(tx, { account, asOf: ASOF }, { refundId, method: 'bank' }),
    )
    await pay(refundId, { method: 'bank', reference: 'NEFT-s5', amountMinor: 46_400 })
    expect([await held(db, `unclaimed:payment-${paymentId}`), await stateOf(reference)]).toEqual([0, 'returned'])
  })

  test('that bounces before it is paid back ends the return; afterwards it is set aside, and nothing leaves twice', async () => {
    const [early, late] = [await unknownPayer(), await unknownPayer()]
    const lapses = await approved(early.paymentId)
    await tell(early.reference, 'bounced')
    expect(await pay(lapses, transfer('UTR-s6'))).toMatchObject({ refused: { code: 'REFUND_EXCEEDS' } })
    await pays.lapseRefund({ refundId: lapses, asOf: ASOF })
    expect(await readRefund(db, lapses)).toMatchObject({ state: 'lapsed', lapsedMinor: 46_400 })
    const paid = await approved(late.paymentId)
    await pay(paid, transfer('UTR-s7'))
    await tell(late.reference, 'bounced')
    expect(await stateOf(late.reference)).toBe('returned')
    const notices = db.selectFrom('paymentNotices').select('quarantineReason').where('reference', '=', late.reference)
    expect(await notices.orderBy('noticeId').execute()).toEqual([
      { quarantineReason: null },
      { quarantineReason: 'bounced-after-return' },
    ])
  })

  test('that is said to have bounced is not paid back before head office has decided that', async () => {
    const { paymentId, reference } = await unknownPayer()
    const refundId = await approved(paymentId)
    const report = { reason: 'bounced', proof: 'MEMO-1', reportedBy: 'imran', asOf: ASOF } as const
    await inTransaction(db, async (tx) => void (await reportBounce(tx, await paymentOf(db, reference), report)))
    expect(await pay(refundId, transfer('UTR-s8'))).toMatchObject({ refused: { code: 'WRONG_STAGE' } })
  })

  test('is guarded by the database too: not more than the payment, not beside a match', async () => {
    const { paymentId } = await unknownPayer()
    const { accountId } = await newApplicant(db, ASOF)
    const raw = { kind: 'suspense', source: 'by-hand', currency: 'INR', method: 'cash', requestedAt: ASOF, paymentId } as const
    const tooMuch = db.insertInto('refunds').values({ ...raw, amountMinor: 46_401 })
    await expect(tooMuch.execute()).rejects.toThrow(/not in suspense with that amount/)
    const owned = db.insertInto('refunds').values({ ...raw, amountMinor: 46_400, accountId })
    await expect(owned.execute()).rejects.toThrow('refunds_of_nobody')
    await ask(paymentId)
    const given = db.updateTable('payments').set({ accountId }).where('paymentId', '=', paymentId)
    await expect(given.execute()).rejects.toThrow(/on its way back/)
    const gone = db.updateTable('payments').set({ state: 'posted' }).where('paymentId', '=', paymentId)
    await expect(gone.execute()).rejects.toThrow()
  })
})

async function settled(refundId: number, attempt: number, verdict: 'arrived' | 'not-arrived'): Promise<void> {
  const decision = { workflowId: processIds.payOut(refundId), step: `transfer:${attempt}`, verdict }
  await recordDecision(db, { ...decision, decidedBy: 'geeta', decidedAt: ASOF, detail: { proof: 'STATEMENT-1' } })
  await pays.settleRefundTransfer({ refundId, try: attempt, asOf: ASOF })
}
