import type { ClosingNotices } from '../../notices/closing.ts'
import type { TextsOf } from '../../template.ts'
import { sentences, wordsIn } from '../../words.ts'
import { labels } from './labels.ts'

const { money, date } = wordsIn('en')

/** English texts of leaving. */
export const closing: TextsOf<ClosingNotices> = {
  'closing-started': (p) => ({
    subject: 'Account closing',
    body: `We are closing the account ${p.customerId} ${labels.closing[p.reason]} (${p.closureId}). Supply ends on ${date(p.supplyEndsOn)}. After the final reading you get the final bill and what is left of your security deposit.`,
  }),
  'closing-withdrawn': (p) => ({
    subject: 'Closing withdrawn',
    body: `The closing ${p.closureId} of account ${p.customerId} has been withdrawn. Your account goes on.`,
  }),
  'final-bill-issued': (p) => ({
    subject: 'Final bill',
    body: sentences(
      `Final bill ${p.billNumber} for ${p.customerId} (${p.closureId}): ${money(p.totalMinor, p.currency)}.`,
      p.outstandingMinor > 0 && `Earlier dues ${money(p.outstandingMinor, p.currency)}.`,
      p.depositUsedMinor > 0 && `Taken from your security deposit ${money(p.depositUsedMinor, p.currency)}.`,
      p.payableMinor > 0 && `Please pay ${money(p.payableMinor, p.currency)} by ${date(p.dueOn)}.`,
      p.refundMinor > 0 && `You get back ${money(p.refundMinor, p.currency)}.`,
      p.payableMinor === 0 && p.refundMinor === 0 && 'Nothing is to be paid.',
    ),
  }),
  'deposit-refunded': (p) => ({
    subject: 'Security deposit refunded',
    body: `On ${date(p.refundedOn)} we returned ${money(p.refundMinor, p.currency)} of the security deposit of ${p.customerId} ${labels.refundMethod[p.method]} (${p.closureId}).`,
  }),
  'deposit-refund-waiting': (p) => ({
    subject: 'Your deposit is waiting',
    body: `${money(p.refundMinor, p.currency)} of the security deposit of ${p.customerId} (${p.closureId}) is waiting for you. Please collect it by ${date(p.fetchBy)}. It stays yours after that too.`,
  }),
  'account-closed': (p) => ({
    subject: 'Account closed',
    body: `The account ${p.customerId} was closed on ${date(p.closedOn)}. Thank you for having been with us.`,
  }),
}
