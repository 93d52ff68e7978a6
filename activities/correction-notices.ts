import type { Tx } from '../db/client.ts'
import { readCharges } from '../db/queries/charges.ts'
import type { Correction } from '../db/queries/corrections.ts'
import { balanceOf } from '../db/queries/ledger.ts'
import { queueNotice } from '../db/queries/notices.ts'
import { credit } from '../domain/ledger.ts'
import type { MadeNote, NoteContext } from './make-note.ts'

/** Tells the customer of a note on a charge of theirs. A debt that was given up is not announced: nothing is asked of them. */
export async function tellCorrected(
  tx: Tx,
  { correction, account, asOf }: NoteContext & { correction: Correction },
  note: MadeNote,
): Promise<void> {
  const { kind, chargeId, reason, disputeId, correctionId } = correction
  if (kind === 'write-off' || kind === 'reading' || chargeId === null) return
  const { accountId, customerId, currency } = account
  await queueNotice(tx, {
    accountId,
    kind: 'bill-corrected',
    params: {
      reference: customerId ?? accountId,
      billNumber: await billShowing(tx, chargeId),
      noteNumber: note.number,
      direction: kind,
      reason,
      disputeId,
      amountMinor: note.amountMinor,
      ...(await standingOf(tx, accountId)),
      currency,
      dueOn: note.raised?.dueOn ?? null,
    },
    dedupeKey: `bill-corrected:${correctionId}`,
    asOf,
  })
}

/** What the account still owes, and what it has as credit. */
export async function standingOf(tx: Tx, accountId: string): Promise<{ payableMinor: number; creditMinor: number }> {
  const open = (await readCharges(tx, accountId, { onlyOpen: true })).filter(({ nature }) => nature === 'debt')
  return {
    payableMinor: open.reduce((sum, { openMinor }) => sum + openMinor, 0),
    creditMinor: await balanceOf(tx, credit(accountId)),
  }
}

async function billShowing(tx: Tx, chargeId: number): Promise<string | null> {
  const bill = await tx
    .selectFrom('billCharges')
    .innerJoin('bills', 'bills.billId', 'billCharges.billId')
    .select('number')
    .where('chargeId', '=', chargeId)
    .executeTakeFirst()
  return bill?.number ?? null
}
