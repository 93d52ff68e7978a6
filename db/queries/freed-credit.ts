import type { MoneyPlace } from '../../domain/pay-out.ts'
import type { Tx } from '../client.ts'
import type { LockedAccount } from './accounts.ts'
import { allocateCredit } from './charges.ts'
import { readPlant } from './plants.ts'
import { decideUnpaidHold } from './unpaid-hold.ts'

/**
 * A transfer failed or came back, and its money is credit again: what became open meanwhile is paid by it first, as by all credit, so
 * nobody is cut for a debt while we hold the money. The rest can be paid another way. The caller holds the account lock.
 */
export async function useFreedCredit(
  tx: Tx,
  { account, asOf }: { account: LockedAccount; asOf: string },
  place: MoneyPlace,
): Promise<void> {
  if (place !== 'credit') return
  const { zone, policy } = await readPlant(tx, account.plant, asOf)
  await allocateCredit(tx, { account, asOf, zone })
  await decideUnpaidHold(tx, { account, asOf, zone, policy })
}
