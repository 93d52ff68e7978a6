import { dateAt } from '../../domain/calendar.ts'
import { bankBy, bankingChase, plantOfCounter } from '../../domain/cash.ts'
import type { Tx } from '../client.ts'
import { cashInHandMinor, custodians, holderCode, oldestCash } from './cash-holders.ts'
import { queueStaffNotice } from './notices.ts'
import { type PlantTerms, readPlant } from './plants.ts'

/**
 * Tells whoever has had cash in hand for longer than the policy allows, and a day later the cluster in-charge as well; once a business day.
 * A counter has nobody of its own: the cluster in-charge is told from the first day.
 */
export async function chaseCashInHand(tx: Tx, { plant, asOf }: { plant: string; asOf: string }): Promise<void> {
  const terms = await readPlant(tx, plant, asOf)
  const holders = await tx.selectFrom('cashHolders').select('holder').where('plant', '=', plant).orderBy('holder').execute()
  for (const { holder } of holders) {
    const since = await oldestCash(tx, holder)
    if (since !== null) await chaseHolder(tx, { terms, holder, since, asOf })
  }
}

async function chaseHolder(
  tx: Tx,
  { terms, holder, since, asOf }: { terms: PlantTerms; holder: string; since: string; asOf: string },
): Promise<void> {
  const { plant, zone, policy, currency } = terms
  const chase = bankingChase({ since, asOf, zone }, policy)
  if (chase === 'none') return
  const isAgent = plantOfCounter(holder) === undefined
  const logins = chase === 'remind' && isAgent ? [holder] : await custodians(tx, plant, holder)
  const params = {
    holderCode: holderCode(holder),
    plantCode: plant,
    amountMinor: await cashInHandMinor(tx, holder),
    currency,
    sinceOn: dateAt(since, zone),
    bankBy: dateAt(bankBy(since, policy, zone), zone),
  }
  for (const login of logins)
    await queueStaffNotice(tx, {
      plant,
      login,
      kind: 'cash-to-bank',
      params,
      dedupeKey: `cash-to-bank:${holder}:${dateAt(asOf, zone)}:${login}`,
      asOf,
    })
}
