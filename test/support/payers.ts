import type { Db } from '../../db/client.ts'
import { inTransaction, withAccount } from '../../db/queries/accounts.ts'
import { allocateCredit, issueCharge, type NewCharge } from '../../db/queries/charges.ts'
import { balanceOf } from '../../db/queries/ledger.ts'
import { takeNumbers } from '../../db/queries/numbers.ts'
import { acceptNotice, type PaymentSaid } from '../../db/queries/payment-notices.ts'
import { findPayment, type Payment } from '../../db/queries/payments.ts'
import { PLANT, ZONE } from './village.ts'

export { expectBooksInBalance } from './balanced-books.ts'

/** Someone who applied and is not connected yet: an account without a customer ID. */
export async function newApplicant(db: Db, at: string): Promise<{ accountId: string; personId: string }> {
  return inTransaction(db, async (tx) => {
    const n = await takeNumbers(tx, `${PLANT}:A`, 1)
    const accountId = `${PLANT}-A${String(n).padStart(4, '0')}`
    const personId = `P${n}`
    await tx
      .insertInto('persons')
      .values({ personId, plant: PLANT, name: `Applicant ${n}`, phone: `+9166600${String(n).padStart(5, '0')}`, language: 'en' })
      .execute()
    await tx
      .insertInto('accounts')
      .values({ accountId, plant: PLANT, personId, category: 'low-income', currency: 'INR', openedAt: at })
      .execute()
    return { accountId, personId }
  })
}

/** Issues a charge as a bill does: credit the customer has is used at once. Returns its number. */
export async function owe(db: Db, accountId: string, { asOf, ...charge }: NewCharge & { asOf: string }): Promise<number> {
  return withAccount(db, accountId, async (tx, account) => {
    const { chargeId } = await issueCharge(tx, { account, asOf }, charge)
    await allocateCredit(tx, { account, asOf, zone: ZONE })
    return chargeId
  })
}

/** A month's post-paid electricity. */
export function electricity(period: string, amountMinor: number, dueOn: string): NewCharge {
  return { kind: 'electricity', mode: 'postpaid', source: period, amountMinor, dueOn }
}

/** A provider (the sandbox wallet, unless said otherwise) says something of a payment. Returns the notice's number. */
export async function hear(
  db: Db,
  heard: { reference: string; asOf: string; provider?: string } & Partial<PaymentSaid> &
    Pick<PaymentSaid, 'amountMinor' | 'payer'>,
): Promise<number> {
  const { provider = 'sandbox-wallet', reference, asOf, ...said } = heard
  const notice = {
    provider,
    reference,
    plant: PLANT,
    asOf,
    said: { status: 'confirmed', currency: 'INR', channel: 'wallet', ...said } as const,
  }
  return (await inTransaction(db, (tx) => acceptNotice(tx, notice))).noticeId
}

/** The payment of that reference; fails the test when there is none. */
export async function paymentOf(db: Db, reference: string, provider = 'sandbox-wallet'): Promise<Payment> {
  const payment = await findPayment(db, { provider, reference })
  if (payment === undefined) throw new Error(`no payment ${reference}`)
  return payment
}

/** What is still open of each of these charges, in minor units. */
export async function openOf(db: Db, ...chargeIds: number[]): Promise<number[]> {
  const rows = await db
    .selectFrom('charges')
    .select((eb) => eb.fn<number>('open_amount', ['chargeId']).as('open'))
    .where('chargeId', 'in', chargeIds)
    .orderBy('chargeId')
    .execute()
  return rows.map(({ open }) => open)
}

/** Balance of a liability, or minus that of an asset. */
export const held = (db: Db, code: string): Promise<number> => balanceOf(db, code)
