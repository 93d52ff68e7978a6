import { dateAt } from '../../domain/calendar.ts'
import { isPastDue, mayLeadToCut } from '../../domain/charge.ts'
import { postDepositSetOff } from '../../domain/ledger.ts'
import type { Tx } from '../client.ts'
import type { LockedAccount } from './accounts.ts'
import { type ChargeState, readCharges } from './charges.ts'
import { post } from './ledger.ts'
import { nudge } from './outbox.ts'

interface Draw {
  readonly amountMinor: number
  /** At closing every debt is reached; after a cut only what is overdue and may cut. */
  readonly atClosing?: boolean
}

/**
 * Puts the deposit against debts, oldest due first, up to `amountMinor`: the only way the deposit is ever reached (manual 2.2.8).
 * The caller holds the account lock and has checked that notice was given. Returns what was drawn.
 */
export async function drawDeposit(
  tx: Tx,
  { account, asOf, zone }: { account: LockedAccount; asOf: string; zone: string },
  { amountMinor, atClosing }: Draw,
): Promise<number> {
  const today = dateAt(asOf, zone)
  const open = (await readCharges(tx, account.accountId, { onlyOpen: true })).filter((charge) => charge.nature === 'debt')
  const reached = open.filter((charge) => atClosing === true || (isPastDue(charge.dueOn, today) && mayLeadToCut(charge)))
  let leftMinor = amountMinor
  for (const charge of reached.toSorted(byAge)) {
    const part = Math.min(leftMinor, charge.openMinor)
    if (part > 0) await setOff(tx, { account, asOf }, { charge, part })
    leftMinor -= part
  }
  await nudge(tx, `account:${account.accountId}`)
  return amountMinor - leftMinor
}

async function setOff(
  tx: Tx,
  { account, asOf }: { account: LockedAccount; asOf: string },
  { charge, part }: { charge: ChargeState; part: number },
): Promise<void> {
  const { allocationId } = await tx
    .insertInto('allocations')
    .values({ accountId: account.accountId, chargeId: charge.chargeId, origin: 'deposit', amountMinor: part, businessAt: asOf })
    .returning('allocationId')
    .executeTakeFirstOrThrow()
  await post(tx, {
    eventKey: `deposit-set-off:${allocationId}`,
    plant: account.plant,
    accountId: account.accountId,
    currency: account.currency,
    businessAt: asOf,
    postings: postDepositSetOff(account, { amountMinor: part }),
  })
}

function byAge(a: ChargeState, b: ChargeState): number {
  if (a.dueOn !== b.dueOn) return a.dueOn < b.dueOn ? -1 : 1
  return a.chargeId - b.chargeId
}
