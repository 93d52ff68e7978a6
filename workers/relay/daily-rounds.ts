import type { Db, Tx } from '../../db/client.ts'
import { chaseCashInHand } from '../../db/queries/cash-to-bank.ts'
import { businessNow } from '../../db/queries/clock.ts'
import { claimRound, plantsWithClock, unchasedDebtors } from '../../db/queries/daily-rounds.ts'
import { dueReviews } from '../../db/queries/deposit-reviews.ts'
import { startWorkflow } from '../../db/queries/outbox.ts'
import { readPlant } from '../../db/queries/plants.ts'
import { dateAt, subtractDuration } from '../../domain/calendar.ts'
import { processIds } from '../../domain/process-ids.ts'

const PAGE = 200

export interface RoundDeps {
  readonly db: Db
  /** Wall time in ms. */
  readonly now: () => number
}

type Round = (tx: Tx, at: { plant: string; today: string; asOf: string }) => Promise<number>

/** What is done once a business day at each plant, whoever does it. */
const ROUNDS: Readonly<Record<string, Round>> = {
  'find-due-billing': findDueBilling,
  'chase-debtors': chaseDebtors,
  'cash-to-bank': chaseCash,
  'review-deposits': reviewDeposits,
}

/** Makes the rounds that no relay has made yet on the plants' business days; returns how many processes were started. */
export async function makeDailyRounds({ db, now }: RoundDeps): Promise<number> {
  let started = 0
  for (const { plant, zone } of await plantsWithClock(db)) {
    const asOf = await businessNow(db, plant, now())
    const today = dateAt(asOf, zone)
    for (const [round, make] of Object.entries(ROUNDS)) {
      started += await db
        .transaction()
        .execute(async (tx) => ((await claimRound(tx, { plant, round, on: today })) ? make(tx, { plant, today, asOf }) : 0))
    }
  }
  return started
}

/** Whoever has cash that should be in the bank is told every day, and the level above from the second on (policy "cash"). */
async function chaseCash(tx: Tx, at: { plant: string; asOf: string }): Promise<number> {
  await chaseCashInHand(tx, at)
  return 0
}

/** The plant's Schedule does the same; both at once, or a firing missed, bill once. */
async function findDueBilling(tx: Tx, { plant }: { plant: string }): Promise<number> {
  await startWorkflow(tx, { workflowType: 'findDueBilling', workflowId: processIds.findDueBilling(plant), input: { plant } })
  return 1
}

/** The yearly review of deposits, on days on which one is due (policy "deposit"). */
async function reviewDeposits(tx: Tx, { plant, today, asOf }: { plant: string; today: string; asOf: string }): Promise<number> {
  const { zone, policy } = await readPlant(tx, plant, asOf)
  const reviewedBy = subtractDuration(today, policy.deposit.reviewEvery)
  if ((await dueReviews(tx, { plant, zone, reviewedBy, after: '', limit: 1 })).length === 0) return 0
  const workflowId = processIds.depositReview(plant, today)
  await startWorkflow(tx, { workflowType: 'reviewDeposits', workflowId, input: { plant, date: today } })
  return 1
}

/** Every overdue account without somebody who collects gets one (design, `collect-dues.ts`). */
async function chaseDebtors(tx: Tx, { plant, today }: { plant: string; today: string }): Promise<number> {
  let started = 0
  for (let after = ''; ;) {
    const page = await unchasedDebtors(tx, { plant, today, after, limit: PAGE })
    for (const debtor of page) {
      await startWorkflow(tx, {
        workflowType: 'collectDues',
        workflowId: processIds.collection(debtor.customerId),
        input: { plant, ...debtor },
      })
    }
    started += page.length
    const last = page.at(-1)
    if (last === undefined || page.length < PAGE) return started
    after = last.customerId
  }
}
