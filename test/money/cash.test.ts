import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { sql } from 'kysely'
import { createPaymentActivities } from '../../activities/payments.ts'
import { createDatabase, type Db } from '../../db/client.ts'
import { inTransaction, withAccount } from '../../db/queries/accounts.ts'
import { countCash } from '../../db/queries/cash-counts.ts'
import { cashDays } from '../../db/queries/cash-days.ts'
import { declareDeposit } from '../../db/queries/cash-deposits.ts'
import { acceptCash, endOffer, offerCash } from '../../db/queries/cash-handovers.ts'
import { acceptFloat, endFloat, giveFloat } from '../../db/queries/cash-floats.ts'
import { cashInHandMinor, listCash } from '../../db/queries/cash-holders.ts'
import { listRepayments, type Repaying, repayShortage } from '../../db/queries/cash-repayments.ts'
import { chaseCashInHand } from '../../db/queries/cash-to-bank.ts'
import { readPlant } from '../../db/queries/plants.ts'
import { proveMoney } from '../../db/queries/reconciliation/money-rules.ts'
import { payRefund } from '../../db/queries/refund-payments.ts'
import { approveRefund, requestRefund } from '../../db/queries/refunds.ts'
import { bank, cash, inTransit, overage, shortOf } from '../../domain/ledger.ts'
import { ASOF, openPlant } from '../support/books.ts'
import { putCash } from '../support/cash.ts'
import { expectBooksInBalance, hear, held, newApplicant } from '../support/payers.ts'
import { freshDatabase, type TestDatabase } from '../support/postgres.ts'
import { PLANT, ZONE } from '../support/village.ts'

const COUNTER = 'counter-BHKATS'
const TOMORROW = '2026-07-16T06:00:00.000Z'
const refusedWith = (code: string) => expect.objectContaining({ code })

let database: TestDatabase
let db: Db
let agents = 0
/** An agent nobody has met yet. */
let agent: string
beforeAll(async () => {
  database = await freshDatabase()
  db = createDatabase(database.appUrl, { poolSize: 10 })
  await openPlant(db)
  const inCharge = { role: 'cluster-in-charge', scope: 'cluster:Saran East', passwordHash: '-' }
  await db
    .insertInto('staff')
    .values({ login: 'deepa', name: 'Deepa', ...inCharge })
    .execute()
})
beforeEach(async () => {
  agents += 1
  agent = `agent-${agents}`
  await db.insertInto('staff').values({ login: agent, name: agent, role: 'csa', scope: PLANT, passwordHash: '-' }).execute()
})
afterAll(async () => {
  await expectBooksInBalance(db)
  await db.destroy()
  await database.close()
})

const at = async (asOf = ASOF) => ({ plant: await readPlant(db, PLANT, asOf), asOf })
const have = (holder: string, amountMinor: number, when = ASOF) =>
  putCash(db, { holder, amountMinor, at: when, event: `${when}-${amountMinor}` })
const inHand = (holder: string) => cashInHandMinor(db, holder)
const count = async (countedMinor: number, more: { reason?: string; asOf?: string; holder?: string } = {}) => {
  const { asOf = ASOF, holder = agent, reason } = more
  const where = await at(asOf)
  return inTransaction(db, (tx) => countCash(tx, where, { holder, countedBy: agent, countedMinor, reason }))
}
const bankIt = async (amountMinor: number, slipReference: string, more: { asOf?: string; depositedOn?: string } = {}) => {
  const where = await at(more.asOf)
  const declared = { holder: agent, declaredBy: agent, amountMinor, slipReference, depositedOn: more.depositedOn ?? '2026-07-15' }
  return inTransaction(db, (tx) => declareDeposit(tx, where, declared))
}
const offer = async (to: string, amountMinor: number, offeredBy = agent) => {
  const where = await at()
  return inTransaction(db, (tx) => offerCash(tx, where, { from: agent, to, amountMinor, offeredBy }))
}
const accept = async (handoverId: number, by: string, amountMinor: number, asOf = ASOF) => {
  const where = await at(asOf)
  return inTransaction(db, (tx) => acceptCash(tx, where, { handoverId, by, amountMinor }))
}
const told = async (kind: string) =>
  (
    await db
      .selectFrom('notifications')
      .select('staffLogin')
      .where('kind', '=', kind)
      .where('dedupeKey', 'like', `%${agent}%`)
      .orderBy('notificationId')
      .execute()
  ).map(({ staffLogin }) => staffLogin)

/** A customer pays this agent, as the relay takes it in. */
async function collect(amountMinor: number, reference: string): Promise<void> {
  const { accountId } = await newApplicant(db, ASOF)
  const said = { channel: 'cash', holder: agent, collectedBy: agent } as const
  await hear(db, { provider: `cash-${agent}`, reference, amountMinor, payer: accountId, asOf: ASOF, ...said })
  await createPaymentActivities({ db }).takeInNotice({ provider: `cash-${agent}`, reference, asOf: ASOF })
}

describe('cash in a hand', () => {
  test('rises with each receipt, and over the ceiling collecting goes on while both sides are told once', async () => {
    await collect(1_500_000, 'a')
    expect(await told('cash-over-ceiling')).toEqual([])
    await collect(1_000, 'b')
    await collect(1_000, 'c')
    expect(await inHand(agent)).toBe(1_502_000) // 15,000 + 10 + 10 rupees
    expect(await told('cash-over-ceiling')).toEqual([agent, 'deepa'])
    await bankIt(2_000, `${agent}-1`)
    await collect(1_000, 'd')
    expect(await told('cash-over-ceiling')).toEqual([agent, 'deepa', agent, 'deepa'])
  })

  test('is never below zero in the books, whatever the code believes', async () => {
    await have(agent, 10_000)
    const takes = [1, 2, 3].map((n) =>
      sql`insert into postings (event_key, leg, debit, credit, amount_minor, currency, business_at)
        values (${`raw:${agent}:${n}`}, 1, 'opening:BHKATS', ${cash(agent)}, 6000, 'INR', ${ASOF})`.execute(db),
    )
    const done = await Promise.allSettled(takes)
    expect(done.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    expect(done.find(({ status }) => status === 'rejected')).toMatchObject({ reason: { code: '23514' } })
    expect(await inHand(agent)).toBe(4_000)
  })

  test('is told of when it should be in the bank: the agent, a day later the cluster in-charge too', async () => {
    await have(agent, 10_000, '2026-07-10T06:00:00.000Z')
    await bankIt(9_000, `${agent}-1`, { asOf: '2026-07-11T06:00:00.000Z', depositedOn: '2026-07-11' })
    await have(agent, 500, '2026-07-12T06:00:00.000Z')
    const rounds = [
      '2026-07-13T05:00:00.000Z',
      '2026-07-13T06:30:00.000Z',
      '2026-07-14T06:30:00.000Z',
      '2026-07-14T08:30:00.000Z',
    ]
    for (const asOf of rounds) await inTransaction(db, (tx) => chaseCashInHand(tx, { plant: PLANT, asOf }))
    expect(await told('cash-to-bank')).toEqual([agent, agent, 'deepa'])
  })

  test('is paid out for a refund by whoever has it, else by the counter, else not at all', async () => {
    const { accountId } = await newApplicant(db, ASOF)
    await hear(db, { reference: `pays-${agent}`, amountMinor: 5_000, payer: accountId, asOf: ASOF })
    await createPaymentActivities({ db }).takeInNotice({ provider: 'sandbox-wallet', reference: `pays-${agent}`, asOf: ASOF })
    const refund = () =>
      withAccount(db, accountId, async (tx, account) => {
        const asked = { kind: 'credit', source: `BHKATS-A9`, amountMinor: 5_000, method: 'cash' } as const
        const { refundId } = await requestRefund(tx, { account, asOf: ASOF }, asked)
        await approveRefund(tx, refundId)
        return payRefund(tx, { account, asOf: ASOF }, { refundId, method: 'cash', paidBy: agent })
      })
    await expect(refund()).rejects.toThrow(refusedWith('CASH_SHORT'))
    await have(agent, 4_999)
    await have(COUNTER, 7_000)
    await refund()
    expect([await inHand(agent), await inHand(COUNTER)]).toEqual([4_999, 2_000])
  })
})

describe('a count', () => {
  test('that is equal to the book is recorded and posts nothing', async () => {
    await have(agent, 12_300)
    expect(await count(12_300)).toMatchObject({ bookMinor: 12_300, shortageMinor: 0, overageMinor: 0, countedOn: '2026-07-15' })
  })

  test('of less makes the rest owed by the agent; found again later it is made good, and what is beyond needs a reason', async () => {
    await have(agent, 12_300)
    await count(12_000)
    expect([await inHand(agent), await held(db, shortOf(agent))]).toEqual([12_000, -300])
    expect(await told('cash-shortage')).toEqual(['deepa'])
    // 450 more than the book: 300 make good what was short, 150 are nobody's.
    await expect(count(12_450, { asOf: TOMORROW })).rejects.toThrow(refusedWith('INVALID_INPUT'))
    const before = await held(db, overage(PLANT))
    expect(await count(12_450, { asOf: TOMORROW, reason: 'a note stuck in the bag' })).toMatchObject({
      madeGoodMinor: 300,
      overageMinor: 150,
    })
    expect([await inHand(agent), await held(db, shortOf(agent)), (await held(db, overage(PLANT))) - before]).toEqual([
      12_450, 0, 150,
    ])
  })

  test('is made once a business day', async () => {
    await count(0)
    await expect(count(0)).rejects.toThrow(refusedWith('ALREADY_EXISTS'))
    const again = sql`insert into cash_counts (holder, plant, counted_on, counted_by, counted_at, currency, book_minor, counted_minor, shortage_minor, made_good_minor, overage_minor)
      values (${agent}, ${PLANT}, '2026-07-15', ${agent}, ${ASOF}, 'INR', 0, 0, 0, 0, 0)`
    await expect(again.execute(db)).rejects.toMatchObject({ code: '23505' })
  })

  test('waits while a receipt of that hand is on its way: it would be taken for too much', async () => {
    const { accountId } = await newApplicant(db, ASOF)
    const said = { channel: 'cash', holder: agent, collectedBy: agent } as const
    await hear(db, { provider: `cash-${agent}`, reference: 'way', amountMinor: 1_000, payer: accountId, asOf: ASOF, ...said })
    await expect(count(1_000)).rejects.toThrow(refusedWith('WRONG_STAGE'))
    await createPaymentActivities({ db }).takeInNotice({ provider: `cash-${agent}`, reference: 'way', asOf: ASOF })
    expect(await count(1_000)).toMatchObject({ bookMinor: 1_000, overageMinor: 0 })
  })

  test('never touches the receipts of customers', async () => {
    await collect(2_000, 'kept')
    await count(0)
    const payment = await db.selectFrom('payments').selectAll().where('provider', '=', `cash-${agent}`).executeTakeFirstOrThrow()
    expect(payment).toMatchObject({ state: 'posted', receiptNumber: expect.stringContaining('BHKATS-R/'), amountMinor: 2_000 })
  })
})

describe('a hand-over', () => {
  test('moves cash only once both have said so, and brings its age along', async () => {
    await have(agent, 8_000, '2026-07-13T06:00:00.000Z')
    const { handoverId } = await offer('imran', 8_000)
    const before = await inHand('imran')
    expect(await inHand(agent)).toBe(8_000)
    await accept(handoverId, 'imran', 8_000)
    expect([await inHand(agent), (await inHand('imran')) - before]).toEqual([0, 8_000])
    const [imran] = await listCash(db, { plants: [PLANT], holders: ['imran'], asOf: ASOF })
    expect(imran?.since).toBe('2026-07-13T06:00:00.000Z')
    expect(imran?.bankBy).toBe('2026-07-16T06:00:00.000Z')
  })

  test('is not for more than is in hand, nor for oneself, and not accepted once the cash is gone', async () => {
    await have(agent, 8_000)
    await expect(offer('imran', 8_001)).rejects.toThrow(refusedWith('CASH_SHORT'))
    await expect(offer(agent, 1_000)).rejects.toThrow(refusedWith('INVALID_INPUT'))
    const { handoverId } = await offer('imran', 8_000)
    await bankIt(8_000, `${agent}-1`)
    await expect(accept(handoverId, 'imran', 8_000)).rejects.toThrow(refusedWith('CASH_SHORT'))
  })

  test('to the counter takes another person than whoever offers', async () => {
    await have(agent, 3_000)
    const { handoverId } = await offer(COUNTER, 3_000)
    await expect(accept(handoverId, agent, 3_000)).rejects.toThrow(refusedWith('OWN_ENTRY'))
    expect(await accept(handoverId, 'asha', 3_000)).toMatchObject({ state: 'accepted', settledBy: 'asha' })
  })

  test.each(['refused', 'withdrawn'] as const)('that was %s posts nothing and is settled', async (as) => {
    await have(agent, 3_000)
    const { handoverId } = await offer('imran', 3_000)
    const where = await at()
    const end = () => inTransaction(db, (tx) => endOffer(tx, where, { handoverId, as, by: 'imran', text: 'not counted yet' }))
    expect(await end()).toMatchObject({ state: as })
    await expect(end()).rejects.toThrow(refusedWith('WRONG_STAGE'))
    await expect(accept(handoverId, 'imran', 3_000)).rejects.toThrow(refusedWith('WRONG_STAGE'))
    expect(await inHand(agent)).toBe(3_000)
  })

  test('expires after a day, and of two acceptances at once one counts', async () => {
    await have(agent, 3_000)
    const late = await offer('imran', 1_000)
    await expect(accept(late.handoverId, 'imran', 1_000, TOMORROW)).rejects.toThrow(refusedWith('DEADLINE_PASSED'))
    const { handoverId } = await offer(COUNTER, 3_000)
    const both = await Promise.allSettled(['asha', 'imran'].map((by) => accept(handoverId, by, 3_000)))
    expect(both.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected'])
    expect(await inHand(agent)).toBe(0)
  })
})

describe('a bank deposit', () => {
  test('takes the cash out of the hand on the word, and not twice for one slip however it is written', async () => {
    await have(agent, 9_000)
    const before = await held(db, inTransit(PLANT))
    expect(await bankIt(5_000, `slip/${agent}-7`)).toMatchObject({
      state: 'declared',
      depositId: expect.stringMatching(/^BHKATS-B\d+$/),
    })
    await expect(bankIt(4_000, `SLIP ${agent}7`)).rejects.toThrow(refusedWith('ALREADY_EXISTS'))
    expect([await inHand(agent), before - (await held(db, inTransit(PLANT)))]).toEqual([4_000, 5_000])
  })

  test('is not of more than is in hand, and not of a day to come', async () => {
    await have(agent, 9_000)
    await expect(bankIt(9_001, `${agent}-1`)).rejects.toThrow(refusedWith('CASH_SHORT'))
    await expect(bankIt(1_000, `${agent}-2`, { depositedOn: '2026-07-16' })).rejects.toThrow(refusedWith('INVALID_INPUT'))
  })

  test('that is on its way can never become more at the bank than was in hand', async () => {
    await have(agent, 9_000)
    await bankIt(9_000, `${agent}-1`)
    const onItsWay = 0 - (await held(db, inTransit(PLANT)))
    const tooMuch = sql`insert into postings (event_key, leg, debit, credit, amount_minor, currency, business_at)
      values (${`raw-bank:${agent}`}, 1, ${bank(PLANT)}, ${inTransit(PLANT)}, ${onItsWay + 1}, 'INR', ${ASOF})`
    await db
      .insertInto('ledgerAccounts')
      .values({ code: bank(PLANT), class: 'asset', plant: PLANT })
      .onConflict((c) => c.doNothing())
      .execute()
    await expect(tooMuch.execute(db)).rejects.toMatchObject({ code: '23514' })
  })
})

test('the days of a hand add up to the ledger', async () => {
  await collect(10_000, 'day')
  await have('imran', 2_000)
  await bankIt(4_000, `${agent}-1`)
  const { handoverId } = await offer('imran', 1_000)
  await accept(handoverId, 'imran', 1_000)
  await count(4_900, { asOf: TOMORROW })
  const days = await cashDays(db, { holder: agent, zone: ZONE, from: '2026-07-01', to: '2026-07-31' })
  const nothing = {
    returnedMinor: 0,
    refundedMinor: 0,
    madeGoodMinor: 0,
    overageMinor: 0,
    handedInMinor: 0,
    floatMinor: 0,
    repaidMinor: 0,
  }
  expect(days).toEqual([
    {
      ...nothing,
      day: '2026-07-15',
      openingMinor: 0,
      collectedMinor: 10_000,
      bankedMinor: 4_000,
      handedOutMinor: 1_000,
      shortageMinor: 0,
      closingMinor: 5_000, // 10,000 − 4,000 − 1,000
    },
    {
      ...nothing,
      day: '2026-07-16',
      openingMinor: 5_000,
      collectedMinor: 0,
      bankedMinor: 0,
      handedOutMinor: 0,
      shortageMinor: 100,
      closingMinor: 4_900,
    },
  ])
  expect(await inHand(agent)).toBe(4_900)
})

describe('cash from the bank', () => {
  let drawn = 0
  const give = async (amountMinor: number, more: { holder?: string; by?: string; bankReference?: string } = {}) => {
    const { holder = agent, by = 'deepa', bankReference = `CHQ-${(drawn += 1)}` } = more
    const where = await at()
    const float = { holder, amountMinor, bankReference, givenBy: by }
    return (await inTransaction(db, (tx) => giveFloat(tx, where, float))).floatId
  }
  const take = async (floatId: number, amountMinor: number, by = agent) => {
    const where = await at()
    return inTransaction(db, (tx) => acceptFloat(tx, where, { floatId, amountMinor, by }))
  }

  test('is in the hand once that side says so, and in the bank until then', async () => {
    const before = await held(db, bank(PLANT))
    const floatId = await give(200_000)
    expect([await inHand(agent), await held(db, bank(PLANT))]).toEqual([0, before])
    await expect(take(floatId, 199_900)).rejects.toThrow(refusedWith('PAYMENT_MISMATCH'))
    await expect(take(floatId, 200_000, 'deepa')).rejects.toThrow(refusedWith('OWN_ENTRY'))
    await take(floatId, 200_000)
    // An asset: minus what it has.
    expect([await inHand(agent), await held(db, bank(PLANT))]).toEqual([200_000, before + 200_000])
    await expect(take(floatId, 200_000)).rejects.toThrow(refusedWith('WRONG_STAGE'))
    const [day] = await cashDays(db, { holder: agent, zone: ZONE, from: '2026-07-01', to: '2026-07-31' })
    expect(day).toMatchObject({ floatMinor: 200_000, collectedMinor: 0, closingMinor: 200_000 })
  })

  test('never brings a hand above its ceiling, at giving and at taking', async () => {
    await have(agent, 1_300_001)
    // 15,000 − 13,000.01
    await expect(give(200_000)).rejects.toThrow(refusedWith('CEILING_EXCEEDED'))
    const floatId = await give(199_999)
    await have(agent, 1)
    await expect(take(floatId, 199_999)).rejects.toThrow(refusedWith('CEILING_EXCEEDED'))
    expect(await inHand(agent)).toBe(1_300_002)
  })

  test('is given once for what was drawn once, by another person, and anew after it was refused or taken back', async () => {
    await expect(give(100, { by: agent })).rejects.toThrow(refusedWith('OWN_ENTRY'))
    const first = await give(10_000, { bankReference: 'CHQ/900' })
    await expect(give(10_000, { bankReference: 'chq-900' })).rejects.toThrow(refusedWith('ALREADY_EXISTS'))
    const where = await at()
    await inTransaction(db, (tx) => endFloat(tx, where, { floatId: first, as: 'refused', by: agent, text: 'Only 90 there.' }))
    await expect(take(first, 10_000)).rejects.toThrow(refusedWith('WRONG_STAGE'))
    const second = await give(9_000, { bankReference: 'CHQ/900' })
    await inTransaction(db, (tx) => endFloat(tx, where, { floatId: second, as: 'withdrawn', by: 'deepa' }))
    expect(await inHand(agent)).toBe(0)
    const told = db.selectFrom('notifications').select('kind').where('kind', 'like', 'cash-float%')
    expect(await told.where('staffLogin', '=', agent).orderBy('notificationId').execute()).toEqual([
      { kind: 'cash-float-given' },
      { kind: 'cash-float-given' },
      { kind: 'cash-float-not-taken' },
    ])
  })

  test('taken twenty times at once comes once (billing.md rule 3)', async () => {
    const floatId = await give(30_000)
    const tries = await Promise.allSettled(Array.from({ length: 20 }, () => take(floatId, 30_000)))
    expect(tries.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    expect(await inHand(agent)).toBe(30_000)
  })
})

describe('what was short', () => {
  /** The agent had 1,000 rupees and counted 500. */
  const short = async () => {
    await have(agent, 100_000)
    await count(50_000)
  }
  const repay = async (amountMinor: number, more: Partial<Repaying> = {}) => {
    const where = await at()
    const whole = { holder: agent, amountMinor, paidBy: agent, receivedBy: 'deepa', into: { hand: COUNTER }, ...more }
    return inTransaction(db, (tx) => repayShortage(tx, where, whole))
  }
  const owed = async () => 0 - (await held(db, shortOf(agent)))

  test('is paid back in parts, never beyond, each with a receipt, into the counter’s cash', async () => {
    await short()
    const counter = await inHand(COUNTER)
    const first = await repay(30_000)
    expect(first).toMatchObject({ restMinor: 20_000, intoHolder: COUNTER, receivedBy: 'deepa' })
    await expect(repay(20_001)).rejects.toThrow(refusedWith('INVALID_AMOUNT'))
    const second = await repay(20_000)
    const number = (receipt: string): number => Number(receipt.slice(-6))
    expect(first.receiptNumber).toMatch(/^BHKATS-S\/2026-27\/\d{6}$/)
    expect(number(second.receiptNumber) - number(first.receiptNumber)).toBe(1)
    expect([await owed(), await inHand(COUNTER), await inHand(agent)]).toEqual([0, counter + 50_000, 50_000])
    await expect(repay(1)).rejects.toThrow(refusedWith('INVALID_AMOUNT'))
    expect((await listRepayments(db, { holder: agent, limit: 5 })).map(({ restMinor }) => restMinor)).toEqual([0, 20_000])
    const days = await cashDays(db, { holder: COUNTER, zone: ZONE, from: '2026-07-01', to: '2026-07-31' })
    expect(days.at(-1)?.repaidMinor).toBeGreaterThanOrEqual(50_000)
  })

  test('is paid into the bank once a line of it', async () => {
    await short()
    const into = { bankReference: 'NEFT/7' }
    expect(await repay(40_000, { into })).toMatchObject({ intoHolder: null, bankReference: 'NEFT/7', restMinor: 10_000 })
    await expect(repay(10_000, { into: { bankReference: 'neft-7' } })).rejects.toThrow(refusedWith('ALREADY_EXISTS'))
    expect(await owed()).toBe(10_000)
  })

  test('is receipted by another person, and not paid into the hand that was short', async () => {
    await short()
    await expect(repay(100, { receivedBy: agent })).rejects.toThrow(refusedWith('OWN_ENTRY'))
    await expect(repay(100, { paidBy: 'deepa', receivedBy: agent })).rejects.toThrow(refusedWith('OWN_ENTRY'))
    await expect(repay(100, { into: { hand: agent } })).rejects.toThrow(refusedWith('INVALID_INPUT'))
  })

  test('paid back twenty times at once is paid back once, and its receipts have no gap (billing.md rules 3 and 7)', async () => {
    await short()
    const tries = await Promise.allSettled(Array.from({ length: 20 }, () => repay(50_000)))
    expect(tries.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    expect(await owed()).toBe(0)
    const look = { plant: PLANT, zone: ZONE, today: '2026-07-15', asOf: ASOF }
    const found = await inTransaction(db, (tx) => proveMoney(tx, look))
    expect(found.find(({ rule }) => rule === 'number-gaps')?.findings).toEqual([])
    // The rule sees a gap where there is one.
    const gap = db.transaction().execute(async (tx) => {
      await sql`update number_series set next_number = next_number + 1 where series = 'BHKATS-S/2026-27'`.execute(tx)
      const seen = await proveMoney(tx, look)
      throw new Error(JSON.stringify(seen.find(({ rule }) => rule === 'number-gaps')?.findings))
    })
    await expect(gap).rejects.toThrow(/BHKATS-S/)
  })
})
