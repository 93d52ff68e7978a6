import type { Tx } from '../db/client.ts'
import type { LockedAccount } from '../db/queries/accounts.ts'
import { advanceMoved } from '../db/queries/advances.ts'
import { allocateCredit, type ChargeState, findCharge, issueCharge, readCharges, voidDemand } from '../db/queries/charges.ts'
import { askedParts, isDepositWaived } from '../db/queries/deposit-reviews.ts'
import { balanceOf, post } from '../db/queries/ledger.ts'
import { queueNotice } from '../db/queries/notices.ts'
import { nudge } from '../db/queries/outbox.ts'
import type { PlantTerms } from '../db/queries/plants.ts'
import { addDuration, dateAt, latest } from '../domain/calendar.ts'
import { depositDueMinor, expectedBillMinor } from '../domain/deposit.ts'
import { depositHeld, type Posting, postDepositExcess, postPrepaidUnused } from '../domain/ledger.ts'
import type { PackageTerms } from '../domain/package.ts'
import { packageDifference } from '../domain/package-change.ts'
import { unusedAdvanceMinor } from '../domain/prepaid.ts'

/** Where and when a package change moves money; the caller holds the account lock. */
export interface ChangeMoney {
  readonly requestId: string
  readonly account: LockedAccount
  readonly plant: PlantTerms
  readonly asOf: string
}

/** The deposit the new package asks for beside the one that is held (policy "deposit"; docs/decisions/0020). */
export async function depositDifference(
  tx: Tx,
  { account, plant }: ChangeMoney,
  wanted: PackageTerms,
): Promise<{ topUpMinor: number; excessMinor: number }> {
  const { policy } = plant
  const { accountId, category } = account
  const heldMinor = await balanceOf(tx, depositHeld(accountId))
  const asked = await askedParts(tx, accountId)
  const dueMinor = depositDueMinor({
    expectedBillMinor: expectedBillMinor({ terms: wanted, policy }),
    category,
    waived: await isDepositWaived(tx, accountId),
    policy,
  })
  const beside = (depositHeldMinor: number) =>
    packageDifference({ depositHeldMinor, depositDueMinor: dueMinor, unusedAdvanceMinor: 0, policy })
  // What bills ask for already is not asked for twice; only what is held can be too much.
  const { depositTopUpMinor: topUpMinor } = beside(asked.reduce((sum, { openMinor }) => sum + openMinor, heldMinor))
  return { topUpMinor, excessMinor: beside(heldMinor).depositExcessMinor }
}

/**
 * Asks for the difference once and puts the account's credit against it. Returns what is still open of it; the amount and the
 * last day to pay where it was asked for just now.
 */
export async function demandDifference(
  tx: Tx,
  money: ChangeMoney,
  wanted: PackageTerms,
): Promise<{ openMinor: number; asked?: { amountMinor: number; payBy: string } }> {
  const { account, plant, requestId, asOf } = money
  const before = await findDifference(tx, money)
  if (before !== undefined) return { openMinor: before.openMinor }
  const { topUpMinor } = await depositDifference(tx, money, wanted)
  if (topUpMinor === 0) return { openMinor: 0 }
  const payBy = addDuration(dateAt(asOf, plant.zone), plant.policy.packageChange.payWithin)
  await issueCharge(
    tx,
    { account, asOf },
    {
      kind: 'package-difference',
      source: requestId,
      amountMinor: topUpMinor,
      dueOn: payBy,
      terms: { requestId, package: wanted.code },
    },
  )
  await allocateCredit(tx, { account, asOf, zone: plant.zone })
  const openMinor = (await findDifference(tx, money))?.openMinor ?? 0
  return { openMinor, asked: { amountMinor: openMinor, payBy } }
}

/** The demand for the difference, while it stands. */
export async function findDifference(tx: Tx, { account, requestId }: ChangeMoney): Promise<ChargeState | undefined> {
  const charge = await findCharge(tx, account.accountId, { kind: 'package-difference', source: requestId })
  return charge?.voidedAt === null ? charge : undefined
}

/**
 * The change will not be: the demand is void, and what was paid of it leaves the deposit and is the customer's credit, which
 * pays whatever else is open. Returns what was given back. Doing it again gives nothing back.
 */
export async function releaseDifference(tx: Tx, money: ChangeMoney, reason: string): Promise<number> {
  const { account, plant, requestId, asOf } = money
  const charge = await findDifference(tx, money)
  if (charge === undefined) return 0
  const paidMinor = Math.min(charge.amountMinor - charge.openMinor, await balanceOf(tx, depositHeld(account.accountId)))
  if (paidMinor > 0)
    await postOf(tx, money, {
      eventKey: `package-difference-released:${requestId}`,
      postings: postDepositExcess(account, { amountMinor: paidMinor }),
    })
  await voidDemand(tx, charge.chargeId, { asOf, reason })
  await allocateCredit(tx, { account, asOf, zone: plant.zone })
  await nudge(tx, `account:${account.accountId}`, `charge:${charge.chargeId}`)
  return paidMinor
}

/** The deposit above what the new package asks for becomes credit (policy "deposit": excess credited). */
export async function creditExcessDeposit(tx: Tx, money: ChangeMoney, wanted: PackageTerms): Promise<number> {
  const { excessMinor } = await depositDifference(tx, money, wanted)
  if (excessMinor > 0) {
    const postings = postDepositExcess(money.account, { amountMinor: excessMinor })
    await postOf(tx, money, { eventKey: `package-deposit-excess:${money.requestId}`, postings: postings })
    await tellExcess(tx, money, excessMinor)
  }
  return excessMinor
}

async function tellExcess(tx: Tx, { account, requestId, asOf }: ChangeMoney, creditedMinor: number): Promise<void> {
  const { accountId, customerId, currency } = account
  if (customerId === null) return
  await queueNotice(tx, {
    accountId,
    kind: 'deposit-excess-credited',
    params: { customerId, creditedMinor, heldMinor: await balanceOf(tx, depositHeld(accountId)), currency },
    dedupeKey: `deposit-excess:${requestId}`,
    asOf,
  })
}

/**
 * Days paid in advance that the old package will not serve become credit; an advance of which nothing is used and nothing was
 * paid is void (policy "which meter": pre → post). Returns what was credited.
 */
export async function creditUnusedAdvances(tx: Tx, money: ChangeMoney, from: string): Promise<number> {
  const advances = (await standingAdvances(tx, money.account.accountId)).filter(
    ({ periodTo }) => periodTo !== null && periodTo > from,
  )
  let creditedMinor = 0
  for (const advance of advances) creditedMinor += await creditUnused(tx, money, { advance, from })
  return creditedMinor
}

async function creditUnused(
  tx: Tx,
  money: ChangeMoney,
  { advance, from }: { advance: ChargeState; from: string },
): Promise<number> {
  const { account, plant, asOf } = money
  const { chargeId, periodFrom, periodTo, amountMinor, openMinor } = advance
  if (periodFrom === null || periodTo === null) return 0
  const period = { key: periodFrom, from: periodFrom, to: periodTo }
  const unusedFrom = from > periodFrom ? from : periodFrom
  const { returnedMinor, earnedMinor } = await advanceMoved(tx, chargeId)
  const paidMinor = amountMinor - openMinor - returnedMinor
  const unusedMinor = unusedAdvanceMinor({ paidMinor, period, unusedFrom, currency: plant.currency })
  if (unusedMinor > 0) {
    const eventKey = `advance-unused:${chargeId}:${returnedMinor + unusedMinor}`
    // What has been earned already comes back out of income; what waits for its period was never income.
    const postings = postPrepaidUnused(account, { amountMinor: unusedMinor, alreadyEarned: earnedMinor > 0 })
    await postOf(tx, money, { eventKey, postings })
  }
  if (unusedFrom === periodFrom) await voidDemand(tx, chargeId, { asOf, reason: `package-change ${money.requestId}` })
  await nudge(tx, `account:${account.accountId}`, `charge:${chargeId}`)
  return unusedMinor
}

/** The first day no advance of the old package has been asked for: between pre-paid packages a change waits for it. */
export async function firstDayWithoutAdvance(tx: Tx, { account }: ChangeMoney): Promise<string> {
  const advances = await standingAdvances(tx, account.accountId)
  return latest('0001-01-01', ...advances.flatMap(({ periodTo }) => (periodTo === null ? [] : [periodTo])))
}

async function standingAdvances(tx: Tx, accountId: string): Promise<ChargeState[]> {
  const charges = await readCharges(tx, accountId)
  return charges.filter(({ kind, nature, voidedAt }) => kind === 'electricity' && nature === 'demand' && voidedAt === null)
}

async function postOf(
  tx: Tx,
  { account, asOf }: ChangeMoney,
  event: { eventKey: string; postings: readonly Posting[] },
): Promise<void> {
  const { plant, accountId, currency } = account
  await post(tx, { ...event, plant, accountId, currency, businessAt: asOf })
}
