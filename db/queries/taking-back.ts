import { sql } from 'kysely'
import type { ChargeKind, ChargeNature } from '../../domain/charge.ts'
import { postTakenBack } from '../../domain/ledger.ts'
import type { Tx } from '../client.ts'
import type { LockedAccount } from './accounts.ts'
import { post } from './ledger.ts'
import { nudge } from './outbox.ts'

/**
 * Which allocations are meant: those on a charge (of one payment, or of credit that no payment was named for: `null`), those of a
 * payment, or all of the account that were made from its credit.
 */
export type AllocationsOf =
  | { readonly chargeId: number; readonly paymentId?: number | null }
  | { readonly paymentId: number }
  | { readonly anyCredit: true }

/** What was taken off one charge. */
export interface TakenBack {
  readonly chargeId: number
  readonly amountMinor: number
}

/** An allocation with what is left of it. */
export interface Standing {
  readonly allocationId: number
  readonly chargeId: number
  readonly paymentId: number | null
  readonly origin: 'credit' | 'deposit'
  readonly kind: ChargeKind
  readonly nature: ChargeNature
  readonly leftMinor: number
  readonly businessAt: string
}

/**
 * Takes back what was put against charges, the newest first, at most `amountMinor` (all of it without): the charge is open again and
 * the money is the customer's credit, or deposit, where it came from. Every part is a row that answers the first one, and is posted.
 * Returns what was taken off each charge. The caller holds the account lock and allocates anew when it is done.
 */
export async function takeBackAllocations(
  tx: Tx,
  { account, asOf }: { account: LockedAccount; asOf: string },
  { of, amountMinor = Number.MAX_SAFE_INTEGER }: { of: AllocationsOf; amountMinor?: number },
): Promise<TakenBack[]> {
  const taken = new Map<number, number>()
  let leftMinor = amountMinor
  for (const standing of await standingAllocations(tx, account.accountId, of)) {
    const part = Math.min(leftMinor, standing.leftMinor)
    if (part <= 0) continue
    await takeBack(tx, { account, asOf }, { standing, part })
    taken.set(standing.chargeId, (taken.get(standing.chargeId) ?? 0) + part)
    leftMinor -= part
  }
  if (taken.size > 0)
    await nudge(tx, `account:${account.accountId}`, ...[...taken.keys()].map((chargeId) => `charge:${chargeId}` as const))
  return [...taken].map(([chargeId, minor]) => ({ chargeId, amountMinor: minor }))
}

/** Those allocations of an account that still stand, at least in part, the newest first. */
export async function standingAllocations(tx: Tx, accountId: string, of: AllocationsOf): Promise<Standing[]> {
  const leftMinor = sql<number>`a.amount_minor + coalesce((select sum(u.amount_minor) from allocations u where u.undoes = a.allocation_id), 0)`
  let rows = tx
    .selectFrom('allocations as a')
    .innerJoin('charges', 'charges.chargeId', 'a.chargeId')
    .select(['a.allocationId', 'a.chargeId', 'a.paymentId', 'a.origin', 'a.businessAt', 'kind', 'nature'])
    .select(leftMinor.as('leftMinor'))
    .where('a.accountId', '=', accountId)
    .where('a.undoes', 'is', null)
    .where('voidedAt', 'is', null)
  if ('chargeId' in of) rows = rows.where('a.chargeId', '=', of.chargeId)
  if ('anyCredit' in of) rows = rows.where('a.origin', '=', 'credit')
  else if (of.paymentId === null) rows = rows.where('a.paymentId', 'is', null).where('a.origin', '=', 'credit')
  else if (of.paymentId !== undefined) rows = rows.where('a.paymentId', '=', of.paymentId)
  return (await rows.orderBy('a.allocationId', 'desc').execute()) as Standing[]
}

async function takeBack(
  tx: Tx,
  { account, asOf }: { account: LockedAccount; asOf: string },
  { standing, part }: { standing: Standing; part: number },
): Promise<void> {
  const { allocationId: undoes, chargeId, paymentId, origin, kind, nature } = standing
  const { accountId, plant, currency } = account
  const { allocationId } = await tx
    .insertInto('allocations')
    .values({ accountId, chargeId, paymentId, origin, undoes, amountMinor: -part, businessAt: asOf })
    .returning('allocationId')
    .executeTakeFirstOrThrow()
  const postings = postTakenBack(account, { kind, nature, origin, amountMinor: part })
  await post(tx, { eventKey: `allocation:${allocationId}`, plant, accountId, currency, businessAt: asOf, postings })
}
