import { CHARGE_KINDS, type ChargeKind } from '../../domain/charge.ts'
import { seriesOf } from '../../domain/payment.ts'
import type { Receipt } from '../../notifications/receipt.ts'
import type { Db, Tx } from '../client.ts'

/** A receipt and who may see it. The payer's name is for the printed form only. */
export interface IssuedReceipt {
  readonly receipt: Receipt
  readonly paymentId: number
  readonly personId: string
  readonly payerName: string
  readonly payerNameHi: string | null
}

/** The receipt of that number, made from rows that never change; undefined when none was issued. */
export async function readReceipt(db: Db | Tx, number: string): Promise<IssuedReceipt | undefined> {
  const row = await db
    .selectFrom('payments')
    .innerJoin('accounts', 'accounts.accountId', 'payments.accountId')
    .innerJoin('persons', 'persons.personId', 'accounts.personId')
    .innerJoin('plants', 'plants.plant', 'payments.plant')
    .select([
      'paymentId',
      'accounts.plant',
      'accounts.accountId',
      'customerId',
      'payments.currency',
      'amountMinor',
      'channel',
      'postedAt',
      'remainingAfterMinor',
      'creditAfterMinor',
      'bouncedAt',
    ])
    .select(['timeZone', 'persons.personId', 'persons.name', 'nameHi'])
    .where('receiptNumber', '=', number)
    .executeTakeFirst()
  if (row === undefined) return undefined
  const receipt: Receipt = {
    number,
    series: seriesOf(number),
    issuedAt: row.postedAt ?? '',
    zone: row.timeZone,
    plantCode: row.plant,
    accountId: row.accountId,
    customerId: row.customerId,
    currency: row.currency,
    amountMinor: row.amountMinor,
    channel: row.channel as Receipt['channel'],
    paidFor: await paidFor(db, row.paymentId),
    remainingMinor: row.remainingAfterMinor ?? 0,
    creditMinor: row.creditAfterMinor ?? 0,
    bouncedAt: row.bouncedAt,
  }
  return { receipt, paymentId: row.paymentId, personId: row.personId, payerName: row.name, payerNameHi: row.nameHi }
}

/**
 * What a payment settled when it came in, one entry a kind, in the order of kinds. Credit that was used later belongs to no receipt, and
 * what was taken off a charge again changes none.
 */
export async function paidFor(db: Db | Tx, paymentId: number): Promise<{ kind: ChargeKind; amountMinor: number }[]> {
  const rows = await db
    .selectFrom('allocations')
    .innerJoin('charges', 'charges.chargeId', 'allocations.chargeId')
    .select((eb) => ['kind', eb.fn.sum<number>('allocations.amountMinor').as('amountMinor')])
    .where('paymentId', '=', paymentId)
    .where('undoes', 'is', null)
    .groupBy('kind')
    .execute()
  const found = rows as { kind: ChargeKind; amountMinor: number }[]
  return found.toSorted((a, b) => CHARGE_KINDS.indexOf(a.kind) - CHARGE_KINDS.indexOf(b.kind))
}
