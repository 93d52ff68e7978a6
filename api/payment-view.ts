import { type Static, Type } from '@fastify/type-provider-typebox'
import type { Db } from '../db/client.ts'
import { acknowledgementOf } from '../db/queries/payment-open-items.ts'
import { findNotice, type PaymentNotice } from '../db/queries/payment-notices.ts'
import { findPayment, type Payment } from '../db/queries/payments.ts'
import { readReceipt } from '../db/queries/receipts.ts'
import { processIds } from '../domain/process-ids.ts'
import type { Receipt } from '../notifications/receipt.ts'
import { AccountId, Actor, Currency, CustomerId, IsoDate, IsoInstant, MoneyMinor, Nullable, Plant } from './schemas.ts'

const Count = Type.Integer({ minimum: 0 })
const Words = Type.Array(Type.String())

export const ReceiptBody = Type.Object({
  number: Type.String({ examples: ['BHKATS-R/2026-27/000123'] }),
  series: Type.String(),
  issuedAt: IsoInstant,
  zone: Type.String(),
  plantCode: Plant,
  accountId: AccountId,
  customerId: Nullable(CustomerId),
  currency: Currency,
  amountMinor: MoneyMinor,
  channel: Type.String(),
  paidFor: Type.Array(Type.Object({ kind: Type.String(), amountMinor: MoneyMinor })),
  remainingMinor: MoneyMinor,
  creditMinor: MoneyMinor,
  bouncedAt: Nullable(
    Type.Unsafe<string>({ ...IsoInstant, description: 'The payment came back; the receipt keeps its number.' }),
  ),
})

export const PaymentBody = Type.Object({
  paymentId: Count,
  provider: Type.String(),
  reference: Type.String(),
  plant: Plant,
  accountId: Nullable(AccountId),
  channel: Type.String(),
  amountMinor: MoneyMinor,
  currency: Currency,
  state: Type.String({
    description:
      '`pending`, `unknown` and `failed` count for nothing; `suspense` waits for someone to say whose it is; `returned` went from there back to its sender; `bounced` came back.',
  }),
  collectedBy: Nullable(Type.String()),
  valueDate: Type.Unsafe<string>({ ...IsoDate, description: 'The day it counts as paid; `receivedAt` is when it was told.' }),
  receivedAt: IsoInstant,
  postedAt: Nullable(IsoInstant),
  receiptNumber: Nullable(Type.String()),
  bouncedAt: Nullable(IsoInstant),
  bounceReason: Nullable(Type.String()),
  mismatches: Type.Unsafe<readonly string[]>({ ...Words, description: 'What did not fit and was taken all the same.' }),
  workflowId: Type.String(),
})

export const PaymentPage = Type.Object({
  ...PaymentBody.properties,
  receipt: Nullable(ReceiptBody),
  payerAsWritten: Nullable(Type.String({ description: 'For staff, while nobody knows whose it is.' })),
})

export const NoticeBody = Type.Object({
  noticeId: Count,
  provider: Type.String(),
  reference: Type.String(),
  plant: Plant,
  state: Type.String({ description: '`received`, `done`, or `quarantined`: set aside, nothing posted.' }),
  quarantineReason: Nullable(Type.String()),
  status: Type.String(),
  amountMinor: MoneyMinor,
  currency: Currency,
  payerAsWritten: Type.String(),
  receivedAt: IsoInstant,
  paymentId: Nullable(Count),
  acknowledgedBy: Nullable(
    Type.Unsafe<string>({
      ...Actor,
      description: 'Who has seen to a notice that was set aside; the reason is in the audit log.',
    }),
  ),
  acknowledgedAt: Nullable(IsoInstant),
})

/** A payment as lists and pages show it. */
export function viewPayment(payment: Payment): Static<typeof PaymentBody> {
  return { ...payment, workflowId: processIds.payment(payment.provider, payment.reference) }
}

/** A receipt as data. */
export function viewReceipt(receipt: Receipt): Static<typeof ReceiptBody> {
  return { ...receipt, paidFor: [...receipt.paidFor], bouncedAt: receipt.bouncedAt ?? null }
}

/** A payment with its receipt; what the payer wrote only for staff, and only while it helps to find them. */
export async function viewPaymentPage(
  db: Db,
  payment: Payment,
  { forStaff }: { forStaff: boolean },
): Promise<Static<typeof PaymentPage>> {
  const receipt = payment.receiptNumber === null ? undefined : await readReceipt(db, payment.receiptNumber)
  const notice =
    forStaff && payment.accountId === null && payment.noticeId !== null ? await findNotice(db, payment.noticeId) : undefined
  return {
    ...viewPayment(payment),
    receipt: receipt ? viewReceipt(receipt.receipt) : null,
    payerAsWritten: notice?.said.payer ?? null,
  }
}

/** A notice with the payment it speaks of. For staff only. */
export async function viewNotice(db: Db, notice: PaymentNotice): Promise<Static<typeof NoticeBody>> {
  const { said, businessAt, ...rest } = notice
  const payment = await findPayment(db, notice)
  const seen = await acknowledgementOf(db, notice.noticeId)
  const { status, amountMinor, currency, payer } = said
  return {
    ...rest,
    status,
    amountMinor,
    currency,
    payerAsWritten: payer,
    receivedAt: businessAt,
    paymentId: payment?.paymentId ?? null,
    acknowledgedBy: seen?.acknowledgedBy ?? null,
    acknowledgedAt: seen?.acknowledgedAt ?? null,
  }
}
