import type { Db } from '../../db/client.ts'
import { inTransaction } from '../../db/queries/accounts.ts'
import { cashComing } from '../../db/queries/cash-holders.ts'
import { post } from '../../db/queries/ledger.ts'
import { cash, opening } from '../../domain/ledger.ts'
import { counterOf } from '../../domain/payment.ts'

const PLANT = 'BHKATS'

/** Money in the counter's drawer from before the books began: refunds in cash can be paid. 10,000 rupees. */
export async function giveFloat(db: Db, at: string): Promise<void> {
  await putCash(db, { holder: counterOf(PLANT), amountMinor: 1_000_000, at, event: 'float' })
}

/** Cash in a hand, from nowhere in particular. */
export async function putCash(
  db: Db,
  { holder, amountMinor, at, event }: { holder: string; amountMinor: number; at: string; event: string },
): Promise<void> {
  await inTransaction(db, async (tx) => {
    await cashComing(tx, { into: cash(holder), plant: PLANT, amountMinor, asOf: at })
    await post(tx, {
      eventKey: `test-cash:${holder}:${event}`,
      plant: PLANT,
      accountId: null,
      currency: 'INR',
      businessAt: at,
      postings: [{ leg: 1, debit: cash(holder), credit: opening(PLANT), amountMinor }],
    })
  })
}
