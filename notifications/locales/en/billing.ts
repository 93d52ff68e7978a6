import type { BillingNotices } from '../../notices/billing.ts'
import type { TextsOf } from '../../template.ts'
import { sentences, wordsIn } from '../../words.ts'
import { labels } from './labels.ts'

const { money, date, period, energy, reading, list } = wordsIn('en')

/** English texts of billing and payments. */
export const billing: TextsOf<BillingNotices> = {
  'bill-issued': (p) => ({
    subject: `Bill for ${period(p.period)}`,
    body: sentences(
      `Bill ${p.billNumber} for ${p.customerId}, ${period(p.period)}: ${money(p.totalMinor, p.currency)}.`,
      p.reading !== null &&
        `Used ${energy(p.reading.consumptionWh)} (reading ${reading(p.reading.previousReadingWh)} to ${reading(p.reading.presentReadingWh)}${p.estimated ? ', estimated' : ''}).`,
      p.depositToRestoreMinor !== undefined &&
        `${money(p.depositToRestoreMinor, p.currency)} of it restores your security deposit.`,
      p.depositTopUpMinor !== undefined && `${money(p.depositTopUpMinor, p.currency)} of it raises your security deposit.`,
      p.outstandingMinor > 0 && `Earlier dues ${money(p.outstandingMinor, p.currency)}.`,
      p.creditUsedMinor > 0 && `Credit used ${money(p.creditUsedMinor, p.currency)}.`,
      p.payableMinor > 0 ? `Please pay ${money(p.payableMinor, p.currency)} by ${date(p.dueOn)}.` : 'Nothing is to be paid.',
    ),
  }),
  'prepaid-advance-demanded': (p) => ({
    subject: `Advance for ${period(p.period)}`,
    body: sentences(
      `The advance for ${p.customerId}, ${period(p.period)}, is ${money(p.amountMinor, p.currency)}.`,
      p.depositToRestoreMinor !== undefined &&
        `${money(p.depositToRestoreMinor, p.currency)} of it restores your security deposit.`,
      p.depositTopUpMinor !== undefined && `${money(p.depositTopUpMinor, p.currency)} of it raises your security deposit.`,
      p.creditUsedMinor > 0 && `Credit used ${money(p.creditUsedMinor, p.currency)}.`,
      p.payableMinor > 0
        ? `Please pay ${money(p.payableMinor, p.currency)} by ${date(p.payBy)}. Without payment your supply stops after ${date(p.graceUntil)}.`
        : 'Nothing is to be paid.',
    ),
  }),
  'payment-received': (p) => ({
    subject: `Receipt ${p.receiptNumber}`,
    body: sentences(
      `Received ${money(p.amountMinor, p.currency)} (${labels.channel[p.channel]}) for ${p.reference} on ${date(p.receivedOn)}. Receipt ${p.receiptNumber}.`,
      p.paidFor.length > 0 &&
        `For ${list(p.paidFor.map(({ kind, amountMinor }) => `${labels.charge[kind]} ${money(amountMinor, p.currency)}`))}.`,
      p.remainingMinor > 0 ? `Balance due ${money(p.remainingMinor, p.currency)}.` : 'Nothing more is due.',
      p.creditMinor > 0 && `Credit for later ${money(p.creditMinor, p.currency)}.`,
    ),
  }),
  'payment-not-confirmed': (p) => ({
    subject: 'Payment not confirmed',
    body: `Your payment of ${money(p.amountMinor, p.currency)} (${labels.channel[p.channel]}) for ${p.reference} was not confirmed, so it is not counted. If the money has left your account, please tell us.`,
  }),
  'payment-reversed': (p) => ({
    subject: 'Payment reversed',
    body: `The payment of ${money(p.amountMinor, p.currency)} for ${p.reference}, receipt ${p.receiptNumber}, was reversed. Now due: ${money(p.remainingMinor, p.currency)}.`,
  }),
  'payment-refunded': (p) => ({
    subject: 'Money returned',
    body: `On ${date(p.refundedOn)} we returned ${money(p.amountMinor, p.currency)} ${labels.refundMethod[p.method]} for ${p.reference}, because ${labels.refund[p.reason]}.`,
  }),
}
