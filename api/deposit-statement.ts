import { type Static, Type } from '@fastify/type-provider-typebox'
import { askedParts, lastReviewedOn, latestReview } from '../db/queries/deposit-reviews.ts'
import { ledgerEntries } from '../db/queries/papers/movements.ts'
import { readPlant } from '../db/queries/plants.ts'
import type { VisibleAccount } from '../db/queries/visibility.ts'
import { addDays, addDuration, dateAt, startOfDay } from '../domain/calendar.ts'
import { depositMovements } from '../domain/movements.ts'
import { MovementLine } from './account-schemas.ts'
import type { ApiDeps } from './deps.ts'
import { ApiError } from './errors.ts'
import { AccountId, Currency, IsoDate, MoneyMinor, Nullable } from './schemas.ts'

const Review = Type.Object(
  {
    reviewOn: IsoDate,
    packageCode: Type.String(),
    expectedMinor: MoneyMinor,
    dueMinor: MoneyMinor,
    heldMinor: MoneyMinor,
    askedMinor: MoneyMinor,
    topUpMinor: MoneyMinor,
    creditedMinor: MoneyMinor,
  },
  { description: 'The expected bill, the deposit it asks for, what was held and still to come, and what followed.' },
)

/** The deposit of an account as its digital statement. */
export const DepositStatement = Type.Object({
  accountId: AccountId,
  currency: Currency,
  from: IsoDate,
  to: IsoDate,
  openingMinor: MoneyMinor,
  closingMinor: MoneyMinor,
  heldMinor: Type.Unsafe<number>({ ...MoneyMinor, description: 'Held now: a liability of ours, by the ledger.' }),
  askedMinor: Type.Unsafe<number>({ ...MoneyMinor, description: 'Parts that bills ask for, to restore or raise it.' }),
  lastReview: Nullable(Review),
  nextReviewOn: Nullable(IsoDate),
  movements: Type.Array(MovementLine, { description: 'Oldest first, with the running balance of the deposit.' }),
})

/** Every movement of the deposit between two days, both included, with the balance after each (manual 2.2.8; billing.md rule 15). */
export async function readDepositStatement(
  { db }: Pick<ApiDeps, 'db'>,
  { accountId, currency, plant }: VisibleAccount,
  { asOf, ...asked }: { asOf: string; from: string | undefined; to: string | undefined },
): Promise<Static<typeof DepositStatement>> {
  const { zone, policy } = await readPlant(db, plant, asOf)
  const all = depositMovements(accountId, await ledgerEntries(db, accountId))
  const today = dateAt(asOf, zone)
  const to = asked.to ?? today
  const from = asked.from ?? dateAt(all[0]?.at ?? asOf, zone)
  if (from > to || to > today)
    throw new ApiError('INVALID_INPUT', 'A statement runs from a day to a later one, at most until today.')
  const [begin, end] = [startOfDay(from, zone), startOfDay(addDays(to, 1), zone)]
  const openingMinor = all.findLast(({ at }) => at < begin)?.balanceMinor ?? 0
  const movements = all.filter(({ at }) => at >= begin && at < end)
  const reviewedOn = await lastReviewedOn(db, { accountId, zone })
  const parts = await askedParts(db, accountId)
  return {
    accountId,
    currency,
    from,
    to,
    openingMinor,
    closingMinor: movements.at(-1)?.balanceMinor ?? openingMinor,
    heldMinor: all.at(-1)?.balanceMinor ?? 0,
    askedMinor: parts.reduce((sum, { openMinor }) => sum + openMinor, 0),
    lastReview: (await latestReview(db, accountId)) ?? null,
    nextReviewOn: reviewedOn === undefined ? null : addDuration(reviewedOn, policy.deposit.reviewEvery),
    movements,
  }
}
