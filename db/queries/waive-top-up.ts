import { depositLineOf } from '../../domain/deposit.ts'
import { DomainError } from '../../domain/errors.ts'
import { depositHeld } from '../../domain/ledger.ts'
import { sumMinor } from '../../domain/money.ts'
import type { Tx } from '../client.ts'
import type { LockedAccount } from './accounts.ts'
import { recordAudit } from './audit.ts'
import { readCharges, voidDemand } from './charges.ts'
import { insertFreeText } from './free-texts.ts'
import { balanceOf } from './ledger.ts'
import { queueNotice } from './notices.ts'
import { nudge } from './outbox.ts'

/** What was given up of a top-up: parts of which nothing was paid. */
export interface WaivedTopUp {
  readonly accountId: string
  readonly waivedMinor: number
  readonly chargeIds: readonly number[]
}

/**
 * The state in-charge gives up what is still asked for of a top-up (policy "deposit": waiver), also where a bill named it already; what
 * was paid of it stays deposit. It is told to the customer and kept in the audit log. The next review looks anew. WRONG_STAGE where
 * nothing is asked for.
 */
export async function waiveTopUp(
  tx: Tx,
  account: LockedAccount,
  by: { readonly waivedBy: string; readonly text?: string | undefined; readonly asOf: string },
): Promise<WaivedTopUp> {
  const { accountId, customerId, plant, currency } = account
  const { waivedBy, text, asOf } = by
  const open = await readCharges(tx, accountId, { onlyOpen: true })
  const parts = open.filter((charge) => depositLineOf(charge) === 'deposit-top-up' && charge.openMinor === charge.amountMinor)
  if (customerId === null || parts.length === 0)
    throw new DomainError('WRONG_STAGE', 'Nothing is asked for of a top-up of which nothing was paid')
  for (const { chargeId } of parts) await voidDemand(tx, chargeId, { asOf, reason: 'waived' })
  const chargeIds = parts.map(({ chargeId }) => chargeId)
  const waivedMinor = sumMinor(parts.map(({ openMinor }) => openMinor))
  const textId = text === undefined ? null : await insertFreeText(tx, { body: text, writtenBy: waivedBy })
  const after = { waivedMinor, currency, chargeIds, textId }
  await recordAudit(tx, { actor: waivedBy, action: 'waive-top-up', subject: accountId, plant, businessAt: asOf, after })
  await queueNotice(tx, {
    accountId,
    kind: 'deposit-top-up-waived',
    params: { customerId, waivedMinor, heldMinor: await balanceOf(tx, depositHeld(accountId)), currency },
    dedupeKey: `deposit-top-up-waived:${chargeIds.join(':')}`,
    asOf,
  })
  await nudge(tx, `account:${accountId}`)
  return { accountId, waivedMinor, chargeIds }
}
