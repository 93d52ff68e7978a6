import type { MoneyOutNotices } from '../../notices/money-out.ts'
import type { TextsOf } from '../../template.ts'
import { wordsIn } from '../../words.ts'
import { labels } from './labels.ts'

const { money, date } = wordsIn('en')

/** English texts of money that goes back. */
export const moneyOut: TextsOf<MoneyOutNotices> = {
  'refund-requested': (p) => ({
    subject: 'Refund asked for',
    body: `We have noted that ${money(p.amountMinor, p.currency)} of ${p.reference} are to be returned. We will tell you as soon as it is decided.`,
  }),
  'refund-approved': (p) => ({
    subject: 'Refund approved',
    body: `${money(p.amountMinor, p.currency)} of ${p.reference} will be returned ${labels.refundMethod[p.method]}. Cash can be fetched at the counter until ${date(p.fetchBy)}. It stays yours after that too.`,
  }),
  'refund-refused': (p) => ({
    subject: 'Refund not approved',
    body: `The return of ${money(p.amountMinor, p.currency)} of ${p.reference} was not approved. The money stays yours and counts towards your next bill. Please ask us for the reason.`,
  }),
  'refund-sent': (p) => ({
    subject: 'Money sent',
    body: `We sent ${money(p.amountMinor, p.currency)} of ${p.reference} ${labels.refundMethod[p.method]}, but do not know yet whether it has arrived. Please tell us if you have it. We will not send it twice.`,
  }),
  'refund-failed': (p) => ({
    subject: 'Money did not arrive',
    body: `${money(p.amountMinor, p.currency)} of ${p.reference} did not reach you. The money is safe with us, and we will pay it again. Please tell us how you want it.`,
  }),
  'refund-returned': (p) => ({
    subject: 'Money came back',
    body: `${money(p.amountMinor, p.currency)} that we sent for ${p.reference} came back to us. The money is safe. Please tell us another way to pay it.`,
  }),
  'refund-unclaimed': (p) => ({
    subject: 'Your money is kept for you',
    body: `${money(p.amountMinor, p.currency)} of ${p.reference} have not been fetched. We keep the money for you. You can have it at any time: please come to us.`,
  }),
  'refund-lapsed': (p) => ({
    subject: 'Refund ended',
    body: `The return of ${money(p.amountMinor, p.currency)} of ${p.reference} has ended: the money is not held any more, because a bill used it or the payment came back.`,
  }),
}
