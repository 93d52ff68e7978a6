import type { Db, Tx } from '../db/client.ts'
import { type LockedAccount, withAccount } from '../db/queries/accounts.ts'
import { allocateCredit, issueCharge, voidDemand } from '../db/queries/charges.ts'
import * as reviews from '../db/queries/deposit-reviews.ts'
import { balanceOf, post } from '../db/queries/ledger.ts'
import { queueNotice } from '../db/queries/notices.ts'
import { nudge } from '../db/queries/outbox.ts'
import { type PlantTerms, readPlant } from '../db/queries/plants.ts'
import { decideUnpaidHold } from '../db/queries/unpaid-hold.ts'
import { addDuration, dateAt, subtractDuration } from '../domain/calendar.ts'
import { assessDeposit, type DepositFinding, topUpParts } from '../domain/deposit-review.ts'
import { topUpPartSource } from '../domain/deposit.ts'
import { isDomainError } from '../domain/errors.ts'
import { depositHeld, postDepositExcess } from '../domain/ledger.ts'

/** So many accounts in one step; each in a transaction of its own. */
const SET = 100

interface PlantDay {
  readonly plant: string
  readonly asOf: string
}

/** What a set of reviews came to. */
export interface ReviewedSet {
  readonly reviewed: number
  /** Accounts that the rules refused: everybody else's review does not wait for them. */
  readonly refused: readonly string[]
  /** Where the next set begins; null after the last. */
  readonly next: string | null
}

/** The yearly review of deposits (policy "deposit"). A review is made once, whoever repeats it. */
export function createDepositReviewActivities({ db }: { db: Db }) {
  return {
    /** Reviews what is due at the plant on this business day, a set after the account `after`. */
    reviewDueDeposits: ({ after, ...day }: PlantDay & { after: string }): Promise<ReviewedSet> => reviewSet(db, day, after),

    /** Reviews one account's deposit, if that is due; a refusal of the rules is one of this step. */
    reviewDeposit: ({ accountId, plant, asOf }: PlantDay & { accountId: string }): Promise<boolean> =>
      reviewOne(db, accountId, { plant, asOf }),
  }
}

async function reviewSet(db: Db, day: PlantDay, after: string): Promise<ReviewedSet> {
  const plant = await readPlant(db, day.plant, day.asOf)
  const due = await reviews.dueReviews(db, { ...scopeOf(plant, day.asOf), after, limit: SET })
  const refused: string[] = []
  let reviewed = 0
  for (const accountId of due) {
    try {
      if (await reviewOne(db, accountId, day)) reviewed += 1
    } catch (error) {
      if (!isDomainError(error)) throw error
      refused.push(accountId)
    }
  }
  return { reviewed, refused, next: due.length < SET ? null : (due.at(-1) ?? null) }
}

function scopeOf({ plant, zone, policy }: PlantTerms, asOf: string): Pick<reviews.ReviewScope, 'plant' | 'zone' | 'reviewedBy'> {
  return { plant, zone, reviewedBy: subtractDuration(dateAt(asOf, zone), policy.deposit.reviewEvery) }
}

interface Review {
  readonly account: LockedAccount
  readonly customerId: string
  readonly plant: PlantTerms
  readonly asOf: string
  readonly today: string
}

async function reviewOne(db: Db, accountId: string, { plant: code, asOf }: PlantDay): Promise<boolean> {
  return withAccount(db, accountId, async (tx, account) => {
    const plant = await readPlant(tx, code, asOf)
    const today = dateAt(asOf, plant.zone)
    // Read again under the lock: another round may have been here, a closing or a change may have begun.
    const [isDue] = await reviews.dueReviews(tx, { ...scopeOf(plant, asOf), accountId, after: '', limit: 1 })
    const { customerId } = account
    const terms = await reviews.packageOn(tx, accountId, today)
    if (isDue === undefined || customerId === null || terms === undefined) return false
    const review = { account, customerId, plant, asOf, today }
    const heldMinor = await balanceOf(tx, depositHeld(accountId))
    const finding = assessDeposit({
      heldMinor,
      asked: await reviews.askedParts(tx, accountId),
      terms,
      months: await reviews.chargedMonths(tx, accountId),
      category: account.category,
      waived: await reviews.isDepositWaived(tx, accountId),
      policy: plant.policy,
    })
    await carryOut(tx, review, { heldMinor, finding })
    const { expectedMinor, dueMinor, askedMinor, topUpMinor, creditMinor: creditedMinor } = finding
    const { currency } = account
    const amounts = { expectedMinor, dueMinor, heldMinor, askedMinor, topUpMinor, creditedMinor, currency }
    await reviews.insertReview(tx, { accountId, reviewOn: today, businessAt: asOf, packageCode: terms.code, ...amounts })
    await nudge(tx, `account:${accountId}`)
    return true
  })
}

async function carryOut(
  tx: Tx,
  review: Review,
  { heldMinor, finding }: { heldMinor: number; finding: DepositFinding },
): Promise<void> {
  const { account, asOf, plant } = review
  for (const chargeId of finding.givenUp) await voidDemand(tx, chargeId, { asOf, reason: 'deposit-review' })
  if (finding.topUpMinor > 0) await askTopUp(tx, review, { heldMinor, finding })
  if (finding.creditMinor === 0) return
  const postings = postDepositExcess(account, { amountMinor: finding.creditMinor })
  await postExcess(tx, review, postings)
  await tellExcess(tx, review, { creditedMinor: finding.creditMinor, heldMinor: heldMinor - finding.creditMinor })
  await allocateCredit(tx, { account, asOf, zone: plant.zone })
  await decideUnpaidHold(tx, { account, asOf, zone: plant.zone, policy: plant.policy })
}

/** In parts, one with each of the next bills; nothing goes to a part before it stands on one, and none is ever a reason for a cut. */
async function askTopUp(
  tx: Tx,
  { account, customerId, plant, asOf, today }: Review,
  { heldMinor, finding: { dueMinor, topUpMinor } }: { heldMinor: number; finding: DepositFinding },
): Promise<void> {
  const { currency } = account
  const parts = topUpParts({ topUpMinor, today, currency, policy: plant.policy })
  for (const { part, amountMinor, from } of parts) {
    const dueOn = addDuration(from, plant.policy.postpaid.dueAfter)
    const charge = { kind: 'deposit', source: topUpPartSource({ reviewOn: today, part }), amountMinor, dueOn } as const
    await issueCharge(tx, { account, asOf }, charge)
  }
  await queueNotice(tx, {
    accountId: account.accountId,
    kind: 'deposit-top-up-asked',
    params: { customerId, heldMinor, dueMinor, topUpMinor, parts: parts.length, currency },
    dedupeKey: `deposit-review:${account.accountId}:${today}`,
    asOf,
  })
}

async function postExcess(
  tx: Tx,
  { account, today, asOf }: Review,
  postings: ReturnType<typeof postDepositExcess>,
): Promise<void> {
  const { accountId, plant, currency } = account
  await post(tx, { eventKey: `deposit-excess:${accountId}:${today}`, plant, accountId, currency, businessAt: asOf, postings })
}

async function tellExcess(
  tx: Tx,
  { account, customerId, today, asOf }: Review,
  amounts: { creditedMinor: number; heldMinor: number },
): Promise<void> {
  await queueNotice(tx, {
    accountId: account.accountId,
    kind: 'deposit-excess-credited',
    params: { customerId, ...amounts, currency: account.currency },
    dedupeKey: `deposit-review:${account.accountId}:${today}`,
    asOf,
  })
}
